"""The days of one person where all that has to be counted makes too many states.

Minutes, weekends and kinds that are limited in sum are not counted but priced: what there is too
much of is made dearer, what there is too little of cheaper, until the limits are kept (Lagrangian
relaxation; Fisher 1981). Rows of days and rest are kept exactly. The dearest of the relaxed values
bounds all days that keep the limits from below; the days found may cost more. Where one price is
too much and the next too little, the first days of the one are joined with the last of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from .frame import Bools, Floats, Frame, Ints, Shape
from .rules import Model

_TRIES, _MOST_TRIES = 24, 100
_CLOSER = 4  # tries after days were found that keep the limits
_LONGER, _SHORTER = 1.7, 0.45  # how much a price's steps grow and shrink
_PATHS = 5  # of one person, that are tried with one another
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


@dataclass(slots=True)
class Path:
    """Somebody's days, ready to be joined with others of the same person.

    ``used``, ``points``: of the days before each (d + 1, c and d + 1); ``rested``: whether work may
    begin on a day after those before it; ``whole``: whether no row of work is cut before a day.
    """

    days: Ints
    used: Floats
    weekends: Ints
    later_weekends: Ints
    points: Floats
    rested: Bools
    whole: Bools

    def joined(self, other: Path, most: Floats) -> tuple[float, int]:
        """The points of the first of these days and the last of the other's, and from which day on
        the other's are: the cheapest that keep the limits; infinite without any."""
        used = self.used + (other.used[-1] - other.used)
        used[:, -1] = 60.0 * (self.weekends + other.later_weekends)
        fits = self.rested & other.whole & (used <= most).all(axis=1)
        points = np.where(fits, self.points + (other.points[-1] - other.points), np.inf)
        at = int(points.argmin())
        return float(points[at]), at


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
        # Limits pull at one another: steps grow while a limit asks for the same, else they shrink.
        step, before = np.maximum(_FIRST, price / 4), np.zeros_like(price)
        bound = np.full(count, -np.inf)
        fewest = np.full(count, np.inf)
        kinds = np.full((count, frame.problem.days), -2, dtype=np.int64)
        active = np.arange(count)
        since = np.zeros(count, dtype=np.int64)
        paths: list[list[Path]] = [[] for _ in range(count)]
        known = np.array([p in self.known for p in people.tolist()], dtype=np.bool_)
        for number in range(_MOST_TRIES):
            if number >= _TRIES:  # only those who never had days that keep the limits go on
                active = active[np.isinf(fewest[active]) & ~known[active]]
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
            for row, mine in zip(active[~never].tolist(), days[~never], strict=True):
                path = self._path(int(people[row]), mine, sums.of[row], cost[row])
                for other in paths[row]:
                    for first, last in ((path, other), (other, path)):
                        points, day = first.joined(last, sums.most[row])
                        if points < fewest[row] - 1e-9:
                            fewest[row] = points
                            kinds[row] = np.concatenate([first.days[:day], last.days[day:]])
                paths[row] = [path, *paths[row][: _PATHS - 1]]
            free = kept & (price[active] <= 0).all(axis=1)
            since[active] += np.isfinite(fewest[active])
            over = excess > 0
            sign = np.where(over, 1.0, np.where(price[active] > 0, -1.0, 0.0))
            turned = sign * before[active]
            step[active] *= np.where(turned > 0, _LONGER, np.where(turned < 0, _SHORTER, 1.0))
            before[active] = sign
            price[active] = np.maximum(0.0, price[active] + sign * step[active])
            active = active[~(free | never | (since[active] > _CLOSER))]
        for row in np.nonzero(np.isfinite(fewest))[0].tolist():
            self.known[int(people[row])] = kinds[row].copy()
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

    def _path(self, p: int, days: Ints, of: Floats, cost: Floats) -> Path:
        """Days (d) of a person; ``of`` (c, k), ``cost`` (d, k)."""
        frame, shape = self.frame, self.frame.shapes[p]
        count = frame.problem.days
        works = days >= 0
        worked = np.flatnonzero(works)
        use = np.zeros((count + 1, len(of)))
        use[worked + 1] = of[:, days[worked]].T
        points = np.zeros(count + 1)
        points[1:] = frame.own_off[p]
        points[worked + 1] = cost[worked, days[worked]]
        first, last = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
        at = [frame.weekend[day] for day in worked.tolist()]
        for n, day in enumerate(worked.tolist()):
            if at[n] is not None:
                first[day + 1] = n == 0 or at[n - 1] != at[n]
                last[day] = n == len(at) - 1 or at[n + 1] != at[n]
        off = np.zeros(count + 1, dtype=np.int64)  # days off just before a day
        off[0] = shape.least_off
        if shape.begun > 0 and shape.last >= 0:
            off[0] = 0
        elif shape.begun < 0 and not shape.open:
            off[0] = -shape.begun
        since = np.maximum.accumulate(np.where(works, np.arange(1, count + 1), 0))
        off[1:] = np.arange(1, count + 1) - since + np.where(since == 0, off[0], 0)
        begins = np.ones(count + 1, dtype=np.bool_)
        begins[1:count] = ~(works[1:] & works[:-1])
        begins[0] = False
        return Path(
            days,
            np.cumsum(use, axis=0),
            np.cumsum(first),
            np.cumsum(last[::-1])[::-1],
            np.cumsum(points),
            off >= shape.least_off,
            begins,
        )

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
        weekend = self.frame.weekend
        same = day > 0 and weekend[day - 1] == weekend[day]
        return self.weekend, none if same else self.weekend

    def _leaves(self, day: int) -> list[int]:
        shape = self.shape
        return [
            r
            for r in range(self.rows)
            if r + 1 >= shape.least_row
            or (shape.open and shape.begun >= 0 and r + 1 == shape.begun + day)
        ]

    def _go(self, day: int) -> None:
        work, off, frame = self.works[-1], self.offs[-1], self.frame
        after_off, after_work = self._fines(day)
        rested = off[:, -1]
        next_work = np.empty_like(work)
        next_work[:, :, 0] = rested[:, None] + (self.cost[:, day] + after_off[:, None])
        worked = self.cost[:, day] + after_work[:, None]
        row = frame.least_before(work)
        next_work[:, :, 1:] = row[:, :, :-1] + worked[:, :, None]
        if self.shape.row is None:
            np.minimum(next_work[:, :, -1], row[:, :, -1] + worked, out=next_work[:, :, -1])
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
