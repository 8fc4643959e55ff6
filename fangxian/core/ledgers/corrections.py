"""Cells that were corrected in a sheet that came back, and those of them that nothing takes in.

A row that is known by its name tells what it went out with. What differs from that was corrected
by somebody, and is either taken in or told in the preview: no correction is lost unsaid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from fangxian.common import facts
from fangxian.common.actor import Actor
from fangxian.common.facts import Sensitivity, View
from fangxian.common.facts.plans import lines_of
from fangxian.common.facts.rowkeys import RowName
from fangxian.common.masks import is_masked, mask_number, mask_phone, mask_text
from fangxian.common.sheets import cell_text
from fangxian.core import imports
from fangxian.core.ledgers.keys import ROW_KEY, named
from fangxian.core.ledgers.source import Row, Source
from fangxian.core.models import ImportRun

SHOWN: Final = 2_000
LONGEST: Final = 60
_AT_ONCE: Final = 2_000

WHY: Final[dict[str, str | Promise]] = {
    "masked": gettext_lazy("It is masked: nothing is read from it."),
    "emptied": gettext_lazy("An empty cell takes nothing away."),
    "column": gettext_lazy("The import does not take this column; correct it where it comes from."),
    "kept": gettext_lazy("The import leaves this as it is in a row that is known."),
}


class Cell(NamedTuple):
    """A corrected cell: its column in the sheet and among the facts, the field it feeds (or "")."""

    label: str
    column: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A row with corrected cells, and what it was taken from."""

    table: str
    key: UUID
    cells: tuple[Cell, ...]


Shown = Mapping[tuple[int, str], str]
"""What stands registered, as the reader may see it, by number of the row and column of the facts"""


class Corrections:
    """Gathers the corrected cells of a ledger's rows while they are read."""

    def __init__(self, source: Source) -> None:
        self._tables = source.ledger.knows
        self._at = source.mapping.fields.get(ROW_KEY.name) if self._tables else None
        self._rows: dict[int, _Known] = {}
        fields = {at: name for name, at in source.mapping.fields.items()}
        # What stands for the cells above says nothing of its own.
        self._columns = [
            (p.position, p.label, fields.get(p.position, ""))
            for p in source.mapping.proposals
            if p.position != self._at and p.label not in source.carried
        ]
        self._facts = {table: _columns_of(table) for table in self._tables}

    def note(self, row: Row) -> None:
        """Keep the cells of a row that differ from those it went out with."""
        if self._at is None:
            return
        found = named(self._tables, cell_text(row.cells[self._at]))
        if found is not None and (cells := tuple(self._corrected(*found, row))):
            self._rows[row.number] = _Known(found[0], found[1].key, cells)

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def _corrected(self, table: str, name: RowName, row: Row) -> Iterator[Cell]:
        columns = self._facts[table]
        for position, label, field in self._columns:
            column = columns.get(_plain(label))
            if column is not None and not name.had(label, row.cells[position]):
                yield Cell(label, column, field, cell_text(row.cells[position]).strip())

    def shown(self, by: Actor, place: str) -> dict[tuple[int, str], str]:
        """What stands registered now in the corrected cells, as the actor may see it."""
        shown: dict[tuple[int, str], str] = {}
        for table in self._tables:
            rows = {n: one for n, one in self._rows.items() if one.table == table}
            # What the import corrects it need not show.
            if not by.may(facts.tables.get(table).right, place):
                continue
            numbers = list(rows)
            for at in range(0, len(numbers), _AT_ONCE):
                some = {n: rows[n] for n in numbers[at : at + _AT_ONCE]}
                shown |= _shown(by, place, table, some)
        return shown

    def told(
        self,
        run: ImportRun,
        before: Shown,
        refused: Set[int],
        taken: Callable[[int, Cell], bool],
    ) -> dict[str, Any]:
        """What a preview says of the corrected cells that ``taken`` denies; {} if there are none.

        ``untaken``: row, column, what is registered, what the sheet says, why, of the first of
        them; ``untaken_count``: how many there are. Rows that come back as ``refused`` tell their
        own problems.
        """
        lines: list[list[Any]] = []
        count = 0
        for number, row in sorted(self._rows.items()):
            if number in refused:
                continue
            for cell in row.cells:
                old = before.get((number, cell.column), "")
                why = _why(cell)
                if _plain(cell.text) == _plain(old) or (why == "kept" and taken(number, cell)):
                    continue
                count += 1
                if len(lines) < SHOWN:
                    name = imports.row_name(run, number)
                    new = _masked(row.table, cell)
                    lines.append([name, cell.label, old[:LONGEST], new, why])
        return {"untaken": lines, "untaken_count": count} if count else {}


def _why(cell: Cell) -> str:
    if not cell.text:
        return "emptied"
    if is_masked(cell.text):
        return "masked"
    return "kept" if cell.field else "column"


def _shown(
    by: Actor, place: str, table: str, rows: Mapping[int, _Known]
) -> dict[tuple[int, str], str]:
    names = list(dict.fromkeys(cell.column for one in rows.values() for cell in one.cells))
    lines = lines_of(View(table, columns=tuple(names)), by, place, [x.key for x in rows.values()])
    of = {line.key: dict(zip(names, line.cells, strict=True)) for line in lines}
    return {
        (number, cell.column): cell_text(facts.said(of[one.key][cell.column]))
        for number, one in rows.items()
        if one.key in of
        for cell in one.cells
    }


def _columns_of(table: str) -> dict[str, str]:
    """What a file calls the columns of a table → their names."""
    return {_plain(column.title): column.name for column in facts.tables.get(table).columns}


def _masked(table: str, cell: Cell) -> str:
    """What a sheet says, for the page that shows it: numbers masked as elsewhere."""
    column = facts.tables.get(table).column(cell.column)
    if column.sensitivity == Sensitivity.SEALED:
        return mask_phone(cell.text) if column.kind == "phone" else mask_number(cell.text)
    return mask_text(cell.text, LONGEST)


def _plain(text: str) -> str:
    return "".join(text.split())
