"""Seats and limits by themselves: no database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.mobilise.load import Stretch, load, longest_run, overlaps, passed
from fangxian.mobilise.rules import Limits, Night
from fangxian.mobilise.seats import has_room, seated

HERE = ZoneInfo("Asia/Shanghai")
LIMITS = Limits(
    shift_hours=12, rest_hours=8, week_hours=60, days_in_row=6, nights_in_row=3, warn_share=0.9
)
NIGHT = Night(dt.time(22), dt.time(6), 120)
SKILLS = ("nurse", "driver", "doctor")


def at(day: int, hour: float, hours: float = 8, *, night: bool = False) -> Stretch:
    begins = dt.datetime(2020, 2, 1, tzinfo=HERE) + dt.timedelta(days=day, hours=hour)
    return Stretch(begins, begins + dt.timedelta(hours=hours), night)


def seated_by_trial(heads: int, skills: dict[str, int], people: list[set[str]]) -> bool:
    """The same by trying everything."""
    seats = [skill for skill, n in skills.items() for _ in range(n)]
    seats += [""] * (heads - len(seats))
    return (
        any(
            all(not seat or seat in who for seat, who in zip(order, people, strict=False))
            for order in permutations(seats)
        )
        and len(people) <= heads
    )


@given(
    heads=st.integers(1, 4),
    wanted=st.lists(st.sampled_from(SKILLS), max_size=4),
    people=st.lists(st.sets(st.sampled_from(SKILLS)), max_size=5),
)
def test_all_are_seated_where_any_order_seats_them(
    heads: int, wanted: list[str], people: list[set[str]]
) -> None:
    skills = {one: wanted[:heads].count(one) for one in wanted[:heads]}
    assert (seated(heads, skills, people) == len(people)) == seated_by_trial(heads, skills, people)


def test_a_seat_that_asks_for_a_skill_is_kept_for_it() -> None:
    assert has_room(2, {"nurse": 1}, [], set())
    assert not has_room(2, {"nurse": 1}, [set()], set())
    assert has_room(2, {"nurse": 1}, [set()], {"nurse"})
    assert not has_room(2, {}, [set(), set()], {"nurse"})


def test_who_lost_the_skill_keeps_the_place_and_the_others_don_t_wait_for_that() -> None:
    """Two had places, one of them as a nurse that he is no more."""
    assert has_room(3, {"nurse": 1}, [set(), set()], {"nurse"})
    assert has_room(4, {"nurse": 1}, [set(), set()], set())


@pytest.mark.parametrize(
    ("has", "new", "codes"),
    [
        ([], at(0, 8), []),
        ([], at(0, 8, 13), ["shift_hours"]),
        ([at(0, 0)], at(0, 15), ["rest_hours"]),
        ([at(0, 0)], at(0, 16), []),
        ([at(0, 16)], at(0, 7), ["rest_hours"]),
        ([at(day, 8, 10) for day in range(6)], at(6, 8), ["week_hours", "days_in_row"]),
        ([at(day, 8) for day in range(6)], at(7, 8), []),
        ([at(day, 8) for day in range(6) if day != 3], at(3, 8), []),
        ([at(day, 8) for day in range(7) if day != 3], at(3, 8), ["days_in_row"]),
        ([at(day, 22, night=True) for day in range(3)], at(3, 22, night=True), ["nights_in_row"]),
        ([at(day, 22, night=True) for day in range(3)], at(3, 14), []),
    ],
)
def test_what_a_shift_passes(has: list[Stretch], new: Stretch, codes: list[str]) -> None:
    assert passed(new, has, LIMITS) == codes


@pytest.mark.parametrize(
    ("days", "new", "is_passed"),
    [
        ((0, 1, 3, 4), 6, True),
        ((0, 1, 3, 4), 7, False),
        ((2, 3, 5, 6), 0, True),
        # A second shift on a day of work takes no day of rest.
        ((0, 1, 3, 4), 4, False),
        # Full before, which this one is no part of.
        ((0, 1, 2, 3, 4), 9, False),
    ],
)
def test_days_of_rest_are_left_among_others(
    days: tuple[int, ...], new: int, is_passed: bool
) -> None:
    limits = replace(LIMITS, rest_days=3, rest_within=7)
    has = [at(day, 0) for day in days]
    assert passed(at(new, 16, 4), has, limits) == (["rest_days"] if is_passed else [])
    assert passed(at(new, 16, 4), has, LIMITS) == []


def test_what_was_passed_elsewhere_is_no_licence() -> None:
    """Somebody was let work eight days in a row and 80 hours; that says nothing of other weeks."""
    has = [at(day, 8, 10) for day in range(8)]
    assert passed(at(22, 8), has, LIMITS) == []
    later = [at(day, 8, 10) for day in range(20, 26)]
    assert passed(at(26, 8), [*has, *later], LIMITS) == ["week_hours", "days_in_row"]
    # Nor of a second shift in the run that is too long already.
    short = [at(day, 8, 4) for day in range(20, 27)]
    assert passed(at(25, 20, 2), short, LIMITS) == ["days_in_row"]
    assert passed(at(25, 20, 2), short[1:], LIMITS) == []


def test_nights_are_counted_by_their_hours() -> None:
    def counts(hour: float, hours: float) -> bool:
        one = at(0, hour, hours)
        return NIGHT.counts(one.starts_at, one.ends_at)

    assert counts(22, 8)
    assert counts(0, 8)
    assert counts(16, 8)
    assert not counts(16, 7)
    assert not counts(8, 8)
    assert counts(4, 6)
    assert not counts(4.5, 6)


def test_nobody_is_in_two_places() -> None:
    assert overlaps(at(0, 8), [at(0, 15)])
    assert not overlaps(at(0, 8), [at(0, 16), at(0, 0)])


def test_a_load_is_that_of_the_worst_seven_days() -> None:
    found = load([at(day, 8, 10) for day in (0, 1, 2, 7, 8)], LIMITS)
    assert (found.week_hours, found.days, found.nights, found.busy) == (30, 3, 0, 5)
    assert longest_run([]) == 0
