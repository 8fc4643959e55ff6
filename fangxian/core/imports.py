"""Staging and committing of imported rows, so that what came in always adds up.

An import opens a run (:func:`begin`), its job stages the file's rows (:func:`stage`,
:func:`staged`) and commits them in chunks (:func:`commit_chunks`). A chunk is one transaction:
after a crash the next attempt goes on with the rows that still wait, and none is half written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import bulk, crypto
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.fields import Destroyed
from fangxian.common.ids import uuid7
from fangxian.common.keyring import REGISTER
from fangxian.common.sheets.marking import RowError
from fangxian.common.sheets.sheetreader.limits import MAX_SHEETS
from fangxian.core import emergencies
from fangxian.core.actions.files import require_scope, store_file
from fangxian.core.models import (
    File,
    ImportRow,
    ImportRun,
    ImportState,
    Job,
    JobState,
    MappingMemory,
    RowState,
)
from fangxian.core.previews import preview_of
from fangxian.core.progress import Progress

STAGE_ROWS = 2_000
COMMIT_ROWS = 1_000
KEPT_DAYS = 90
# More than any sheet has rows, and as many sheets as a file may have.
_ROWS = 1 << 21
_SHEETS = MAX_SHEETS
# Behind all rows: a sheet shows its table at most four times.
BEHIND = 4

RAW = "core.importrow.raw"
PROBLEMS = "core.importrow.problems"


class StagedRow(NamedTuple):
    """A row that waits: its number (:func:`number_of`) and its values by column."""

    id: UUID
    number: int
    values: dict[str, Any]
    object_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: accepted, or rejected when there are ``problems``.

    ``changed`` is false when everything it says was known already. ``later``: decided when the
    other rows are, and rejected for its ``problems`` only if none of them makes room for it.
    """

    number: int
    problems: tuple[Problem, ...] = ()
    object_id: UUID | None = None
    changed: bool = True
    later: bool = False


Handler = Callable[[Actor, list[StagedRow]], Sequence[Outcome]]


class RowPlace(NamedTuple):
    """Where a row stands in its file: row, block and sheet as :func:`number_of` takes them."""

    row: int
    block: int
    sheet: int


def number_of(row: int, block: int = 0, sheet: int = 0) -> int:
    """The number under which a row of a file is staged.

    ``sheet``: that of its table, from 0. Where a sheet shows its table several times side by side,
    one row of the file holds a row of each ``block``: those of the next block follow all of the one
    before, of all sheets.
    """
    return (block * _SHEETS + sheet) * _ROWS + row


def place_of(number: int) -> RowPlace:
    """Where a row stands, of a number that :func:`number_of` gave."""
    above, row = divmod(number, _ROWS)
    return RowPlace(row, *divmod(above, _SHEETS))


def row_name(run: ImportRun, number: int) -> int | str:
    """What a person calls a row: its number, with its sheet where the import has several."""
    at = place_of(number)
    name = preview_of(run).get("sheet_names", {}).get(str(at.sheet))
    return at.row if name is None else f"{name}!{at.row}"


def begin(
    *,
    by: Actor,
    kind: str,
    place_code: str,
    name: str,
    data: bytes,
    right: str,
    signature: str = "",
    emergency_id: UUID | None = None,
) -> ImportRun:
    """Store a file and open a run for it, in the open transaction.

    Sent again by the same actor before its columns were chosen, it is still the same run; of two
    at once the second waits. The right is that of the action that calls it. With ``emergency_id``
    that emergency's key seals the file and its rows. Raises Invalid when it is not in force there.
    """
    require_scope(by, place_code)
    digest = hashlib.sha256(data).hexdigest()
    _lock(f"{kind}:{by.name}:{place_code}:{digest}")
    waiting = ImportRun.objects.filter(
        kind=kind, place_code=place_code, sha256=digest, user_id=by.user_id,
        state=ImportState.STAGING, job_id=None, emergency_id=emergency_id,
    ).first()  # fmt: skip
    if waiting is not None:
        return waiting
    file = store_file(
        by=by, data=data, name=name[:200], media_type="application/octet-stream",
        place_code=place_code, right=right, emergency_id=emergency_id,
        keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
    )  # fmt: skip
    run = ImportRun(
        kind=kind, file=file, sha256=digest, place_code=place_code, user_id=by.user_id,
        made_by=by.name, signature=signature, emergency_id=emergency_id,
    )  # fmt: skip
    run.save(force_insert=True)
    return run


