"""Proposals against brute force, against impossibility, and when nothing near is free."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian_methods.assignment import (
    Node,
    Parameters,
    Person,
    Reason,
    assign,
    what_if,
)
from fangxian_methods.assignment.flow import Network

spots = st.tuples(st.integers(0, 9), st.integers(0, 9))


def people_at(points: list[tuple[int, int]]) -> list[Person]:
    return [Person(f"p{i}", x * 1000.0, y * 1000.0) for i, (x, y) in enumerate(points)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(spots, min_size=1, max_size=4),
    st.lists(st.tuples(spots, st.integers(0, 1), st.integers(1, 2)), min_size=1, max_size=3),
    st.integers(1, 3),
    st.dictionaries(st.integers(0, 3), st.tuples(st.integers(0, 2), st.floats(-1, 1)), max_size=3),
)
def test_equals_the_best_of_all_proposals(
    points: list[tuple[int, int]],
    places: list[tuple[tuple[int, int], int, int]],
    nearest: int,
    wishes: dict[int, tuple[int, float]],
) -> None:
    nodes = [
        Node(f"n{j}", x * 1000.0, y * 1000.0, least, most)
        for j, ((x, y), least, most) in enumerate(places)
    ]
    people = [
        Person(
            one.id,
            one.x,
            one.y,
            wishes={f"n{wishes[i][0]}": wishes[i][1]} if i in wishes else {},
        )
        for i, one in enumerate(people_at(points))
    ]
    parameters = Parameters(nearest=nearest)
    result = assign(people, nodes, parameters)
    chosen = {placement.person: placement.node for placement in result.placements}
    found = value(people, nodes, [chosen.get(one.id) for one in people], parameters)
    best = min(
        value(people, nodes, list(choice), parameters)
        for choice in product([None, *(node.id for node in nodes)], repeat=len(people))
    )
    assert found[0] == best[0]  # as many least numbers filled and people placed
    if nearest >= len(nodes):
        assert found[1] <= best[1] + 0.01


def place(thing: Person | Node) -> tuple[float, float]:
    return (thing.x or 0.0, thing.y or 0.0)


def value(
    people: list[Person], nodes: list[Node], choice: list[str | None], parameters: Parameters
) -> tuple[float, float]:
    """(what is filled and placed, points), smaller better; infinite if a node is overfull."""
    filled, cost = 0, 0.0
    for node in nodes:
        count = choice.count(node.id)
        if count > node.most:
            return (float("inf"), float("inf"))
        filled += min(count, node.least)
    at = {node.id: node for node in nodes}
    for one, taken in zip(people, choice, strict=True):
        if taken is not None:
            node = at[taken]
            cost += math.dist(place(one), place(node)) / 1000
            cost -= parameters.wish_weight * one.wishes.get(taken, 0.0)
    return (-(filled + sum(taken is not None for taken in choice)), cost)


def test_nobody_is_left_out_because_the_nearest_places_are_full() -> None:
    people = people_at([(0, 0)] * 40)
    near = [Node(f"near{j}", j * 10.0, 0.0, 0, 1) for j in range(10)]
    far = [Node(f"far{j}", 50_000.0 + j, 0.0, 0, 3) for j in range(10)]
    result = assign(people, near + far, Parameters(nearest=2))
    assert len(result.placements) == 40
    assert not result.unplaced
    assert sum(placement.node.startswith("near") for placement in result.placements) == 10


def test_those_with_a_choice_make_room_for_those_without() -> None:
    able = Person("able", 0.0, 0.0, skills=frozenset({"medic"}))
    plain = Person("plain", 0.0, 0.0)
    nodes = [Node("hall", 0.0, 0.0), Node("clinic", 9000.0, 0.0, 1, 1, frozenset({"medic"}))]
    chosen = assign([able, plain], nodes, Parameters(nearest=1)).by_person()
    assert chosen == {"able": ("clinic",), "plain": ("hall",)}


def test_units_take_several_communities_and_the_load_is_spread() -> None:
    units = [Person(f"u{i:02d}", i * 500.0, 0.0, most=3) for i in range(57)]
    communities = [Node(f"c{j:02d}", j * 360.0, 400.0) for j in range(78)]
    result = assign(units, communities)
    assert sorted(placement.node for placement in result.placements) == [n.id for n in communities]
    loads = [len(nodes) for nodes in result.by_person().values()]
    assert len(loads) == 57
    assert max(loads) == 2
    assert sum(loads) == 78


def test_what_is_held_counts_as_load_and_is_not_proposed_again() -> None:
    people = [
        Person("a", 0.0, 0.0, most=2, holds=frozenset({"n0"})),
        Person("b", 5000.0, 0.0, most=2),
        Person("c", 0.0, 0.0, most=1, holds=frozenset({"elsewhere"})),
    ]
    nodes = [Node("n0", 0.0, 0.0, 1, 1), Node("n1", 0.0, 0.0, 1, 1)]
    spread = assign(people, nodes, Parameters(load_weight=10))
    assert spread.by_person() == {"b": ("n1",)}
    assert {one.person: one.reason for one in spread.unplaced} == {"c": Reason.AT_LIMIT}


def test_the_reasons_are_the_parts_of_the_cost() -> None:
    person = Person("a", 0.0, 0.0, most=2, wishes={"n": 0.5})
    result = assign([person], [Node("n", 3000.0, 4000.0), Node("m", 0.0, 1000.0)])
    first, second = result.placements
    assert (first.node, first.distance_m, first.load, first.cost.wish) == ("m", 1000.0, 0, 0.0)
    assert (second.distance_m, second.wish, second.load) == (5000.0, 0.5, 1)
    assert (second.cost.distance, second.cost.wish, second.cost.load) == (5.0, -1.0, 1.0)
    assert result.cost.total == pytest.approx(6.0)


def test_the_unplaced_and_the_short_are_given_a_reason() -> None:
    people = [Person("far", 90_000.0, 0.0), Person("a", 0.0, 0.0), Person("b", 0.0, 0.0)]
    nodes = [
        Node("full", 0.0, 0.0),
        Node("skilled", 0.0, 0.0, 1, 1, frozenset({"driver"})),
        Node("remote", 200_000.0, 0.0),
    ]
    result = assign(people, nodes, Parameters(longest_m=5000))
    reasons = {one.person: one.reason for one in result.unplaced}
    assert reasons.pop("far") is Reason.TOO_FAR
    assert list(reasons.values()) == [Reason.FULL]
    assert {one.node: one.reason for one in result.shortfalls} == {
        "skilled": Reason.NO_SKILL,
        "remote": Reason.TOO_FAR,
    }
    assert all(str(one) for one in (*result.unplaced, *result.shortfalls))


def test_people_and_nodes_without_a_position_are_placed_too() -> None:
    people = [Person("a"), Person("b", 0.0, 0.0)]
    nodes = [Node("n", 0.0, 0.0), Node("m")]
    result = assign(people, nodes)
    assert len(result.placements) == 2
    distances = {placement.person: placement.distance_m for placement in result.placements}
    assert distances["a"] is None


def test_only_the_least_numbers_are_filled_if_so_wanted() -> None:
    people = people_at([(0, 0), (1, 0), (2, 0)])
    result = assign(people, [Node("n", 0.0, 0.0, 1, 3)], Parameters(place_everyone=False))
    assert result.by_person() == {"p0": ("n",)}
    assert {one.reason for one in result.unplaced} == {Reason.NOT_NEEDED}


def test_same_input_and_seed_same_answer() -> None:
    people = people_at([(i % 5, i % 3) for i in range(30)])
    nodes = [Node(f"n{j}", j * 1000.0, 0.0, 1, 5) for j in range(8)]
    assert assign(people, nodes, seed=4) == assign(people, nodes, seed=4)


def test_what_if_shows_who_would_move() -> None:
    people = [Person("a", 0.0, 0.0, wishes={"far": 1.0})]
    nodes = [Node("near", 0.0, 0.0, 0, 1), Node("far", 5000.0, 0.0, 0, 1)]
    comparison = what_if(people, nodes, assign(people, nodes), wish_weight=9.0)
    assert comparison.moved == {"a": (("near",), ("far",))}
    with pytest.raises(TypeError, match="wish_wieght"):
        what_if(people, nodes, comparison.before, wish_wieght=9.0)


def test_nothing_to_assign_is_no_error() -> None:
    assert assign([], [Node("n", 0.0, 0.0)]).shortfalls[0].reason is Reason.NO_SKILL
    assert assign([Person("a", 0.0, 0.0)], []).unplaced[0].reason is Reason.NO_SKILL


@pytest.mark.parametrize(
    ("values", "named"),
    [({"nearst": 1}, "nearst"), ({"nearest": 0}, "nearest"), ({"longest_m": -1}, "longest_m")],
)
def test_wrong_parameters_are_refused_by_name(values: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Parameters.from_mapping(values)


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="person p0 is given twice"):
        assign([Person("p0"), Person("p0")], [])


def test_when_the_time_is_over_it_says_so() -> None:
    rng = np.random.default_rng(1)
    nodes = [Node(f"n{j}", *rng.uniform(0, 10_000, 2), least=2, most=2) for j in range(30)]
    people = [Person(f"p{i}", *rng.uniform(0, 6_000, 2)) for i in range(60)]
    near = Parameters(nearest=2, longest_m=6000)
    whole, part = assign(people, nodes, near), assign(people, nodes, near, seconds=0)
    assert (whole.complete, part.complete) == (True, False)
    assert len(part.placements) < len(whole.placements) == 60
    assert len(part.unplaced) == 60 - len(part.placements)


@pytest.mark.parametrize("nurses", [9, 12, 20])
def test_what_is_short_whatever_is_done_is_not_looked_for_again(
    nurses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for exactly all: who has the skill goes where it is asked for, in one flow."""
    rng = np.random.default_rng(1)
    rounds = []
    solve = Network.solve
    monkeypatch.setattr(Network, "solve", lambda self, hop: (rounds.append(1), solve(self, hop))[1])
    nodes = []
    for j in range(60):
        at = rng.uniform(0, 20_000, 2)
        if j < 12:
            nodes.append(Node(f"n{j} nurse", *at, skills=frozenset({"nurse"})))
        nodes.append(Node(f"n{j}", *at, least=10 - (j < 12), most=10 - (j < 12)))
    people = [
        Person(
            f"p{i}",
            *rng.uniform(0, 20_000, 2),
            skills=frozenset({"nurse"}) if i < nurses else frozenset(),
        )
        for i in range(600)
    ]
    found = assign(people, nodes)
    lacking = max(0, 12 - nurses)
    assert sum(one.missing for one in found.shortfalls) == len(found.unplaced) == lacking
    assert all(one.node.endswith("nurse") for one in found.shortfalls)
    assert (len(rounds), found.complete) == (1, True)
