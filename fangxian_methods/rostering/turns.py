"""Everybody's days in turns, each where heads are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .columns import Heads
from .frame import Bools, Ints
from .sharing import Sharing

if TYPE_CHECKING:
    from .search import Relaxed, Search

_TURN = 24  # planned at once
_MISSING, _DEARER = 0.5, 0.3  # points for a missing head at first, and how they rise
_LEARNT = 0.2  # how they rise when they begin at the programme's prices
_STUCK, _BOLDER = 4, 1.5  # after so many turns without fewer missing they rise faster
_HOPELESS = 18  # after so many turns without fewer missing it is begun anew
_GONE_ON = 3  # times with a roster without gaps, before one is drawn anew
_LOT = 0.1  # points that are drawn by lot, lest all take the same


class Turns:
    """Everybody's days again and again, a few people at once, each where heads are missing.

    What a missing head is worth is little at first and rises where it goes on missing, so that
    those who could help there leave what others can do (weights learnt at local optima: Morris
    1993, the breakout method). ``under``: (m) these points; ``skilled``: by row of ``Frame.some``.
    """

    def __init__(self, search: Search) -> None:
        frame = search.frame
        self.search, self.frame = search, frame
        self.heads = Heads.of(frame, ())
        self.now: list[int] = [-1] * len(frame.people)
        self.some_of = np.array([m for m, *_ in frame.some], dtype=np.int64)
        self.some_least = np.array([least for *_, least in frame.some], dtype=np.float64)
        self.under = np.minimum(frame.under, _MISSING)
        self.over = np.minimum(frame.over, _MISSING)
        self.skilled = self.under[self.some_of]
        self.step, self.fewest, self.idle, self.vain = _DEARER, np.inf, 0, 0
        self.sharing, self.learnt, self.gone_on = Sharing(frame), False, 0

    def whole(self) -> None:
        """Take all points for missing heads as they are, and the days of the best roster."""
        self.under, self.over = self.frame.under, self.frame.over
        self.skilled = self.under[self.some_of]
        for number in self.search.best:
            self.now[self.search.pool.columns[number].person] = number
        self.heads = Heads.of(self.frame, (self.search.pool.columns[n] for n in self.search.best))

    def again(self, relaxed: Relaxed) -> None:
        """Begin anew at the prices of the programme, with the columns that it takes most of, of
        those nearly alike one by lot. A roster without gaps is gone on with a few times first."""
        frame, pool, prices = self.frame, self.search.pool, relaxed.prices
        self.learnt = True
        least = np.minimum(frame.under, _MISSING)
        self.under = np.clip(prices.cover + _MISSING, least, frame.under)
        self.skilled = np.clip(
            prices.skilled + _MISSING, least[self.some_of], frame.under[self.some_of]
        )
        self.step, self.fewest, self.idle, self.vain = _LEARNT, np.inf, 0, 0
        if self.gone_on and not self.missing():
            self.gone_on -= 1
            return
        self.gone_on = _GONE_ON
        most: dict[int, float] = {}
        for number, share in relaxed.master.shares().items():
            person = pool.columns[number].person
            drawn = share * self.search.rng.uniform(0.7, 1.3)
            if drawn > most.get(person, 0.0):
                most[person], self.now[person] = drawn, number
        self.heads = Heads.of(frame, (pool.columns[number] for number in self.now if number >= 0))

    def go(self) -> list[int]:
        """One turn of all. The columns, one a person where there are any."""
        for people in self.parts(_TURN):
            self.search.watch()
            if self.learnt:
                self.match()
            self.plan(people)
        if self.learnt:
            self.match()
        return self.rows()

    def parts(self, size: int) -> list[Ints]:
        """Everybody in parts of about ``size``, mixed, those with the same limits together."""
        rng = self.search.rng
        parts: list[Ints] = []
        for members in self.search.planner.groups.values():
            mixed = rng.permutation(np.array(members, dtype=np.int64))
            parts += np.array_split(mixed, max(1, round(len(members) / size)))
        return [np.sort(parts[part]) for part in rng.permutation(len(parts)).tolist()]

    def match(self) -> None:
        """Share the posts out anew among those who are there, in each kind of shift of a day where
        something is missing. What is missing in any case is missing at a post by lot, and what was
        learnt of it goes with it."""
        frame, columns = self.frame, self.search.pool.columns
        lacking = self.lacking()
        cells = [posts for posts in self.sharing.cells if lacking[posts].any()]
        if not cells:
            return
        worth = [float(self.under[posts[lacking[posts]]].max()) for posts in cells]
        worked = {
            person: columns[number].worked for person, number in enumerate(self.now) if number >= 0
        }
        for person, anew in self.sharing.shared(cells, worked, self.search.rng).items():
            days = np.full(frame.problem.days, -1, dtype=np.int64)
            days[frame.day[anew]] = anew
            self.heads.add(frame, columns[self.now[person]], -1)
            self.now[person], _new = self.search.pool.add(person, days)
            self.heads.add(frame, columns[self.now[person]])
        lacking = self.lacking()
        for posts, least in zip(cells, worth, strict=True):
            there = posts[lacking[posts]]
            self.under[there] = np.minimum(frame.under[there], np.maximum(self.under[there], least))

    def lacking(self) -> Bools:
        """(m): whether heads are missing, or those with a skill."""
        lacking = self.heads.all < self.frame.least
        lacking[self.some_of[self.heads.skilled < self.some_least]] = True
        return lacking

    def rows(self) -> list[int]:
        return [number for number in self.now if number >= 0]

    def missing(self) -> bool:
        """Whether heads are missing that cost something."""
        frame = self.frame
        short = (self.heads.all < frame.least) & (frame.under > 0)
        some = (self.heads.skilled < self.some_least) & (frame.under[self.some_of] > 0)
        return bool(short.any() or some.any())

    @property
    def hopeless(self) -> bool:
        """Whether it went on for long without fewer missing."""
        return self.vain >= _HOPELESS

    def learn(self) -> None:
        """Let what is missing now be worth more."""
        frame = self.frame
        short = np.clip(frame.least - self.heads.all, 0, 2)
        lacking = self.heads.skilled < self.some_least
        missing = float(short.sum() + lacking.sum())
        better = missing < self.fewest
        self.idle, self.vain = (0, 0) if better else (self.idle + 1, self.vain + 1)
        self.fewest = min(self.fewest, missing)
        if self.idle >= _STUCK:
            self.idle, self.step = 0, self.step * _BOLDER
        self.under = np.minimum(frame.under, self.under + self.step * short)
        self.skilled = np.minimum(frame.under[self.some_of], self.skilled + self.step * lacking)

    def plan(self, people: Ints) -> None:
        """Plan these at the prices of now, then take one after another what is no worse."""
        frame, pool = self.frame, self.search.pool
        price = np.zeros((len(frame.people), len(frame.demands)))
        price[people] = np.where(self.heads.all < frame.least, self.under, -self.over)
        skilled = self.skilled * (self.heads.skilled < self.some_least)
        for saved, (m, holders, _least) in zip(skilled.tolist(), frame.some, strict=True):
            if saved:
                price[people[holders[people]], m] += saved
        for p in people.tolist():
            if self.now[p] >= 0:
                # What somebody works now is worth what its loss would cost.
                for m, worth in self._worth(self.now[p], -1).items():
                    price[p, m] = worth
        price[people] -= _LOT * self.search.rng.random((len(people), len(frame.demands)))
        _points, days = self.search.planner.plan(-price, people)
        for row, p in enumerate(people.tolist()):
            if days[row, 0] > -2:
                number, _new = pool.add(p, days[row])
                if number != self.now[p]:
                    self._change(p, number)

    def _worth(self, number: int, shift: int) -> dict[int, float]:
        """What each of a column's heads saves if ``shift`` heads more were there already."""
        frame, heads, column = self.frame, self.heads, self.search.pool.columns[number]
        worth = {
            m: float(self.under[m] if heads.all[m] + shift < frame.least[m] else -self.over[m])
            for m in column.worked
        }
        for row in frame.asked(column.person, column.worked):
            if heads.skilled[row] + shift < self.some_least[row]:
                worth[frame.some[row][0]] += float(self.skilled[row])
        return worth

    def _change(self, person: int, number: int) -> None:
        pool, before = self.search.pool, self.now[person]
        old = np.inf
        if before >= 0:
            self.heads.add(self.frame, pool.columns[before], -1)
            old = pool.columns[before].points - sum(self._worth(before, 0).values())
        if pool.columns[number].points - sum(self._worth(number, 0).values()) <= old:
            self.now[person] = number
        self.heads.add(self.frame, pool.columns[self.now[person]])