def _lock(name: str) -> None:
    """Wait until nobody else holds the name; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def lock_places(place_codes: Iterable[str]) -> None:
    """Wait until no other import writes in the communities of these places, in this transaction."""
    for community in sorted({code[: int(Level.VILLAGE)] for code in place_codes}):
        _lock(f"import:{community}")


def stopped(run: ImportRun) -> bool:
    """Whether the work on a run has ended before its end; it can go on."""
    return run.id in ends_of([run])


def ends_of(runs: Iterable[ImportRun]) -> dict[UUID, JobState]:
    """How the work has ended on those of the runs that it left undone. One query."""
    job_of = {
        run.job_id: run.id
        for run in runs
        if run.job_id and run.state in (ImportState.STAGING, ImportState.RUNNING)
    }
    ended = Job.objects.filter(pk__in=job_of, state__in=[JobState.FAILED, JobState.STOPPED])
    return {job_of[pk]: JobState(state) for pk, state in ended.values_list("pk", "state")}


def to_choose(run_id: UUID) -> ImportRun:
    """Lock a run whose columns may still be chosen. Raises OutOfScope, Conflict once it is not."""
    run = _locked(run_id)
    if run.state not in (ImportState.STAGING, ImportState.READY):
        raise Conflict(_("This import has been started already."))
    emergencies.hold(run.emergency_id)
    return run


def to_confirm(run_id: UUID) -> ImportRun:
    """Lock a run that is ready to be written, or whose writing has stopped.

    Raises OutOfScope, Conflict when it is neither.
    """
    run = _locked(run_id)
    if run.state == ImportState.READY or (run.state == ImportState.RUNNING and stopped(run)):
        emergencies.hold(run.emergency_id)
        return run
    raise Conflict(_("This import is not ready to be written."))


def _locked(run_id: UUID) -> ImportRun:
    run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise OutOfScope(f"import {run_id}")
    return run


def previewing(run_id: UUID, job_id: UUID) -> bool:
    """Lock the run for the preview of this job; false when another preview has taken its place."""
    run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
    return run is not None and run.job_id == job_id and run.state == ImportState.STAGING


def stage(run: ImportRun, rows: Iterable[tuple[int, dict[str, Any]]]) -> int:
    """Add ``(number, values by column)`` to a run; a number that is there already is kept.

    Runs in the open transaction (``progress.chunk()``); about 40,000 rows a second. Returns the
    number of rows given. Raises ValueError for a number given twice: a row would be lost.
    """
    given: set[int] = set()
    source = iter(rows)
    while batch := list(islice(source, STAGE_ROWS)):
        before = len(given)
        given.update(number for number, _values in batch)
        if len(given) - before != len(batch):
            raise ValueError("two rows of an import have the same number")
        _insert(run, batch)
    return len(given)


def _insert(run: ImportRun, batch: list[tuple[int, dict[str, Any]]]) -> None:
    seal = crypto.sealer(RAW, run.emergency_id or REGISTER)
    many, now = len(batch), timezone.now()
    columns: dict[str, list[Any]] = {
        "id": [uuid7() for _row in batch],
        "created_at": [now] * many,
        "place_code": [run.place_code] * many,
        "run_id": [run.id] * many,
        "number": [number for number, _values in batch],
        "state": [RowState.WAITING.value] * many,
        "emergency_id": [run.emergency_id] * many,
        "raw": [seal(orjson.dumps(values).decode()) for _number, values in batch],
    }
    bulk.insert(ImportRow, columns, "ON CONFLICT (run_id, number) DO NOTHING")


def staged(run: ImportRun) -> ImportRun:
    """All rows are in: fix their number and make the run ready (in the open transaction)."""
    run.rows_in = ImportRow.objects.filter(run=run).count()
    run.state = ImportState.READY
    run.save(update_fields=["rows_in", "state"])
    return run


def rows_of(run: ImportRun, state: str | None = None, limit: int | None = None) -> list[StagedRow]:
    """Return a run's rows, of one state if it is given."""
    found = ImportRow.objects.filter(run=run).order_by("number")
    if state is not None:
        found = found.filter(state=state)
    return _staged_rows(found if limit is None else found[:limit])


def _staged_rows(found: QuerySet[ImportRow]) -> list[StagedRow]:
    rows = found.values_list("id", "number", "raw", "object_id")
    return [StagedRow(pk, number, _opened(raw) or {}, key) for pk, number, raw, key in rows]


def _opened(sealed: Any) -> Any:
    """The value of a sealed column; None once its emergency's key is destroyed."""
    if not sealed or isinstance(sealed, Destroyed):
        return None
    return orjson.loads(sealed)


def commit_chunks(
    run: ImportRun,
    handler: Handler,
    progress: Progress,
    *,
    size: int = COMMIT_ROWS,
    together: Handler | None = None,
) -> ImportRun:
    """Commit all waiting rows, ``size`` in a transaction, then finish the run.

    ``handler(by, rows)`` writes the rows and returns an :class:`Outcome` for each. Rows that come
    ``later`` wait for the next pass over the run. When a pass has accepted none, ``together`` (else
    ``handler``) gets all that wait at once; if it accepts none either, they are rejected.
    When the handler raises over a chunk, its halves are tried, down to the rows that fail.
    Stopping the job leaves the run to be continued.
    """
    with progress.chunk():
        ImportRun.objects.filter(id=run.id, finished_at=None).update(state=ImportState.RUNNING)
    while True:
        with progress.chunk() as by:
            emergencies.hold(run.emergency_id)
            at = _Pass(**progress.state.get("import", {}))
            # Locked, so that two attempts never write the same row.
            locked = (
                ImportRow.objects.select_for_update()
                .filter(run=run, state=RowState.WAITING, number__gt=at.after)
                .order_by("number")
            )
            rows = _staged_rows(locked if at.last else locked[:size])
            if rows:
                outcomes = handle(together or handler if at.last else handler, by, rows)
                at.took(outcomes)
                over = at.last and not at.accepted
                _record(run, rows, [o for o in outcomes if over or not o.later])
            elif not at.after:
                break
            else:
                at = at.next()
            progress.state["import"] = at.kept()
            run.refresh_from_db()
        progress.step(run.accepted + run.rejected, run.rows_in)
    with progress.chunk():
        return finish(run)


