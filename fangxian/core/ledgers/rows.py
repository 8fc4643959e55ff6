"""Ledgers whose rows stand for themselves: each is cleaned, tried and written alone.

The check writes all rows and takes them back, so it shows exactly what the import will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.errors import Problem
from fangxian.common.sheets import Cell, Fault, FieldSpec, cleaning
from fangxian.core import imports
from fangxian.core.imports import Handler, Outcome, StagedRow
from fangxian.core.ledgers.corrections import Cell as Corrected
from fangxian.core.ledgers.corrections import Corrections, Shown
from fangxian.core.ledgers.keys import ROW_KEY, Keys, without_masks
from fangxian.core.ledgers.kinds import REFUSED, Status
from fangxian.core.ledgers.source import Source
from fangxian.core.models import ImportRun
from fangxian.core.progress import Progress

SHOWN_PROBLEMS: Final = 2_000
SHOWN_ROWS: Final = 20
PROBLEMS: Final = "problems"

Write = Callable[[Actor, ImportRun, Sequence[StagedRow]], Sequence[Outcome]]


class RowByRow:
    """A way: ``write(by, run, rows)`` writes clean rows and says what became of each.

    Values of rows are text by field name; dates ISO, documents ``[kind, number]``, yes and no as
    booleans, numbers as such; empty ones are left out. A row that says what it was taken from has
    ``row_key`` (:func:`keys.known_row`), and not what stood masked in the file.
    """

    STATUSES: Final = (
        Status("changed", gettext_lazy("New or changed"), "ok"),
        Status("known", gettext_lazy("Known already")),
    )

    def __init__(self, write: Write) -> None:
        self._write = write

    def check(
        self, progress: Progress, by: Actor, run: ImportRun, source: Source, size: int
    ) -> dict[str, Any]:
        """Stage the rows, try to write them and take that back."""
        corrections = Corrections(source)
        imports.stage(run, _cleaned(source, corrections))
        before = corrections.shown(by, run.place_code)
        handler, together = self.opened(by, run)
        rows = iter(imports.rows_of(run))
        outcomes: list[Outcome] = []
        waiting: list[StagedRow] = []
        with transaction.atomic():
            while chunk := list(islice(rows, size)):
                done = imports.handle(handler, by, chunk)
                outcomes += _settled(done)
                waiting += _waiting(chunk, done)
                progress.step(len(outcomes), source.count())
            # As the import does: those that wait for one another are looked at together.
            while waiting:
                done = imports.handle(together or handler, by, waiting)
                left = _waiting(waiting, done)
                over = len(left) == len(waiting)
                outcomes += done if over else _settled(done)
                waiting = [] if over else left
            after = corrections.shown(by, run.place_code)
            transaction.set_rollback(True)
        refused = {one.number for one in outcomes if one.problems}
        told = corrections.told(run, before, refused, _taken(source, before, after))
        return _summary(run, sorted(outcomes, key=lambda one: one.number)) | told

    def opened(self, by: Actor, run: ImportRun) -> tuple[Handler, Handler | None]:
        """Write clean rows by the ledger; rows with problems of reading are rejected for them."""
        return self.handler(self._write, run), None

    def handler(self, write: Write, run: ImportRun) -> Handler:
        """A handler that lets ``write`` have the clean rows alone."""

        def handle(by: Actor, rows: list[StagedRow]) -> Sequence[Outcome]:
            clean = [row for row in rows if PROBLEMS not in row.values]
            spoilt = [_spoilt(row) for row in rows if PROBLEMS in row.values]
            return [*spoilt, *(write(by, run, clean) if clean else ())]

        return handle


def _taken(source: Source, before: Shown, after: Shown) -> Callable[[int, Corrected], bool]:
    """Whether a corrected cell was taken in, by what is registered when all rows are written.

    Numbers of persons are added or refused, and none is shown whole.
    """
    added = {spec.name for spec in source.ledger.fields if spec.kind in ("phone", "document")}

    def taken(number: int, cell: Corrected) -> bool:
        at = number, cell.column
        return cell.field in added or before.get(at) != after.get(at) or at not in after

    return taken


def _cleaned(source: Source, corrections: Corrections) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows: number and values, problems of reading among them."""
    fields, positions = source.ledger.fields, source.mapping.fields
    keys, at = Keys(source.ledger.knows), positions.get(ROW_KEY.name)
    plain = [spec for spec in fields if spec.name != ROW_KEY.name]
    for row in source.rows():
        corrections.note(row)
        key = keys.read(row.number, row.cells[at]) if at is not None else None
        known = isinstance(key, list)
        cells = without_masks(row.cells) if known else row.cells
        masked = {n for n, p in positions.items() if cells[p] is None and row.cells[p] is not None}
        values = _values(plain, positions, cells, masked)
        if isinstance(key, Problem):
            told = [key.field, key.code, key.message, key.mend]
            values[PROBLEMS] = [told, *values.get(PROBLEMS, ())]
        yield row.number, values | ({ROW_KEY.name: key} if known else {})


def _values(
    fields: Sequence[FieldSpec], positions: dict[str, int], cells: list[Cell], masked: Set[str]
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
        elif spec.required and spec.name not in masked:
            fault = Fault("required", {"field": str(spec.label)})
            problems.append([spec.name, fault.code, fault.message, fault.mend])
    return values | ({PROBLEMS: problems} if problems else {})


def _clean(spec: FieldSpec, cell: Cell) -> Any:
    if spec.kind == "document":
        document = cleaning.clean_document(cell)
        if document is None or isinstance(document, Fault):
            return document
        return [document.kind, document.number]
    if spec.kind == "phone":
        phone = cleaning.clean_phone(cell)
        return phone if phone is None or isinstance(phone, Fault) else phone.number
    if spec.kind == "date":
        day = cleaning.clean_date(cell)
        return day if day is None or isinstance(day, Fault) else day.isoformat()
    plain: dict[str, Callable[[Cell], Any]] = {
        "name": cleaning.clean_name,
        "credit_code": cleaning.clean_credit_code,
        "yes_no": cleaning.clean_yes_no,
        "number": cleaning.clean_number,
    }
    if spec.kind in plain:
        return plain[spec.kind](cell)
    return cleaning.clean_text(cell, limit=120)


def _spoilt(row: StagedRow) -> Outcome:
    at = imports.place_of(row.number)[0]
    problems = (
        Problem(message, field=name, row=at, mend=mend, code=code)
        for name, code, message, mend in row.values[PROBLEMS]
    )
    return Outcome(row.number, tuple(problems), changed=False)


def _settled(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if not one.later]


def _waiting(rows: Sequence[StagedRow], outcomes: Sequence[Outcome]) -> list[StagedRow]:
    later = {one.number for one in outcomes if one.later}
    return [row for row in rows if row.number in later]


def _summary(run: ImportRun, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    problems = [
        [imports.row_name(run, o.number), p.field, str(p.message), str(p.mend)]
        for o in outcomes
        for p in o.problems
    ]
    kinds = Counter(p.code for o in outcomes for p in o.problems)
    status = {
        o.number: REFUSED if o.problems else "changed" if o.changed else "known" for o in outcomes
    }
    return {
        "rows": len(outcomes),
        "counts": dict(Counter(status.values())),
        "kinds": dict(kinds),
        "problems": problems[:SHOWN_PROBLEMS],
        "first": dict(islice(status.items(), SHOWN_ROWS)),
    }
