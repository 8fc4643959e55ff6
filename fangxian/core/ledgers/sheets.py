"""The sheets of a file: which have the heading of the chosen one, and what their names say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fangxian.common.sheets import (
    Cell,
    Column,
    RowRole,
    Table,
    Workbook,
    is_one_place,
    propose_mapping,
    signature,
    vocabulary_of,
)
from fangxian.common.sheets import Mapping as Columns
from fangxian.common.sheets.words import key, key_without_brackets, words
from fangxian.core.ledgers.kinds import Ledger

# Why a sheet is not part of an import.
UNTICKED: Final = "unticked"
HIDDEN: Final = "hidden"
SAYS_GONE: Final = "says_gone"
SAYS_EXAMPLE: Final = "says_example"
OTHER_HEADING: Final = "other_heading"
NO_ROWS: Final = "no_rows"
NO_TABLE: Final = "no_table"
EMPTY: Final = "empty"


@dataclass(frozen=True, slots=True)
class Heading:
    """What the columns of a table are, and their cells in the order of the chosen table's columns.

    ``order``: the position of each, None where they stand in that order. ``lacks``, ``more``: names
    of the columns in which the two headings differ; with them the tables are not read together.
    """

    mapping: Columns
    order: tuple[int | None, ...] | None = None
    lacks: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def alike(self) -> bool:
        """Whether the tables are read together."""
        return not (self.lacks or self.more)


@dataclass(frozen=True, slots=True)
class Part:
    """A sheet that an import reads. ``index``: among the tables of the file; ``place``: the
    building or group in which its rows lie, unless they say otherwise.
    """

    index: int
    table: Table
    heading: Heading
    place: str = ""

    def ordered(self, cells: list[Cell]) -> list[Cell]:
        """Cells of a row in the order of the chosen table's columns."""
        order = self.heading.order
        if order is None:
            return cells
        return [None if position is None else cells[position] for position in order]


@dataclass(frozen=True, slots=True)
class Listed:
    """A sheet as pages list it. ``index``: among the tables, -1 where it has none; ``why`` it is
    not read, or empty; ``choosable``: whether a person may decide that.
    """

    name: str
    rows: int
    index: int = -1
    why: str = ""
    choosable: bool = False
    place: str = ""
    lacks: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def taken(self) -> bool:
        """Whether its rows are read."""
        return not self.why

    def kept(self) -> dict[str, Any]:
        """As the summary of a preview has it."""
        return {
            "name": self.name,
            "rows": self.rows,
            "why": self.why,
            "place": self.place if self.taken else "",
            "lacks": list(self.lacks),
            "more": list(self.more),
        }


def heading_of(ledger: Ledger, chosen: Table, mapping: Columns, table: Table) -> Heading:
    """The heading of a table beside that of the chosen one, whose mapping is in force.

    Alike are headings whose columns feed the same fields, in any order and under any of their usual
    names; where the name tells what the cells mean, under the same.
    """
    if signature(table) == mapping.signature:
        return Heading(mapping)
    told = {key(proposal.label): proposal.field or "" for proposal in mapping.proposals}
    known = {c.label: told[key(c.label)] for c in table.columns if key(c.label) in told}
    own = propose_mapping(table, ledger.fields, known)
    if ledger.refine is not None:
        own = ledger.refine(table, own)
    at, there = mapping.fields, own.fields
    lacks = tuple(
        chosen.columns[position].label
        for name, position in at.items()
        if name not in there
        or not _same(ledger, name, chosen.columns[position], table.columns[there[name]])
    )
    more = tuple(table.columns[there[name]].label for name in there if name not in at)
    labels = {key(column.label): position for position, column in enumerate(table.columns)}
    order = tuple(
        there.get(proposal.field) if proposal.field else labels.get(key(proposal.label))
        for proposal in mapping.proposals
    )
    return Heading(own, order, lacks, more)


def _same(ledger: Ledger, field: str, one: Column, other: Column) -> bool:
    if (key(one.name), key(one.group)) == (key(other.name), key(other.group)):
        return True
    if vocabulary_of(one) != vocabulary_of(other):
        return False
    tells = ledger.by_name
    return tells is None or tells(field, one) == tells(field, other)


def place_of_name(ledger: Ledger, sheet: str) -> str:
    """The building, unit or village group that the name of a sheet is; empty if it is none or
    that of several.
    """
    text = sheet.strip()
    return text if ledger.sections and is_one_place(text) else ""


def said_by_name(ledger: Ledger, sheet: str) -> str:
    """What the name of a sheet says against its rows: ``SAYS_GONE``, ``SAYS_EXAMPLE`` or nothing.

    A person may read it all the same.
    """
    if ledger.gone is not None and ledger.gone(sheet):
        return SAYS_GONE
    endings = tuple(words("example_endings"))
    forms = (key(sheet), key_without_brackets(sheet))
    return (
        SAYS_EXAMPLE if any(form.rstrip("0123456789").endswith(endings) for form in forms) else ""
    )


def without_table(workbook: Workbook, tables: list[Table]) -> list[Listed]:
    """The visible sheets of which nothing can be read: no table, or nothing at all."""
    read = {id(table.rows) for table in tables}
    found = [
        Listed(sheet.name, len(sheet.rows), why=NO_TABLE)
        for sheet in workbook.sheets
        if not sheet.hidden and id(sheet.rows) not in read
    ]
    return found + [Listed(name, 0, why=EMPTY) for name in workbook.empty]


def rows_in(table: Table) -> int:
    """How many rows of data a table has."""
    return table.counts()[RowRole.DATA]
