"""What the room's views share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts import looks
from fangxian.accounts.queries import display_names
from fangxian.common.history import history_of
from fangxian.common.policy import SignedRequest
from fangxian.common.ui import formats
from fangxian.common.ui.changes import refused
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


def form_page(
    request: SignedRequest, form: forms.Form, template: str, **context: Any
) -> HttpResponse:
    """A form; 422 when what was sent is not right (a search is)."""
    met = request.method == "POST" and bool(form.errors)
    return render(
        request,
        f"organisations/{template}.html",
        {"form": form, **context},
        status=refused(form) if met else 200,
    )


def posted(request: SignedRequest) -> Any:
    """What was sent, None for a page that is only opened."""
    return request.POST if request.method == "POST" else None


def saving(request: SignedRequest) -> bool:
    """Tell whether the form was sent to be saved, not to search in it."""
    return request.method == "POST" and "find" not in request.POST
