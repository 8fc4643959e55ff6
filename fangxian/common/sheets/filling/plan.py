"""What is to be written into a template, and writing it in a process of its own."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
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
from .choices import chosen
from .layout import refused
from .names import day_of
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
class Ticked:
    """Which boxes of a cell that has `count` of them are ticked; none where none fits."""

    boxes: tuple[int, ...]
    count: int
    mark: str


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
    `labels` name cells, or with row 0 whole columns, for what is left; `without_room` counts the
    rows for which no card is printed.
    """

    sheet: str
    title: str = ""
    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    parts: list[tuple[Blank, Value]] = field(default_factory=list)
    tables: list[TableRows] = field(default_factory=list)
    labels: dict[tuple[int, int], str] = field(default_factory=dict)
    without_room: int = 0

    def put(self, blank: Blank, value: Value) -> None:
        """Fill a blank of the outline."""
        self.labels[blank.row, blank.column] = blank.label
        if blank.kind == "cell":
            self.cells[blank.row, blank.column] = _listed(value, blank.allowed, blank.format)
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
        if table.cards:
            self._put_cards(table, columns, rows)
            return
        place = room or (table.rooms[0] if table.rooms else Room(table.last_row + 1, 0))
        indexes = [column.index for column in columns]
        self._name(columns)
        if any(column.boxes or column.allowed or column.kind == "date" for column in columns):
            rows = ([*map(_chosen, columns, row)] for row in rows)
        if table.serial is not None:
            indexes.append(table.serial)
            rows = ([*row, number] for number, row in enumerate(rows, table.first_number))
        if len(table.halves) > 1:
            indexes, rows = _side_by_side(table, place, indexes, list(rows))
        self.tables.append(TableRows(place.first_row, place.rows, indexes, rows))

    def _put_cards(
        self,
        table: TableOutline,
        columns: Sequence[ColumnOutline],
        rows: Iterable[Sequence[Value]],
    ) -> None:
        """A card for each row; there is no room for those beyond."""
        for number, row in enumerate(rows):
            if number >= len(table.cards):
                self.without_room += 1
                continue
            card = table.cards[number]
            for column, value in zip(columns, row, strict=True):
                self.put(card[column.index], value)
            if table.serial is not None:
                self.put(card[table.serial], number + 1)

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
                self.cells[row, column.index] = _chosen(column, value)

    def _name(self, columns: Sequence[ColumnOutline]) -> None:
        for column in columns:
            self.labels[0, column.index] = column.label


