"""The tree: a place and what lies in it, search, the map, changes of the lists."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db.models import Count, Sum
from django.db.models.functions import Greatest, Left, Length
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level, bounds, contains
from fangxian.common.policy import SignedRequest, page
from fangxian.regions import geo, queries
from fangxian.regions.forms import SearchForm
from fangxian.regions.models import Building, Region, RegionChange

PAGE = 200
COUNTED_FROM = Level.COUNTY
FOUND = 50


def crumbs(by: Actor, code: str, *last: str) -> list[dict[str, str]]:
    """The way to a place; places above the actor's area are named but not linked."""
    way = [
        {
            "label": place.name,
            "url": _url(place.code) if contains(by.area, place.code) else "",
        }
        for place in queries.path(code)
    ]
    return way + [{"label": text, "url": ""} for text in last]


def _url(code: str) -> str:
    return reverse("regions:place", args=[code])


@page("regions.view")
def tree(request: SignedRequest) -> HttpResponse:
    """The actor's own area; for the whole country its provinces."""
    if request.actor.area:
        return redirect("regions:place", code=request.actor.area)
    return render(request, "regions/place.html", _inside(request, "") | {"place": None})


@page("regions.view")
def place(request: SignedRequest, code: str) -> HttpResponse:
    """One place: what every room knows of it, what lies in it, what it was."""
    by = request.actor
    here = queries.current().filter(code=code).first() if contains(by.area, code) else None
    if here is None:
        return _no_longer(request, code)
    details = Building.objects.filter(region=here).select_related("kind", "part_of").first()
    panels = [
        {"name": name, "title": panel.title, "html": html}
        for name, panel in registries.panels.items()
        if by.may(panel.right, code) and (html := panel.render(request, by, code))
    ]
    return render(
        request,
        "regions/place.html",
        _inside(request, code)
        | {
            "place": here,
            "level": Level(here.level).label,
            "building": details,
            "panels": panels,
            "former": _former(here),
            "changes": RegionChange.objects.filter(to_place=here).order_by("-on")[:20],
            "breadcrumbs": crumbs(by, code),
            "own_area": code == by.area,
            "may_edit": by.may("regions.edit", code) and here.level >= Level.TOWN,
            "may_change": by.may("regions.edit", code) and here.level >= Level.VILLAGE,
            "may_draw": by.may("regions.draw", code) and here.level == Level.VILLAGE,
            "may_move": by.may("regions.edit", code) and here.level >= Level.BUILDING,
            "child_level": getattr(Level(here.level).below, "label", ""),
        },
    )


def _no_longer(request: SignedRequest, code: str) -> HttpResponse:
    """A code of earlier days: what it became, or the place as it was when it ended."""
    hits = queries.search(code, request.actor.area, 2)
    became = [hit.place for hit in hits if hit.old_code]
    if became:
        return redirect(
            f"{reverse('regions:search')}?{urlencode({'q': code})}"
            if len(became) > 1
            else reverse("regions:place", args=[became[0].code])
        )
    gone = queries.ended(code, by=request.actor)
    return render(
        request,
        "regions/place.html",
        {
            "place": gone,
            "level": Level(gone.level).label,
            "ended": gone.valid_to,
            "building": Building.objects.filter(region=gone).select_related("kind").first(),
            "former": _former(gone),
            "breadcrumbs": [*crumbs(request.actor, code), {"label": gone.name, "url": ""}],
        },
    )


def _inside(request: SignedRequest, code: str) -> dict[str, Any]:
    after = request.GET.get("after", "")
    found = queries.children(code).filter(code__gt=after if after.isdecimal() else "")
    rows = list(found[: PAGE + 1])
    counts = _counts(code)
    for row in rows:
        row.buildings, row.households = counts.get(row.code, (0, 0))  # type: ignore[attr-defined]
    return {
        "children": rows[:PAGE],
        "next_after": rows[PAGE - 1].code if len(rows) > PAGE else "",
        "child_count": queries.children(code).count(),
        "counted": len(code) >= COUNTED_FROM,
        "code": code,
    }


