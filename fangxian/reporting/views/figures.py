"""Figures that explain themselves: definition, condition, value by place, rows behind it."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.facts import View, measure_of, measures, plans, tables
from fangxian.regions.queries import children
from fangxian.reporting import words
from fangxian.reporting.actions.bulletins import content_of
from fangxian.reporting.models import Bulletin
from fangxian.reporting.registered import DRAFT, VIEW
from fangxian.reporting.views.common import frame
from fangxian.reporting.views.ledgers import room_name


@page(VIEW)
def every(request: SignedRequest) -> HttpResponse:
    """All figures at a place that the reader may see."""
    context = frame(request, "figures")
    by, place = request.actor, context["place"]
    readable = [one for one in measures if by.may(tables.get(one.table).right)]
    rows: list[dict[str, Any]] = [
        {
            "measure": one,
            "value": plans.measured(one.name, by, [place])[place],
            "url": figure_url(one.name, place),
        }
        for one in readable
    ]
    context["rooms"] = [
        (room_name(room), list(some))
        for room, some in groupby(rows, key=lambda row: row["measure"].name.partition(".")[0])
    ]
    return render(request, "reporting/figures.html", context)


def figure_url(name: str, place: str, paper: UUID | None = None) -> str:
    """The page of a figure at a place; opened from a paper it says what that paper gives."""
    query = {"place": place} | ({"paper": str(paper)} if paper else {})
    return f"{reverse('reporting:figure', args=[name])}?{urlencode(query)}"


def _in_paper(request: SignedRequest, name: str, place: str) -> dict[str, Any]:
    """The paper from which a figure was opened and what it gives; nothing when there is none."""
    try:
        key = UUID(request.GET.get("paper", ""))
    except ValueError:
        return {}
    found = Bulletin.objects.filter(pk=key).first() if request.actor.may(DRAFT) else None
    if found is None:
        return {}
    kept = content_of(found)
    given = kept.get("told", {}).get(name, {}).get(place)
    if given is None and place == found.place_code:
        given = kept["figures"].get(name)
    return {"paper": found, "given": given}


@page(VIEW)
def figure(request: SignedRequest, name: str) -> HttpResponse:
    """One figure: what it means, how it is counted, where it comes from, each place below."""
    if name.partition(":")[0] not in measures:
        raise OutOfScope(name)
    measure, _which = measure_of(name)
    by = request.actor
    facts = tables.get(measure.table)
    by.require(facts.right)
    context = frame(request, "figures")
    place = context["place"]
    view = View(measure.table, measure=name).at(by, place)
    below = list(children(place)) if place else []
    values = plans.measured(name, by, [place, *(one.code for one in below)])
    rows: list[dict[str, Any]] = [
        {"name": one.name, "value": values[one.code], "url": figure_url(name, one.code)}
        for one in below
    ]
    here = values[place] - sum(row["value"] for row in rows)
    rows_url = (
        f"{reverse('reporting:table_page', args=[measure.table])}"
        f"?{urlencode({'measure': name, 'place': place})}"
    )
    context |= _in_paper(request, name, place)
    if context.get("paper") is not None:
        day = context["paper"].day
        if day < timezone.localdate() and plans.known_of_past(name, by, place):
            context["then_url"] = f"{rows_url}&day={day.isoformat()}"
    context |= {
        "measure": measure,
        "facts": facts,
        "value": values[place],
        "said": words.view_words(view) if view else [],
        "nothing": view is None,
        "rows": rows,
        # A row that lies at the place itself is in none below it.
        "here": here if rows and here else 0,
        "rows_url": rows_url,
        "sum_of": facts.column(measure.sums).label if measure.sums else "",
    }
    return render(request, "reporting/figure.html", context)
