"""Reading a workbook of any usual format, safely.

`read_workbook` hands the bytes to a process of its own (`sheetreader`) that has little memory,
little time and no files, and gets the cells back as JSON lines. A hostile or broken file costs that
process its life and the caller a `SheetError`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final, overload

import orjson

from fangxian.common import capped

from .cells import Cell, Row, decode_cell
from .errors import FILE_MESSAGES, SheetError
from .sheetreader.limits import (
    MAX_COLUMNS,
    MAX_FILE_BYTES,
    MAX_OUTPUT_BYTES,
    MAX_ROWS,
    MEBIBYTE,
    WALL_SECONDS,
)

Merge = tuple[int, int, int, int]

# Where the process of its own finds `sheetreader`.
HERE: Final = Path(__file__).resolve().parent


class Rows(Sequence[Row]):
    """The rows of a sheet, kept as JSON and decoded on access: 100,000 × 12 cells take some 30 MB.

    Iterating decodes each row anew; go through it once and keep what you need. ``data`` holds a row
    a line from ``start`` on; ``ends``: where each line ends.
    """

    __slots__ = ("_column", "_data", "_ends", "_start")

    def __init__(
        self, data: bytes | bytearray, ends: array[int], *, start: int = 0, column: int = 0
    ) -> None:
        self._data = data
        self._ends = ends
        self._start = start
        self._column = column

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> Rows:
        """Rows from plain lists of JSON values, for tests and tables from elsewhere."""
        data = bytearray()
        ends = array("Q")
        for row in rows:
            data += orjson.dumps(list(row))
            ends.append(len(data))
            data += b"\n"
        return cls(data, ends)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._decode(self._ends[index - 1] + 1 if index else self._start, self._ends[index])

    def __iter__(self) -> Iterator[Row]:
        start = self._start
        for end in self._ends:
            yield self._decode(start, end)
            start = end + 1

    def _decode(self, start: int, end: int) -> Row:
        line = self._data[start:end]
        try:
            row: list[Cell] = orjson.loads(line)
            # Most rows hold nothing but texts and numbers.
            if line.find(b"[", 1) >= 0 or b'""' in line or b"{" in line:
                row = [
                    (value or None) if value.__class__ is str else decode_cell(value)
                    for value in row
                ]
        except (TypeError, ValueError) as error:
            # The reading process had foreign bytes in its hands: nothing it says is trusted.
            raise SheetError("reader_failed") from error
        return [None] * self._column + row if self._column else row


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet. `rows` count from the sheet's first row; `merges` are (top, left, bottom,
    right), inclusive.
    """

    name: str
    rows: Rows
    merges: tuple[Merge, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """What a file holds. `format` is "xlsx", "xlsb", "xls", "ods", "html", "spreadsheetml" or
    "csv". `empty`: names of the sheets without any row, which are not among the `sheets`.
    """

    filename: str
    format: str
    sheets: tuple[Sheet, ...]
    encoding: str | None = None
    delimiter: str | None = None
    empty: tuple[str, ...] = ()


def read_workbook(data: bytes | Path, filename: str = "") -> Workbook:
    """Read every worksheet of `data`. Starts a process and waits for it, at most `WALL_SECONDS`.

    The format is found in the content; `filename` only names sheets that have no name. Raises
    SheetError.
    """
    content = _load(data)
    name = filename or (data.name if isinstance(data, Path) else "")
    lines = _run(content)
    return _parse(lines, name)


def _load(data: bytes | Path) -> bytes:
    size = data.stat().st_size if isinstance(data, Path) else len(data)
    if size > MAX_FILE_BYTES:
        raise SheetError("file_too_big", limit=MAX_FILE_BYTES // MEBIBYTE)
    if not size:
        raise SheetError("empty_file")
    return data.read_bytes() if isinstance(data, Path) else data


def _command() -> list[str]:
    needs = ("orjson", "python_calamine", "xlrd")
    return capped.command("sheetreader.child", HERE, needs=needs)


def _run(content: bytes) -> bytearray:
    """The output of the reading process. Raises SheetError when it died or took too long."""
    most = MAX_OUTPUT_BYTES + MEBIBYTE
    try:
        return capped.run(_command(), [content], seconds=WALL_SECONDS, most=most)[1]
    except capped.Stopped as error:
        raise SheetError(error.code) from error


def _parse(output: bytearray, filename: str) -> Workbook:
    head: dict[str, Any] | None = None
    sheets: list[Sheet] = []
    empty: list[str] = []
    complete = False
    current: dict[str, Any] | None = None
    first, ends = 0, array("Q")

    def close() -> None:
        if current is not None and len(ends):
            name = current["sheet"] or PurePath(filename).stem or str(len(sheets) + 1)
            merges = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in current["merges"])
            column = min(int(current["column"]), MAX_COLUMNS)
            rows = Rows(output, ends, start=first, column=column)
            sheets.append(Sheet(str(name), rows, merges, bool(current["hidden"])))
        elif current is not None and not current["hidden"]:
            empty.append(str(current["sheet"]))

    start = 0
    try:
        while (end := output.find(b"\n", start)) >= 0:
            if output[start] == 0x5B:  # "[": a row
                ends.append(end)
                if len(ends) > MAX_ROWS:
                    raise SheetError("too_many_rows", limit=MAX_ROWS)
            else:
                line = orjson.loads(memoryview(output)[start:end])
                if "error" in line:
                    code = line["error"]
                    raise SheetError(
                        code if code in FILE_MESSAGES else "reader_failed", **line["params"]
                    )
                if "sheet" in line:
                    close()
                    current, first, ends = line, end + 1, array("Q")
                elif "format" in line:
                    head = line
                elif "end" in line:
                    complete = True
            start = end + 1
        close()
    except (KeyError, TypeError, ValueError, orjson.JSONDecodeError) as error:
        raise SheetError("reader_failed") from error
    if not complete or head is None:
        raise SheetError("reader_failed")
    if not sheets:
        raise SheetError("no_sheets")
    return Workbook(
        filename,
        str(head["format"]),
        tuple(sheets),
        head["encoding"],
        head["delimiter"],
        tuple(empty),
    )