def _side_by_side(
    table: TableOutline, place: Room, columns: list[int], rows: list[Sequence[Value]]
) -> tuple[list[int], list[Sequence[Value]]]:
    """Rows of a list that goes on beside itself: the first part is filled before the next."""
    parts = len(table.halves)
    tall = max(place.rows, -(-len(rows) // parts))
    step, beside = (parts, 1) if table.across else (1, tall)
    at = {column: number for number, column in enumerate(table.halves[0])}
    none: list[Value] = [None] * len(columns)
    if table.serial in columns and len(rows) > parts * place.rows and not table.across:
        # The numbers printed in later parts move on with the rows that were inserted.
        rows += [
            [*none[:-1], table.first_number + number] for number in range(len(rows), parts * tall)
        ]
    columns = [half[at[column]] for half in table.halves for column in columns]
    return columns, [
        [
            value
            for number in (line * step + part * beside for part in range(parts))
            for value in (rows[number] if number < len(rows) else none)
        ]
        for line in range(-(-len(rows) // parts) if table.across else min(tall, len(rows)))
    ]


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
    without_room: list[int] = []
    asked = [_asked(sheet, plan, lines, without_room) for sheet in plan.sheets]
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
        Left(title, "", "", "no_room", count)
        for title, count in zip(titles, without_room, strict=True)
        if count
    ]
    left += [
        Left(title, f"{column_letter(blank.column)}{blank.row}", blank.label, "not_date")
        for title, sheet in names.items()
        for blank, value in sheet.parts
        if blank.kind == "date" and not isinstance(value, dt.date)
    ]
    left += [
        Left(title, f"{column_letter(blank.column)}{blank.row}", blank.label, "not_allowed")
        for title, sheet in names.items()
        for blank, value in sheet.parts
        if blank.kind == "choice" and not chosen(value, blank.allowed)
    ]
    return Filled(bytes(memoryview(output)[end + 1 :]), tuple(left), titles)


def _sent(head: bytes, lines: list[bytes], data: bytes) -> Iterator[bytes]:
    yield head
    yield b"\n"
    for start in range(0, len(lines), 5000):
        yield b"".join(lines[start : start + 5000])
    yield data


def _blocks(sheet: SheetPlan) -> tuple[list[TableRows], dict[tuple[int, int], Value], int]:
    """The tables below each other, those beside each other as one; where their rows don't begin and
    end together their cells, and how many rows have no room.
    """
    groups: list[list[TableRows]] = []
    for table in sheet.tables:
        near = [group for group in groups if any(_overlap(table, one) for one in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(one for group in near for one in group), table])
    blocks, cells, without = [], {}, sheet.without_room
    for group in groups:
        columns = [column for one in group for column in one.columns]
        if len(group) == 1:
            blocks += group
        elif len(set(columns)) < len(columns) or any(one.room < 0 for one in group):
            raise ValueError("tables")
        elif len({(one.first_row, one.room) for one in group}) == 1:
            first = group[0]
            none = [[None] * len(one.columns) for one in group]
            rows = [
                [v for n, row in enumerate(line) for v in (none[n] if row is None else row)]
                for line in zip_longest(*(one.rows for one in group))
            ]
            blocks.append(TableRows(first.first_row, first.room, columns, rows))
        else:
            for one in group:
                for number, row in enumerate(one.rows):
                    if number >= one.room:
                        without += 1
                        continue
                    for column, value in zip(one.columns, row, strict=True):
                        cells[one.first_row + number, column] = value
    return sorted(blocks, key=lambda block: block.first_row), cells, without


def _overlap(one: TableRows, other: TableRows) -> bool:
    return one.first_row < other.first_row + max(
        other.room, 1
    ) and other.first_row < one.first_row + max(one.room, 1)


def _asked(
    sheet: SheetPlan, plan: Plan, lines: list[bytes], without_room: list[int]
) -> dict[str, Any]:
    blocks = []
    tables, cells, without = _blocks(sheet)
    without_room.append(without)
    for table in tables:
        before = len(lines)
        lines += [
            orjson.dumps([_value(value, plan) for value in row]) + b"\n" for row in table.rows
        ]
        count = len(lines) - before
        if count > MAX_ROWS:
            raise SheetError("too_many_rows", limit=MAX_ROWS)
        for column in table.columns:
            _check(table.first_row, column)
        if table.room < 0:
            raise ValueError("tables")
        blocks.append(
            {
                "first_row": table.first_row,
                "room": table.room,
                "columns": list(table.columns),
                "lines": count,
            }
        )
    cells |= sheet.cells
    for row, column in cells:
        _check(row, column)
    return {
        "sheet": sheet.sheet,
        "title": legal_in_xml(sheet.title),
        "cells": [
            [row, column, _value(value, plan)]
            for (row, column), value in cells.items()
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
    if blank.kind == "choice":
        for number in chosen(value, blank.allowed):
            yield [blank.row, blank.column, *blank.spans[number], blank.mark, True]
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


def _chosen(column: ColumnOutline, value: Value) -> Any:
    """A value as a column's boxes or list say it."""
    if column.boxes and value is not None:
        return Ticked(chosen(value, column.boxes), len(column.boxes), column.mark)
    return _listed(value, column.allowed, column.kind)


def _listed(value: Value, allowed: Sequence[str], kind: str) -> Value:
    """A text as a list says it, where one of its entries means the same; a day in a date's cell."""
    if allowed and isinstance(value, str):
        found = chosen(value, allowed)
        if len(found) == 1:
            return allowed[found[0]]
    if kind == "date" and isinstance(value, str):
        return day_of(value) or value
    return value


def _value(value: Any, plan: Plan) -> Any:
    if isinstance(value, Ticked):
        return ["x", list(value.boxes), value.count, value.mark]
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
