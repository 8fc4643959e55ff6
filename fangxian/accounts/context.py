"""What every page knows of who is looking."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common.registries import navigation, tools


def actor(request: HttpRequest) -> dict[str, Any]:
    """Add ``actor``, ``grants``, ``user_links`` and the navigation items the actor may open."""
    by = getattr(request, "actor", None)
    items = [item for item in navigation if by is not None and by.may(item.right)]
    return {
        "actor": by,
        "grants": getattr(request, "grants", []),
        "nav_items": items,
        "user_links": _own_pages(),
        "tools": [
            {
                "label": tool.label,
                "url": reverse(tool.url_name),
                "icon": tool.icon,
                "n": tool.count(by),
            }
            for tool in tools
        ]
        if by is not None
        else [],
    }


def _own_pages() -> list[dict[str, str]]:
    return [
        {"label": _("Change password"), "url": reverse("account_change_password"), "icon": "key"},
        {"label": _("Second factor"), "url": reverse("mfa_index"), "icon": "lock"},
        {"label": _("My sessions"), "url": reverse("usersessions_list"), "icon": "clock"},
    ]
