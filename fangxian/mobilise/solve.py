"""From shifts and people to a roster and back: the only door to the method.

The method gives one shift a day and counts rest, days in a row and minutes; hours in any seven days
and nights in a row are known here alone. So what it gives is held against the same rules by which
people are put on by hand (``Task.allowed``): what passes a limit is taken out, barred, and searched
for again, and what is still open at the end is filled one by one.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from fangxian.mobilise import seats
from fangxian.mobilise.asking import HARD, against, narrowed
from fangxian.mobilise.burdens import had
from fangxian.mobilise.figures import Far, gap, near_limits, spread
from fangxian.mobilise.models import Wish
from fangxian.mobilise.rostering import (
    OFF,
    OTHER_SHIFT,
    SKILL,
    Held,
    Human,
    Slot,
    Task,
    Who,
    mostly_in,
)
from fangxian_methods.rostering import (
    Days,
    Demand,
    Kind,
    Limits,
    Person,
    Problem,
    Progress,
    Roster,
    Rule,
    Stop,
    Weights,
    Why,
    cost,
    solve,
    why,
    with_rest,
)
from fangxian_methods.rostering.check import loads
from fangxian_methods.rostering.model import pair_of

_BEFORE: Final = "@before"
_BEYOND: Final = "+"
_AGAIN: Final = 5
"""How often it is searched again after something passed a limit that the method doesn't know."""
_WEEK: Final = 7
_UNIT: Final = 30
_CODES: Final = {
    Rule.AWAY: OFF,
    Rule.PINNED: OTHER_SHIFT,
    Rule.REST: "rest_hours",
    Rule.MOST_IN_ROW: "days_in_row",
    Rule.MOST_MINUTES: "week_hours",
    Rule.LEAST_REST: "rest_days",
}


Watching = Callable[[Far], bool]
"""Told how far it is; False: what is there is good enough."""


@dataclass(frozen=True)
class Plan:
    """Who is on which shift, and how good that is (``figures``, ready to be stored)."""

    on: frozenset[tuple[UUID, Who]]
    figures: dict[str, Any]


def solved(task: Task, seed: int, watch: Watching | None = None) -> Plan:
    """A roster for a person to accept. Same task and seed, same roster, unless time is up first."""
    made = _Made(task)
    return _Search(made, seed, watch).run()


