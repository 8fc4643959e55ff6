"""Proposing people for places."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .flow import Network
from .model import (
    Cost,
    Node,
    Parameters,
    Person,
    Placement,
    Reason,
    Result,
    Shortfall,
    Unplaced,
)
from .problem import IntArray, Problem
from .transit import hops

_ROUNDS = 24


def assign(
    people: Sequence[Person],
    nodes: Sequence[Node],
    parameters: Parameters | None = None,
    *,
    seed: int = 0,
    seconds: float | None = None,
) -> Result:
    """Propose people for nodes by distance, wish and load.

    As many least numbers as possible are filled and as many people as possible placed; among
    the proposals that do, this one has nearly the fewest points (exactly, if ``nearest`` covers
    all nodes). Nothing is drawn by lot except the order in which equally good proposals are
    tried, which ``seed`` sets: the same input and seed give the same answer. After ``seconds``
    nothing further is tried: what was found by then is proposed, and says that it is not complete.
    Raises ValueError for an id given twice.
    """
    until = math.inf if seconds is None else time.monotonic() + seconds
    parameters = parameters or Parameters()
    rng = np.random.default_rng(seed)
    order_p, order_n = rng.permutation(len(people)), rng.permutation(len(nodes))
    problem = Problem([people[i] for i in order_p], [nodes[j] for j in order_n], parameters)
    person, node, complete = _solved(problem, until)
    placements = _placements(problem, person, node)
    rank = {one.id: i for i, one in enumerate(people)}
    place = {one.id: j for j, one in enumerate(nodes)}
    return Result(
        placements=tuple(sorted(placements, key=lambda p: (rank[p.person], p.load))),
        unplaced=tuple(sorted(_unplaced(problem, person, node), key=lambda one: rank[one.person])),
        shortfalls=tuple(
            sorted(_shortfalls(problem, person, node), key=lambda one: place[one.node])
        ),
        complete=complete,
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed parameters would change.

    ``moved``: person → (nodes before, nodes after), only those for whom they differ.
    """

    before: Result
    after: Result
    moved: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


def what_if(
    people: Sequence[Person],
    nodes: Sequence[Node],
    before: Result,
    parameters: Parameters | None = None,
    *,
    seed: int = 0,
    **changes: Any,
) -> Comparison:
    """Propose again with changed parameters and compare with ``before``.

    Raises TypeError for a parameter that doesn't exist, ValueError for a value that makes no
    sense.
    """
    after = assign(people, nodes, replace(parameters or Parameters(), **changes), seed=seed)
    old, new = before.by_person(), after.by_person()
    moved = {}
    for one in people:
        pair = old.get(one.id, ()), new.get(one.id, ())
        if set(pair[0]) != set(pair[1]):
            moved[one.id] = pair
    return Comparison(before=before, after=after, moved=moved)


def _solved(problem: Problem, until: float) -> tuple[IntArray, IntArray, bool]:
    network = Network(problem)
    straight = np.empty((0, 2), dtype=np.int64)
    person, node = network.solve(straight if network.complete() else hops(problem))
    keeps = network.keeps(person, node)
    # What the ways from node to node have found is worth looking at, wherever else it leads.
    network.add(np.column_stack([person, node]))
    whole = bool(keeps.all())
    person, node = person[keeps], node[keeps]
    k = problem.parameters.nearest
    for _ in range(_ROUNDS):
        if not network.grow(person, node, k) and whole:
            return person, node, True
        if time.monotonic() > until:
            break
        person, node = network.solve(straight)
        whole, k = True, 2 * k
    return person, node, False


def _placements(problem: Problem, person: IntArray, node: IntArray) -> list[Placement]:
    by_distance, by_wish = problem.pair_cost(person, node)
    metres = problem.distance(person, node)
    # The nearest of somebody's nodes counts as the first.
    order = np.lexsort((node, by_distance + by_wish, person))
    weight = problem.parameters.load_weight
    load = problem.load.tolist()
    placements = []
    for i, j, far, points, wished in zip(
        person[order].tolist(),
        node[order].tolist(),
        metres[order].tolist(),
        by_distance[order].tolist(),
        by_wish[order].tolist(),
        strict=True,
    ):
        one, place, already = problem.people[i], problem.nodes[j].id, load[i]
        load[i] += 1
        placements.append(
            Placement(
                person=one.id,
                node=place,
                distance_m=None if math.isnan(far) else far,
                wish=one.wishes.get(place, 0.0),
                load=already,
                cost=Cost(distance=points, wish=wished + 0.0, load=weight * already),
            )
        )
    return placements


def _unplaced(problem: Problem, person: IntArray, node: IntArray) -> list[Unplaced]:
    placed = np.bincount(person, minlength=len(problem.people))
    found = []
    for group in problem.groups:
        fitting = group.nodes
        for i in group.people[placed[group.people] == 0].tolist():
            one = problem.people[i]
            if not problem.slots[i]:
                found.append(Unplaced(one.id, Reason.AT_LIMIT, {"most": one.most}))
                continue
            if problem.load[i]:
                continue  # has a node already; another one was not needed
            near = fitting[problem.allowed(np.full(len(fitting), i), fitting)]
            if not len(fitting):
                skills = ", ".join(sorted(one.skills)) or "–"
                found.append(Unplaced(one.id, Reason.NO_SKILL, {"skills": skills}))
            elif not len(near):
                metres = round(problem.parameters.longest_m or 0)
                found.append(Unplaced(one.id, Reason.TOO_FAR, {"metres": metres}))
            elif not problem.parameters.place_everyone:
                found.append(Unplaced(one.id, Reason.NOT_NEEDED))
            else:
                found.append(Unplaced(one.id, Reason.FULL, {"count": len(near)}))
    return found


def _shortfalls(problem: Problem, person: IntArray, node: IntArray) -> list[Shortfall]:
    filled = np.bincount(node, minlength=len(problem.nodes))
    found = []
    for j in np.flatnonzero(filled < problem.need).tolist():
        place, missing = problem.nodes[j], int(problem.need[j] - filled[j])
        able = np.concatenate(
            [group.people for group in problem.groups if np.isin(j, group.nodes)]
            or [np.empty(0, dtype=np.int64)]
        )
        near = able[problem.allowed(able, np.full(len(able), j))]
        if not len(able):
            values: dict[str, str | int] = {"skills": ", ".join(sorted(place.skills)) or "–"}
            found.append(Shortfall(place.id, missing, Reason.NO_SKILL, values))
        elif not len(near):
            values = {"metres": round(problem.parameters.longest_m or 0)}
            found.append(Shortfall(place.id, missing, Reason.TOO_FAR, values))
        else:
            values = {"count": len(near)}
            found.append(Shortfall(place.id, missing, Reason.NOBODY_FREE, values))
    return found
