"""Writing ledgers: Excel row by row in little memory, and CSV; no cell ever becomes a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Final, Literal

from django.utils.functional import Promise

from .cells import Cell, CellError, cell_text
from .xlsxstream import SHEET_ROWS, BookWriter, Print, SheetWriter, Style, legal_in_xml

ColumnKind = Literal["text", "identity", "number", "date", "datetime"]
Encoding = Literal["utf-8-sig", "gb18030"]
Progress = Callable[[int], None]

PROGRESS_EVERY: Final = 1000
# What a spreadsheet would take for the beginning of a formula (OWASP, CSV injection), also behind
# spaces and signs that nobody sees, which some programs drop.
_FORMULA_START: Final = re.compile(
    r"^(?:[\t\r\n]|[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
)
_PLAIN_NUMBER: Final = re.compile(r"-\d+(?:\.\d+)?")
_LONG_NUMBER: Final = re.compile(r"\d{12,}|0\d+")


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column to write. `width` is in characters; "identity" columns are formatted as text in
    Excel. ``hidden``: nobody sees it there.
    """

    label: str | Promise
    kind: ColumnKind = "text"
    width: float | None = None
    hidden: bool = False


_WIDTHS: Final[dict[ColumnKind, float]] = {
    "text": 16,
    "identity": 22,
    "number": 10,
    "date": 12,
    "datetime": 18,
}
_STYLES: Final[dict[ColumnKind, Style]] = {
    "text": Style.PLAIN,
    "identity": Style.TEXT,
    "number": Style.PLAIN,
    "date": Style.DATE,
    "datetime": Style.DATETIME,
}


def write_rows(
    out: IO[bytes],
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[object]],
    *,
    sheet: str = "Sheet1",
    title: str = "",
    progress: Progress | None = None,
    taken: str = "",
) -> int:
    """Write a table as .xlsx and return the number of data rows.

    Rows are consumed one by one and never held. More rows than a sheet holds go on in a further
    sheet, so that nothing is cut off. Only numbers of "number" columns and dates are typed as such;
    all else is text. `progress` is called with the number of rows so far, every `PROGRESS_EVERY`
    rows and at the end. With `taken` (who took it, when, under which number) the sheet is set up
    for printing: that text and the number of the page on each page, the header repeated.
    """
    return write_book(out, [Table(columns, rows, sheet, title, taken)], progress=progress)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a workbook: its rows are asked for when it is its turn."""

    columns: Sequence[ExportColumn]
    rows: Iterable[Sequence[object]]
    sheet: str = "Sheet1"
    title: str = ""
    taken: str = ""


def write_book(out: IO[bytes], tables: Iterable[Table], *, progress: Progress | None = None) -> int:
    """Write tables as the sheets of one .xlsx, each as :func:`write_rows` writes one. Returns the
    number of data rows of all.
    """
    count = 0
    with BookWriter(out) as book:
        for table in tables:
            kinds = [column.kind for column in table.columns]
            page = _page(book, table)
            for row in table.rows:
                if page.rows >= SHEET_ROWS:
                    page = _page(book, table)
                page.row(_typed(kind, value) for kind, value in zip(kinds, row, strict=True))
                count += 1
                if progress is not None and count % PROGRESS_EVERY == 0:
                    progress(count)
    if progress is not None:
        progress(count)
    return count


def write_csv(
    out: IO[bytes],
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[object]],
    *,
    encoding: Encoding = "utf-8-sig",
) -> int:
    """Write a table as CSV that Excel opens rightly. Returns the number of data rows.

    `encoding`: UTF-8 with BOM, or GB 18030 (GBK and what that lacks: no name loses a character) for
    programs that know nothing else. What no XML can hold is dropped here too, lest a formula hides
    behind it.
    """
    text = io.TextIOWrapper(
        out, encoding=encoding, errors="replace", newline="", write_through=True
    )
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guard(legal_in_xml(str(column.label))) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([_csv_value(value) for _, value in zip(columns, row, strict=True)])
        count += 1
    text.flush()
    text.detach()
    return count


def guard(text: str) -> str:
    """The text, harmless for a spreadsheet that opens a CSV file; the cleaners take the guard off
    again.
    """
    if _FORMULA_START.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def _page(book: BookWriter, table: Table) -> SheetWriter:
    columns = table.columns
    widths = {
        index: (0 if column.hidden else column.width or _WIDTHS[column.kind], _STYLES[column.kind])
        for index, column in enumerate(columns)
    }
    top = 2 if table.title else 1
    wide = sum(width for width, _style in widths.values()) > 90
    printed = Print(top, wide, table.taken, table.taken) if table.taken else None
    page = book.sheet(table.sheet, widths=widths, frozen=top, printed=printed)
    if table.title:
        page.row([(table.title, Style.TITLE)])
    page.row([(str(column.label), Style.HEAD) for column in columns])
    return page


def _typed(kind: ColumnKind, value: object) -> tuple[Cell, Style]:
    style = _STYLES[kind]
    if value is None or value == "":
        return None, Style.PLAIN
    if isinstance(value, str):
        return value, style
    if isinstance(value, bool):
        return _text(value), style
    if isinstance(value, int | float):
        # A double holds 15 digits: longer numbers are written as text.
        return (value if kind == "number" and abs(value) < 10**15 else _text(value)), style
    if isinstance(value, dt.date):
        return value, style
    return _text(value), style


def _csv_value(value: object) -> str:
    if isinstance(value, str):
        value = legal_in_xml(value)
        # Excel turns long digits of a CSV file into a rounded number; a tab keeps them as text.
        return "\t" + value if _LONG_NUMBER.fullmatch(value) else guard(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return cell_text(value)
    return guard(legal_in_xml(_text(value)))


def _text(value: object) -> str:
    if value is None or isinstance(
        value, str | bool | int | float | dt.date | dt.time | dt.timedelta | CellError
    ):
        return cell_text(value)
    return str(value)
