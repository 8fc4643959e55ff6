"""Excel and OpenDocument workbooks, through calamine; xlrd where calamine gives up on an old .xls."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Any

import python_calamine

from .archive import ErrorCells, inspect, kind_of, open_archive, read_small
from .limits import MAX_SHEETS, ReadError
from .wire import ExcelError, RawSheet

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*(?:"([^"]*)"|\'([^\']*)\')')


def read_zip(data: bytes) -> tuple[str, Iterator[RawSheet]]:
    """Format and sheets of an .xlsx, .xlsm, .xlsb or .ods."""
    archive = open_archive(data)
    kind = kind_of(archive)
    errors = inspect(archive)
    parts = _sheet_parts(archive) if kind == "xlsx" and errors else []
    archive.close()
    return kind, _sheets(data, errors, parts)


def read_ole(data: bytes) -> tuple[str, Iterator[RawSheet]]:
    """Format and sheets of an .xls (BIFF 5 or 8)."""
    try:
        return "xls", _sheets(data, {}, [])
    except ReadError as error:
        if error.code == "encrypted":
            raise
        from .old_excel import read_biff

        return "xls", read_biff(data)


def _sheets(data: bytes, errors: ErrorCells, parts: Sequence[str]) -> Iterator[RawSheet]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise ReadError("encrypted") from error
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise ReadError("damaged") from error
    metadata = book.sheets_metadata
    if len(metadata) > MAX_SHEETS:
        raise ReadError("too_many_sheets", limit=MAX_SHEETS)
    return _each_sheet(book, errors, parts)


def _each_sheet(
    book: python_calamine.CalamineWorkbook, errors: ErrorCells, parts: Sequence[str]
) -> Iterator[RawSheet]:
    for index, meta in enumerate(book.sheets_metadata):
        if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = book.get_sheet_by_index(index)
        except (python_calamine.CalamineError, ValueError, OSError) as error:
            raise ReadError("damaged") from error
        first_column = sheet.start[1] if sheet.start else 0
        rows: Iterator[Sequence[Any]] = iter(sheet.iter_rows()) if sheet.start else iter(())
        cells = errors.get(parts[index], {}) if index < len(parts) else {}
        if cells:
            rows, first_column = _with_errors(rows, first_column, dict(cells)), 0
        yield RawSheet(
            name=meta.name,
            rows=rows,
            merges=[
                (top, left, bottom, right)
                for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
            ],
            hidden=meta.visible != python_calamine.SheetVisibleEnum.Visible,
            first_column=first_column,
        )


def _with_errors(
    rows: Iterator[Sequence[Any]], first_column: int, errors: dict[tuple[int, int], str]
) -> Iterator[Sequence[Any]]:
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in errors.items():
        by_row.setdefault(row, []).append((column, text))
    for number, values in enumerate(rows):
        row = [""] * first_column + list(values) if first_column else list(values)
        for column, text in by_row.pop(number, ()):
            if column < len(row):
                row[column] = ExcelError(text)
        yield row


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        match[1].decode("ascii", "replace"): (match[2] or match[3] or b"").decode(
            "utf-8", "replace"
        )
        for match in _ATTRIBUTE.finditer(tag)
    }


def _sheet_parts(archive: Any) -> list[str]:
    """Names of the parts of the sheets, in the order of the workbook."""
    relations = {}
    for tag in _RELATION.findall(read_small(archive, "xl/_rels/workbook.xml.rels")):
        values = _attributes(tag)
        relations[values.get("Id", "")] = posixpath.normpath(
            posixpath.join("/xl", values.get("Target", ""))
        ).lstrip("/")
    parts = []
    for tag in _SHEET.findall(read_small(archive, "xl/workbook.xml")):
        values = _attributes(tag)
        identifier = next((value for key, value in values.items() if key.endswith(":id")), "")
        parts.append(relations.get(identifier, ""))
    return parts
