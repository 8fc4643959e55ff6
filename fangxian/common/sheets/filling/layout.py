"""A template as the outlining process tells it: cells with their formats, merged ranges, rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import orjson

from fangxian.common.sheets.errors import FILE_MESSAGES, SheetError
from fangxian.common.sheets.sheetreader.limits import MAX_ROWS

_KINDS: Final = {"g": "general", "n": "number", "d": "date", "t": "text"}
_MOST_COVERED: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class LaidCell:
    """A cell. `value` is None where it is empty or holds a formula; `sums`: it adds up rows."""

    value: str | float | bool | None
    kind: str
    formula: bool
    locked: bool
    border: bool
    sums: bool = False

    @property
    def text(self) -> str:
        """What the cell shows, white space made single."""
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return "" if self.value is None else " ".join(str(self.value).split())


@dataclass(frozen=True, slots=True)
class Area:
    """A merged range: rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def wide(self) -> int:
        """How many columns it spans."""
        return self.right - self.left + 1


Row = dict[int, LaidCell]


@dataclass(slots=True)
class Layout:
    """One sheet of a template."""

    name: str
    state: str
    protected: bool
    rows: dict[int, Row] = field(default_factory=dict)
    merges: dict[int, list[Area]] = field(default_factory=dict)
    rules: list[tuple[list[Area], tuple[str, ...]]] = field(default_factory=list)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> LaidCell | None:
        """The cell as the sheet holds it."""
        return self.rows.get(row, {}).get(column)

    def merged(self, row: int, column: int) -> Area | None:
        """The merged range that covers a cell."""
        return next((a for a in self.merges.get(row, ()) if a.left <= column <= a.right), None)

    def area(self, row: int, column: int) -> Area:
        """The merged range that covers a cell, or the cell alone."""
        return self.merged(row, column) or Area(row, column, row, column)

    def text(self, row: int, column: int) -> str:
        """What the cell shows, or the merged range that covers it."""
        area = self.merged(row, column)
        cell = self.cell(area.top, area.left) if area else self.cell(row, column)
        return cell.text if cell else ""

    def allowed(self, row: int, column: int) -> tuple[str, ...]:
        """The texts that a rule allows here; none where any is."""
        for areas, allowed in self.rules:
            if any(a.top <= row <= a.bottom and a.left <= column <= a.right for a in areas):
                return allowed
        return ()

    def within(self, left: int, right: int) -> Layout:
        """The sheet as if it had these columns alone, and what is merged into them."""
        kept: dict[int, Row] = {}
        rows: dict[int, Row] = {}
        for number, row in self.rows.items():
            spanning = {
                area.left
                for area in self.merges.get(number, ())
                if area.top == number and area.left < left <= area.right
            }
            if spanning:
                rows[number] = {c: x for c, x in row.items() if left <= c <= right or c in spanning}
                continue
            # Prepared rows share what they hold.
            if id(row) not in kept:
                kept[id(row)] = {c: x for c, x in row.items() if left <= c <= right}
            rows[number] = kept[id(row)]
        return replace(self, rows=rows)

    def filled(self, row: int, left: int, right: int) -> list[int]:
        """The columns from `left` to `right` that hold something other than formulas."""
        cells = self.rows.get(row, {})
        return sorted(c for c, cell in cells.items() if left <= c <= right and cell.text)


def parsed(lines: Iterable[bytes]) -> Iterator[Layout]:
    """The sheets of a template, from what the outlining process has said. Raises SheetError."""
    try:
        yield from _parsed(lines)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        # The process had foreign bytes in its hands: nothing it says is trusted.
        raise SheetError("reader_failed") from error


def _parsed(lines: Iterable[bytes]) -> Iterator[Layout]:
    current: Layout | None = None
    last: tuple[Any, Row] | None = None
    complete = False
    for line in lines:
        said = orjson.loads(line)
        if isinstance(said, list):
            if current is None:
                raise ValueError("row")
            number, repeated, cells = said
            if not 0 < number <= number + repeated <= MAX_ROWS:
                raise ValueError("row")
            # Rows of a prepared table are all alike: they share what they hold.
            if last is None or last[0] != cells:
                last = cells, dict(map(_cell, cells))
            current.rows.update(dict.fromkeys(range(number, number + repeated + 1), last[1]))
        elif "error" in said:
            raise refused(said)
        elif "sheet" in said:
            if current is not None:
                yield current
            current, last = _sheet(said), None
        else:
            complete = bool(said.get("end"))
    if not complete or current is None:
        raise SheetError("reader_failed")
    yield current


def refused(said: dict[str, Any]) -> SheetError:
    """The error that a process reports."""
    code, params = said["error"], dict(said["params"])
    return SheetError(code, **params) if code in FILE_MESSAGES else SheetError("reader_failed")


def _sheet(said: dict[str, Any]) -> Layout:
    by_row: dict[int, list[Area]] = defaultdict(list)
    covered = 0
    for merge in said["merges"]:
        area = Area(*map(int, merge))
        covered += area.bottom - area.top + 1
        if covered > _MOST_COVERED:
            raise SheetError("too_much_memory")
        for row in range(area.top, area.bottom + 1):
            by_row[row].append(area)
    rules = [
        ([Area(*map(int, area)) for area in areas], tuple(map(str, allowed)))
        for areas, allowed in said["rules"]
    ]
    state = said["state"] if said["state"] in ("hidden", "veryHidden") else "visible"
    comments = {(int(row), int(column)): str(text) for row, column, text in said["comments"]}
    locked = bool(said["protected"])
    return Layout(str(said["sheet"]), state, locked, {}, dict(by_row), rules, comments)


def _cell(said: list[Any]) -> tuple[int, LaidCell]:
    column, value, kind, marks = said
    if not isinstance(value, str | float | int | None):
        raise ValueError("cell")
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    return int(column), _empty(kind, marks) if value is None else _laid(value, kind, marks)


def _laid(value: str | float | bool | None, kind: str, marks: int) -> LaidCell:
    signs = (bool(marks & sign) for sign in (1, 2, 4, 8))
    return LaidCell(value, _KINDS[kind], *signs)


@cache
def _empty(kind: str, marks: int) -> LaidCell:
    """Most cells of a template hold nothing."""
    if marks not in range(16):
        raise ValueError("marks")
    return _laid(None, kind, marks)
