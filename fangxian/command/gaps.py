"""Gaps one by one: doors that nobody has covered, roles that nobody holds; who closes each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Length

from fangxian.common import codes
from fangxian.field.exporting import door_cells, door_labels
from fangxian.field.models import Campaign, Target
from fangxian.field.queries import doors, gaps
from fangxian.organisations.models import Vacancy
from fangxian.organisations.naming import tasks_of, who_names_many
from fangxian.organisations.queries import note_shown, who_closes_many
from fangxian.organisations.rules import chain_rules
from fangxian.regions.queries import names

SHOWN = 100


def doors_of(campaign: Campaign, code: str, *, gaps_only: bool, most: int) -> list[dict[str, Any]]:
    """The doors of a place, gaps first, with who closes each: ``target state due closers``.

    Three queries.
    """
    targets = list(gaps(campaign, code)[:most])
    if not gaps_only and len(targets) < most:
        others = doors(campaign, code).exclude(state=Target.State.OPEN)
        targets += others[: most - len(targets)]
    closers = who_closes_many(list({target.place_code for target in targets}))
    return [
        {
            "target": target,
            "state": target.state,
            "due": target.due_on,
            "closers": closers[target.place_code],
            "closer": next(iter(closers[target.place_code]), None),
        }
        for target in targets
    ]


def vacancies_at(code: str) -> QuerySet[Vacancy]:
    """The vacancies at and below a place ("" is the whole country)."""
    lo, hi = codes.bounds(code)
    return Vacancy.objects.filter(place_code__gte=lo, place_code__lt=hi)


def vacancies_of(code: str, most: int = SHOWN) -> list[dict[str, Any]]:
    """The vacancies at and below a place, the highest places first, with who names and by when.

    Keys ``key code place where role missing since naming due task``. Seven queries.
    """
    return _described(list(vacancies_at(code).order_by(Length("place_code"), "place_code")[:most]))


def _described(rows: Sequence[Vacancy]) -> list[dict[str, Any]]:
    rules = chain_rules()
    called = names(
        {at for row in rows for at in codes.ancestors(row.place_code, include_self=True)}
    )
    tasks = tasks_of(rows)
    namings = who_names_many([(row, tasks.get(row.id)) for row in rows])
    described = []
    for row in rows:
        task = tasks.get(row.id)
        naming = namings[row.id]
        described.append(
            {
                "key": [row.id, row.role, row.missing, row.since, task and task.due_at, naming],
                "code": row.place_code,
                "place": called.get(row.place_code, row.place_code),
                "where": " ".join(
                    called[at] for at in codes.ancestors(row.place_code)[3:] if at in called
                ),
                "role": rules.name_of(row.role),
                "missing": row.missing,
                "since": row.since,
                "naming": naming,
                "due": task.due_at if task else None,
                "task": task,
            }
        )
    return described


BATCH = 1_000


def gap_rows(campaign: Campaign, code: str) -> Iterator[list[object]]:
    """The uncovered doors of a place for a ledger: where, what was tried, by when, who closes.

    Town, community, grid, building, unit, room, last outcome, visits, last visit, due, role, name.
    Of persons those who close are named. Read in batches of :data:`BATCH`.
    """
    found = gaps(campaign, code).iterator(chunk_size=BATCH)
    batch: list[Target] = []
    for target in found:
        batch.append(target)
        if len(batch) == BATCH:
            yield from _ledger(batch)
            batch = []
    yield from _ledger(batch)


def _ledger(batch: Sequence[Target]) -> Iterator[list[object]]:
    if not batch:
        return
    places = {target.place_code for target in batch}
    labels = door_labels(places)
    closers = {
        code: next(iter(found), None) for code, found in who_closes_many(list(places)).items()
    }
    note_shown(closers.values())
    for target in batch:
        closer = closers[target.place_code]
        last = target.last_visit_at
        yield [
            *door_cells(target, labels),
            target.outcome,
            target.visits,
            last,
            target.due_on,
            closer.role_name if closer else "",
            closer.name if closer else "",
        ]


def vacancy_rows(code: str) -> Iterator[list[object]]:
    """The vacancies of a place for a ledger.

    Place, code, role, missing, since, due, the role that names somebody, its account, who answers.
    """
    found = vacancies_at(code).order_by("place_code")
    batch: list[Vacancy] = []
    for row in found.iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield from _vacancy_ledger(batch)
            batch = []
    yield from _vacancy_ledger(batch)


def _vacancy_ledger(batch: Sequence[Vacancy]) -> Iterator[list[object]]:
    described = _described(batch)
    note_shown(row["naming"].closer for row in described)
    for row in described:
        due: dt.datetime | None = row["due"]
        naming, closer = row["naming"], row["naming"].closer
        yield [
            f"{row['where']} {row['place']}".strip(),
            row["code"],
            row["role"],
            row["missing"],
            row["since"],
            due,
            naming.role,
            naming.account,
            f"{closer.role_name} {closer.name}" if closer else "",
        ]
