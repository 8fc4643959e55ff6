"""The reference of ``roster``: all rules and points in one model, given to CP-SAT as it is."""

from __future__ import annotations

from ortools.sat.python import cp_model

from fangxian_methods.rostering import Problem
from fangxian_methods.rostering.rules import Expr, Model


def plain(problem: Problem, seconds: float, workers: int = 2) -> float | None:
    """The points of the best roster found, None without any."""
    model = Model(problem)
    for person in problem.people:
        model.add(person, problem.demands)
    for keep in model.keeps.values():
        model.model.add(keep == 1)
    terms: list[Expr] = []
    for one in problem.demands:
        here = [model.works[person.id, one.id] for person in problem.people]
        under = model.model.new_int_var(0, one.least, "")
        over = model.model.new_int_var(0, len(problem.people), "")
        model.model.add(sum(here) + under - over == one.least)
        terms += [round(one.under) * under, round(one.over) * over]
    for person in problem.people:
        given = {(one.day, one.kind): model.works[person.id, one.id] for one in problem.demands}
        terms += [round(points) * (1 - given[key]) for key, points in person.wants.items()]
        terms += [round(points) * given[key] for key, points in person.avoids.items()]
    model.model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return float(solver.objective_value)
    return None
