"""The cheapest days of each person by themselves, when each demand has a price.

A shortest path over states (kind and days in a row, or days off in a row; minutes; weekends;
kinds that are counted), day by day, for all people of one shape at once. Its answer is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .frame import Floats, Frame, Ints, Shape
from .priced import Priced, uncounted

_DOUBLINGS = 12
_MOST_BYTES = 2**28  # for all states of those planned at once
_MOST_BYTES_OF_ONE = 2**25  # beyond it sums are priced, not counted


class Planner:
    """Plans the days of people. ``watch`` is called between those planned at once."""

    def __init__(self, frame: Frame, watch: Callable[[], None] = lambda: None) -> None:
        self.frame, self.watch = frame, watch
        self.priced = Priced(frame)
        self.first: Ints | None = None  # days that everybody was found to have
        self.groups: dict[Shape, list[int]] = {}
        self.by_price: set[Shape] = set()
        self.counted = sum(self._bytes(shape) for shape in frame.shapes)
        for p, shape in enumerate(frame.shapes):
            # What lies before tells where days begin; it matters later where rows have a least.
            alike = shape if shape.least_row > 1 else replace(shape, begun=0, open=True, last=-1)
            if self._bytes(alike) > _MOST_BYTES_OF_ONE:
                alike = uncounted(alike)
                self.by_price.add(alike)
            self.groups.setdefault(alike, []).append(p)

    def plan(self, price: Floats, among: Ints | None = None) -> tuple[Floats, Ints]:
        """A bound from below on the points (p), and the demands by day (p, d; −1 for a day off).

        ``price``: (m) or (p, m), added to what a demand costs the person itself; ``among``: whose
        days, all without. The points are infinite where no days keep the rules, else those of the
        days, but where limits are only watched: there the days may cost a little more. Whoever has
        no days has −2 throughout.
        """
        frame = self.frame
        wanted = np.arange(len(frame.people)) if among is None else among
        cost = np.where(frame.able[wanted], frame.own[wanted], np.inf) + (
            price if price.ndim == 1 else price[wanted]
        )
        points = np.full(len(wanted), np.inf)
        worked = np.full((len(wanted), frame.problem.days), -2, dtype=np.int64)
        rows = {int(p): row for row, p in enumerate(wanted)}
        for shape, members in self.groups.items():
            some = [p for p in members if p in rows]
            size = self._bytes(shape)
            step = max(1, _MOST_BYTES // size)
            for begin in range(0, len(some), step):
                self.watch()
                at = np.array([rows[p] for p in some[begin : begin + step]])
                group = self._priced if shape in self.by_price else self._group
                points[at], worked[at] = group(shape, wanted[at], cost[at])
                for row, p in zip(at.tolist(), wanted[at].tolist(), strict=True):
                    if frame.people[p].limits.least_rest and np.isfinite(points[row]):
                        worked[row] = self._rested(shape, p, cost[row], worked[row])
        return points + frame.base[wanted], worked

    def _bytes(self, shape: Shape) -> int:
        """What the states of one person take for all days."""
        rows = max(shape.least_row, shape.row or shape.least_row, 1)
        states = len(self.frame.kinds) * rows + shape.least_off
        counted = (shape.minutes + 1) * (max(shape.weekends, 0) + 1) * (shape.most + 1)
        return 8 * states * counted * (self.frame.problem.days + 1)

    def _group(self, shape: Shape, people: Ints, cost: Floats) -> tuple[Floats, Ints]:
        frame = self.frame
        least, chosen = frame.cheapest(cost)
        walk = _Walk(frame, shape, least, frame.own_off[people], people)
        points, kinds = walk.best()
        for row, p in enumerate(people.tolist()):
            if frame.watches[p] and np.isfinite(points[row]):
                kinds[row] = self._watched(shape, p, least[row], kinds[row])
        worked = np.where(kinds < -1, kinds, -1)
        rows, days = np.nonzero(kinds >= 0)
        worked[rows, days] = chosen[rows, days, kinds[rows, days]]
        return points, worked

    def _priced(self, shape: Shape, people: Ints, cost: Floats) -> tuple[Floats, Ints]:
        least, chosen = self.frame.cheapest(cost)
        points, kinds = self.priced.plan(shape, people, least)
        worked = np.where(kinds < -1, kinds, -1)
        rows, days = np.nonzero(kinds >= 0)
        worked[rows, days] = chosen[rows, days, kinds[rows, days]]
        return points, worked

    def _rested(self, shape: Shape, p: int, cost: Floats, worked: Ints) -> Ints:
        """Days with rest enough: where there is too little, the day that costs least is left free.
        −2 throughout where there are none."""
        frame, person = self.frame, self.frame.people[p]
        assert person.limits.least_rest is not None
        least, within = person.limits.least_rest
        before = np.array([one is not None for one in person.before], dtype=np.bool_)
        group = self._priced if shape in self.by_price else self._group
        while (worked > -2).all():
            works = np.concatenate((before, worked >= 0))
            ends = range(len(before) + 1, len(works) + 1)
            short = (
                end for end in ends if within - works[max(0, end - within) : end].sum() < least
            )
            end = next((one for one in short if works[one - 1]), None)
            if end is None:
                return worked
            days = np.arange(max(0, end - within - len(before)), end - len(before))
            may = [day for day in days.tolist() if worked[day] >= 0 and not self._set(p, day)]
            if not may:
                break
            # Each of them left free by itself: the cheapest days that come of it are gone on with.
            costs = np.where(frame.day[None] == np.array(may)[:, None], np.inf, cost[None])
            points, found = group(shape, np.full(len(may), p), costs)
            points[(found <= -2).any(axis=1)] = np.inf
            best = int(points.argmin())
            cost, worked = costs[best], found[best]
        return np.full_like(worked, -2)

    def _set(self, p: int, day: int) -> bool:
        return bool(np.isinf(self.frame.own_off[p, day]))

    def _watched(self, shape: Shape, p: int, least: Floats, kinds: Ints) -> Ints:
        """Days that keep the watched limits too: what is worked too often is made dearer until it
        isn't. −2 throughout where there are none."""
        frame = self.frame
        fines = np.zeros(len(frame.kinds))
        step = 1.0
        for _ in range(_DOUBLINGS):
            worked = np.bincount(kinds[kinds >= 0], minlength=len(frame.kinds))
            broken = [w for w in frame.watches[p] if worked[list(w.kinds)].sum() > w.most]
            if not broken:
                return kinds
            for watch in broken:
                fines[list(watch.kinds)] += step
            step *= 2
            walk = _Walk(frame, shape, (least + fines)[None], frame.own_off[[p]], np.array([p]))
            found, days = walk.best()
            if not np.isfinite(found[0]):
                break
            kinds = days[0]
        return np.full_like(kinds, -2)


