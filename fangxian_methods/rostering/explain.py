"""Why a shift can't be filled, and what would fill it.

Asked of one demand that lacks a head: may anybody work it so that no other demand loses a head it
needs? If the rules forbid it, the smallest set of them that does is found by leaving out one after
another (a minimal infeasible set); and the fewest that would have to be set aside, and for whom, by
minimising their number.
"""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from .check import Rule, breaches_of
from .model import Days, Demand, Person, Problem, Roster
from .rules import Key, Model, as_worked

_WORK = 5.0  # CP-SAT's measure of work for a question
_MOST_WAYS = 5


@dataclass(frozen=True, slots=True)
class Way:
    """How a head more could be had: these rules set aside, these people's days changed.

    ``sets_aside``: (person, rule); none if a change alone does it. ``roster``: whose
    days change, and to which.
    """

    sets_aside: tuple[Key, ...]
    roster: dict[str, Days]


@dataclass(frozen=True, slots=True)
class Why:
    """What is in the way of one head more.

    rules
        The smallest set of rules that together forbid it: with any one of them set aside for
        everybody it could be filled. Empty: a change fills it (``ways``).
    blocked
        Person → the rules that the person alone would break, were nobody else's days changed.
    ways
        The fewest rules set aside first.
    proved
        Whether the rules were shown to forbid it, or the time for showing it was over.
    """

    demand: str
    rules: tuple[Rule, ...]
    blocked: dict[str, tuple[Rule, ...]]
    ways: tuple[Way, ...]
    proved: bool


def why(problem: Problem, roster: Roster, demand: str, *, seed: int = 0) -> Why:
    """What keeps ``demand`` from having one head more. Raises KeyError for an unknown demand."""
    demands = {one.id: one for one in problem.demands}
    wanted = demands[demand]
    blocked = _blocked(problem, roster, wanted, demands)
    question = _Question(problem, roster, wanted, seed)
    rules, proved = question.core()
    ways = question.ways()
    return Why(demand, rules, blocked, ways, proved)


def _blocked(
    problem: Problem, roster: Roster, wanted: Demand, demands: dict[str, Demand]
) -> dict[str, tuple[Rule, ...]]:
    """What each person who doesn't work it would break by working it as well."""
    found = {}
    for person in problem.people:
        days = roster[person.id]
        if days[wanted.day] == wanted.id:
            continue
        anew = (*days[: wanted.day], wanted.id, *days[wanted.day + 1 :])
        before = {one.rule for one in breaches_of(problem, person, days, demands)}
        broken = {one.rule for one in breaches_of(problem, person, anew, demands)} - before
        found[person.id] = tuple(rule for rule in Rule if rule in broken)
    return found


class _Question:
    """One head more for a demand, with no head less elsewhere."""

    def __init__(
        self,
        problem: Problem,
        roster: Roster,
        wanted: Demand,
        seed: int,
    ) -> None:
        self.problem, self.roster, self.wanted, self.seed = problem, roster, wanted, seed
        self.heads = as_worked(problem, roster)
        self.model = Model(problem)
        for person in problem.people:
            self.model.add(person, self._open_to(person))
        self._cover()

    def _open_to(self, person: Person) -> list[Demand]:
        """The demand asked for, what the person works, and what he or she may work."""
        mine = set(self.roster[person.id])
        return [
            one
            for one in self.problem.demands
            if one.id == self.wanted.id
            or one.id in mine
            or (one.skills <= person.skills and one.day not in person.off)
        ]

    def _cover(self) -> None:
        model = self.model
        of: dict[str, list[cp_model.IntVar]] = {}
        for (_person, demand), variable in model.works.items():
            of.setdefault(demand, []).append(variable)
        skills = {person.id: person.skills for person in self.problem.people}
        for one in self.problem.demands:
            here = of.get(one.id, [])
            least = min(self.heads[one.id], one.least) + (one.id == self.wanted.id)
            if least:
                model.model.add(sum(here) >= least)
            for skill, wanted in one.some.items():
                able = [
                    model.works[person.id, one.id]
                    for person in self.problem.people
                    if skill in skills[person.id] and (person.id, one.id) in model.works
                ]
                there = sum(
                    self.roster[person.id][one.day] == one.id and skill in person.skills
                    for person in self.problem.people
                )
                if min(there, wanted):
                    model.model.add(sum(able) >= min(there, wanted))

    def _solver(self) -> cp_model.CpSolver:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed % 2**31
        solver.parameters.max_deterministic_time = _WORK
        return solver

    def _possible(self, kept: set[Rule]) -> bool | None:
        """Whether it can be filled while these rules hold for everybody; None: not known."""
        trial = self.model.model.clone()
        for (_person, rule), keep in self.model.keeps.items():
            if rule in kept:
                trial.add(trial.get_bool_var_from_proto_index(keep.index) == 1)
        status = self._solver().solve(trial)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return True
        return False if status == cp_model.INFEASIBLE else None

    def core(self) -> tuple[tuple[Rule, ...], bool]:
        """A smallest set of rules that forbid it; whether that was shown."""
        used = [rule for rule in Rule if any(of == rule for _person, of in self.model.keeps)]
        kept = set(used)
        whole = self._possible(kept)
        if whole is not False:
            return (), whole is not None
        # Those that people find easiest to understand are tried last, and so stay.
        for rule in reversed(used):
            if self._possible(kept - {rule}) is False:
                kept.discard(rule)
        return tuple(rule for rule in Rule if rule in kept), True

    def ways(self) -> tuple[Way, ...]:
        """Different ways to fill it, the fewest rules set aside first."""
        found: list[Way] = []
        model = self.model.model.clone()
        keeps = {
            key: model.get_bool_var_from_proto_index(keep.index)
            for key, keep in self.model.keeps.items()
        }
        works = {
            key: model.get_bool_var_from_proto_index(variable.index)
            for key, variable in self.model.works.items()
        }
        changes = [
            1 - variable if self._works(*key) else variable for key, variable in works.items()
        ]
        broken = [1 - keep for keep in keeps.values()]
        model.minimize(1000 * sum(broken) + sum(changes))
        for _ in range(_MOST_WAYS):
            solver = self._solver()
            status = solver.solve(model)
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            aside = tuple(key for key, keep in keeps.items() if not solver.boolean_value(keep))
            found.append(Way(aside, self._changed(works, solver)))
            if not aside:
                break
            # Another way sets something else aside.
            model.add_bool_or([keeps[key] for key in aside])
        return tuple(found)

    def _works(self, person: str, demand: str) -> bool:
        return demand in self.roster[person]

    def _changed(
        self, works: dict[tuple[str, str], cp_model.IntVar], solver: cp_model.CpSolver
    ) -> dict[str, Days]:
        demands = {one.id: one for one in self.problem.demands}
        anew: dict[str, list[str | None]] = {
            person.id: [None] * self.problem.days for person in self.problem.people
        }
        for (person, demand), variable in works.items():
            if solver.boolean_value(variable):
                anew[person][demands[demand].day] = demand
        return {
            person: tuple(days)
            for person, days in anew.items()
            if tuple(days) != tuple(self.roster[person])
        }
