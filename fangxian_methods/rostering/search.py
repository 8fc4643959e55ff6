"""The search for a roster: columns, a first roster by diving, then better ones part by part.

Everything is worked out in a fixed order with numbers from one seed, and parts end by their work,
not by the clock: stopped after the same number of rounds it gives the same roster.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from .check import breaches_of
from .columns import Heads, Master, Pool, Prices
from .frame import Frame, Ints
from .model import DAYS_A_WEEK
from .planning import Planner
from .turns import Turns
from .windows import part as part_of
from .windows import window

_GRAIN = 1000  # whole-number costs: thousandths of a point
_SMOOTH = 0.7  # how much of the prices is kept from the best bound so far
_ROUNDS = 400  # of columns, at the most
_DIVE_ROUNDS = 6
_WRONG_PRICES = 6
_SURE = 0.99  # of a column that is taken for good
_SMALLEST, _FIRST, _LARGEST = 3, 6, 14
_WORK = 2.0  # CP-SAT's measure of work for a part
_WORK_WHOLE = 20.0
_BIG = 0.3  # of the parts take many people, and dive
_MANY = 60  # people, from which on they are planned in turns first
_TURNS = 10  # of everybody, at the most, before the programme
_MORE_TURNS = 120  # after it
_CEILING = 4.0  # points for a missing head in the programme at first
_CALM = 0.3  # of the prices is kept, where a ceiling holds them down already
_LONG = 2**28  # bytes of everybody's states, from which on weeks are planned anew by themselves
_TURNS_OF_LONG = (12, 6, 3)  # at once, where days are many
_WORTH_A_TURN = 0.05  # of all points are won by a turn, else fewer are planned at once
_WEEKS = (1, 2, 2, 3, 4)
_FEWEST_IN_WEEKS, _MOST_IN_WEEKS = 3, 10  # people
_CLOSE = 0.004  # of its value: the bound of many people needn't be closer at first


class Stopped(Exception):
    """Whoever asked has had enough."""


Watcher = Callable[[], None]
"""Called between steps; raises Stopped."""


@dataclass(slots=True)
class Relaxed:
    """A linear programme at its end."""

    master: Master
    value: float
    bound: float
    prices: Prices


def small_of(small: Frame, frame: Frame, days: Ints) -> list[int]:
    """Demands (d) of the whole problem in the numbers of a part of it."""
    return [small.demand_at[frame.demands[m].id] if m >= 0 else -1 for m in days.tolist()]


class Search:
    """Rosters of one problem, better and better. ``best``: a column a person."""

    def __init__(
        self, frame: Frame, seed: int, watch: Watcher, planner: Planner | None = None
    ) -> None:
        self.frame, self.pool = frame, Pool(frame)
        self.planner = planner or Planner(frame)
        self.planner.watch = watch
        self.by_id = {one.id: one for one in frame.demands}
        self.long = self.planner.counted > _LONG
        self.rng = np.random.default_rng(seed)
        self.seed, self.watch = seed, watch
        self.people = np.arange(len(frame.people))
        self.best: list[int] = []
        self.points = np.inf
        self.bound = -np.inf
        self.size = float(_FIRST)
        self.turns: Turns | None = None
        self.left: Callable[[], float] = lambda: math.inf  # seconds until whoever asked wants it

    # -- the whole

    def begin(self, start: Ints | None = None) -> None:
        """A first roster: ``start`` (p, d), or one person after another where heads are missing."""
        if start is not None:
            self.begin_with(start)
        if len(self.people) < _MANY and not self.long:
            self._take(self._in_turn())
            return
        self.turns = Turns(self)
        if self.long:
            if start is None and (first := self.planner.first) is not None:
                self.begin_with(first)
            self._settle(self.turns)
            return
        self._take(self.turns.go())
        for _ in range(_TURNS):
            self.watch()
            if not self.turns.missing():
                break
            self.turns.learn()
            self._take(self.turns.go())

    def _settle(self, turns: Turns) -> None:
        """Everybody's days in turns, fewer at once where that brings little, until it brings
        nothing."""
        turns.whole()
        for size in _TURNS_OF_LONG:
            enough = False
            while not enough:
                before = self.points
                for people in turns.parts(size):
                    self.watch()
                    turns.plan(people)
                    self._take(turns.rows())
                enough = self.points > before * (1 - _WORTH_A_TURN)

    def turn(self, relaxed: Relaxed) -> None:
        """Many people in turns again, while that may bring something."""
        if self.turns is None:
            return
        self.turns.again(relaxed)
        for _ in range(_MORE_TURNS):
            self.watch()
            if self.points <= self.bound * (1 + _CLOSE):
                return
            self._take(self.turns.go())
            if self.turns.missing() and not self.turns.hopeless:
                self.turns.learn()
            else:
                self.turns.again(relaxed)

    def _in_turn(self) -> list[int]:
        """Everybody's days, one after another in some order, where heads are still missing."""
        heads, rows = self._heads([]), list[int]()
        for p in self.rng.permutation(self.people).tolist():
            price = heads.prices(self.frame).of(self.frame)
            _points, days = self.planner.plan(-price, np.array([p]))
            if days[0, 0] > -2:
                number, _new = self.pool.add(p, days[0])
                rows.append(number)
                heads.add(self.frame, self.pool.columns[number])
        return rows

    def relax(self) -> Relaxed:
        """The bound, and columns for a good roster."""
        nothing = self._heads([])
        if len(self.people) < _MANY:
            relaxed = self._generate(self.people, nothing, _ROUNDS, None, exact=True)
        else:
            relaxed = self._approach(self.people, nothing, None, _ROUNDS, _CLOSE)
        self.bound = max(self.bound, self.frame.raised(relaxed.bound))
        return relaxed

    def dive(self, relaxed: Relaxed) -> None:
        """Take columns for good one after another, with new ones found between."""
        self._take(self._dive(self.people, self._heads([]), relaxed))

    def _approach(
        self, people: Ints, given: Heads, prices: Prices | None, rounds: int, close: float
    ) -> Relaxed:
        """Columns until the programme's value is ``close`` (a share of it) to its bound, from small
        prices upwards."""
        frame = self.frame
        master = Master(self.pool, people, given, _CEILING)
        for p in people.tolist():
            for number in self.pool.of[p]:
                master.add(number)
        use = prices or Prices(np.zeros(len(frame.demands)), np.zeros(len(frame.some)))
        best, centre, stuck, value = -np.inf, use, False, np.inf
        for _ in range(rounds):
            self.watch()
            points, days = self.planner.plan(-use.of(frame), people)
            bound = use.worth(frame, given) + float(points.sum())
            if bound > best:
                best, centre = bound, use
            new = 0
            for row, p in enumerate(people.tolist()):
                if days[row, 0] > -2:
                    number, _ = self.pool.add(p, days[row])
                    new += number not in master.variables
                    master.add(number)
            value = master.solve()
            if value - best < close * max(1.0, abs(value)) or (stuck and not new):
                if not master.lift():
                    break
                value = master.solve()
            stuck = not new
            now, _one = master.prices()
            use = now if stuck else centre.mixed(now, _CALM)
        return Relaxed(master, value, best, centre)

    def _dive(self, people: Ints, given: Heads, relaxed: Relaxed) -> list[int]:
        given = Heads(given.all.copy(), given.skilled.copy())
        rest, rows, prices = people, list[int](), relaxed.prices
        first: Relaxed | None = relaxed
        while len(rest):
            self.watch()
            part = first or self._generate(rest, given, _DIVE_ROUNDS, prices, exact=False)
            first, prices = None, part.prices
            done: set[int] = set()
            shares = sorted(part.master.shares().items(), key=lambda one: (-one[1], one[0]))
            for number, share in shares:
                column = self.pool.columns[number]
                if column.person in done or (done and share < _SURE):
                    continue
                rows.append(number)
                done.add(column.person)
                given.add(self.frame, column)
            if not done:  # nobody has days that keep the rules
                break
            rest = np.array([p for p in rest.tolist() if p not in done], dtype=np.int64)
        return rows

    def choose(self, relaxed: Relaxed) -> None:
        """The best roster out of the columns that may lie in a better one."""
        nothing = self._heads([])
        numbers = self._promising(relaxed, self.people, self.points)
        self._take(self._choose(self.people, nothing, numbers, self.best, _WORK_WHOLE))

    # -- a part

    def improve(self) -> bool:
        """Plan some people's days anew while the others' stay. Whether it got better."""
        return self.improve_weeks() if self.long else self.improve_for(self._neighbours())

    def improve_for(self, people: Ints) -> bool:
        """Plan these people's days anew while the others' stay. Whether it got better."""
        among = set(people.tolist())
        here = [n for n in self.best if self.pool.columns[n].person in among]
        others = [n for n in self.best if self.pool.columns[n].person not in among]
        given = self._heads(others)
        now = self._points(here, given)
        part = self._generate(people, given, _ROUNDS, None, exact=False)
        if part.bound > now - 0.5 / _GRAIN:
            self.size = min(self.size + 0.25, _LARGEST)
            return False
        before = self.points
        if len(people) > _LARGEST:
            dived = self._dive(people, given, part)
            self._take(others + dived)
            if self.points < before:
                here, now = dived, self._points(dived, given)
            if part.bound > now - 0.5 / _GRAIN:
                return True
        self._enrich(part, people, now)
        numbers = self._promising(part, people, now)
        self._take(others + self._choose(people, given, numbers, here, _WORK))
        return self.points < before - 0.5 / _GRAIN

    def improve_weeks(self) -> bool:
        """Plan some people's days in some weeks anew while all else stays. Whether it got better.

        Weeks and people are where points are, mostly.
        """
        frame, before = self.frame, self.points
        days = self.days()
        heads = self._heads(self.best)
        missing = frame.least - heads.all
        points = np.where(missing > 0, frame.under * missing, -frame.over * missing)
        weeks = int(self.rng.choice(_WEEKS))
        last = (frame.problem.days + frame.problem.first_weekday - 1) // DAYS_A_WEEK
        count = min(len(self.people), int(self.rng.integers(_FEWEST_IN_WEEKS, _MOST_IN_WEEKS + 1)))
        among = self.people
        if points.sum() > 0 and self.rng.random() < 0.8:
            demand = int(self.rng.choice(len(points), p=points / points.sum()))
            week = (int(frame.day[demand]) + frame.problem.first_weekday) // DAYS_A_WEEK
            week -= int(self.rng.integers(0, weeks))
            able = np.nonzero(frame.able[:, demand])[0]
            if len(able) >= count:
                among = able
        else:
            week = int(self.rng.integers(0, last + 1))
        people = np.sort(self.rng.choice(among, count, replace=False))
        where = window(frame, people, max(0, min(week, last + 1 - weeks)), weeks)
        mine = set(people.tolist())
        others = [n for n in self.best if self.pool.columns[n].person not in mine]
        small = part_of(frame, where, days, self._heads(others))
        search = Search(small, int(self.rng.integers(2**31)), self.watch)
        search.left, search.long = self.left, False
        now = [small_of(small, frame, days[p, where.begin : where.told]) for p in people.tolist()]
        search.begin_with(np.array(now))
        if not search.improve_for(search.people):
            return False
        found = search.days()
        for row, p in enumerate(people.tolist()):
            inside = found[row, : where.end - where.begin]
            days[p, where.begin : where.end] = [
                frame.demand_at[small.demands[m].id] if m >= 0 else -1 for m in inside.tolist()
            ]
        # The edges of the weeks are the one place where a rule could slip through.
        for p in people.tolist():
            theirs = frame.days_of(days[p])
            if any(breaches_of(frame.problem, frame.people[p], theirs, self.by_id)):
                return False
        self._take(others + [self.pool.add(p, days[p])[0] for p in people.tolist()])
        return self.points < before - 0.5 / _GRAIN

    def begin_with(self, days: Ints) -> None:
        """This roster (p, d)."""
        self._take([self.pool.add(p, days[p])[0] for p in self.people.tolist()])

    def _neighbours(self) -> Ints:
        """People whose days may be worth planning together: some at random, or those who could
        work where heads are missing."""
        frame = self.frame
        count = int(min(len(frame.people), max(_SMALLEST, round(self.size))))
        if self.rng.random() < _BIG:
            count = min(len(frame.people), count + int(self.rng.integers(6, 14)))
        heads = self._heads(self.best).all
        short = np.nonzero((heads < frame.least) & (frame.under > 0))[0]
        if len(short) and self.rng.random() < 0.5:
            demand = int(self.rng.choice(short))
            able = np.nonzero(frame.able[:, demand])[0]
            if len(able) >= count:
                return np.sort(self.rng.choice(able, count, replace=False))
        return np.sort(self.rng.choice(len(frame.people), count, replace=False))

    # -- pieces

    def _generate(
        self, people: Ints, given: Heads, rounds: int, prices: Prices | None, *, exact: bool
    ) -> Relaxed:
        """Columns until none is worth more at its prices."""
        master = Master(self.pool, people, given)
        for p in people.tolist():
            for number in self.pool.of[p]:
                master.add(number)
        best, centre, stuck = -np.inf, prices, False
        gap = 1e-3 if exact else 0.5
        for _ in range(rounds):
            self.watch()
            value = master.solve()
            cover, _one = master.prices()
            use = cover if centre is None or stuck else centre.mixed(cover, _SMOOTH)
            points, days = self.planner.plan(-use.of(self.frame), people)
            bound = use.worth(self.frame, given) + float(points.sum())
            if bound > best:
                best, centre = bound, use
            if value - best < gap:
                break
            new = 0
            for row, p in enumerate(people.tolist()):
                if days[row, 0] > -2:
                    number, _ = self.pool.add(p, days[row])
                    new += number not in master.variables
                    master.add(number)
            if not new and stuck:
                break
            stuck = not new
        value = master.solve()
        return Relaxed(master, value, best, centre if centre is not None else master.prices()[0])

    def _enrich(self, part: Relaxed, people: Ints, now: float) -> None:
        """Columns that are nearly as good: planned at prices that are a little wrong."""
        price = part.prices.of(self.frame)
        spread = max(now - part.value, 1.0)
        for _ in range(_WRONG_PRICES):
            self.watch()
            wrong = self.rng.normal(
                0, spread / 4, (len(self.frame.people), len(self.frame.demands))
            )
            _points, days = self.planner.plan(wrong - price, people)
            for row, p in enumerate(people.tolist()):
                if days[row, 0] > -2:
                    part.master.add(self.pool.add(p, days[row])[0])
        part.value = part.master.solve()

    def _promising(self, part: Relaxed, people: Ints, now: float) -> list[int]:
        """Columns that a roster of less than ``now`` points may hold: of the others one alone costs
        more than can be won."""
        cover, one = part.master.prices()
        price_of = dict(zip(people.tolist(), one.tolist(), strict=True))
        found = []
        for number in part.master.variables:
            column = self.pool.columns[number]
            reduced = column.points - price_of[column.person] - cover.paid(self.frame, column)
            if reduced < now - part.value + 1e-6:
                found.append(number)
        return found

    def _choose(
        self, people: Ints, given: Heads, numbers: list[int], now: list[int], work: float
    ) -> list[int]:
        """The best column for each of these people; ``now`` stays unless one is better."""
        self.watch()
        frame, model = self.frame, cp_model.CpModel()
        taken = {number: model.new_bool_var("") for number in sorted({*numbers, *now})}
        of: dict[int, list[cp_model.IntVar]] = {p: [] for p in people.tolist()}
        at: list[list[cp_model.IntVar]] = [[] for _ in frame.demands]
        terms: list[cp_model.LinearExpr] = []
        for number, variable in taken.items():
            column = self.pool.columns[number]
            of[column.person].append(variable)
            terms.append(round(column.points * _GRAIN) * variable)
            for m in column.worked:
                at[m].append(variable)
            model.add_hint(variable, number in now)
        for variables in of.values():
            model.add_exactly_one(variables)
        for m, variables in enumerate(at):
            if not variables:
                continue
            left = round(frame.least[m] - given.all[m])
            under = model.new_int_var(0, max(left, 0), "")
            over = model.new_int_var(0, len(people) + max(-left, 0), "")
            model.add(sum(variables) + under - over == left)
            terms += [round(frame.under[m] * _GRAIN) * under, round(frame.over[m] * _GRAIN) * over]
        skilled: list[list[cp_model.IntVar]] = [[] for _ in frame.some]
        for number, variable in taken.items():
            column = self.pool.columns[number]
            for row in frame.asked(column.person, column.worked):
                skilled[row].append(variable)
        for row, (m, _holders, least) in enumerate(frame.some):
            missing = model.new_int_var(0, least, "")
            model.add(sum(skilled[row]) + missing >= least - round(given.skilled[row]))
            terms.append(round(frame.under[m] * _GRAIN) * missing)
        model.minimize(sum(terms))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed % 2**31
        solver.parameters.max_deterministic_time = work
        if math.isfinite(left := self.left()):
            solver.parameters.max_time_in_seconds = max(left, 0.05)
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return now
        if status == cp_model.OPTIMAL:
            self.size = min(self.size + 0.25, _LARGEST)
        else:
            self.size = max(self.size - 0.5, _SMALLEST)
        return [number for number, variable in taken.items() if solver.boolean_value(variable)]

    # -- counting

    def days(self) -> Ints:
        """The best roster so far (p, d)."""
        days = np.full((len(self.people), self.frame.problem.days), -1, dtype=np.int64)
        for number in self.best:
            column = self.pool.columns[number]
            worked = np.array(column.worked, dtype=np.int64)
            days[column.person, self.frame.day[worked]] = worked
        return days

    def total(self, rows: list[int]) -> float:
        return self._points(rows, self._heads([]))

    def _heads(self, rows: list[int]) -> Heads:
        return Heads.of(self.frame, (self.pool.columns[number] for number in rows))

    def _points(self, rows: list[int], given: Heads) -> float:
        heads = Heads(given.all.copy(), given.skilled.copy())
        own = 0.0
        for number in rows:
            column = self.pool.columns[number]
            heads.add(self.frame, column)
            own += column.points
        return own + heads.points(self.frame)

    def _take(self, rows: list[int]) -> None:
        """Keep these columns if they are as good."""
        if len(rows) != len(self.people):
            return
        points = self.total(rows)
        if points <= self.points:
            self.best = sorted(rows, key=lambda number: self.pool.columns[number].person)
            self.points = points
