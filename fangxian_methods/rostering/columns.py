"""Choosing days for everybody together out of days that were planned for each.

A linear programme over columns (one person's days) gives each demand a price; the planner finds
days that are cheaper at these prices; and so on, until none are (Dantzig–Wolfe decomposition,
Gilmore and Gomory's columns). Its value then bounds every roster from below.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.linear_solver import pywraplp

from .frame import Floats, Frame, Ints

_NEVER = 1e5  # points for somebody without days: far more than any roster costs a person
_NEAR = 1e-6
_LIFT = 4.0  # by how much what is missing is made dearer at once


@dataclass(frozen=True, slots=True)
class Column:
    """Somebody's days: the demands worked, and what they cost the person itself."""

    person: int
    worked: tuple[int, ...]
    points: float


class Pool:
    """All columns found so far, each once."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.columns: list[Column] = []
        self.of: list[list[int]] = [[] for _ in frame.people]
        self._known: dict[tuple[int, bytes], int] = {}

    def add(self, person: int, days: Ints) -> tuple[int, bool]:
        """The number of the column of these days (d), and whether it is new."""
        key = person, days.tobytes()
        known = self._known.get(key)
        if known is not None:
            return known, False
        number = len(self.columns)
        self._known[key] = number
        self.columns.append(
            Column(
                person,
                tuple(m for m in days.tolist() if m >= 0),
                own_points(self.frame, person, days),
            )
        )
        self.of[person].append(number)
        return number, True


def own_points(frame: Frame, person: int, days: Ints) -> float:
    """What these days (d) cost the person itself."""
    worked = days[days >= 0]
    weights = frame.problem.weights
    points = frame.base[person] + frame.own[person, worked].sum()
    points += frame.own_off[person, days < 0].sum()
    if weights.night:
        nights = np.isin(frame.kind[worked], list(frame.nights)).sum()
        points += weights.night * max(0, nights - frame.fair[person][0])
    if weights.weekend:
        weekends = {frame.weekend[day] for day in np.nonzero(days >= 0)[0].tolist()} - {None}
        points += weights.weekend * max(0, len(weekends) - frame.fair[person][1])
    return float(points)


@dataclass(frozen=True, slots=True)
class Heads:
    """How many work a demand (m), and how many who have a skill that it asks of some (in the order
    of ``Frame.some``)."""

    all: Floats
    skilled: Floats

    @classmethod
    def of(cls, frame: Frame, columns: Iterable[Column]) -> Heads:
        heads = cls(np.zeros(len(frame.demands)), np.zeros(len(frame.some)))
        for column in columns:
            heads.add(frame, column)
        return heads

    def add(self, frame: Frame, column: Column, times: int = 1) -> None:
        self.all[list(column.worked)] += times
        self.skilled[frame.asked(column.person, column.worked)] += times

    def prices(self, frame: Frame) -> Prices:
        """What one head more would save just now."""
        cover = np.where(self.all < frame.least, frame.under, -frame.over)
        skilled = [
            float(frame.under[m]) * (self.skilled[row] < least)
            for row, (m, _holders, least) in enumerate(frame.some)
        ]
        return Prices(cover, np.array(skilled))

    def points(self, frame: Frame) -> float:
        """What is missing and what is too much costs."""
        missing = frame.least - self.all
        points = (frame.under * np.maximum(missing, 0)).sum()
        points += (frame.over * np.maximum(-missing, 0)).sum()
        for row, (m, _holders, least) in enumerate(frame.some):
            points += frame.under[m] * max(0.0, least - self.skilled[row])
        return float(points)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a head more would save: by demand (m), and by skill asked of some."""

    cover: Floats
    skilled: Floats

    def mixed(self, other: Prices, part: float) -> Prices:
        """``part`` of these and the rest of the others."""
        return Prices(
            part * self.cover + (1 - part) * other.cover,
            part * self.skilled + (1 - part) * other.skilled,
        )

    def of(self, frame: Frame) -> Floats:
        """By demand (m), or by person and demand (p, m) where skills have a price."""
        if not len(self.skilled):
            return self.cover
        price = np.tile(self.cover, (len(frame.people), 1))
        for saved, (m, holders, _least) in zip(self.skilled, frame.some, strict=True):
            price[holders, m] += saved
        return price

    def worth(self, frame: Frame, given: Heads) -> float:
        """What all that is still missing is worth."""
        left = float((self.cover * (frame.least - given.all)).sum())
        for row, (_m, _holders, least) in enumerate(frame.some):
            left += float(self.skilled[row] * (least - given.skilled[row]))
        return left

    def paid(self, frame: Frame, column: Column) -> float:
        """What somebody's days save."""
        saved = float(self.cover[list(column.worked)].sum())
        asked = frame.asked(column.person, column.worked)
        return saved + float(self.skilled[asked].sum()) if asked else saved


