"""What is to be written into a template, and writing it in a process of its own."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangxian.common import capped
from fangxian.common.sheets.errors import SheetError
from fangxian.common.sheets.reader import HERE
from fangxian.common.sheets.sheetreader.columns import column_letter
from fangxian.common.sheets.sheetreader.limits import (
    EDIT_WALL_SECONDS,
    MAX_COLUMNS,
    MAX_FILE_BYTES,
    MAX_OUTPUT_BYTES,
    MAX_ROWS,
    MEBIBYTE,
)
from fangxian.common.sheets.xlsxstream import legal_in_xml

from .blanks import Blank
from .layout import refused
from .shape import ColumnOutline, Room, TableOutline

Value = str | int | float | bool | dt.date | None

# Why something was left; a code is stable and may be stored.
LEFT_MESSAGES: Final[dict[str, str | Promise]] = {
    "formula": _("The cell holds a formula of the template."),
    "locked": _("The cell is locked in a protected sheet."),
    "covered": _("The cell lies under a merged range."),
    "not_allowed": _("The template's list doesn't allow the value."),
    "too_long": _("The text is longer than a cell holds."),
    "changed": _("The text of the cell is another than when the template was read."),
    "not_date": _("A date belongs here."),
    "no_room": _("There is no row for it, and none could be inserted safely."),
}


@dataclass(frozen=True, slots=True)
class Left:
    """What could not be filled. `cell` is Excel's name of the cell, or of the range of cells below
    each other, in the workbook that came out; "" for rows without room, `count` of them.
    """

    sheet: str
    cell: str
    label: str
    code: str
    count: int = 1

    @property
    def why(self) -> str:
        """The reason, translated."""
        return str(LEFT_MESSAGES[self.code])


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows for `columns` of a table from `first_row` on. Where there are more than the `room`
    prepared ones, the others are inserted below these, above a total.
    """

    first_row: int
    room: int
    columns: Sequence[int]
    rows: Iterable[Sequence[Value]]


@dataclass(slots=True)
class SheetPlan:
    """What one sheet gets. Rows are those of the template, from 1; columns count from 0.

    None leaves a cell as it is. `title` is the sheet's new name, "" for the one that it has.
    `labels` name cells, or with row 0 whole columns, for what is left.
    """

    sheet: str
    title: str = ""
    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    parts: list[tuple[Blank, Value]] = field(default_factory=list)
    tables: list[TableRows] = field(default_factory=list)
    labels: dict[tuple[int, int], str] = field(default_factory=dict)

    def put(self, blank: Blank, value: Value) -> None:
        """Fill a blank of the outline."""
        self.labels[blank.row, blank.column] = blank.label
        if blank.kind == "cell":
            self.cells[blank.row, blank.column] = value
        elif value is not None:
            self.parts.append((blank, value))

    def put_rows(
        self,
        table: TableOutline,
        columns: Sequence[ColumnOutline],
        rows: Iterable[Sequence[Value]],
        room: Room | None = None,
    ) -> None:
        """Fill a table's empty rows, or those of one of its rooms, and number them where the table
        has a column for that.
        """
        place = room or (table.rooms[0] if table.rooms else Room(table.last_row + 1, 0))
        indexes = [column.index for column in columns]
        self._name(columns)
        if table.serial is not None:
            indexes.append(table.serial)
            rows = ([*row, number] for number, row in enumerate(rows, 1))
        self.tables.append(TableRows(place.first_row, place.rows, indexes, rows))

    def put_keyed(
        self,
        table: TableOutline,
        columns: Sequence[ColumnOutline],
        values: Mapping[int, Sequence[Value]],
    ) -> None:
        """Fill rows whose names are printed: by row the values of the columns."""
        self._name(columns)
        for row, line in values.items():
            for column, value in zip(columns, line, strict=True):
                self.cells[row, column.index] = value

    def _name(self, columns: Sequence[ColumnOutline]) -> None:
        for column in columns:
            self.labels[0, column.index] = column.label


