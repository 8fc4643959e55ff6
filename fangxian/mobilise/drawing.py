"""Where the shifts of posts stand on a strip of hours, and the days of a month or a week.

Only figures: the pages draw them. Positions are shares of the width, written so that every
language writes them alike.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from django.utils import timezone

from fangxian.mobilise.models import Shift

DAY: Final = dt.timedelta(days=1)
HOUR: Final = dt.timedelta(hours=1)
# Hours between the lines of a strip, by how many days it shows.
STEPS: Final = {1: 3, 2: 6, 3: 12}
LONGEST_STEP: Final = 24
# Of one lane, in the size of the letters.
LANE: Final = 3.75
# Shares of the strip on which figures can be read on a phone; that of several days is wider.
READABLE: Final = 12.0
READABLE_WIDE: Final = 4.5


@dataclass(frozen=True)
class Strip:
    """The hours that are shown, in local time."""

    first: dt.date
    days: int

    @property
    def begins(self) -> dt.datetime:
        """The first moment."""
        return timezone.make_aware(dt.datetime.combine(self.first, dt.time()))

    @property
    def ends(self) -> dt.datetime:
        """The moment after the last."""
        last = self.first + self.days * DAY
        return timezone.make_aware(dt.datetime.combine(last, dt.time()))

    def share(self, moment: dt.datetime) -> float:
        """Where a moment stands, from 0 to 100."""
        found = 100 * (moment - self.begins) / (self.ends - self.begins)
        return min(100.0, max(0.0, found))

    def marks(self) -> list[dict[str, object]]:
        """The lines: where, the hour, the day where one begins."""
        step = STEPS.get(self.days, LONGEST_STEP)
        return [
            {
                "x": written(self.share(self.begins + at * HOUR)),
                "hour": f"{at % 24:02d}",
                "day": self.first + at // 24 * DAY if at % 24 == 0 else None,
            }
            for at in range(0, self.days * 24, step)
        ]


def written(share: float) -> str:
    """A share as an attribute of a drawing."""
    return f"{share:.3f}%"


@dataclass(frozen=True)
class Bar:
    """One shift on a strip. ``early`` and ``late``: it goes on beyond it."""

    shift: Shift
    x: str
    width: str
    y: str
    early: bool
    late: bool


@dataclass
class Row:
    """The bars of one post, those that run at once below one another."""

    bars: list[Bar] = field(default_factory=list)
    lanes: int = 0

    @property
    def height(self) -> str:
        """How high it is drawn."""
        return f"{max(1, self.lanes) * LANE:g}em"


def laid(shifts: Iterable[Shift], strip: Strip) -> Row:
    """Put the shifts of one post on a strip: each in the first lane that is free by then."""
    row, free = Row(), list[dt.datetime]()
    for one in sorted(shifts, key=lambda each: (each.starts_at, each.ends_at, each.name)):
        lane = next((at for at, until in enumerate(free) if until <= one.starts_at), len(free))
        free[lane : lane + 1] = [one.ends_at]
        begins, ends = strip.share(one.starts_at), strip.share(one.ends_at)
        row.bars.append(
            Bar(
                one,
                x=written(begins),
                width=written(ends - begins),
                y=f"{lane * LANE:g}em",
                early=one.starts_at < strip.begins,
                late=one.ends_at > strip.ends,
            )
        )
    row.lanes = len(free)
    return row


@dataclass(frozen=True)
class Run:
    """A stretch in which as many are there, and as many are required, all the time.

    Heights are shares of the most that are required at once on the strip. ``wide``: its figures can
    be read where they stand.
    """

    begins: dt.datetime
    ends: dt.datetime
    placed: int
    heads: int
    x: str
    middle: str
    width: str
    there_y: str
    there_height: str
    gap_y: str
    gap_height: str
    wide: bool

    @property
    def lack(self) -> int:
        """How many are missing."""
        return self.heads - self.placed


def heads_by_hour(
    shifts: Iterable[tuple[dt.datetime, dt.datetime, int, int]], strip: Strip
) -> list[Run]:
    """How many have a place, of how many required, from change to change along a strip.

    ``shifts``: from, until, placed, heads. Where no shift runs there is no stretch.
    """
    changes: dict[dt.datetime, list[int]] = defaultdict(lambda: [0, 0])
    for begins, ends, placed, heads in shifts:
        first, last = max(begins, strip.begins), min(ends, strip.ends)
        if first < last:
            for moment, sign in ((first, 1), (last, -1)):
                changes[moment][0] += sign * placed
                changes[moment][1] += sign * heads
    on = needed = 0
    found: list[tuple[dt.datetime, dt.datetime, int, int]] = []
    moments = sorted(changes)
    for begins, ends in pairwise(moments):
        on, needed = on + changes[begins][0], needed + changes[begins][1]
        if found and found[-1][1:] == (begins, on, needed):
            found[-1] = (found[-1][0], ends, on, needed)
        elif needed:
            found.append((begins, ends, on, needed))
    most = max((needed for *_when, needed in found), default=1)
    return [_run(one, most, strip) for one in found]


def _run(one: tuple[dt.datetime, dt.datetime, int, int], most: int, strip: Strip) -> Run:
    begins, ends, on, needed = one
    left, right = strip.share(begins), strip.share(ends)
    return Run(
        *one,
        x=written(left),
        middle=written((left + right) / 2),
        width=written(right - left),
        there_y=written(100 - 100 * on / most),
        there_height=written(100 * on / most),
        gap_y=written(100 - 100 * needed / most),
        gap_height=written(100 * (needed - on) / most),
        wide=right - left >= (READABLE if strip.days == 1 else READABLE_WIDE),
    )


def month_of(day: dt.date) -> list[list[dt.date]]:
    """The weeks of a month, Monday first, with the days of its neighbours that fill them."""
    return calendar.Calendar().monthdatescalendar(day.year, day.month)


def week_of(day: dt.date) -> list[dt.date]:
    """The week of a day, Monday first."""
    monday = day - day.weekday() * DAY
    return [monday + n * DAY for n in range(7)]


def other_month(day: dt.date, by: int) -> dt.date:
    """The first of the month before (-1) or after (+1)."""
    at = day.year * 12 + day.month - 1 + by
    return dt.date(at // 12, at % 12 + 1, 1)


def span_of(weeks: Sequence[Sequence[dt.date]]) -> tuple[dt.date, dt.date]:
    """The first and the last day that are shown."""
    return weeks[0][0], weeks[-1][-1]
