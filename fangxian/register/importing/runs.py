"""Upload, preview and commit of a ledger: the steps of an import run and its jobs."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections import ChainMap, Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.sheets import (
    Mapping,
    RowRole,
    SheetError,
    Table,
    Workbook,
    find_tables,
    propose_mapping,
    read_workbook,
)
from fangxian.common.sheets.marking import RowError, write_error_workbook
from fangxian.core import imports
from fangxian.core.actions import read_file, start_job, store_file
from fangxian.core.jobs import job_kind
from fangxian.core.models import File, ImportRun, ImportState, Job, JobState, RowState
from fangxian.core.progress import Progress
from fangxian.register.changes import changed
from fangxian.register.importing import matching
from fangxian.register.importing.fields import FIELDS, Reader, Record
from fangxian.register.importing.making import make_places
from fangxian.register.importing.places import PlaceIndex
from fangxian.register.importing.writing import Writer

KIND: Final = "register"
RIGHT: Final = "register.import"
CHUNK: Final = 2_000
SHOWN_ROWS: Final = 20
SHOWN_PROBLEMS: Final = 2_000
KEPT_DAYS: Final = 90


@action
def upload(*, by: Actor, place_code: str, name: str, data: bytes) -> ImportRun:
    """Store a ledger and open a run for it. Raises Invalid when no table can be read in it.

    The file is opened in a process of its own with little memory and time. Sent again before its
    columns were chosen, it is still the same run.
    """
    by.require(RIGHT, place_code)
    if len(place_code) < Level.PREFECTURE:
        raise Invalid(
            Problem(
                _("Choose the county, town or community that the ledger is about."), "place_code"
            )
        )
    workbook = _read(data, name)
    tables = _tables(workbook)
    if (waiting := _sent_already(by, place_code, data)) is not None:
        return waiting
    until = timezone.localdate() + dt.timedelta(days=KEPT_DAYS)
    file = store_file(
        by=by, data=data, name=name[:200], media_type="application/octet-stream",
        place_code=place_code, keep_until=until, right=RIGHT,
    )  # fmt: skip
    run = ImportRun(
        kind=KIND, file=file, sha256=file.sha256, place_code=place_code, user_id=by.user_id,
        made_by=by.name, signature=_propose(by, tables[0]).signature, options={"sheet": 0},
    )  # fmt: skip
    run.save(force_insert=True)
    return run


def _sent_already(by: Actor, place_code: str, data: bytes) -> ImportRun | None:
    """The run of this very file that the actor just opened; of two at once the second waits."""
    digest = hashlib.sha256(data).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{KIND}:{by.name}:{place_code}:{digest}"],
        )
    return ImportRun.objects.filter(
        kind=KIND, place_code=place_code, sha256=digest, user_id=by.user_id,
        state=ImportState.STAGING, job_id=None,
    ).first()  # fmt: skip


def _read(data: bytes, name: str) -> Workbook:
    try:
        return read_workbook(data, name)
    except SheetError as error:
        raise Invalid(Problem(error.message, "file", mend=error.mend, code=error.code)) from None


def _tables(workbook: Workbook) -> list[Table]:
    try:
        return find_tables(workbook)
    except SheetError as error:
        raise Invalid(Problem(error.message, "file", mend=error.mend, code=error.code)) from None


def _propose(by: Actor, table: Table) -> Mapping:
    from fangxian.common.sheets import signature

    known = imports.recall_mapping(by, KIND, signature(table))
    return propose_mapping(table, FIELDS, known)


def run_of(run_id: UUID) -> ImportRun:
    """The run. Raises OutOfScope."""
    found = ImportRun.objects.filter(pk=run_id, kind=KIND).select_related("file").first()
    if found is None:
        raise OutOfScope(f"import {run_id}")
    return found


class Source:
    """The tables of a run's file and the mapping in force."""

    def __init__(self, by: Actor, run: ImportRun) -> None:
        self.data = read_file(by=by, file_id=run.file_id)
        self.workbook = _read(self.data, run.file.name)
        self.tables = _tables(self.workbook)
        self.table = self.tables[min(int(run.options.get("sheet", 0)), len(self.tables) - 1)]
        self.mapping = _propose(by, self.table)
        if run.mapping:
            names = {spec.name for spec in FIELDS}
            changes = {
                p.position: run.mapping[p.label] if run.mapping[p.label] in names else None
                for p in self.mapping.proposals
                if p.label in run.mapping and (run.mapping[p.label] or None) != p.field
            }
            self.mapping = self.mapping.corrected(changes, FIELDS)

    def records(self) -> Iterator[Record]:
        """The data rows, cleaned."""
        reader = Reader(self.mapping.fields)
        for row in self.table.data_rows():
            yield reader.read(row.number, row.cells, row.section)