class _Made:
    """A task as a problem of the method, with the way back."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.of: dict[str, tuple[Slot, str]] = {}
        self.given: dict[Who, dict[int, str]] = defaultdict(dict)
        self.set: dict[Who, dict[int, str]] = defaultdict(dict)
        self.beside: list[Held] = []
        least = self._seated()
        self.tags = self._tags()
        self.most_minutes = self._most_minutes()
        free = task.free or frozenset()
        self.had = had(task, lambda day: pair_of(day, free))
        kinds = with_rest(self._kinds(), math.ceil(task.limits.rest_hours * 60))
        points = task.rules.points
        moving = task.repairs or any(not one.fixed for one in task.held)
        self.problem = Problem(
            task.days,
            kinds,
            tuple(self._person(human) for human in task.humans.values()),
            tuple(
                Demand(
                    name,
                    self.day(slot),
                    _kind(slot),
                    least[name],
                    points.short,
                    # Nobody is put on beyond the heads of a shift.
                    10 * points.short,
                    frozenset(self._needs(name)),
                )
                for name, (slot, _label) in self.of.items()
            ),
            Weights(
                (points.repair if task.repairs else points.change) if moving else 0.0,
                points.night,
                points.weekend,
            ),
            task.first.weekday(),
            {str(who): self.now(who) for who in task.humans} if moving else {},
            task.free,
        )

    def day(self, slot: Slot) -> int:
        """The day of a slot, the first is 0."""
        return (slot.day - self.task.first).days

    def now(self, who: Who) -> Days:
        """What somebody has already."""
        has = self.given.get(who, {})
        return tuple(has.get(day) for day in range(self.task.days))

    def names(self, slot: Slot) -> list[str]:
        """The demands of a slot, those that ask for a skill first."""
        found = [name for name, (of, _label) in self.of.items() if of.shift == slot.shift]
        return sorted(found, key=lambda name: (self.of[name][1] in ("", _BEYOND), name))

    def _needs(self, name: str) -> Iterator[str]:
        """What a demand asks of each: its seat's skill, on that day, and not to be barred."""
        slot, label = self.of[name]
        if label not in ("", _BEYOND):
            yield f"{label}/{self.day(slot)}"
        if (tag := self.tags.get(_group(slot))) is not None:
            yield tag

    def _seated(self) -> dict[str, int]:
        """Each seat that is to be filled or is held: demand → heads."""
        task, least = self.task, {}
        on: dict[UUID, list[Held]] = defaultdict(list)
        for one in sorted(task.held, key=lambda one: not one.fixed):
            on[one.shift].append(one)
        for slot in task.slots:
            held = on.get(slot.shift, [])
            skilled = [task.humans[one.who].skills_on(slot.day) for one in held]
            given = seats.assigned(slot.heads, slot.skills, skilled)
            wanted = Counter(seats.labels(slot.heads, slot.skills))
            taken = Counter(label for label in given if label is not None)
            # Who has no seat any more (a certificate has expired) keeps his place all the same.
            beyond = sum(label is None for label in given)
            for label in sorted(wanted):
                gone = min(beyond, wanted[label] - taken[label])
                wanted[label] -= gone
                beyond -= gone
            wanted[_BEYOND] = sum(label is None for label in given)
            for one, seat in zip(held, given, strict=True):
                label = _BEYOND if seat is None else seat
                name = self._name(slot, label)
                mine, day = self.given[one.who], self.day(slot)
                if day in mine:
                    # A second shift of one day stands beside the search.
                    self.beside.append(one)
                    wanted[label] -= 1
                    continue
                mine[day] = name
                if one.fixed:
                    self.set[one.who][day] = name
            for label, heads in wanted.items():
                if heads:
                    least[self._name(slot, label)] = heads
        self.of = {name: self.of[name] for name in sorted(least)}
        return least

    def _name(self, slot: Slot, label: str) -> str:
        name = f"{slot.shift}|{label}"
        self.of[name] = slot, label
        return name

    def _kinds(self) -> tuple[Kind, ...]:
        found = {}
        for slot in self.task.slots:
            begins = slot.stretch.starts_at
            found[_kind(slot)] = Kind(
                _kind(slot),
                # Whole units keep the search quick; down, so that it forbids nothing too much.
                max(_UNIT, _minutes(slot) // _UNIT * _UNIT),
                begins.hour * 60 + begins.minute,
                slot.stretch.night,
            )
        return (*(found[name] for name in sorted(found)), Kind(_BEFORE, _UNIT, -24 * 60))

    def _most_minutes(self) -> int | None:
        """The minutes that all weeks together allow; None where nobody can come to so many."""
        task = self.task
        most = int(-(-task.days // _WEEK) * task.limits.week_hours * 60)
        days = task.days - task.days // (task.limits.days_in_row + 1)
        longest = max((_minutes(slot) for slot in task.slots), default=0)
        return most if days * longest > most else None

    def _least_rest(self) -> tuple[int, int] | None:
        """Days off in any so many days; None where the rules ask for none."""
        limits = self.task.limits
        return (limits.rest_days, limits.rest_within) if limits.rest_days else None

    def _tags(self) -> dict[tuple[Any, ...], str]:
        """Hours at a place from which somebody is barred → the skill not to be barred."""
        found: dict[tuple[Any, ...], str] = {}
        for slot in self.task.slots:
            if _group(slot) not in found and any(
                self.task.blocked(who, slot) for who in self.task.humans
            ):
                found[_group(slot)] = f"@{len(found)}"
        return found

    def _person(self, human: Human) -> Person:
        task, pinned = self.task, self.set.get(human.who, {})
        skills: set[str] = set()
        wants: dict[tuple[int, str], float] = defaultdict(float)
        avoids: dict[tuple[int, str], float] = defaultdict(float)
        seen = set()
        for slot in task.slots:
            key, cell = _group(slot), (self.day(slot), _kind(slot))
            if key in self.tags and not task.blocked(human.who, slot):
                skills.add(self.tags[key])
            if slot.shift in human.waits:
                wants[cell] += task.rules.points.waits
            if cell in seen:
                continue
            seen.add(cell)
            for wish in human.wishes:
                if wish.kind == Wish.Kind.OFF or not mostly_in(
                    wish, slot.stretch, task.rules.parts
                ):
                    continue
                if wish.kind == Wish.Kind.LIKES:
                    wants[cell] = max(wants[cell], task.rules.points.likes)
                else:
                    avoids[cell] = task.rules.points.avoids
        for name in pinned.values():
            skills.update(self._needs(name))
        for day in range(task.days):
            on = human.skills_on(task.first + dt.timedelta(days=day))
            skills.update(f"{skill}/{day}" for skill in on)
        return Person(
            str(human.who),
            Limits(
                most_minutes=self.most_minutes,
                most_in_row=task.limits.days_in_row,
                least_rest=self._least_rest(),
            ),
            frozenset(skills),
            wants=dict(wants),
            avoids=dict(avoids),
            pinned=dict(pinned),
            before=self._before(human),
            had=self.had[human.who],
        )

    def _before(self, human: Human) -> tuple[str | None, ...]:
        on = {one.starts_at.date() for one in human.elsewhere}
        limits = self.task.limits
        back = max(limits.days_in_row, limits.rest_within if limits.rest_days else 0)
        days = range(-back, 0)
        return tuple(
            _BEFORE if self.task.first + dt.timedelta(days=day) in on else None for day in days
        )


class _Search:
    """One search for a roster, with the rules that the method doesn't know."""

    def __init__(self, made: _Made, seed: int, watch: Watching | None) -> None:
        self.made, self.task, self.seed = made, made.task, seed
        self.watch = watch
        self.enough = False
        self.rounds = 0
        self.seconds = 0.0
        self.least, self.since = math.inf, 0

    def run(self) -> Plan:
        """Search, take out what passes a limit, bar it and search again; fill what is open."""
        problem, rules = self.made.problem, self.task.rules
        start = self._settled({str(who): self.made.now(who) for who in self.task.humans})[0]
        result = solve(
            problem,
            seed=self.seed,
            stop=Stop(rules.seconds, rules.rounds),
            watch=self._watch,
            start=start if self.task.held else None,
        )
        bound = result.bound
        self._count(result.rounds, result.seconds)
        best, dropped = self._settled(result.roster)
        points = cost(problem, best).total
        barred: set[tuple[Who, str]] = set()
        for _ in range(_AGAIN):
            if not dropped or self.enough:
                break
            barred |= dropped
            result = solve(
                self._barred(barred),
                seed=self.seed,
                stop=Stop(max(1.0, rules.seconds / _AGAIN), max(1, rules.rounds // _AGAIN)),
                watch=self._watch,
                start=best,
            )
            self._count(result.rounds, result.seconds)
            found, dropped = self._settled(result.roster)
            if (anew := cost(problem, found).total) < points:
                best, points = found, anew
        best = self._filled(best)
        return Plan(self._on(best), self._figures(best, bound))

    def _count(self, rounds: int, seconds: float) -> None:
        self.rounds += rounds
        self.seconds += seconds

    def _watch(self, now: Progress) -> bool:
        # By rounds, not by the clock: the same seed gives the same roster.
        if now.rounds == 0 or now.points < self.least - 1e-6:
            self.least, self.since = now.points, now.rounds
        elif now.rounds - self.since >= self.task.rules.patience:
            return False
        if self.watch is None:
            return True
        bound = now.bound if math.isfinite(now.bound) else None
        short = int(now.points // self.task.rules.points.short)
        self.enough = not self.watch(Far(now.points, bound, self.rounds + now.rounds, short))
        return not self.enough

    def _barred(self, barred: Collection[tuple[Who, str]]) -> Problem:
        """The same without some people for some demands."""
        problem = self.made.problem
        closed = {name for _who, name in barred}
        people = tuple(
            replace(
                person,
                skills=person.skills
                | {f"!{name}" for name in closed if (UUID(person.id), name) not in barred},
            )
            for person in problem.people
        )
        demands = tuple(
            replace(one, skills=one.skills | {f"!{one.id}"}) if one.id in closed else one
            for one in problem.demands
        )
        return replace(problem, people=people, demands=demands)

    def _settled(self, roster: Roster) -> tuple[dict[str, Days], set[tuple[Who, str]]]:
        """What of a roster keeps every limit, and what was taken out of it.

        What somebody has already goes first, then day by day.
        """
        kept: dict[str, Days] = {}
        dropped: set[tuple[Who, str]] = set()
        heads: Counter[str] = Counter()
        least = {one.id: one.least for one in self.made.problem.demands}
        for person, days in roster.items():
            who = UUID(person)
            pinned, now = self.made.set.get(who, {}), self.made.now(who)
            order = [(days[day] != now[day], day) for day in range(len(days)) if days[day]]
            mine: dict[int, str] = {}
            for _new, day in sorted(order):
                name = days[day] or ""
                slot, label = self.made.of[name]
                fixed = pinned.get(day) == name
                has = [self.made.of[one][0] for at, one in mine.items() if at not in pinned]
                if not fixed and (
                    heads[name] >= least[name]
                    or (label and label not in self.task.humans[who].skills_on(slot.day))
                    or self.task.allowed(who, slot, has)
                ):
                    dropped.add((who, name))
                    continue
                mine[day] = name
                heads[name] += 1
            kept[person] = tuple(mine.get(day) for day in range(self.task.days))
        return kept, dropped

    def _filled(self, roster: dict[str, Days]) -> dict[str, Days]:
        """Give what is open to those who may take it, whom it costs least."""
        heads = Counter(name for days in roster.values() for name in days if name)
        open_ = [one for one in self.made.problem.demands if heads[one.id] < one.least]
        people = {person.id: person for person in self.made.problem.people}
        for one in sorted(open_, key=lambda one: (one.day, one.id)):
            slot, label = self.made.of[one.id]
            for _ in range(one.least - heads[one.id]):
                able = [people[str(human.who)] for human in self._able(roster, slot, label)]
                if not able:
                    break
                cell = one.day, one.kind

                def price(person: Person, cell: tuple[int, str] = cell) -> tuple[float, int, str]:
                    wished = person.avoids.get(cell, 0.0) - person.wants.get(cell, 0.0)
                    return wished, sum(map(bool, roster[person.id])), person.id

                chosen = min(able, key=price).id
                days = roster[chosen]
                roster[chosen] = (*days[: one.day], one.id, *days[one.day + 1 :])
        return roster

    def _able(self, roster: Roster, slot: Slot, label: str) -> Iterator[Human]:
        day = self.made.day(slot)
        for who, human in self.task.humans.items():
            days = roster[str(who)]
            pinned = self.made.set.get(who, {})
            has = [
                self.made.of[name][0]
                for at, name in enumerate(days)
                if name is not None and at not in pinned
            ]
            if (
                days[day] is None
                and label != _BEYOND
                and (not label or label in human.skills_on(slot.day))
                and not self.task.allowed(who, slot, has)
            ):
                yield human

    def _on(self, roster: Roster) -> frozenset[tuple[UUID, Who]]:
        found = {
            (self.made.of[name][0].shift, UUID(person))
            for person, days in roster.items()
            for name in days
            if name is not None
        }
        return frozenset(found | {(one.shift, one.who) for one in self.made.beside})

    def _figures(self, roster: Roster, bound: float) -> dict[str, Any]:
        problem, made = self.made.problem, self.made
        spent = cost(problem, roster)
        heads = Counter(name for days in roster.values() for name in days if name)
        demands = {one.id: one for one in problem.demands}
        short: Counter[tuple[UUID, str]] = Counter()
        for one in problem.demands:
            if (missing := one.least - heads[one.id]) > 0:
                slot, label = made.of[one.id]
                short[slot.shift, label] += missing
        fair = problem.fair()
        nights, weekends = {}, {}
        for person in problem.people:
            nights[person.id], weekends[person.id] = loads(problem, roster[person.id], demands)
        asked, met = self._wishes(roster)
        return {
            "points": round(spent.total, 1),
            "bound": round(bound, 1) if math.isfinite(bound) else None,
            "gap": round(gap(spent.total, bound), 4) if math.isfinite(bound) else None,
            "rounds": self.rounds,
            "seconds": round(self.seconds, 1),
            "heads": sum(one.least for one in problem.demands) + len(made.beside),
            "short": [
                {"shift": str(shift), "skill": label, "n": n}
                for (shift, label), n in sorted(short.items(), key=str)
            ],
            "people": sum(any(days) for days in roster.values()),
            "wishes": [met, asked],
            "nights": spread(nights, {who: of[0] for who, of in fair.items()}),
            "weekends": spread(weekends, {who: of[1] for who, of in fair.items()}),
            "warnings": list(near_limits(self.task, self._new(roster))),
        }

    def _new(self, roster: Roster) -> dict[Who, list[Slot]]:
        """What somebody is given beside what is fixed."""
        return {
            who: [
                self.made.of[name][0]
                for day, name in enumerate(roster[str(who)])
                if name is not None and day not in self.made.set.get(who, {})
            ]
            for who in self.task.humans
        }

    def _wishes(self, roster: Roster) -> tuple[int, int]:
        """How many wishes there are, and how many are met: a wish is one of a person and a shift's
        hours on a day."""
        asked = met = 0
        demands = {one.id: one for one in self.made.problem.demands}
        for person in self.made.problem.people:
            given = {(demands[n].day, demands[n].kind) for n in roster[person.id] if n is not None}
            asked += len(person.wants) + len(person.avoids)
            met += sum(key in given for key in person.wants)
            met += sum(key not in given for key in person.avoids)
        return asked, met


def _minutes(slot: Slot) -> int:
    return max(1, round(slot.stretch.hours * 60))


def _kind(slot: Slot) -> str:
    return f"{slot.stretch.starts_at:%H:%M}+{_minutes(slot)}"


def _group(slot: Slot) -> tuple[Any, ...]:
    return slot.stretch, slot.place


def answered(task: Task, shift: UUID, seed: int = 0) -> dict[str, Any]:
    """Why a shift of a task has no head more, and what would give it one: codes and volunteers.

    Asked of ``Task.held``, a roster in which the shift is short.
    """
    slot = task.slot(shift)
    on = {one.who for one in task.held if one.shift == shift}
    reasons = {
        who: tuple(against(task, human, slot))
        for who, human in task.humans.items()
        if who not in on
    }
    found, made = None, None
    if all(reasons.values()):
        # Nobody is free: then it is a question of what forbids it, and of who changes places.
        made = _Made(narrowed(task, slot, reasons, on))
        found = _asked(made, slot, seed)
    answer: dict[str, Any] = {
        "rules": [],
        "proved": found is not None and found.proved,
        "ways": [],
        "reasons": Counter(code for codes in reasons.values() for code in codes),
        "people": [
            {"volunteer": str(volunteer), "codes": list(codes)}
            for who, codes in sorted(reasons.items(), key=lambda item: (len(item[1]), str(item[0])))
            if (volunteer := task.humans[who].volunteer_at(slot.place)) and SKILL not in codes
        ][: task.rules.why_people],
        "asked": len(made.problem.people) if made is not None else len(task.humans),
    }
    if found is not None and made is not None:
        answer["rules"] = _rules(found, reasons.values())
        answer["ways"] = list(_ways(made, found, slot))
    return answer


def _asked(made: _Made, slot: Slot, seed: int) -> Why | None:
    roster = {str(who): made.now(who) for who in made.task.humans}
    heads = Counter(name for days in roster.values() for name in days if name)
    demands = {one.id: one for one in made.problem.demands}
    short = [name for name in made.names(slot) if heads[name] < demands[name].least]
    return why(made.problem, roster, short[0], seed=seed) if short else None


def _rules(found: Why, reasons: Iterable[Collection[str]]) -> list[str]:
    """The smallest set in conflict, in the room's codes: what bars people by itself is named."""
    codes = []
    for rule in found.rules:
        if rule == Rule.SKILL:
            codes += sorted({code for of in reasons for code in of if code not in codes})
        elif (code := _CODES.get(rule)) and code not in codes:
            codes.append(code)
    return codes


def _ways(made: _Made, found: Why, slot: Slot) -> Iterator[dict[str, Any]]:
    for way in found.ways:
        aside: list[dict[str, str]] = []
        moves: list[dict[str, Any]] = []
        for person, days in way.roster.items():
            human = made.task.humans[UUID(person)]
            now = made.now(human.who)
            left = [made.of[a][0] for a, b in zip(now, days, strict=True) if a and a != b]
            taken = [b for a, b in zip(now, days, strict=True) if b and a != b]
            volunteer = human.volunteer_at(slot.place) or next(iter(human.serves.values()), None)
            codes: set[str] = set()
            for name in taken:
                of, label = made.of[name]
                if label not in ("", _BEYOND) and label not in human.skills_on(of.day):
                    codes.add(SKILL)
                others = [made.of[one][0] for one in days if one and one != name]
                codes.update(made.task.allowed(human.who, of, others))
            aside += [{"volunteer": str(volunteer), "code": code} for code in sorted(codes)]
            moves.append(
                {
                    "volunteer": str(volunteer),
                    "off": [str(one.shift) for one in left],
                    "on": [str(made.of[name][0].shift) for name in taken],
                }
            )
        if not any(one["code"] in HARD for one in aside):
            yield {"aside": aside, "moves": moves}
