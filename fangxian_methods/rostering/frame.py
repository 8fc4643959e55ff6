"""The problem as arrays: who may work what, what each day costs, which limits must be counted.

People are indexed p, days d, kinds k, demands m. Kinds that differ in nothing that the limits ask
are still told apart: the demands are theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .model import Days, Kind, Person, Problem, Roster

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a person's limits has to be counted from day to day. People of one shape are planned
    together.

    row, least_row, least_off
        Days of work in a row; ``row`` None: as many as one likes.
    minutes, least_minutes
        In units of ``Frame.unit``; ``minutes`` 0: they needn't be counted.
    weekends
        The most; −1: they needn't be counted.
    counted, most
        Kinds of which ``most`` may be worked; no kind: none needs to be counted.
    begun, open
        Days of work in a row before the first day (−1, −2 …: days off), and whether their
        beginning is unknown.
    """

    row: int | None
    least_row: int
    least_off: int
    minutes: int
    least_minutes: int
    weekends: int
    counted: frozenset[int]
    most: int
    begun: int
    open: bool
    last: int


@dataclass(frozen=True, slots=True)
class Watch:
    """Kinds of which a person may work ``most``: seldom reached, so judged afterwards."""

    kinds: frozenset[int]
    most: int


class Frame:
    """A problem as arrays."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.kinds, self.people, self.demands = problem.kinds, problem.people, problem.demands
        self.kind_at = {kind.id: k for k, kind in enumerate(self.kinds)}
        self.demand_at = {demand.id: m for m, demand in enumerate(self.demands)}
        self.day = np.array([one.day for one in self.demands], dtype=np.int64)
        self.kind = np.array([self.kind_at[one.kind] for one in self.demands], dtype=np.int64)
        self.least = np.array([one.least for one in self.demands], dtype=np.float64)
        self.under = np.array([one.under for one in self.demands], dtype=np.float64)
        self.over = np.array([one.over for one in self.demands], dtype=np.float64)
        self.minutes = np.array([kind.minutes for kind in self.kinds], dtype=np.int64)
        self.unit = int(np.gcd.reduce(self.minutes)) if len(self.kinds) else 1
        self.nights = frozenset(k for k, kind in enumerate(self.kinds) if kind.night)
        self.bars: Bools = self._bars()
        self.before, self.within = self._before_kinds()
        self.weekend = [problem.weekend_of(day) for day in range(problem.days)]
        self.weekends = len(set(self.weekend) - {None})
        fair = problem.fair()
        self.fair = [fair[person.id] for person in self.people]
        # Demands in the order of day and kind, so that the cheapest of each is one reduction.
        self.order = np.lexsort((self.kind, self.day))
        self.cell = self.day * len(self.kinds) + self.kind
        self.cells, self.starts = np.unique(self.cell[self.order], return_index=True)
        self.whole = self._whole()
        self.able = self._able()
        self.own, self.own_off, self.base = self._own()
        # Skills that so many of a demand's people must have: (demand, skill's holders, how many).
        self.some: list[tuple[int, Bools, int]] = [
            (m, np.array([skill in person.skills for person in self.people]), least)
            for m, one in enumerate(self.demands)
            for skill, least in sorted(one.some.items())
        ]
        self._some_of: dict[int, list[int]] = {}
        for row, (m, _holders, _least) in enumerate(self.some):
            self._some_of.setdefault(m, []).append(row)
        self.watches: list[list[Watch]] = []
        self.shapes = [self._shape(person) for person in self.people]

    def raised(self, bound: float) -> float:
        """A bound from below, raised to the next whole number where all points are whole."""
        return float(math.ceil(bound - 1e-6)) if self.whole and math.isfinite(bound) else bound

    def _whole(self) -> bool:
        weights = self.problem.weights
        points = [weights.change, weights.night, weights.weekend]
        for one in self.demands:
            points += [one.under, one.over]
        for person in self.people:
            points += [*person.wants.values(), *person.avoids.values()]
        return all(float(one).is_integer() for one in points)

    def _bars(self) -> Bools:
        bars = np.zeros((len(self.kinds), len(self.kinds)), dtype=np.bool_)
        for k, kind in enumerate(self.kinds):
            for other in kind.bars:
                if other in self.kind_at:
                    bars[k, self.kind_at[other]] = True
        return bars

    def _before_kinds(self) -> tuple[Ints, Ints | None]:
        """Kinds (k) in the order in which they may come before more and more others, and by kind
        the place of the last that may come before it (−1: none may). None where what may come
        before one kind is not a part of what may come before another."""
        may = ~self.bars
        order = np.argsort(-may.sum(axis=1), kind="stable")
        count = may.sum(axis=0)
        nested = (may[order] == (np.arange(len(order))[:, None] < count)).all()
        return order, count - 1 if nested else None

    def least_before(self, work: Floats) -> Floats:
        """Of the points of each kind (p, k, …) the least of those that may come the day before
        (p, k, …)."""
        if self.within is None:
            bars = self.bars.T
            groups = {bars[k].tobytes(): np.flatnonzero(~bars[k]) for k in range(len(bars))}
            of_group = {
                key: work[:, before].min(axis=1, initial=np.inf) for key, before in groups.items()
            }
            return np.stack([of_group[bars[k].tobytes()] for k in range(len(bars))], axis=1)
        if not len(self.before):
            return work
        least: Floats = np.minimum.accumulate(work[:, self.before], axis=1)[:, self.within]
        if (self.within < 0).any():
            least[:, self.within < 0] = np.inf
        return least

    def _able(self) -> Bools:
        """(p, m): whether a person may work a demand, alone and by itself."""
        able = np.ones((len(self.people), len(self.demands)), dtype=np.bool_)
        asked = {skills for skills in (one.skills for one in self.demands) if skills}
        for skills in asked:
            of = np.array([one.skills == skills for one in self.demands])
            has = np.array([skills <= person.skills for person in self.people])
            able[np.ix_(~has, of)] = False
        for p, person in enumerate(self.people):
            for day in person.off:
                able[p, self.day == day] = False
            most_minutes = person.limits.most_minutes
            if most_minutes is not None:
                able[p, self.minutes[self.kind] > most_minutes] = False
            if person.limits.most_days == 0:
                able[p] = False
            for kind, most in person.limits.most_of.items():
                if most == 0 and kind in self.kind_at:
                    able[p, self.kind == self.kind_at[kind]] = False
            for day, pinned in person.pinned.items():
                keep = np.zeros(len(self.demands), dtype=np.bool_)
                if pinned is not None:
                    keep[self.demand_at[pinned]] = True
                able[p, (self.day == day) & ~keep] = False
        return able

    def _own(self) -> tuple[Floats, Floats, Floats]:
        """What a demand (p, m) or a day off (p, d) costs the person itself, on top of what all days
        together cost (p)."""
        people, days = len(self.people), self.problem.days
        own = np.zeros((people, len(self.demands)))
        off = np.zeros((people, days))
        base = np.zeros(people)
        at: dict[tuple[int, str], list[int]] = {}
        for m, one in enumerate(self.demands):
            at.setdefault((one.day, one.kind), []).append(m)
        change = self.problem.weights.change
        for p, person in enumerate(self.people):
            for key, points in person.wants.items():
                base[p] += points
                own[p, at.get(key, [])] -= points
            for key, points in person.avoids.items():
                own[p, at.get(key, [])] += points
            before = self.problem.published.get(person.id)
            if before is not None and change:
                base[p] += change * days
                for day, worked in enumerate(before):
                    if worked is None:
                        off[p, day] -= change
                    elif worked in self.demand_at:
                        own[p, self.demand_at[worked]] -= change
            for day, pinned in person.pinned.items():
                if pinned is not None:
                    off[p, day] = math.inf
        return own, off, base

    def _shape(self, person: Person) -> Shape:
        limits, days = person.limits, self.problem.days
        equal = len(set(self.minutes.tolist())) == 1
        most = limits.most_minutes
        units = days * int(self.minutes.max()) // self.unit if most is None else most // self.unit
        groups: list[tuple[frozenset[int], int]] = []
        if limits.most_days is not None and limits.most_days < days:
            if equal:
                units = min(units, limits.most_days * int(self.minutes[0]) // self.unit)
            else:
                groups.append((frozenset(range(len(self.kinds))), limits.most_days))
        longest = days * int(self.minutes.max()) // self.unit
        least = -(-limits.least_minutes // self.unit)
        counts_minutes = units < longest or least > 0
        units = min(units, longest)
        shifts = units * self.unit // int(self.minutes.min())
        weekends = -1
        if limits.most_weekends is not None and limits.most_weekends < self.weekends:
            weekends = limits.most_weekends
        elif self.problem.weights.weekend and self.weekends:
            weekends = self.weekends
        fair = bool(self.problem.weights.night and self.nights)
        nights = limits.most_nights
        if self.nights and (fair or (nights is not None and nights < min(days, shifts))):
            groups.append((self.nights, min(days, shifts, days if nights is None else nights)))
        for kind, count in limits.most_of.items():
            if kind in self.kind_at and 0 < count < min(days, shifts):
                groups.append((frozenset({self.kind_at[kind]}), count))
        counted, count = min(
            groups,
            key=lambda one: (one[0] != self.nights or not fair, one[1]),
            default=(frozenset(), 0),
        )
        self.watches.append([Watch(*one) for one in groups if one != (counted, count)])
        begun, open_, last = self._before(person)
        return Shape(
            row=limits.most_in_row if (limits.most_in_row or days) < days else None,
            least_row=limits.least_in_row,
            least_off=limits.least_off,
            minutes=units if counts_minutes else 0,
            least_minutes=least,
            weekends=weekends,
            counted=counted,
            most=count,
            begun=begun,
            open=open_,
            last=last,
        )

    def _before(self, person: Person) -> tuple[int, bool, int]:
        before = person.before
        if not before:
            return 0, True, -1
        run = 1
        while run < len(before) and (before[-run - 1] is None) == (before[-1] is None):
            run += 1
        whole = run == len(before)
        if before[-1] is None:
            return -run, whole, -1
        return run, whole, self.kind_at.get(before[-1], -1)

    def cheapest(self, cost: Floats) -> tuple[Floats, Ints]:
        """Of costs (p, m) the cheapest of each day and kind (p, d, k), and its demand (p, d, k)."""
        people, days, kinds = len(cost), self.problem.days, len(self.kinds)
        least = np.full((people, days * kinds), np.inf)
        chosen = np.full((people, days * kinds), -1, dtype=np.int64)
        if len(self.order):
            sorted_cost = cost[:, self.order]
            least[:, self.cells] = np.minimum.reduceat(sorted_cost, self.starts, axis=1)
            if len(self.cells) == len(self.order):
                chosen[:, self.cells] = self.order
            else:
                ends = np.append(self.starts[1:], len(self.order))
                for cell, start, end in zip(self.cells, self.starts, ends, strict=True):
                    chosen[:, cell] = self.order[
                        start + np.argmin(sorted_cost[:, start:end], axis=1)
                    ]
        return least.reshape(people, days, kinds), chosen.reshape(people, days, kinds)

    def asked(self, person: int, worked: Sequence[int]) -> list[int]:
        """The rows of ``some`` that a person counts for who works these demands."""
        if not self._some_of:
            return []
        return [
            row for m in worked for row in self._some_of.get(m, ()) if self.some[row][1][person]
        ]

    def days_of(self, worked: Ints) -> Days:
        """Demand indices by day (d; −1 for a day off) in words."""
        return tuple(self.demands[m].id if m >= 0 else None for m in worked.tolist())

    def indices(self, roster: Roster) -> Ints:
        """A roster as demand indices (p, d); −1 for a day off."""
        return np.array(
            [
                [-1 if one is None else self.demand_at[one] for one in roster[person.id]]
                for person in self.people
            ],
            dtype=np.int64,
        ).reshape(len(self.people), self.problem.days)

    def kind_of(self, k: int) -> Kind:
        return self.kinds[k]
