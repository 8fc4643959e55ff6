"""The published neighbour graph: who is next to whom.

Delaunay triangulation of the positions (Delaunay 1934, computed by Qhull), edges cut where they
cross a road; pieces that this cuts off are joined again by the shortest ways across. The
Euclidean minimum spanning tree is part of the Delaunay triangulation, so that the shortest ways
are always among the edges that were cut.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError, cKDTree

from .crossing import crosses, road_segments
from .model import (
    EDGE_KINDS,
    Building,
    EdgeKind,
    FloatArray,
    IntArray,
    Line,
    NeighbourGraph,
    Part,
)

_GRAIN = 1e-7  # positions closer than this share of the whole extent count as the same
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def neighbour_graph(
    buildings: Sequence[Building], roads: Sequence[Line] = (), split: Collection[str] = ()
) -> NeighbourGraph:
    """The neighbour graph of buildings; those whose id is in ``split`` appear unit by unit.

    A unit neighbours the units next to it in its building and everything that its building
    neighbours. The graph is always connected. n buildings give at most 3n − 6 edges between
    buildings and as many across roads as there are pieces to join.
    """
    # By id, so that the order in which buildings are given never changes the graph.
    buildings = sorted(buildings, key=lambda building: building.id)
    points = _apart(np.array([(building.x, building.y) for building in buildings]))
    pairs, kinds = _between(points, road_segments(roads))
    return _by_unit(buildings, frozenset(split), pairs, kinds)


def shared_positions(buildings: Sequence[Building]) -> int:
    """How many buildings share their position with an earlier one."""
    where = np.array([(building.x, building.y) for building in buildings])
    return len(where) - len(np.unique(_snapped(where), axis=0))


def _snapped(points: FloatArray) -> IntArray:
    centred = points - points.mean(axis=0)
    extent = float(np.abs(centred).max(initial=0.0)) or 1.0
    cells: IntArray = np.round(centred / (extent * _GRAIN)).astype(np.int64)
    return cells


def _apart(points: FloatArray) -> FloatArray:
    """Positions with those that coincide set out on a small spiral, in the order given.

    The spiral ends at a quarter of the way to the next position: neighbours elsewhere stay.
    """
    snapped = _snapped(points)
    _, first, group, count = np.unique(
        snapped, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    group = group.reshape(-1)
    if (count == 1).all():
        return points
    distinct = points[first]
    if _on_a_line(distinct):
        return points
    free = cKDTree(distinct).query(distinct, k=2)[0][:, 1] / 4
    by_group = np.argsort(group, kind="stable")
    rank = np.empty(len(points), dtype=np.int64)
    rank[by_group] = np.arange(len(points)) - np.repeat(np.cumsum(count) - count, count)
    radius = free[group] * np.sqrt(rank / count[group])
    angle = rank * _GOLDEN_ANGLE
    shift = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    spread: FloatArray = distinct[group] + shift
    return spread


def _between(points: FloatArray, segments: FloatArray) -> tuple[IntArray, IntArray]:
    """Pairs of neighbouring positions and their kinds, connected."""
    pairs, triangulated = _triangulated(points)
    plain = EDGE_KINDS.index(EdgeKind.DELAUNAY if triangulated else EdgeKind.LINE)
    cut = crosses(points, pairs, segments)
    kept, crossing = pairs[~cut], pairs[cut]
    bridges = _bridges(points, kept, crossing)
    kinds = np.full(len(kept) + len(bridges), plain, dtype=np.int64)
    kinds[len(kept) :] = EDGE_KINDS.index(EdgeKind.BRIDGE)
    return np.vstack([kept, bridges]), kinds


def _triangulated(points: FloatArray) -> tuple[IntArray, bool]:
    """Delaunay edges, or a chain along the line on which all positions lie."""
    if _on_a_line(points):
        return _chain(points), False
    try:
        triangulation = Delaunay(points - points.mean(axis=0))
    except QhullError:  # so close to one line that Qhull can't tell
        return _chain(points), False
    corners = triangulation.simplices
    sides = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    if len(triangulation.coplanar):  # positions that Qhull left out hang on the nearest corner
        sides = np.vstack([sides, triangulation.coplanar[:, [0, 2]]])
    pairs = np.unique(np.sort(sides.astype(np.int64), axis=1), axis=0)
    return pairs, True


def _on_a_line(points: FloatArray) -> bool:
    if len(points) < 3:
        return True
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(spread[1] <= 1e-9 * spread[0])


def _chain(points: FloatArray) -> IntArray:
    if len(points) < 2:
        return np.empty((0, 2), dtype=np.int64)
    centred = points - points.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    order = np.argsort(along, kind="stable")
    return np.sort(np.column_stack([order[:-1], order[1:]]), axis=1).astype(np.int64)


def _bridges(points: FloatArray, kept: IntArray, crossing: IntArray) -> IntArray:
    """The shortest of the cut edges that join the pieces again (Kruskal 1956)."""
    n = len(points)
    matrix = coo_array((np.ones(len(kept)), (kept[:, 0], kept[:, 1])), shape=(n, n))
    pieces, label = connected_components(matrix, directed=False)
    if pieces == 1:
        return np.empty((0, 2), dtype=np.int64)
    length = np.hypot(*(points[crossing[:, 0]] - points[crossing[:, 1]]).T)
    parent = list(range(pieces))

    def root(piece: int) -> int:
        while parent[piece] != piece:
            parent[piece] = parent[parent[piece]]
            piece = parent[piece]
        return piece

    chosen = []
    ends = label[crossing].tolist()
    for edge in np.lexsort((crossing[:, 1], crossing[:, 0], length)).tolist():
        a, b = root(ends[edge][0]), root(ends[edge][1])
        if a != b:
            parent[a] = b
            chosen.append(edge)
    return crossing[chosen]


def _by_unit(
    buildings: Sequence[Building], split: frozenset[str], pairs: IntArray, kinds: IntArray
) -> NeighbourGraph:
    """The graph over parts: buildings in ``split`` replaced by their units."""
    parts: list[Part] = []
    start = [0]
    chains: list[tuple[int, int]] = []
    for building in buildings:
        if building.id in split and building.units:
            here = len(parts)
            parts.extend(Part(building.id, unit.id) for unit in building.units)
            chains.extend((i, i + 1) for i in range(here, len(parts) - 1))
        else:
            parts.append(Part(building.id))
        start.append(len(parts))
    first = np.asarray(start, dtype=np.int64)
    size = np.diff(first)
    a, b = pairs[:, 0], pairs[:, 1]
    if len(parts) > len(buildings):
        copies = size[a] * size[b]
        edge = np.repeat(np.arange(len(pairs)), copies)
        nth = np.arange(len(edge)) - np.repeat(np.cumsum(copies) - copies, copies)
        pairs = np.column_stack(
            [first[a[edge]] + nth // size[b[edge]], first[b[edge]] + nth % size[b[edge]]]
        )
        kinds = kinds[edge]
    else:
        pairs = np.column_stack([first[a], first[b]])
    if chains:
        pairs = np.vstack([pairs, np.asarray(chains, dtype=np.int64)])
        unit = EDGE_KINDS.index(EdgeKind.UNIT)
        kinds = np.concatenate([kinds, np.full(len(chains), unit, dtype=np.int64)])
    pairs = np.sort(pairs, axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return NeighbourGraph(
        parts=tuple(parts), pairs=pairs[order], kinds=kinds[order].astype(np.int8)
    )
