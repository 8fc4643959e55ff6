"""Excel's XML format of 2003, which some office systems still export as .xls."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.parsers import expat

from .limits import MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, ReadError
from .wire import UNSTORED, ExcelError, Merge, RawSheet


def read_spreadsheetml(data: bytes) -> list[RawSheet]:
    """The worksheets. Raises ReadError; a document type declaration is refused, so no entity can
    expand.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="|")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ReadError("damaged") from error
    return reader.sheets


def _refuse(*_: Any) -> None:
    raise ReadError("entities")


class _Reader:
    def __init__(self) -> None:
        self.sheets: list[RawSheet] = []
        self._rows: list[list[Any]] = []
        self._merges: list[Merge] = []
        self._row = -1
        self._column = -1
        self._kind = ""
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("|")[2]
        values = {key.rpartition("|")[2]: value for key, value in attributes.items()}
        if name == "Worksheet":
            if len(self.sheets) >= MAX_SHEETS:
                raise ReadError("too_many_sheets", limit=MAX_SHEETS)
            self._rows, self._merges, self._row = [], [], -1
            self.sheets.append(
                RawSheet(name=values.get("Name", ""), rows=self._rows, merges=self._merges)
            )
        elif name == "Row" and self.sheets:
            self._row = _index(values, self._row)
            if self._row >= MAX_ROWS:
                raise ReadError("too_many_rows", limit=MAX_ROWS)
            while len(self._rows) <= self._row:
                self._rows.append([])
            self._column = -1
        elif name == "Cell" and self._row >= 0:
            self._column = _index(values, self._column)
            if self._column >= MAX_COLUMNS:
                raise ReadError("too_many_columns", limit=MAX_COLUMNS)
            across, down = _number(values.get("MergeAcross")), _number(values.get("MergeDown"))
            if across or down:
                self._merges.append(
                    (self._row, self._column, self._row + down, self._column + across)
                )
                self._put("")
                self._column += min(across, MAX_COLUMNS)
            elif "Formula" in values:
                # Unless its result follows.
                self._put(ExcelError(UNSTORED))
        elif name == "Data" and self._column >= 0:
            self._kind = values.get("Type", "String")
            self._text = []

    def end(self, tag: str) -> None:
        name = tag.rpartition("|")[2]
        if name == "Data" and self._text is not None:
            merge = self._merges[-1] if self._merges else None
            column = self._column
            if merge and merge[0] == self._row and merge[1] <= column <= merge[3]:
                column = merge[1]
            self._put(_value(self._kind, "".join(self._text)), column)
            self._text = None

    def text(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _put(self, value: Any, column: int | None = None) -> None:
        column = self._column if column is None else column
        row = self._rows[self._row]
        while len(row) <= column:
            row.append("")
        row[column] = value


def _index(values: dict[str, str], previous: int) -> int:
    index = _number(values.get("Index"))
    return max(index - 1, previous + 1) if index else previous + 1


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0


def _value(kind: str, text: str) -> Any:
    if kind == "Number":
        try:
            return float(text)
        except ValueError:
            return text
    if kind == "DateTime":
        try:
            return dt.datetime.fromisoformat(text.partition(".")[0])
        except ValueError:
            return text
    if kind == "Boolean":
        return text.strip() == "1"
    if kind == "Error":
        return ExcelError(text)
    return text
