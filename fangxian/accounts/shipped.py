"""The roles that come with the product."""

from __future__ import annotations

import json
from pathlib import Path

from fangxian.accounts.models import Role

ROLES = Path(__file__).parent / "data" / "roles.json"


def load_roles(*, using: str) -> None:
    """Add the shipped roles that are missing and bring unedited ones up to date."""
    for row in json.loads(ROLES.read_text("utf-8")):
        Role.objects.using(using).update_or_create(code=row["code"], defaults=row)
