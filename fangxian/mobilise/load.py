"""How much somebody serves: hours, nights, days in a row; which limits another shift would pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from fangxian.mobilise.rules import Limits, Night

_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, order=True)
class Stretch:
    """One shift of somebody, in local time. ``night`` as the rules count it."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    night: bool = False

    @property
    def hours(self) -> float:
        """Its length in hours."""
        return (self.ends_at - self.starts_at).total_seconds() / 3600


def stretch(starts_at: dt.datetime, ends_at: dt.datetime, night: Night) -> Stretch:
    """A shift as the rules see it; both in local time."""
    return Stretch(starts_at, ends_at, night.counts(starts_at, ends_at))


@dataclass(frozen=True)
class Load:
    """``week_hours``: the most in any seven days; ``days`` and ``nights`` the longest runs."""

    week_hours: float
    days: int
    nights: int


def load(of: Iterable[Stretch]) -> Load:
    """What these shifts of one person come to."""
    all_of = sorted(of)
    return Load(
        week_hours=max((_hours_from(one.starts_at, all_of) for one in all_of), default=0.0),
        days=longest_run({one.starts_at.date() for one in all_of}),
        nights=longest_run({one.starts_at.date() for one in all_of if one.night}),
    )


def _hours_from(first: dt.datetime, of: Sequence[Stretch]) -> float:
    return sum(one.hours for one in of if first <= one.starts_at < first + _WEEK)


def longest_run(days: Collection[dt.date]) -> int:
    """The most days that follow one another without a gap."""
    longest = run = 0
    before: dt.date | None = None
    for day in sorted(days):
        run = run + 1 if before is not None and day - before == _DAY else 1
        longest, before = max(longest, run), day
    return longest


def passed(new: Stretch, has: Collection[Stretch], limits: Limits) -> list[str]:
    """The codes of the limits that ``new`` would pass beside what somebody has; never ``overlap``.

    ``shift_hours``, ``rest_hours``, ``week_hours``, ``days_in_row``, ``nights_in_row``. What was
    passed before elsewhere has nothing to do with it: only the seven days and the runs that the new
    one is part of are looked at.
    """
    rest = dt.timedelta(hours=limits.rest_hours)
    near = [one for one in has if abs(one.starts_at - new.starts_at) <= 32 * _DAY]
    then = [*near, new]
    day = new.starts_at.date()
    days = {one.starts_at.date() for one in near}
    nights = {one.starts_at.date() for one in near if one.night}
    found = {
        "shift_hours": new.hours > limits.shift_hours,
        "rest_hours": any(
            one.starts_at - rest < new.ends_at and new.starts_at < one.ends_at + rest
            for one in near
        ),
        "week_hours": any(
            _hours_from(one.starts_at, then) > limits.week_hours
            for one in then
            if one.starts_at <= new.starts_at < one.starts_at + _WEEK
        ),
        "days_in_row": day not in days and _run_of(day, days) > limits.days_in_row,
        "nights_in_row": new.night
        and day not in nights
        and _run_of(day, nights) > limits.nights_in_row,
    }
    return [code for code, is_passed in found.items() if is_passed]


def _run_of(day: dt.date, days: Collection[dt.date]) -> int:
    """How many days follow one another around ``day``, itself included."""
    first = last = day
    while first - _DAY in days:
        first -= _DAY
    while last + _DAY in days:
        last += _DAY
    return (last - first).days + 1


def overlaps(new: Stretch, has: Iterable[Stretch]) -> bool:
    """Whether somebody would be in two places at once."""
    return any(one.starts_at < new.ends_at and new.starts_at < one.ends_at for one in has)