@action
def choose(
    *,
    by: Actor,
    run_id: UUID,
    mapping: dict[str, str],
    sheet: int = 0,
    create_places: bool = False,
    day: dt.date | None = None,
) -> Job:
    """Accept the mapping (label → field, "" for none) and start the preview.

    The mapping is remembered for these headers. Raises Conflict once the run is being committed.
    """
    run = run_of(run_id)
    by.require(RIGHT, run.place_code)
    if create_places:
        by.require("regions.edit", run.place_code)
    if run.state not in (ImportState.STAGING, ImportState.READY):
        raise Conflict(_("This import has been started already."))
    run.mapping = mapping
    run.options = {
        "sheet": sheet,
        "create_places": create_places,
        "day": (day or timezone.localdate()).isoformat(),
    }
    run.state = ImportState.STAGING
    job = start_job(
        by=by, kind="register.preview", args={"run_id": str(run.id)}, place_code=run.place_code
    )
    run.job_id = job.id
    run.save(update_fields=["mapping", "options", "state", "job_id"])
    return job


@action
def confirm(*, by: Actor, run_id: UUID) -> Job:
    """Start to write the rows of a run that was previewed, or go on where its work has stopped.

    Raises Conflict when it is neither.
    """
    run = ImportRun.objects.select_for_update().filter(pk=run_id, kind=KIND).first()
    if run is None:
        raise OutOfScope(f"import {run_id}")
    by.require(RIGHT, run.place_code)
    if run.state != ImportState.READY and not _stopped(run):
        raise Conflict(_("This import is not ready to be written."))
    job = start_job(
        by=by, kind="register.import", args={"run_id": str(run.id)}, place_code=run.place_code
    )
    run.state, run.job_id = ImportState.RUNNING, job.id
    run.save(update_fields=["state", "job_id"])
    return job


def _stopped(run: ImportRun) -> bool:
    if run.job_id is None or run.state != ImportState.RUNNING:
        return False
    ended = [JobState.FAILED, JobState.STOPPED]
    return Job.objects.filter(pk=run.job_id, state__in=ended).exists()


@job_kind("register.preview", label=gettext_lazy("Check a ledger"), right=RIGHT)
def preview(progress: Progress, *, run_id: str) -> None:
    """Read, clean and compare all rows, stage them, and keep the summary with the run."""
    with progress.chunk() as by:
        run = run_of(UUID(run_id))
        source = Source(by, run)
        imports.remember_mapping(by, KIND, source.mapping.signature, source.mapping.remember())
        run.rows.all().delete()
        places = PlaceIndex(run.place_code, create=bool(run.options.get("create_places")))
        summary = _stage(progress, by, run, source, places)
        run.options = {**run.options, "preview": summary}
        run.signature = source.mapping.signature
        run.save(update_fields=["options", "signature"])
        imports.staged(run)


