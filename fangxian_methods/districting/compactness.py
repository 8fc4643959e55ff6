"""How compact a grid is, and where its centre lies."""

from __future__ import annotations

import math

import numpy as np

from .model import Compactness, FloatArray, IntArray


def centre(points: FloatArray, households: IntArray) -> tuple[float, float]:
    """Centre of households; of the positions alone where nobody lives. points (n, 2)."""
    weights = households if households.any() else np.ones(len(points))
    x, y = np.average(points, axis=0, weights=weights)
    return float(x), float(y)


def compactness(points: FloatArray, households: IntArray, border_edges: int) -> Compactness:
    """The measures of one grid. points (n, 2) in metres, households (n,)."""
    weights = households if households.any() else np.ones(len(points))
    squares = ((points - np.asarray(centre(points, households))) ** 2).sum(axis=1)
    return Compactness(
        polsby_popper=hull_roundness(points),
        mean_distance_m=float(np.average(np.sqrt(squares), weights=weights)),
        gyration_m=math.sqrt(float(np.average(squares, weights=weights))),
        border_edges=border_edges,
    )


def hull_roundness(points: FloatArray) -> float | None:
    """4πA/P² of the convex hull (Polsby, Popper 1991); 0 on a line, None below 3 positions."""
    ring = _hull(sorted({(x, y) for x, y in points.tolist()}))
    if len(ring) < 2 or len(points) < 3:
        return None
    area = perimeter = 0.0
    ox, oy = ring[0]  # areas from a corner, for coordinates may be large
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        area += ((ax - ox) * (by - oy) - (bx - ox) * (ay - oy)) / 2
        perimeter += math.hypot(bx - ax, by - ay)
    return 4 * math.pi * abs(area) / perimeter**2


def _hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Corners of the convex hull of sorted distinct points (Andrew 1979)."""
    if len(points) < 3:
        return points
    halves = []
    for side in (points, points[::-1]):
        chain: list[tuple[float, float]] = []
        for x, y in side:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2], chain[-1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                chain.pop()
            chain.append((x, y))
        halves.append(chain[:-1])
    return halves[0] + halves[1]
