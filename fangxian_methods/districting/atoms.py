"""What is put into grids as one: whole buildings, and runs of units of large ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from .divide import Division
from .model import (
    EDGE_KINDS,
    BoolArray,
    Building,
    EdgeKind,
    FloatArray,
    IntArray,
    NeighbourGraph,
    Part,
)
from .partition import Network, Window
from .report import part_values
from .sections import sections

GraphOf = Callable[[Collection[str]], NeighbourGraph]


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """What is not divided, as the nodes of ``net``.

    ``of_part`` gives the atom of each part of ``graph``. ``large`` marks the atoms that alone
    exceed the window: their weight in ``net`` is cut down to it, so that they count as full.
    """

    graph: NeighbourGraph
    net: Network
    points: FloatArray
    of_part: IntArray
    large: BoolArray


def divisible(buildings: Sequence[Building]) -> set[str]:
    """The buildings that can be divided by unit."""
    return {building.id for building in buildings if len(building.units) > 1}


def atoms_for(buildings: Sequence[Building], graph_of: GraphOf, window: Window, k: int) -> Atoms:
    """Whole buildings, and runs of units of those that exceed the window; at least ``k``."""
    split = {b.id for b in buildings if b.households > window.high} & divisible(buildings)
    runs = [sections(b, window) if b.id in split else ([range(1)], 0) for b in buildings]
    if sum(len(own) for own, _whole in runs) < k:
        return units_for(buildings, graph_of, window)
    of_part: list[int] = []
    pendant: list[bool] = []
    for own, whole in runs:
        for i, run in enumerate(own):
            of_part.extend([len(pendant)] * len(run))
            pendant.append(whole > 0 and i >= max(1, len(own) - whole))
    return _atoms(buildings, graph_of(split), np.array(of_part), np.array(pendant), window)


def units_for(buildings: Sequence[Building], graph_of: GraphOf, window: Window) -> Atoms:
    """Each unit alone."""
    graph = graph_of(divisible(buildings))
    n = len(graph.parts)
    return _atoms(buildings, graph, np.arange(n), np.zeros(n, dtype=np.bool_), window)


def _atoms(
    buildings: Sequence[Building],
    graph: NeighbourGraph,
    of_part: IntArray,
    pendant: BoolArray,
    window: Window,
) -> Atoms:
    points, sizes = part_values(buildings, graph)
    count = np.bincount(of_part)
    real = np.bincount(of_part, weights=sizes).astype(np.int64)
    middles = np.column_stack(
        [np.bincount(of_part, weights=points[:, axis]) / count for axis in (0, 1)]
    )
    weight = np.minimum(real, int(window.high))
    return Atoms(
        graph=graph,
        net=_network(graph, of_part, pendant, middles, weight),
        points=middles,
        of_part=of_part,
        large=real > window.high,
    )


def _network(
    graph: NeighbourGraph,
    of_part: IntArray,
    pendant: BoolArray,
    points: FloatArray,
    weight: IntArray,
) -> Network:
    """The graph of atoms. A run of units that is to be a grid hangs on the run before it only."""
    kind = EDGE_KINDS.index(EdgeKind.UNIT)
    ends = of_part[graph.pairs]
    inside = graph.kinds == kind
    keep = (ends[:, 0] != ends[:, 1]) & (inside | ~pendant[ends].any(axis=1))
    pairs = np.unique(np.sort(ends[keep], axis=1), axis=0).reshape(-1, 2)
    length = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    # Whole numbers, so that sums of lengths are exact; a thousandth of the mean is fine enough.
    grain = float(length.mean()) / 1000 if len(length) and length.any() else 1.0
    return Network(
        u=pairs[:, 0],
        v=pairs[:, 1],
        length=np.ceil(length / grain) + 1.0,
        weight=weight.astype(np.int64),
    )


def rows_of_units(buildings: Sequence[Building], graph: NeighbourGraph) -> list[list[int]]:
    """The parts of each building, in the order of its units."""
    rows: dict[str, list[int]] = defaultdict(list)
    for i, part in enumerate(graph.parts):
        rows[part.building].append(i)
    return [rows[building.id] for building in buildings]


def division_of(
    buildings: Sequence[Building],
    near: Sequence[Sequence[int]],
    graph: NeighbourGraph,
    labels: IntArray,
    k: int,
    window: Window,
) -> Division:
    """The parts ``labels`` of ``graph`` by building and unit, sizes cut down to the window."""
    rows = []
    for building, parts in zip(buildings, rows_of_units(buildings, graph), strict=True):
        row = labels[parts].tolist()
        rows.append(row * max(1, len(building.units)) if len(row) == 1 else row)
    high = int(window.high)
    sizes = [
        [min(unit.households, high) for unit in building.units] or [min(building.households, high)]
        for building in buildings
    ]
    return Division(near, sizes, rows, k, window)


def parts_of(
    buildings: Sequence[Building], division: Division, graph_of: GraphOf
) -> tuple[NeighbourGraph, IntArray]:
    """The graph whose parts are the buildings and the units of divided ones, and its labels."""
    graph = graph_of({buildings[i].id for i in division.divided()})
    at = {}
    for building, row in zip(buildings, division.labels, strict=True):
        at[Part(building.id)] = row[0]
        at |= {
            Part(building.id, u.id): label for u, label in zip(building.units, row, strict=False)
        }
    return graph, np.array([at[part] for part in graph.parts], dtype=np.int64)
