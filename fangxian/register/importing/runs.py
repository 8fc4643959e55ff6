"""Upload, preview and commit of a ledger: the steps of an import run and its jobs."""

from __future__ import annotations

import datetime as dt
import io
from collections import ChainMap, Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.sheets import (
    Mapping,
    RowRole,
    SheetError,
    Table,
    Workbook,
    find_tables,
    propose_mapping,
    read_workbook,
    signature,
    vocabulary_of,
)
from fangxian.common.sheets.marking import write_error_workbook
from fangxian.core import imports
from fangxian.core.actions import read_file, start_job, store_file
from fangxian.core.jobs import job_kind
from fangxian.core.models import File, ImportRun, ImportState, Job, RowState
from fangxian.core.progress import Progress
from fangxian.register.changes import changed
from fangxian.register.importing import matching
from fangxian.register.importing.carrying import propose_carried
from fangxian.register.importing.fields import FIELDS, Reader, Record
from fangxian.register.importing.making import make_places
from fangxian.register.importing.order import FileOrder
from fangxian.register.importing.places import PlaceIndex
from fangxian.register.importing.registered import Registered
from fangxian.register.importing.writing import Writer
from fangxian.register.models import Residency
from fangxian.register.vocabularies import SEPARATED

KIND: Final = "register"
RIGHT: Final = "register.import"
CARRIED: Final = "register-carried"
PREVIEW_ROWS: Final = 2_000
SHOWN_ROWS: Final = 20
SHOWN_PROBLEMS: Final = 2_000


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
    tables = _tables(_read(data, name))
    return imports.begin(
        by=by, kind=KIND, place_code=place_code, name=name, data=data, right=RIGHT,
        signature=signature(tables[0]),
    )  # fmt: skip


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
    known = imports.recall_mapping(by, KIND, signature(table))
    return propose_mapping(table, FIELDS, known)


def run_of(run_id: UUID) -> ImportRun:
    """The run. Raises OutOfScope."""
    found = ImportRun.objects.filter(pk=run_id, kind=KIND).select_related("file").first()
    if found is None:
        raise OutOfScope(f"import {run_id}")
    return found


class Source:
    """The tables of a run's file and the mapping in force. ``sheet``: another than was chosen."""

    def __init__(self, by: Actor, run: ImportRun, sheet: int | None = None) -> None:
        self.data = read_file(by=by, file_id=run.file_id)
        self.workbook = _read(self.data, run.file.name)
        self.tables = _tables(self.workbook)
        chosen = int(run.options.get("sheet", 0)) if sheet is None else sheet
        self.sheet = min(chosen, len(self.tables) - 1)
        self.table = self.tables[self.sheet]
        self.mapping = _propose(by, self.table)
        if run.mapping:
            names = {spec.name for spec in FIELDS}
            changes = {
                p.position: run.mapping[p.label] if run.mapping[p.label] in names else None
                for p in self.mapping.proposals
                if p.label in run.mapping and (run.mapping[p.label] or None) != p.field
            }
            self.mapping = self.mapping.corrected(changes, FIELDS)
        self.carried = self._carried(by, run)

    def _carried(self, by: Actor, run: ImportRun) -> frozenset[str]:
        """Labels of the columns whose empty cells hold what stands above."""
        if "carry" in run.options:
            return frozenset(run.options["carry"])
        known = imports.recall_mapping(by, CARRIED, self.mapping.signature)
        return frozenset(propose_carried(self.table, self.mapping) if known is None else known)

    def records(self) -> Iterator[Record]:
        """The data rows, cleaned, in the order of their numbers."""
        at = self.mapping.fields
        heads = "relation" not in at and "name" in at and _names_heads(self.table, at["name"])
        status = self.table.columns[at["residence_status"]].name if "residence_status" in at else ""
        reader = Reader(at, heads=heads, status=status)
        carried = [p.position for p in self.mapping.proposals if p.label in self.carried]
        # What stands further right follows all that stands further left.
        for block in range(self.table.blocks):
            for row in self.table.data_rows(carried):
                if row.block == block:
                    number = imports.number_of(row.number, row.block)
                    yield reader.read(number, row.cells, row.section)


def _names_heads(table: Table, position: int) -> bool:
    return vocabulary_of(table.columns[position]) == "head_name"


