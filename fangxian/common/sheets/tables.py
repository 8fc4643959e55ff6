"""The table in a sheet: title, header, data, notes; every row is exactly one of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .address import parse_address, parse_inside
from .cells import Cell, is_blank
from .errors import SheetError
from .headers import SEARCH_ROWS, Header, MergeIndex, find_header
from .reader import Merge, Rows, Sheet, Workbook
from .roles import Classifier, RowRole, is_section, line_of, says_no_place
from .sheetreader.columns import column_letter
from .words import dittos, key, words

_FILL_LIMIT: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `index` counts from 0 in the sheet; `label` is unique in the table."""

    index: int
    label: str
    name: str
    group: str = ""
    doubled: bool = False

    @property
    def letter(self) -> str:
        """The column as Excel names it: A, B … AA."""
        return column_letter(self.index)


class TableRow(NamedTuple):
    """A data row. `number` is Excel's row number; `cells` stand in the order of the table's
    columns.

    `block` counts from 0 where the sheet shows its table several times side by side.
    """

    number: int
    cells: list[Cell]
    section: str = ""
    block: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The table of one sheet. `roles` holds one `RowRole` for every row of the sheet.

    Where the same columns stand `blocks` times side by side, `columns` are those of the first block
    and the next one lies `block_offset` sheet columns to the right.
    """

    sheet: str
    header: Header
    columns: tuple[Column, ...]
    roles: bytes
    rows: Rows
    error_column: int | None = None
    fills: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict, repr=False)
    blocks: int = 1
    block_offset: int = 0

    @property
    def width(self) -> int:
        """Number of sheet columns up to the table's last one."""
        return self.columns[-1].index + 1 + self.block_offset * (self.blocks - 1)

    def counts(self) -> Counter[RowRole]:
        """Rows by role; the sum is the number of rows of the sheet."""
        return Counter(
            {role: self.roles.count(role.value) for role in RowRole if role.value in self.roles}
        )

    def lines(self, role: RowRole) -> list[tuple[int, str]]:
        """Row numbers and texts of the rows of a role, for showing titles and notes."""
        return [
            (number + 1, line_of(self.rows[number]))
            for number, value in enumerate(self.roles)
            if value == role
        ]

    def left_out(self) -> Iterator[tuple[int, RowRole, str]]:
        """Number, role and text of the rows below the header that are neither data nor blank."""
        for number in range(self.header.last + 1, len(self.roles)):
            role = RowRole(self.roles[number])
            if role not in (RowRole.DATA, RowRole.BLANK):
                yield number + 1, role, line_of(self.rows[number])

    def blank_rows(self) -> Iterator[int]:
        """Numbers of the blank rows below the header."""
        below = enumerate(self.roles[self.header.last + 1 :], self.header.last + 2)
        return (number for number, role in below if role == RowRole.BLANK)

    def _section_above(self) -> str:
        """The line right above the header, where it says but which building or unit this is."""
        first = self.header.first
        text = line_of(self.rows[first - 1]) if first else ""
        return text if is_section(text) else ""

    def data_rows(
        self,
        carry_down: Collection[int] = (),
        ditto: Collection[int] = (),
        groups: Groups | None = None,
        outer: str = "",
    ) -> Iterator[TableRow]:
        """Every data row, in order. Decodes the rows anew on each call.

        Cells covered by a merged range that spans several rows get that range's value. Empty cells
        of the columns `carry_down` (positions in `columns`) get the value of the row above: only
        for columns that a person chose. Cells of the columns `ditto` that say “as above” get it
        too. Both stop where `groups` says that a group speaks for itself. `outer` holds for all
        rows as a line above them does, until another one says otherwise.
        """
        indexes = [column.index for column in self.columns]
        width = self.width
        held: dict[tuple[int, int], Cell] = {}
        starts = {(top, left) for marks in self.fills.values() for _, top, left in marks}
        start_rows = {top for top, _ in starts}
        above = [_Above(carry_down, ditto, groups) for _block in range(self.blocks)]
        above_all = self._section_above()
        section = _stacked(outer, above_all) if above_all else outer
        for number, (row, role) in enumerate(zip(self.rows, self.roles, strict=True)):
            if number in start_rows:
                for column in range(min(len(row), width)):
                    if (number, column) in starts:
                        held[number, column] = row[column]
            if role == RowRole.SECTION:
                section = _stacked(section, line_of(row))
                for one in above:
                    one.clear()
                continue
            if role != RowRole.DATA:
                continue
            if len(row) < width:
                row.extend([None] * (width - len(row)))
            for column, top, left in self.fills.get(number, ()):
                if column < width and is_blank(row[column]):
                    row[column] = held.get((top, left))
            for block in range(self.blocks):
                shift = block * self.block_offset
                cells = [row[index + shift] for index in indexes]
                if self.blocks > 1 and all(map(is_blank, cells)):
                    continue
                above[block].fill(cells)
                yield TableRow(number + 1, cells, section, block)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows that belong together: those of a household.

    ``begins``: whether a row is the first of a group, by its cells. ``anew``: positions of the
    columns that each group fills for itself: empty there, they don't hold what stands above.
    ``own``: positions of those in which “as above” doesn't mean another group's row.
    """

    begins: Callable[[list[Cell]], bool]
    anew: frozenset[int]
    own: frozenset[int]


class _Above:
    """What stands above a row; fills the cells that refer to it."""

    def __init__(
        self, carried: Collection[int], ditto: Collection[int], groups: Groups | None
    ) -> None:
        self._carried = carried
        self._ditto = ditto
        self._groups = groups
        self._anew = groups.anew.intersection(carried) if groups else frozenset[int]()
        self._begun = False
        self._values: dict[int, Cell] = {}
        self._row: list[Cell] | None = None

    def clear(self) -> None:
        """Nothing stands above any more."""
        self._values.clear()
        self._row = None
        self._begun = False

    def fill(self, cells: list[Cell]) -> None:
        """Fill the row, and remember it for those below."""
        # By what the row itself says, before anything is filled in.
        begins = self._groups is not None and self._groups.begins(cells)
        if self._anew:
            self._begin(cells, begins=begins)
        for position in self._carried:
            if is_blank(cells[position]):
                cells[position] = self._values.get(position)
            else:
                self._values[position] = cells[position]
        if self._ditto:
            says = dittos()
            for position in self._ditto:
                if cells[position] in says and self._reaches(position, begins=begins):
                    assert self._row is not None
                    cells[position] = self._values[position] = self._row[position]
            self._row = cells

    def _reaches(self, position: int, *, begins: bool) -> bool:
        """Whether “as above” in this column means the row above."""
        if self._row is None or not begins:
            return self._row is not None
        assert self._groups is not None
        # The members of the group above may leave empty what their first row says.
        return position not in self._groups.own and not is_blank(self._row[position])

    def _begin(self, cells: list[Cell], *, begins: bool) -> None:
        """Who opens a group stands first in it, or below others who have no such row yet."""
        says = any(not is_blank(cells[position]) for position in self._anew)
        if begins and (says or self._begun):
            for position in self._anew:
                self._values.pop(position, None)
        self._begun = begins or (self._begun and not says)


def _stacked(above: str, text: str) -> str:
    """What holds below a line that follows another: a unit alone lies in the building above, a
    floor alone in its unit. One that says but whom or which page follows leaves all in force; any
    other ends it, as it may name a place that isn't known as one.
    """
    if above and says_no_place(text):
        return above
    parts, outer = parse_address(text), parse_address(above)
    if parts.building or parts.village_group or parts.estate or not outer.building:
        return text
    inside = parse_inside(text)
    # Behind a building, what stands in front of the unit would hide it.
    if inside.room or (parts.rest if parts.unit else not inside.floor):
        return text
    unit = None if parts.unit else outer.unit
    for end in range(len(above), 0, -1):
        found = parse_address(above[:end])
        whole = not (found.floor or found.room or found.tail or above[end - 1].isdigit())
        if whole and (found.building, found.unit) == (outer.building, unit):
            return above[:end] + text
    return f"{outer.building}-{text}" if parts.unit else text


def find_table(sheet: Sheet) -> Table:
    """The table of `sheet`. Goes through all rows once. Raises SheetError("no_table")."""
    head = sheet.rows[: SEARCH_ROWS + 4]
    header = find_header(head, MergeIndex(sheet.merges, SEARCH_ROWS + 4))
    if header is None:
        raise SheetError("no_table", sheet=sheet.name)
    named, error_column = _columns(header)
    if not named:
        raise SheetError("no_table", sheet=sheet.name)
    classifier = Classifier(
        sheet, header, {c.index: (c.name, c.label) for c in named}, error_column
    )
    roles = classifier.roles()
    columns = _with_unnamed(named, classifier.used, roles.count(RowRole.DATA), error_column)
    fills = _fills(sheet.merges, header.last, len(roles), columns[-1].index + 1)
    blocks, offset = _blocks(columns)
    columns = columns[: len(columns) // blocks]
    return Table(
        sheet.name, header, columns, roles, sheet.rows, error_column, fills, blocks, offset
    )


def find_tables(workbook: Workbook) -> list[Table]:
    """The tables of all sheets that have one, visible sheets first, then in the order of the
    workbook.
    """
    found: list[tuple[bool, Table]] = []
    for sheet in workbook.sheets:
        try:
            found.append((sheet.hidden, find_table(sheet)))
        except SheetError:
            continue
    if not found:
        raise SheetError("no_table", sheet=workbook.sheets[0].name)
    return [table for _, table in sorted(found, key=lambda item: item[0])]


def signature(table: Table) -> str:
    """A key for this arrangement of columns, under which a person's mapping is remembered."""
    return signature_of(column.label for column in table.columns)


