"""The file of a run, read: its tables, the mapping in force, its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.masks import mask_text
from fangxian.common.sheets import (
    Cell,
    Mapping,
    RowRole,
    SheetError,
    Table,
    Workbook,
    find_tables,
    propose_mapping,
    read_workbook,
    signature,
)
from fangxian.core import imports
from fangxian.core.actions import read_file
from fangxian.core.ledgers.kinds import Ledger, ledgers
from fangxian.core.models import ImportRun

_CARRIED: Final = "-carried"
LEFT_OUT_LINES: Final = 200
LEFT_OUT_LENGTH: Final = 120


class Row(NamedTuple):
    """A row of data: its number (:func:`imports.number_of`), cells, and the section above it."""

    number: int
    cells: list[Cell]
    section: str


def opened(data: bytes, name: str) -> tuple[Workbook, list[Table]]:
    """A workbook and its tables. Raises Invalid with the mend."""
    try:
        workbook = read_workbook(data, name)
        return workbook, find_tables(workbook)
    except SheetError as error:
        raise Invalid(Problem(error.message, "file", mend=error.mend, code=error.code)) from None


class Source:
    """The tables of a run's file and the mapping in force. ``sheet``: another than was chosen."""

    def __init__(self, by: Actor, run: ImportRun, sheet: int | None = None) -> None:
        self.ledger: Ledger = ledgers.get(run.kind)
        self.data = read_file(by=by, file_id=run.file_id)
        self.workbook, self.tables = opened(self.data, run.file.name)
        chosen = int(run.options.get("sheet", 0)) if sheet is None else sheet
        self.sheet = min(chosen, len(self.tables) - 1)
        self.table = self.tables[self.sheet]
        self.mapping = self._corrected(run, self._proposed(by, run))
        self.carried = self._carried(by, run)

    def _proposed(self, by: Actor, run: ImportRun) -> Mapping:
        known = imports.recall_mapping(by, run.kind, signature(self.table))
        proposed = propose_mapping(self.table, self.ledger.fields, known)
        return self.ledger.refine(self.table, proposed) if self.ledger.refine else proposed

    def _corrected(self, run: ImportRun, proposed: Mapping) -> Mapping:
        names = {spec.name for spec in self.ledger.fields}
        changes = {
            p.position: run.mapping[p.label] if run.mapping[p.label] in names else None
            for p in proposed.proposals
            if p.label in run.mapping and (run.mapping[p.label] or None) != p.field
        }
        return proposed.corrected(changes, self.ledger.fields) if changes else proposed

    def _carried(self, by: Actor, run: ImportRun) -> frozenset[str]:
        """Labels of the columns whose empty cells hold what stands above."""
        if "carry" in run.options:
            return frozenset(run.options["carry"])
        known = imports.recall_mapping(by, run.kind + _CARRIED, self.mapping.signature)
        if known is not None:
            return frozenset(known)
        if self.ledger.carried is not None:
            return frozenset(self.ledger.carried(self.table, self.mapping))
        at = self.mapping.carried(self.ledger.fields)
        return frozenset(p.label for p in self.mapping.proposals if p.position in at)

    def remember(self, by: Actor, run: ImportRun) -> None:
        """Remember for these headers what is in force."""
        known = self.mapping.signature
        imports.remember_mapping(by, run.kind, known, self.mapping.remember())
        imports.remember_mapping(by, run.kind + _CARRIED, known, dict.fromkeys(self.carried, ""))

    def rows(self) -> Iterator[Row]:
        """The rows of data in the order of their numbers."""
        carried = [p.position for p in self.mapping.proposals if p.label in self.carried]
        ditto = [
            position
            for spec in self.ledger.fields
            if (position := self.mapping.fields.get(spec.name)) is not None
            and spec.kind != "document"
            and spec.name != "name"
        ]
        groups = self.ledger.groups(self.table, self.mapping) if self.ledger.groups else None
        # What stands further right follows all that stands further left.
        for block in range(self.table.blocks):
            for row in self.table.data_rows(carried, ditto, groups):
                if row.block == block:
                    yield Row(imports.number_of(row.number, block), row.cells, row.section)

    def count(self) -> int:
        """How many rows of data there are."""
        return self.table.counts()[RowRole.DATA]

    def left_out(self) -> dict[str, Any]:
        """The rows below the header that are none of data, as the preview lists them.

        ``lines``: number, role and text, numbers in it masked; ``more``: how many others;
        ``blank``: their numbers; ``second``: the row in which a second table begins, or None.
        """
        found = list(self.table.left_out())
        lines = [
            [number, role.name.lower(), mask_text(text, LEFT_OUT_LENGTH)]
            for number, role, text in found[:LEFT_OUT_LINES]
        ]
        second = (number for number, role, _text in found if role == RowRole.FURTHER)
        return {
            "lines": lines,
            "more": len(found) - len(lines),
            "blank": _ranges(self.table.blank_rows()),
            "second": next(second, None),
        }

    def sheets_left_out(self) -> list[tuple[str, int]]:
        """The other sheets of the file, and how many rows of data each has."""
        others = [table for table in self.tables if table is not self.table]
        return [(table.sheet, table.counts()[RowRole.DATA]) for table in others]

    def sheets_without_table(self) -> list[tuple[str, int]]:
        """The visible sheets in which no table was found, and how many rows each has."""
        read = {id(table.rows) for table in self.tables}
        return [
            (sheet.name, len(sheet.rows))
            for sheet in self.workbook.sheets
            if not sheet.hidden and id(sheet.rows) not in read
        ]


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers that follow one another as first and last."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found[:LEFT_OUT_LINES]