@action
def choose(
    *,
    by: Actor,
    run_id: UUID,
    mapping: dict[str, str],
    sheet: int = 0,
    create_places: bool = False,
    carry: Collection[str] | None = None,
    day: dt.date | None = None,
) -> Job:
    """Accept the mapping (label → field, "" for none) and start the preview.

    ``carry``: labels of the columns whose empty cells hold what stands above, None as proposed.
    Both are remembered
    for these headers. Raises Conflict once the run is being committed.
    """
    run = run_of(run_id)
    by.require(RIGHT, run.place_code)
    if create_places:
        by.require("regions.edit", run.place_code)
    run = imports.to_choose(run_id)
    run.mapping = mapping
    run.options = {
        "sheet": sheet,
        "create_places": create_places,
        "day": (day or timezone.localdate()).isoformat(),
    }
    if carry is not None:
        run.options["carry"] = sorted(carry)
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
    by.require(RIGHT, run_of(run_id).place_code)
    run = imports.to_confirm(run_id)
    job = start_job(
        by=by, kind="register.import", args={"run_id": str(run.id)}, place_code=run.place_code
    )
    run.state, run.job_id = ImportState.RUNNING, job.id
    run.save(update_fields=["state", "job_id"])
    return job


@job_kind("register.preview", label=gettext_lazy("Check a ledger"), right=RIGHT)
def preview(progress: Progress, *, run_id: str, size: int = PREVIEW_ROWS) -> None:
    """Read, clean and compare all rows, stage them, and keep the summary with the run."""
    with progress.chunk() as by:
        if not imports.previewing(UUID(run_id), progress.job_id):
            return
        run = run_of(UUID(run_id))
        source = Source(by, run)
        known = source.mapping.signature
        imports.remember_mapping(by, KIND, known, source.mapping.remember())
        imports.remember_mapping(by, CARRIED, known, dict.fromkeys(source.carried, ""))
        run.rows.all().delete()
        places = PlaceIndex(run.place_code, create=bool(run.options.get("create_places")))
        if places.create:
            for record in source.records():
                places.plan(record)
        summary = _stage(progress, run, source, places, size)
        run.options = {**run.options, "preview": summary}
        run.signature = known
        run.save(update_fields=["options", "signature"])
        imports.staged(run)


def _stage(
    progress: Progress, run: ImportRun, source: Source, places: PlaceIndex, size: int
) -> dict[str, Any]:
    """Decide as the commit will: a pass over all rows, then over those that wait for others."""
    order = FileOrder()
    roles = source.table.counts()
    registered = Registered()
    told: matching.Told = {}
    day = dt.date.fromisoformat(run.options["day"])
    tally = _Tally()
    rows = source.records()
    late: list[Record] = []
    while chunk := list(islice(rows, size)):
        for record in chunk:
            order.tell(record)
            tally.unknown_groups += bool(record.unknown_groups)
        imports.stage(run, [(record.number, record.values()) for record in chunk])
        decisions = matching.prepare(chunk, places)
        matching.decide(decisions, registered, told=told, day=day)
        late += tally.settle(decisions)
        progress.step(tally.rows + len(late), roles[RowRole.DATA])
    stuck = False
    while late:
        waiting, late = late, []
        for record in waiting:
            record.problems.clear()
        decisions = matching.prepare(waiting, places)
        matching.decide(decisions, registered, told=told, day=day, exchange=stuck)
        # As long as rows are accepted, they may make room for others.
        none = all(d.status in (matching.LATER, matching.REFUSED) for d in decisions)
        late += tally.settle(decisions, last=none and stuck)
        stuck = none
    return tally.summary() | {
        "left_out": {role.name.lower(): n for role, n in roles.items() if role != RowRole.DATA},
        "sheets_left_out": [
            [table.sheet, table.counts()[RowRole.DATA]]
            for table in source.tables
            if table is not source.table
        ],
        "missing": sorted([m.grid_code, m.building, m.unit] for m in places.missing),
    }


class _Tally:
    """What a preview says of its rows."""

    def __init__(self) -> None:
        self.rows = 0
        self.unknown_groups = 0
        self._counts: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._problems: list[tuple[int, list[Any]]] = []
        self._statuses: dict[int, str] = {}

    def settle(self, decisions: Iterable[matching.Decision], *, last: bool = False) -> list[Record]:
        """Count what is decided. Returns the rows that wait, none if this pass is the ``last``."""
        late = []
        for decision in decisions:
            record = decision.record
            if decision.status == matching.LATER and not last:
                late.append(record)
                continue
            status = matching.REFUSED if decision.status == matching.LATER else decision.status
            self.rows += 1
            self._counts[status] += 1
            self._statuses[record.number] = status
            for name, code, message, mend in record.problems:
                self._kinds[code] += 1
                row = imports.place_of(record.number)[0]
                self._problems.append((record.number, [row, name, message, mend]))
        return late

    def summary(self) -> dict[str, Any]:
        """As kept with the run."""
        self._problems.sort(key=lambda problem: problem[0])
        return {
            "rows": self.rows,
            "counts": dict(self._counts),
            "kinds": dict(self._kinds),
            "problems": [shown for _number, shown in self._problems[:SHOWN_PROBLEMS]],
            "first": dict(islice(sorted(self._statuses.items()), SHOWN_ROWS)),
            "unknown_groups": self.unknown_groups,
        }


