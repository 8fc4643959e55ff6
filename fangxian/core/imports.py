"""Staging and committing of imported rows, so that what came in always adds up.

A room registers an :class:`ImportKind`; its job stages the file's rows (:func:`stage`,
:func:`staged`), commits them in chunks (:func:`commit_chunks`) and finishes the run
(:func:`finish`). A chunk is one transaction: after a crash the next attempt goes on with the rows
that still wait, and none is half written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import crypto
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.fields import Destroyed
from fangxian.common.ids import uuid7
from fangxian.common.keyring import REGISTER
from fangxian.common.registries import Registry
from fangxian.core.actions.files import require_scope
from fangxian.core.models import File, ImportRow, ImportRun, ImportState, MappingMemory, RowState
from fangxian.core.progress import Progress

STAGE_ROWS = 2_000
COMMIT_ROWS = 500

RAW = "core.importrow.raw"
PROBLEMS = "core.importrow.problems"


@dataclass(frozen=True)
class ImportKind:
    """A kind of ledger that can be imported. ``url_name``: where its upload page is."""

    name: str
    label: Any
    right: str
    url_name: str = ""


kinds: Registry[ImportKind] = Registry("import kind")


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row that waits: its number in the file and its values by column."""

    id: UUID
    number: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: accepted, or rejected when there are ``problems``.

    ``changed`` is false when everything it says was known already.
    """

    number: int
    problems: tuple[Problem, ...] = ()
    object_id: UUID | None = None
    changed: bool = True


Handler = Callable[[Actor, list[StagedRow]], Sequence[Outcome]]


def begin(
    *,
    by: Actor,
    kind: str,
    file: File,
    place_code: str,
    signature: str = "",
    mapping: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    emergency_id: UUID | None = None,
) -> ImportRun:
    """Begin a run of a stored file, or return the one this very file already has at this place.

    The same file with another mapping is another run. In the open transaction; the right is that
    of the action that calls it.
    """
    require_scope(by, place_code)
    known = same_file(kind, place_code, file.sha256)
    if known is not None and known.mapping == (mapping or {}):
        return known
    return ImportRun.objects.create(
        kind=kind,
        place_code=place_code,
        file=file,
        sha256=file.sha256,
        signature=signature,
        mapping=mapping or {},
        options=options or {},
        emergency_id=emergency_id,
        user_id=by.user_id,
        made_by=by.name,
    )


def stage(run: ImportRun, rows: Iterable[tuple[int, dict[str, Any]]]) -> int:
    """Add ``(row number, values by column)`` to a run; a number that is there already is kept.

    Runs in the open transaction (``progress.chunk()``); about 40,000 rows a second. Returns the
    number of rows given.
    """
    given = 0
    source = iter(rows)
    while batch := list(islice(source, STAGE_ROWS)):
        _insert(run, batch)
        given += len(batch)
    return given


def _insert(run: ImportRun, batch: list[tuple[int, dict[str, Any]]]) -> None:
    key = run.emergency_id or REGISTER
    sealed = [crypto.seal(orjson.dumps(values), RAW, key) for _number, values in batch]
    with connection.cursor() as cursor:
        # COPY is refused under row-level security; arrays come close to it.
        cursor.execute(
            "INSERT INTO core_importrow"
            " (id, created_at, place_code, run_id, number, state, emergency_id, raw)"
            " SELECT u.id, now(), %s, %s, u.number, 'waiting', %s, u.raw"
            " FROM unnest(%s::uuid[], %s::int[], %s::bytea[]) AS u (id, number, raw)"
            " ON CONFLICT (run_id, number) DO NOTHING",
            [
                run.place_code,
                run.id,
                run.emergency_id,
                [uuid7() for _row in batch],
                [number for number, _values in batch],
                sealed,
            ],
        )


def staged(run: ImportRun) -> ImportRun:
    """All rows are in: fix their number and make the run ready (in the open transaction)."""
    run.rows_in = ImportRow.objects.filter(run=run).count()
    run.state = ImportState.READY
    run.save(update_fields=["rows_in", "state"])
    return run


def waiting(run: ImportRun, limit: int | None = None) -> list[StagedRow]:
    """Return rows that wait, in the order of the file."""
    return rows_of(run, RowState.WAITING, limit)


def rows_of(run: ImportRun, state: str | None = None, limit: int | None = None) -> list[StagedRow]:
    """Return a run's rows, of one state if it is given."""
    found = ImportRow.objects.filter(run=run).order_by("number")
    if state is not None:
        found = found.filter(state=state)
    return [_staged_row(row) for row in (found if limit is None else found[:limit])]


def _staged_row(row: ImportRow) -> StagedRow:
    return StagedRow(row.id, row.number, _opened(row.raw) or {})


def _opened(sealed: str | None) -> Any:
    """The value of a sealed column; None once its emergency's key is destroyed."""
    if not sealed or isinstance(sealed, Destroyed):
        return None
    return orjson.loads(sealed)


def commit_chunks(
    run: ImportRun, handler: Handler, progress: Progress, *, size: int = COMMIT_ROWS
) -> ImportRun:
    """Commit all waiting rows, ``size`` in a transaction, then finish the run.

    ``handler(by, rows)`` writes the rows and returns an :class:`Outcome` for each. When it raises
    over a chunk, its rows are tried one by one, and those that fail again are rejected. Stopping
    the job leaves the run to be continued.
    """
    with progress.chunk():
        ImportRun.objects.filter(id=run.id, finished_at=None).update(state=ImportState.RUNNING)
    while True:
        with progress.chunk() as by:
            # Locked, so that two attempts never write the same row.
            locked = (
                ImportRow.objects.select_for_update()
                .filter(run=run, state=RowState.WAITING)
                .order_by("number")[:size]
            )
            rows = [_staged_row(row) for row in locked]
            if rows:
                _record(run, rows, _handle(handler, by, rows))
            run.refresh_from_db()
        if not rows:
            break
        progress.step(run.accepted + run.rejected, run.rows_in)
    with progress.chunk():
        return finish(run)


