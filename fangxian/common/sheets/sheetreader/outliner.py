"""Tells how a template is laid out: the .xlsx on standard input, JSON lines on standard output.

    {"sheet": name, "state": …, "protected": …, "merges": [[top, left, bottom, right], …],
     "comments": [[row, column, text], …],
     "rules": [[[area, …], [allowed text, …]], …]}      before each sheet's rows
    [row, repeated, [[column, value, kind, marks], …]]  every row that the sheet holds; `repeated`
                                                        empty ones like it follow; days as text
    {"end": true} or {"error": code, "params": {…}}     last

Rows count from 1, columns from 0. `kind` is that of the cell's format, `marks` adds 1 for a
formula, 2 for a cell closed to input, 4 for a border, 8 for a formula that sums up rows.
"""

from __future__ import annotations

import datetime as dt
import re
import sys

from .comments import comments
from .limits import (
    MAX_COLUMNS,
    MAX_ROWS,
    OUTLINE_CPU_SECONDS,
    ReadError,
    cap_process,
    close_doors,
)
from .sheetstream import cells_of, style_of
from .template import Book, Entry, has_formula
from .wire import Writer

FORMULA = 1
LOCKED = 2
BORDER = 4
SUM = 8
_SUM = re.compile(
    r"\b(?:SUM|SUBTOTAL)\([^()]*?\$?([A-Z]{1,3})\$?([0-9]+):\$?([A-Z]{1,3})\$?([0-9]+)",
    re.IGNORECASE,
)
# Rows like the one above count once; a ledger of 40,000 rows is no template any more.
MOST_CELLS = 500_000
# Days from 1927 on, until the year 9999.
_FIRST_DAY = 10_000
_LAST_DAY = 2_950_000


def main() -> int:
    """Outline one template. Exit status 0: complete; 3: refused, with a reason; 4: no memory."""
    cap_process(OUTLINE_CPU_SECONDS)
    for codec in ("cp437", "ascii", "utf-8", "utf-16-le"):  # codecs load lazily from files
        "".encode(codec)
    close_doors()
    writer = Writer(sys.stdout.buffer)
    try:
        book = Book(sys.stdin.buffer.read())
        left = MOST_CELLS
        for entry in book.entries:
            left = _outline(book, entry, writer, left)
        writer.line({"end": True})
        writer.flush()
    except ReadError as error:
        writer.fail(error)
        return 3
    except MemoryError:
        return 4
    except Exception:  # what stumbles over foreign bytes is damaged
        writer.fail(ReadError("damaged"))
        return 3
    return 0


def _outline(book: Book, entry: Entry, writer: Writer, left: int) -> int:
    try:
        survey = book.survey(entry.part)
    except ReadError as error:
        if error.code != "not_editable":
            raise
        # A sheet without rows, or a chart's: nothing in it can be filled.
        writer.line(_head(entry))
        return left
    writer.line(
        {
            **_head(entry),
            "protected": survey.protected,
            "merges": survey.merges,
            "comments": [[*place, text] for place, text in comments(book, entry).items()],
            "rules": [[rule.areas, rule.allowed] for rule in book.rules(entry)],
        }
    )
    waiting: tuple[int, int, list[list[object]]] | None = None
    for piece in book.pieces(entry.part):
        if isinstance(piece, bytes):
            continue
        row: list[list[object]] = []
        filled = False
        for column, cell in cells_of(piece).items():
            formula = has_formula(cell)
            value = None if formula else book.value(cell)
            if value == "":
                value = None
            content = formula or value is not None
            if content and (column >= MAX_COLUMNS or piece.number > MAX_ROWS):
                raise (
                    ReadError("too_many_columns", limit=MAX_COLUMNS)
                    if column >= MAX_COLUMNS
                    else ReadError("too_many_rows", limit=MAX_ROWS)
                )
            if column >= MAX_COLUMNS:
                continue
            style = book.format(style_of(cell))
            marks = FORMULA * formula + LOCKED * style.locked + BORDER * style.border
            if formula and _sums(book.formula(cell, piece.number, column, survey) or ""):
                marks += SUM
            if style.kind == "date" and isinstance(value, float):
                value = _day(value, book.since_1904)
            row.append([column, value, style.kind[0], marks])
            filled = filled or value is not None
        if piece.number > MAX_ROWS:
            continue
        follows = waiting is not None and waiting[0] + waiting[1] + 1 == piece.number
        if waiting and follows and not filled and waiting[2] == row:
            waiting = waiting[0], waiting[1] + 1, row
            continue
        left -= len(row)
        if left < 0:
            raise ReadError("too_many_cells", limit=MOST_CELLS)
        if waiting:
            writer.line(list(waiting))
        waiting = piece.number, 0, row
    if waiting:
        writer.line(list(waiting))
    return left


def _day(serial: float, since_1904: bool) -> float | str:
    """The day that a number shows as, written out; small ones are counts or days of a month."""
    if not _FIRST_DAY <= serial < _LAST_DAY or serial % 1:
        return serial
    start = dt.date(1904, 1, 1) if since_1904 else dt.date(1899, 12, 30)
    return (start + dt.timedelta(int(serial))).isoformat()


def _head(entry: Entry) -> dict[str, object]:
    return {
        "sheet": entry.name,
        "state": entry.state,
        "protected": False,
        "merges": [],
        "comments": [],
        "rules": [],
    }


def _sums(formula: str) -> bool:
    """Whether a formula adds up rows of one column."""
    match = _SUM.search(formula)
    return bool(match and match[1] == match[3] and match[2] != match[4])
