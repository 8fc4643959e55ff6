"""Smoothing borders: nodes move to a neighbouring part where that makes both more compact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .model import FloatArray, IntArray
from .partition import Network, Window

_PASSES = 12
_KEPT = 0.9  # of the window: a little room is left for edits by hand


def smooth(
    net: Network,
    points: FloatArray,
    labels: IntArray,
    k: int,
    window: Window,
    border_weight: float,
    expired: Callable[[], bool],
) -> IntArray:
    """Labels with a smaller sum of squared distances from the centres plus border.

    A node moves only if both parts stay inside the window, or come no farther outside, and the
    part that it leaves stays in one piece. ``border_weight`` is the price of an edge between
    two parts, as a share of the mean squared distance that a part of its size would have.
    points has shape (n, 2).
    """
    if k == 1:
        return labels
    state = _State(net, points, labels, k, window, border_weight)
    for _ in range(_PASSES):
        if expired() or state.sweep() * 500 < len(labels):
            break
    return np.array(state.label, dtype=np.int64)


def border_cost(
    net: Network, points: FloatArray, labels: IntArray, k: int, border_weight: float
) -> float:
    """What :func:`smooth` lowers: mean squared distance from the centres, and the border."""
    count = np.maximum(np.bincount(labels, minlength=k), 1)
    squares = 0.0
    for axis in (points[:, 0], points[:, 1]):
        middle = np.bincount(labels, weights=axis, minlength=k) / count
        squares += float(((axis - middle[labels]) ** 2).mean())
    border = int((labels[net.u] != labels[net.v]).sum())
    spread = float(points.var(axis=0).sum()) / k
    return squares + border_weight * spread * border / len(labels)


class _State:
    """Lists instead of arrays: the sweep looks at one node at a time."""

    def __init__(
        self,
        net: Network,
        points: FloatArray,
        labels: IntArray,
        k: int,
        window: Window,
        border_weight: float,
    ) -> None:
        self.net, self.k, self.window = net, k, _narrower(window)
        self.label: list[int] = labels.tolist()
        self.x: list[float] = points[:, 0].tolist()
        self.y: list[float] = points[:, 1].tolist()
        self.weight: list[int] = net.weight.tolist()
        self.points = points
        n = len(labels)
        ends = np.concatenate([net.u, net.v])
        order = np.argsort(ends, kind="stable")
        other = np.concatenate([net.v, net.u])[order].tolist()
        start = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))]).tolist()
        self.near: list[list[int]] = [other[start[i] : start[i + 1]] for i in range(n)]
        self.size: list[float] = np.bincount(labels, weights=net.weight, minlength=k).tolist()
        self.count: list[int] = np.bincount(labels, minlength=k).tolist()
        self.sum_x: list[float] = np.bincount(labels, weights=points[:, 0], minlength=k).tolist()
        self.sum_y: list[float] = np.bincount(labels, weights=points[:, 1], minlength=k).tolist()
        count = np.maximum(self.count, 1)
        centre = np.column_stack([self.sum_x, self.sum_y]) / count[:, None]
        spread = float(((points - centre[labels]) ** 2).sum()) / n
        self.edge_price = border_weight * spread

    def sweep(self) -> int:
        """Move every node once that gains by it; the number of moves."""
        label = np.array(self.label)
        u, v = self.net.u, self.net.v
        border = label[u] != label[v]
        node = np.concatenate([u[border], v[border]])
        target = label[np.concatenate([v[border], u[border]])]
        pairs = np.unique(node * self.k + target)
        node, target = pairs // self.k, pairs % self.k
        count = np.maximum(self.count, 1)
        centre = np.column_stack([self.sum_x, self.sum_y]) / count[:, None]
        here = ((self.points[node] - centre[label[node]]) ** 2).sum(axis=1)
        there = ((self.points[node] - centre[target]) ** 2).sum(axis=1)
        gain = here - there
        # The border changes by one edge per neighbour: a move that costs more can't gain.
        worth = np.flatnonzero(gain > -6 * self.edge_price)
        worth = worth[np.argsort(-gain[worth], kind="stable")]
        moves = 0
        for i, part in zip(node[worth].tolist(), target[worth].tolist(), strict=True):
            moves += self._try(i, part)
        return moves

    def _try(self, node: int, target: int) -> bool:
        label, near = self.label, self.near[node]
        source = label[node]
        if source == target or self.count[source] == 1:
            return False
        mine = [other for other in near if label[other] == source]
        theirs = 0
        for other in near:
            theirs += label[other] == target
        if not theirs:
            return False
        x, y = self.x[node], self.y[node]
        a, b = self.count[source], self.count[target]
        from_here = (x - self.sum_x[source] / a) ** 2 + (y - self.sum_y[source] / a) ** 2
        from_there = (x - self.sum_x[target] / b) ** 2 + (y - self.sum_y[target] / b) ** 2
        change = from_there * b / (b + 1) - from_here * a / (a - 1)
        change += self.edge_price * (len(mine) - theirs)
        if change >= -1e-9 * self.edge_price - 1e-12:
            return False
        weight = self.weight[node]
        if not self._fits(self.size[source], -weight) or not self._fits(self.size[target], weight):
            return False
        if not self._holds_together(node, source, mine):
            return False
        label[node] = target
        self.size[source] -= weight
        self.size[target] += weight
        self.count[source] -= 1
        self.count[target] += 1
        self.sum_x[source] -= x
        self.sum_y[source] -= y
        self.sum_x[target] += x
        self.sum_y[target] += y
        return True

    def _fits(self, size: float, change: int) -> bool:
        if change > 0:
            return size + change <= self.window.high
        return size + change >= self.window.low or change == 0

    def _holds_together(self, node: int, part: int, mine: list[int]) -> bool:
        """Whether ``part`` without ``node`` is connected; ``mine`` are its neighbours there."""
        if len(mine) < 2:
            return bool(mine)
        label, near = self.label, self.near
        missing = set(mine)
        stack = [missing.pop()]
        # First only among the neighbours themselves: nearly always that is enough.
        while stack and missing:
            found = missing.intersection(near[stack.pop()])
            missing -= found
            stack.extend(found)
        if not missing:
            return True
        seen = {node, mine[0]}
        missing = set(mine[1:])
        stack = [mine[0]]
        while stack:
            for other in near[stack.pop()]:
                if label[other] == part and other not in seen:
                    seen.add(other)
                    missing.discard(other)
                    if not missing:
                        return True
                    stack.append(other)
        return False


def _narrower(window: Window) -> Window:
    middle, half = (window.low + window.high) / 2, _KEPT * (window.high - window.low) / 2
    return Window(middle - half, middle + half)
