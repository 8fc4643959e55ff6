"""A city's volunteers and its members, made from a seed, for ``roster-city``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy.spatial import cKDTree

from fangxian_methods.assignment import Node
from fangxian_methods.assignment import Person as Member
from fangxian_methods.rostering import Demand, Kind, Limits, Person, Problem, Weights, with_rest

KINDS = with_rest(
    (
        Kind("early", 480, 6 * 60),
        Kind("late", 480, 14 * 60),
        Kind("night", 480, 22 * 60, night=True),
    ),
    11 * 60,
)

# Post: heads by day in the early, the late and the night shift; a skill asked of each; a skill
# asked of some, and of how many.
POSTS: dict[str, tuple[tuple[int, int, int], str | None, tuple[str, int] | None]] = {
    "east gate": ((4, 4, 3), None, ("leads", 1)),
    "west gate": ((4, 4, 2), None, ("leads", 1)),
    "patrol": ((3, 3, 2), None, None),
    "sampling": ((8, 6, 0), None, ("medic", 2)),
    "hotline": ((3, 3, 1), "phone", None),
    "warehouse": ((3, 2, 1), "driver", None),
    "stand-by": ((3, 3, 2), None, None),
}
SKILLS = {"medic": 0.15, "leads": 0.25, "phone": 0.30, "driver": 0.25}

# Share of the volunteers, hours a week, most nights, most days in a row, whether free on workdays.
WAYS_OF_LIFE = (
    (0.30, 32, 3, 4, True),  # released by their employer
    (0.25, 24, 2, 4, True),  # students
    (0.20, 24, 0, 4, True),  # retired: no nights
    (0.25, 16, 2, 3, False),  # at work from Monday to Friday: late and night shifts only
)


def volunteers(people: int = 160, days: int = 14, seed: int = 2020) -> Problem:
    """A sub-district's posts and volunteers; day 0 is a Monday."""
    rng = np.random.default_rng(seed)
    factor = people / 160
    demands = []
    for day in range(days):
        weekend = day % 7 >= 5
        for post, (heads, skill, some) in POSTS.items():
            for kind, usual in zip(KINDS, heads, strict=True):
                # Fewer come to be sampled at the week's end, more pass the gates.
                swing = int(rng.integers(-1, 2)) if usual > 2 else 0
                least = round(factor * (usual + swing + (weekend and post.endswith("gate"))))
                if not usual or not least:
                    continue
                demands.append(
                    Demand(
                        f"{day}/{kind.id}/{post}",
                        day,
                        kind.id,
                        least,
                        under=100.0,
                        over=4.0,
                        skills=frozenset({skill} if skill else ()),
                        some={some[0]: min(least, some[1])} if some else {},
                    )
                )
    everybody = tuple(_volunteer(rng, f"v{n:04d}", days) for n in range(people))
    weights = Weights(night=5.0, weekend=3.0)
    return Problem(days, KINDS, everybody, tuple(demands), weights)


def _volunteer(rng: np.random.Generator, name: str, days: int) -> Person:
    way = int(rng.choice(len(WAYS_OF_LIFE), p=[share for share, *_ in WAYS_OF_LIFE]))
    _share, hours, nights, row, free = WAYS_OF_LIFE[way]
    weeks = days / 7
    kinds = [kind.id for kind in KINDS]
    skills = frozenset(skill for skill, share in SKILLS.items() if rng.random() < share)
    off = {int(day) for day in rng.choice(days, int(rng.integers(0, 4)), replace=False)}
    wants: dict[tuple[int, str], float] = {}
    avoids: dict[tuple[int, str], float] = {}
    # What is liked and what isn't is the same for many: mornings, and nights and free days.
    for wishes, most, liked in ((wants, 3, (0.6, 0.3, 0.1)), (avoids, 6, (0.2, 0.3, 0.5))):
        for _ in range(int(rng.integers(0, most + 1))):
            day = int(rng.integers(0, days))
            if wishes is avoids and rng.random() < 0.4:
                day = int(rng.choice([one for one in range(days) if one % 7 >= 5] or [day]))
            wishes[day, kinds[int(rng.choice(3, p=liked))]] = float(rng.integers(1, 6))
    if rng.random() < 0.5:  # half have a time of day that suits them
        suits = kinds[int(rng.choice(3, p=(0.5, 0.35, 0.15)))]
        for day in range(days):
            for kind in kinds:
                if kind != suits:
                    avoids.setdefault((day, kind), 1.0)
    if not free:
        for day in range(days):
            if day % 7 < 5:
                avoids[day, "early"] = 20.0
    limits = Limits(
        most_minutes=round(hours * 60 * weeks),
        most_in_row=row,
        most_weekends=None if free else max(1, round(weeks)),
        most_nights=round(nights * weeks / 2) if nights else 0,
        most_of={} if nights else {"night": 0},
    )
    before = tuple(kinds[int(rng.integers(0, 2))] for _ in range(int(rng.integers(0, 3))))
    return Person(
        name, limits, skills=skills, off=frozenset(off), wants=wants, avoids=avoids, before=before
    )


