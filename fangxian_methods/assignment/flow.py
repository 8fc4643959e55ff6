"""The assignment as a minimum-cost flow, on a choice of pairs that grows until it is enough.

People send as many units as they can take, over pairs, to nodes and on to the sink. A least
number that is filled, and a person's first node, are worth more than any way round through
the network can cost, so that as many as possible are filled and placed, and only then the
points count. Solved by OR-tools' cost-scaling push-relabel (Goldberg, Tarjan 1990).
"""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow

from .problem import BoolArray, IntArray, Problem
from .transit import unravel

GRAIN = 1000.0  # whole-number costs: thousandths of a point
_PEOPLE_PER_NODE = 4  # nearest people looked at for a node beyond its least number
_MOST_PAIRS = 4_000_000


class Network:
    """Pairs to choose from, and the choice."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.code: IntArray = np.empty(0, dtype=np.int64)  # person × nodes + node, sorted
        self.held = self._held()
        self.most = self._most()
        self._first_pairs()

    def pairs(self) -> tuple[IntArray, IntArray]:
        """People and nodes of the pairs."""
        count = max(1, len(self.problem.nodes))
        return self.code // count, self.code % count

    def complete(self) -> bool:
        """Whether nobody has more nodes to choose from than were looked at."""
        k = self.problem.parameters.nearest
        return all(len(group.nodes) <= k for group in self.problem.groups)

    def keeps(self, person: IntArray, node: IntArray) -> BoolArray:
        """Which pairs are allowed, not held already, and chosen once."""
        problem = self.problem
        code = person * len(problem.nodes) + node
        once = np.zeros(len(code), dtype=np.bool_)
        once[np.unique(code, return_index=True)[1]] = True
        return once & problem.allowed(person, node) & ~np.isin(code, self.held)

    def add(self, pairs: IntArray) -> int:
        """Take pairs (p, 2) in where they are allowed; the number of new ones."""
        problem = self.problem
        if not len(pairs):
            return 0
        pairs = pairs[problem.allowed(pairs[:, 0], pairs[:, 1])]
        code = pairs[:, 0] * len(problem.nodes) + pairs[:, 1]
        code = code[~np.isin(code, self.held)]
        before = len(self.code)
        merged = np.sort(np.concatenate([self.code, code]))  # far faster here than np.union1d
        self.code = merged[np.diff(merged, prepend=-1) > 0]
        return len(self.code) - before

    def _held(self) -> IntArray:
        """Codes of the pairs that exist already."""
        problem = self.problem
        return np.array(
            [
                i * len(problem.nodes) + problem.node_index[node]
                for i, person in enumerate(problem.people)
                for node in person.holds
                if node in problem.node_index
            ],
            dtype=np.int64,
        )

    def _most(self) -> int:
        """How many needs can be filled and first nodes given at most, if all were near.

        The same flow with people of the same skills as one, and nodes that ask for the same.
        """
        problem = self.problem
        everyone = problem.parameters.place_everyone
        kinds = sorted({one.skills for one in problem.nodes}, key=sorted)
        kind = {skills: at for at, skills in enumerate(kinds)}
        asks = np.array([kind[one.skills] for one in problem.nodes], dtype=np.int64)
        groups, sink = len(problem.groups), len(problem.groups) + len(kinds)
        solver = min_cost_flow.SimpleMinCostFlow()
        firsts = slots = 0
        for g, group in enumerate(problem.groups):
            supply = int(problem.slots[group.people].sum())
            new = (problem.slots[group.people] > 0) & (problem.load[group.people] == 0)
            first = int(new.sum()) if everyone else 0
            solver.set_node_supply(g, supply)
            solver.add_arc_with_capacity_and_unit_cost(g, sink, first, 1)
            solver.add_arc_with_capacity_and_unit_cost(g, sink, supply - first, 0)
            for at in np.unique(asks[group.nodes]).tolist():
                solver.add_arc_with_capacity_and_unit_cost(g, groups + at, supply, 0)
            firsts, slots = firsts + first, slots + supply
        for at in range(len(kinds)):
            need = int(problem.need[asks == at].sum())
            rest = int(problem.room[asks == at].sum()) - need if everyone else 0
            solver.add_arc_with_capacity_and_unit_cost(groups + at, sink, need, -1)
            solver.add_arc_with_capacity_and_unit_cost(groups + at, sink, rest, 0)
        solver.set_node_supply(sink, -slots)
        status = solver.solve()
        if status != solver.OPTIMAL:
            raise RuntimeError(f"the min-cost flow was not solved: {status}")
        return firsts - int(solver.optimal_cost())

    def _first_pairs(self) -> None:
        problem, k = self.problem, self.problem.parameters.nearest
        wished = problem.wished_pairs()
        for group in problem.groups:
            free = group.people[problem.slots[group.people] > 0]
            open_nodes = group.nodes[problem.room[group.nodes] > 0]
            self.add(problem.nearest(free, open_nodes, k))
            # A way into those of each skill: from there on ways lead to all of them.
            for alike in problem.by_skills(open_nodes):
                self.add(problem.nearest(free, alike, 1))
            needy = open_nodes[problem.need[open_nodes] > 0]
            self.add(problem.nearest_people(needy, free, _PEOPLE_PER_NODE))
            fits = np.isin(wished[:, 0], free) & np.isin(wished[:, 1], open_nodes)
            self.add(wished[fits])

    def solve(self, hop: IntArray) -> tuple[IntArray, IntArray]:
        """The pairs chosen: people and nodes; with ``hop`` (h, 2), also over these ways.

        Raises RuntimeError if the solver fails, which a network with a way out for everyone
        cannot make it do.
        """
        problem, p = self.problem, self.problem.parameters
        person, node = self.pairs()
        free = np.flatnonzero(problem.slots)
        if not len(person) or not len(free):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        by_distance, by_wish = problem.pair_cost(person, node)
        cost = np.rint((by_distance + by_wish) * GRAIN).astype(np.int64)
        load = np.rint(p.load_weight * GRAIN)
        way = problem.node_at[hop[:, 0]] - problem.node_at[hop[:, 1]]
        hop_cost = np.ceil(p.distance_weight * np.hypot(*way.T)).astype(np.int64) + 1
        swing = (
            int(hop_cost.max(initial=0))
            + int(np.abs(cost).max(initial=0))
            + int(load * (problem.load + problem.slots).max())
        )
        people, sink = len(problem.people), len(problem.people) + len(problem.nodes)
        # Slots that stay unused go to the sink directly; the last ones are the dearest to use.
        owner = np.repeat(free, problem.slots[free])
        first = np.cumsum(problem.slots[free]) - problem.slots[free]
        nth = np.arange(len(owner)) - np.repeat(first, problem.slots[free])
        unused = -(load * (problem.load[owner] + nth)).astype(np.int64)
        first_one = (nth == 0) & (problem.load[owner] == 0) & p.place_everyone
        need, rest = problem.need, problem.room - problem.need
        if not p.place_everyone:
            rest = np.zeros_like(rest)
        places = people + np.arange(len(problem.nodes))
        bound = int(problem.slots[free].sum())
        tail = np.concatenate([person, people + hop[:, 0], owner, places, places])
        head = np.concatenate(
            [people + node, people + hop[:, 1], np.full(len(owner) + 2 * len(places), sink)]
        )
        capacity = np.concatenate(
            [np.ones(len(person)), np.full(len(hop), bound), np.ones(len(owner)), need, rest]
        ).astype(np.int64)
        # Who finds as many filled and placed as there can be at a modest prize has the fewest
        # points among all that do; the prize that is certain makes the numbers large and the
        # solver slow.
        modest = 4 * (swing + 1)
        certain = 2 * (swing + 1) * (min(len(problem.nodes), len(free)) + 1)
        for prize in sorted({modest, certain}):
            price = np.concatenate(
                [
                    cost,
                    hop_cost,
                    unused + np.where(first_one, prize, 0),
                    np.full(len(places), -prize),
                    np.zeros(len(places)),
                ]
            ).astype(np.int64)
            solver = min_cost_flow.SimpleMinCostFlow()
            arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, price)
            solver.set_nodes_supplies(free, problem.slots[free])
            solver.set_node_supply(sink, -bound)
            status = solver.solve()
            if status != solver.OPTIMAL:
                raise RuntimeError(f"the min-cost flow was not solved: {status}")
            onward = solver.flows(arcs[len(person) + len(hop) :])
            filled = onward[len(owner) :][: len(need)].sum()
            if filled + (1 - onward[: len(owner)][first_one]).sum() == self.most:
                break
        flows = solver.flows(arcs[: len(person) + len(hop)])
        used, onward = flows[: len(person)] > 0, flows[len(person) :]
        return unravel(problem, person[used], node[used], hop[onward > 0], onward[onward > 0])

    # Growing

    def grow(self, person: IntArray, node: IntArray, k: int) -> bool:
        """Add pairs that could place those left out or fill nodes left short; whether any was new.

        From those left out, everybody is reached who could make room for them by moving; if
        none of these fits any node outside, they are left out for good (Hall 1935).
        """
        problem = self.problem
        if len(self.code) > _MOST_PAIRS:
            k = 1
        placed = np.bincount(person, minlength=len(problem.people))
        filled = np.bincount(node, minlength=len(problem.nodes))
        added = 0
        if problem.parameters.place_everyone:
            out = (problem.slots > 0) & (problem.load == 0) & (placed == 0)
            if out.any():
                added += self._outward(out, person, node, k)
        short = filled < problem.need
        if short.any() and not self._forced(short, person, node, placed, filled):
            added += self._inward(short, placed, k)
        return added > 0

    def _forced(
        self, short: BoolArray, person: IntArray, node: IntArray, placed: IntArray, filled: IntArray
    ) -> bool:
        """Whether nodes are short whatever is done: nobody able is free or where he can be spared.

        Whoever is able and placed elsewhere leaves a node short there; who could come after him
        is looked at in turn. It is told by skills alone, as if all were near.
        """
        problem = self.problem
        at = short.copy()
        seen = np.zeros(len(problem.people), dtype=np.bool_)
        while True:
            came = np.zeros_like(seen)
            for group in problem.groups:
                if at[group.nodes].any():
                    came[group.people] = True
            came &= ~seen & (problem.slots > 0)
            if not came.any():
                return True
            if (placed[came] < problem.slots[came]).any():
                return False
            onto = node[came[person]]
            if (filled[onto] > problem.need[onto]).any():
                return False
            seen |= came
            at[onto] = True

    def _outward(self, out: BoolArray, person: IntArray, node: IntArray, k: int) -> int:
        """Pairs from those who are left out, and from whom they could push on, to nodes beyond."""
        problem = self.problem
        of_person, of_node = self.pairs()
        reached = out.copy()
        full = np.zeros(len(problem.nodes), dtype=np.bool_)
        while True:
            onto = np.zeros_like(full)
            onto[of_node[reached[of_person]]] = True
            if (onto <= full).all():
                break
            full |= onto
            reached[person[full[node]]] = True
        added = 0
        for group in problem.groups:
            beyond = group.nodes[(problem.room[group.nodes] > 0) & ~full[group.nodes]]
            left = group.people[out[group.people]]
            added += self.add(problem.nearest(left, beyond, k))
            pushed = group.people[reached[group.people] & ~out[group.people]]
            if k > 1 or not added:
                added += self.add(self._closest(pushed, beyond, k * max(1, int(out.sum()))))
        return added

    def _closest(self, people: IntArray, nodes: IntArray, most: int) -> IntArray:
        """The ``most`` closest of the pairs of each person and the nearest of ``nodes``."""
        pairs = self.problem.nearest(people, nodes, 1)
        metres = self.problem.distance(pairs[:, 0], pairs[:, 1])
        return pairs[np.argsort(metres, kind="stable")[:most]]

    def _inward(self, short: BoolArray, placed: IntArray, k: int) -> int:
        """Pairs from the nearest people to nodes short of them, those with a slot free and all."""
        problem = self.problem
        added = 0
        for group in problem.groups:
            able = group.people[problem.slots[group.people] > 0]
            needy = group.nodes[short[group.nodes]]
            spare = able[placed[able] < problem.slots[able]]
            added += self.add(problem.nearest_people(needy, spare, k))
            added += self.add(problem.nearest_people(needy, able, k))
        return added
