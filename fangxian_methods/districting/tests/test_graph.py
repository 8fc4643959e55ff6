"""The neighbour graph against its definition, and in awkward places."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian_methods.districting import Building, EdgeKind, Unit, neighbour_graph
from fangxian_methods.districting.compactness import hull_roundness

Point = tuple[int, int]


def at(*points: tuple[float, float]) -> list[Building]:
    return [Building(f"{i:03d}", float(x), float(y), 1) for i, (x, y) in enumerate(points)]


def named(
    buildings: list[Building], roads: list[list[Point]] | None = None
) -> dict[tuple[int, int], str]:
    graph = neighbour_graph(buildings, roads or [])
    return {
        (int(edge.first.building), int(edge.second.building)): edge.kind for edge in graph.edges()
    }


def connected(n: int, pairs: set[tuple[int, int]]) -> bool:
    seen, stack = {0}, [0]
    while stack:
        here = stack.pop()
        for a, b in pairs:
            for one, other in ((a, b), (b, a)):
                if one == here and other not in seen:
                    seen.add(other)
                    stack.append(other)
    return len(seen) == n


def side(a: Point, b: Point, p: Point) -> int:
    value = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (value > 0) - (value < 0)


def separates(road: list[Point], a: Point, b: Point) -> bool:
    return any(
        side(c, d, a) * side(c, d, b) < 0 and side(a, b, c) * side(a, b, d) <= 0
        for c, d in pairwise(road)
        if c != d
    )


def strictly_empty_circle(points: list[Point], i: int, j: int) -> bool:
    """Whether some circle through i and j holds no other point on or in it, computed exactly."""
    low, high = -Fraction(10**9), Fraction(10**9)
    (ax, ay), (bx, by) = points[i], points[j]
    mx, my, dx, dy = Fraction(ax + bx, 2), Fraction(ay + by, 2), ay - by, bx - ax
    for k, (x, y) in enumerate(points):
        if k in (i, j):
            continue
        # |centre − p|² > |centre − a|² with centre = m + t·d is linear in t.
        slope = 2 * ((ax - x) * dx + (ay - y) * dy)
        rest = x * x + y * y - ax * ax - ay * ay + 2 * ((ax - x) * mx + (ay - y) * my)
        if slope == 0:
            if rest <= 0:
                return False
        elif slope > 0:
            low = max(low, Fraction(-rest) / slope)
        else:
            high = min(high, Fraction(-rest) / slope)
    return low < high


coordinates = st.tuples(st.integers(0, 30), st.integers(0, 30))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(coordinates, min_size=4, max_size=14, unique=True),
    st.lists(coordinates, min_size=2, max_size=4),
)
def test_edges_are_delaunay_cut_by_the_road_and_joined_again(
    points: list[Point], road: list[Point]
) -> None:
    if len({side(points[0], points[1], p) for p in points}) == 1:
        return  # all on a line: the test below
    found = named(at(*points), [road])
    assert connected(len(points), set(found))
    certain = {
        (i, j)
        for i, j in combinations(range(len(points)), 2)
        if strictly_empty_circle(points, i, j)
    }
    for i, j in certain:
        crossing = separates(road, points[i], points[j])
        kind = found.get((i, j))
        assert kind == EdgeKind.DELAUNAY if not crossing else kind in (None, EdgeKind.BRIDGE)
    for (i, j), kind in found.items():
        assert (kind == EdgeKind.BRIDGE) == separates(road, points[i], points[j])
    bridges = [pair for pair, kind in found.items() if kind == EdgeKind.BRIDGE]
    for bridge in bridges:  # none is superfluous
        assert not connected(len(points), set(found) - {bridge})


@settings(max_examples=60, deadline=None)
@given(st.lists(coordinates, min_size=1, max_size=12))
def test_few_same_and_collinear_positions_hold_together(points: list[Point]) -> None:
    assert connected(len(points), set(named(at(*points))))
    line = [(x, 2 * x) for x, _ in points]
    found = named(at(*line))
    assert len(found) == len(points) - 1
    assert connected(len(points), set(found))


def test_the_bridge_is_the_shortest_way_across() -> None:
    buildings = at((0, 0), (0, 10), (4, 0), (9, 10), (1, 5), (6, 5))
    found = named(buildings, [[(3, -50), (3, 50)]])
    assert [pair for pair, kind in found.items() if kind == EdgeKind.BRIDGE] == [(0, 2)]


def test_units_stand_in_a_row_and_share_their_buildings_neighbours() -> None:
    units = tuple(Unit(f"u{i}", 1) for i in range(3))
    buildings = [Building("a", 0.0, 0.0, 3, units), Building("b", 5.0, 0.0, 1)]
    graph = neighbour_graph(buildings, split=["a"])
    kinds = [(edge.first.unit, edge.second.unit, edge.kind.value) for edge in graph.edges()]
    assert kinds == [
        ("u0", "u1", "unit"),
        ("u0", None, "line"),
        ("u1", "u2", "unit"),
        ("u1", None, "line"),
        ("u2", None, "line"),
    ]


def test_roundness_of_known_shapes() -> None:
    square = np.array([(0, 0), (0, 2), (2, 0), (2, 2), (1, 1)], dtype=float)
    assert hull_roundness(square) == np.pi / 4
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = hull_roundness(1e6 + np.column_stack([np.cos(angle), np.sin(angle)]))
    assert circle is not None
    assert abs(circle - 1) < 1e-3
    assert hull_roundness(np.array([(0, 0), (1, 1), (2, 2)], dtype=float)) == 0
    assert hull_roundness(square[:2]) is None
