"""References in formulas and in the markup of sheets: what becomes of them when rows are inserted,
a sheet is renamed, or a formula is carried to another row (ECMA-376, part 1, section 18.17).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .columns import column_index, column_letter

LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384

_CELL: Final = r"(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})"
_TOKEN: Final = re.compile(
    r'"(?:[^"]|"")*"'
    r"|(?P<sheet>'(?:[^']|'')+'!|(?:\[[0-9]+\])?[\w.]+(?::[\w.]+)?!)?"
    rf"(?:(?P<area>{_CELL}(?::{_CELL})?)"
    r"|(?P<rows>(\$?)([1-9][0-9]{0,6}):(\$?)([1-9][0-9]{0,6}))"
    r"|(?P<columns>\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}))(?![\w(.!\[])"
    r"|\[(?:[^\[\]]|\[[^\[\]]*\])*\]"
    r"|(?P<other>'(?:[^']|'')+'!|(?:\[[0-9]+\])?[\w.]+(?::[\w.]+)?!)"
    r"|[\w.\\]+"
)
_AREA: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")


class Unsafe(Exception):
    """Rows can't be inserted without something in the workbook going wrong; `why` for the tests."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Insertion:
    """`count` rows below row `after`, the last of a table's prepared rows, which begin at
    `first`.
    """

    after: int
    count: int
    first: int

    @property
    def prepared(self) -> bool:
        """Whether there is a row that the new ones continue."""
        return self.first <= self.after


@dataclass(frozen=True, slots=True)
class Insertions:
    """The insertions into one sheet, from top to bottom. Rows count from 1, as they were before."""

    points: tuple[Insertion, ...] = ()

    def row(self, row: int) -> int:
        """Where a row stands afterwards."""
        return row + sum(point.count for point in self.points if point.after < row)

    def area(self, top: int, bottom: int, grows: Callable[[Insertion], bool]) -> tuple[int, int]:
        """Where an area stands afterwards; one that ends with a prepared row grows if `grows`.

        One that reaches to the end of the sheet still does.
        """
        end = self.row(bottom)
        for point in self.points:
            if point.after == bottom and top <= bottom and point.prepared and grows(point):
                end += point.count
        return min(self.row(top), LAST_ROW), min(end, LAST_ROW)

    def owner(self, row: int | None) -> Insertion | None:
        """The insertion among whose prepared rows a row stands."""
        return next(
            (p for p in self.points if row is not None and p.first <= row <= p.after),
            None,
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What happens to the sheets, by their names in lower case."""

    moved: Mapping[str, Insertions] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def concern(self, formula: str) -> bool:
        """Whether the formula may name one of them."""
        text = formula.casefold()
        return any(name.replace("'", "''") in text for name in (*self.moved, *self.renamed))


@dataclass(frozen=True, slots=True)
class _Corner:
    """A corner of an area; column and row 0 where it names none."""

    fixed_column: str
    column: str
    fixed_row: str
    row: int

    def at(self, row: int) -> str:
        return f"{self.fixed_column}{self.column}{self.fixed_row}{row or ''}"


def quoted(name: str) -> str:
    """A sheet's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'!"


def changed(
    formula: str,
    sheet: str,
    changes: Changes,
    *,
    row: int | None = None,
    beside: bool = False,
) -> str:
    """The formula after the changes. `sheet` holds it, in `row`; `beside` is true for the markup's
    formulas, which stand for each row of a table.
    """

    def one(prefix: str, first: _Corner, last: _Corner | None) -> str:
        names = _names(prefix)
        if names is None:
            return _written(prefix, first, last)
        if len(names) > 1:
            # Sheets from one to another, whichever lie between.
            if changes.moved and first.row:
                raise Unsafe("sheets")
            if any(name.casefold() in changes.renamed for name in names):
                raise Unsafe("sheets")
            return _written(prefix, first, last)
        name = (names[0] if names else sheet).casefold()
        if prefix and name in changes.renamed:
            prefix = quoted(changes.renamed[name])
        moves = changes.moved.get(name)
        if moves is None or not first.row:
            return _written(prefix, first, last)
        if last is None:
            return prefix + first.at(min(moves.row(first.row), LAST_ROW))
        own = moves.owner(row) if name == sheet.casefold() else None
        low, high = sorted((first.row, last.row))

        def grows(point: Insertion) -> bool:
            if beside or own is point:
                return bool(last.fixed_row) and low < high
            return low < high or point.first == point.after

        top, bottom = moves.area(low, high, grows)
        ends = (top, bottom) if first.row <= last.row else (bottom, top)
        return f"{prefix}{first.at(ends[0])}:{last.at(ends[1])}"

    def other(prefix: str) -> str:
        names = _names(prefix)
        if names and len(names) == 1 and names[0].casefold() in changes.renamed:
            return quoted(changes.renamed[names[0].casefold()])
        return prefix

    return _mapped(formula, one, other)


def carried(formula: str, rows: int, columns: int = 0) -> str:
    """The formula as it stands that many rows further down and columns to the right."""

    def one(prefix: str, first: _Corner, last: _Corner | None) -> str:
        corners = []
        for corner in (first, last) if last else (first,):
            row, column = corner.row, corner.column
            if row and not corner.fixed_row:
                row += rows
            if column and not corner.fixed_column and columns:
                place = column_index(column.upper().encode()) + columns
                column = column_letter(place) if 0 <= place < LAST_COLUMN else ""
            if (corner.row and not 1 <= row <= LAST_ROW) or (corner.column and not column):
                return "#REF!"
            corners.append(_Corner(corner.fixed_column, column, corner.fixed_row, row))
        return _written(prefix, corners[0], corners[1] if last else None)

    return _mapped(formula, one)


def single_rows(formula: str, sheet: str, target: str) -> Iterator[tuple[str, int]]:
    """Column and row of the single cells of `target` that a formula in `sheet` names."""
    found: list[tuple[str, int]] = []

    def one(prefix: str, first: _Corner, last: _Corner | None) -> str:
        names = _names(prefix)
        name = (names[0] if names else sheet) if names is not None else ""
        if last is None and name.casefold() == target.casefold():
            found.append((first.column.upper(), first.row))
        return ""

    _mapped(formula, one)
    yield from found


def areas(text: str, change: Callable[[int, int], tuple[int, int]]) -> str:
    """A list of areas as markup writes it, the rows of each changed."""

    def one(match: re.Match[str]) -> str:
        top = int(match[2])
        if match[3] is None:
            start, end = change(top, top)
            return f"{match[1]}{start}" + (f":{match[1]}{end}" if end != start else "")
        start, end = change(top, int(match[4]))
        return f"{match[1]}{start}:{match[3]}{end}"

    return _AREA.sub(one, text)


def corners(area: str) -> tuple[int, int, int, int] | None:
    """Top, left, bottom and right of an area as markup writes it: rows from 1, columns from 0."""
    match = _AREA.fullmatch(area.replace("$", "").strip().upper())
    if match is None:
        return None
    left, top = column_index(match[1].encode()), int(match[2])
    if match[3] is None:
        return top, left, top, left
    right, bottom = column_index(match[3].encode()), int(match[4])
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)


