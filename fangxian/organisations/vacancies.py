"""Keeping the list of vacancies, their tasks and their count in step with who answers where.

:func:`refresh` compares what the rules ask for with what is there and writes the difference; it may
run at any time, for one place or a whole area, and running it twice changes nothing. Actions run
it for the place they change; a redraw, an import and midnight (a responsibility may end by its
date) run it for an area.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.core.actions import NewTask, close_tasks, open_tasks
from fangxian.organisations.models import Vacancy
from fangxian.organisations.queries import Breach, breaches
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.regions.models import Region

METRIC = "vacancy"
KEY = "chain"
TASK = "organisations.vacancy"
BATCH = 2_000

Slot = tuple[object, str]


def refresh(*, by: Actor, area: str, on: dt.date | None = None) -> tuple[int, int]:
    """Bring the vacancies of ``area`` up to date. Returns how many opened and how many closed."""
    day = on or timezone.localdate()
    with acting(by):
        _lock()
        rules = chain_rules(day)
        wanted = [role for role in rules.roles.values() if role.minimum > 0]
        found = [b for b in breaches(area, roles=wanted, on=day) if b.vacant]
        lo, hi = codes.bounds(area)
        known = Vacancy.objects.filter(place_code__gte=lo, place_code__lt=hi)
        return _settle(by, rules, known, found, day)


def refresh_places(by: Actor, places: Sequence[Region]) -> None:
    """:func:`refresh` for some places alone, after their responsibilities changed."""
    if not places:
        return
    _lock()
    day = timezone.localdate()
    rules = chain_rules(day)
    levels = {place.level for place in places}
    wanted = [r for r in rules.roles.values() if r.minimum > 0 and int(r.level) in levels]
    ids = [place.id for place in places]
    found = [b for b in breaches(by.area, roles=wanted, on=day, places=ids) if b.vacant]
    _settle(by, rules, Vacancy.objects.filter(place_id__in=ids), found, day)


def _lock() -> None:
    """One settlement at a time: two would both open the same vacancy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('organisations.vacancies'))")


def _settle(
    by: Actor,
    rules: ChainRules,
    rows: QuerySet[Vacancy],
    found: Iterable[Breach],
    day: dt.date,
) -> tuple[int, int]:
    now: dict[Slot, Breach] = {(b.place_id, b.role.code): b for b in found}
    known: dict[Slot, Vacancy] = {(row.place_id, row.role): row for row in rows}
    filled = [row for slot, row in known.items() if slot not in now]
    opened = [_vacancy(breach, day) for slot, breach in now.items() if slot not in known]
    changed = [
        (row, _missing(now[slot]))
        for slot, row in known.items()
        if slot in now and row.missing != _missing(now[slot])
    ]
    deltas = [(METRIC, KEY, row.place_code, -row.missing) for row in filled]
    deltas += [(METRIC, KEY, row.place_code, row.missing) for row in opened]
    deltas += [(METRIC, KEY, row.place_code, n - row.missing) for row, n in changed]
    for row, n in changed:
        row.missing = n
        row.save(update_fields=["missing"])
    Vacancy.objects.filter(id__in=[row.id for row in filled]).delete()
    Vacancy.objects.bulk_create(opened, batch_size=BATCH)
    counters.add(by, deltas)
    _tasks(by, rules, opened, filled)
    return len(opened), len(filled)


def _missing(breach: Breach) -> int:
    return breach.role.minimum - breach.found


def _vacancy(breach: Breach, day: dt.date) -> Vacancy:
    return Vacancy(
        id=uuid7(),
        place_id=breach.place_id,
        place_code=breach.place_code,
        role=breach.role.code,
        missing=_missing(breach),
        since=day,
    )


def _key(row: Vacancy) -> str:
    return f"{row.place_id}/{row.role}"


def _tasks(
    by: Actor, rules: ChainRules, opened: Sequence[Vacancy], filled: Sequence[Vacancy]
) -> None:
    due = timezone.now() + dt.timedelta(days=rules.grace_days)
    open_tasks(
        by=by,
        tasks=[
            NewTask(
                kind=TASK,
                place_code=row.place_code,
                title=gettext_noop("Name who answers as %(role)s"),
                # The code: the reader's language decides how the role is called.
                title_data={"role": row.role},
                due_at=due,
                object_type="organisations.Vacancy",
                object_id=row.id,
                assignee_role=rules.roles[row.role].named_by,
                assignee_level=min(len(row.place_code), int(codes.Level.VILLAGE)),
                dedupe_key=_key(row),
            )
            for row in opened
        ],
    )
    close_tasks(by=by, kind=TASK, dedupe_keys=[_key(row) for row in filled], done_fact="named")


def task_words(data: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a vacancy's task in the reader's language."""
    return {"role": chain_rules().name_of(str(data.get("role", "")))}
