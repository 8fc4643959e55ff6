"""What each row of a sheet is: title, header, data, a line that holds for the rows below, foot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from typing import Final

from .address import parse_address
from .address_patterns import numerals, several
from .cells import Cell, CellError, Row, cell_text
from .headers import Header, filled
from .reader import Sheet
from .words import field_of_label, fold, key, known_field, load, words

_IDENTITY: Final = re.compile(r"^\d{17}[\dXx]$|^\d{15}$")
# The number of a paragraph, whatever writes it: 一、 (二) 3.
_NUMBERED: Final = re.compile(r"^(?:\(\w{1,3}\)|\w{1,2}[.)\u3001])\s*")
SECTION_LENGTH: Final = 40
# What a row says of whom or what it stands for.
_NAMING: Final = frozenset(
    {"name", "head_name", "building", "estate", "organisation", "establishment_name"}
)
# Filled in a row of notes too.
_SAYS_NOTHING: Final = frozenset({"serial", "note"})


class RowRole(IntEnum):
    """What a row of a sheet is."""

    BLANK = 0
    TITLE = 1
    HEADER = 2
    DATA = 3
    SECTION = 4  # a line inside the table that holds for the rows below it: 3号楼1单元
    FOOT = 5
    FURTHER = 6  # a second table below this one, with columns of its own


def is_section(text: str) -> bool:
    """Whether a line names a building, unit or village group, and nothing else."""
    if not text or len(text) > SECTION_LENGTH:
        return False
    parts = parse_address(text)
    return bool(parts.building or parts.unit or parts.village_group) and not (
        parts.room or parts.floor or parts.number or parts.rest or parts.tail
    )


def is_one_place(text: str, *, typed: bool = False) -> bool:
    """As :func:`is_section`, of one place alone: 1-3号楼 and A、B座 are several.

    ``typed``: a person was asked for one place: 1-2单元 is unit 2 of building 1, where the name of
    a sheet may mean the units 1 and 2.
    """
    line = fold(text).upper()
    return is_section(text) and not several().search(_unjoined(line) if typed else line)


def _unjoined(line: str) -> str:
    """A line, the hyphen between the number of its building and its unit taken out."""
    before, _hyphen, inside = line.partition("-")
    whole, first, last = parse_address(line), parse_address(before), parse_address(inside)
    alone = not (first.building or last.building) and whole.unit and whole.unit == last.unit
    return f"{before}:{inside}" if alone and whole.building else line


def says_no_place(text: str) -> bool:
    """Whether a line says but whom or which page follows: 以下为租户, 二、流动人口, 续表."""
    said = key(_NUMBERED.sub("", fold(text)))
    return bool(_told().search(said)) and not _told(with_fillers=True).sub("", said)


@cache
def _told(*, with_fillers: bool = False) -> re.Pattern[str]:
    """Words of lines without a place; with those that say nothing by themselves, and numbers."""
    found = words("placeless") | (words("placeless_fillers") if with_fillers else frozenset())
    parts = [re.escape(word) for word in sorted(found, key=lambda word: (-len(word), word))]
    if with_fillers:
        counted = "".join(sorted(words("placeless_counted")))
        number = rf"[\d{''.join(sorted(numerals()))}]+"
        parts.append(rf"{number}[{counted}]")
    return re.compile("|".join(parts))


def line_of(row: Row) -> str:
    """The text of a row."""
    return " ".join(cell_text(cell) for _, cell in filled(row))


class Classifier:
    """Gives every row of a sheet its role.

    ``named``: name and whole label of the columns that the header names, by their index.
    """

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        named: Mapping[int, tuple[str, str]],
        error_column: int | None,
    ) -> None:
        self._sheet = sheet
        self._header = header
        self._width = max(named) + 1
        self._indexes = set(named)
        self._error_column = error_column
        self.used: Counter[int] = Counter()
        self._labels = {
            column: {key(part) for part in parts} for column, parts in header.labels.items()
        }
        self._own_words = set().union(*self._labels.values())
        self._known_words = field_of_label().keys() | self._own_words
        self._fields = {
            column: known_field(name) or known_field(label)
            for column, (name, label) in named.items()
        }
        titles = [cells for row in sheet.rows[: header.first] if (cells := filled(row))]
        self._titles = {key(cell_text(cells[0][1])) for cells in titles}
        self._title_lines = {_keys(cells) for cells in titles}
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
        self._foot_words = words("end_marks") | words("total_words")
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
        below = False
        for number, row in enumerate(self._sheet.rows):
            cells = filled(row)
            if self._error_column is not None:
                cells = [item for item in cells if item[0] != self._error_column]
            role = self._role(number, cells)
            if role == RowRole.FURTHER:
                # Without a row of data above, it is but a header that was not understood.
                below = below or RowRole.DATA in roles
                role = RowRole.FURTHER if below else RowRole.DATA
            elif below and role != RowRole.BLANK:
                role = RowRole.FURTHER
            if role == RowRole.DATA:
                self.used.update([column for column, _ in cells])
            roles.append(role)
        self._close_foot(roles)
        self._mend_titles(roles)
        return bytes(roles)

    def _role(self, number: int, cells: list[tuple[int, Cell]]) -> RowRole:
        if not cells:
            return RowRole.BLANK
        if number < self._header.first:
            return RowRole.TITLE
        if number <= self._header.last:
            return RowRole.HEADER
        column, first = cells[0]
        if isinstance(first, CellError) and all(_unstored(cell) for _, cell in cells):
            # Formulas filled down beyond the rows that anybody has written.
            return RowRole.FOOT
        if isinstance(first, str) and (role := self._of_text(number, column, first, cells)):
            return role
        if not any(c in self._indexes for c, _ in cells):
            # Text beside the table, e.g. instructions to the right of it.
            return RowRole.FOOT
        return RowRole.DATA

    def _of_text(
        self, number: int, column: int, text: str, cells: list[tuple[int, Cell]]
    ) -> RowRole | None:
        """The role of a row that begins with a text, where that tells it."""
        word = text if text.isascii() and text.isdecimal() else key(text)
        if word in self._known_words and (role := self._header_again(cells)):
            return role
        if self._is_foot(text, word, cells):
            return RowRole.FOOT
        if self._is_title(text, word, cells):
            return RowRole.TITLE
        if len(cells) == 1 and self._is_section(number, column, text):
            return RowRole.SECTION
        return None

    def _header_again(self, cells: list[tuple[int, Cell]]) -> RowRole | None:
        """HEADER where the names of the columns stand once more, FURTHER where others do."""
        enough = 0.7 * len(cells)
        same = sum(key(cell_text(cell)) in self._labels.get(column, ()) for column, cell in cells)
        if same >= 2 and same >= enough:
            return RowRole.HEADER
        if not all(isinstance(cell, str) for _, cell in cells):
            return None
        names = [key(cell_text(cell)) for _, cell in cells]
        known = [known_field(name) for name in names]
        least = 2 if all(name in self._own_words for name in names) else 3
        if len({*known} - {None}) < max(least, enough):
            return None
        fields = zip(cells, known, strict=True)
        same = sum(field is not None and field == self._fields.get(c) for (c, _), field in fields)
        return RowRole.HEADER if same >= enough else RowRole.FURTHER

    def _is_title(self, text: str, word: str, cells: list[tuple[int, Cell]]) -> bool:
        """A title stands once more: as a line of its own, or with all that stood beside it."""
        if word not in self._titles:
            return False
        if len(cells) == 1:
            return not (self._width >= 3 and is_section(text))
        return _keys(cells) in self._title_lines

    def _is_foot(self, first: str, word: str, cells: list[tuple[int, Cell]]) -> bool:
        """``word``: the key of ``first``, the text with which the row begins."""
        second = cells[1][1] if len(cells) > 1 else None
        text = fold(first)
        starts = text[:1] in self._foot_starts
        if not text or not (starts or isinstance(second, str)):
            return False
        if not (
            word in self._foot_words
            or (isinstance(second, str) and key(second) in words("total_words"))
            or (starts and self._foot.match(text))
        ):
            return False
        return not any(_IDENTITY.match(fold(cell_text(cell))) for _, cell in cells)

    def _is_section(self, number: int, column: int, text: str) -> bool:
        wide = self._wide.get(number, 0)
        if wide >= max(3, self._width // 2):
            return len(text) <= SECTION_LENGTH
        return self._width >= 3 and is_section(text)

    def _close_foot(self, roles: bytearray) -> None:
        """Below the last row that stands for somebody, what follows a note or runs across the
        table belongs to the foot.
        """
        last = len(roles) - 1
        while last > self._header.last and not (
            roles[last] == RowRole.DATA and self._stands(self._sheet.rows[last])
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

    def _stands(self, row: Row) -> bool:
        """Whether a row is full, or fills the name and one more cell that says something."""
        cells = filled(row)
        if len(cells) >= min(3, max(2, len(self._indexes) - 1)):
            return True
        fields = {self._fields.get(column) for column, _ in cells} - {None} - _SAYS_NOTHING
        return len(fields) >= 2 and not fields.isdisjoint(_NAMING)

    def _mend_titles(self, roles: bytearray) -> None:
        """Lines above a repeated header are the page's title, unless they say where it is."""
        for number in range(self._header.last + 1, len(roles) - 1):
            if roles[number + 1] != RowRole.HEADER or roles[number] != RowRole.SECTION:
                continue
            if not is_section(line_of(self._sheet.rows[number])):
                roles[number] = RowRole.TITLE


def _unstored(cell: Cell) -> bool:
    return isinstance(cell, CellError) and cell.unstored


def _keys(cells: list[tuple[int, Cell]]) -> tuple[str, ...]:
    return tuple(key(cell_text(cell)) for _, cell in cells)