class Master:
    """The linear programme for some of the people; the others' days are given."""

    def __init__(
        self, pool: Pool, people: Ints, fixed: Heads, ceiling: float | None = None
    ) -> None:
        """``fixed``: what others give already; ``ceiling``: what is missing costs at the most so
        much, until ``lift``, so that the prices stay small at first."""
        self.pool, self.frame, self.people = pool, pool.frame, people
        frame = self.frame
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        # Without preprocessing each solution begins where the last one ended.
        self.solver.SetSolverSpecificParametersAsString("use_preprocessing: false")
        infinity = self.solver.infinity()
        self.objective = self.solver.Objective()
        self.objective.SetMinimization()
        self.cover = []
        under_cost = frame.under if ceiling is None else np.minimum(frame.under, ceiling)
        self.ceilings: list[tuple[int, Any, float]] = []
        for m in range(len(frame.demands)):
            left = float(frame.least[m] - fixed.all[m])
            row = self.solver.Constraint(left, left)
            under = self.solver.NumVar(0, infinity, "")
            self.objective.SetCoefficient(under, float(under_cost[m]))
            self.ceilings.append((m, under, float(under_cost[m])))
            row.SetCoefficient(under, 1)
            over = self.solver.NumVar(0, infinity, "")
            # What is beyond already costs in any case.
            self.objective.SetCoefficient(over, float(frame.over[m]))
            row.SetCoefficient(over, -1)
            self.cover.append(row)
        self.skilled: list[Any] = []
        for m, _holders, least in frame.some:
            missing = self.solver.NumVar(0, infinity, "")
            self.objective.SetCoefficient(missing, float(under_cost[m]))
            self.ceilings.append((m, missing, float(under_cost[m])))
            row = self.solver.Constraint(float(least - fixed.skilled[len(self.skilled)]), infinity)
            row.SetCoefficient(missing, 1)
            self.skilled.append(row)
        self.one = {}
        for p in people.tolist():
            row = self.solver.Constraint(1, 1)
            none = self.solver.NumVar(0, infinity, "")
            self.objective.SetCoefficient(none, _NEVER)
            row.SetCoefficient(none, 1)
            self.one[p] = row
        self.variables: dict[int, pywraplp.Variable] = {}

    def add(self, number: int) -> None:
        """Take a column in."""
        if number in self.variables:
            return
        column = self.pool.columns[number]
        variable = self.solver.NumVar(0, self.solver.infinity(), "")
        self.objective.SetCoefficient(variable, column.points)
        self.one[column.person].SetCoefficient(variable, 1)
        for m in column.worked:
            self.cover[m].SetCoefficient(variable, 1)
        for row in self.frame.asked(column.person, column.worked):
            self.skilled[row].SetCoefficient(variable, 1)
        self.variables[number] = variable

    def solve(self) -> float:
        status = self.solver.Solve()
        if status != pywraplp.Solver.OPTIMAL:
            raise AssertionError(f"the linear programme ended with {status}")
        return float(self.objective.Value())

    def lift(self) -> bool:
        """Let what is missing in the solution cost more, where a ceiling holds it down; whether
        any does."""
        missing = [variable.solution_value() > _NEAR for _m, variable, _cost in self.ceilings]
        lifted = False
        for row, (m, variable, cost) in enumerate(self.ceilings):
            whole = float(self.frame.under[m])
            if missing[row] and cost < whole:
                dearer = min(whole, _LIFT * cost)
                self.objective.SetCoefficient(variable, dearer)
                self.ceilings[row] = m, variable, dearer
                lifted = True
        return lifted

    def prices(self) -> tuple[Prices, Floats]:
        """What a head more would save, and somebody's days less (of ``people``)."""
        cover = np.array([row.dual_value() for row in self.cover])
        skilled = np.array([row.dual_value() for row in self.skilled])
        one = np.array([self.one[p].dual_value() for p in self.people.tolist()])
        return Prices(cover, skilled), one

    def shares(self) -> dict[int, float]:
        """How much of each column the solution takes."""
        return {
            number: value
            for number, variable in self.variables.items()
            if (value := variable.solution_value()) > _NEAR
        }
