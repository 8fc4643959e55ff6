"""What the room's views share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts import looks
from fangxian.accounts.queries import display_names
from fangxian.common.history import history_of
from fangxian.common.policy import SignedRequest
from fangxian.common.ui import formats
from fangxian.organisations.models import Organisation

PAGE = 100
CHANGES = 20
LAST_PAGE = 10_000


def told(model: type[Model], key: UUID) -> list[Any]:
    """The latest changes of a row, each with ``who`` made it and the reason given as ``why``."""
    rows = list(history_of(model).objects.filter(pgh_obj_id=key).order_by("-pgh_id")[:CHANGES])
    people = display_names((row.pgh_context or {}).get("who", "") for row in rows)
    for row in rows:
        context = row.pgh_context or {}
        row.who = formats.who(context.get("who", ""), people)
        purpose = context.get("why", "")
        row.why = "" if looks.is_page(purpose) else looks.why(purpose)
    return rows


def page_number(request: SignedRequest) -> int:
    """The page of a list, from 1."""
    text = request.GET.get("page", "")
    return min(max(int(text), 1), LAST_PAGE) if text.isdecimal() and len(text) < 6 else 1


def trail(body: Organisation, *last: str) -> list[dict[str, str]]:
    """The way from the top of the tree to an organisation."""
    way: list[dict[str, str]] = []
    at: Organisation | None = body
    seen: set[UUID] = set()
    while at is not None and at.id not in seen:
        seen.add(at.id)
        way.append({"label": str(at), "url": reverse("organisations:organisation", args=[at.id])})
        at = at.parent
    start = {"label": _("Organisations"), "url": reverse("organisations:tree")}
    return [start, *reversed(way), *({"label": text, "url": ""} for text in last)]
