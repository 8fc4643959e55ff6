"""What every page knows of who is looking."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from fangxian.common.registries import navigation


def actor(request: HttpRequest) -> dict[str, Any]:
    """Add ``actor``, ``grants`` and the navigation items the actor has the right to."""
    by = getattr(request, "actor", None)
    items = [item for item in navigation if by is not None and by.may(item.right)]
    return {"actor": by, "grants": getattr(request, "grants", []), "nav_items": items}
