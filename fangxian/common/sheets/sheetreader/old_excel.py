"""Old .xls files through xlrd, for those that calamine refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import xlrd

from .limits import ReadError
from .wire import ExcelError, RawSheet


def read_biff(data: bytes) -> Iterator[RawSheet]:
    """The sheets of a BIFF 2 to 8 workbook. Raises ReadError."""
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=False, logfile=_Silence())
    except MemoryError:
        raise
    except (
        Exception
    ) as error:  # xlrd raises whatever its parser stumbles over: AssertionError, struct.error, …
        if "encrypt" in str(error).lower():
            raise ReadError("encrypted") from error
        raise ReadError("damaged") from error
    for sheet in book.sheets():
        yield RawSheet(
            name=sheet.name,
            rows=(_row(book, sheet, number) for number in range(sheet.nrows)),
            merges=[
                (top, left, bottom - 1, right - 1)
                for top, bottom, left, right in sheet.merged_cells
            ],
            hidden=bool(sheet.visibility),
        )


class _Silence:
    def write(self, text: str) -> int:
        """Swallow xlrd's warnings: they may quote cells."""
        return len(text)


def _row(book: Any, sheet: Any, number: int) -> list[Any]:
    row: list[Any] = []
    for kind, value in zip(sheet.row_types(number), sheet.row_values(number), strict=True):
        if kind == xlrd.XL_CELL_DATE:
            try:
                row.append(xlrd.xldate_as_datetime(value, book.datemode))
            except (ValueError, OverflowError):
                row.append(value)
        elif kind == xlrd.XL_CELL_BOOLEAN:
            row.append(bool(value))
        elif kind == xlrd.XL_CELL_ERROR:
            row.append(ExcelError(xlrd.error_text_from_code.get(value, "#?")))
        else:
            row.append(value)
    return row