def signature_of(labels: Iterable[str]) -> str:
    """A key for names in this order, however they are spaced and spelled."""
    joined = "\x1f".join(map(key, labels))
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def _columns(header: Header) -> tuple[tuple[Column, ...], int | None]:
    columns: list[Column] = []
    error_column = None
    names = Counter(parts for parts in header.labels.values())
    seen = Counter[str]()
    for index, parts in sorted(header.labels.items()):
        if key(parts[-1]) in words("error_headers"):
            error_column = index
            continue
        label = "/".join(parts)
        seen[label] += 1
        if seen[label] > 1:
            label = f"{label} ({seen[label]})"
        columns.append(Column(index, label, parts[-1], "/".join(parts[:-1]), names[parts] > 1))
    return tuple(columns), error_column


def _with_unnamed(
    named: tuple[Column, ...], used: Counter[int], data_rows: int, error_column: int | None
) -> tuple[Column, ...]:
    """The columns, those without a name added when they hold data.

    A name merged over several columns gives each of them that name; those of them that stay empty
    are dropped.
    """
    last = named[-1].index
    columns = [
        column
        for number, column in enumerate(named)
        if used[column.index]
        or not (column.doubled and number and named[number - 1].name == column.name)
    ]
    known = {column.index for column in named}
    for index, count in used.items():
        if index in known or index == error_column:
            continue
        if named[0].index < index < last or count * 2 > data_rows:
            columns.append(Column(index, f"[{column_letter(index)}]", ""))
    return tuple(sorted(columns, key=lambda column: column.index))


def _blocks(columns: tuple[Column, ...]) -> tuple[int, int]:
    """How often the same columns stand side by side, and how far apart."""
    for blocks in (4, 3, 2):
        size, left = divmod(len(columns), blocks)
        if left or size < 2:
            continue
        offset = columns[size].index - columns[0].index
        if all(
            (column.group, column.name) == (columns[n % size].group, columns[n % size].name)
            and column.index == columns[n % size].index + n // size * offset
            for n, column in enumerate(columns)
        ):
            return blocks, offset
    return 1, 0


def _fills(
    merges: tuple[Merge, ...], last_header: int, height: int, width: int
) -> dict[int, list[tuple[int, int, int]]]:
    fills: dict[int, list[tuple[int, int, int]]] = {}
    total = 0
    for top, left, bottom, right in merges:
        if top <= last_header or bottom <= top or left >= width:
            continue
        for row in range(top + 1, min(bottom, height - 1) + 1):
            for column in range(left, min(right, width - 1) + 1):
                total += 1
                if total > _FILL_LIMIT:
                    raise SheetError("too_much_memory")
                fills.setdefault(row, []).append((column, top, left))
    return fills
