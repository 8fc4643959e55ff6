"""Splitting a connected graph into connected parts of equal weight, by halves.

A cut is taken from an ordering of the nodes by f(v) = d(s, v) − d(t, v), the difference of the
graph distances from two far ends s and t. All nodes with f ≤ c hold together, for the shortest
way from s to v leads only over nodes with f ≤ f(v); all nodes with f > c hold together by the
same argument from t. So every threshold between two different values is a cut into two
connected halves, however bent the shape, and one running sum gives the weights, another the
borders of all of them. Lengths are whole numbers so that sums of floats are exact. Where no
threshold has the right weight, cuts of random spanning trees are tried (as in DeFord, Duchin,
Solomon 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import (
    breadth_first_order,
    connected_components,
    dijkstra,
    minimum_spanning_tree,
)

from .model import BoolArray, FloatArray, IntArray

_SMALL = 600  # below this many nodes more cuts are compared, for they cost little


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A connected graph: edges ``u``–``v`` (m,), whole-number ``length`` (m,), ``weight`` (n,)."""

    u: IntArray
    v: IntArray
    length: FloatArray
    weight: IntArray

    def part(self, mask: BoolArray) -> Network:
        """The subgraph of the nodes in ``mask``, numbered anew in the same order."""
        inside = mask[self.u] & mask[self.v]
        number = np.cumsum(mask) - 1
        return Network(
            number[self.u[inside]],
            number[self.v[inside]],
            self.length[inside],
            self.weight[mask],
        )

    def neighbours(self) -> list[list[int]]:
        """The neighbours of each node."""
        near: list[list[int]] = [[] for _ in self.weight]
        for a, b in zip(self.u.tolist(), self.v.tolist(), strict=True):
            near[a].append(b)
            near[b].append(a)
        return near

    def connected(self) -> bool:
        """Whether every node can be reached from every other."""
        pieces: int = connected_components(self.matrix(self.length), directed=False)[0]
        return pieces == 1

    def matrix(self, length: FloatArray) -> csr_array:
        """Symmetric adjacency matrix with the given edge lengths."""
        n = len(self.weight)
        both = np.concatenate([self.u, self.v]), np.concatenate([self.v, self.u])
        return csr_array((np.concatenate([length, length]), both), shape=(n, n))


@dataclass(frozen=True, slots=True)
class Window:
    """Weights that a part may have; ``excess`` measures by how much ``k`` parts miss it."""

    low: float
    high: float

    def excess(self, weight: FloatArray, k: int | IntArray) -> FloatArray:
        """How far ``weight`` lies outside what ``k`` parts may have together."""
        outside: FloatArray = np.maximum(
            np.maximum(k * self.low - weight, weight - k * self.high), 0.0
        )
        return outside


@dataclass(slots=True, eq=False)
class _Best:
    """The best cut so far: first inside the window, then with a short border."""

    excess: float = np.inf
    score: float = np.inf
    left: BoolArray | None = None
    count: int = 0


def partition(
    network: Network, k: int, window: Window, rng: np.random.Generator, *, loose: bool = False
) -> IntArray:
    """Label each node 0 … k−1 so that every label is connected; balanced where a cut was found.

    ``loose`` picks ends and cuts at random, for a second try. Needs 1 ≤ k ≤ nodes.
    """
    labels = np.zeros(len(network.weight), dtype=np.int64)
    work = [(network, np.arange(len(network.weight)), k, 0)]
    while work:
        net, nodes, parts, offset = work.pop()
        if parts == 1:
            labels[nodes] = offset
            continue
        left, count = _Halving(net, parts, window, rng, loose).run()
        work.append((net.part(left), nodes[left], count, offset))
        work.append((net.part(~left), nodes[~left], parts - count, offset + count))
    return labels


