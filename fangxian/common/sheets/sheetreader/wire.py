"""The lines that the reading process writes: one JSON value a line.

    {"format": "xlsx", "encoding": null, "delimiter": null}   once, first
    {"sheet": name, "hidden": false, "column": 0, "merges": [[top, left, bottom, right], …]}
                                       before each sheet's rows; its rows begin at `column`
    [cell, cell, …]                    every row from the sheet's first one
    {"end": true}                      once, last, when all went well
    {"error": code, "params": {…}}     instead, at any point

A cell is null, a string, a number, a boolean or a pair: ["d", date], ["m", date and time], ["t",
time], ["s", seconds], ["e", Excel error]. Rows and columns count from 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from .limits import MAX_COLUMNS, MAX_MERGES, MAX_OUTPUT_BYTES, MAX_ROWS, MAX_SHEETS, ReadError

Merge = tuple[int, int, int, int]

# Stands for a formula whose result nobody has stored, as an Excel error does.
UNSTORED = "="

_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_APPEND_NEWLINE
)


@dataclass(slots=True)
class RawSheet:
    """A sheet before it is written to the wire."""

    name: str
    rows: Iterable[Sequence[Any]]
    merges: Sequence[Merge] = ()
    hidden: bool = False
    first_column: int = 0


@dataclass(frozen=True, slots=True)
class ExcelError:
    """An error value in a cell, e.g. #N/A."""

    text: str


def _encode(value: Any) -> list[str]:
    if isinstance(value, dt.datetime):
        return ["m", value.isoformat(timespec="seconds")]
    if isinstance(value, dt.date):
        return ["d", value.isoformat()]
    if isinstance(value, dt.time):
        return ["t", value.isoformat(timespec="seconds")]
    if isinstance(value, dt.timedelta):
        return ["s", str(value.total_seconds())]
    if isinstance(value, ExcelError):
        return ["e", value.text]
    raise TypeError(type(value).__name__)


class Writer:
    """Writes the lines and refuses what is too large for the reader at the other end."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._written = 0
        self._sheets = 0

    def line(self, value: Any) -> None:
        """Append one JSON line."""
        data = orjson.dumps(value, default=_encode, option=_OPTIONS)
        self._buffer.append(data)
        self._buffered += len(data)
        if self._buffered > 1 << 18:
            self.flush()

    def flush(self) -> None:
        """Send what has been gathered."""
        self._written += self._buffered
        if self._written > MAX_OUTPUT_BYTES:
            self._buffer.clear()
            raise ReadError("too_much_memory")
        self._out.write(b"".join(self._buffer))
        self._buffer.clear()
        self._buffered = 0
        self._out.flush()

    def fail(self, error: ReadError) -> None:
        """Say why the file is refused, after what has been sent already."""
        self._buffer.clear()
        self._out.write(orjson.dumps({"error": error.code, "params": error.params}) + b"\n")
        self._out.flush()

    def sheet(self, sheet: RawSheet) -> None:
        """Write one sheet; rows beyond the last filled one are dropped."""
        self._sheets += 1
        if self._sheets > MAX_SHEETS:
            raise ReadError("too_many_sheets", limit=MAX_SHEETS)
        self.line(
            {
                "sheet": sheet.name,
                "hidden": sheet.hidden,
                "column": sheet.first_column,
                "merges": list(sheet.merges)[:MAX_MERGES],
            }
        )
        count = 0
        blank = 0
        for row in sheet.rows:
            width = len(row)
            while width and (row[width - 1] == "" or row[width - 1] is None):
                width -= 1
            if not width:
                blank += 1
                continue
            if width + sheet.first_column > MAX_COLUMNS:
                raise ReadError("too_many_columns", limit=MAX_COLUMNS)
            count += blank + 1
            if count > MAX_ROWS:
                raise ReadError("too_many_rows", limit=MAX_ROWS)
            for _ in range(blank):
                self.line([])
            blank = 0
            self.line(row if width == len(row) else row[:width])