class _Walk:
    """One pass over the days for people of one shape.

    ``work``: (p, k, r, t, w, c), r days in a row − 1; ``off``: (p, o, t, w, c), o days off − 1.
    """

    def __init__(
        self, frame: Frame, shape: Shape, cost: Floats, off_cost: Floats, people: Ints
    ) -> None:
        self.frame, self.shape, self.cost, self.off_cost = frame, shape, cost, off_cost
        self.people = people
        kinds = len(frame.kinds)
        self.rows = max(shape.least_row, shape.row or shape.least_row, 1)
        self.size = (shape.minutes + 1, max(shape.weekends, 0) + 1, shape.most + 1)
        self.step = [
            (
                int(frame.minutes[k]) // frame.unit if shape.minutes else 0,
                int(k in shape.counted),
            )
            for k in range(kinds)
        ]
        # Kinds that may follow the same ones look back at the same states.
        self.after: dict[bytes, list[int]] = {}
        for k in range(kinds):
            self.after.setdefault(frame.bars[:, k].tobytes(), []).append(k)
        self.works: list[Floats] = []
        self.offs: list[Floats] = []
        self._begin()
        for day in range(frame.problem.days):
            self._go(day)

    def _begin(self) -> None:
        people = len(self.people)
        work = np.full((people, len(self.frame.kinds), self.rows, *self.size), np.inf)
        off = np.full((people, self.shape.least_off, *self.size), np.inf)
        for row, p in enumerate(self.people.tolist()):
            shape = self.frame.shapes[p]
            if shape.begun > 0 and shape.last >= 0:
                work[row, shape.last, min(shape.begun, self.rows) - 1, 0, 0, 0] = 0
            elif shape.begun < 0 and not shape.open:
                off[row, min(-shape.begun, shape.least_off) - 1, 0, 0, 0] = 0
            else:
                off[row, -1, 0, 0, 0] = 0
        self.works, self.offs = [work], [off]

    def _weekend(self, day: int, from_work: bool) -> int:
        if self.shape.weekends < 0 or self.frame.weekend[day] is None:
            return 0
        weekend = self.frame.weekend
        return 0 if from_work and day > 0 and weekend[day - 1] == weekend[day] else 1

    def _leaves(self, day: int) -> list[int]:
        """Lengths − 1 of days in a row after which a day off may come on ``day``."""
        shape = self.shape
        return [
            r
            for r in range(self.rows)
            if r + 1 >= shape.least_row
            or (shape.open and shape.begun >= 0 and r + 1 == shape.begun + day)
        ]

    def _go(self, day: int) -> None:
        work, off = self.works[-1], self.offs[-1]
        shape = self.shape
        next_work = np.full_like(work, np.inf)
        rested = off[:, -1]
        endless = shape.row is None
        for kinds in self.after.values():
            before = [k for k in range(work.shape[1]) if not self.frame.bars[k, kinds[0]]]
            row = work[:, before].min(axis=1) if before else None
            for k in kinds:
                cost = self.cost[:, day, k, None, None, None]
                if not np.isfinite(cost).any():
                    continue
                minutes, counted = self.step[k]
                self._lay(
                    next_work[:, k, 0], rested, minutes, self._weekend(day, False), counted, cost
                )
                if row is None:
                    continue
                weekend = self._weekend(day, True)
                if self.rows > 1:
                    self._lay(
                        next_work[:, k, 1:], row[:, :-1], minutes, weekend, counted, cost[:, None]
                    )
                if endless:
                    self._lay(next_work[:, k, -1], row[:, -1], minutes, weekend, counted, cost)
        next_off = np.full_like(off, np.inf)
        leaves = self._leaves(day)
        free = self.off_cost[:, day, None, None, None]
        if leaves:
            next_off[:, 0] = work[:, :, leaves].min(axis=(1, 2)) + free
        if off.shape[1] > 1:
            next_off[:, 1:] = np.minimum(next_off[:, 1:], off[:, :-1] + free[:, None])
        next_off[:, -1] = np.minimum(next_off[:, -1], rested + free)
        self.works.append(next_work)
        self.offs.append(next_off)

    @staticmethod
    def _lay(
        into: Floats, source: Floats, minutes: int, weekend: int, counted: int, cost: Floats
    ) -> None:
        """Lay ``source``, moved on by what is worked, over ``into`` where it is cheaper."""
        t, w, c = source.shape[-3:]
        if minutes >= t or weekend >= w or counted >= c:
            return
        moved = source[..., : t - minutes, : w - weekend, : c - counted] + cost
        part = into[..., minutes:, weekend:, counted:]
        np.minimum(part, moved, out=part)

    def _last(self) -> tuple[Floats, Floats]:
        """What each state costs in the end, all counted."""
        shape, frame = self.shape, self.frame
        weights = frame.problem.weights
        fair = np.array([frame.fair[p] for p in self.people.tolist()], dtype=np.float64).reshape(
            -1, 2
        )
        extra = np.zeros((len(self.people), *self.size))
        if shape.minutes:
            extra[:, : shape.least_minutes] = np.inf
        if weights.weekend and shape.weekends >= 0:
            above = np.maximum(0, np.arange(self.size[1])[None] - fair[:, 1:2])
            extra += weights.weekend * above[:, None, :, None]
        if weights.night and shape.counted and shape.counted == frame.nights:
            above = np.maximum(0, np.arange(self.size[2])[None] - fair[:, 0:1])
            extra += weights.night * above[:, None, None, :]
        return self.works[-1] + extra[:, None, None], self.offs[-1] + extra[:, None]

    def ends(self) -> tuple[Floats, Floats, Floats]:
        work, off = self._last()
        people = len(work)
        of_work, of_off = work.reshape(people, -1), off.reshape(people, -1)
        return np.minimum(of_work.min(axis=1), of_off.min(axis=1)), of_work, of_off

    def best(self) -> tuple[Floats, Ints]:
        """The least points (p), and the kinds by day (p, d; −1 for a day off, −2 without any)."""
        points, of_work, of_off = self.ends()
        kinds = np.full((len(points), self.frame.problem.days), -2, dtype=np.int64)
        shape_work, shape_off = self.works[0].shape[1:], self.offs[0].shape[1:]
        for row in np.nonzero(np.isfinite(points))[0].tolist():
            at_work = int(of_work[row].argmin()) if of_work.shape[1] else 0
            at_off = int(of_off[row].argmin())
            if of_work.shape[1] and of_work[row, at_work] <= of_off[row, at_off]:
                state = (True, *(int(i) for i in np.unravel_index(at_work, shape_work)))
            else:
                state = (False, *(int(i) for i in np.unravel_index(at_off, shape_off)))
            for day in range(self.frame.problem.days - 1, -1, -1):
                state, kinds[row, day] = self._back(row, day, state)
        return points, kinds

    def _back(self, row: int, day: int, state: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
        """The state of the day before that led to ``state`` after ``day``, and the kind worked."""
        work, off = self.works[day][row], self.offs[day][row]
        if state[0]:
            _, k, r, t, w, c = state
            value = self.works[day + 1][row, k, r, t, w, c]
            cost = self.cost[row, day, k]
            minutes, counted = self.step[k]
            t, c = t - minutes, c - counted
            rested = w - self._weekend(day, False)
            if r == 0 and rested >= 0 and off[-1, t, rested, c] + cost == value:
                return (False, off.shape[0] - 1, t, rested, c), k
            w -= self._weekend(day, True)
            for before in range(work.shape[0]):
                if self.frame.bars[before, k]:
                    continue
                if r > 0 and work[before, r - 1, t, w, c] + cost == value:
                    return (True, before, r - 1, t, w, c), k
                endless = r == self.rows - 1 and self.shape.row is None
                if endless and work[before, r, t, w, c] + cost == value:
                    return (True, before, r, t, w, c), k
            raise AssertionError("a state of work leads back to none")
        _, o, t, w, c = state
        value, free = self.offs[day + 1][row, o, t, w, c], self.off_cost[row, day]
        last = off.shape[0] - 1
        if o == last and off[last, t, w, c] + free == value:
            return (False, last, t, w, c), -1
        if o > 0 and off[o - 1, t, w, c] + free == value:
            return (False, o - 1, t, w, c), -1
        if o == 0:
            for r in self._leaves(day):
                for k in range(work.shape[0]):
                    if work[k, r, t, w, c] + free == value:
                        return (True, k, r, t, w, c), -1
        raise AssertionError("a state of rest leads back to none")