@dataclass
class _Pass:
    """How far a pass over the waiting rows is; saved with each chunk.

    The ``last`` one takes them all at once; there is another when it accepts one.
    """

    after: int = 0
    accepted: bool = False
    last: bool = False

    def took(self, outcomes: list[Outcome]) -> None:
        self.after = outcomes[-1].number
        self.accepted = self.accepted or any(not (o.problems or o.later) for o in outcomes)

    def next(self) -> _Pass:
        return _Pass(last=not self.accepted)

    def kept(self) -> dict[str, Any]:
        return asdict(self)


def handle(handler: Handler, by: Actor, rows: list[StagedRow]) -> list[Outcome]:
    """Let the handler take the rows, in the open transaction; rows that spoil it are rejected."""
    try:
        with transaction.atomic():
            return _complete(rows, handler(by, rows))
    except OperationalError:
        raise
    except (Invalid, DatabaseError) as error:
        if len(rows) == 1:
            return [_spoilt(rows[0], error)]
    # One row spoils the chunk: find out which.
    middle = len(rows) // 2
    return [*handle(handler, by, rows[:middle]), *handle(handler, by, rows[middle:])]


def _spoilt(row: StagedRow, error: Invalid | DatabaseError) -> Outcome:
    if isinstance(error, Invalid):
        return Outcome(row.number, tuple(error.problems))
    # Its text would quote the row; the row itself goes back to who sent it.
    problem = Problem(
        _("The row contradicts what is registered."),
        row=place_of(row.number)[0],
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
    if not outcomes:
        return
    key = run.emergency_id or REGISTER
    id_of = {row.number: row.id for row in rows}
    ids = [id_of[o.number] for o in outcomes]
    rejected = [o for o in outcomes if o.problems]
    states = [(RowState.REJECTED if o.problems else RowState.ACCEPTED).value for o in outcomes]
    problems = [
        crypto.seal(orjson.dumps([_packed(p) for p in o.problems]), PROBLEMS, key)
        if o.problems
        else None
        for o in outcomes
    ]
    objects = [o.object_id for o in outcomes]
    bulk.update(ImportRow, ids, {"state": states, "problems": problems, "object_id": objects})
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


def problems_of(run: ImportRun) -> Iterator[tuple[int, dict[str, Any], list[Problem]]]:
    """Yield ``(number, values, problems)`` of each rejected row, in the order of the file.

    ``number`` is that of :func:`number_of`. Nothing is left once the file's time is over.
    """
    rejected = ImportRow.objects.filter(run=run, state=RowState.REJECTED, problems__isnull=False)
    rejected = rejected.order_by("number")
    for row in rejected.iterator(chunk_size=1_000):
        packed = _opened(row.problems) or []
        values = _opened(row.raw) or {}
        at = place_of(row.number)[0]
        yield row.number, values, [Problem(row=at, **problem) for problem in packed]


def row_errors(run: ImportRun, positions: Mapping[int, Mapping[str, int]]) -> Iterator[RowError]:
    """What is wrong, as the error workbook marks it.

    ``positions``: sheet → field → column of its table, of all that :func:`sheets_in_error` names.
    What is wrong on a sheet that isn't among them is left out: it must not be read as said of
    another's row.
    """
    for number, _values, problems in problems_of(run):
        at = _in_file(run, number)
        columns = positions.get(at.sheet)
        if columns is None:
            continue
        for problem in problems:
            text = f"{problem.message} {problem.mend}".strip()
            yield RowError(at.row, text, columns.get(problem.field), at.block, at.sheet)


def sheets_in_error(run: ImportRun) -> set[int]:
    """The sheets that have rejected rows."""
    rejected = ImportRow.objects.filter(run=run, state=RowState.REJECTED)
    numbers = rejected.values_list("number", flat=True)
    return {_in_file(run, number).sheet for number in numbers.iterator(chunk_size=10_000)}


def _in_file(run: ImportRun, number: int) -> RowPlace:
    """As :func:`place_of`, of a run staged before numbers named sheets too."""
    at = place_of(number)
    if "sheet_names" in preview_of(run):
        return at
    # A run read one sheet, and the blocks of it stood where the sheets stand now.
    return RowPlace(at.row, at.sheet, run.options.get("sheet", 0))


def same_file(run: ImportRun) -> ImportRun | None:
    """The latest finished run of the same file at the same place, if it was imported before."""
    same = ImportRun.objects.filter(
        kind=run.kind, place_code=run.place_code, sha256=run.sha256, state=ImportState.FINISHED
    )
    return same.exclude(pk=run.pk).order_by("-created_at").first()


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
