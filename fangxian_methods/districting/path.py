"""Nodes in a row: the best parts are found exactly, by dynamic programming over their ends."""

from __future__ import annotations

import numpy as np

from .model import FloatArray, IntArray
from .partition import Network, Window

_MOST_STEPS = 40_000_000


def row_of(net: Network) -> IntArray | None:
    """The nodes from one end to the other if the graph is a path, or None."""
    n = len(net.weight)
    degree = np.bincount(np.concatenate([net.u, net.v]), minlength=n)
    if n < 3 or len(net.u) != n - 1 or degree.max() > 2 or not net.connected():
        return None
    near = net.neighbours()
    row = [int(np.argmin(degree))]
    last = -1
    while len(row) < n:
        following = next(node for node in near[row[-1]] if node != last)
        last = row[-1]
        row.append(following)
    return np.array(row, dtype=np.int64)


def cut_row(weight: IntArray, k: int, window: Window) -> tuple[IntArray, bool] | None:
    """Labels 0 … k−1 along a row of weights, and whether all parts fit the window.

    The excess is the least possible, then the sum of squared deviations from the middle. None
    where that would take too long. weight has shape (n,), k ≤ n.
    """
    n = len(weight)
    sums: FloatArray = np.concatenate([[0.0], np.cumsum(weight)])
    middle = max((window.low + window.high) / 2, 1.0)
    # A part twice as heavy as allowed, with a heavy node at either end, is never the best.
    limit = 2 * window.high + 2 * float(weight.max(initial=0))
    reach = int((np.searchsorted(sums, sums + limit, side="right") - np.arange(n + 1)).max())
    if k * n * reach > _MOST_STEPS:
        return None
    best: FloatArray = np.full(n + 1, np.inf)
    best[0] = 0.0
    came = np.zeros((k, n + 1), dtype=np.int64)
    # A single household outside must outweigh all deviations inside.
    dear = 1.0 + k * ((limit / middle) ** 2 + 1.0)
    for part in range(k):
        fresh: FloatArray = np.full(n + 1, np.inf)
        for length in range(1, min(reach, n - part) + 1):
            size = sums[length:] - sums[:-length]
            off = window.excess(size, 1)
            cost = best[:-length] + off * dear + ((size - middle) / middle) ** 2
            better = cost < fresh[length:]
            fresh[length:][better] = cost[better]
            came[part, length:][better] = (np.arange(n + 1 - length))[better]
        best = fresh
    if not np.isfinite(best[n]):
        return None
    labels = np.empty(n, dtype=np.int64)
    stop = n
    for part in range(k - 1, -1, -1):
        start = int(came[part, stop])
        labels[start:stop] = part
        stop = start
    total = np.bincount(labels, weights=weight, minlength=k).astype(np.float64)
    return labels, not window.excess(total, 1).any()