class _Halving:
    """One cut of a graph into two connected sides for ``count`` and ``k − count`` parts."""

    def __init__(
        self, net: Network, k: int, window: Window, rng: np.random.Generator, loose: bool
    ) -> None:
        self.net, self.k, self.window, self.rng, self.loose = net, k, window, rng, loose
        self.n = len(net.weight)
        self.total = float(net.weight.sum())
        self.small = self.n <= _SMALL
        self.best = _Best()
        self.near: list[list[int]] | None = None

    def run(self) -> tuple[BoolArray, int]:
        """The nodes of the one side, and for how many parts it is."""
        matrix = self.net.matrix(self.net.length)
        if self.loose:
            self._random_ends(matrix, 2)
            if self.best.excess > 0 or self.rng.random() < 0.3:
                self._trees(3)
        else:
            self._far_ends(matrix)
        if self.best.excess > 0:
            for _ in range(3 if self.small else 1):
                self._random_ends(matrix, 4)
                if self.best.excess == 0:
                    break
        if self.best.excess > 0:
            self._trees(12 if self.small else 3)
        left = self.best.left
        if left is None:  # any edge of a tree is a cut
            raise RuntimeError(f"{self.n} nodes can't be cut for {self.k} parts")
        return left, self.best.count

    def _far_ends(self, matrix: csr_array) -> None:
        """Cuts across the longest extent, and for small graphs across the other one too."""
        start = dijkstra(matrix, indices=0)
        one = dijkstra(matrix, indices=int(np.argmax(start)))
        other = dijkstra(matrix, indices=int(np.argmax(one)))
        self._thresholds(one - other)
        if self.small:
            side = dijkstra(matrix, indices=int(np.argmax(np.minimum(one, other))))
            self._thresholds(side - dijkstra(matrix, indices=int(np.argmax(side))))
        for _ in range(4):
            if self.best.excess == 0:
                return
            # What hangs on a bridge has one value of the ordering: take an end inside it.
            key = one - other
            order = np.argsort(key, kind="stable")
            passed = np.searchsorted(np.cumsum(self.net.weight[order]), self.total / 2)
            hanging = np.flatnonzero(key == key[order[min(int(passed), self.n - 1)]])
            if len(hanging) < 2:
                return
            inner = dijkstra(matrix, indices=int(hanging[np.argmax(one[hanging])]))
            self._thresholds(one - inner)
            self._thresholds(inner - other)
            one, other = (one, inner) if self.rng.random() < 0.5 else (inner, other)

    def _random_ends(self, matrix: csr_array, pairs: int) -> None:
        distance = dijkstra(matrix, indices=self.rng.integers(0, self.n, size=2 * pairs))
        for i in range(pairs):
            self._thresholds(distance[2 * i] - distance[2 * i + 1])

    def _score(
        self, left: FloatArray, size: IntArray, border: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Excess, score and count of cuts with ``left`` households, ``size`` nodes on one side."""
        k, share = self.k, self.total / self.k
        # A side must have a node for each of its parts.
        fewest, most = np.maximum(1, k - (self.n - size)), np.minimum(k - 1, size)
        count = np.clip(np.rint(left / max(share, 1e-9)), fewest, most).astype(np.int64)
        window = self.window
        excess = window.excess(left, count) + window.excess(self.total - left, k - count)
        miss = np.abs(left - share * count)
        parts = np.minimum(count, k - count)
        slack = (window.high - window.low) * np.maximum(0.25 * np.sqrt(parts), 0.07 * parts)
        if k > 2:  # what is missed now can't be made good by the later cuts: keep room for them
            excess = excess + np.maximum(miss - slack, 0.0)
        # Halves are better than slivers: fewer cuts one after another, and each bounds fewer parts.
        score = (border + 1.0) * (1.0 + (2.0 * miss / np.maximum(slack, 1e-9)) ** 2) * (k / parts)
        if self.loose:
            score = score * np.exp(self.rng.normal(size=len(score)))
        return excess, score, count

    def _pick(self, excess: FloatArray, score: FloatArray) -> int | None:
        """The best of some cuts if it is better than the best so far."""
        least = excess.min()
        i = int(np.argmin(np.where(excess == least, score, np.inf)))
        better = (least, score[i]) < (self.best.excess, self.best.score)
        return i if better else None

    def _thresholds(self, key: FloatArray) -> None:
        """Offer every threshold of an ordering."""
        net, n = self.net, self.n
        order = np.argsort(key, kind="stable")
        cuttable = np.flatnonzero(np.diff(key[order]) > 0)
        if not len(cuttable):
            return
        position = np.empty(n, dtype=np.int64)
        position[order] = np.arange(n)
        left = np.cumsum(net.weight[order])[cuttable].astype(np.float64)
        ends = position[net.u], position[net.v]
        change = np.bincount(np.minimum(*ends), minlength=n) - np.bincount(
            np.maximum(*ends), minlength=n
        )
        border = np.cumsum(change)[cuttable].astype(np.float64)
        excess, score, count = self._score(left, cuttable + 1, border)
        i = self._pick(excess, score)
        if i is not None:
            inside = position <= cuttable[i]
            self.best = _Best(float(excess[i]), float(score[i]), inside, int(count[i]))

    def _tree(self) -> tuple[list[int], list[int]]:
        """A random spanning tree: nodes from the root on, and the parent of each."""
        net = self.net
        if not self.small:
            tree = minimum_spanning_tree(net.matrix(self.rng.random(len(net.u)) + 0.1))
            order, parent = breadth_first_order(tree, 0, directed=False)
            return order.tolist(), parent.tolist()
        if self.near is None:
            self.near = net.neighbours()
        rank = self.rng.random(self.n).tolist()
        up = [-1] * self.n
        order, heap, reached = [], [(0.0, 0)], [False] * self.n
        reached[0] = True
        while heap:
            node = heappop(heap)[1]
            order.append(node)
            for other in self.near[node]:
                if not reached[other]:
                    reached[other] = True
                    up[other] = node
                    heappush(heap, (rank[other], other))
        return order, up

    def _trees(self, tries: int) -> None:
        """Offer every edge of some random spanning trees."""
        net, n = self.net, self.n
        for _ in range(1 if len(net.u) == n - 1 else tries):
            order, up = self._tree()
            below, size = net.weight.tolist(), [1] * n
            backwards = order[:0:-1]
            for node in backwards:
                below[up[node]] += below[node]
                size[up[node]] += size[node]
            nodes = np.array(order[1:], dtype=np.int64)
            left = np.array(below, dtype=np.float64)[nodes]
            sizes = np.array(size)[nodes]
            # The border of a tree's cut isn't known without a look at all edges: rank by weight.
            excess, score, count = self._score(left, sizes, np.full(len(nodes), np.sqrt(n)))
            i = self._pick(excess, score)
            if i is not None:
                top = int(nodes[i])
                flags = [False] * n
                flags[top] = True
                for node in reversed(backwards):
                    if node != top:
                        flags[node] = flags[up[node]]
                inside = np.array(flags, dtype=np.bool_)
                self.best = _Best(float(excess[i]), float(score[i]), inside, int(count[i]))
            if self.best.excess == 0:
                return