@job_kind("register.import", label=gettext_lazy("Import a ledger"), right=RIGHT)
def commit(progress: Progress, *, run_id: str, size: int = imports.COMMIT_ROWS) -> None:
    """Write the staged rows in chunks; a later attempt goes on with those that still wait."""
    with progress.chunk() as by:
        run = run_of(UUID(run_id))
        finished = run.state == ImportState.FINISHED
        if not finished:
            create = bool(run.options.get("create_places"))
            if create:
                make_places(by, run.options.get("preview", {}).get("missing", []))
            places = PlaceIndex(run.place_code)
            told, heads = _told_before(run)
            day = dt.date.fromisoformat(run.options["day"])

    def handle(
        by: Actor, rows: list[imports.StagedRow], exchange: bool = False
    ) -> Sequence[imports.Outcome]:
        nonlocal heads
        decisions = matching.prepare([Record.of(row.number, row.values) for row in rows], places)
        # Two imports at once don't make the same person twice.
        imports.lock_places(d.door.place_code for d in decisions if d.door)
        # What a chunk says counts once it is written.
        said: matching.Told = {}
        registered = Registered(dict(heads), locking=True)
        matching.decide(
            decisions, registered, told=ChainMap(said, told), day=day, exchange=exchange
        )
        writer = Writer(by, day)
        outcomes = [_outcome(writer, decision) for decision in decisions]
        writer.flush()
        touched = {d.home.id for d in decisions if d.home and d.status in matching.WRITTEN}
        changed(by, touched | writer.left)
        told.update(said)
        heads = registered.heads
        return outcomes

    if not finished:
        run = imports.commit_chunks(
            run, handle, progress, size=size, together=partial(handle, exchange=True)
        )
    # An earlier attempt may have ended between the last row and the workbook.
    if run.rejected and not run.result_file_id:
        with progress.chunk() as by:
            run = run_of(UUID(run_id))
            run.result_file = error_workbook(by, run)
            run.save(update_fields=["result_file"])


def _told_before(run: ImportRun) -> tuple[matching.Told, dict[UUID, str]]:
    """What an earlier attempt has accepted says of persons (their row) and households (head)."""
    told: matching.Told = {}
    named: dict[UUID, str] = {}
    accepted = imports.rows_of(run, RowState.ACCEPTED)
    rows = [(row.object_id, row) for row in accepted if row.object_id]
    lives = Residency.objects.filter(person_id__in={person for person, _row in rows}, to_date=None)
    at_home = set(lives.exclude(kind=SEPARATED).values_list("person_id", flat=True))
    for person, row in rows:
        kind = row.values.get("kind")
        separated = kind == SEPARATED if kind else person not in at_home
        told.setdefault((person, separated), imports.place_of(row.number)[0])
        if row.values.get("home", "").startswith("h:"):
            named[person] = row.values["home"].removeprefix("h:")
    heads: dict[UUID, str] = {}
    if named:
        homes = lives.filter(person_id__in=named, household__room="")
        for person, home in homes.values_list("person_id", "household_id"):
            heads.setdefault(home, named[person])
    return told, heads


def _outcome(writer: Writer, decision: matching.Decision) -> imports.Outcome:
    person = writer.take(decision)
    status = decision.status
    refused = status in (matching.REFUSED, matching.LATER)
    return imports.Outcome(
        decision.record.number,
        decision.record.as_problems() if refused else (),
        None if refused else person,
        changed=status in (matching.NEW, matching.CHANGED, matching.MOVED),
        later=status == matching.LATER,
    )


def error_workbook(by: Actor, run: ImportRun) -> File:
    """The uploaded workbook with an error column and coloured cells, as a file to download."""
    source = Source(by, run)
    positions = source.mapping.fields
    out = io.BytesIO()
    errors = imports.row_errors(run, positions)
    write_error_workbook(source.data, source.workbook, source.table, errors, out)
    stem = run.file.name.rsplit(".", 1)[0]
    return store_file(
        by=by, data=out.getvalue(), name=f"{stem}-{_('errors')}.xlsx"[:200],
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        place_code=run.place_code, right=RIGHT, keep_until=run.file.keep_until,
    )  # fmt: skip
