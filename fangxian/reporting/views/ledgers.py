"""Ledgers: any table of facts with chosen columns, conditions, groups and order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.facts import FactTable, View, measure_of, measures, plans, tables, tables_for
from fangxian.common.facts.asked import columns_for
from fangxian.common.ui.formats import date
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.core.ledgers import ledgers
from fangxian.core.views.ledgers import address_of
from fangxian.reporting import actions, queries, words
from fangxian.reporting.forms import KeepForm, PlaceForm, ViewForm
from fangxian.reporting.models import Ledger
from fangxian.reporting.registered import EXPORT, VIEW
from fangxian.reporting.views.common import frame

ROOMS = ("regions", "register", "organisations", "mobilise", "field", "core", "accounts")


def room_name(room: str) -> str:
    """What a room is called where its tables are listed."""
    names = {
        "regions": _("Places"),
        "register": _("Register"),
        "organisations": _("Responsibility"),
        "mobilise": _("Posts and volunteers"),
        "field": _("Sweeps and duties"),
        "core": _("Tasks and emergencies"),
        "accounts": _("Accounts"),
    }
    return names.get(room, room)


@page(VIEW)
def start(request: SignedRequest) -> HttpResponse:
    """Tables of facts by room, ledgers that were kept."""
    context = frame(request, "start")
    context["rooms"] = [
        (room_name(room), list(some))
        for room, some in groupby(tables_for(request.actor), key=lambda table: table.room)
    ]
    kept = list(queries.ledgers_for(request.actor)[:200])
    context["ledgers"] = [
        {"ledger": one, "mine": one.user_id == request.actor.user_id,
         "table": tables.get(one.table).label}
        for one in kept
    ]  # fmt: skip
    return render(request, "reporting/start.html", context)


@dataclass(frozen=True)
class Shown:
    """A view on a page: at which place, under which title, from which ledger if from any."""

    view: View
    place: str
    title: str
    ledger: Ledger | None = None
    query: str = ""

    def url(self, page: str) -> str:
        """The address of one of the pages about it."""
        at = f"?{self.query}" if self.query else ""
        if self.ledger is not None:
            return reverse(f"reporting:ledger_{page}", args=[self.ledger.pk]) + at
        return reverse(f"reporting:table_{page}", args=[self.view.table]) + at


def shown_table(request: SignedRequest, table: str) -> Shown:
    """A table as it comes, or the rows behind a figure, of a past day too.

    Raises OutOfScope, Forbidden.
    """
    if table not in tables:
        raise OutOfScope(table)
    facts = tables.get(table)
    place = PlaceForm(request.GET, request.actor).code
    measure = request.GET.get("measure", "")
    query = {"place": place} if place != request.actor.area else {}
    title = str(facts.label)
    if measure:
        if measure.partition(":")[0] not in measures:
            raise OutOfScope(measure)
        known, _which = measure_of(measure)
        if known.table != table:
            raise OutOfScope(measure)
        title = str(known.label)
        query["measure"] = measure
    view = View(table, measure=measure)
    day = _day(request.GET.get("day"))
    if day is not None and measure and plans.known_of_past(measure, request.actor, place):
        query["day"] = day.isoformat()
        title = _("%(title)s, as of %(day)s") % {"title": title, "day": date(day)}
        past = replace(view, day=day if facts.dated else None, today=day)
        # A file of it is made later: the day stands in its conditions.
        view = past.at(request.actor, place) or view
    return Shown(view.checked(request.actor, place), place, title, None, urlencode(query))


def _day(text: str | None) -> dt.date | None:
    """A day before today in an address; junk is none."""
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day < timezone.localdate() else None


def shown_ledger(request: SignedRequest, ledger_id: UUID) -> Shown:
    """A ledger at its place, or at one below it. Raises OutOfScope, Forbidden, Invalid."""
    ledger = queries.ledger_of(request.actor, ledger_id)
    by = request.actor
    own = ledger.place_code
    # What a place above shares is shown of one's own area.
    base = own if own.startswith(by.area) else by.area
    place = PlaceForm({"place": request.GET.get("place") or base}, by).code
    view = queries.view_of(ledger).checked(by, place)
    title = ledger.name or str(view.facts().label)
    query = {"place": place} if place != base else {}
    return Shown(view, place, title, ledger, urlencode(query))


@page(VIEW)
def table(request: SignedRequest, table: str) -> HttpResponse:
    """A table of facts as it comes."""
    return _page(request, shown_table(request, table))


@page(VIEW)
def ledger(request: SignedRequest, ledger_id: UUID) -> HttpResponse:
    """A ledger, page by page."""
    return _page(request, shown_ledger(request, ledger_id))


def _key(facts: FactTable, text: str | None) -> Any:
    """The key of a row in an address; junk is none."""
    pk = facts.model._meta.pk
    if not text or pk is None:
        return None
    try:
        return pk.to_python(text)
    except ValidationError:
        return None


def _page(request: SignedRequest, shown: Shown) -> HttpResponse:
    by, view = request.actor, shown.view
    facts = view.facts()
    context = frame(request, "start")
    narrowed = view.at(by, shown.place)
    context |= {
        "shown": shown, "facts": facts, "title": shown.title, "place": shown.place,
        "place_form": PlaceForm({"place": shown.place}, by), "said": words.view_words(narrowed)
        if narrowed else [], "mine": shown.ledger is not None
        and shown.ledger.user_id == by.user_id, "change_url": shown.url("change"),
        "keep_url": shown.url("keep"), "take_url": shown.url("take"), "place_name":
        context["place_name"] if shown.place == context["place"] else _full(shown.place),
        "changes_url": reverse("reporting:ledger_changes", args=[shown.ledger.pk])
        if shown.ledger is not None and shown.ledger.watched else "",
    }  # fmt: skip
    context["back_url"] = _back(by, facts, shown.place)
    context["has_pages"] = facts.link is not None
    status = 200
    try:
        context |= _groups(by, shown) if view.groups else _rows(request, by, shown)
    except Invalid as error:
        context["problems"], status = [str(p) for p in error.problems], 422
    return render(request, "reporting/ledger.html", context, status=status)


def _back(by: Actor, facts: FactTable, place: str) -> str:
    """Where a sheet of the table is taken back when it was corrected; "" where nobody may."""
    if not facts.taken_back or not by.may(ledgers.get(facts.taken_back).right):
        return ""
    ledger = ledgers.get(facts.taken_back)
    query = urlencode({"place": place, "kind": ledger.kind})
    return f"{address_of(ledger.room, ledger.part, 'import')}?{query}"


def _full(code: str) -> str:
    from fangxian.regions.queries import full_name

    return full_name(code)


def _rows(request: SignedRequest, by: Actor, shown: Shown) -> dict[str, Any]:
    view, place = shown.view, shown.place
    facts = view.facts()
    after = _key(facts, request.GET.get("after"))
    before = None if after else _key(facts, request.GET.get("before"))
    columns = columns_for(facts, view.shown())
    found = plans.page(view, by, place, after=after, before=before)
    many = plans.count(view, by, place)
    return {
        "columns": columns,
        "lines": [
            {
                "cells": [
                    (column, words.cell_words(cell))
                    for column, cell in zip(columns, line.cells, strict=True)
                ],
                "url": facts.link(line.key) if facts.link else "",
            }
            for line in found.lines
        ],
        "after": found.after,
        "before": found.before,
        "count": many if many <= plans.COUNTED else None,
        "most": plans.COUNTED,
    }


def _groups(by: Actor, shown: Shown) -> dict[str, Any]:
    view = shown.view
    facts = view.facts()
    groups = plans.grouped(view, by, shown.place)
    return {
        "columns": columns_for(facts, view.groups),
        "sums": columns_for(facts, view.sums),
        "groups": [
            {
                "labels": [words.cell_words(label) for label in group.labels],
                "count": group.count,
                "sums": group.sums,
            }
            for group in groups
        ],
        "total": sum(group.count for group in groups),
        "totals": [sum(group.sums[at] for group in groups) for at in range(len(view.sums))],
        "count": len(groups),
    }


@page(VIEW, methods=("GET", "POST"))
def table_change(request: SignedRequest, table: str) -> HttpResponse:
    """Choose columns, conditions, groups and order of a table."""
    return _change(request, shown_table(request, table))


@page(VIEW, methods=("GET", "POST"))
def ledger_change(request: SignedRequest, ledger_id: UUID) -> HttpResponse:
    """The same from what a ledger shows; the ledger stays until it is kept anew."""
    return _change(request, shown_ledger(request, ledger_id))


def _change(request: SignedRequest, shown: Shown) -> HttpResponse:
    by = request.actor
    start = shown.view.at(by, shown.place) or replace(shown.view, measure="")
    form = ViewForm(
        posted(request), shown.view.facts(), start,
        sorts=plans.may_sort(replace(start, sorts=()), by, shown.place),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        made = tried(form, lambda: actions.draft(by=by, view=form.view(), place_code=shown.place))
        if made is not None:
            return redirect("reporting:ledger_page", made.pk)
    return form_page(
        request, form, title=_("Columns and conditions"), back=shown.url("page"),
        template="reporting/change.html", sub=shown.title, send=_("Show"),
    )  # fmt: skip


@page(VIEW, methods=("GET", "POST"))
def table_keep(request: SignedRequest, table: str) -> HttpResponse:
    """Keep a table at a place under a name."""
    return _keep(request, shown_table(request, table))


@page(VIEW, methods=("GET", "POST"))
def ledger_keep(request: SignedRequest, ledger_id: UUID) -> HttpResponse:
    """Keep what is shown under a name; one's own ledger is changed, another's copied."""
    return _keep(request, shown_ledger(request, ledger_id))


def _keep(request: SignedRequest, shown: Shown) -> HttpResponse:
    by, ledger = request.actor, shown.ledger
    own = ledger if ledger and ledger.name and ledger.user_id == by.user_id else None
    initial = {
        "name": shown.title if own else "",
        "shared": own.shared if own else False,
        "daily_at": own.daily_at if own else None,
        "form": own.form if own else "xlsx",
        "watched": own.watched if own else False,
    }
    form = KeepForm(posted(request), initial=initial)
    if not by.may(EXPORT):
        for name in ("daily_at", "watched"):
            del form.fields[name]
    if request.method == "POST" and form.is_valid():
        given = {"daily_at": None, "watched": False} | form.cleaned_data
        view = shown.view.at(by, shown.place) or shown.view
        made = tried(
            form,
            lambda: actions.keep(
                by=by, view=view, place_code=shown.place, ledger_id=own.pk if own else None,
                **given,
            ),
        )  # fmt: skip
        if made is not None:
            messages.success(request, _("The ledger is kept."))
            return redirect("reporting:ledger_page", made.pk)
    return form_page(
        request, form, title=_("Keep the ledger"), back=shown.url("page"), sub=shown.title
    )


@page(VIEW, methods=("POST",))
def ledger_remove(request: SignedRequest, ledger_id: UUID) -> HttpResponse:
    """Remove a ledger of one's own."""
    actions.remove(by=request.actor, ledger_id=ledger_id)
    messages.success(request, _("The ledger is removed."))
    return redirect("reporting:start")
