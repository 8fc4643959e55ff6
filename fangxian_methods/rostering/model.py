"""What goes into and comes out of a roster.

Days count from 0, the first of the horizon. A *kind* is a kind of shift (early, late, night); a
*demand* is so many heads wanted at one post in one kind of shift on one day; a *person* works at
most one demand a day, and none while away. Costs are points: fewer are better.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

DAYS_A_WEEK = 7
SATURDAY, SUNDAY = 5, 6


def _rounded_up(value: float) -> int:
    return math.ceil(value - 1e-9)


def _finite(whose: str, name: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{whose}: {name} must be a finite number of at least 0, not {value}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of shift.

    minutes
        How long it lasts.
    start
        When it begins, in minutes after midnight; told only, ``bars`` is what counts.
    night
        Whether it counts as a night.
    bars
        Kinds that must not be worked on the day after it: there would be too little rest.
    """

    id: str
    minutes: int
    start: int = 0
    night: bool = False
    bars: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.minutes <= 0:
            raise ValueError(f"shift {self.id}: minutes must be positive, not {self.minutes}")


def with_rest(kinds: Sequence[Kind], minutes: int) -> tuple[Kind, ...]:
    """The same kinds, barred where less than ``minutes`` of rest lie between one and the next."""
    day = 24 * 60
    return tuple(
        Kind(
            one.id,
            one.minutes,
            one.start,
            one.night,
            one.bars
            | {
                other.id
                for other in kinds
                if day + other.start - (one.start + one.minutes) < minutes
            },
        )
        for one in kinds
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """So many heads at a post, in a kind of shift, on a day.

    least
        How many are wanted.
    under, over
        Points for each head that is missing, and for each beyond ``least``.
    skills
        What each of them must be able to do.
    some
        Skill → how many of them, at least, must have it; each one missing costs ``under``.
    """

    id: str
    day: int
    kind: str
    least: int
    under: float = 100.0
    over: float = 1.0
    skills: frozenset[str] = frozenset()
    some: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.least < 0:
            raise ValueError(f"demand {self.id}: least must be at least 0, not {self.least}")
        for name in ("under", "over"):
            _finite(f"demand {self.id}", name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person must not be asked for. None: no limit.

    most_minutes, least_minutes
        In the whole horizon.
    most_in_row, least_in_row
        Days of work one after another; the least doesn't hold for days that reach the first or the
        last day of the horizon, where they may go on.
    least_off
        Days off one after another between two days of work.
    most_weekends
        Weekends with work on Saturday or Sunday.
    most_nights, most_days
        Night shifts, and days of work, in the whole horizon.
    most_of
        Kind → how many of it; 0 for never.
    least_rest
        (days off, days): at least so many days off in any so many days one after another.
    """

    most_minutes: int | None = None
    least_minutes: int = 0
    most_in_row: int | None = None
    least_in_row: int = 1
    least_off: int = 1
    most_weekends: int | None = None
    most_nights: int | None = None
    most_days: int | None = None
    most_of: Mapping[str, int] = field(default_factory=dict, hash=False)
    least_rest: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.least_rest is not None and not 0 < self.least_rest[0] < self.least_rest[1]:
            raise ValueError("least_rest must be some days off in more days")
        if self.least_in_row < 1 or self.least_off < 1:
            raise ValueError("least_in_row and least_off must be at least 1")
        if self.most_in_row is not None and self.most_in_row < self.least_in_row:
            raise ValueError("most_in_row must be at least least_in_row")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be put on posts.

    off
        Days on which the person can't work.
    wants, avoids
        (day, kind) → points that it costs if it isn't, or is, given.
    pinned
        Day → the demand that the person works, or None for a day that must stay free.
    before
        Kinds of the days just before the horizon, the last one last, None for a day off. What lies
        before is unknown: it neither forbids nor demands anything.
    share
        How much of the nights and weekends falls to the person, compared with the others.
    had
        Nights and weekends before the horizon that are made up for in it.
    """

    id: str
    limits: Limits = Limits()
    skills: frozenset[str] = frozenset()
    off: frozenset[int] = frozenset()
    wants: Mapping[tuple[int, str], float] = field(default_factory=dict, hash=False)
    avoids: Mapping[tuple[int, str], float] = field(default_factory=dict, hash=False)
    pinned: Mapping[int, str | None] = field(default_factory=dict, hash=False)
    before: tuple[str | None, ...] = ()
    share: float = 1.0
    had: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if min(self.had) < 0:
            raise ValueError(f"person {self.id}: had must be at least 0, not {min(self.had)}")
        _finite(f"person {self.id}", "share", self.share)
        for wishes in (self.wants, self.avoids):
            for points in wishes.values():
                _finite(f"person {self.id}", "a wish", points)


@dataclass(frozen=True, slots=True)
class Weights:
    """Points for what no single demand or wish tells.

    change
        For each day of a person that is not as published.
    night, weekend
        For each night or weekend of a person above the fair share.
    """

    change: float = 0.0
    night: float = 0.0
    weekend: float = 0.0

    def __post_init__(self) -> None:
        for name in ("change", "night", "weekend"):
            _finite("weights", name, getattr(self, name))


def pair_of(day: int, free: Collection[int]) -> int | None:
    """Its first day for a weekend of one or two of the days off; None for another day."""
    if day not in free:
        return None
    first = day
    while first - 1 in free:
        first -= 1
    return day - (day - first) % 2


Days = tuple[str | None, ...]
"""A person's horizon: the demand worked on each day, None for a day off."""


@dataclass(frozen=True, slots=True)
class Problem:
    """All of it. ``first_weekday``: of day 0, Monday is 0. ``published``: person → days.

    ``free``: the days that count as weekend, where holidays make them others than Saturdays and
    Sundays; None: these.
    """

    days: int
    kinds: tuple[Kind, ...]
    people: tuple[Person, ...]
    demands: tuple[Demand, ...]
    weights: Weights = Weights()
    first_weekday: int = 0
    published: Mapping[str, Days] = field(default_factory=dict, hash=False)
    free: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"days must be at least 1, not {self.days}")
        for what, ids in (
            ("shift", [kind.id for kind in self.kinds]),
            ("person", [person.id for person in self.people]),
            ("demand", [demand.id for demand in self.demands]),
        ):
            if (
                twice := {one for one in ids if ids.count(one) > 1}
                if len(ids) != len(set(ids))
                else set()
            ):
                raise ValueError(f"{what} {sorted(twice)[0]} is given twice")
        kinds = {kind.id for kind in self.kinds}
        for demand in self.demands:
            if demand.kind not in kinds:
                raise ValueError(f"demand {demand.id}: there is no shift {demand.kind}")
            if not 0 <= demand.day < self.days:
                raise ValueError(f"demand {demand.id}: day {demand.day} lies outside the horizon")
        demands = {demand.id for demand in self.demands}
        for person in self.people:
            unknown = {one for one in person.pinned.values() if one is not None} - demands
            if unknown:
                raise ValueError(f"person {person.id}: there is no demand {sorted(unknown)[0]}")
        for whose, days in self.published.items():
            if len(days) != self.days:
                raise ValueError(f"published, {whose}: {len(days)} days instead of {self.days}")

    def weekend_of(self, day: int) -> int | None:
        """The number of the weekend that a day belongs to; None for other days.

        Of days off one after another two are a weekend, as Saturday and Sunday are.
        """
        if self.free is not None:
            return pair_of(day, self.free)
        week, weekday = divmod(day + self.first_weekday, DAYS_A_WEEK)
        return week if weekday in (SATURDAY, SUNDAY) else None

    def fair(self) -> dict[str, tuple[int, int]]:
        """Person → how many nights and weekends are a fair share, rounded up.

        Of those before the horizon and in it, less what the person had.
        """
        night = {kind.id for kind in self.kinds if kind.night}
        heads = sum(one.least for one in self.demands if one.kind in night)
        at: dict[int, int] = {}
        for one in self.demands:
            at[one.day] = at.get(one.day, 0) + one.least
        # A weekend asks for as many people as its busier day.
        weekends: dict[int, int] = {}
        for day, wanted in at.items():
            if (number := self.weekend_of(day)) is not None:
                weekends[number] = max(weekends.get(number, 0), wanted)
        whole = math.fsum(one.share for one in self.people) or 1.0
        heads += sum(one.had[0] for one in self.people)
        ends = sum(weekends.values()) + sum(one.had[1] for one in self.people)
        return {
            one.id: (
                max(0, _rounded_up(heads * one.share / whole) - one.had[0]),
                max(0, _rounded_up(ends * one.share / whole) - one.had[1]),
            )
            for one in self.people
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """The points of a roster, by reason."""

    short: float = 0.0
    surplus: float = 0.0
    wishes: float = 0.0
    nights: float = 0.0
    weekends: float = 0.0
    changes: float = 0.0

    @property
    def total(self) -> float:
        return math.fsum(
            (self.short, self.surplus, self.wishes, self.nights, self.weekends, self.changes)
        )


Roster = Mapping[str, Days]
"""Person → days."""