def _handle(handler: Handler, by: Actor, rows: list[StagedRow]) -> list[Outcome]:
    try:
        with transaction.atomic():
            return _complete(rows, handler(by, rows))
    except OperationalError:
        raise
    except (Invalid, DatabaseError):
        # One row spoils the chunk: find out which.
        return [_handle_one(handler, by, row) for row in rows]


def _handle_one(handler: Handler, by: Actor, row: StagedRow) -> Outcome:
    try:
        with transaction.atomic():
            return _complete([row], handler(by, [row]))[0]
    except OperationalError:
        raise
    except Invalid as error:
        return Outcome(row.number, tuple(error.problems))
    except DatabaseError:
        # Its text would quote the row; the row itself goes back to who sent it.
        problem = Problem(
            _("The row contradicts what is registered."),
            row=row.number,
            mend=_("Compare it with the register, correct it and import it again."),
            code="contradiction",
        )
        return Outcome(row.number, (problem,))


def _complete(rows: list[StagedRow], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Check that each row has exactly one outcome. Raises ValueError: a fault of the handler."""
    if sorted(o.number for o in outcomes) != [row.number for row in rows]:
        raise ValueError("an import handler returns exactly one outcome for each row")
    return sorted(outcomes, key=lambda o: o.number)


def _record(run: ImportRun, rows: list[StagedRow], outcomes: list[Outcome]) -> None:
    key = run.emergency_id or REGISTER
    rejected = [o for o in outcomes if o.problems]
    states = [RowState.REJECTED if o.problems else RowState.ACCEPTED for o in outcomes]
    problems = [
        crypto.seal(orjson.dumps([_packed(p) for p in o.problems]), PROBLEMS, key)
        if o.problems
        else None
        for o in outcomes
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_importrow r SET state = u.state, problems = u.problems,"
            " object_id = u.object_id FROM unnest(%s::uuid[], %s::text[], %s::bytea[],"
            " %s::uuid[]) AS u (id, state, problems, object_id) WHERE r.id = u.id",
            [[r.id for r in rows], states, problems, [o.object_id for o in outcomes]],
        )
    ImportRun.objects.filter(id=run.id).update(
        accepted=F("accepted") + len(outcomes) - len(rejected),
        rejected=F("rejected") + len(rejected),
        changed=F("changed") + sum(o.changed and not o.problems for o in outcomes),
    )


def _packed(problem: Problem) -> dict[str, Any]:
    return {
        "field": problem.field,
        "code": problem.code,
        "message": str(problem.message),
        "mend": str(problem.mend),
    }


def finish(run: ImportRun, result_file: File | None = None) -> ImportRun:
    """Finish a run none of whose rows wait, in the open transaction.

    The database refuses it unless rows in = accepted + rejected.
    """
    run.refresh_from_db()
    run.state = ImportState.FINISHED
    run.finished_at = run.finished_at or timezone.now()
    if result_file is not None:
        run.result_file = result_file
    run.save(update_fields=["state", "finished_at", "result_file"])
    return run


def fail(run: ImportRun, code: str, state: str = ImportState.FAILED) -> ImportRun:
    """End a run that can't go on; rows already accepted stay."""
    run.refresh_from_db()
    run.state = state
    run.error_code = code[:60]
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "error_code", "finished_at"])
    return run


def problems_of(run: ImportRun) -> Iterator[tuple[int, dict[str, Any], list[Problem]]]:
    """Yield ``(row number, values, problems)`` of each rejected row, in the order of the file."""
    rejected = ImportRow.objects.filter(run=run, state=RowState.REJECTED).order_by("number")
    for row in rejected.iterator(chunk_size=1_000):
        packed = _opened(row.problems) or []
        values = _opened(row.raw) or {}
        yield row.number, values, [Problem(row=row.number, **problem) for problem in packed]


def same_file(kind: str, place_code: str, sha256: str) -> ImportRun | None:
    """The latest run of this very file at this place that was not given up."""
    return (
        ImportRun.objects.filter(kind=kind, place_code=place_code, sha256=sha256)
        .exclude(state__in=[ImportState.FAILED, ImportState.CANCELLED])
        .order_by("-created_at")
        .first()
    )


def recall_mapping(by: Actor, kind: str, signature: str) -> dict[str, Any] | None:
    """The mapping last accepted for these headers, the nearest place first; None if new."""
    known = list(MappingMemory.objects.filter(kind=kind, signature=signature))
    if not known:
        return None
    above = [m for m in known if by.area.startswith(m.place_code)]
    if above:
        return dict(max(above, key=lambda m: len(m.place_code)).mapping)
    return dict(max(known, key=lambda m: m.used_at).mapping)


def remember_mapping(by: Actor, kind: str, signature: str, mapping: dict[str, Any]) -> None:
    """Remember the mapping for the actor's area."""
    MappingMemory.objects.update_or_create(
        kind=kind, signature=signature, place_code=by.area, defaults={"mapping": mapping}
    )