@dataclass(slots=True)
class Plan:
    """What a template gets. Where several plans are of one sheet, each gets a copy of it; the sheet
    itself becomes the first.

    `date_format` writes a day as text, where a cell's format is not a date's.
    """

    sheets: list[SheetPlan] = field(default_factory=list)
    date_format: Callable[[dt.date], str] = dt.date.isoformat


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled workbook, what could not be filled, and the names of the sheets in the order of
    the plan.
    """

    data: bytes
    left: tuple[Left, ...]
    titles: tuple[str, ...]


def fill(data: bytes, plan: Plan) -> Filled:
    """Fill a template. Starts a process and waits for it. Raises SheetError; ValueError where the
    plan itself is none: a row or column that no sheet has, two tables in the same rows.
    """
    if not data:
        raise SheetError("empty_file")
    if len(data) > MAX_FILE_BYTES:
        raise SheetError("file_too_big", limit=MAX_FILE_BYTES // MEBIBYTE)
    lines: list[bytes] = []
    asked = [_asked(sheet, plan, lines) for sheet in plan.sheets]
    head = orjson.dumps({"sheets": asked, "lines": len(lines)})
    started = capped.command("sheetreader.filler", HERE, needs=("orjson",))
    try:
        taken, output = capped.run(
            started,
            _sent(head, lines, data),
            seconds=EDIT_WALL_SECONDS,
            most=MAX_OUTPUT_BYTES,
        )
    except capped.Stopped as error:
        raise SheetError(error.code) from error
    # The process had foreign bytes in its hands: nothing it says is trusted.
    try:
        if not taken:
            raise refused(orjson.loads(output))
        end = output.index(b"\n")
        said = orjson.loads(memoryview(output)[:end])
        titles = tuple(map(str, said["titles"]))
        names = dict(zip(titles, plan.sheets, strict=True))
        left = [_left(names, *one) for one in said["left"]]
    except (KeyError, TypeError, ValueError) as error:
        raise SheetError("reader_failed") from error
    left += [
        Left(title, f"{column_letter(blank.column)}{blank.row}", blank.label, "not_date")
        for title, sheet in names.items()
        for blank, value in sheet.parts
        if blank.kind == "date" and not isinstance(value, dt.date)
    ]
    return Filled(bytes(memoryview(output)[end + 1 :]), tuple(left), titles)


def _sent(head: bytes, lines: list[bytes], data: bytes) -> Iterator[bytes]:
    yield head
    yield b"\n"
    for start in range(0, len(lines), 5000):
        yield b"".join(lines[start : start + 5000])
    yield data


def _asked(sheet: SheetPlan, plan: Plan, lines: list[bytes]) -> dict[str, Any]:
    blocks = []
    taken: list[tuple[int, int]] = []
    for table in sheet.tables:
        before = len(lines)
        lines += [
            orjson.dumps([_value(value, plan) for value in row]) + b"\n" for row in table.rows
        ]
        count = len(lines) - before
        if count > MAX_ROWS:
            raise SheetError("too_many_rows", limit=MAX_ROWS)
        for column in table.columns:
            _check(table.first_row, column)
        end = table.first_row + max(table.room, 1)
        if table.room < 0 or any(start < end and table.first_row < stop for start, stop in taken):
            raise ValueError("tables")
        taken.append((table.first_row, end))
        blocks.append(
            {
                "first_row": table.first_row,
                "room": table.room,
                "columns": list(table.columns),
                "lines": count,
            }
        )
    for row, column in sheet.cells:
        _check(row, column)
    return {
        "sheet": sheet.sheet,
        "title": sheet.title,
        "cells": [
            [row, column, _value(value, plan)]
            for (row, column), value in sheet.cells.items()
            if value is not None
        ],
        "parts": [part for blank, value in sheet.parts for part in _parts(blank, value, plan)],
        "blocks": blocks,
    }


def _check(row: int, column: int) -> None:
    if not (1 <= row <= MAX_ROWS and 0 <= column < MAX_COLUMNS):
        raise ValueError("cell")


def _parts(blank: Blank, value: Value, plan: Plan) -> Iterator[list[Any]]:
    """The parts of a text that a value replaces: of a date its year, month and day."""
    _check(blank.row, blank.column)
    if blank.kind == "date" and isinstance(value, dt.date):
        numbers = (value.year, value.month, value.day)[-len(blank.spans) :]
        for (start, end), number in zip(blank.spans, numbers, strict=True):
            yield [blank.row, blank.column, start, end, str(number), True]
        return
    if isinstance(value, dt.date):
        text = plan.date_format(value)
    elif isinstance(value, float) and value.is_integer():
        text = str(int(value))
    else:
        text = str(value)
    if blank.kind != "date":
        start, end = blank.spans[0]
        yield [blank.row, blank.column, start, end, legal_in_xml(text), False]


def _value(value: Value, plan: Plan) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return legal_in_xml(value)
    if isinstance(value, dt.datetime):
        naive = value.replace(tzinfo=None)
        return ["m", naive.isoformat(timespec="seconds"), plan.date_format(value)]
    if isinstance(value, dt.date):
        return ["d", value.isoformat(), plan.date_format(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("number")
    if isinstance(value, int) and abs(value) >= 2**53:
        return str(value)
    return value


def _left(
    names: Mapping[str, SheetPlan],
    sheet: str,
    code: str,
    column: int,
    first: int,
    last: int,
    before: int,
) -> Left:
    if code not in LEFT_MESSAGES:
        raise ValueError("code")
    if column < 0:
        return Left(sheet, "", "", code, last - first + 1)
    letter = column_letter(column)
    cell = f"{letter}{first}" + (f":{letter}{last}" if last > first else "")
    labels = names[sheet].labels if sheet in names else {}
    label = labels.get((before, column)) or labels.get((0, column), "")
    return Left(sheet, cell, label, code, last - first + 1)
