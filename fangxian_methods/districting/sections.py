"""Buildings too large for one grid: which units stay together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .model import Building
from .partition import Window


def sections(building: Building, window: Window) -> tuple[list[range], int]:
    """Cut a large building into runs of consecutive units.

    Returns the runs in order and how many of the last ones are grids of their own. As many
    grids as fit are taken from one end, each as close as possible to the middle of the window;
    the rest, at the other end, joins the neighbours, in as few runs as the window allows.
    """
    sizes = [unit.households for unit in building.units]
    most = building.households // max(1, int(window.low))
    for whole in range(min(most, len(sizes)), 0, -1):
        starts = _tail(sizes, whole, window)
        if starts:
            edges = [*starts, len(sizes)]
            own = [range(a, b) for a, b in pairwise(edges)]
            return _few(sizes, starts[0], window) + own, whole
    return _few(sizes, len(sizes), window), 0


def _tail(sizes: Sequence[int], whole: int, window: Window) -> list[int] | None:
    """Starts of ``whole`` runs up to the last unit, each inside the window, near its middle."""
    n, middle = len(sizes), (window.low + window.high) / 2
    best: list[dict[int, tuple[float, int]]] = [{n: (0.0, n)}]
    for _ in range(whole):
        row: dict[int, tuple[float, int]] = {}
        for end, (cost, _next) in best[-1].items():
            total = 0
            for start in range(end - 1, -1, -1):
                total += sizes[start]
                if total > window.high:
                    break
                if total >= window.low:
                    price = cost + (total - middle) ** 2
                    if start not in row or price < row[start][0]:
                        row[start] = (price, end)
        if not row:
            return None
        best.append(row)
    start = min(best[-1], key=lambda i: (best[-1][i][0], i))
    starts = []
    for row in reversed(best[1:]):
        starts.append(start)
        start = row[start][1]
    return starts


def _few(sizes: Sequence[int], stop: int, window: Window) -> list[range]:
    """Units 0 … stop−1 in as few runs as fit, of nearly equal size."""
    if not stop:
        return []
    total = sum(sizes[:stop])
    for count in range(max(1, -(-total // int(max(window.high, 1)))), stop + 1):
        runs: list[range] = []
        start = sofar = 0
        for i in range(stop):
            sofar += sizes[i]
            # A run ends where its share of the whole is reached, or the next unit passes it more.
            goal = total * (len(runs) + 1) / count
            following = sofar + sizes[i + 1] if i + 1 < stop else sofar
            if i + 1 == stop or abs(sofar - goal) <= abs(following - goal):
                runs.append(range(start, i + 1))
                start = i + 1
        if all(sum(sizes[i] for i in run) <= window.high for run in runs):
            return runs
    return [range(i, i + 1) for i in range(stop)]
