"""The table in a sheet: title, header, data, notes; every row is exactly one of them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from .address import parse_address
from .cells import Cell, Row, cell_text, is_blank
from .errors import SheetError
from .headers import SEARCH_ROWS, Header, MergeIndex, filled, find_header
from .reader import Merge, Rows, Sheet, Workbook
from .words import fold, key, load, words

_IDENTITY: Final = re.compile(r"^\d{17}[\dXx]$|^\d{15}$")
SECTION_LENGTH: Final = 40
_FILL_LIMIT: Final = 2_000_000


class RowRole(IntEnum):
    """What a row of a sheet is."""

    BLANK = 0
    TITLE = 1
    HEADER = 2
    DATA = 3
    SECTION = 4  # a line inside the table that holds for the rows below it: 3号楼1单元
    FOOT = 5


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


@dataclass(frozen=True, slots=True)
class TableRow:
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
            (number + 1, " ".join(cell_text(cell) for _, cell in filled(self.rows[number])))
            for number, value in enumerate(self.roles)
            if value == role
        ]

    def _section_above(self) -> str:
        """The line right above the header, where it says but which building or unit this is."""
        first = self.header.first
        text = _line(self.rows[first - 1]) if first else ""
        return text if is_section(text) else ""

    def data_rows(self, carry_down: Collection[int] = ()) -> Iterator[TableRow]:
        """Every data row, in order. Decodes the rows anew on each call.

        Cells covered by a merged range that spans several rows get that range's value. Empty cells
        of the columns `carry_down` (positions in `columns`) get the value of the row above: only
        for columns that a person chose.
        """
        indexes = [column.index for column in self.columns]
        width = self.width
        held: dict[tuple[int, int], Cell] = {}
        starts = {(top, left) for marks in self.fills.values() for _, top, left in marks}
        start_rows = {top for top, _ in starts}
        above: dict[tuple[int, int], Cell] = {}
        section = self._section_above()
        for number, (row, role) in enumerate(zip(self.rows, self.roles, strict=True)):
            if number in start_rows:
                for column in range(min(len(row), width)):
                    if (number, column) in starts:
                        held[number, column] = row[column]
            if role == RowRole.SECTION:
                section = _stacked(section, _line(row))
                above.clear()
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
                for position in carry_down:
                    if is_blank(cells[position]):
                        cells[position] = above.get((block, position))
                    else:
                        above[block, position] = cells[position]
                yield TableRow(number + 1, cells, section, block)


def is_section(text: str) -> bool:
    """Whether a line names a building, unit or village group, and nothing else."""
    if not text or len(text) > SECTION_LENGTH:
        return False
    parts = parse_address(text)
    return bool(parts.building or parts.unit or parts.village_group) and not (
        parts.room or parts.floor or parts.number or parts.rest
    )


def _stacked(above: str, text: str) -> str:
    """What holds below a line that follows another: a unit alone lies in the building above."""
    parts, outer = parse_address(text), parse_address(above)
    alone = parts.unit and not (parts.building or parts.village_group or parts.estate)
    if not alone or not outer.building:
        return text
    for end in range(1, len(above) + 1):
        found = parse_address(above[:end])
        if found.building == outer.building and not found.unit:
            return above[:end] + text
    return f"{outer.building}-{text}"


def _line(row: Row) -> str:
    return " ".join(cell_text(cell) for _, cell in filled(row))


def column_letter(index: int) -> str:
    """Excel's name of the column with `index` from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def find_table(sheet: Sheet) -> Table:
    """The table of `sheet`. Goes through all rows once. Raises SheetError("no_table")."""
    head = sheet.rows[: SEARCH_ROWS + 4]
    header = find_header(head, MergeIndex(sheet.merges, SEARCH_ROWS + 4))
    if header is None:
        raise SheetError("no_table", sheet=sheet.name)
    named, error_column = _columns(header)
    if not named:
        raise SheetError("no_table", sheet=sheet.name)
    classifier = _Classifier(sheet, header, named, error_column)
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
    labels = "\x1f".join(key(column.label) for column in table.columns)
    return hashlib.sha256(labels.encode()).hexdigest()[:32]


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


