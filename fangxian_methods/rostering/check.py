"""What a roster costs and which rules it breaks, counted anew from the roster alone.

It shares nothing with the search but the words of the problem: what the search says is held
against this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .model import Cost, Days, Demand, Person, Problem, Roster


class Rule(StrEnum):
    """The rules that nobody's roster may break."""

    SKILL = "skill"
    AWAY = "away"
    PINNED = "pinned"
    REST = "rest"
    MOST_IN_ROW = "most_in_row"
    LEAST_IN_ROW = "least_in_row"
    LEAST_OFF = "least_off"
    MOST_MINUTES = "most_minutes"
    LEAST_MINUTES = "least_minutes"
    MOST_DAYS = "most_days"
    MOST_WEEKENDS = "most_weekends"
    MOST_NIGHTS = "most_nights"
    MOST_OF = "most_of"
    LEAST_REST = "least_rest"


_TEXTS: dict[Rule, str] = {
    Rule.SKILL: "lacks {skills}",
    Rule.AWAY: "can't work on that day",
    Rule.PINNED: "is set already on that day",
    Rule.REST: "{kind} is too soon after {before} the day before",
    Rule.MOST_IN_ROW: "{count} days in a row, at most {limit}",
    Rule.LEAST_IN_ROW: "{count} days in a row, at least {limit}",
    Rule.LEAST_OFF: "{count} days off in a row, at least {limit}",
    Rule.MOST_MINUTES: "{count} minutes, at most {limit}",
    Rule.LEAST_MINUTES: "{count} minutes, at least {limit}",
    Rule.MOST_DAYS: "{count} days of work, at most {limit}",
    Rule.MOST_WEEKENDS: "{count} weekends, at most {limit}",
    Rule.MOST_NIGHTS: "{count} nights, at most {limit}",
    Rule.MOST_OF: "{count} times {kind}, at most {limit}",
    Rule.LEAST_REST: "{count} days off in {within} days, at least {limit}",
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a person's days break; ``day`` is the one where it shows, None for a sum."""

    person: str
    rule: Rule
    day: int | None = None
    values: Mapping[str, str | int] = field(default_factory=dict, hash=False)

    @property
    def template(self) -> str:
        """The English text with named gaps, the msgid of a translation."""
        return _TEXTS[self.rule]

    def __str__(self) -> str:
        where = "" if self.day is None else f", day {self.day}"
        return f"{self.person}{where}: {self.template.format(**self.values)}"


def breaches(problem: Problem, roster: Roster) -> tuple[Breach, ...]:
    """Every hard rule that a roster breaks. Raises ValueError for one of other people or days."""
    if set(roster) != {person.id for person in problem.people}:
        raise ValueError("the roster isn't of the same people")
    demands = {demand.id: demand for demand in problem.demands}
    return tuple(
        breach
        for person in problem.people
        for breach in breaches_of(problem, person, roster[person.id], demands)
    )


def breaches_of(
    problem: Problem, person: Person, days: Days, demands: Mapping[str, Demand]
) -> Iterator[Breach]:
    """The rules that one person's days break; ``demands`` by id."""
    if len(days) != problem.days:
        raise ValueError(f"person {person.id}: {len(days)} days instead of {problem.days}")
    for day, worked in enumerate(days):
        if worked is not None and (worked not in demands or demands[worked].day != day):
            raise ValueError(f"person {person.id}, day {day}: {worked} is no demand of that day")
    yield from _each_day(person, days, demands)
    yield from _following(problem, person, days, demands)
    yield from _runs(person, days)
    yield from _rested(person, days)
    yield from _sums(problem, person, days, demands)


def _each_day(person: Person, days: Days, demands: Mapping[str, Demand]) -> Iterator[Breach]:
    for day, worked in enumerate(days):
        if day in person.pinned and person.pinned[day] != worked:
            yield Breach(person.id, Rule.PINNED, day)
        if worked is None:
            continue
        if missing := demands[worked].skills - person.skills:
            yield Breach(person.id, Rule.SKILL, day, {"skills": ", ".join(sorted(missing))})
        if day in person.off:
            yield Breach(person.id, Rule.AWAY, day)


def _following(
    problem: Problem, person: Person, days: Days, demands: Mapping[str, Demand]
) -> Iterator[Breach]:
    bars = {kind.id: kind.bars for kind in problem.kinds}
    last = person.before[-1] if person.before else None
    for day, worked in enumerate(days):
        kind = demands[worked].kind if worked is not None else None
        if kind is not None and last is not None and kind in bars.get(last, ()):
            yield Breach(person.id, Rule.REST, day, {"kind": kind, "before": last})
        last = kind


def _runs(person: Person, days: Days) -> Iterator[Breach]:
    """Days of work and days off one after another; those of ``before`` count."""
    limits = person.limits
    known = [one is not None for one in person.before] + [one is not None for one in days]
    first = len(person.before)
    begin = 0
    for end in range(1, len(known) + 1):
        if end < len(known) and known[end] == known[begin]:
            continue
        length, works = end - begin, known[begin]
        open_ended = begin == 0 or end == len(known)
        # What was over before the horizon is nobody's to mend; its first day may have ended it.
        if end >= first:
            day = max(end - 1 - first, 0)
            most = limits.most_in_row
            if works and most is not None and length > most and end > first:
                values = {"count": length, "limit": most}
                yield Breach(person.id, Rule.MOST_IN_ROW, day, values)
            if works and not open_ended and length < limits.least_in_row:
                values = {"count": length, "limit": limits.least_in_row}
                yield Breach(person.id, Rule.LEAST_IN_ROW, day, values)
            if not works and not open_ended and length < limits.least_off:
                values = {"count": length, "limit": limits.least_off}
                yield Breach(person.id, Rule.LEAST_OFF, day, values)
        begin = end


def _rested(person: Person, days: Days) -> Iterator[Breach]:
    """Days off among so many days that end in the horizon; what lies before is known in part."""
    if person.limits.least_rest is None:
        return
    least, within = person.limits.least_rest
    works = [one is not None for one in (*person.before, *days)]
    first = len(person.before)
    for end in range(first + 1, len(works) + 1):
        rested = within - sum(works[max(0, end - within) : end])
        # The day on which it shows is one of work, and told once.
        if works[end - 1] and rested < least:
            values: dict[str, str | int] = {"count": rested, "within": within, "limit": least}
            yield Breach(person.id, Rule.LEAST_REST, end - 1 - first, values)
            return


def _sums(
    problem: Problem, person: Person, days: Days, demands: Mapping[str, Demand]
) -> Iterator[Breach]:
    limits = person.limits
    kinds = {kind.id: kind for kind in problem.kinds}
    worked = [kinds[demands[one].kind] for one in days if one is not None]
    minutes = sum(kind.minutes for kind in worked)
    nights, weekends = loads(problem, days, demands)
    for rule, count, limit in (
        (Rule.MOST_MINUTES, minutes, limits.most_minutes),
        (Rule.MOST_DAYS, len(worked), limits.most_days),
        (Rule.MOST_WEEKENDS, weekends, limits.most_weekends),
        (Rule.MOST_NIGHTS, nights, limits.most_nights),
    ):
        if limit is not None and count > limit:
            yield Breach(person.id, rule, None, {"count": count, "limit": limit})
    if minutes < limits.least_minutes:
        values = {"count": minutes, "limit": limits.least_minutes}
        yield Breach(person.id, Rule.LEAST_MINUTES, None, values)
    for kind, limit in limits.most_of.items():
        count = sum(one.id == kind for one in worked)
        if count > limit:
            of_kind: dict[str, str | int] = {"count": count, "limit": limit, "kind": kind}
            yield Breach(person.id, Rule.MOST_OF, None, of_kind)


def loads(problem: Problem, days: Days, demands: Mapping[str, Demand]) -> tuple[int, int]:
    """How many nights and how many weekends somebody works."""
    night = {kind.id for kind in problem.kinds if kind.night}
    nights = sum(one is not None and demands[one].kind in night for one in days)
    weekends = {problem.weekend_of(day) for day, one in enumerate(days) if one is not None}
    return nights, len(weekends - {None})


def cost(problem: Problem, roster: Roster) -> Cost:
    """The points of a roster, by reason."""
    demands = {demand.id: demand for demand in problem.demands}
    heads: dict[str, list[Person]] = {demand.id: [] for demand in problem.demands}
    wishes = nights = weekends = changes = 0.0
    weights, fair = problem.weights, problem.fair()
    for person in problem.people:
        days = roster[person.id]
        given = {(day, demands[one].kind) for day, one in enumerate(days) if one is not None}
        wishes += sum(points for key, points in person.wants.items() if key not in given)
        wishes += sum(points for key, points in person.avoids.items() if key in given)
        worked_nights, worked_weekends = loads(problem, days, demands)
        nights += weights.night * max(0, worked_nights - fair[person.id][0])
        weekends += weights.weekend * max(0, worked_weekends - fair[person.id][1])
        if (before := problem.published.get(person.id)) is not None:
            changes += weights.change * sum(a != b for a, b in zip(before, days, strict=True))
        for one in days:
            if one is not None:
                heads[one].append(person)
    short = surplus = 0.0
    for demand in problem.demands:
        there = heads[demand.id]
        short += demand.under * max(0, demand.least - len(there))
        surplus += demand.over * max(0, len(there) - demand.least)
        for skill, least in demand.some.items():
            able = sum(skill in person.skills for person in there)
            short += demand.under * max(0, least - able)
    return Cost(short, surplus, wishes, nights, weekends, changes)
