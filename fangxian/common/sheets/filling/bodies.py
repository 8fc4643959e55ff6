"""The header of a template's table and what stands below it, and what that says of the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fangxian.common.sheets.words import fold, key, words

from .labels import NUMBER, is_place, is_total
from .layout import LaidCell, Layout, Row
from .shape import ColumnOutline, Room

# One line of numbers may be anything.
_LEAST_NUMBERS = 2


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


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the parts of a list beside each other are numbered by the office: in which column of each
    part, from which number on, and whether they count across the parts before they go down.
    """

    columns: tuple[int, ...]
    first: int
    across: bool


def numbers_of(layout: Layout, row: int, halves: Sequence[Sequence[int]]) -> Numbers | None:
    """The numbers printed from `row` on in parts beside each other, one column of each; None where
    they don't go on from part to part. The last part may end earlier.
    """
    for columns in zip(*halves, strict=False):
        lines = []
        for number in range(row, max(layout.rows, default=0) + 1):
            texts = [fold(layout.text(number, column)) for column in columns]
            if not texts[0].isdecimal() or not all(not t or t.isdecimal() for t in texts):
                break
            lines.append([int(text) if text else None for text in texts])
        if len(lines) < _LEAST_NUMBERS or lines[0][0] is None:
            continue
        first, parts, tall = lines[0][0], len(columns), len(lines)
        for across in (False, True):
            step, beside = (parts, 1) if across else (1, tall)
            wanted = [
                [first + line * step + part * beside for part in range(parts)]
                for line in range(tall)
            ]
            printed = [number for line in lines for number in line]
            fits = all(
                said in (None, number)
                for line, expected in zip(lines, wanted, strict=True)
                for said, number in zip(line, expected, strict=True)
            )
            if fits and None not in lines[0] and len(printed) - printed.count(None) > tall:
                return Numbers(tuple(columns), first, across)
    return None


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


def sums_up(row: Row, columns: list[int]) -> bool:
    """Whether a formula in one of the columns adds up rows."""
    return any(cell.sums for column in columns if (cell := row.get(column)))


def row_units(
    head: Head, body: Body, keys: dict[int, str], printed: set[int | None]
) -> dict[int, str]:
    """What the rows that have a name count in, as a column of units says."""
    return {
        row: unit
        for row in keys
        for column in printed
        if column is not None
        and key(head.parts[column][-1]) in words("unit_labels")
        and (unit := body.keyed[row][column])
    }


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
