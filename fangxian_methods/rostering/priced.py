"""The days of one person where all that has to be counted makes too many states.

Minutes, weekends and kinds that are limited in sum are not counted but priced: what there is too
much of is made dearer, what there is too little of cheaper, until the limits are kept (Lagrangian
relaxation; Fisher 1981). Rows of days and rest are kept exactly. The dearest of the relaxed values
bounds all days that keep the limits from below; the days found may cost more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from .frame import Bools, Floats, Frame, Ints, Shape
from .model import SUNDAY
from .rules import Model

_TRIES = 24
_CLOSER = 6  # tries after days were found that keep the limits
_FIRST = 0.02  # points for a minute, a sixtieth of a weekend or shift too many
_WORK = 10.0  # CP-SAT's measure of work for a person for whom no prices do


def uncounted(shape: Shape) -> Shape:
    """The shape without what is limited in sum."""
    return replace(shape, minutes=0, least_minutes=0, weekends=-1, counted=frozenset(), most=0)


@dataclass(slots=True)
class Sums:
    """What is limited in sum, by person (p) and limit (c): how much of it each kind is (p, c, k),
    the most (p, c), in minutes. The last limit is weekends."""

    of: Floats
    most: Floats


class Priced:
    """Plans with prices for sums. Prices that did for somebody are tried first the next time."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.prices: dict[int, Floats] = {}
        self.known: dict[int, Ints] = {}
        # Minutes at most and at least, what is counted, what is watched, weekends.
        self.limits = 4 + max((len(some) for some in frame.watches), default=0)

    def plan(self, shape: Shape, people: Ints, cost: Floats) -> tuple[Floats, Ints]:
        """A bound from below on the points (p), and kinds by day (p, d), for ``cost`` (p, d, k)."""
        frame, count = self.frame, len(people)
        sums = self._sums(people)
        limits = sums.most.shape[1]
        price = np.zeros((count, limits))
        for row, p in enumerate(people.tolist()):
            if p in self.prices:
                price[row] = self.prices[p]
        low, high = np.zeros_like(price), np.full_like(price, np.inf)
        bound = np.full(count, -np.inf)
        fewest = np.full(count, np.inf)
        kinds = np.full((count, frame.problem.days), -2, dtype=np.int64)
        active = np.arange(count)
        since = np.zeros(count, dtype=np.int64)
        for _ in range(_TRIES):
            if not len(active):
                break
            fines = np.einsum("pc,pck->pk", price[active], sums.of[active])
            walk = PlainWalk(
                frame,
                shape,
                cost[active] + fines[:, None],
                frame.own_off[people[active]],
                60 * price[active, -1],
                people[active],
            )
            value, days = walk.best()
            never = ~np.isfinite(value)  # rows of days and rest alone forbid it
            bound[active[never]] = np.inf
            relaxed = value - (price[active] * sums.most[active]).sum(axis=1)
            bound[active] = np.where(never, np.inf, np.maximum(bound[active], relaxed))
            used = self._used(sums.of[active], days)
            excess = used - sums.most[active]
            kept = (excess <= 0).all(axis=1) & ~never
            own = value - (price[active] * used).sum(axis=1)
            better = kept & (own < fewest[active] - 1e-9)
            at = active[better]
            fewest[at], kinds[at] = own[better], days[better]
            for row in at.tolist():
                self.prices[int(people[row])] = price[row].copy()
                self.known[int(people[row])] = kinds[row].copy()
            free = kept & (price[active] <= 0).all(axis=1)
            since[active] += np.isfinite(fewest[active])
            over = excess > 0
            low[active] = np.where(over, np.maximum(low[active], price[active]), low[active])
            high[active] = np.where(over, high[active], np.minimum(high[active], price[active]))
            # Limits pull at one another: what was enough once may not be so later.
            lost = over & (low[active] >= high[active])
            high[active] = np.where(lost, np.inf, high[active])
            lax = ~over & (high[active] <= low[active])
            low[active] = np.where(lax, 0.0, low[active])
            middle = (low[active] + np.where(np.isfinite(high[active]), high[active], 0)) / 2
            rising = np.maximum(2 * price[active], _FIRST)
            price[active] = np.where(
                over, np.where(np.isfinite(high[active]), middle, rising), middle
            )
            active = active[~(free | never | (since[active] > _CLOSER))]
        for row in np.nonzero(np.isinf(fewest) & np.isfinite(bound))[0].tolist():
            p = int(people[row])
            if p not in self.known:
                self.known[p] = self._any(p)
            kinds[row] = self.known[p]
            if kinds[row, 0] < -1:
                bound[row] = np.inf
        return bound, kinds

    def _sums(self, people: Ints) -> Sums:
        frame, kinds = self.frame, len(self.frame.kinds)
        rows: list[list[tuple[Floats, float]]] = []
        for p in people.tolist():
            mine: list[tuple[Floats, float]] = []
            shape = frame.shapes[p]
            if shape.minutes:
                minutes = frame.minutes.astype(np.float64)
                mine.append((minutes, shape.minutes * frame.unit))
                mine.append((-minutes, -shape.least_minutes * frame.unit))
            counted = [(watch.kinds, watch.most) for watch in frame.watches[p]]
            limits = frame.people[p].limits
            if shape.counted and (shape.counted != frame.nights or limits.most_nights is not None):
                counted.append((shape.counted, shape.most))
            for some, most in counted:
                of = np.zeros(kinds)
                of[list(some)] = 60.0
                mine.append((of, 60.0 * most))
            rows.append(mine)
        sums = Sums(np.zeros((len(rows), self.limits, kinds)), np.zeros((len(rows), self.limits)))
        for row, mine in enumerate(rows):
            for c, (of, most) in enumerate(mine):
                sums.of[row, c], sums.most[row, c] = of, most
            most_weekends = self.frame.people[int(people[row])].limits.most_weekends
            sums.most[row, -1] = 60.0 * (
                frame.weekends if most_weekends is None else min(most_weekends, frame.weekends)
            )
        return sums

    def _used(self, of: Floats, days: Ints) -> Floats:
        """How much of each limited sum (p, c) the days hold."""
        frame = self.frame
        count = np.zeros((len(days), len(frame.kinds)))
        rows, at = np.nonzero(days >= 0)
        np.add.at(count, (rows, days[rows, at]), 1)
        used: Floats = np.einsum("pck,pk->pc", of, count)
        weekends: dict[int, list[int]] = {}
        for day, number in enumerate(frame.weekend):
            if number is not None:
                weekends.setdefault(number, []).append(day)
        used[:, -1] = 60.0 * sum((days[:, at] >= 0).any(axis=1) for at in weekends.values())
        return used

    def _any(self, p: int) -> Ints:
        """Any days that keep all rules (d), by CP-SAT; −2 throughout where none are found."""
        frame = self.frame
        model = Model(frame.problem)
        able = [one for m, one in enumerate(frame.demands) if frame.able[p, m]]
        model.add(frame.people[p], able)
        for keeps in model.keeps.values():
            model.model.add(keeps == 1)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = _WORK
        kinds = np.full(frame.problem.days, -1, dtype=np.int64)
        if solver.solve(model.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return np.full_like(kinds, -2)
        for one in able:
            if solver.boolean_value(model.works[frame.people[p].id, one.id]):
                kinds[one.day] = frame.kind_at[one.kind]
        return kinds


class PlainWalk:
    """One pass over the days for people of one shape, nothing counted but days in a row.

    ``cost``: (p, d, k); ``weekend``: points for each weekend with work (p). States: work (p, k, r),
    r days in a row − 1; off (p, o), o days off − 1.
    """

    def __init__(
        self,
        frame: Frame,
        shape: Shape,
        cost: Floats,
        off_cost: Floats,
        weekend: Floats,
        people: Ints,
    ) -> None:
        self.frame, self.shape, self.cost, self.off_cost = frame, shape, cost, off_cost
        self.weekend, self.people = weekend, people
        self.rows = max(shape.least_row, shape.row or shape.least_row, 1)
        self.after: dict[bytes, list[int]] = {}
        for k in range(len(frame.kinds)):
            self.after.setdefault(frame.bars[:, k].tobytes(), []).append(k)
        self._begin()
        for day in range(frame.problem.days):
            self._go(day)

    def _begin(self) -> None:
        work = np.full((len(self.people), len(self.frame.kinds), self.rows), np.inf)
        off = np.full((len(self.people), self.shape.least_off), np.inf)
        for row, p in enumerate(self.people.tolist()):
            shape = self.frame.shapes[p]
            if shape.begun > 0 and shape.last >= 0:
                work[row, shape.last, min(shape.begun, self.rows) - 1] = 0
            elif shape.begun < 0 and not shape.open:
                off[row, min(-shape.begun, shape.least_off) - 1] = 0
            else:
                off[row, -1] = 0
        self.works, self.offs = [work], [off]

    def _fines(self, day: int) -> tuple[Floats, Floats]:
        """What a day of work costs beyond its own (p): after a day off, and after work."""
        none = np.zeros(len(self.people))
        if self.frame.weekend[day] is None:
            return none, none
        sunday = (day + self.frame.problem.first_weekday) % 7 == SUNDAY
        return self.weekend, none if sunday and day > 0 else self.weekend

    def _leaves(self, day: int) -> list[int]:
        shape = self.shape
        return [
            r
            for r in range(self.rows)
            if r + 1 >= shape.least_row
            or (shape.open and shape.begun >= 0 and r + 1 == shape.begun + day)
        ]

    def _go(self, day: int) -> None:
        work, off = self.works[-1], self.offs[-1]
        after_off, after_work = self._fines(day)
        rested = off[:, -1]
        next_work = np.empty_like(work)
        next_work[:, :, 0] = rested[:, None] + (self.cost[:, day] + after_off[:, None])
        worked = self.cost[:, day] + after_work[:, None]
        endless = self.shape.row is None
        for kinds in self.after.values():
            before = ~self.frame.bars[:, kinds[0]]
            row = work[:, before].min(axis=1, initial=np.inf)
            onward = worked[:, kinds, None]
            next_work[:, kinds, 1:] = row[:, None, :-1] + onward
            if endless:
                longest = row[:, None, -1] + onward[:, :, 0]
                next_work[:, kinds, -1] = np.minimum(next_work[:, kinds, -1], longest)
        next_off = np.full_like(off, np.inf)
        free = self.off_cost[:, day, None]
        if leaves := self._leaves(day):
            next_off[:, 0] = work[:, :, leaves].min(axis=(1, 2)) + free[:, 0]
        if off.shape[1] > 1:
            next_off[:, 1:] = off[:, :-1] + free
        next_off[:, -1] = np.minimum(next_off[:, -1], rested + free[:, 0])
        self.works.append(next_work)
        self.offs.append(next_off)

    def best(self) -> tuple[Floats, Ints]:
        """The least points (p), and the kinds by day (p, d; −1 for a day off, −2 without any)."""
        count, everyone = len(self.people), np.arange(len(self.people))
        last = self.works[-1].reshape(count, -1)
        at_work, at_off = last.argmin(axis=1), self.offs[-1].argmin(axis=1)
        of_work, of_off = last[everyone, at_work], self.offs[-1][everyone, at_off]
        points = np.minimum(of_work, of_off)
        works = of_work <= of_off
        kind, length = at_work // self.rows, np.where(works, at_work % self.rows, at_off)
        kinds = np.full((count, self.frame.problem.days), -1, dtype=np.int64)
        for day in range(self.frame.problem.days - 1, -1, -1):
            kinds[works, day] = kind[works]
            works, kind, length = self._back(day, works, kind, length)
        kinds[~np.isfinite(points)] = -2
        return points, kinds

    def _back(self, day: int, works: Bools, kind: Ints, length: Ints) -> tuple[Bools, Ints, Ints]:
        """The states of the day before that led to these after ``day``: whether of work, the kind,
        the length − 1."""
        work, off = self.works[day], self.offs[day]
        everyone = np.arange(len(self.people))
        after_off, after_work = self._fines(day)
        # After a day off.
        from_off = off[:, -1] + (self.cost[everyone, day, kind] + after_off)
        from_off[length > 0] = np.inf
        # After work: one day less in a row, or as many where rows are endless.
        step = (self.cost[everyone, day, kind] + after_work)[:, None]
        barred = self.frame.bars[:, kind].T
        shorter = work[everyone, :, np.maximum(length - 1, 0)] + step
        shorter[barred | (length == 0)[:, None]] = np.inf
        before, row = shorter.argmin(axis=1), length - 1
        from_work = shorter[everyone, before]
        if self.shape.row is None:
            same = work[:, :, -1] + step
            same[barred | (length < self.rows - 1)[:, None]] = np.inf
            longest = same.argmin(axis=1)
            longer = same[everyone, longest] < from_work
            before = np.where(longer, longest, before)
            row = np.where(longer, length, row)
            from_work = np.minimum(from_work, same[everyone, longest])
        to_work = from_work < from_off
        # A day off: after work, one day off less, or one more where there were enough.
        end = off.shape[1] - 1
        leaves = self._leaves(day)
        left = np.full(len(self.people), np.inf)
        of_kind, of_row = np.zeros_like(kind), np.zeros_like(kind)
        if leaves:
            ends = work[:, :, leaves].reshape(len(self.people), -1)
            at = ends.argmin(axis=1)
            left = np.where(length == 0, ends[everyone, at], np.inf)
            of_kind, of_row = at // len(leaves), np.array(leaves)[at % len(leaves)]
        less = np.where(length > 0, off[everyone, np.clip(length - 1, 0, end)], np.inf)
        stay = np.where(length == end, off[:, -1], np.inf)
        off_to_work = left < np.minimum(less, stay)
        off_length = np.where(stay <= less, end, length - 1)
        return (
            np.where(works, to_work, off_to_work),
            np.where(works, before, of_kind),
            np.where(
                works,
                np.where(to_work, row, end),
                np.where(off_to_work, of_row, np.maximum(off_length, 0)),
            ),
        )
