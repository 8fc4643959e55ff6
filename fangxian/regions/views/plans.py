"""Drawings of grids: the list of a community, one drawing on the map, its edits and acceptance."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui import formats
from fangxian.common.ui.problems import show_problems
from fangxian.common.uploads import read_json
from fangxian.regions import actions, queries, redraw
from fangxian.regions.actions.boundaries import keep_geojson
from fangxian.regions.actions.plans import assignment_of, names_of
from fangxian.regions.coordinates import WGS84, to_wgs84
from fangxian.regions.forms import AcceptForm, DrawForm, PartForm
from fangxian.regions.models import GridPlan
from fangxian.regions.said import sentences
from fangxian.regions.sites import Site, registered, sites_of
from fangxian.regions.views.places import crumbs

MOST_ROADS_MB = 5
MOST_ROAD_POINTS = 50_000
UNIT_STEP = 0.00006  # units of one building stand beside each other on the map

# What the sites' notes say, by their code.
NOTES = {
    "no_position": gettext_noop("%(count)s buildings have no position and stand in the middle."),
    "no_positions_at_all": gettext_noop(
        "No building has a position; they stand in a row by their codes."
    ),
    "no_households": gettext_noop(
        "%(count)s buildings have no number of households and count as empty."
    ),
    "registered": gettext_noop(
        "In %(count)s buildings no number of households is declared; those of the register count."
    ),
    "units_assumed": gettext_noop(
        "In %(count)s buildings the households were divided evenly among units."
    ),
    "units_disagree": gettext_noop(
        "In %(count)s buildings the units' households were taken, not the total."
    ),
}


@page("regions.view", methods=("GET", "POST"))
def plans(request: SignedRequest, code: str) -> HttpResponse:
    """The drawings of a community; a new one is drawn from here."""
    by, here = request.actor, queries.at(code, by=request.actor)
    if here.level != Level.VILLAGE:
        raise OutOfScope(code)
    sent = request.method == "POST"
    form = DrawForm(request.POST if sent else None, request.FILES if sent else None)
    if request.method == "POST":
        by.require("regions.draw", code)
        if form.is_valid():
            try:
                asked = _asked(form)
                if "present" in request.POST:
                    plan = actions.draft_of_present_grids(
                        by=by, community_code=code, roads=asked["roads"]
                    )
                else:
                    plan = actions.draw_grids(by=by, community_code=code, **asked)
                if roads := form.cleaned_data["roads"]:
                    roads.seek(0)
                    keep_geojson(by, code, roads.name, roads.read())
                return redirect("regions:plan", plan.id)
            except Invalid as error:
                show_problems(form, error)
    sites, _notes = sites_of(code, registered(code)[0])
    drawn = list(
        GridPlan.objects.filter(community=here)
        .defer("parameters", "graph", "report")
        .order_by("-created_at")
    )
    return render(
        request,
        "regions/plans.html",
        {
            "place": here,
            "form": form,
            "roads": queries.known_roads(here),
            "plans": drawn,
            "people": formats.people(plan.made_by for plan in drawn),
            "breadcrumbs": crumbs(by, code, _("Grids")),
            "buildings": len(sites),
            "households": sum(site.households for site in sites),
            "grids": queries.below(code, Level.GRID).count(),
            "may_draw": by.may("regions.draw", code),
        },
        status=422 if request.method == "POST" else 200,
    )


def _asked(form: DrawForm) -> dict[str, Any]:
    given = dict(form.cleaned_data)
    upload, system = given.pop("roads"), given.pop("system") or WGS84
    none: list[Any] | None = [] if given.pop("forget") else None
    values = {key: value for key, value in given.items() if value is not None}
    return {"parameters": values, "roads": _roads(upload, system) if upload else none}


def _roads(upload: Any, system: str) -> list[list[tuple[float, float]]]:
    bad = Invalid(
        Problem(
            _("The roads can't be read."),
            field="roads",
            mend=_("Give a GeoJSON file of at most %(mb)s MB with LineStrings in degrees.")
            % {"mb": MOST_ROADS_MB},
        )
    )
    if upload.size > MOST_ROADS_MB * 1024 * 1024:
        raise bad
    try:
        features = read_json(upload.read())["features"]
        lines: list[list[tuple[float, float]]] = []
        for item in features:
            geometry = item["geometry"]
            parts = geometry["coordinates"]
            parts = [parts] if geometry["type"] == "LineString" else parts
            if geometry["type"] not in ("LineString", "MultiLineString"):
                raise bad
            lines += [[(float(p[0]), float(p[1])) for p in part] for part in parts]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise bad from error
    points = [point for line in lines for point in line]
    on_earth = all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points)
    if len(points) > MOST_ROAD_POINTS or not on_earth:
        raise bad
    return [to_wgs84(line, system) for line in lines]


def _plan(request: SignedRequest, plan_id: UUID) -> GridPlan:
    plan = GridPlan.objects.select_related("community").filter(id=plan_id).first()
    if plan is None:
        raise OutOfScope(str(plan_id))
    return plan


@page("regions.view")
def plan(request: SignedRequest, plan_id: UUID) -> HttpResponse:
    """A drawing: the map and the table behind it, how good it is, what is wrong with it."""
    return _shown(request, _plan(request, plan_id))


def _shown(request: SignedRequest, shown: GridPlan, form: AcceptForm | None = None) -> HttpResponse:
    by = request.actor
    counts = {UUID(place): n for place, n in shown.parameters["counts"].items()}
    sites, _now = sites_of(shown.place_code, counts)
    parts = _parts(shown, sites)
    states = {grid["number"]: grid for grid in shown.report["grids"]}
    draft = shown.state == GridPlan.State.DRAFT
    grids = [{**drawn, **states.get(drawn["number"], {})} for drawn in shown.drawing]
    named = names_of(sites)
    start = {"effective": timezone.localdate(), "version": shown.version}
    return render(
        request,
        "regions/plan.html",
        {
            "plan": shown,
            "place": shown.community,
            "people": formats.people([shown.made_by, shown.accepted_by]),
            "breadcrumbs": crumbs(by, shown.place_code, _("Drawing of grids")),
            "grids": grids,
            "parts": parts,
            "geojson": _geojson(shown, sites, parts),
            "findings": sentences(shown.report["findings"], named),
            "messages_of_drawing": sentences(shown.report["messages"], named),
            "notes": [
                *(
                    _(NOTES[note["code"]]) % {"count": note["count"]}
                    for note in shown.parameters["notes"]
                ),
                _of_roads(shown),
            ],
            "editable": draft and by.may("regions.draw", shown.place_code),
            "withdrawable": shown.state in (GridPlan.State.DRAFT, GridPlan.State.ACCEPTED)
            and by.may("regions.draw", shown.place_code),
            "accept": form or AcceptForm(initial=start),
        },
        status=422 if form is not None else 200,
    )


def _of_roads(shown: GridPlan) -> str:
    lines, day = shown.parameters["roads"], shown.parameters.get("roads_of")
    if not lines:
        return _("No roads are known here; who is whose neighbour follows from positions alone.")
    given = dt.date.fromisoformat(day) if day else timezone.localdate(shown.created_at)
    return _("Roads and rivers given on %(day)s part neighbours (lines: %(count)s).") % {
        "count": len(lines),
        "day": formats.date(given),
    }


def _parts(shown: GridPlan, sites: list[Site]) -> list[dict[str, Any]]:
    """A row for each building, and for each unit of a split one."""
    assignment = assignment_of(shown)
    names = {drawn["number"]: drawn["name"] for drawn in shown.drawing}
    rows = []
    for site in sites:
        keys: list[tuple[str | None, str, int, str]] = [
            (None, site.name, site.households, site.code)
        ]
        if (site.id, None) not in assignment:
            keys = [(u.id, f"{site.name} {u.name}", u.households, u.code) for u in site.units]
        for n, (unit, name, households, code) in enumerate(keys):
            number = assignment.get((site.id, unit))
            rows.append(
                {
                    "id": unit or site.id,
                    "name": name,
                    "code": code,
                    "households": households,
                    "grid": number,
                    "grid_name": names.get(number, "") if number is not None else "",
                    "at": [site.longitude + n * UNIT_STEP, site.latitude],
                }
            )
    return rows


def _geojson(shown: GridPlan, sites: list[Site], parts: list[dict[str, Any]]) -> dict[str, Any]:
    at = {row["id"]: row["at"] for row in parts}
    features: list[dict[str, Any]] = []
    graph = shown.graph
    keys = [unit or building for building, unit in graph.get("parts", ())]
    for i, j in graph.get("pairs", ()):
        ends = [at.get(keys[i]), at.get(keys[j])]
        if None not in ends:
            features.append(
                {
                    "type": "Feature",
                    "geometry": {"type": "LineString", "coordinates": ends},
                    "properties": {"id": f"{keys[i]} {keys[j]}", "kind": "edge", "name": ""},
                }
            )
    features += [building_feature(row) for row in parts]
    return {"type": "FeatureCollection", "features": features}


def building_feature(row: dict[str, Any]) -> dict[str, Any]:
    """A part of a drawing as the map takes it."""
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": {"type": "Point", "coordinates": row["at"]},
        "properties": {
            "id": row["id"],
            "kind": "building",
            "name": row["name"],
            "households": row["households"],
            "grid": str(row["grid"]),
            "grid_name": row["grid_name"],
        },
    }


@page("regions.draw", methods=("POST",))
def assign(request: SignedRequest, plan_id: UUID) -> HttpResponse:
    """A building or unit to another grid: from the map as JSON, or from the table as a form."""
    shown = _plan(request, plan_id)
    as_json = request.content_type == "application/json"
    form = PartForm(_sent(request) if as_json else request.POST)
    if not form.is_valid():
        raise Invalid(
            Problem(
                _("The building or the grid is missing."), mend=_("Choose both from the lists.")
            )
        )
    given = form.cleaned_data
    counts = {UUID(place): n for place, n in shown.parameters["counts"].items()}
    sites, _notes = sites_of(shown.place_code, counts)
    part = str(given["part"])
    owner = next((s.id for s in sites if part in {u.id for u in s.units}), None)
    try:
        edited = actions.move_part(
            by=request.actor,
            plan_id=plan_id,
            version=given["version"],
            building_id=owner or part,
            unit_id=part if owner else None,
            grid=given["grid"],
        )
    except Invalid as error:
        if not as_json:
            raise
        return JsonResponse({"errors": [str(problem) for problem in error.problems]}, status=422)
    if as_json:
        rows = _parts(edited, sites)
        words = (
            _("Every grid is in order.")
            if edited.report["valid"]
            else _("%(count)s findings; they are listed when the page is loaded again.")
            % {"count": len(edited.report["findings"])}
        )
        return JsonResponse(
            {"message": words, "features": [building_feature(r) for r in rows if r["id"] == part]}
        )
    return redirect("regions:plan", plan_id)


def _sent(request: SignedRequest) -> dict[str, Any]:
    try:
        body = orjson.loads(request.body)
        return {"part": body["building"], "grid": body["grid"]}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return {}


@page("regions.draw", methods=("POST",))
def name(request: SignedRequest, plan_id: UUID) -> HttpResponse:
    """The name of a drawn grid."""
    number, version = request.POST.get("grid", ""), request.POST.get("version", "")
    actions.name_grid(
        by=request.actor,
        plan_id=plan_id,
        version=int(version) if version.isdecimal() else 0,
        grid=int(number) if number.isdecimal() else 0,
        name=request.POST.get("name", ""),
    )
    return redirect("regions:plan", plan_id)


@page("regions.draw", methods=("POST",))
def accept(request: SignedRequest, plan_id: UUID) -> HttpResponse:
    """Accept a draft; one whose day has come is put in force at once."""
    shown = _plan(request, plan_id)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _shown(request, shown, form)
    given = form.cleaned_data
    try:
        accepted = actions.accept_grids(
            by=request.actor,
            plan_id=plan_id,
            version=given["version"],
            effective=given["effective"],
        )
    except Invalid as error:
        show_problems(form, error)
        return _shown(request, shown, form)
    if given["effective"] <= timezone.localdate():
        redraw.apply(by=request.actor, plan_id=accepted.id)
        messages.success(request, _("The drawing is in force."))
    else:
        text = _("Accepted; it comes into force on %(day)s.")
        messages.success(request, text % {"day": formats.date(given["effective"])})
    return redirect("regions:plan", plan_id)


@page("regions.draw", methods=("POST",))
def withdraw(request: SignedRequest, plan_id: UUID) -> HttpResponse:
    """Withdraw a drawing that is not in force."""
    actions.withdraw_plan(by=request.actor, plan_id=plan_id)
    messages.success(request, _("The drawing was withdrawn."))
    return redirect("regions:plan", plan_id)