def _stage(
    progress: Progress, by: Actor, run: ImportRun, source: Source, places: PlaceIndex
) -> dict[str, Any]:
    order = matching.FileOrder()
    total = source.table.counts()[RowRole.DATA]
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    problems: list[list[Any]] = []
    accepted: set[int] = set()
    told: dict[UUID, int] = {}
    statuses: dict[int, str] = {}
    rows = source.records()
    done = 0
    while chunk := list(islice(rows, CHUNK)):
        for record in chunk:
            order.tell(record)
        staged = [(record.number, record.values()) for record in chunk]
        for decision in matching.decide(chunk, places, told=told, unwritten=accepted):
            counts[decision.status] += 1
            if len(statuses) < SHOWN_ROWS:
                statuses[decision.record.number] = decision.status
            for name, code, message, mend in decision.record.problems:
                kinds[code] += 1
                if len(problems) < SHOWN_PROBLEMS:
                    problems.append([decision.record.number, name, message, mend])
        imports.stage(run, staged)
        done += len(chunk)
        progress.step(done, total)
    roles = source.table.counts()
    return {
        "rows": done,
        "counts": dict(counts),
        "kinds": dict(kinds),
        "problems": problems,
        "first": statuses,
        "left_out": {role.name.lower(): n for role, n in roles.items() if role != RowRole.DATA},
        "missing": sorted([m.grid_code, m.building, m.unit] for m in places.missing),
    }


@job_kind("register.import", label=gettext_lazy("Import a ledger"), right=RIGHT)
def commit(progress: Progress, *, run_id: str) -> None:
    """Write the staged rows in chunks; a later attempt goes on with those that still wait."""
    with progress.chunk() as by:
        run = run_of(UUID(run_id))
        if run.state == ImportState.FINISHED:
            return
        create = bool(run.options.get("create_places"))
        if create:
            make_places(by, run.options.get("preview", {}).get("missing", []))
        places = PlaceIndex(run.place_code)
        # An earlier attempt may have spoken of somebody already.
        done = run.rows.filter(state=RowState.ACCEPTED).order_by("-number")
        told = {row.object_id: row.number for row in done.defer("raw") if row.object_id}
        day = dt.date.fromisoformat(run.options["day"])

    def handle(by: Actor, rows: list[imports.StagedRow]) -> Sequence[imports.Outcome]:
        records = [Record.of(row.number, row.values) for row in rows]
        # What a chunk says counts once it is written.
        said: dict[UUID, int] = {}
        decisions = matching.decide(records, places, told=ChainMap(said, told))
        writer = Writer(by, day)
        outcomes = [_outcome(writer, decision) for decision in decisions]
        writer.flush()
        changed(by, (d.home.id for d in decisions if d.home is not None))
        told.update(said)
        return outcomes

    run = imports.commit_chunks(run, handle, progress)
    if run.rejected:
        with progress.chunk() as by:
            run = run_of(UUID(run_id))
            run.result_file = error_workbook(by, run)
            run.save(update_fields=["result_file"])


def _outcome(writer: Writer, decision: matching.Decision) -> imports.Outcome:
    person = writer.take(decision)
    status = decision.status
    return imports.Outcome(
        decision.record.number,
        decision.record.as_problems() if status == matching.REFUSED else (),
        person,
        changed=status in (matching.NEW, matching.CHANGED, matching.MOVED),
    )


def error_workbook(by: Actor, run: ImportRun) -> File:
    """The uploaded workbook with an error column and coloured cells, as a file to download."""
    source = Source(by, run)
    positions = source.mapping.fields
    out = io.BytesIO()
    errors = (
        RowError(number, f"{problem.message} {problem.mend}".strip(), positions.get(problem.field))
        for number, _values, problems in imports.problems_of(run)
        for problem in problems
    )
    write_error_workbook(source.data, source.workbook, source.table, errors, out)
    stem = run.file.name.rsplit(".", 1)[0]
    return store_file(
        by=by, data=out.getvalue(), name=f"{stem}-{_('errors')}.xlsx"[:200],
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        place_code=run.place_code, right=RIGHT, keep_until=run.file.keep_until,
    )  # fmt: skip