class _Classifier:
    """Gives every row of a sheet its role."""

    def __init__(
        self, sheet: Sheet, header: Header, columns: tuple[Column, ...], error_column: int | None
    ) -> None:
        self._sheet = sheet
        self._header = header
        self._width = columns[-1].index + 1
        self._indexes = {column.index for column in columns}
        self._error_column = error_column
        self.used: Counter[int] = Counter()
        self._labels = {
            column: {key(part) for part in parts} for column, parts in header.labels.items()
        }
        self._titles = {
            key(cell_text(cells[0][1]))
            for row in sheet.rows[: header.first]
            if (cells := filled(row))
        }
        self._wide: dict[int, int] = {}
        for top, left, bottom, right in sheet.merges:
            if top > header.last and right > left:
                for row in range(top, min(bottom, top + 20) + 1):
                    self._wide[row] = max(self._wide.get(row, 0), right - left + 1)
        raw = load("words")
        self._foot_starts = {
            fold(word)[0]
            for name in ("foot_labels", "note_labels", "total_words", "end_marks")
            for word in raw[name]
        }
        labels = sorted(
            {fold(word) for name in ("foot_labels", "note_labels") for word in raw[name]},
            key=len,
            reverse=True,
        )
        self._foot = re.compile(
            r"^(?:"
            + "|".join(r"\s*".join(map(re.escape, word)) for word in labels)
            + r")\s*(?:\([^()]{0,12}\))?\s*[::].*",
            re.DOTALL,
        )

    def roles(self) -> bytes:
        """One role for each row."""
        roles = bytearray()
        for number, row in enumerate(self._sheet.rows):
            roles.append(self._role(number, row))
        self._close_foot(roles)
        self._mend_titles(roles)
        return bytes(roles)

    def _role(self, number: int, row: Row) -> RowRole:
        cells = [item for item in filled(row) if item[0] != self._error_column]
        if not cells:
            return RowRole.BLANK
        if number < self._header.first:
            return RowRole.TITLE
        if number <= self._header.last:
            return RowRole.HEADER
        column, first = cells[0]
        if isinstance(first, str):
            text = first
            if key(text) in self._labels.get(column, ()) and self._repeats_header(cells):
                return RowRole.HEADER
            if self._is_foot(text, cells):
                return RowRole.FOOT
            if len(cells) <= 2 and key(text) in self._titles:
                return RowRole.TITLE
            if len(cells) == 1 and self._is_section(number, column, text):
                return RowRole.SECTION
        if not any(c in self._indexes for c, _ in cells):
            # Text beside the table, e.g. instructions to the right of it.
            return RowRole.FOOT
        self.used.update([c for c, _ in cells])
        return RowRole.DATA

    def _repeats_header(self, cells: list[tuple[int, Cell]]) -> bool:
        same = sum(key(cell_text(cell)) in self._labels.get(column, ()) for column, cell in cells)
        return same >= 2 and same >= 0.7 * len(cells)

    def _is_foot(self, first: str, cells: list[tuple[int, Cell]]) -> bool:
        text = fold(first)
        if not text or not (
            text[0] in self._foot_starts or (len(cells) > 1 and isinstance(cells[1][1], str))
        ):
            return False
        totals = words("total_words")
        if not (
            self._foot.match(text)
            or key(text) in words("end_marks")
            or any(isinstance(cell, str) and key(cell) in totals for _, cell in cells[:2])
        ):
            return False
        return not any(_IDENTITY.match(fold(cell_text(cell))) for _, cell in cells)

    def _is_section(self, number: int, column: int, text: str) -> bool:
        wide = self._wide.get(number, 0)
        if wide >= max(3, self._width // 2):
            return len(text) <= SECTION_LENGTH
        return self._width >= 3 and is_section(text)

    def _close_foot(self, roles: bytearray) -> None:
        """Below the last full row, what follows a note or runs across the table belongs to the
        foot.
        """
        last = len(roles) - 1
        while last > self._header.last and not (
            roles[last] == RowRole.DATA and self._is_full(last)
        ):
            last -= 1
        seen = False
        for number in range(last + 1, len(roles)):
            if number <= self._header.last:
                continue
            if roles[number] == RowRole.FOOT:
                seen = True
            elif roles[number] == RowRole.SECTION or (seen and roles[number] == RowRole.DATA):
                roles[number] = RowRole.FOOT

    def _is_full(self, number: int) -> bool:
        cells = filled(self._sheet.rows[number])
        return len(cells) >= min(3, max(2, len(self._indexes) - 1))

    def _mend_titles(self, roles: bytearray) -> None:
        """Lines above a repeated header are the page's title, unless they say where it is."""
        for number in range(self._header.last + 1, len(roles) - 1):
            if roles[number + 1] != RowRole.HEADER or roles[number] != RowRole.SECTION:
                continue
            if not is_section(_line(self._sheet.rows[number])):
                roles[number] = RowRole.TITLE
