"""What every page knows of who is looking."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.sessions import REASON
from fangxian.common.actor import Actor
from fangxian.common.registries import navigation, tools

KEPT = "_context_of_actor"


def actor(request: HttpRequest) -> dict[str, Any]:
    """Add who is looking, for what, his own pages and the navigation items that he may open.

    A page renders many templates: what it takes to count is counted once for it.
    """
    by = getattr(request, "actor", None)
    kept: tuple[Any, dict[str, Any]] | None = getattr(request, KEPT, None)
    if kept is None or kept[0] is not by:
        kept = (by, _of_actor(request, by))
        setattr(request, KEPT, kept)
    return kept[1]


def _of_actor(request: HttpRequest, by: Actor | None) -> dict[str, Any]:
    # Pages of one's own account have no scope, so no figures of it, but lead to the others.
    standing = getattr(request, "standing", None)
    goes_on = by if by is not None or standing is None else standing()
    items = [item for item in navigation if goes_on is not None and goes_on.may(item.right)]
    return {
        "actor": by,
        "grants": getattr(request, "grants", []),
        "nav_items": items,
        "user_links": _own_pages(goes_on),
        "working_reason": request.session.get(REASON, "") if by is not None else "",
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


def _own_pages(by: Actor | None) -> list[dict[str, str]]:
    phones = {"label": _("My phones"), "url": reverse("accounts:devices"), "icon": "phone"}
    return [
        *([phones] if by is not None and by.may("accounts.device") else []),
        {"label": _("Change password"), "url": reverse("account_change_password"), "icon": "key"},
        {"label": _("Second factor"), "url": reverse("mfa_index"), "icon": "lock"},
        {"label": _("My sessions"), "url": reverse("usersessions_list"), "icon": "clock"},
    ]
