"""People and nodes as arrays, and which of them may go together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .model import Node, Parameters, Person

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """People with the same skills, and the nodes whose needs these meet."""

    people: IntArray
    nodes: IntArray


class Problem:
    """The arrays of one proposal.

    ``slots`` (people,) and ``room`` (nodes,) are what is left beside what is held already;
    ``need`` (nodes,) is how much of the room the least number asks for.
    Raises ValueError for an id given twice.
    """

    def __init__(
        self, people: Sequence[Person], nodes: Sequence[Node], parameters: Parameters
    ) -> None:
        self.people, self.nodes, self.parameters = people, nodes, parameters
        self.node_index = _index("node", [node.id for node in nodes])
        self.person_index = _index("person", [person.id for person in people])
        self.person_at = _points(people)
        self.node_at = _points(nodes)
        self.load = np.array([len(person.holds) for person in people], dtype=np.int64)
        most = np.array([person.most for person in people], dtype=np.int64)
        self.slots: IntArray = np.maximum(most - self.load, 0)
        held = np.zeros(len(nodes), dtype=np.int64)
        for person in people:
            for node in person.holds:
                if node in self.node_index:  # other nodes are load, but none of ours
                    held[self.node_index[node]] += 1
        least = np.array([node.least for node in nodes], dtype=np.int64)
        top = np.array([node.most for node in nodes], dtype=np.int64)
        self.room: IntArray = np.maximum(top - held, 0)
        self.need: IntArray = np.minimum(np.maximum(least - held, 0), self.room)
        self.groups = self._groups()

    def _groups(self) -> list[Group]:
        by_skill: dict[frozenset[str], list[int]] = defaultdict(list)
        for i, person in enumerate(self.people):
            by_skill[person.skills].append(i)
        asked: dict[frozenset[str], list[int]] = defaultdict(list)
        for j, node in enumerate(self.nodes):
            asked[node.skills].append(j)
        groups = []
        for skills, members in by_skill.items():
            fitting = [j for needed, places in asked.items() if needed <= skills for j in places]
            groups.append(
                Group(np.array(members, dtype=np.int64), np.array(sorted(fitting), dtype=np.int64))
            )
        return groups

    def by_skills(self, nodes: IntArray) -> list[IntArray]:
        """``nodes`` by what they ask for; nothing where all ask for the same."""
        alike: dict[frozenset[str], list[int]] = defaultdict(list)
        for j in nodes.tolist():
            alike[self.nodes[j].skills].append(j)
        if len(alike) < 2:
            return []
        return [np.array(members, dtype=np.int64) for members in alike.values()]

    def distance(self, person: IntArray, node: IntArray) -> FloatArray:
        """Metres between people and nodes, pairwise; NaN where a position is unknown."""
        metres: FloatArray = np.hypot(*(self.person_at[person] - self.node_at[node]).T)
        return metres

    def allowed(self, person: IntArray, node: IntArray) -> BoolArray:
        """Whether pairs keep the longest distance; an unknown one counts as assumed."""
        p = self.parameters
        if p.longest_m is None:
            return np.ones(len(person), dtype=np.bool_)
        metres = np.nan_to_num(self.distance(person, node), nan=p.unknown_distance_m)
        return metres <= p.longest_m

    def nearest(self, people: IntArray, nodes: IntArray, k: int) -> IntArray:
        """Pairs (p, 2) of each person and the k nearest of ``nodes``; any k without a position."""
        return self._nearest(people, self.person_at, nodes, self.node_at, k)

    def nearest_people(self, nodes: IntArray, people: IntArray, k: int) -> IntArray:
        """Pairs (p, 2) of the k nearest of ``people`` and each node."""
        return self._nearest(nodes, self.node_at, people, self.person_at, k)[:, ::-1]

    @staticmethod
    def _nearest(
        who: IntArray, who_at: FloatArray, what: IntArray, what_at: FloatArray, k: int
    ) -> IntArray:
        if not len(who) or not len(what):
            return np.empty((0, 2), dtype=np.int64)
        known = ~np.isnan(what_at[what, 0])
        placed, floating = what[known], what[~known]
        here = ~np.isnan(who_at[who, 0])
        pairs = []
        if len(placed) and here.any():
            k_near = min(k, len(placed))
            hits = cKDTree(what_at[placed]).query(who_at[who[here]], k=k_near)[1]
            chosen = placed[np.asarray(hits).reshape(-1)]
            pairs.append(np.column_stack([np.repeat(who[here], k_near), chosen]))
        # Without a position all are equally near: spread the choices evenly over what there is.
        lost = who[~here]
        for askers, choices in ((lost, what), (who[here], floating)):
            if len(askers) and len(choices):
                turns = np.arange(len(askers))[:, None] * k + np.arange(min(k, len(choices)))
                chosen = choices[turns.reshape(-1) % len(choices)]
                pairs.append(np.column_stack([np.repeat(askers, min(k, len(choices))), chosen]))
        return np.vstack(pairs) if pairs else np.empty((0, 2), dtype=np.int64)

    def pair_cost(self, person: IntArray, node: IntArray) -> tuple[FloatArray, FloatArray]:
        """Points for distance and for wishes of pairs; the points for load depend on the order."""
        p = self.parameters
        metres = np.nan_to_num(self.distance(person, node), nan=p.unknown_distance_m)
        wish = np.zeros(len(person))
        if any(one.wishes for one in self.people):
            code = person * len(self.nodes) + node
            wished, strength = self._wishes()
            if len(wished):
                at = np.minimum(np.searchsorted(wished, code), len(wished) - 1)
                wish = np.where(wished[at] == code, strength[at], 0.0)
        return p.distance_weight * metres / 1000.0, -p.wish_weight * wish

    def _wishes(self) -> tuple[IntArray, FloatArray]:
        """Codes person × nodes + node of all wishes, sorted, and their strengths."""
        rows = sorted(
            (i * len(self.nodes) + self.node_index[node], strength)
            for i, person in enumerate(self.people)
            for node, strength in person.wishes.items()
            if node in self.node_index
        )
        return (
            np.array([code for code, _ in rows], dtype=np.int64),
            np.array([strength for _, strength in rows], dtype=np.float64),
        )

    def wished_pairs(self) -> IntArray:
        """Pairs that somebody wishes for, array (p, 2); wishes against are left out."""
        code, strength = self._wishes()
        code = code[strength > 0]
        return np.column_stack([code // max(1, len(self.nodes)), code % max(1, len(self.nodes))])


def _index(kind: str, ids: list[str]) -> dict[str, int]:
    index = {identity: i for i, identity in enumerate(ids)}
    if len(index) != len(ids):
        seen: set[str] = set()
        for identity in ids:
            if identity in seen:
                raise ValueError(f"{kind} {identity} is given twice; remove one")
            seen.add(identity)
    return index


def _points(things: Sequence[Person] | Sequence[Node]) -> FloatArray:
    at = [(np.nan, np.nan) if t.x is None or t.y is None else (t.x, t.y) for t in things]
    return np.array(at, dtype=np.float64).reshape(-1, 2)
