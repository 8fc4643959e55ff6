"""The rules as constraints of CP-SAT, each of which can be set aside for a person by a literal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

from .check import Rule
from .model import Days, Demand, Person, Problem

Key = tuple[str, Rule]
Expr = Any
"""A sum of variables; 0 where there are none."""


@dataclass(slots=True)
class Model:
    """People's days as variables.

    ``works``: (person, demand) → whether it is worked; ``keeps``: (person, rule) → whether the rule
    holds for the person.
    """

    problem: Problem
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    works: dict[tuple[str, str], cp_model.IntVar] = field(default_factory=dict)
    keeps: dict[Key, cp_model.IntVar] = field(default_factory=dict)

    def add(self, person: Person, demands: Iterable[Demand]) -> None:
        """Somebody who may work any of these demands, as far as the rules allow."""
        days = self.problem.days
        at: list[list[tuple[Demand, cp_model.IntVar]]] = [[] for _ in range(days)]
        for demand in demands:
            variable = self.model.new_bool_var(f"{person.id} {demand.id}")
            self.works[person.id, demand.id] = variable
            at[demand.day].append((demand, variable))
        for day in at:
            self.model.add_at_most_one(variable for _demand, variable in day)
        self._each_day(person, at)
        worked = [self._any(variable for _demand, variable in day) for day in at]
        self._rest(person, at)
        self._runs(person, worked)
        self._sums(person, at, worked)

    def keep(self, person: Person, rule: Rule) -> cp_model.IntVar:
        """Whether a rule holds for a person."""
        key = person.id, rule
        if key not in self.keeps:
            self.keeps[key] = self.model.new_bool_var(f"{person.id} keeps {rule}")
        return self.keeps[key]

    def _any(self, variables: Iterable[cp_model.IntVar]) -> Expr:
        return sum(variables)

    def _each_day(self, person: Person, at: list[list[tuple[Demand, cp_model.IntVar]]]) -> None:
        for day, here in enumerate(at):
            pinned = day in person.pinned
            for demand, variable in here:
                if not demand.skills <= person.skills:
                    self.model.add_implication(variable, ~self.keep(person, Rule.SKILL))
                if day in person.off:
                    self.model.add_implication(variable, ~self.keep(person, Rule.AWAY))
                if pinned and person.pinned[day] != demand.id:
                    self.model.add_implication(variable, ~self.keep(person, Rule.PINNED))
            if pinned and person.pinned[day] is not None:
                set_ = [variable for demand, variable in here if demand.id == person.pinned[day]]
                self.model.add_bool_or([*set_, ~self.keep(person, Rule.PINNED)])

    def _rest(self, person: Person, at: list[list[tuple[Demand, cp_model.IntVar]]]) -> None:
        kinds = {kind.id: kind for kind in self.problem.kinds}
        last = person.before[-1] if person.before else None
        for day, here in enumerate(at):
            for demand, variable in here:
                if day == 0:
                    if last is not None and last in kinds and demand.kind in kinds[last].bars:
                        self.model.add_implication(variable, ~self.keep(person, Rule.REST))
                    continue
                barred = [
                    other for before, other in at[day - 1] if demand.kind in kinds[before.kind].bars
                ]
                if barred:
                    keep = self.keep(person, Rule.REST)
                    self.model.add(sum(barred) + variable <= 1).only_enforce_if(keep)

    def _runs(self, person: Person, worked: list[Expr]) -> None:
        limits, model = person.limits, self.model
        known = [one is not None for one in person.before]
        days: list[Expr] = [int(one) for one in known] + worked
        first, end = len(known), len(days)
        if (most := limits.most_in_row) is not None:
            for begin in range(max(0, first - most), end - most):
                keep = self.keep(person, Rule.MOST_IN_ROW)
                model.add(sum(days[begin : begin + most + 1]) <= most).only_enforce_if(keep)
        if limits.least_rest is not None:
            rest, within = limits.least_rest
            for last in range(first, end):
                # Asked of a day of work alone: who is off puts nothing right by it, nor wrong.
                earlier = sum(days[max(0, last + 1 - within) : last])
                keep = self.keep(person, Rule.LEAST_REST)
                most = within - rest - 1 + within
                model.add(earlier + within * days[last] <= most).only_enforce_if(keep)
        for least, rule, works in (
            (limits.least_in_row, Rule.LEAST_IN_ROW, 1),
            (limits.least_off, Rule.LEAST_OFF, 0),
        ):
            for length in range(1, least):
                # A run of this length with something else on both sides, where both are known.
                for begin in range(max(1, first - length), end - length):
                    inside = sum(days[begin : begin + length])
                    sides = days[begin - 1] + days[begin + length]
                    keep = self.keep(person, rule)
                    if works:
                        model.add(inside - sides <= length - 1).only_enforce_if(keep)
                    else:
                        model.add(sides - inside <= 1).only_enforce_if(keep)

    def _sums(
        self,
        person: Person,
        at: list[list[tuple[Demand, cp_model.IntVar]]],
        worked: list[Expr],
    ) -> None:
        limits, model = person.limits, self.model
        kinds = {kind.id: kind for kind in self.problem.kinds}
        everything = [one for day in at for one in day]
        minutes = sum(kinds[demand.kind].minutes * variable for demand, variable in everything)
        nights = sum(variable for demand, variable in everything if kinds[demand.kind].night)
        totals: list[tuple[Rule, Expr, int | None]] = [
            (Rule.MOST_MINUTES, minutes, limits.most_minutes),
            (Rule.MOST_DAYS, sum(worked), limits.most_days),
            (Rule.MOST_NIGHTS, nights, limits.most_nights),
        ]
        for kind, most in limits.most_of.items():
            of = sum(variable for demand, variable in everything if demand.kind == kind)
            totals.append((Rule.MOST_OF, of, most))
        for rule, total, limit in totals:
            if limit is not None and not isinstance(total, int):
                model.add(total <= limit).only_enforce_if(self.keep(person, rule))
        if limits.least_minutes:
            keep = self.keep(person, Rule.LEAST_MINUTES)
            if isinstance(minutes, int):
                model.add(keep == 0)
            else:
                model.add(minutes >= limits.least_minutes).only_enforce_if(keep)
        if limits.most_weekends is not None:
            weekends: dict[int, list[Expr]] = {}
            for day, works in enumerate(worked):
                if (number := self.problem.weekend_of(day)) is not None:
                    weekends.setdefault(number, []).append(works)
            flags = []
            for days in weekends.values():
                flag = model.new_bool_var("")
                for works in days:
                    model.add(works <= flag)
                flags.append(flag)
            keep = self.keep(person, Rule.MOST_WEEKENDS)
            model.add(sum(flags) <= limits.most_weekends).only_enforce_if(keep)


def as_worked(problem: Problem, roster: Mapping[str, Days]) -> dict[str, int]:
    """Demand → how many work it."""
    heads = {demand.id: 0 for demand in problem.demands}
    for days in roster.values():
        for one in days:
            if one is not None:
                heads[one] += 1
    return heads
