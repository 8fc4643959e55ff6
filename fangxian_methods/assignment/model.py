"""What goes into and comes out of a proposal of people to places.

A *node* is whatever needs people: a community, a building, a post. A *person* is whoever can
be given one or more of them: a member, or a unit that takes over several communities.
Positions are metres in one plane; either may be unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can take up to ``most`` nodes in all.

    holds
        Nodes that the person has already: they count as load and aren't proposed again.
    wishes
        Node id → strength from −1 (not there) to 1 (there by all means).
    """

    id: str
    x: float | None = None
    y: float | None = None
    most: int = 1
    holds: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    wishes: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _position("person", self.id, self.x, self.y)
        if self.most < 0:
            raise ValueError(f"person {self.id}: most must be at least 0, not {self.most}")
        for node, strength in self.wishes.items():
            if not -1 <= strength <= 1:
                raise ValueError(
                    f"person {self.id}: the wish for {node} must lie from −1 to 1, not {strength}"
                )


@dataclass(frozen=True, slots=True)
class Node:
    """A place that needs at least ``least`` and takes at most ``most`` people.

    skills
        What each of its people must be able to do.
    """

    id: str
    x: float | None = None
    y: float | None = None
    least: int = 1
    most: int = 1
    skills: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _position("node", self.id, self.x, self.y)
        if not 0 <= self.least <= self.most:
            raise ValueError(
                f"node {self.id}: least and most must be in rising order from 0, not "
                f"{self.least} and {self.most}"
            )


def _position(kind: str, identity: str, x: float | None, y: float | None) -> None:
    if (x is None) != (y is None) or (
        x is not None and y is not None and not (math.isfinite(x) and math.isfinite(y))
    ):
        raise ValueError(
            f"{kind} {identity}: position ({x}, {y}) must be two finite numbers of metres or None"
        )


@dataclass(frozen=True, slots=True)
class Parameters:
    """How the three costs are weighed, in points.

    distance_weight
        Points for a kilometre.
    wish_weight
        Points that a wish of full strength is worth, against it or for it.
    load_weight
        Points for each node that the person has already, so that the load is spread.
    unknown_distance_m
        Distance that is assumed where a position is unknown.
    longest_m
        Nobody is sent farther than this; None for no limit.
    nearest
        How many of the nearest nodes are looked at for a person at first. Fewer is faster and
        may cost a little distance, but never leaves anybody out.
    place_everyone
        Whether everyone gets a node while there is room, or only the least numbers are filled.
    """

    distance_weight: float = 1.0
    wish_weight: float = 2.0
    load_weight: float = 1.0
    unknown_distance_m: float = 3000.0
    longest_m: float | None = None
    nearest: int = 8
    place_everyone: bool = True

    def __post_init__(self) -> None:
        for name in ("distance_weight", "wish_weight", "load_weight", "unknown_distance_m"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a finite number of at least 0, not {value}")
        if self.longest_m is not None and not self.longest_m > 0:
            raise ValueError(f"longest_m must be positive or left out, not {self.longest_m}")
        if self.nearest < 1:
            raise ValueError(f"nearest must be at least 1, not {self.nearest}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Parameters:
        """Parameters from stored rule data. Raises ValueError naming a key that doesn't exist."""
        known = [item.name for item in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(
                f"unknown parameter {', '.join(unknown)}; the parameters are {', '.join(known)}"
            )
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Cost:
    """The reasons in points: fewer are better; a wish that is met counts below zero."""

    distance: float
    wish: float
    load: float

    @property
    def total(self) -> float:
        return self.distance + self.wish + self.load


@dataclass(frozen=True, slots=True)
class Placement:
    """A proposal: this person to this node, and what speaks for and against it.

    ``distance_m`` is None where a position is unknown; ``load`` is how many nodes the person
    has before this one.
    """

    person: str
    node: str
    distance_m: float | None
    wish: float
    load: int
    cost: Cost


class Reason(StrEnum):
    """Why somebody stays without a node, or a node short of people."""

    AT_LIMIT = "at_limit"
    NO_SKILL = "no_skill"
    TOO_FAR = "too_far"
    FULL = "full"
    NOBODY_FREE = "nobody_free"
    NOT_NEEDED = "not_needed"


_TEXTS: dict[Reason, str] = {
    Reason.AT_LIMIT: "has as many as allowed already: {most}",
    Reason.NO_SKILL: "nothing else matches: {skills}",
    Reason.TOO_FAR: "nothing within {metres} m",
    Reason.FULL: "every place within reach is full: {count}",
    Reason.NOBODY_FREE: "everybody within reach has as many as allowed: {count}",
    Reason.NOT_NEEDED: "all least numbers are filled by others",
}


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A person without a node, and why."""

    person: str
    reason: Reason
    values: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English text with named gaps, the msgid of a translation."""
        return _TEXTS[self.reason]

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A node that has fewer people than its least number, and why."""

    node: str
    missing: int
    reason: Reason
    values: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English text with named gaps, the msgid of a translation."""
        return _TEXTS[self.reason]

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True, slots=True)
class Result:
    """A proposal for a person to accept; placements are in the order of the people given.

    ``complete`` is False where the time was over before it was certain that nobody else can be
    placed, and no other least number filled.
    """

    placements: tuple[Placement, ...]
    unplaced: tuple[Unplaced, ...]
    shortfalls: tuple[Shortfall, ...]
    complete: bool = True

    @property
    def cost(self) -> Cost:
        """All costs together."""
        return Cost(
            distance=math.fsum(placement.cost.distance for placement in self.placements),
            wish=math.fsum(placement.cost.wish for placement in self.placements),
            load=math.fsum(placement.cost.load for placement in self.placements),
        )

    def by_person(self) -> dict[str, tuple[str, ...]]:
        """Person → the nodes proposed."""
        chosen: dict[str, tuple[str, ...]] = {}
        for placement in self.placements:
            chosen[placement.person] = (*chosen.get(placement.person, ()), placement.node)
        return chosen
