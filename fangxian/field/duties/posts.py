"""Who does duty outside his area: at what is set up above his grid, at the gates of his unit.

A village sets its gate up for all of its grids, and a county's gate is staffed by several units,
whose people answer for no place at all. There they log who passes and check points, and do no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.field.actions.gates import RECORD
from fangxian.field.models import GateUnit
from fangxian.field.sync.entities import Post, register_posts
from fangxian.organisations.models import Member

# Gates that one person may staff for his units.
MOST_GATES = 100
# The gates of a unit, and who its members are, may lie anywhere.
EVERYWHERE = Actor.system("field.duty", codes.WHOLE_COUNTRY)


def posts_of(by: Actor) -> Iterator[Post]:
    """The places above his grid, up to the community, and the gates that his units staff."""
    if not by.may(RECORD):
        return
    for place in _above(by.area):
        yield Post(_at(by, place))
    gates = _unit_gates([by], GateUnit.objects.filter(gate__closed_on=None))
    if gates:
        # Read in the least area that holds them all: no more is asked there than these.
        yield Post(_at(by, _holding(gates.values())), frozenset(gates))


def at_gates(actors: Sequence[Actor], places: Mapping[UUID, str]) -> dict[UUID, Actor]:
    """Of gates outside their areas, by id with their places, those that somebody staffs."""
    # Closed ones too: what was logged there before may come late.
    staffed = _unit_gates(actors, GateUnit.objects.filter(gate__in=places))
    mine = {gate: _at(actors[0], place) for gate, place in places.items() if gate in staffed}
    return mine | above_grids(actors, places)


def above_grids(actors: Sequence[Actor], places: Mapping[UUID, str]) -> dict[UUID, Actor]:
    """Of what lies outside their areas, by id, what is set up above somebody's grid."""
    ways = {place: by for by in actors for place in _above(by.area)}
    return {id_: _at(ways[place], place) for id_, place in places.items() if place in ways}


def _above(area: str) -> list[str]:
    """The places that a grid, or a building, lies in, up to the community."""
    if len(area) < Level.GRID:
        return []
    return [code for code in codes.ancestors(area) if len(code) >= Level.VILLAGE]


def _holding(places: Iterable[str]) -> str:
    """The least place that holds them all."""
    first, *others = places
    shared = first
    while not all(codes.contains(shared, place) for place in others):
        shared = codes.parent(shared)
    return shared


def _at(by: Actor, place: str) -> Actor:
    """The same one on duty elsewhere, with no other right there."""
    return replace(by, area=place, rights=frozenset({RECORD}))


def _unit_gates(actors: Iterable[Actor], staffing: QuerySet[GateUnit]) -> dict[UUID, str]:
    """The gates that the actors' units staff, with their places. At most two queries."""
    units = {by.organisation_id for by in actors if by.organisation_id is not None}
    persons = {by.person_id for by in actors if by.person_id is not None}
    if not units and not persons:
        return {}
    with acting(EVERYWHERE):
        if persons:
            members = Member.objects.filter(
                person_id__in=persons, from_date__lte=timezone.localdate(), to_date=None
            )
            units.update(members.values_list("organisation_id", flat=True))
        rows = staffing.filter(organisation_id__in=units).order_by("-gate__opened_on", "gate_id")
        return dict(rows.values_list("gate_id", "place_code").distinct()[:MOST_GATES])


def register() -> None:
    """Register who does duty outside his area (from ``ready()``)."""
    register_posts(posts_of)
