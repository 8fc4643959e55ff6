"""Checking a drawing, whoever made it; shares no code with the way in which grids are drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

import numpy as np

from .compactness import compactness
from .graph import neighbour_graph
from .model import Code, Community, Compactness, Grid, Message, NeighbourGraph, Parameters, Part
from .sizes import Share, fraction, share_of

_ADVICE = {Code.SIZE_OUTSIDE_RANGE, Code.JUDGED_APART}  # said, but no rule of the drawing is broken


@dataclass(frozen=True, slots=True)
class GridState:
    """One grid as it stands: its size, its deviation from the mean, its pieces and shape."""

    number: Hashable
    households: int
    deviation: float
    pieces: int
    compactness: Compactness


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``valid`` if every building is covered once, every grid is in one piece and in tolerance."""

    valid: bool
    findings: tuple[Message, ...]
    grids: tuple[GridState, ...]


def evaluate(
    community: Community,
    assignment: Mapping[Part, Any],
    parameters: Parameters | None = None,
    graph: NeighbourGraph | None = None,
) -> Evaluation:
    """Check an assignment of parts to grids: cover, pieces, balance, order of units.

    assignment
        Part → number of its grid (any hashable that sorts), as :meth:`Result.assignment` gives
        it and a person changes it.
    graph
        The published graph, to save its making; it is made anew if its parts aren't those of
        the assignment (a building split by hand, for instance).
    """
    parameters = parameters or Parameters()
    split = {part.building for part in assignment if part.unit is not None}
    findings, expected = _cover(community, assignment, split)
    if graph is None or set(graph.parts) != set(expected):
        graph = neighbour_graph(community.buildings, community.roads, split)
    members: dict[Any, list[Part]] = defaultdict(list)
    for part, number in assignment.items():
        if part in expected:
            members[number].append(part)
    near: dict[Part, list[Part]] = defaultdict(list)
    border: dict[Any, int] = defaultdict(int)
    for edge in graph.edges():
        near[edge.first].append(edge.second)
        near[edge.second].append(edge.first)
        ends = assignment.get(edge.first), assignment.get(edge.second)
        if ends[0] != ends[1]:
            border[ends[0]] += 1
            border[ends[1]] += 1
    where = {building.id: (building.x, building.y) for building in community.buildings}
    total = sum(expected.values())
    share = share_of(community.buildings, max(1, len(members)), parameters.tolerance)
    mean, tolerance = share.mean, fraction(parameters.tolerance)
    states = []
    for number in sorted(members):
        parts = members[number]
        pieces = _pieces(parts, near)
        if len(pieces) > 1:
            cut_off = min(pieces, key=lambda piece: (len(piece), min(map(_name, piece))))
            values = {"grid": number, "pieces": len(pieces), "part": min(map(_name, cut_off))}
            findings.append(Message(Code.IN_PIECES, values))
        size = sum(expected[part] for part in parts)
        states.append(
            GridState(
                number=number,
                households=size,
                deviation=float(size / mean - 1) if mean else 0.0,
                pieces=len(pieces),
                compactness=compactness(
                    np.array([where[part.building] for part in parts], dtype=np.float64),
                    np.array([expected[part] for part in parts], dtype=np.int64),
                    border[number],
                ),
            )
        )
    findings += outside_tolerance(states, mean, tolerance)
    if len(states) > 1 or total > parameters.max_households:
        findings += outside_range(states, parameters)
    findings += _units_apart(community, assignment) + apart(share)
    return Evaluation(
        valid=all(finding.code in _ADVICE for finding in findings),
        findings=tuple(findings),
        grids=tuple(states),
    )


def outside_tolerance(
    grids: Iterable[Grid | GridState], mean: Fraction, tolerance: Fraction
) -> list[Message]:
    """A message for each grid whose size is off the mean by more than the tolerance."""
    return [
        Message(
            Code.OUTSIDE_TOLERANCE,
            {
                "grid": _plain(grid.number),
                "households": grid.households,
                "deviation": round(float((grid.households / mean - 1) * 100), 1) if mean else 100,
                "percent": round(float(tolerance * 100), 2),
            },
        )
        for grid in grids
        if abs(grid.households - mean) > tolerance * mean
    ]


def outside_range(grids: Iterable[Grid | GridState], parameters: Parameters) -> list[Message]:
    """A message for each grid with fewer or more households than a grid should have."""
    low, high = parameters.min_households, parameters.max_households
    return [
        Message(
            Code.SIZE_OUTSIDE_RANGE,
            {
                "grid": _plain(grid.number),
                "households": grid.households,
                "low": low,
                "high": high,
            },
        )
        for grid in grids
        if not low <= grid.households <= high
    ]


def apart(share: Share) -> list[Message]:
    """A message where some buildings or units are too large for any grid."""
    if not share.giants:
        return []
    values = {"count": len(share.giants), "mean": round(float(share.mean), 1)}
    return [Message(Code.JUDGED_APART, values)]


def _plain(number: Hashable) -> str | int:
    return number if isinstance(number, int) else str(number)


def _name(part: Part) -> str:
    return part.building if part.unit is None else f"{part.building}/{part.unit}"


def _cover(
    community: Community, assignment: Mapping[Part, Any], split: set[str]
) -> tuple[list[Message], dict[Part, int]]:
    """What is missing, unknown or given twice; and the parts that there should be, with sizes."""
    findings: list[Message] = []
    expected: dict[Part, int] = {}
    for building in community.buildings:
        if building.id in split and building.units:
            for unit in building.units:
                expected[Part(building.id, unit.id)] = unit.households
            if Part(building.id) in assignment:
                findings.append(Message(Code.COVERED_TWICE, {"building": building.id}))
        else:
            expected[Part(building.id)] = building.households
    for part in sorted(expected):
        if part not in assignment:
            findings.append(Message(Code.NOT_COVERED, {"part": _name(part)}))
    whole = {message.values["building"] for message in findings if "building" in message.values}
    for part, number in assignment.items():
        if part not in expected and not (part.unit is None and part.building in whole):
            values = {"part": _name(part), "grid": _plain(number)}
            findings.append(Message(Code.UNKNOWN_PART, values))
    return findings, expected


def _pieces(parts: Sequence[Part], near: Mapping[Part, Sequence[Part]]) -> list[set[Part]]:
    """The connected pieces of some parts."""
    left, pieces = set(parts), []
    while left:
        start = left.pop()
        piece, stack = {start}, [start]
        while stack:
            for other in near.get(stack.pop(), ()):
                if other in left:
                    left.discard(other)
                    piece.add(other)
                    stack.append(other)
        pieces.append(piece)
    return pieces


def _units_apart(community: Community, assignment: Mapping[Part, Any]) -> list[Message]:
    """Grids that hold units of one building with other grids' units in between."""
    findings = []
    for building in community.buildings:
        numbers = [assignment.get(Part(building.id, unit.id)) for unit in building.units]
        runs = [number for number, _ in groupby(numbers)]
        for number in sorted({a for a in runs if a is not None and runs.count(a) > 1}):
            values = {"building": building.id, "grid": _plain(number)}
            findings.append(Message(Code.UNITS_APART, values))
    return findings
