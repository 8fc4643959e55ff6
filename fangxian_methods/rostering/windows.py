"""Some people's days in some weeks as a problem by itself, all else staying as it is.

Days just before the weeks are told as ``Person.before``, days just after them are set; so rows of
days and rest hold across both edges. What is limited in sum is what the other weeks leave of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .columns import Heads
from .frame import Frame, Ints
from .model import DAYS_A_WEEK, Demand, Limits, Person, Problem


@dataclass(frozen=True, slots=True)
class Window:
    """People (p) and days from ``begin`` until before ``end``; days before ``told`` are set."""

    people: Ints
    begin: int
    end: int
    told: int


def window(frame: Frame, people: Ints, week: int, weeks: int) -> Window:
    """Whole weeks, so that no weekend is cut; the last ones end with the horizon."""
    problem = frame.problem
    begin = max(0, week * DAYS_A_WEEK - problem.first_weekday)
    end = min(problem.days, (week + weeks) * DAYS_A_WEEK - problem.first_weekday)
    reach = max(_reach(frame.people[p].limits) for p in people.tolist())
    return Window(people, begin, end, min(problem.days, end + reach))


def _reach(limits: Limits) -> int:
    """How many days a rule about rows looks ahead."""
    within = limits.least_rest[1] if limits.least_rest is not None else 0
    return max(limits.most_in_row or 0, limits.least_in_row, limits.least_off, within) + 1


def part(frame: Frame, where: Window, days: Ints, given: Heads) -> Frame:
    """The problem of a window: ``days`` (p, d) as they are, ``given``: the heads of everybody else.

    What nights and weekends cost is counted with those of the other weeks.
    """
    problem = frame.problem
    inside = np.nonzero((frame.day >= where.begin) & (frame.day < where.end))[0]
    rows_of: dict[int, list[int]] = {}
    for row, (m, *_rest) in enumerate(frame.some):
        rows_of.setdefault(m, []).append(row)
    demands = [_left(frame, m, given, rows_of.get(m, [])) for m in inside.tolist()]
    set_ = np.unique(days[where.people, where.end : where.told])
    for m in set_[set_ >= 0].tolist():
        one = frame.demands[m]
        demands.append(replace(one, least=0, under=0, over=0, some={}))
    demands = [replace(one, day=one.day - where.begin) for one in demands]
    people, fair = [], []
    for p in where.people.tolist():
        person, spare = _person(frame, p, where, days[p])
        people.append(person)
        fair.append(spare)
    published = {
        person.id: problem.published[person.id][where.begin : where.told]
        for person in people
        if person.id in problem.published
    }
    small = Frame(
        Problem(
            where.told - where.begin,
            problem.kinds,
            tuple(people),
            tuple(demands),
            problem.weights,
            (problem.first_weekday + where.begin) % DAYS_A_WEEK,
            published,
            # A weekend is not begun anew where the window begins.
            _free(problem, where),
        )
    )
    small.fair = fair
    return small


def _free(problem: Problem, where: Window) -> frozenset[int] | None:
    """The days off of a window, its own days counted from 0; those before it count on."""
    if problem.free is None:
        return None
    return frozenset(day - where.begin for day in problem.free if day < where.told)


def _left(frame: Frame, m: int, given: Heads, rows: list[int]) -> Demand:
    """A demand with what is left of it to those of the window."""
    one = frame.demands[m]
    some = dict(one.some)
    for skill, row in zip(sorted(one.some), rows, strict=True):
        some[skill] = max(0, round(one.some[skill] - given.skilled[row]))
    least = max(0, round(one.least - given.all[m]))
    return replace(one, least=least, some={skill: n for skill, n in some.items() if n})


def _person(frame: Frame, p: int, where: Window, days: Ints) -> tuple[Person, tuple[int, int]]:
    """Somebody with what the other weeks leave of the limits, and of a fair share."""
    person, problem = frame.people[p], frame.problem
    begin, end, told = where.begin, where.end, where.told
    kinds = [None if m < 0 else frame.kinds[int(frame.kind[m])] for m in days.tolist()]
    away = [(day, one) for day, one in enumerate(kinds) if one and not begin <= day < told]
    outside = [one for _day, one in away]
    minutes = sum(one.minutes for one in outside)
    nights = sum(one.night for one in outside)
    # The days that are set may end on a Saturday: its weekend is counted with them.
    known = {problem.weekend_of(day) for day in range(end, told) if kinds[day]}
    weekends = len({problem.weekend_of(day) for day, _one in away} - known - {None})
    limits = person.limits

    def rest(most: int | None, used: int) -> int | None:
        return None if most is None else most - used

    reach = _reach(limits)
    before = (*person.before, *(one.id if one else None for one in kinds[:begin]))
    set_ = {
        day - begin: None if m < 0 else frame.demands[m].id
        for day, m in enumerate(days.tolist())
        if end <= day < told
    }
    anew = replace(
        person,
        limits=replace(
            limits,
            most_minutes=rest(limits.most_minutes, minutes),
            least_minutes=max(0, limits.least_minutes - minutes),
            most_weekends=rest(limits.most_weekends, weekends),
            most_nights=rest(limits.most_nights, nights),
            most_days=rest(limits.most_days, len(outside)),
            most_of={
                kind: most - sum(one.id == kind for one in outside)
                for kind, most in limits.most_of.items()
            },
        ),
        off=frozenset(day - begin for day in person.off if begin <= day < end),
        wants=_shifted(person.wants, begin, end),
        avoids=_shifted(person.avoids, begin, end),
        pinned={day - begin: m for day, m in person.pinned.items() if begin <= day < end} | set_,
        before=before if begin == 0 else before[-max(reach, 1) :],
    )
    fair_nights, fair_weekends = frame.fair[p]
    return anew, (fair_nights - nights, fair_weekends - weekends)


def _shifted(
    wishes: Mapping[tuple[int, str], float], begin: int, end: int
) -> dict[tuple[int, str], float]:
    return {
        (day - begin, kind): points for (day, kind), points in wishes.items() if begin <= day < end
    }
