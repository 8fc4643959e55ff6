"""Rosters: every rule kept, nearly the best of small problems, the same again, stopped, mended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fangxian_methods.rostering import (
    Demand,
    Ending,
    Kind,
    Limits,
    Person,
    Problem,
    Progress,
    Result,
    Rule,
    Stop,
    Weights,
    breaches,
    cost,
    planning,
    repair,
    solve,
)
from fangxian_methods.rostering.columns import own_points
from fangxian_methods.rostering.frame import Frame
from fangxian_methods.rostering.search import Search
from fangxian_methods.rostering.sharing import Sharing
from fangxian_methods.rostering.tests.made import least_points, made, made_long

ROUNDS = Stop(seconds=None, rounds=30)


@pytest.mark.parametrize("seed", range(10))
def test_small_rosters_are_nearly_the_best_there_are(seed: int) -> None:
    problem = made(seed, uneven=seed % 3 == 0)
    result = solve(problem, stop=Stop(seconds=None, rounds=8))
    best = least_points(problem)
    if best is None:
        assert result.breaches
        return
    assert breaches(problem, result.roster) == ()
    assert result.cost == cost(problem, result.roster)
    assert best - 1e-3 <= result.cost.total <= 1.03 * best + 1
    assert result.bound <= best + 1e-3


@pytest.mark.parametrize("seed", [0, 2])
def test_rest_in_any_days_holidays_and_what_was_had_are_planned_as_well(seed: int) -> None:
    """Two days off in any five; Tuesday to Thursday are a holiday; one had three nights before."""
    problem = made(seed)
    people = tuple(
        replace(
            one,
            limits=replace(one.limits, least_rest=(2, 5), least_minutes=0),
            had=(3 * (n == 0), n % 2),
        )
        for n, one in enumerate(problem.people)
    )
    problem = replace(problem, people=people, free=frozenset({1, 2, 3}), weights=Weights(0, 3, 3))
    result = solve(problem, stop=Stop(seconds=None, rounds=8))
    best = least_points(problem)
    assert best is not None
    assert breaches(problem, result.roster) == ()
    assert best - 1e-3 <= result.cost.total <= 1.03 * best + 1
    assert result.bound <= best + 1e-3
    loose = replace(
        problem,
        people=tuple(replace(p, limits=replace(p.limits, least_rest=None)) for p in people),
    )
    found = solve(loose, stop=Stop(seconds=None, rounds=2)).roster
    assert {one.rule for one in breaches(problem, found)} == {Rule.LEAST_REST}


def test_nights_go_to_who_had_fewer() -> None:
    demands = tuple(Demand(f"{day}", day, "night", 1) for day in range(4))
    people = (Person("a", had=(4, 0)), Person("b", had=(0, 0)))
    problem = Problem(
        4, (Kind("night", 480, night=True),), people, demands, Weights(night=10), first_weekday=0
    )
    assert problem.fair() == {"a": (0, 0), "b": (4, 0)}
    roster = solve(problem, stop=ROUNDS).roster
    assert roster == {"a": (None,) * 4, "b": ("0", "1", "2", "3")}


def test_the_same_seed_gives_the_same_roster() -> None:
    problem = made(4, people=12, days=14)
    stop = Stop(seconds=None, rounds=6)
    first = solve(problem, seed=3, stop=stop)
    again = solve(problem, seed=3, stop=stop)
    assert (first.roster, first.cost, first.rounds) == (again.roster, again.cost, again.rounds)


def test_more_rounds_are_never_worse_and_it_says_how_far_it_is() -> None:
    problem = made(5, people=14, days=14)
    told: list[Progress] = []

    def listen(now: Progress) -> bool:
        told.append(now)
        return True

    result = solve(problem, stop=Stop(seconds=None, rounds=8), watch=listen)
    points = [now.points for now in told]
    assert points == sorted(points, reverse=True)
    assert told[-1].bound <= result.cost.total + 1e-6
    assert result.ending in {Ending.ROUNDS, Ending.BEST}


def test_it_ends_when_it_is_good_enough() -> None:
    problem = made(6, people=14, days=14)
    calls = 0

    def enough(_now: Progress) -> bool:
        nonlocal calls
        calls += 1
        return calls < 3

    result = solve(problem, stop=Stop(seconds=None, rounds=1000), watch=enough)
    assert (result.ending, calls) == (Ending.ENOUGH, 3)
    assert breaches(problem, result.roster) == ()


def gates(people: int, days: int = 7, least: int = 1) -> Problem:
    kinds = (Kind("day", 480),)
    demands = tuple(Demand(f"{day}", day, "day", least) for day in range(days))
    everybody = tuple(Person(f"p{n}", Limits(most_in_row=5)) for n in range(people))
    return Problem(days, kinds, everybody, demands)


def test_a_published_roster_is_mended_by_few_changes() -> None:
    problem = gates(4, least=2)
    before = solve(problem, stop=ROUNDS).roster
    lost = next(person for person, days in before.items() if days[3] is not None)
    mended = repair(problem, before, {lost: frozenset({3})}, until=2, stop=ROUNDS)
    assert mended.short == ()
    assert mended.roster[lost][3] is None
    changed = [
        (person, day)
        for person, days in before.items()
        for day in range(problem.days)
        if days[day] != mended.roster[person][day]
    ]
    # Who is away, and who steps in.
    assert len(changed) == 2
    assert all(day >= 2 for _person, day in changed)


def test_who_cant_keep_the_rules_is_named_and_the_others_are_planned() -> None:
    problem = gates(3)
    bound = replace(
        problem.people[0],
        pinned={day: str(day) for day in range(7)},
        limits=Limits(most_in_row=3),
    )
    idle = replace(problem.people[1], off=frozenset(range(7)), limits=Limits(least_minutes=480))
    problem = replace(problem, people=(bound, idle, problem.people[2]))
    result = solve(problem, stop=ROUNDS)
    assert {breach.person for breach in result.breaches} == {"p0", "p1"}
    # What is set for somebody stays as it is, and counts.
    assert result.roster["p0"] == tuple(str(day) for day in range(7))
    assert result.roster["p1"] == (None,) * 7
    assert result.short == ()
    assert result.cost.total == 0


def test_what_is_missing_is_said() -> None:
    problem = gates(1)
    result = solve(problem, stop=ROUNDS)
    assert [(one.missing, one.skill) for one in result.short] == [(1, None)]
    assert result.ending is Ending.BEST


def test_nobody_and_nothing() -> None:
    assert solve(gates(0), stop=ROUNDS).cost.total == 700
    empty = replace(gates(2), demands=())
    assert solve(empty, stop=ROUNDS).cost.total == 0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Kind("x", 0), "shift x: minutes must be positive"),
        (lambda: Demand("x", 0, "day", -1), "demand x: least must be at least 0"),
        (lambda: Demand("x", 0, "day", 1, under=-1), "demand x: under must be"),
        (lambda: Limits(least_off=0), "must be at least 1"),
        (lambda: Limits(most_in_row=1, least_in_row=2), "most_in_row must be at least"),
        (lambda: replace(gates(1), days=0), "days must be at least 1"),
        (lambda: replace(gates(1), people=(Person("a"), Person("a"))), "person a is given twice"),
        (lambda: replace(gates(1), days=3), "day 3 lies outside"),
        (lambda: replace(gates(1), kinds=()), "there is no shift day"),
        (lambda: replace(gates(1), published={"p0": ()}), "0 days instead of 7"),
        (lambda: replace(gates(1), people=(Person("a", pinned={0: "x"}),)), "no demand x"),
        (lambda: Stop(seconds=0), "seconds must be positive"),
        (lambda: Stop(rounds=-1), "rounds must be at least 0"),
    ],
)
def test_bad_input_is_named(make: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()  # type: ignore[operator]


def test_many_people_are_planned_in_turns_and_the_bound_holds() -> None:
    problem = made(7, people=64, days=7)

    def solved() -> Result:
        left = iter(range(900))
        stop = Stop(seconds=None, rounds=0)
        return solve(problem, seed=2, stop=stop, watch=lambda _now: next(left, None) is not None)

    first = solved()
    assert first.breaches == breaches(problem, first.roster)
    assert first.cost == cost(problem, first.roster)
    assert 0 < first.bound <= first.cost.total + 1e-6
    assert solved().roster == first.roster


def test_where_everybody_is_needed_nothing_is_missing() -> None:
    problem = gates(70, least=50)
    result = solve(problem, stop=Stop(seconds=None, rounds=0))
    assert result.short == ()
    assert (result.cost.total, result.bound, result.ending) == (0, 0, Ending.BEST)


def test_a_year_is_planned_by_weeks_and_every_rule_is_kept() -> None:
    problem = made_long(weeks=52, people=6, seed=3)
    calls = 0

    def listen(now: Progress) -> bool:
        nonlocal calls
        calls += 1
        told.append(now.points)
        return calls < 400

    told: list[float] = []
    result = solve(problem, stop=Stop(seconds=None, rounds=6), watch=listen)
    assert breaches(problem, result.roster) == ()
    assert result.cost == cost(problem, result.roster)
    assert result.cost.total == told[-1] < told[0]


def test_sums_that_are_priced_bound_the_days_that_keep_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seed in range(6):
        frame = Frame(made(seed, people=8, days=14, uneven=seed % 2 == 0))
        price = -np.random.default_rng(seed).uniform(0, 20, len(frame.demands))
        _points, exact = planning.Planner(frame).plan(price)
        with monkeypatch.context() as patch:
            patch.setattr(planning, "_MOST_BYTES_OF_ONE", 0)
            bound, priced = planning.Planner(frame).plan(price)
        # Who has days that keep the rules has some by either way.
        assert ((exact[:, 0] > -2) == (priced[:, 0] > -2)).all()
        for p in np.nonzero(priced[:, 0] > -2)[0].tolist():
            for days in (exact[p], priced[p]):
                points = own_points(frame, p, days) + price[days[days >= 0]].sum()
                assert bound[p] <= points + 1e-6
            whole = {one.id: (None,) * 14 for one in frame.people}
            whole[frame.people[p].id] = frame.days_of(priced[p])
            broken = {one.person for one in breaches(frame.problem, whole)}
            assert frame.people[p].id not in broken


@pytest.mark.parametrize("seed", [1, 2])
def test_a_part_of_the_weeks_ends_in_a_roster_of_the_whole(seed: int) -> None:
    """Rules that reach over the edges of the weeks hold."""
    problem = made(seed, people=4, days=21)
    frame = Frame(problem)
    search = Search(frame, seed, lambda: None)
    price = np.random.default_rng(seed).uniform(-10, 10, len(frame.demands))
    _points, days = search.planner.plan(price)
    assert (days > -2).all()
    search.begin_with(days)
    before = search.points
    for _ in range(3):
        search.improve_weeks()
    found = {one.id: frame.days_of(search.days()[p]) for p, one in enumerate(frame.people)}
    assert breaches(problem, found) == ()
    assert cost(problem, found).total == pytest.approx(search.points)
    assert search.points < before


def test_posts_are_shared_out_among_those_who_are_there() -> None:
    """A nurse stands where anybody may, who is set to a post stays, and one too many goes over."""
    posts = ("table", "gate", "door")
    problem = Problem(
        1,
        (Kind("early", 480),),
        tuple(
            Person(name, Limits(), frozenset({"nurse"} if name == "nurse" else ()), pinned=pinned)
            for name, pinned in (("nurse", {}), ("set", {0: "gate"}), ("one", {}), ("other", {}))
        ),
        tuple(
            Demand(post, 0, "early", least, 100, 10, frozenset({"nurse"} if n == 0 else ()))
            for n, (post, least) in enumerate(zip(posts, (1, 1, 2), strict=True))
        ),
    )
    frame = Frame(problem)
    sharing = Sharing(frame)
    (cell,) = sharing.cells
    assert cell.tolist() == [0, 1, 2]
    # The nurse at the gate, beside who is set to it, and the others at the door.
    moved = sharing.shared([cell], {0: [1], 1: [1], 2: [2], 3: [2]}, np.random.default_rng(1))
    assert moved == {0: [0]}
    # Two at the gate who may go, and nobody at the table or the door.
    moved = sharing.shared([cell], {0: [1], 1: [1], 2: [1], 3: [1]}, np.random.default_rng(1))
    assert moved == {0: [0], 2: [2], 3: [2]}
