"""The workbook that came in goes back with an error column and coloured cells.

An .xlsx is edited in place, in a process of its own like that which read it: everything that the
reader does not know (pictures, text boxes, rules, formulas and their results) stays as it was.
Other formats, and what that process could not edit, come back as a faithful copy in .xlsx.
The reader leaves the error column out when the corrected workbook is imported again, and a second
round replaces the first one's marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Final

import orjson
from django.utils.translation import gettext as _

from fangxian.common import capped

from .cells import Cell, Row
from .errors import FILE_MESSAGES, SheetError
from .reader import HERE, Merge, Workbook
from .sheetreader.editing import ERROR_WIDTH, Marks
from .sheetreader.limits import EDIT_WALL_SECONDS, MAX_OUTPUT_BYTES
from .tables import Table
from .xlsxstream import BookWriter, Style, clean_for_xml

_MERGE_CELLS: Final = 400_000


@dataclass(frozen=True, slots=True)
class RowError:
    """One error. `row` is Excel's row number; `column` a position in `table.columns`, None for the
    whole row.

    `block` is that of the `TableRow`, `sheet` tells the tables of a workbook apart.
    """

    row: int
    message: str
    column: int | None = None
    block: int = 0
    sheet: int = 0


def write_error_workbook(
    original: bytes,
    workbook: Workbook,
    tables: Mapping[int, Table],
    errors: Iterable[RowError],
    out: IO[bytes],
) -> bool:
    """Write the workbook with its errors to `out`, as .xlsx. Returns True when it was edited in
    place.

    `tables` are those that were read, by the `sheet` of their errors. Each with an error gets a
    column of its own; one without stays as it is, unless it shows the errors of before. Messages
    of one row are joined. `original` must be the bytes that `workbook` was read from. Raises
    SheetError.
    """
    marks = _marks(tables, errors)
    if workbook.format == "xlsx":
        edited = _edited(original, {table.sheet: mine for table, mine in marks})
        if edited is not None:
            out.write(edited)
            return True
    _write_copy(workbook, {id(table.rows): mine for table, mine in marks}, out)
    return False


def error_column(table: Table) -> int:
    """Where the error column goes: where it is already, else right of everything in the sheet."""
    if table.error_column is not None:
        return table.error_column
    return max((len(row) for row in table.rows), default=0)


def _edited(original: bytes, marks: Mapping[str, Marks]) -> bytearray | None:
    """The workbook with its marks, edited in place; None where that can't be done."""
    asked = orjson.dumps({sheet: mine.sent() for sheet, mine in marks.items()})
    started = capped.command("sheetreader.marker", HERE, needs=("orjson",))
    try:
        taken, output = capped.run(
            started, [asked, b"\n", original], seconds=EDIT_WALL_SECONDS, most=MAX_OUTPUT_BYTES
        )
    except capped.Stopped:
        return None  # the cells that were read are still at hand
    if taken:
        return output
    # The process had foreign bytes in its hands: nothing it says is trusted.
    try:
        refused = orjson.loads(output)
        code, params = refused["error"], dict(refused["params"])
    except (KeyError, TypeError, ValueError) as error:
        raise SheetError("reader_failed") from error
    if code == "not_editable":
        return None
    raise SheetError(code, **params) if code in FILE_MESSAGES else SheetError("reader_failed")


def _marks(tables: Mapping[int, Table], errors: Iterable[RowError]) -> list[tuple[Table, Marks]]:
    texts: dict[int, dict[int, list[str]]] = {sheet: {} for sheet in tables}
    cells: dict[int, dict[int, set[int]]] = {sheet: {} for sheet in tables}
    for error in errors:
        messages = texts[error.sheet].setdefault(error.row, [])
        if error.message not in messages:
            messages.append(error.message)
        if error.column is not None:
            table = tables[error.sheet]
            index = table.columns[error.column].index + error.block * table.block_offset
            cells[error.sheet].setdefault(error.row, set()).add(index)
    return [
        (table, _marks_of(table, texts[sheet], cells[sheet]))
        for sheet, table in tables.items()
        if texts[sheet] or table.error_column is not None
    ]


def _marks_of(table: Table, texts: dict[int, list[str]], cells: dict[int, set[int]]) -> Marks:
    return Marks(
        header_row=table.header.last + 1,
        column=error_column(table),
        replaces=table.error_column is not None,
        title=_("Errors"),
        texts={row: clean_for_xml("\n".join(messages)) for row, messages in texts.items()},
        cells=cells,
    )


def _write_copy(workbook: Workbook, marks: Mapping[int, Marks], out: IO[bytes]) -> None:
    with BookWriter(out) as book:
        for sheet in workbook.sheets:
            mine = marks.get(id(sheet.rows))
            widths = {mine.column: (ERROR_WIDTH, Style.PLAIN)} if mine else None
            writer = book.sheet(sheet.name, widths=widths, hidden=sheet.hidden)
            for number, row in enumerate(sheet.rows, start=1):
                writer.row(_copied(row, number, mine) if mine else _unmarked(row))
            writer.merge(_apart(sheet.merges))


def _unmarked(row: Row) -> list[tuple[Cell, Style]]:
    return [(cell, Style.PLAIN) for cell in row]


def _copied(row: Row, number: int, marks: Marks) -> list[tuple[Cell, Style]]:
    cells = _unmarked(row)
    width = max(marks.column, *marks.cells.get(number, ()), 0) + 1
    cells.extend([(None, Style.PLAIN)] * (width - len(cells)))
    for column in marks.cells.get(number, ()):
        cells[column] = (cells[column][0], Style.MARK)
    if number == marks.header_row:
        cells[marks.column] = (marks.title, Style.HEAD)
    elif number in marks.texts:
        cells[marks.column] = (marks.texts[number], Style.MARK)
    elif marks.replaces:
        cells[marks.column] = (None, Style.PLAIN)
    return cells


def _apart(merges: Iterable[Merge]) -> list[Merge]:
    """The ranges that do not overlap an earlier one: Excel refuses a workbook with overlaps."""
    taken: set[tuple[int, int]] = set()
    kept: list[Merge] = []
    for top, left, bottom, right in merges:
        if (bottom - top + 1) * (right - left + 1) + len(taken) > _MERGE_CELLS:
            break
        area = {
            (row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)
        }
        if len(area) > 1 and not taken & area:
            taken |= area
            kept.append((top, left, bottom, right))
    return kept
