"""The register of a place: its households, door by door, and its establishments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Length
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.policy import SignedRequest, page
from fangxian.regions import queries as regions
from fangxian.register import queries
from fangxian.register.doors import doors_of
from fangxian.register.forms import ListFilter
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.views.common import crumbs
from fangxian.register.vocabularies import KEY_GROUPS

PAGE = 50


@page("register.view")
def start(request: SignedRequest) -> HttpResponse:
    """To the register of the actor's own area."""
    area = request.actor.area
    if area:
        return redirect("register:place", area)
    first = regions.children("").first()
    return redirect("register:place", first.code) if first else redirect("regions:tree")


@page("register.view")
def place(request: SignedRequest, code: str) -> HttpResponse:
    """50 households, and the way to the next; narrowed by the address's filters."""
    here = regions.at(code, by=request.actor)
    filters = ListFilter(request.GET)
    chosen = filters.chosen()
    found = _narrowed(queries.households_in(code), chosen)
    rows, following = _page_of(found, request.GET.get("after", ""))
    children = list(regions.children(code)) if len(code) < codes.Level.UNIT else []
    counts = queries.household_counts([child.code for child in children])
    active = any(chosen.values())
    context = {
        "place": here,
        "breadcrumbs": crumbs(code, request.actor.area),
        "filters": filters,
        "active": active,
        "rows": _shown(rows),
        "next_after": following,
        "counts": queries.counts(code),
        "matching": found.count() if active else None,
        "groups": [
            {"label": KEY_GROUPS.label(group), "count": n, "url": f"?group={group}"}
            for group, n in sorted(queries.group_counts(code).items(), key=lambda item: -item[1])
        ],
        "children": [
            {"label": child.name, "code": child.code, "count": counts.get(child.code, 0)}
            for child in children
        ],
        "may_edit": request.actor.may("register.edit", code),
        "may_import": request.actor.may("register.import", code),
        "may_add": len(code) >= codes.Level.BUILDING and request.actor.may("register.edit", code),
    }
    return render(request, "register/place.html", context)


def _narrowed(found: QuerySet[Household], chosen: dict[str, str]) -> QuerySet[Household]:
    if chosen["room"]:
        found = found.filter(room=chosen["room"])
    if chosen["state"]:
        found = found.filter(state=chosen["state"])
    lives = Residency.objects.filter(household=OuterRef("pk"), to_date=None)
    if chosen["kind"] == "away":
        found = found.filter(Exists(lives.exclude(away_since=None)))
    elif chosen["kind"]:
        found = found.filter(Exists(lives.filter(kind=chosen["kind"])))
    if chosen["group"]:
        members = KeyGroupEntry.objects.filter(group=chosen["group"], to_date=None)
        found = found.filter(Exists(lives.filter(person_id__in=members.values("person_id"))))
    return found


def _page_of(found: QuerySet[Household], after: str) -> tuple[list[Household], str]:
    """The page behind the household named ``after``, and the one that the next is behind."""
    try:
        last = Household.objects.filter(pk=UUID(after)).first() if after else None
    except ValueError:
        last = None
    if last is not None:
        # The order of the index, so each page costs the same.
        found = found.annotate(wide=Length("room")).filter(queries.behind(last))
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def _shown(rows: list[Household]) -> list[dict[str, Any]]:
    lives: dict[UUID, list[Residency]] = {}
    for row in queries.residents_of([home.pk for home in rows]):
        lives.setdefault(row.household_id, []).append(row)
    doors = doors_of(rows)
    return [
        {
            "home": home,
            "door": doors[home.pk],
            "residents": lives.get(home.pk, []),
            "away": sum(1 for one in lives.get(home.pk, []) if one.away_since),
        }
        for home in rows
    ]


@page("register.view")
def establishments(request: SignedRequest, code: str) -> HttpResponse:
    """The establishments of a place."""
    here = regions.at(code, by=request.actor)
    found = queries.establishments_in(code)
    after = request.GET.get("after", "")
    at = int(after) if after.isdecimal() and len(after) < 8 else 0
    rows = list(found[at : at + PAGE + 1])
    names = regions.names(row.place_code for row in rows)
    context = {
        "place": here,
        "breadcrumbs": crumbs(code, request.actor.area),
        "rows": [{"it": row, "place": names.get(row.place_code, "")} for row in rows[:PAGE]],
        "count": found.count(),
        "next_after": at + PAGE if len(rows) > PAGE else "",
        "may_add": len(code) >= codes.Level.VILLAGE and request.actor.may("register.edit", code),
        "title": _("Establishments"),
    }
    return render(request, "register/establishments.html", context)
