"""Keeping the list of vacancies, their tasks and their count in step with who answers where.

:func:`refresh` compares what the rules ask for with what is listed and writes the difference; it
may run at any time, for one place or a whole area, and running it twice changes nothing. Actions
run it for the place they change; a redraw, an import and midnight (a responsibility may end by its
date) run it for an area. Only counties in use are asked (``queries.counties_in_use``): the tree is
that of the whole country, and nobody owes an officer to a county that nobody has begun.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.core.actions import NewTask, close_tasks, open_tasks
from fangxian.organisations import account_needs, lacking
from fangxian.organisations.models import Responsibility, Vacancy
from fangxian.organisations.queries import counties_in_use, found_sql, role_values
from fangxian.organisations.rules import ChainRole, ChainRules, chain_rules
from fangxian.organisations.turns import take_turns
from fangxian.regions.models import Region

METRIC = "vacancy"
KEY = "chain"
TASK = "organisations.vacancy"
BATCH = 2_000

# What is asked for beside what is listed, as far as they differ: written, a row is no longer found.
_DIFFERENCE = f"""
WITH asked AS ({found_sql("count(h.id) < %(minimum)s")}),
listed AS (
    SELECT v.id, v.place_id, v.place_code, v.missing FROM organisations_vacancy v
    WHERE v.role = %(role)s AND v.place_code >= %(lo)s AND v.place_code < %(hi)s
      AND (%(places)s::uuid[] IS NULL OR v.place_id = ANY (%(places)s::uuid[]))
)
SELECT coalesce(asked.id, listed.place_id), coalesce(asked.code, listed.place_code),
       CASE WHEN asked.id IS NULL THEN 0 ELSE %(minimum)s - asked.found END,
       listed.id, coalesce(listed.missing, 0)
FROM asked FULL JOIN listed ON listed.place_id = asked.id
WHERE asked.id IS NULL OR listed.id IS NULL OR listed.missing <> %(minimum)s - asked.found
ORDER BY 2 LIMIT {BATCH}
"""  # noqa: S608 - constants of this package
# Of a role that the rules in force don't ask for any more.
_FORGOTTEN = f"""
SELECT v.place_id, v.place_code, 0, v.id, v.missing, v.role FROM organisations_vacancy v
WHERE NOT v.role = ANY (%(wanted)s) AND v.place_code >= %(lo)s AND v.place_code < %(hi)s
ORDER BY 2 LIMIT {BATCH}
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class _Change:
    """A place and role: how many are missing, and how many the list says (no id: none)."""

    place_id: UUID
    place_code: str
    missing: int
    listed_id: UUID | None
    listed: int
    role: str

    @property
    def key(self) -> str:
        return f"{self.place_id}/{self.role}"


P = ParamSpec("P")
R = TypeVar("R")
_gathered: ContextVar[dict[UUID, Region] | None] = ContextVar(
    "organisations_gathered", default=None
)
_trial: ContextVar[bool] = ContextVar("organisations_trial", default=False)


@contextmanager
def left_alone() -> Iterator[None]:
    """Leave the list as it is: for a trial that is taken back, and must keep nobody waiting."""
    before = _trial.set(True)
    try:
        yield
    finally:
        _trial.reset(before)


@contextmanager
def gathered(by: Actor) -> Iterator[None]:
    """Refresh all places that are touched inside once, at the end of the outermost.

    The lock of a county comes last: whoever still needs a responsibility after it would wait for
    one who holds that responsibility and waits for the county.
    """
    if _gathered.get() is not None:
        yield
        return
    places: dict[UUID, Region] = {}
    token = _gathered.set(places)
    try:
        yield
    finally:
        _gathered.reset(token)
    refresh_places(by, list(places.values()))


