"""Problems made from a seed, and the best roster of small ones by a plain model."""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from fangxian_methods.rostering import (
    Demand,
    Kind,
    Limits,
    Person,
    Problem,
    Weights,
    with_rest,
)
from fangxian_methods.rostering.rules import Expr, Model

KINDS = with_rest(
    (
        Kind("early", 480, 6 * 60),
        Kind("late", 480, 14 * 60),
        Kind("night", 480, 22 * 60, night=True),
    ),
    11 * 60,
)


def made(seed: int, people: int = 6, days: int = 7, *, uneven: bool = False) -> Problem:
    """A few people with limits, wishes, skills, a past and days set; demands of some skills."""
    rng = np.random.default_rng(seed)
    kinds = KINDS
    if uneven:
        kinds = tuple(
            Kind(one.id, minutes, one.start, one.night, one.bars)
            for one, minutes in zip(KINDS, (360, 480, 600), strict=True)
        )
    demands = []
    for day in range(days):
        for kind in kinds:
            for post in range(int(rng.integers(1, 3))):
                demands.append(
                    Demand(
                        f"{day}/{kind.id}/{post}",
                        day,
                        kind.id,
                        int(rng.integers(0, 3)),
                        under=float(rng.integers(5, 40)),
                        over=float(rng.integers(0, 5)),
                        skills=frozenset({"medic"}) if rng.random() < 0.2 else frozenset(),
                        some={"leads": 1} if rng.random() < 0.2 else {},
                    )
                )
    everybody = tuple(_person(rng, f"p{n}", days, demands) for n in range(people))
    weights = Weights(0.0, float(rng.integers(0, 4)), float(rng.integers(0, 4)))
    return Problem(
        days, kinds, everybody, tuple(demands), weights, first_weekday=int(rng.integers(0, 7))
    )


def _person(rng: np.random.Generator, name: str, days: int, demands: list[Demand]) -> Person:
    def maybe(value: int) -> int | None:
        return value if rng.random() < 0.5 else None

    least_row = int(rng.integers(1, 3))
    limits = Limits(
        most_minutes=maybe(480 * int(rng.integers(3, days))),
        least_minutes=480 * int(rng.integers(0, 3)),
        most_in_row=maybe(int(rng.integers(least_row, 5))),
        least_in_row=least_row,
        least_off=int(rng.integers(1, 3)),
        most_weekends=maybe(1),
        most_nights=maybe(int(rng.integers(0, 3))),
        most_days=maybe(int(rng.integers(3, days))),
        most_of={"late": int(rng.integers(0, 3))} if rng.random() < 0.3 else {},
    )
    before = tuple(
        str(rng.choice(["early", "late", "night"])) if rng.random() < 0.5 else None
        for _ in range(int(rng.integers(0, 4)))
    )
    kinds = ("early", "late", "night")
    wishes = {(int(rng.integers(0, days)), kinds[rng.integers(0, 3)]): float(rng.integers(1, 6))}
    avoids = {(int(rng.integers(0, days)), kinds[rng.integers(0, 3)]): float(rng.integers(1, 6))}
    return Person(
        name,
        limits,
        skills=frozenset(skill for skill in ("medic", "leads") if rng.random() < 0.5),
        off=frozenset({int(rng.integers(0, days))}) if rng.random() < 0.4 else frozenset(),
        wants=wishes,
        avoids=avoids,
        before=before,
        share=float(rng.integers(1, 3)),
    )


def least_points(problem: Problem) -> float | None:
    """The points of the best roster, by one model of everything; None if somebody has no days."""
    model = Model(problem)
    for person in problem.people:
        model.add(person, problem.demands)
    for keep in model.keeps.values():
        model.model.add(keep == 1)
    terms: list[Expr] = []
    for one in problem.demands:
        here = [model.works[person.id, one.id] for person in problem.people]
        under = model.model.new_int_var(0, max(1, one.least), "")
        over = model.model.new_int_var(0, len(problem.people), "")
        model.model.add(sum(here) + under - over == one.least)
        terms += [round(one.under * 1000) * under, round(one.over * 1000) * over]
        for skill, least in one.some.items():
            able = [
                model.works[person.id, one.id]
                for person in problem.people
                if skill in person.skills
            ]
            missing = model.model.new_int_var(0, least, "")
            model.model.add(sum(able) + missing >= least)
            terms.append(round(one.under * 1000) * missing)
    fair = problem.fair()
    night = {kind.id for kind in problem.kinds if kind.night}
    for person in problem.people:
        mine = [(one, model.works[person.id, one.id]) for one in problem.demands]
        for key, points in person.wants.items():
            given = [variable for one, variable in mine if (one.day, one.kind) == key]
            terms.append(round(points * 1000) * (1 - sum(given)))
        for key, points in person.avoids.items():
            terms += [
                round(points * 1000) * variable
                for one, variable in mine
                if (one.day, one.kind) == key
            ]
        extra = model.model.new_int_var(0, problem.days, "")
        nights = sum(variable for one, variable in mine if one.kind in night)
        model.model.add(extra >= nights - fair[person.id][0])
        terms.append(round(problem.weights.night * 1000) * extra)
        weekends: dict[int, list[cp_model.IntVar]] = {}
        for one, variable in mine:
            if (number := problem.weekend_of(one.day)) is not None:
                weekends.setdefault(number, []).append(variable)
        flags = []
        for variables in weekends.values():
            flag = model.model.new_bool_var("")
            for variable in variables:
                model.model.add_implication(variable, flag)
            flags.append(flag)
        above = model.model.new_int_var(0, problem.days, "")
        model.model.add(above >= sum(flags) - fair[person.id][1])
        terms.append(round(problem.weights.weekend * 1000) * above)
    model.model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model.model)
    if status == cp_model.INFEASIBLE:
        return None
    assert status == cp_model.OPTIMAL
    return solver.objective_value / 1000


def made_long(weeks: int, people: int, seed: int) -> Problem:
    """Some people for many weeks, with limits whose sums are too many to be counted."""
    rng = np.random.default_rng(seed)
    kinds = with_rest(
        tuple(Kind(f"k{n}", 360 + 60 * n, 240 * n) for n in range(6)),
        10 * 60,
    )
    days = 7 * weeks
    demands = tuple(
        Demand(f"{day}/{kind.id}", day, kind.id, int(rng.random() < 0.09 * people))
        for day in range(days)
        for kind in kinds
    )
    everybody = tuple(
        Person(
            f"p{n}",
            Limits(
                most_minutes=2160 * weeks,
                least_minutes=1600 * weeks,
                most_in_row=5,
                least_in_row=2,
                least_off=2,
                most_weekends=weeks // 2,
                most_of={"k5": weeks},
            ),
            off=frozenset(int(day) for day in rng.choice(days, weeks // 2, replace=False)),
        )
        for n in range(people)
    )
    return Problem(days, kinds, everybody, demands)