def _written(prefix: str, first: _Corner, last: _Corner | None) -> str:
    text = prefix + first.at(first.row)
    return f"{text}:{last.at(last.row)}" if last else text


def _names(prefix: str) -> list[str] | None:
    """The sheets that a prefix names; none of another workbook's."""
    name = prefix[:-1]
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
    if "[" in name:
        return None
    return name.split(":") if name else []


def _mapped(
    formula: str,
    one: Callable[[str, _Corner, _Corner | None], str],
    other: Callable[[str], str] = str,
) -> str:
    def replace(match: re.Match[str]) -> str:
        prefix = match["sheet"] or ""
        if match["area"]:
            g = match.groups()
            at = match.re.groupindex["area"]
            first = _Corner(g[at], g[at + 1], g[at + 2], int(g[at + 3]))
            last = None
            if g[at + 7]:
                last = _Corner(g[at + 4], g[at + 5], g[at + 6], int(g[at + 7]))
            if not _exists(first) or (last and not _exists(last)):
                return match[0]
            return one(prefix, first, last)
        if match["rows"]:
            g = match.groups()
            at = match.re.groupindex["rows"]
            first = _Corner("", "", g[at], int(g[at + 1]))
            return one(prefix, first, _Corner("", "", g[at + 2], int(g[at + 3])))
        if match["columns"]:
            return other(prefix) + match["columns"] if prefix else match[0]
        return other(match["other"]) if match["other"] else match[0]

    return _TOKEN.sub(replace, formula)


def _exists(corner: _Corner) -> bool:
    """A name such as ABCD1 or LOG10 may look like a cell that no sheet has."""
    return column_index(corner.column.upper().encode()) < LAST_COLUMN and corner.row <= LAST_ROW
