"""What goes into and comes out of a drawing of grids.

Positions are metres in one plane (see :func:`local_metres`), sizes are households.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Line = Sequence[tuple[float, float]]

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


class Part(NamedTuple):
    """What a grid is made of: a whole building, or one unit (stairwell) of a split building."""

    building: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit (stairwell) of a building; units are given in the order in which they stand."""

    id: str
    households: int

    def __post_init__(self) -> None:
        _whole("unit", self.id, self.households)


@dataclass(frozen=True, slots=True)
class Building:
    """A building, village group or tower at a position in metres.

    Raises ValueError if a number makes no sense or the units don't add up to ``households``.
    """

    id: str
    x: float
    y: float
    households: int
    units: tuple[Unit, ...] = ()

    def __post_init__(self) -> None:
        _whole("building", self.id, self.households)
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise ValueError(
                f"building {self.id}: position ({self.x}, {self.y}) is not two finite numbers; "
                "give x and y in metres"
            )
        if self.units:
            total = sum(unit.households for unit in self.units)
            if total != self.households:
                raise ValueError(
                    f"building {self.id}: its units have {total} households together, the building "
                    f"{self.households}; correct one of the two"
                )
            if len({unit.id for unit in self.units}) != len(self.units):
                raise ValueError(f"building {self.id}: two units have the same id; rename one")


def _whole(kind: str, identity: str, households: int) -> None:
    if isinstance(households, bool) or not isinstance(households, int) or households < 0:
        raise ValueError(
            f"{kind} {identity}: households must be a whole number from 0, not {households!r}"
        )


