"""Making a roster, and mending one that is published."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from .check import Breach, breaches, cost
from .frame import Bools, Floats, Frame, Ints
from .model import Cost, Days, Person, Problem, Roster, Weights
from .planning import Planner
from .search import Search, Stopped

_PATIENCE = 60  # parts in a row that bring nothing: it is good enough


@dataclass(frozen=True, slots=True)
class Stop:
    """When to end: after so many seconds, or so many parts planned anew. None: no limit.

    Ended by ``rounds``, the same problem and seed give the same roster; ended by the clock, the
    machine's speed has its say.
    """

    seconds: float | None = 60.0
    rounds: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"seconds must be positive or left out, not {self.seconds}")
        if self.rounds is not None and self.rounds < 0:
            raise ValueError(f"rounds must be at least 0 or left out, not {self.rounds}")


class Ending(StrEnum):
    """Why the search ended."""

    BEST = "best"
    """Nothing better exists."""
    SECONDS = "seconds"
    ROUNDS = "rounds"
    SETTLED = "settled"
    """Many parts in a row brought nothing."""
    ENOUGH = "enough"
    """Whoever watched said so."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the search is. ``bound``: no roster costs less; −∞ while it isn't known."""

    seconds: float
    rounds: int
    points: float
    bound: float

    @property
    def gap(self) -> float:
        """How much dearer than the bound the roster is at the most, as a share of the bound."""
        if not math.isfinite(self.bound):
            return math.inf
        return max(0.0, self.points - self.bound) / max(1.0, abs(self.bound))


@dataclass(frozen=True, slots=True)
class Short:
    """A demand that lacks heads, or people with a skill that it asks of some (``skill``)."""

    demand: str
    missing: int
    skill: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A roster for a person to accept.

    breaches
        Rules that can't be kept by those named: what is set for them already, or the least they
        must work, contradicts the others. Everybody else keeps all rules.
    """

    roster: Roster
    cost: Cost
    bound: float
    short: tuple[Short, ...]
    breaches: tuple[Breach, ...]
    ending: Ending
    rounds: int
    seconds: float


Watching = Callable[[Progress], bool]
"""Told how far it is; False: good enough, end now."""


def solve(
    problem: Problem,
    *,
    seed: int = 0,
    stop: Stop | None = None,
    watch: Watching | None = None,
    start: Roster | None = None,
) -> Result:
    """A roster of few points that keeps every rule, better the longer it may search.

    ``start``: a roster that keeps the rules, to begin with. Raises ValueError if it doesn't.
    """
    stop = stop or Stop()
    begun = time.monotonic()
    given = problem
    problem, stuck, frame, planner = _without_stuck(problem)
    rounds = 0
    ending = Ending.SETTLED

    def step() -> None:
        if stop.seconds is not None and time.monotonic() - begun >= stop.seconds and search.best:
            raise _Ended(Ending.SECONDS)
        now = Progress(time.monotonic() - begun, rounds, search.points, search.bound)
        if watch is not None and search.best and not watch(now):
            raise _Ended(Ending.ENOUGH)

    search = Search(frame, seed, step, planner)
    if (seconds := stop.seconds) is not None:
        search.left = lambda: begun + seconds - time.monotonic()
    idle = 0
    try:
        search.begin(None if start is None else _kept(problem, frame, start))
        if not search.long:
            relaxed = search.relax()
            if search.turns is None:
                search.dive(relaxed)
            else:
                search.turn(relaxed)
            search.choose(relaxed)
        while idle < _PATIENCE:
            if search.points <= search.bound + 1e-3 or len(frame.people) == 0:
                raise _Ended(Ending.BEST)
            if stop.rounds is not None and rounds >= stop.rounds:
                raise _Ended(Ending.ROUNDS)
            rounds += 1
            idle = 0 if search.improve() else idle + 1
    except _Ended as ended:
        ending = ended.ending
    roster = _roster(given, frame, search.days(), stuck)
    return Result(
        roster=roster,
        cost=cost(given, roster),
        bound=search.bound,
        short=_short(given, roster),
        breaches=breaches(given, roster),
        ending=ending,
        rounds=rounds,
        seconds=time.monotonic() - begun,
    )


class _Ended(Stopped):
    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending


def repair(
    problem: Problem,
    published: Roster,
    absent: Mapping[str, frozenset[int]],
    *,
    change: float = 10.0,
    until: int = 0,
    seed: int = 0,
    stop: Stop | None = None,
    watch: Watching | None = None,
) -> Result:
    """The published roster after absences, with few changes.

    ``absent``: person → days; ``change``: points for each day of a person that becomes another;
    ``until``: days before it are over and stay as they are. Days of ``published`` that break a rule
    by now are changed in any case.
    """
    people = tuple(
        replace(
            person,
            off=person.off | absent.get(person.id, frozenset()),
            pinned={
                **person.pinned,
                **{day: published[person.id][day] for day in range(until)},
            },
        )
        for person in problem.people
    )
    # Who is away loses what was planned, and that is no change of anybody's making.
    expected = {
        person.id: tuple(
            None if day in absent.get(person.id, frozenset()) and day >= until else worked
            for day, worked in enumerate(published[person.id])
        )
        for person in problem.people
    }
    weights = Weights(change, problem.weights.night, problem.weights.weekend)
    return solve(
        replace(problem, people=people, published=expected, weights=weights),
        seed=seed,
        stop=stop,
        watch=watch,
        start=expected,
    )


def _without_stuck(problem: Problem) -> tuple[Problem, dict[str, Days], Frame, Planner]:
    """The problem without those for whom no days keep the rules, and the days these have: what is
    set for them, and else none. Who can't be given the least minutes is asked for none."""
    frame = Frame(problem)
    planner = Planner(frame)
    points, planner.first = planner.plan(_any_price(frame))
    lost = [
        person
        for person, able in zip(problem.people, _able(points, planner.first), strict=True)
        if not able
    ]
    if not lost:
        return problem, {}, frame, planner
    eased = {
        person.id: replace(person, limits=replace(person.limits, least_minutes=0))
        for person in lost
    }
    people = tuple(eased.get(person.id, person) for person in problem.people)
    problem = replace(problem, people=people)
    frame = Frame(problem)
    planner = Planner(frame)
    points, planner.first = planner.plan(_any_price(frame))
    stuck = {
        person.id: _pinned(problem, person)
        for person, able in zip(problem.people, _able(points, planner.first), strict=True)
        if not able
    }
    rest = tuple(person for person in problem.people if person.id not in stuck)
    if not stuck:
        return problem, {}, frame, planner
    first = planner.first[_able(points, planner.first)]
    problem = _given(replace(problem, people=rest), stuck)
    frame = Frame(problem)
    planner = Planner(frame)
    planner.first = first
    return problem, stuck, frame, planner