def refreshed_last(function: Callable[P, R]) -> Callable[P, R]:
    """Run an action ``gathered``."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with gathered(cast(Actor, kwargs["by"])):
            return function(*args, **kwargs)

    return run


def refresh(*, by: Actor, area: str, on: dt.date | None = None) -> tuple[int, int]:
    """Bring the vacancies of ``area`` up to date. Returns how many opened and how many closed.

    County by county, each in a transaction of its own unless the caller has one already.
    """
    if len(area) >= Level.COUNTY:
        return _refresh(by, area, on)
    opened, closed = _refresh(by, area, on, above=True)
    for county in _counties(by, area):
        more, fewer = _refresh(by, county, on)
        opened, closed = opened + more, closed + fewer
    return opened, closed


def _counties(by: Actor, area: str) -> list[str]:
    """The counties in use, and those in which a vacancy is listed."""
    lo, hi = codes.bounds(area)
    with acting(by), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT left(place_code, 6) FROM organisations_vacancy"
            " WHERE place_code >= %s AND place_code < %s AND length(place_code) >= 6",
            [lo, hi],
        )
        listed = {str(row[0]) for row in cursor.fetchall()}
        return sorted(listed | set(counties_in_use(area)))


def _refresh(by: Actor, area: str, on: dt.date | None, *, above: bool = False) -> tuple[int, int]:
    """One county (or a part of it), or the roles ``above`` the counties of a wider area."""
    day = on or timezone.localdate()
    with acting(by):
        rules = chain_rules(day)
        roles = rules.roles.values()
        wanted = [r for r in roles if r.minimum > 0 and (r.level < Level.COUNTY) == above]
        if above and not wanted:
            return 0, 0
        _lock([area])
        return _settle(by, rules, wanted, area, day)


def refresh_places(by: Actor, places: Sequence[Region]) -> None:
    """:func:`refresh` for some places alone, after their responsibilities changed.

    What their holders' accounts lack is asked for.
    """
    if not places or _trial.get():
        return
    later = _gathered.get()
    if later is not None:
        later.update((place.id, place) for place in places)
        return
    _lock(place.code for place in places)
    day = timezone.localdate()
    rules = chain_rules(day)
    levels = {place.level for place in places}
    wanted = [r for r in rules.roles.values() if r.minimum > 0 and int(r.level) in levels]
    counties = {c for p in places for c in counties_in_use(p.code[: int(Level.COUNTY)])}
    _settle(by, rules, wanted, by.area, day, [place.id for place in places], sorted(counties))
    account_needs.refresh(by=by, places=[place.code for place in places])
    lacking.follow(by, [place.code for place in places])


def _lock(places: Iterable[str]) -> None:
    """One settlement at a time in a county: two would both open the same vacancy."""
    take_turns("organisations.vacancies", places)


def _settle(
    by: Actor,
    rules: ChainRules,
    wanted: Sequence[ChainRole],
    area: str,
    day: dt.date,
    places: list[UUID] | None = None,
    counties: list[str] | None = None,
) -> tuple[int, int]:
    lo, hi = codes.bounds(area)
    opened = closed = 0
    where: dict[str, Any] = {"lo": lo, "hi": hi, "day": day, "places": places}
    where["counties"] = counties_in_use(area) if counties is None else counties
    for role in wanted:
        for batch in _batches(_DIFFERENCE, where | role_values(role), role.code):
            opened += sum(change.listed_id is None for change in batch)
            closed += sum(change.missing == 0 for change in batch)
            _write(by, rules, batch, day)
    if places is None:
        values = where | {"wanted": [role.code for role in rules.roles.values() if role.minimum]}
        for batch in _batches(_FORGOTTEN, values):
            closed += len(batch)
            _write(by, rules, batch, day)
    return opened, closed


def _batches(statement: str, values: Mapping[str, Any], *role: str) -> Iterator[list[_Change]]:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            batch = [_Change(*row, *role) for row in cursor.fetchall()]
        if batch:
            yield batch
        if len(batch) < BATCH:
            return


def _write(by: Actor, rules: ChainRules, batch: Sequence[_Change], day: dt.date) -> None:
    opened = [
        Vacancy(
            id=uuid7(),
            place_id=change.place_id,
            place_code=change.place_code,
            role=change.role,
            missing=change.missing,
            since=day,
        )
        for change in batch
        if change.listed_id is None
    ]
    filled = [change for change in batch if change.missing == 0]
    changed = {
        change.listed_id: change.missing
        for change in batch
        if change.listed_id is not None and change.missing
    }
    rows = list(Vacancy.objects.filter(id__in=list(changed)))
    for row in rows:
        row.missing = changed[row.id]
    Vacancy.objects.bulk_update(rows, ["missing"])
    Vacancy.objects.filter(id__in=[change.listed_id for change in filled]).delete()
    Vacancy.objects.bulk_create(opened)
    counters.add(by, [(METRIC, KEY, one.place_code, one.missing - one.listed) for one in batch])
    _tasks(by, rules, opened)
    close_tasks(by=by, kind=TASK, dedupe_keys=[change.key for change in filled], done_fact="named")


def _tasks(by: Actor, rules: ChainRules, opened: Sequence[Vacancy]) -> None:
    title = gettext_noop("Name who answers as %(role)s")
    ask(by, rules, TASK, title, {f"{row.place_id}/{row.role}": row for row in opened})


def ask(
    by: Actor,
    rules: ChainRules,
    kind: str,
    title: str,
    rows: Mapping[str, Vacancy | Responsibility],
) -> None:
    """Give who names people for the places of ``rows`` (by the task's key) a task for each."""
    due = timezone.now() + dt.timedelta(days=rules.grace_days)
    open_tasks(
        by=by,
        tasks=[
            NewTask(
                kind=kind,
                place_code=row.place_code,
                title=title,
                # The code: the reader's language decides how the role is called.
                title_data={"role": row.role},
                due_at=due,
                object_type=row._meta.label,
                object_id=row.id,
                assignee_role=(
                    rules.roles[row.role].named_by if row.role in rules.roles else "community_staff"
                ),
                assignee_level=min(len(row.place_code), int(codes.Level.VILLAGE)),
                dedupe_key=key,
            )
            for key, row in rows.items()
        ],
    )


def task_words(data: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a vacancy's task in the reader's language."""
    return {"role": chain_rules().name_of(str(data.get("role", "")))}
