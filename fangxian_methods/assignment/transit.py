"""Ways from node to node, by which those who find the nearest nodes full get farther.

A person whose nearest nodes are full goes on over neighbouring nodes until there is room. A way
over nodes is never shorter than the straight one, so that the sparse network has room for
everybody and costs little more than one with all pairs; what is proposed in the end is the
straight way.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from scipy.spatial import Delaunay, QhullError

from .problem import FloatArray, IntArray, Problem


def hops(problem: Problem) -> IntArray:
    """Directed pairs (h, 2) of neighbouring nodes that ask for the same skills and have room."""
    alike: dict[frozenset[str], list[int]] = defaultdict(list)
    known = ~np.isnan(problem.node_at[:, 0])
    for j in np.flatnonzero((problem.room > 0) & known).tolist():
        alike[problem.nodes[j].skills].append(j)
    both = [np.empty((0, 2), dtype=np.int64)]
    for members in alike.values():
        nodes = np.array(members, dtype=np.int64)
        pairs = nodes[_neighbours(problem.node_at[nodes])]
        both += [pairs, pairs[:, ::-1]]
    return np.vstack(both)


def _neighbours(points: FloatArray) -> IntArray:
    """Pairs of neighbouring positions, connected: Delaunay, and a chain from west to east."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    pairs = [np.column_stack([order[:-1], order[1:]])]
    if len(points) > 3:
        try:
            corners = Delaunay(points - points.mean(axis=0)).simplices
            pairs += [corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]
        except QhullError:  # all on a line: the chain is all there is
            pass
    ends = np.sort(np.vstack(pairs).astype(np.int64), axis=1)
    distinct: IntArray = np.unique(ends, axis=0)
    return distinct


def unravel(
    problem: Problem, person: IntArray, node: IntArray, hop: IntArray, flow: IntArray
) -> tuple[IntArray, IntArray]:
    """Where each person ends who arrives at a node and may be sent on over ``hop`` (h, 2).

    Who goes on is who loses least by it. The flow has no circle, for every hop costs something.
    """
    if not len(hop):
        return person, node
    here: dict[int, list[int]] = defaultdict(list)
    onward: dict[int, list[tuple[int, int]]] = defaultdict(list)
    awaited: dict[int, int] = defaultdict(int)
    for i, j in zip(person.tolist(), node.tolist(), strict=True):
        here[j].append(i)
    for (a, b), count in zip(hop.tolist(), flow.tolist(), strict=True):
        onward[a].append((b, count))
        awaited[b] += 1
    ready = sorted(set(onward) - {b for b, count in awaited.items() if count})
    while ready:
        a = ready.pop()
        for b, count in onward.pop(a, []):
            crowd = np.array(here[a], dtype=np.int64)
            there, at = np.full(len(crowd), b), np.full(len(crowd), a)
            detour = np.nan_to_num(problem.distance(crowd, there) - problem.distance(crowd, at))
            # Nobody twice to the same node.
            detour = np.where(np.isin(crowd, here[b]), np.inf, detour)
            leave = np.argsort(detour, kind="stable")
            here[b] += crowd[leave[:count]].tolist()
            here[a] = crowd[np.sort(leave[count:])].tolist()
            awaited[b] -= 1
            if not awaited[b] and b in onward:
                ready.append(b)
    ends = [(i, j) for j, crowd in here.items() for i in crowd]
    pairs = np.array(sorted(ends), dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
