"""From vacancies and candidates to proposals: the only door to the method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fangxian_methods.assignment import Node, Parameters, Person, Result, assign

METRES_PER_DEGREE = 111_320.0
Position = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A place that lacks ``missing`` holders. ``position``: longitude and latitude."""

    key: str
    missing: int
    position: Position = None


@dataclass(frozen=True, slots=True)
class Available:
    """Somebody who can take ``most`` places in all and has ``held`` already."""

    key: str
    most: int
    held: frozenset[str] = frozenset()
    position: Position = None
    wishes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """A proposal with its reasons: metres (None: unknown), wish, places held before this one."""

    seat: str
    available: str
    distance_m: float | None
    wish: float
    load: int


@dataclass(frozen=True, slots=True)
class Short:
    """A place for which nobody is proposed, and why: a text with named gaps, its values."""

    seat: str
    missing: int
    template: str
    values: dict[str, Any]


def matched(
    seats: Sequence[Seat],
    available: Sequence[Available],
    weights: Mapping[str, float],
    *,
    most_km: float | None = None,
) -> tuple[list[Match], list[Short]]:
    """Propose who takes which seat: as many seats as possible, then near, wished for, little laden.

    ``weights`` are those of the rules (``fangxian_methods.assignment.Parameters``). Raises
    ValueError naming a weight that does not exist.
    """
    positions = [s.position for s in seats] + [one.position for one in available]
    origin = next((position for position in positions if position), None)
    parameters = Parameters.from_mapping(
        {
            **weights,
            "place_everyone": False,
            "longest_m": most_km * 1000 if most_km else None,
        }
    )
    people = [
        Person(one.key, *_metres(one.position, origin), one.most, one.held, wishes=one.wishes)
        for one in available
    ]
    nodes = [
        Node(seat.key, *_metres(seat.position, origin), seat.missing, seat.missing)
        for seat in seats
    ]
    result: Result = assign(people, nodes, parameters)
    matches = [Match(p.node, p.person, p.distance_m, p.wish, p.load) for p in result.placements]
    shorts = [Short(s.node, s.missing, s.template, dict(s.values)) for s in result.shortfalls]
    return matches, shorts


def _metres(position: Position, origin: Position) -> tuple[float | None, float | None]:
    """Metres east and north of the origin: exact enough within a county."""
    if position is None or origin is None:
        return None, None
    east = (position[0] - origin[0]) * METRES_PER_DEGREE * math.cos(math.radians(origin[1]))
    return east, (position[1] - origin[1]) * METRES_PER_DEGREE
