"""Why a shift can't be filled, and what would fill it."""

from __future__ import annotations

from fangxian_methods.rostering import Demand, Kind, Limits, Person, Problem, Rule, why, with_rest

KINDS = with_rest((Kind("day", 480, 480), Kind("night", 600, 1320, night=True)), 11 * 60)


def test_a_change_fills_it() -> None:
    demands = (
        Demand("test", 0, "day", 1, skills=frozenset({"medic"})),
        Demand("gate", 0, "day", 1),
    )
    people = (Person("a", skills=frozenset({"medic"})), Person("b"))
    problem = Problem(1, KINDS, people, demands)
    # The medic stands at the gate; b may.
    answer = why(problem, {"a": ("gate",), "b": (None,)}, "test")
    assert answer.rules == ()
    (way,) = answer.ways
    assert way.sets_aside == ()
    assert way.roster == {"a": ("test",), "b": ("gate",)}
    assert answer.blocked == {"a": (), "b": (Rule.SKILL,)}


def test_the_smallest_set_of_rules_that_forbid_it() -> None:
    demands = tuple(Demand(f"{day}d", day, "day", 1) for day in range(3))
    people = (
        Person("a", Limits(most_in_row=2)),
        Person("b", Limits(most_days=3), off=frozenset({0, 1, 2})),
    )
    problem = Problem(3, KINDS, people, demands)
    answer = why(problem, {"a": ("0d", "1d", None), "b": (None,) * 3}, "2d")
    assert answer.proved
    # Both together: a could work a third day, or b come.
    assert set(answer.rules) == {Rule.MOST_IN_ROW, Rule.AWAY}
    assert answer.blocked == {"a": (Rule.MOST_IN_ROW,), "b": (Rule.AWAY,)}
    assert {way.sets_aside for way in answer.ways[:2]} == {
        (("a", Rule.MOST_IN_ROW),),
        (("b", Rule.AWAY),),
    }
    # A rule that isn't in the way is named nowhere.
    assert all(rule is not Rule.MOST_DAYS for way in answer.ways for _p, rule in way.sets_aside)


def test_nobody_at_all() -> None:
    problem = Problem(
        1, KINDS, (Person("a"),), (Demand("x", 0, "day", 1), Demand("y", 0, "day", 1))
    )
    answer = why(problem, {"a": ("x",)}, "y")
    # One person can't be at two posts: no rule that may be set aside is in the way.
    assert (answer.rules, answer.ways, answer.proved) == ((), (), True)
