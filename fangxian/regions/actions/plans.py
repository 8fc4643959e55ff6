"""Drawings of grids: drawn, edited by hand, accepted; put in force by ``redraw``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ui import formats
from fangxian.regions import queries
from fangxian.regions.models import GridPlan, Region
from fangxian.regions.said import sentence
from fangxian.regions.sites import Note, Site, registered, sites_of

if TYPE_CHECKING:
    from fangxian.regions.solve import Key, Roads

# `solve` is imported where it is used: the solvers behind it take seconds to load, and few
# processes ever draw.
RULES = Path(__file__).parent.parent / "data" / "grids.json"
State = GridPlan.State


@cache
def shipped_rules() -> dict[str, Any]:
    """The rules of drawing that come with the product: version, source, parameters."""
    rules: dict[str, Any] = json.loads(RULES.read_text("utf-8"))
    return rules


@action
def draw_grids(
    *,
    by: Actor,
    community_code: str,
    parameters: Mapping[str, Any] | None = None,
    roads: Roads | None = None,
    counts: Mapping[UUID, int] | None = None,
    rules: Mapping[str, Any] | None = None,
) -> GridPlan:
    """Draw the grids of a community as a draft; nothing changes until it is accepted.

    ``parameters`` override those of ``rules`` (default: the shipped ones); ``roads`` are lines of
    longitude and latitude (None: those of the community's latest drawing, empty: that there are
    none); ``counts`` replace declared households by place id, and where none
    are declared those of the register count. Raises Forbidden, and Invalid when there is no
    building or a parameter makes no sense.
    """
    from fangxian.regions import solve

    sites, notes, community, counts = _ground(by, community_code, counts)
    rules = rules or shipped_rules()
    if len(sites) > int(rules.get("most_buildings", 20_000)):
        raise Invalid(
            Problem(
                _("The community has %(count)s buildings.") % {"count": len(sites)},
                mend=_("Divide it first; so many can't be drawn at once."),
            )
        )
    values = {"rounds": rules.get("rounds", 400), **rules["parameters"], **(parameters or {})}
    sizes = {name: values[f"{name}_households"] for name in ("min", "target", "max")}
    if not sizes["min"] <= sizes["target"] <= sizes["max"]:
        raise Invalid(
            Problem(
                _("A grid of %(min)d households at least, %(max)d at most can’t aim at %(target)d.")
                % sizes,
                field="target_households",
                mend=_("Correct one of the three; a number left empty is that of the rules."),
            )
        )
    known = _roads(community, roads)
    try:
        assignment, _graph, said = solve.drawn(community_code, sites, known.lines, values)
    except solve.TooManyGrids as error:
        raise Invalid(
            Problem(
                _(
                    "%(asked)d grids are asked for; its buildings, units and households allow "
                    "%(most)d at most."
                )
                % {"asked": error.asked, "most": error.most},
                field="grids",
                mend=_("Ask for fewer, or leave the number empty."),
            )
        ) from error
    except ValueError as error:
        raise Invalid(
            Problem(
                _("The grids can't be drawn: %(reason)s") % {"reason": error},
                field="parameters",
                mend=_("Correct the parameters or the buildings."),
            )
        ) from error
    plan = GridPlan(
        place_code=community.code,
        community=community,
        made_by=by.name,
        parameters=_kept(rules, values, known, counts, notes),
    )
    _set(plan, sites, assignment, said["messages"])
    plan.save()
    return plan


@action
def draft_of_present_grids(
    *, by: Actor, community_code: str, roads: Roads | None = None
) -> GridPlan:
    """A draft that is the present grids, to be edited by hand and judged by the roads.

    ``roads`` as for :func:`draw_grids`.
    """
    sites, notes, community, counts = _ground(by, community_code, None)
    rules = shipped_rules()
    grids = queries.below(community_code, Level.GRID)
    numbers = {code: n for n, code in enumerate(grids.values_list("code", flat=True), start=1)}
    plan = GridPlan(
        place_code=community.code,
        community=community,
        made_by=by.name,
        parameters=_kept(rules, rules["parameters"], _roads(community, roads), counts, notes),
    )
    present = {key: numbers[code] for key, code in present_grids(sites).items()}
    _set(plan, sites, present, [])
    plan.save()
    return plan


@action
def move_part(
    *,
    by: Actor,
    plan_id: UUID,
    version: int | None = None,
    building_id: str,
    unit_id: str | None = None,
    grid: int,
) -> GridPlan:
    """Put a building, or one unit of it, into another grid of a draft; ``grid`` 0 is a new one.

    The new evaluation says what that breaks. Raises Conflict when the draft is no longer of the
    ``version`` (None: whichever it is), Invalid for a building, unit or grid that does not exist.
    """
    plan, sites = _draft(by, plan_id, version)
    assignment = assignment_of(plan)
    site = next((site for site in sites if site.id == building_id), None)
    units = {unit.id for unit in site.units} if site else set()
    numbers = set(assignment.values())
    if site is None or (unit_id is not None and unit_id not in units):
        raise Invalid(
            Problem(
                _("There is no such building or unit in this community."),
                field="building",
                mend=_("Choose one from the list."),
            )
        )
    if grid and grid not in numbers:
        raise Invalid(
            Problem(
                _("There is no grid %(number)s in this drawing.") % {"number": grid},
                field="grid",
                mend=_("Choose one of its grids, or a new one."),
            )
        )
    target = grid or max(numbers) + 1
    own = {key: number for key, number in assignment.items() if key[0] == building_id}
    rest = {key: number for key, number in assignment.items() if key[0] != building_id}
    if unit_id is None:
        own = {(building_id, None): target}
    else:
        whole = own.get((building_id, None))
        own = {(building_id, u): own.get((building_id, u), whole or target) for u in units}
        own[building_id, unit_id] = target
        if len(set(own.values())) == 1:
            own = {(building_id, None): target}
    return _edited(plan, sites, rest | own)


@action
def set_drawing(
    *, by: Actor, plan_id: UUID, version: int, assignment: Mapping[Key, int]
) -> GridPlan:
    """Replace the whole assignment of a draft. Refused only if a building is left out or twice in.

    Raises Conflict when the draft was edited meanwhile.
    """
    plan, sites = _draft(by, plan_id, version)
    return _edited(plan, sites, dict(assignment))


@action
def name_grid(*, by: Actor, plan_id: UUID, version: int, grid: int, name: str) -> GridPlan:
    """Give a grid of a draft a name."""
    plan, _sites = _draft(by, plan_id, version)
    if not name.strip() or len(name) > 120 or not name.isprintable():
        raise Invalid(
            Problem(_("The name is missing or too long."), field="name", mend=_("Write a name."))
        )
    for drawn in plan.drawing:
        if drawn["number"] == grid:
            drawn["name"] = name.strip()
    plan.version += 1
    plan.save(update_fields=["drawing", "version"])
    return plan


@action
def withdraw_plan(*, by: Actor, plan_id: UUID) -> GridPlan:
    """Withdraw a draft, or an accepted drawing that is not yet in force."""
    plan = locked(by, plan_id)
    if plan.state not in (State.DRAFT, State.ACCEPTED):
        raise Conflict(_("This drawing is no longer a draft."))
    plan.state = State.WITHDRAWN
    plan.save(update_fields=["state"])
    return plan


@action
def accept_grids(
    *, by: Actor, plan_id: UUID, version: int, effective: dt.date | None = None
) -> GridPlan:
    """Accept a draft, in force from the day ``effective`` (today; past and future are possible).

    Only :func:`fangxian.regions.redraw.apply` then changes codes, on that day or at once. Raises
    Conflict when the draft or another accepted drawing is in the way, Invalid when a building is
    left out, or the day is before the drawing that is in force.
    """
    from fangxian.regions import solve

    plan, sites = _draft(by, plan_id, version)
    effective = effective or timezone.localdate()
    assignment = assignment_of(plan)
    report, _graph = solve.judged(
        plan.place_code, sites, plan.parameters.get("roads", ()), _values(plan), assignment
    )
    _refuse_left_out(report, sites)
    others = GridPlan.objects.filter(community=plan.community)
    if others.filter(state=State.ACCEPTED).exists():
        raise Conflict(_("Another drawing is accepted already; withdraw it first."))
    last = others.filter(state=State.IN_FORCE).first()
    if last is not None and last.effective is not None and effective < last.effective:
        raise Invalid(
            Problem(
                _("The drawing in force is of %(day)s.") % {"day": formats.date(last.effective)},
                field="effective",
                mend=_("Choose that day or a later one."),
            )
        )
    if effective < plan.community.valid_from:
        raise Invalid(
            Problem(
                _("The community exists since %(day)s.")
                % {"day": formats.date(plan.community.valid_from)},
                field="effective",
                mend=_("Choose that day or a later one."),
            )
        )
    plan.state, plan.effective = State.ACCEPTED, effective
    plan.accepted_by, plan.accepted_at = by.name, timezone.now()
    plan.save(update_fields=["state", "effective", "accepted_by", "accepted_at"])
    return plan


def locked(by: Actor, plan_id: UUID) -> GridPlan:
    """The plan, locked. Raises OutOfScope, and Forbidden without the right to draw."""
    plan = GridPlan.objects.select_for_update(of=("self",)).filter(id=plan_id).first()
    if plan is None:
        raise OutOfScope(str(plan_id))
    by.require("regions.draw", plan.place_code)
    return plan


def assignment_of(plan: GridPlan) -> dict[Key, int]:
    """Building id and unit id → number of the drawn grid."""
    return {
        (building, unit): grid["number"]
        for grid in plan.drawing
        for building, unit in grid["parts"]
    }


def present_grids(sites: Sequence[Site]) -> dict[Key, str]:
    """Building id and unit id → code of the grid where it lies now; whole if all in one."""
    found: dict[Key, str] = {}
    for site in sites:
        grids = {code[: int(Level.GRID)] for code, _id in site.places}
        if len(grids) == 1 or not site.units:
            found[site.id, None] = site.code[: int(Level.GRID)]
        else:
            found |= {(site.id, u.id): u.code[: int(Level.GRID)] for u in site.units}
    return found


def names_of(sites: Sequence[Site]) -> dict[str, str]:
    """Names by id of buildings and of their units."""
    return {site.id: site.name for site in sites} | {
        unit.id: f"{site.name} {unit.name}" for site in sites for unit in site.units
    }


def _ground(
    by: Actor, community_code: str, counts: Mapping[UUID, int] | None
) -> tuple[list[Site], list[Note], Region, Mapping[UUID, int]]:
    by.require("regions.draw", community_code)
    community = queries.at(community_code, by=by)
    if community.level != Level.VILLAGE:
        raise Invalid(
            Problem(
                _("Grids are drawn within one community."),
                field="community_code",
                mend=_("Choose a community or village."),
            )
        )
    found, said = registered(community_code)
    counts = found | dict(counts or {})
    sites, notes = sites_of(community_code, counts)
    notes = [*said, *notes]
    if not sites:
        raise Invalid(
            Problem(
                _("The community has no building yet."),
                mend=_("Enter its buildings first: in one grid, by hand or from a list."),
            )
        )
    return sites, notes, community, counts


def _roads(community: Region, given: Roads | None) -> queries.KnownRoads:
    if given is None:
        return queries.known_roads(community)
    return queries.KnownRoads(given, timezone.localdate())


def _kept(
    rules: Mapping[str, Any],
    values: Mapping[str, Any],
    roads: queries.KnownRoads,
    counts: Mapping[UUID, int] | None,
    notes: Sequence[Note],
) -> dict[str, Any]:
    return {
        "rules": {"version": rules["version"], "source": rules["source"]},
        "values": dict(values),
        "roads": [[[x, y] for x, y in line] for line in roads.lines],
        "roads_of": roads.given_on.isoformat() if roads.lines and roads.given_on else None,
        "counts": {str(place): count for place, count in (counts or {}).items()},
        "notes": [{"code": note.code, "count": note.count} for note in notes],
    }


def _values(plan: GridPlan) -> dict[str, Any]:
    values: dict[str, Any] = plan.parameters["values"]
    return values


def _draft(by: Actor, plan_id: UUID, version: int | None) -> tuple[GridPlan, list[Site]]:
    plan = locked(by, plan_id)
    if plan.state != State.DRAFT:
        raise Conflict(_("This drawing is no longer a draft."))
    if version is not None and plan.version != version:
        raise Conflict(_("Somebody edited the drawing meanwhile; load it again."))
    counts = {UUID(place): count for place, count in plan.parameters["counts"].items()}
    return plan, sites_of(plan.place_code, counts)[0]


def _edited(plan: GridPlan, sites: Sequence[Site], assignment: dict[Key, int]) -> GridPlan:
    _set(plan, sites, assignment, [])
    plan.version += 1
    plan.edits += 1
    plan.save(update_fields=["drawing", "graph", "report", "version", "edits"])
    return plan


def _refuse_left_out(report: Mapping[str, Any], sites: Sequence[Site]) -> None:
    if report["left_out"]:
        from fangxian.regions.solve import LEFT_OUT

        named = names_of(sites)
        said = [m for m in report["findings"] if m["code"] in {c.value for c in LEFT_OUT}]
        raise Invalid(
            *(
                Problem(
                    sentence(m, named),
                    field="drawing",
                    mend=_("Put every building into exactly one grid, or draw again."),
                )
                for m in said[:50]
            )
        )


def _set(
    plan: GridPlan,
    sites: Sequence[Site],
    assignment: Mapping[Key, int],
    messages: Sequence[Mapping[str, Any]],
) -> None:
    from fangxian.regions import solve

    roads = plan.parameters["roads"]
    report, graph = solve.judged(plan.place_code, sites, roads, _values(plan), assignment)
    _refuse_left_out(report, sites)
    present = present_grids(sites)
    before, households = _comparable(sites, assignment, present)
    followed = solve.follows(before, assignment, households)
    names = {
        place.code: (str(place.id), place.name)
        for place in queries.below(plan.place_code, Level.GRID)
    }
    known = {grid["number"]: grid["name"] for grid in plan.drawing or []}
    drawing = []
    present_names = {name for _id, name in names.values()}
    taken = present_names | set(known.values())
    fresh = (_("Grid %(number)s") % {"number": n} for n in range(1, 1_000))
    for number in sorted(set(assignment.values())):
        code = followed.get(number)
        name = known.get(number, "")
        if name in present_names:
            name = ""
        if code and not name:
            name = names[code][1]
        if not name:
            name = next(n for n in fresh if n not in taken)
            taken.add(name)
        drawing.append(
            {
                "number": number,
                "name": name,
                "follows": names[code][0] if code else None,
                "parts": sorted(
                    [list(key) for key, at in assignment.items() if at == number],
                    key=lambda part: (part[0], part[1] or ""),
                ),
            }
        )
    plan.drawing, plan.graph = drawing, graph
    # What the drawing itself had to say holds only as long as nobody has edited it.
    plan.report = report | {"messages": list(messages)}


def _comparable(
    sites: Sequence[Site], assignment: Mapping[Key, int], present: Mapping[Key, str]
) -> tuple[dict[Key, str], dict[Key, int]]:
    """Present grids and households in the parts of the assignment."""
    before: dict[Key, str] = {}
    households: dict[Key, int] = {}
    for site in sites:
        whole = (site.id, None)
        for key, count in [
            (whole, site.households),
            *(((site.id, unit.id), unit.households) for unit in site.units),
        ]:
            if key in assignment:
                households[key] = count + 1  # an empty building stays with its grid too
                before[key] = (
                    present.get(key) or present.get(whole) or (site.code[: int(Level.GRID)])
                )
    return before, households
