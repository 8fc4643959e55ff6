"""The steps of a ledger's import, and the jobs that check and write its rows."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.sheets import is_one_place, signature
from fangxian.common.sheets.marking import write_error_workbook
from fangxian.core import emergencies, imports, previews
from fangxian.core.actions import start_job, store_file
from fangxian.core.jobs import JobKind
from fangxian.core.jobs import kinds as job_kinds
from fangxian.core.ledgers.kinds import Ledger, ledgers
from fangxian.core.ledgers.source import Source, opened
from fangxian.core.models import File, ImportRun, ImportState, Job
from fangxian.core.progress import Progress

CHECK_ROWS = 2_000
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The two jobs of a ledger.
CHECK: Final = ".preview"
WRITE: Final = ".import"


def register(ledger: Ledger, *, order: int = 100) -> None:
    """Register a ledger and its two kinds of jobs (from ``ready()``).

    The first of a room by ``order`` is the one that is offered first.
    """
    ledgers.register(ledger.kind, ledger, order=order)
    for step, label, work in (
        (CHECK, gettext_lazy("Check a ledger"), preview),
        (WRITE, gettext_lazy("Import a ledger"), commit),
    ):
        name = ledger.kind + step
        job_kinds.register(name, JobKind(name, label, ledger.right, work))


@action
def upload(
    *,
    by: Actor,
    kind: str,
    place_code: str,
    name: str,
    data: bytes,
    emergency_id: UUID | None = None,
) -> ImportRun:
    """Store a ledger and open a run for it. Raises Invalid when no table can be read in it.

    The file is opened in a process of its own with little memory and time. Sent again before its
    columns were chosen, it is still the same run. With ``emergency_id``, of one in force at the
    place, its key seals what is kept of the ledger, which ends with it; a kind of ledger without
    ``Ledger.emergency`` is refused then.
    """
    ledger = ledgers.get(kind)
    by.require(ledger.right, place_code)
    if len(place_code) < ledger.least_level:
        raise Invalid(
            Problem(
                _("Choose the county, town or community that the ledger is about."), "place_code"
            )
        )
    if emergency_id is not None and not ledger.emergency:
        raise Invalid(
            Problem(
                _("A ledger of this kind is not for an emergency: %(kind)s")
                % {"kind": ledger.label},
                "emergency_id",
                mend=_("Choose none: what it writes stays in the register."),
                code="no_emergency",
            )
        )
    _workbook, tables = opened(data, name)
    # Held from here on only: reading takes long, and who ends the emergency would wait.
    emergencies.check(place_code, emergency_id)
    return imports.begin(
        by=by, kind=kind, place_code=place_code, name=name, data=data, right=ledger.right,
        signature=signature(tables[0]), emergency_id=emergency_id,
    )  # fmt: skip


def run_of(run_id: UUID) -> ImportRun:
    """The run of a ledger. Raises OutOfScope."""
    found = ImportRun.objects.filter(pk=run_id, kind__in=ledgers.names())
    run = found.select_related("file").first()
    if run is None:
        raise OutOfScope(f"import {run_id}")
    return run


@action
def choose(
    *,
    by: Actor,
    run_id: UUID,
    mapping: dict[str, str],
    sheet: int | None = None,
    sheets: Collection[int] | None = None,
    places: Mapping[int, str] | None = None,
    carry: Collection[str] | None = None,
    options: Mapping[str, bool] | None = None,
    day: dt.date | None = None,
) -> Job:
    """Accept the mapping (label → field, "" for none) and start the preview.

    ``carry``: labels of the columns whose empty cells hold what stands above, None as proposed.
    Both are remembered for these headers. ``sheet``: that whose columns they are, by its number
    among the tables of the file; None is the first one with all that is needed. ``sheets``: those
    that are read, of the ones with the same heading, None all visible ones. ``places``: in which
    building or group the rows of a sheet lie, None as their names say. ``options``: those of the
    ledger that are wanted. Raises Invalid for a place that names no building or group, Conflict
    once the run is being committed, Forbidden for an option beyond one's rights.
    """
    run = run_of(run_id)
    ledger = ledgers.get(run.kind)
    by.require(ledger.right, run.place_code)
    wanted = {option.name: bool((options or {}).get(option.name)) for option in ledger.options}
    for option in ledger.options:
        if wanted[option.name] and option.right:
            by.require(option.right, run.place_code)
    run = imports.to_choose(run_id)
    run.mapping = mapping
    run.options = {**wanted, "day": (day or timezone.localdate()).isoformat()}
    if sheet is not None:
        run.options["sheet"] = sheet
    if sheets is not None:
        run.options["sheets"] = sorted(sheets)
    if places is not None:
        run.options["places"] = _places(places)
    if carry is not None:
        run.options["carry"] = sorted(carry)
    run.state = ImportState.STAGING
    job = _start(by, run, CHECK)
    run.save(update_fields=["mapping", "options", "state", "job_id"])
    return job


def _places(places: Mapping[int, str]) -> dict[str, str]:
    given = {str(index): text.strip() for index, text in places.items() if text.strip()}
    if wrong := [text for text in given.values() if not is_one_place(text, typed=True)]:
        raise Invalid(
            Problem(
                _("This is not one building, unit or village group: %(text)s")
                % {"text": wrong[0][:40]},
                "places",
                mend=_("Write it as a line above rows would say it, or leave it empty."),
            )
        )
    return given


@action
def confirm(*, by: Actor, run_id: UUID) -> Job:
    """Start to write the rows of a run that was previewed, or go on where its work has stopped.

    Raises Conflict when it is neither.
    """
    run = run_of(run_id)
    by.require(ledgers.get(run.kind).right, run.place_code)
    run = imports.to_confirm(run_id)
    run.state = ImportState.RUNNING
    job = _start(by, run, WRITE)
    run.save(update_fields=["state", "job_id"])
    return job


def _start(by: Actor, run: ImportRun, step: str) -> Job:
    job = start_job(
        by=by, kind=run.kind + step, args={"run_id": str(run.id)}, place_code=run.place_code
    )
    run.job_id = job.id
    return job


def preview(progress: Progress, *, run_id: str, size: int = 0) -> None:
    """Read and check all rows, stage them, and keep the summary with the run."""
    with progress.chunk() as by:
        if not imports.previewing(UUID(run_id), progress.job_id):
            return
        run = run_of(UUID(run_id))
        source = Source(by, run)
        source.remember(by, run)
        run.rows.all().delete()
        # What is said of rows names their sheets.
        names = {"sheet_names": source.names}
        run.options = {**run.options, "sheet": source.sheet}
        previews.keep(run, names)
        summary = source.ledger.way.check(progress, by, run, source, size or CHECK_ROWS)
        left_out = {
            "left_out": source.left_out(),
            "sheets": [sheet.kept() for sheet in source.sheets],
        }
        previews.keep(run, summary | left_out | names)
        run.signature = source.mapping.signature
        run.save(update_fields=["options", "signature"])
        imports.staged(run)


def commit(progress: Progress, *, run_id: str, size: int = 0) -> None:
    """Write the staged rows in chunks; a later attempt goes on with those that still wait."""
    handlers = None
    with progress.chunk() as by:
        run = run_of(UUID(run_id))
        if run.state != ImportState.FINISHED:
            handlers = ledgers.get(run.kind).way.opened(by, run)
    if handlers is not None:
        handler, together = handlers
        run = imports.commit_chunks(
            run, handler, progress, size=size or imports.COMMIT_ROWS, together=together
        )
    # An earlier attempt may have ended between the last row and the workbook.
    if run.rejected and not run.result_file_id:
        with progress.chunk() as by:
            run = run_of(run.id)
            run.result_file = error_workbook(by, run)
            run.save(update_fields=["result_file"])


def error_workbook(by: Actor, run: ImportRun) -> File:
    """The uploaded workbook with an error column and coloured cells, as a file to download.

    Raises Invalid when the emergency of the run has ended meanwhile.
    """
    source = Source(by, run)
    out = io.BytesIO()
    # What is read of a file may have changed since its rows were staged.
    read = {part.index for part in source.parts} | imports.sheets_in_error(run)
    tables = {at: table for at, table in enumerate(source.tables) if at in read}
    positions = {at: source.headings[at].mapping.fields for at in tables}
    errors = imports.row_errors(run, positions)
    write_error_workbook(source.data, source.workbook, tables, errors, out)
    stem = run.file.name.rsplit(".", 1)[0]
    # As in `upload`: making it may take minutes.
    emergencies.hold(run.emergency_id)
    return store_file(
        by=by, data=out.getvalue(), name=f"{stem}-{_('errors')}.xlsx"[:200], media_type=XLSX,
        place_code=run.place_code, right=source.ledger.right, keep_until=run.file.keep_until,
        emergency_id=run.emergency_id,
    )  # fmt: skip
