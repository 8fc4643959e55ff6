"""Mending parts of the wrong weight: neighbours are merged and cut anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .model import BoolArray, FloatArray, IntArray
from .partition import Network, Window, partition

PATIENCE = 60  # rounds without any gain after which it is given up
_WIDEST = 12  # parts that are merged at most


def total_excess(weight: IntArray, labels: IntArray, k: int, window: Window) -> float:
    """By how much all parts together miss the window."""
    sizes: FloatArray = np.bincount(labels, weights=weight, minlength=k).astype(np.float64)
    return float(window.excess(sizes, 1).sum())


def repair(
    net: Network,
    labels: IntArray,
    k: int,
    window: Window,
    rng: np.random.Generator,
    rounds: int,
    expired: Callable[[], bool],
    patience: int = PATIENCE,
) -> IntArray:
    """Labels with all parts inside the window if that was found within ``rounds``.

    Every label stays connected and the total excess never grows. It is given up after
    ``patience`` rounds without any gain.
    """
    labels = labels.copy()
    tried = np.zeros(k, dtype=np.int64)
    least, since = float("inf"), 0
    for _ in range(rounds):
        sizes: FloatArray = np.bincount(labels, weights=net.weight, minlength=k).astype(np.float64)
        excess = window.excess(sizes, 1)
        since = 0 if excess.sum() < least else since + 1
        least = min(least, float(excess.sum()))
        if since > patience or not excess.any() or k == 1 or expired():
            break
        worst = int(np.argmax(excess - tried * 1e-6 * (excess > 0)))
        if tried[worst] > 3:  # let another one move first, and come back with a wider circle
            off = np.flatnonzero(excess)
            worst = int(rng.choice(off))
        tried[worst] += 1
        width = 2 + int(rng.integers(0, min(_WIDEST, 2 + tried[worst] // 3) - 1))
        circle = _circle(net, labels, sizes, worst, min(width, k), window, rng)
        mask = np.isin(labels, circle)
        inner = net.part(mask)
        fresh = partition(inner, len(circle), window, rng, loose=True)
        after = total_excess(inner.weight, fresh, len(circle), window)
        if after <= float(excess[circle].sum()):
            labels[mask] = circle[fresh]
    return labels


def _circle(
    net: Network,
    labels: IntArray,
    sizes: FloatArray,
    start: int,
    width: int,
    window: Window,
    rng: np.random.Generator,
) -> IntArray:
    """``width`` adjoining parts around ``start``, rather such whose sizes even out."""
    circle = [start]
    a, b = labels[net.u], labels[net.v]
    border = a != b
    a, b = a[border], b[border]
    inside: BoolArray = np.zeros(len(sizes), dtype=np.bool_)
    inside[start] = True
    while len(circle) < width:
        beside = np.unique(np.concatenate([b[inside[a] & ~inside[b]], a[inside[b] & ~inside[a]]]))
        if not len(beside):
            break
        together = sizes[circle].sum() + sizes[beside]
        miss = window.excess(together, len(circle) + 1)
        drawn = int(beside[np.argmin(miss + rng.random(len(beside)) * (window.high - window.low))])
        circle.append(drawn)
        inside[drawn] = True
    return np.array(sorted(circle), dtype=np.int64)