def _counts(code: str) -> dict[str, tuple[int, int]]:
    """Buildings and declared households of each child, for places that are not too wide."""
    below = Level(len(code)).below
    if len(code) < COUNTED_FROM or below is None:
        return {}
    lo, hi = bounds(code)
    rows = (
        Building.objects.filter(region__code__gte=lo, region__code__lt=hi, region__valid_to=None)
        .annotate(child=Left("region__code", int(below)))
        .values_list("child")
        .annotate(Count("region_id"), Sum("households"))
    )
    return {child: (count, households or 0) for child, count, households in rows}


def _former(here: Region) -> list[dict[str, Any]]:
    rows = here.former_codes.filter(valid_to__gt=here.valid_from).order_by("-valid_to")
    spans = [row for row in rows if row.valid_to > row.valid_from]
    return [
        {
            "code": row.code,
            "from": row.valid_from,
            "to": row.valid_to,
            "in": queries.at_on(row.code[: int(Level(len(row.code)).above or 0)], row.valid_from),
        }
        for row in spans
    ]


@page("regions.view")
def search(request: SignedRequest) -> HttpResponse:
    """Places by name, pinyin initials or code."""
    form = SearchForm(request.GET)
    form.is_valid()
    text = form.cleaned_data.get("q", "")
    hits = queries.search(text, request.actor.area, FOUND) if text else []
    ways = {hit.place.id: "" for hit in hits}
    above = queries.names({hit.place.code[:n] for hit in hits for n in (4, 6, 9)})
    for hit in hits:
        code = hit.place.code
        ways[hit.place.id] = " ".join(above[code[:n]] for n in (4, 6, 9) if n < len(code))
    rows = [
        {
            "url": _url(hit.place.code),
            "name": hit.place.name,
            "code": hit.place.code,
            "level": Level(hit.place.level).label,
            "where": ways[hit.place.id],
            "old": hit.old_code,
            "year": hit.year,
        }
        for hit in hits
    ]
    return render(
        request,
        "regions/search.html",
        {"form": form, "rows": rows, "text": text, "limit": FOUND, "full": len(rows) == FOUND},
    )


@page("regions.view")
def children_geojson(request: SignedRequest, code: str) -> HttpResponse:
    """GeoJSON of the places one level below; 304 when the browser has it already."""
    queries.at(code, by=request.actor)
    body = orjson.dumps(geo.children(code))
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if tag in request.headers.get("If-None-Match", ""):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type="application/geo+json")
    answer["ETag"] = tag
    return answer


@page("regions.view")
def map_of(request: SignedRequest, code: str) -> HttpResponse:
    """The places in a place on a map, with the table behind it."""
    here = queries.at(code, by=request.actor)
    return render(
        request,
        "regions/map.html",
        {
            "place": here,
            "rows": geo.children(code)["features"],
            "breadcrumbs": crumbs(request.actor, code, _("Map")),
            "may_edit": request.actor.may("regions.edit", code),
        },
    )


@page("regions.view")
def changes(request: SignedRequest) -> HttpResponse:
    """What later lists changed in the actor's area, newest first.

    Grids and what lies in them, which get new names at any time, are shown by themselves.
    """
    lo, hi = bounds(request.actor.area)
    found = RegionChange.objects.filter(to_code__gte=lo, to_code__lt=hi) | (
        RegionChange.objects.filter(from_code__gte=lo, from_code__lt=hi)
    )
    kind = request.GET.get("kind", "")
    if kind in RegionChange.Kind.values:
        found = found.filter(kind=kind)
    either = len(request.actor.area) <= Level.VILLAGE
    below = "below" in request.GET or not either
    longest = Greatest(Length("from_code"), Length("to_code"))
    found = found.alias(longest=longest).filter(
        **{"longest__gt" if below else "longest__lte": int(Level.VILLAGE)}
    )
    rows = list(found.order_by("-on", "from_code", "to_code")[: PAGE + 1])
    return render(
        request,
        "regions/changes.html",
        {
            "rows": rows[:PAGE],
            "full": len(rows) > PAGE,
            "kinds": RegionChange.Kind.choices,
            "kind": kind,
            "below": below,
            "either": either,
            "limit": PAGE,
        },
    )
