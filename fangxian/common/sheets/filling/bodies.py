"""The header of a template's table and what stands below it, and what that says of the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fangxian.common.sheets.words import fold

from .labels import NUMBER, is_place, is_total
from .layout import LaidCell
from .shape import ColumnOutline, Room


@dataclass(frozen=True, slots=True)
class Head:
    """A header: its rows, the columns that it names, with the parts of each name and its unit."""

    first: int
    last: int
    parts: dict[int, tuple[str, ...]]
    units: dict[int, str]
    border: bool

    @property
    def left(self) -> int:
        """The first column."""
        return min(self.parts)

    @property
    def right(self) -> int:
        """The last column."""
        return max(self.parts)


@dataclass(slots=True)
class Body:
    """What stands below a header."""

    last: int
    keyed: dict[int, dict[int, str]] = field(default_factory=dict)
    blank: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    sections: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing stands there."""
        return not (self.keyed or self.blank or self.totals or self.samples)


def bordered(cells: list[LaidCell], columns: list[int]) -> bool:
    """Whether half of the columns have a border."""
    return sum(cell.border for cell in cells) * 2 >= len(columns)


def naming_column(keyed: dict[int, dict[int, str]], serial: int | None) -> int | None:
    """The column whose printed texts tell the rows apart."""
    texts: dict[int, set[str]] = {}
    for row in keyed.values():
        for column, text in row.items():
            if column != serial and not NUMBER.fullmatch(fold(text)):
                texts.setdefault(column, set()).add(text)
    if not texts:
        return None
    return min(texts, key=lambda column: (-len(texts[column]), column))


def printed_columns(keyed: dict[int, dict[int, str]], keys: dict[int, str]) -> set[int]:
    """The columns that hold a text in every row that has a name."""
    rows = [
        {column for column, text in keyed[row].items() if not NUMBER.fullmatch(fold(text))}
        for row in keys
    ]
    return set.intersection(*rows) if rows else set()


def rooms(body: Body, first_row: int) -> Iterator[Room]:
    """The empty rows, run by run."""
    start: int | None = None
    blank = set(body.blank)
    section = ""
    made = False
    for row in range(first_row, body.last + 2):
        if row in body.sections:
            section = body.sections[row]
        if row in blank:
            start = row if start is None else start
        elif start is not None:
            yield Room(start, row - start, row if row in body.totals else None, section)
            start, made = None, True
    if not made and not body.keyed:
        total = next(iter(body.totals), None)
        yield Room(total or body.last + 1, 0, total)


def is_transposed(columns: tuple[ColumnOutline, ...], keys: dict[int, str]) -> bool:
    """Whether the columns are places and the rows are what is counted."""
    names = [column.name for column in columns if not is_total(column.name)]
    if len(names) < 2 or len(keys) < 2:
        return False
    places = sum(map(is_place, names))
    rows = sum(map(is_place, keys.values()))
    return places * 2 >= len(names) and rows * 2 < len(keys)
