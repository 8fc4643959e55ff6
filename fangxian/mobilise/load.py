"""How much somebody serves: hours, nights, days in a row; which limits another shift would pass."""

from __future__ import annotations

import datetime as dt
import math
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
    """``week_hours``: the most in any seven days; ``days`` and ``nights`` the longest runs.

    ``busy``: the most days of work among so many as the rules ask days of rest in.
    """

    week_hours: float
    days: int
    nights: int
    busy: int = 0


def load(of: Iterable[Stretch], limits: Limits) -> Load:
    """What these shifts of one person come to."""
    all_of = sorted(of)
    dates = {one.starts_at.date() for one in all_of}
    return Load(
        week_hours=max((_hours_from(one.starts_at, all_of) for one in all_of), default=0.0),
        days=longest_run(dates),
        nights=longest_run({one.starts_at.date() for one in all_of if one.night}),
        busy=max((_busy(dates, day, limits.rest_within) for day in dates), default=0),
    )


def _busy(days: Collection[dt.date], first: dt.date, within: int) -> int:
    """How many of the days lie among so many from the first on."""
    return sum(0 <= (day - first).days < within for day in days)


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

    ``shift_hours``, ``rest_hours``, ``week_hours``, ``days_in_row``, ``nights_in_row``,
    ``rest_days``. What was passed before elsewhere has nothing to do with it: only the spans and
    the runs that the new one is part of are looked at.
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
        "days_in_row": _run_of(day, days) > limits.days_in_row,
        "nights_in_row": new.night and _run_of(day, nights) > limits.nights_in_row,
        "rest_days": any(
            _busy({*days, day}, day - n * _DAY, limits.rest_within) > limits.days_within
            for n in range(limits.rest_within)
        ),
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


@dataclass(frozen=True)
class Near:
    """A limit that somebody comes near: ``code`` as of :func:`passed`, what it is and may be.

    ``within``: among how many days, where the rules say so.
    """

    code: str
    amount: float
    limit: float
    within: int = 0

    @property
    def reached(self) -> bool:
        """Whether nothing more fits, or it was passed by somebody's word."""
        return self.amount >= self.limit

    @property
    def passed(self) -> bool:
        """Whether a second person let it be passed."""
        return self.amount > self.limit


def ahead(of: Iterable[Stretch], now: dt.datetime, limits: Limits) -> Load:
    """The load that shifts still to be served are part of; what was rested from is over.

    A week, a span or a run counts where one of its shifts ends after ``now``.
    """
    all_of = sorted(of)
    coming = [one for one in all_of if one.ends_at > now]
    days = {one.starts_at.date() for one in all_of}
    nights = {one.starts_at.date() for one in all_of if one.night}
    return Load(
        week_hours=max(
            (
                _hours_from(one.starts_at, all_of)
                for one in all_of
                if any(one.starts_at <= then.starts_at < one.starts_at + _WEEK for then in coming)
            ),
            default=0.0,
        ),
        days=max((_run_of(one.starts_at.date(), days) for one in coming), default=0),
        nights=max(
            (_run_of(one.starts_at.date(), nights) for one in coming if one.night), default=0
        ),
        busy=max(
            (
                _busy(days, day, limits.rest_within)
                for day in days
                if any(
                    0 <= (then.starts_at.date() - day).days < limits.rest_within for then in coming
                )
            ),
            default=0,
        ),
    )


def nearing(found: Load, limits: Limits) -> list[Near]:
    """The limits of which ``warn_share`` is used up.

    Of days and nights, which are counted whole, one is told at the latest before the last.
    """
    of = (
        Near("week_hours", found.week_hours, limits.week_hours),
        Near("days_in_row", found.days, limits.days_in_row),
        Near("nights_in_row", found.nights, limits.nights_in_row),
        Near("rest_days", found.busy, limits.days_within, limits.rest_within),
    )
    return [
        one
        for one in of
        if (one.code != "rest_days" or limits.rest_days)
        and one.amount >= _warned_from(one.code, one.limit, limits.warn_share)
    ]


def _warned_from(code: str, limit: float, share: float) -> float:
    if code == "week_hours":
        return share * limit
    return max(1, min(limit - 1, math.ceil(share * limit)))
