"""The checker: each rule is caught when it is broken, and nothing else is said; costs by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fangxian_methods.rostering import (
    Cost,
    Demand,
    Kind,
    Limits,
    Person,
    Problem,
    Rule,
    Weights,
    breaches,
    cost,
    with_rest,
)

KINDS = with_rest((Kind("day", 480, 480), Kind("night", 600, 1320, night=True)), 11 * 60)
DEMANDS = tuple(
    Demand(f"{day}{kind[0]}", day, kind, 1) for day in range(7) for kind in ("day", "night")
)
# Monday to Sunday; d: the day shift, n: the night, -: off.
FREE = "-------"


def days(plan: str) -> tuple[str | None, ...]:
    return tuple(None if kind == "-" else f"{day}{kind}" for day, kind in enumerate(plan))


def problem(person: Person, **more: object) -> Problem:
    return replace(Problem(7, KINDS, (person,), DEMANDS), **more)  # type: ignore[arg-type]


BROKEN = [
    (Rule.AWAY, {"off": frozenset({2})}, {}, "--d----"),
    (Rule.PINNED, {"pinned": {1: "1d"}}, {}, FREE),
    (Rule.PINNED, {"pinned": {1: None}}, {}, "-d-----"),
    (Rule.REST, {}, {}, "nd-----"),
    (Rule.REST, {"before": ("night",)}, {}, "d------"),
    (Rule.MOST_IN_ROW, {}, {"most_in_row": 2}, "ddd----"),
    (Rule.MOST_IN_ROW, {"before": (None, "day", "day")}, {"most_in_row": 2}, "d------"),
    (Rule.LEAST_IN_ROW, {}, {"least_in_row": 2}, "-d-----"),
    (Rule.LEAST_IN_ROW, {"before": (None, "day")}, {"least_in_row": 2}, FREE),
    (Rule.LEAST_OFF, {}, {"least_off": 2}, "d-d----"),
    (Rule.LEAST_OFF, {"before": ("day", None)}, {"least_off": 2}, "d------"),
    (Rule.MOST_MINUTES, {}, {"most_minutes": 900}, "d-d----"),
    (Rule.LEAST_MINUTES, {}, {"least_minutes": 500}, "d------"),
    (Rule.MOST_DAYS, {}, {"most_days": 1}, "d-d----"),
    (Rule.MOST_WEEKENDS, {}, {"most_weekends": 0}, "-----d-"),
    (Rule.MOST_WEEKENDS, {}, {"most_weekends": 0}, "------d"),
    (Rule.MOST_NIGHTS, {}, {"most_nights": 1}, "n-n----"),
    (Rule.LEAST_REST, {}, {"least_rest": (2, 5)}, "dd-dd--"),
    (Rule.LEAST_REST, {"before": ("day", "day", None)}, {"least_rest": (2, 5)}, "dd-----"),
    (Rule.MOST_OF, {}, {"most_of": {"day": 1}}, "d-d----"),
]


@pytest.mark.parametrize(("rule", "person", "limits", "plan"), BROKEN)
def test_what_is_broken_is_caught_alone(
    rule: Rule, person: dict[str, object], limits: dict[str, object], plan: str
) -> None:
    somebody = Person("a", Limits(**limits), **person)  # type: ignore[arg-type]
    found = breaches(problem(somebody), {"a": days(plan)})
    assert [breach.rule for breach in found] == [rule]
    assert str(found[0]).startswith("a")
    # The same days break nothing where the rule isn't set.
    assert rule is Rule.REST or not breaches(problem(Person("a")), {"a": days(plan)})


def test_a_skill_is_asked_of_each() -> None:
    asked = replace(DEMANDS[0], skills=frozenset({"medic"}))
    whole = problem(Person("a"), demands=(asked, *DEMANDS[1:]))
    (breach,) = breaches(whole, {"a": days("d------")})
    assert (breach.rule, breach.day, str(breach)) == (Rule.SKILL, 0, "a, day 0: lacks medic")


@pytest.mark.parametrize(
    ("limits", "before", "plan"),
    [
        # What reaches the first or the last day may go on there.
        ({"least_in_row": 3}, (), "d----dd"),
        ({"least_in_row": 3}, (None, "day"), "dd-----"),
        ({"least_in_row": 2}, ("day",), FREE),
        ({"least_off": 3}, (), "-d---d-"),
        ({"least_off": 2}, (None,), "d------"),
        ({"most_in_row": 2}, ("day", "day", "day", None), "dd-----"),
        ({"most_weekends": 1}, (), "-----dd"),
        ({"least_rest": (2, 5)}, (), "ddd--dd"),
        # What was short before the first day is nobody's to mend.
        ({"least_rest": (2, 5)}, ("day",) * 5, FREE),
    ],
)
def test_what_keeps_the_rules(
    limits: dict[str, int], before: tuple[str | None, ...], plan: str
) -> None:
    somebody = Person("a", Limits(**limits), before=before)  # type: ignore[arg-type]
    assert breaches(problem(somebody), {"a": days(plan)}) == ()


def test_a_holiday_is_weekends_of_two_days() -> None:
    """Tuesday to Thursday are off, Saturday and Sunday are worked in their place."""
    whole = problem(Person("a"), free=frozenset({1, 2, 3}))
    assert [whole.weekend_of(day) for day in range(7)] == [None, 1, 1, 3, None, None, None]


def test_what_a_roster_costs() -> None:
    demands = (
        Demand("0d", 0, "day", 2, under=50, over=3, some={"medic": 1}),
        Demand("0n", 0, "night", 1, under=40),
        Demand("5d", 5, "day", 0, over=7),
    )
    people = (
        Person("a", wants={(0, "day"): 5, (1, "day"): 2}),
        Person("b", avoids={(5, "day"): 4}),
        Person("c", share=0),
    )
    whole = Problem(
        7,
        KINDS,
        people,
        demands,
        Weights(change=1, night=9, weekend=8),
        published={"a": days(FREE), "c": days(FREE)},
    )
    empty = days(FREE)
    roster = {"a": ("0d", *empty[1:]), "b": (*empty[:5], "5d", None), "c": ("0n", *empty[1:])}
    # One head and one medic are missing on 0d; nobody was wanted on 5d. c's share is nothing.
    assert cost(whole, roster) == Cost(100, 7, 2 + 4, 9, 8, 2)
    assert cost(whole, roster).total == 132


def test_a_roster_of_others_or_of_other_days_is_refused() -> None:
    whole = problem(Person("a"))
    for roster in ({}, {"b": days(FREE)}, {"a": days("d")}, {"a": ("1d", *days(FREE)[1:])}):
        with pytest.raises(ValueError, match=r"roster|days|demand"):
            breaches(whole, roster)