NEAREST = 8  # communities that the references look at for a member


def members(people: int, communities: int, seed: int) -> tuple[list[Member], list[Node]]:
    """Members around the centres of a city, and its communities, most of them where the members
    live, with room for 5 % more."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 40_000, (30, 2))
    home = centres[rng.integers(0, 30, people)] + rng.normal(0, 3_000, (people, 2))
    near = rng.random(communities) < 0.95
    at = np.where(
        near[:, None],
        centres[rng.integers(0, 30, communities)] + rng.normal(0, 3_000, (communities, 2)),
        rng.uniform(0, 40_000, (communities, 2)),
    )
    room = rng.integers(8, 19, communities)
    room = np.maximum(1, np.round(room * (1.05 * people / room.sum()))).astype(np.int64)
    while room.sum() < people:
        room[rng.integers(0, communities)] += 1
    return (
        [Member(f"m{i:06d}", x, y) for i, (x, y) in enumerate(home.tolist())],
        [
            Node(f"c{j:05d}", x, y, most // 2, most)
            for j, ((x, y), most) in enumerate(zip(at.tolist(), room.tolist(), strict=True))
        ],
    )


def checked(people: Sequence[Member], nodes: Sequence[Node], chosen: Mapping[str, str]) -> float:
    """Mean metres from member to community. Ends the run if a community is overfull."""
    place = {node.id: node for node in nodes}
    home = {one.id: one for one in people}
    heads = dict.fromkeys(place, 0)
    far = 0.0
    for who, where in chosen.items():
        heads[where] += 1
        far += math.dist(_at(home[who]), _at(place[where]))
    full = [node.id for node in nodes if heads[node.id] > node.most]
    if full:
        raise SystemExit(f"community {full[0]} is overfull")
    return far / max(1, len(chosen))


def _at(one: Member | Node) -> tuple[float, float]:
    return one.x or 0.0, one.y or 0.0


def _pairs(people: Sequence[Member], nodes: Sequence[Node]) -> tuple[np.ndarray, np.ndarray]:
    tree = cKDTree(np.array([_at(node) for node in nodes]))
    metres, near = tree.query(np.array([_at(one) for one in people]), k=min(NEAREST, len(nodes)))
    return metres, near


def greedy(people: Sequence[Member], nodes: Sequence[Node]) -> dict[str, str]:
    """Whoever comes first goes to the nearest community that has room, of the nearest few."""
    _metres, near = _pairs(people, nodes)
    room = [node.most for node in nodes]
    chosen = {}
    for one, choices in zip(people, near.tolist(), strict=True):
        for j in choices:
            if room[j]:
                room[j] -= 1
                chosen[one.id] = nodes[j].id
                break
    return chosen


def plain_flow(people: Sequence[Member], nodes: Sequence[Node]) -> dict[str, str]:
    """A maximum flow of least metres over the pairs of members and the nearest communities."""
    metres, near = _pairs(people, nodes)
    count, each = near.shape
    sink = count + len(nodes)
    tail = np.repeat(np.arange(count), each)
    places = count + np.arange(len(nodes))
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([tail, places]),
        np.concatenate([count + near.reshape(-1), np.full(len(nodes), sink)]),
        np.concatenate([np.ones(len(tail)), [node.most for node in nodes]]).astype(np.int64),
        np.concatenate([np.rint(metres.reshape(-1)), np.zeros(len(nodes))]).astype(np.int64),
    )
    solver.set_nodes_supplies(np.arange(count), np.ones(count, dtype=np.int64))
    solver.set_node_supply(sink, -count)
    if solver.solve_max_flow_with_min_cost() != solver.OPTIMAL:
        raise SystemExit("the reference's flow was not solved")
    used = np.flatnonzero(solver.flows(arcs[: len(tail)]))
    return {
        people[i].id: nodes[j].id
        for i, j in zip(tail[used].tolist(), near.reshape(-1)[used].tolist(), strict=True)
    }
