"""From labels to numbered grids with their sizes and shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .compactness import centre, compactness
from .model import Building, FloatArray, Grid, IntArray, NeighbourGraph


def grids_of(
    buildings: Sequence[Building], graph: NeighbourGraph, labels: IntArray, mean: float
) -> tuple[Grid, ...]:
    """The grids, numbered row by row from the north-west. labels (parts,), 0 … k−1, none empty."""
    points, households = part_values(buildings, graph)
    k = int(labels.max()) + 1
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(labels, minlength=k))[:-1])
    ends = labels[graph.pairs]
    outward = ends[ends[:, 0] != ends[:, 1]]
    border = np.bincount(outward.ravel(), minlength=k).tolist()
    centres = [centre(points[group], households[group]) for group in groups]
    grids = []
    for number, i in enumerate(_reading_order(np.array(centres)), start=1):
        group = groups[i]
        size = int(households[group].sum())
        grids.append(
            Grid(
                number=number,
                parts=tuple(graph.parts[j] for j in group.tolist()),
                households=size,
                deviation=(size - mean) / mean if mean else 0.0,
                x=centres[i][0],
                y=centres[i][1],
                compactness=compactness(points[group], households[group], border[i]),
            )
        )
    return tuple(grids)


def part_values(
    buildings: Sequence[Building], graph: NeighbourGraph
) -> tuple[FloatArray, IntArray]:
    """Positions (parts, 2) and households (parts,) of the graph's parts."""
    by_id = {building.id: building for building in buildings}
    units = {(b.id, unit.id): unit.households for b in buildings for unit in b.units}
    points = np.empty((len(graph.parts), 2))
    households = np.empty(len(graph.parts), dtype=np.int64)
    for i, (identity, unit) in enumerate(graph.parts):
        building = by_id[identity]
        points[i] = building.x, building.y
        households[i] = building.households if unit is None else units[identity, unit]
    return points, households


def _reading_order(centres: FloatArray) -> list[int]:
    """Rows from north to south, each from west to east."""
    extent = np.ptp(centres, axis=0)
    height = math.sqrt(max(float(extent[0] * extent[1]), 0.0) / len(centres)) or 1.0
    row = np.floor((centres[:, 1].max() - centres[:, 1]) / height)
    order: list[int] = np.lexsort((centres[:, 1], centres[:, 0], row)).tolist()
    return order
