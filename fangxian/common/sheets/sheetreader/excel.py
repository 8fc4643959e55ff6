"""Excel and OpenDocument workbooks, through calamine; xlrd where that gives up on an .xls."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import python_calamine

from .archive import ErrorCells, inspect, kind_of, open_archive, sheet_parts
from .limits import MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, ReadError
from .wire import ExcelError, RawSheet


def read_zip(data: bytes) -> tuple[str, Iterator[RawSheet]]:
    """Format and sheets of an .xlsx, .xlsm, .xlsb or .ods."""
    archive = open_archive(data)
    kind = kind_of(archive)
    errors = inspect(archive)
    parts = [part for _, part in sheet_parts(archive)] if kind == "xlsx" and errors else []
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
    """The rows with their error cells. Of formulas without a result calamine doesn't know: they may
    lie beside and below all that it gives.
    """
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (line, column), text in errors.items():
        if column < MAX_COLUMNS and line < MAX_ROWS:
            by_row.setdefault(line, []).append((column, text))
    number = -1
    for number, values in enumerate(rows):
        yield _marked([*([""] * first_column), *values], by_row.pop(number, ()))
    for line in range(number + 1, max(by_row, default=-1) + 1):
        yield _marked([], by_row.get(line, ()))


def _marked(row: list[Any], errors: Iterable[tuple[int, str]]) -> list[Any]:
    for column, text in errors:
        row.extend([""] * (column + 1 - len(row)))
        row[column] = ExcelError(text)
    return row
