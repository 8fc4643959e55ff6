"""The roles that come with the product."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fangxian.accounts.models import Role

ROLES = Path(__file__).parent / "data" / "roles.json"


def shipped_roles() -> list[dict[str, Any]]:
    """The rows of ``data/roles.json``."""
    rows: list[dict[str, Any]] = json.loads(ROLES.read_text("utf-8"))
    return rows


def load_roles(*, using: str) -> None:
    """Add the shipped roles that are missing and bring the others up to date."""
    for row in shipped_roles():
        Role.objects.using(using).update_or_create(code=row["code"], defaults=row)
