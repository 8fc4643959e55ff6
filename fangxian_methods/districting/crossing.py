"""Which edges between buildings cross a road line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from .model import BoolArray, FloatArray, IntArray, Line


def road_segments(roads: Sequence[Line]) -> FloatArray:
    """Polylines → straight segments, array (s, 4) of x1, y1, x2, y2, none of no length."""
    pieces = []
    for road in roads:
        line = np.asarray(road, dtype=np.float64).reshape(-1, 2)
        if not np.isfinite(line).all():
            raise ValueError("a road line has a position that is not a finite number; remove it")
        pieces.append(np.hstack([line[:-1], line[1:]]))
    segments = np.vstack(pieces) if pieces else np.empty((0, 4))
    longer: FloatArray = segments[(segments[:, :2] != segments[:, 2:]).any(axis=1)]
    return longer


def crosses(points: FloatArray, pairs: IntArray, segments: FloatArray) -> BoolArray:
    """For each edge whether it crosses one of the segments.

    A building that stands exactly on a road is not cut off by it (its end doesn't count), but
    an edge through the end of a road segment is cut, so that a bend leaves no gap.

    points (n, 2), pairs (m, 2) of positions in points, segments (s, 4) → (m,).
    """
    cut = np.zeros(len(pairs), dtype=np.bool_)
    if not len(pairs) or not len(segments):
        return cut
    first, second = points[pairs[:, 0]], points[pairs[:, 1]]
    length = np.hypot(*(second - first).T)
    if not length.any():  # all at one position
        return cut
    middle = (first + second) / 2
    # One class per length: short edges then meet only the road pieces close to them.
    scale = float(max(np.median(length), length.max() / 2**12))
    classes = np.ceil(np.log2(np.maximum(length, scale) / scale) - 1e-9).astype(np.int64)
    for level in np.unique(classes):
        edges = np.flatnonzero(classes == level)
        reach = scale * 2.0 ** int(level)
        mids, owner = _cut_up(segments, reach)
        near = _pairs_within(middle[edges], mids, reach * (1 + 1e-9))
        if not len(near):
            continue
        edge, road = edges[near[:, 0]], segments[owner[near[:, 1]]]
        hit = _proper(first[edge], second[edge], road[:, :2], road[:, 2:])
        cut[edge[hit]] = True
    return cut


def _cut_up(segments: FloatArray, reach: float) -> tuple[FloatArray, IntArray]:
    """Middles of pieces no longer than ``reach``, and the segment that each comes from."""
    vector = segments[:, 2:] - segments[:, :2]
    count = np.maximum(1, np.ceil(np.hypot(*vector.T) / reach)).astype(np.int64)
    owner = np.repeat(np.arange(len(segments)), count)
    start = np.repeat(np.cumsum(count) - count, count)
    share = (np.arange(len(owner)) - start + 0.5) / count[owner]
    return segments[owner, :2] + share[:, None] * vector[owner], owner


def _pairs_within(left: FloatArray, right: FloatArray, radius: float) -> IntArray:
    """Pairs (i, j) with left[i] and right[j] no farther apart than ``radius``, array (p, 2)."""
    hits = cKDTree(right).query_ball_point(left, radius)
    count = np.fromiter((len(hit) for hit in hits), dtype=np.int64, count=len(hits))
    if not count.sum():
        return np.empty((0, 2), dtype=np.int64)
    flat = np.concatenate([np.asarray(hit, dtype=np.int64) for hit in hits if hit])
    return np.column_stack([np.repeat(np.arange(len(left)), count), flat])


def _side(a: FloatArray, b: FloatArray, p: FloatArray) -> FloatArray:
    """On which side of the line a → b the point p lies: sign of twice the triangle's area."""
    side: FloatArray = np.sign(
        (b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0])
    )
    return side


def _proper(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> BoolArray:
    """Edge a–b crosses road c–d: a and b strictly on two sides, c and d not on one side."""
    hit: BoolArray = (_side(c, d, a) * _side(c, d, b) < 0) & (_side(a, b, c) * _side(a, b, d) <= 0)
    return hit
