"""The file of a run, read: its tables, the mapping in force, its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingABC
from functools import cached_property
from itertools import islice
from typing import Any, Final, NamedTuple

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.masks import mask_text
from fangxian.common.sheets import (
    Cell,
    Groups,
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
from fangxian.core.ledgers.sheets import (
    HIDDEN,
    NO_ROWS,
    OTHER_HEADING,
    SAYS_GONE,
    UNTICKED,
    Heading,
    Listed,
    Part,
    heading_of,
    place_of_name,
    rows_in,
    said_by_name,
    without_table,
)
from fangxian.core.models import ImportRun

_CARRIED: Final = "-carried"
LEFT_OUT_LINES: Final = 200
LEFT_OUT_LENGTH: Final = 120


class Row(NamedTuple):
    """A row of data: its number (:func:`imports.number_of`), cells in the order of the chosen
    table's columns, and the section above it.
    """

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
    """The tables of a run's file and the mapping in force.

    ``table`` is the one whose columns are chosen, ``parts`` all that are read with it: those of the
    same heading, ``headings`` those of all tables. ``sheet``: another than was chosen.
    """

    def __init__(self, by: Actor, run: ImportRun, sheet: int | None = None) -> None:
        self.ledger: Ledger = ledgers.get(run.kind)
        self.data = read_file(by=by, file_id=run.file_id)
        self.workbook, self.tables = opened(self.data, run.file.name)
        self._hidden = {id(one.rows) for one in self.workbook.sheets if one.hidden}
        chosen = run.options.get("sheet")
        # Of another sheet nothing was decided yet.
        self._options = run.options if sheet in (None, chosen) else {}
        found = chosen if sheet is None else sheet
        self.sheet = self._first(by, run) if found is None else min(found, len(self.tables) - 1)
        self.table = self.tables[self.sheet]
        self.mapping = self._corrected(run, self._proposed(by, run, self.table))
        self.headings = self._read_headings()
        self.sheets = self._listed()
        self.parts = [self._part(one) for one in self.sheets if one.taken]
        self.carried = self._carried(by, run)

    def _first(self, by: Actor, run: ImportRun) -> int:
        """The first visible sheet that has what the ledger needs: no cover, no instructions, and
        no example if there is another.
        """
        if len(self.tables) == 1:
            return 0
        seen = [
            index
            for index, table in enumerate(self.tables)
            if id(table.rows) not in self._hidden and rows_in(table)
        ]
        seen.sort(key=lambda index: bool(said_by_name(self.ledger, self.tables[index].sheet)))
        fit = (index for index in seen if not self._proposed(by, run, self.tables[index]).missing)
        return next(fit, 0)

    def _proposed(self, by: Actor, run: ImportRun, table: Table) -> Mapping:
        known = imports.recall_mapping(by, run.kind, signature(table))
        proposed = propose_mapping(table, self.ledger.fields, known)
        return self.ledger.refine(table, proposed) if self.ledger.refine else proposed

    def _corrected(self, run: ImportRun, proposed: Mapping) -> Mapping:
        names = {spec.name for spec in self.ledger.fields}
        changes = {
            p.position: run.mapping[p.label] if run.mapping[p.label] in names else None
            for p in proposed.proposals
            if p.label in run.mapping and (run.mapping[p.label] or None) != p.field
        }
        return proposed.corrected(changes, self.ledger.fields) if changes else proposed

    def _read_headings(self) -> list[Heading]:
        return [
            Heading(self.mapping)
            if table is self.table
            else heading_of(self.ledger, self.table, self.mapping, table)
            for table in self.tables
        ]

    def _part(self, one: Listed) -> Part:
        return Part(one.index, self.tables[one.index], self.headings[one.index], one.place)

    def _listed(self) -> list[Listed]:
        """All sheets: those that are read, and the others with what keeps them out."""
        ticked, places = self._options.get("sheets"), self._options.get("places")
        found = []
        for index, (table, heading) in enumerate(zip(self.tables, self.headings, strict=True)):
            mine = table is self.table
            why = "" if heading.alike else OTHER_HEADING
            if not (why or rows_in(table) or mine):
                why = NO_ROWS
            said = said_by_name(self.ledger, table.sheet)
            choosable = not why and (len(self.tables) > 1 or said == SAYS_GONE)
            if choosable:
                why = said or (HIDDEN if id(table.rows) in self._hidden else "")
                # Whoever chose the columns of a sheet wants it, unless its people are gone.
                why = "" if mine and why != SAYS_GONE else why
                if ticked is not None:
                    why = "" if index in ticked else why or UNTICKED
            place = place_of_name(self.ledger, table.sheet)
            if places is not None:
                place = places.get(str(index), "")
            found.append(
                Listed(
                    table.sheet, rows_in(table), index, why, choosable, place,
                    heading.lacks, heading.more,
                )
            )  # fmt: skip
        return found + without_table(self.workbook, self.tables)

    @cached_property
    def names(self) -> dict[str, str]:
        """Number of a sheet → its name, where the import has several."""
        if len(self.parts) == 1:
            return {}
        return {str(part.index): part.table.sheet for part in self.parts}

    @cached_property
    def codes(self) -> MappingABC[str, str]:
        """What numbers in the cells mean, by all sheets together."""
        return self.ledger.codes(self) if self.ledger.codes is not None else {}

    def _carried(self, by: Actor, run: ImportRun) -> frozenset[str]:
        """Labels of the columns whose empty cells hold what stands above."""
        if "carry" in self._options:
            return frozenset(self._options["carry"])
        known = imports.recall_mapping(by, run.kind + _CARRIED, self.mapping.signature)
        if known is not None:
            return frozenset(known)
        if self.ledger.carried is not None:
            # The longest tells most.
            parts = self.parts or [self._part(self.sheets[self.sheet])]
            part = max(parts, key=lambda part: rows_in(part.table))
            mapping = part.heading.mapping
            labels = frozenset(self.ledger.carried(part.table, mapping, self.codes))
            fields = {p.field for p in mapping.proposals if p.label in labels}
            return frozenset(p.label for p in self.mapping.proposals if p.field in fields - {None})
        at = self.mapping.carried(self.ledger.fields)
        return frozenset(p.label for p in self.mapping.proposals if p.position in at)

    def remember(self, by: Actor, run: ImportRun) -> None:
        """Remember for these headers what is in force."""
        known = self.mapping.signature
        imports.remember_mapping(by, run.kind, known, self.mapping.remember())
        imports.remember_mapping(by, run.kind + _CARRIED, known, dict.fromkeys(self.carried, ""))

    def rows(self) -> Iterator[Row]:
        """The rows of data in the order of their numbers: sheet by sheet, none in sight of another.

        What stands further right follows all that stands further left.
        """
        for block in range(max((part.table.blocks for part in self.parts), default=0)):
            for part in self.parts:
                if block < part.table.blocks:
                    yield from self._rows_of(part, block)

    def sample(self, limit: int) -> Iterator[list[Cell]]:
        """The first rows of each sheet as they stand, in the order of the chosen columns."""
        for part in self.parts:
            for row in islice(part.table.data_rows(), limit):
                yield part.ordered(row.cells)

    def _rows_of(self, part: Part, block: int) -> Iterator[Row]:
        carried, ditto, groups = self._above(part)
        for row in part.table.data_rows(carried, ditto, groups, part.place):
            if row.block == block:
                number = imports.number_of(row.number, block, part.index)
                yield Row(number, part.ordered(row.cells), row.section)

    def _above(self, part: Part) -> tuple[list[int], list[int], Groups | None]:
        """What ``data_rows`` is told of a sheet: columns carried, with dittos; groups."""
        mapping = part.heading.mapping
        order = part.heading.order
        chosen = [p.position for p in self.mapping.proposals if p.label in self.carried]
        there = chosen if order is None else [order[position] for position in chosen]
        carried = [position for position in there if position is not None]
        ditto = [
            position
            for spec in self.ledger.fields
            if (position := mapping.fields.get(spec.name)) is not None
            and spec.kind != "document"
            and spec.name != "name"
        ]
        told = self.ledger.groups
        groups = told(part.table, mapping, self.codes) if told is not None else None
        return carried, ditto, groups

    def count(self) -> int:
        """How many rows of data there are."""
        return sum(rows_in(part.table) for part in self.parts)

    def left_out(self) -> dict[str, Any]:
        """The rows below the headers that are none of data, as the preview lists them.

        ``lines``: row, role and text, numbers in it masked; ``more``: how many others; ``blank``:
        first and last rows; ``second``: the row in which a second table begins, or None. A row is
        its number, where the import has several sheets with the name of its own.
        """
        lines: list[list[Any]] = []
        blank: list[list[Any]] = []
        more, second = 0, None
        for part in self.parts:
            for number, role, text in part.table.left_out():
                if second is None and role == RowRole.FURTHER:
                    second = self._name(part, number)
                if len(lines) < LEFT_OUT_LINES:
                    shown = mask_text(text, LEFT_OUT_LENGTH)
                    lines.append([self._name(part, number), role.name.lower(), shown])
                else:
                    more += 1
            ranges = islice(_ranges(part.table.blank_rows()), LEFT_OUT_LINES - len(blank))
            for first, last in ranges:
                named = self._name(part, first)
                blank.append([named, named if first == last else last])
        return {"lines": lines, "more": more, "blank": blank, "second": second}

    def _name(self, part: Part, row: int) -> int | str:
        return f"{part.table.sheet}!{row}" if self.names else row


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers that follow one another as first and last."""
    first = last = 0
    for number in numbers:
        if first and number != last + 1:
            yield first, last
            first = number
        first, last = first or number, number
    if first:
        yield first, last