def _able(points: Floats, days: Ints) -> Bools:
    """Whose days keep the rules (p): none cost anything finite, or none were found (−2)."""
    return np.isfinite(points) & (days > -2).all(axis=1)


def _any_price(frame: Frame) -> Floats:
    """Prices that differ: where many days cost the same, priced sums jump from none to all."""
    return np.random.default_rng(0).uniform(0, 10, len(frame.demands))


def _pinned(problem: Problem, person: Person) -> Days:
    return tuple(person.pinned.get(day) for day in range(problem.days))


def _given(problem: Problem, stuck: Mapping[str, Days]) -> Problem:
    """The problem with the heads that are there already taken off what is wanted."""
    heads: dict[str, int] = {}
    for days in stuck.values():
        for worked in days:
            if worked is not None:
                heads[worked] = heads.get(worked, 0) + 1
    demands = tuple(
        replace(one, least=max(0, one.least - heads.get(one.id, 0))) for one in problem.demands
    )
    return replace(problem, demands=demands)


def _kept(problem: Problem, frame: Frame, start: Roster) -> Ints | None:
    """A roster to begin with (p, d). Whose days break a rule, plans anew."""
    mine = {person.id: tuple(start[person.id]) for person in problem.people}
    broken = {breach.person for breach in breaches(problem, mine)}
    days = frame.indices(mine)
    if broken:
        search = Search(frame, 0, lambda: None)
        _, anew = search.planner.plan(np.zeros(len(frame.demands)))
        for p, person in enumerate(problem.people):
            if person.id in broken:
                only = frame.indices({**mine, person.id: _pinned(problem, person)})
                days[p] = anew[p] if (anew[p] > -2).all() else only[p]
    return days


def _roster(problem: Problem, frame: Frame, days: Ints, stuck: Mapping[str, Days]) -> Roster:
    found = {person.id: frame.days_of(days[p]) for p, person in enumerate(frame.people)} | dict(
        stuck
    )
    return {person.id: found[person.id] for person in problem.people}


def _short(problem: Problem, roster: Roster) -> tuple[Short, ...]:
    there: dict[str, list[Person]] = {one.id: [] for one in problem.demands}
    for person in problem.people:
        for worked in roster[person.id]:
            if worked is not None:
                there[worked].append(person)
    found = []
    for one in problem.demands:
        if (missing := one.least - len(there[one.id])) > 0:
            found.append(Short(one.id, missing))
        for skill, least in sorted(one.some.items()):
            able = sum(skill in person.skills for person in there[one.id])
            if able < least:
                found.append(Short(one.id, least - able, skill))
    return tuple(found)