@dataclass(frozen=True, slots=True)
class Community:
    """One village or residents' committee: its buildings and, where known, its road lines."""

    id: str
    buildings: tuple[Building, ...]
    roads: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        if not self.buildings:
            raise ValueError(f"community {self.id}: it has no building; there is nothing to draw")
        if len({building.id for building in self.buildings}) != len(self.buildings):
            seen: set[str] = set()
            for building in self.buildings:
                if building.id in seen:
                    raise ValueError(
                        f"community {self.id}: building {building.id} is given twice; remove one"
                    )
                seen.add(building.id)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The rules of drawing. The defaults are those of GB/T 34300-2017 as the product uses it.

    min_households, max_households
        Sizes between which a grid should lie.
    target_households
        The size aimed at when several numbers of grids are possible.
    tolerance
        Largest deviation of a grid from the community's mean grid size, as a fraction.
    grids
        The number of grids, if it is prescribed; otherwise it follows from the sizes.
    compactness
        Weight of short borders against closeness to the centre when borders are smoothed.
    """

    min_households: int = 300
    max_households: int = 500
    target_households: int = 400
    tolerance: float = 0.10
    grids: int | None = None
    compactness: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.min_households <= self.target_households <= self.max_households:
            raise ValueError(
                "min_households, target_households, max_households must be positive and in rising "
                f"order, not {self.min_households}, {self.target_households}, {self.max_households}"
            )
        if not 0 < self.tolerance < 1:
            raise ValueError(
                f"tolerance must lie between 0 and 1 (0.10 is ten percent), not {self.tolerance}"
            )
        if self.grids is not None and self.grids < 1:
            raise ValueError(f"grids must be at least 1 or left out, not {self.grids}")
        if not (math.isfinite(self.compactness) and self.compactness >= 0):
            raise ValueError(f"compactness must be at least 0, not {self.compactness}")

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
class Stop:
    """When to stop searching.

    ``rounds`` bounds the search by work and keeps the answer reproducible. ``seconds``, if
    given, bounds it by time also; once it bites, the answer depends on the machine.
    """

    rounds: int = 1000
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"rounds must be at least 1, not {self.rounds}")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"seconds must be positive or left out, not {self.seconds}")


class EdgeKind(StrEnum):
    """Why two parts are neighbours."""

    DELAUNAY = "delaunay"  # an edge of the Delaunay triangulation that crosses no road
    LINE = "line"  # next to each other on a line, where there is no triangulation
    BRIDGE = "bridge"  # crosses a road: the shortest way to a piece that is otherwise cut off
    UNIT = "unit"  # consecutive units of one building


EDGE_KINDS: tuple[EdgeKind, ...] = tuple(EdgeKind)


class Edge(NamedTuple):
    """Two neighbouring parts and why they are neighbours."""

    first: Part
    second: Part
    kind: EdgeKind


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourGraph:
    """The published neighbour graph.

    parts
        The nodes: whole buildings, or the units of buildings that are split.
    pairs
        Array (m, 2) of positions in ``parts``, each pair once, the smaller first.
    kinds
        Array (m,) of positions in ``EDGE_KINDS``.
    """

    parts: tuple[Part, ...]
    pairs: IntArray
    kinds: NDArray[np.int8]

    def edges(self) -> Iterator[Edge]:
        """The edges by name."""
        for (i, j), kind in zip(self.pairs.tolist(), self.kinds.tolist(), strict=True):
            yield Edge(self.parts[i], self.parts[j], EDGE_KINDS[kind])

    def bridges(self) -> tuple[Edge, ...]:
        """The edges that cross a road, because a piece would be cut off without them."""
        wanted = EDGE_KINDS.index(EdgeKind.BRIDGE)
        return tuple(
            Edge(self.parts[i], self.parts[j], EdgeKind.BRIDGE)
            for i, j in self.pairs[self.kinds == wanted].tolist()
        )


class Code(StrEnum):
    """What a drawing or an evaluation has to say; the caller translates by code and values."""

    BRIDGED = "bridged"
    SAME_POSITION = "same_position"
    ONE_GRID = "one_grid"
    NO_COUNT_FITS = "no_count_fits"
    MEAN_OUTSIDE_RANGE = "mean_outside_range"
    COUNT_CHANGED = "count_changed"
    BUILDING_SPLIT = "building_split"
    BUILDING_DIVIDED = "building_divided"
    BUILDING_TOO_LARGE = "building_too_large"
    UNIT_TOO_LARGE = "unit_too_large"
    JUDGED_APART = "judged_apart"
    SIZE_OUTSIDE_RANGE = "size_outside_range"
    BALANCE_IMPOSSIBLE = "balance_impossible"
    BALANCE_NOT_FOUND = "balance_not_found"
    NOT_COVERED = "not_covered"
    UNKNOWN_PART = "unknown_part"
    COVERED_TWICE = "covered_twice"
    IN_PIECES = "in_pieces"
    OUTSIDE_TOLERANCE = "outside_tolerance"
    UNITS_APART = "units_apart"


_TEXTS: dict[Code, str] = {
    Code.BRIDGED: "{first} and {second} are joined across a road ({metres} m): no other way in",
    Code.SAME_POSITION: "{count} buildings share a position with another one; they are drawn apart",
    Code.ONE_GRID: "{households} households fit into one grid",
    Code.NO_COUNT_FITS: (
        "no number of grids brings {households} households to {low}–{high} each; "
        "{grids} grids with a mean of {mean} come nearest"
    ),
    Code.MEAN_OUTSIDE_RANGE: (
        "{grids} grids were asked for; their mean of {mean} households is outside {low}–{high}"
    ),
    Code.COUNT_CHANGED: (
        "{grids} grids instead of {wanted}: with {wanted} no balanced drawing was found"
    ),
    Code.BUILDING_SPLIT: "building {building} with {households} households is split by unit",
    Code.BUILDING_DIVIDED: (
        "building {building} with {households} households is divided by unit so that the sizes "
        "come out even"
    ),
    Code.BUILDING_TOO_LARGE: (
        "building {building} alone has {households} households, a grid may have {high}; "
        "give its units and it can be split"
    ),
    Code.UNIT_TOO_LARGE: (
        "unit {unit} of building {building} alone has {households} households, "
        "a grid may have {high}"
    ),
    Code.JUDGED_APART: (
        "what is too large for any grid ({count} buildings or units) is left out of the mean; "
        "that of the other grids is {mean}"
    ),
    Code.SIZE_OUTSIDE_RANGE: "grid {grid} has {households} households, outside {low}–{high}",
    Code.BALANCE_IMPOSSIBLE: (
        "with {grids} grids the sizes can't all lie within {percent} % of the mean, unless a "
        "building without units, or a unit, is divided; this is proved"
    ),
    Code.BALANCE_NOT_FOUND: "no drawing with all sizes within {percent} % of the mean was found",
    Code.NOT_COVERED: "{part} is in no grid",
    Code.UNKNOWN_PART: "{part} is in grid {grid}, but there is no such building or unit",
    Code.COVERED_TWICE: "building {building} is given whole and by unit",
    Code.IN_PIECES: "grid {grid} falls into {pieces} pieces; {part} is cut off",
    Code.OUTSIDE_TOLERANCE: (
        "grid {grid} has {households} households, {deviation} % off the mean; "
        "{percent} % is allowed"
    ),
    Code.UNITS_APART: "the units of building {building} in grid {grid} don't stand side by side",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A reason or a warning: a code to translate by and the values to fill in."""

    code: Code
    values: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English message with named gaps, the msgid of a translation."""
        return _TEXTS[self.code]

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True, slots=True)
class Compactness:
    """How compact a grid is; see docs/methods/districting.md for the definitions.

    polsby_popper
        4πA/P² of the convex hull of its positions: 1 a circle, 0 a line; None below three
        positions.
    mean_distance_m, gyration_m
        Mean and root mean square distance of a household from the centre of households.
    border_edges
        Edges of the neighbour graph that leave the grid.
    """

    polsby_popper: float | None
    mean_distance_m: float
    gyration_m: float
    border_edges: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid: its number (from north to south), its parts, size and shape.

    ``deviation`` is (households − mean) ÷ mean; ``x, y`` is the centre of households.
    """

    number: int
    parts: tuple[Part, ...]
    households: int
    deviation: float
    x: float
    y: float
    compactness: Compactness


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A drawing: a proposal with its reasons, for a person to accept or edit.

    ``low`` and ``high`` are the sizes that the tolerance allows; ``balanced`` says whether all
    grids keep them.
    """

    community: str
    grids: tuple[Grid, ...]
    graph: NeighbourGraph
    mean: float
    low: float
    high: float
    balanced: bool
    messages: tuple[Message, ...]

    def assignment(self) -> dict[Part, int]:
        """Part → number of its grid; what :func:`evaluate` takes and a person edits."""
        return {part: grid.number for grid in self.grids for part in grid.parts}


def local_metres(longitude: FloatArray, latitude: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Degrees → metres east and north of the middle, true to 0.1 % across a county.

    Equirectangular projection at the mean latitude; both arrays have shape (n,).
    """
    middle = math.radians(float(np.mean(latitude)))
    x = np.radians(longitude - np.mean(longitude)) * EARTH_RADIUS_M * math.cos(middle)
    y = np.radians(latitude - np.mean(latitude)) * EARTH_RADIUS_M
    return x, y
