"""Import of a ledger whose rows stand for themselves: upload, mapping, preview, commit, errors.

A room says of a :class:`Ledger` which fields it has and how rows are written; everything around it
is here. The preview writes all rows and takes them back, so it shows exactly what the import will
do. (The register has its own run: there the rows of a household belong together.)
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.registries import Registry
from fangxian.common.sheets import (
    Cell,
    Fault,
    FieldSpec,
    Mapping,
    SheetError,
    Table,
    Workbook,
    cell_text,
    cleaning,
    find_tables,
    propose_mapping,
    read_workbook,
    signature,
)
from fangxian.common.sheets.marking import write_error_workbook
from fangxian.core import imports
from fangxian.core.actions import read_file, start_job, store_file
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.jobs import JobKind
from fangxian.core.jobs import kinds as job_kinds
from fangxian.core.models import File, ImportRun, ImportState, Job
from fangxian.core.progress import Progress

CHUNK: Final = 500
SHOWN_PROBLEMS: Final = 2_000
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROBLEMS: Final = "problems"

Write = Callable[[Actor, ImportRun, Sequence[StagedRow]], Sequence[Outcome]]


@dataclass(frozen=True)
class Ledger:
    """A kind of ledger. ``write(by, run, rows)`` writes clean rows and says what became of each.

    Values of rows are text by field name; dates ISO, documents ``[kind, number]``, yes and no as
    booleans; empty ones are left out. ``refine`` betters the proposed mapping by what only the
    ledger knows, before a person corrects it.
    """

    kind: str
    label: Any
    right: str
    fields: tuple[FieldSpec, ...]
    write: Write
    least_level: Level = Level.PREFECTURE
    refine: Callable[[Table, Mapping], Mapping] | None = None


ledgers: Registry[Ledger] = Registry("ledger")


def register(ledger: Ledger, *, preview_label: Any, import_label: Any) -> None:
    """Register a ledger and its two kinds of jobs (from ``ready()``)."""
    ledgers.register(ledger.kind, ledger)
    preview_name, import_name = f"{ledger.kind}.preview", f"{ledger.kind}.import"
    job_kinds.register(preview_name, JobKind(preview_name, preview_label, ledger.right, preview))
    job_kinds.register(import_name, JobKind(import_name, import_label, ledger.right, commit))


@action
def upload(*, by: Actor, kind: str, place_code: str, name: str, data: bytes) -> ImportRun:
    """Store a ledger and open a run. Raises Invalid when no table can be read in it.

    The file is opened in a process of its own with little memory and time.
    """
    ledger = ledgers.get(kind)
    by.require(ledger.right, place_code)
    if len(place_code) < ledger.least_level:
        raise Invalid(
            Problem(
                _("Choose the county, town or community that the ledger is about."), "place_code"
            )
        )
    tables = _tables(_workbook(data, name))
    return imports.begin(
        by=by, kind=kind, place_code=place_code, name=name, data=data, right=ledger.right,
        signature=signature(tables[0]),
    )  # fmt: skip


def _workbook(data: bytes, name: str) -> Workbook:
    try:
        return read_workbook(data, name)
    except SheetError as error:
        raise Invalid(Problem(error.message, "file", mend=error.mend, code=error.code)) from None


def _tables(workbook: Workbook) -> list[Table]:
    try:
        return find_tables(workbook)
    except SheetError as error:
        raise Invalid(Problem(error.message, "file", mend=error.mend, code=error.code)) from None


def run_of(run_id: UUID) -> ImportRun:
    """The run of a ledger of this module. Raises OutOfScope."""
    found = ImportRun.objects.filter(pk=run_id, kind__in=ledgers.names())
    run = found.select_related("file").first()
    if run is None:
        raise OutOfScope(f"import {run_id}")
    return run


class Source:
    """The tables of a run's file and the mapping in force."""

    def __init__(self, by: Actor, run: ImportRun) -> None:
        self.ledger = ledgers.get(run.kind)
        self.data = read_file(by=by, file_id=run.file_id)
        self.workbook = _workbook(self.data, run.file.name)
        self.tables = _tables(self.workbook)
        self.table = self.tables[min(int(run.options.get("sheet", 0)), len(self.tables) - 1)]
        known = imports.recall_mapping(by, run.kind, signature(self.table))
        self.mapping: Mapping = propose_mapping(self.table, self.ledger.fields, known)
        if self.ledger.refine is not None:
            self.mapping = self.ledger.refine(self.table, self.mapping)
        if run.mapping:
            names = {spec.name for spec in self.ledger.fields}
            changes = {
                p.position: run.mapping[p.label] if run.mapping[p.label] in names else None
                for p in self.mapping.proposals
                if p.label in run.mapping and (run.mapping[p.label] or None) != p.field
            }
            self.mapping = self.mapping.corrected(changes, self.ledger.fields)

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The data rows, cleaned: number and values, problems of reading among them."""
        positions = self.mapping.fields
        for row in self.table.data_rows(self.mapping.carried(self.ledger.fields)):
            number = imports.number_of(row.number, row.block)
            yield number, _values(self.ledger.fields, positions, row.cells)


def _values(
    fields: Sequence[FieldSpec], positions: dict[str, int], cells: list[Cell]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems: list[list[str]] = []
    for spec in fields:
        position = positions.get(spec.name)
        value = _clean(spec, cells[position]) if position is not None else None
        if isinstance(value, Fault):
            problems.append([spec.name, value.code, value.message, value.mend])
        elif value not in (None, ""):
            values[spec.name] = value
        elif spec.required:
            fault = Fault("required", {"field": str(spec.label)})
            problems.append([spec.name, fault.code, fault.message, fault.mend])
    return values | ({PROBLEMS: problems} if problems else {})


def _clean(spec: FieldSpec, cell: Cell) -> Any:
    if spec.kind == "document":
        document = cleaning.clean_document(cell)
        is_one = document is not None and not isinstance(document, Fault)
        return [document.kind, document.number] if is_one else document  # type: ignore[union-attr]
    if spec.kind == "phone":
        if "*" in cell_text(cell):
            # Masked, as our own exports write it: it says nothing.
            return None
        phone = cleaning.clean_phone(cell)
        return phone if phone is None or isinstance(phone, Fault) else phone.number
    if spec.kind == "date":
        day = cleaning.clean_date(cell)
        return day if day is None or isinstance(day, Fault) else day.isoformat()
    plain: dict[str, Callable[[Cell], Any]] = {
        "name": cleaning.clean_name,
        "credit_code": cleaning.clean_credit_code,
        "yes_no": cleaning.clean_yes_no,
    }
    if spec.kind in plain:
        return plain[spec.kind](cell)
    return cleaning.clean_text(cell, limit=120)


@action
def choose(
    *,
    by: Actor,
    run_id: UUID,
    mapping: dict[str, str],
    sheet: int = 0,
    options: dict[str, Any] | None = None,
) -> Job:
    """Accept the mapping (label → field, "" for none) and start the preview.

    The mapping is remembered for these headers. Raises Conflict once the run is being committed.
    """
    run = run_of(run_id)
    by.require(ledgers.get(run.kind).right, run.place_code)
    run = imports.to_choose(run_id)
    run.mapping = mapping
    run.options = {**(options or {}), "sheet": sheet}
    run.state = ImportState.STAGING
    job = _start(by, run, "preview")
    run.job_id = job.id
    run.save(update_fields=["mapping", "options", "state", "job_id"])
    return job


@action
def confirm(*, by: Actor, run_id: UUID) -> Job:
    """Start to write the rows of a run that was previewed, or go on where its work has stopped.

    Raises Conflict when it is neither.
    """
    run = run_of(run_id)
    by.require(ledgers.get(run.kind).right, run.place_code)
    run = imports.to_confirm(run_id)
    job = _start(by, run, "import")
    run.state, run.job_id = ImportState.RUNNING, job.id
    run.save(update_fields=["state", "job_id"])
    return job


def _start(by: Actor, run: ImportRun, step: str) -> Job:
    return start_job(
        by=by,
        kind=f"{run.kind}.{step}",
        args={"run_id": str(run.id)},
        place_code=run.place_code,
    )


def preview(progress: Progress, *, run_id: str) -> None:
    """Read and clean all rows, stage them, try to write them and take that back."""
    with progress.chunk() as by:
        if not imports.previewing(UUID(run_id), progress.job_id):
            return
        run = run_of(UUID(run_id))
        source = Source(by, run)
        imports.remember_mapping(by, run.kind, source.mapping.signature, source.mapping.remember())
        run.rows.all().delete()
        imports.stage(run, source.rows())
        outcomes = _tried(by, run, progress)
        roles = source.table.counts()
        left_out = {role.name.lower(): n for role, n in roles.items() if role.name != "DATA"}
        run.options = {**run.options, "preview": _summary(outcomes) | {"left_out": left_out}}
        run.signature = source.mapping.signature
        run.save(update_fields=["options", "signature"])
        imports.staged(run)


def _tried(by: Actor, run: ImportRun, progress: Progress) -> list[Outcome]:
    rows = iter(imports.rows_of(run))
    outcomes: list[Outcome] = []

    def written(by: Actor, rows: list[StagedRow]) -> Sequence[Outcome]:
        return write(by, run, rows)

    with transaction.atomic():
        while chunk := list(islice(rows, CHUNK)):
            outcomes += imports.handle(written, by, chunk)
            progress.step(len(outcomes))
        transaction.set_rollback(True)
    return outcomes


def _summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    problems = [
        [imports.place_of(o.number)[0], p.field, str(p.message), str(p.mend)]
        for o in outcomes
        for p in o.problems
    ]
    kinds = Counter(p.code for o in outcomes for p in o.problems)
    counts = Counter(
        "refused" if o.problems else "changed" if o.changed else "known" for o in outcomes
    )
    return {
        "rows": len(outcomes),
        "counts": dict(counts),
        "kinds": dict(kinds),
        "problems": problems[:SHOWN_PROBLEMS],
    }


def write(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> list[Outcome]:
    """Write clean rows by the ledger; rows with problems of reading are rejected for them."""
    clean = [row for row in rows if PROBLEMS not in row.values]
    outcomes = [
        Outcome(
            row.number,
            tuple(
                Problem(message, field=name, row=at, mend=mend, code=code)
                for at in (imports.place_of(row.number)[0],)
                for name, code, message, mend in row.values[PROBLEMS]
            ),
            changed=False,
        )
        for row in rows
        if PROBLEMS in row.values
    ]
    return [*outcomes, *(ledgers.get(run.kind).write(by, run, clean) if clean else ())]


def commit(progress: Progress, *, run_id: str) -> None:
    """Write the staged rows in chunks; a later attempt goes on with those that still wait."""
    with progress.chunk():
        run = run_of(UUID(run_id))

    def handle(by: Actor, rows: list[StagedRow]) -> Sequence[Outcome]:
        return write(by, run, rows)

    if run.state != ImportState.FINISHED:
        run = imports.commit_chunks(run, handle, progress, size=CHUNK)
    # An earlier attempt may have ended between the last row and the workbook.
    if run.rejected and not run.result_file_id:
        with progress.chunk() as by:
            run = run_of(run.id)
            run.result_file = error_workbook(by, run)
            run.save(update_fields=["result_file"])


def error_workbook(by: Actor, run: ImportRun) -> File:
    """The uploaded workbook with an error column and coloured cells, as a file to download."""
    source = Source(by, run)
    positions = source.mapping.fields
    out = io.BytesIO()
    errors = imports.row_errors(run, positions)
    write_error_workbook(source.data, source.workbook, source.table, errors, out)
    stem = run.file.name.rsplit(".", 1)[0]
    return store_file(
        by=by,
        data=out.getvalue(),
        name=f"{stem}-{_('errors')}.xlsx"[:200],
        media_type=XLSX,
        place_code=run.place_code,
        right=source.ledger.right,
        keep_until=run.file.keep_until,
    )
