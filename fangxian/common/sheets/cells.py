"""Cell values as they come out of a workbook.

A cell is None (empty), str, float, int, bool, date, datetime, time, timedelta or `CellError`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeAlias

from .sheetreader.wire import UNSTORED


@dataclass(frozen=True, slots=True)
class CellError:
    """An Excel error such as #N/A or #REF! in a cell, or a formula whose result is not stored."""

    text: str

    @property
    def unstored(self) -> bool:
        """Whether it is a formula whose result is not stored."""
        return self.text == UNSTORED


Cell: TypeAlias = str | int | float | bool | dt.date | dt.time | dt.timedelta | CellError | None
Row: TypeAlias = list[Cell]

# From here on a double does not hold every integer: 18 digits stored as a number are rounded.
EXACT_INTEGER_LIMIT = 2**53


def decode_cell(value: Any) -> Cell:
    """Turn one value of the reader's JSON into a cell. Raises ValueError on anything unexpected."""
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str):
        kind, text = value
        match kind:
            case "d":
                return dt.date.fromisoformat(text)
            case "m":
                return dt.datetime.fromisoformat(text)
            case "t":
                return dt.time.fromisoformat(text)
            case "s":
                return dt.timedelta(seconds=float(text))
            case "e":
                return CellError(text)
    raise ValueError("unexpected cell")


def cell_text(cell: Cell) -> str:
    """The cell as a person would read it: whole numbers without ".0", dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < EXACT_INTEGER_LIMIT:
            return str(int(cell))
        return repr(cell)
    if isinstance(cell, dt.datetime):
        if cell.time() == dt.time():
            return cell.date().isoformat()
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, CellError):
        return cell.text
    return str(cell)


def is_blank(cell: Cell) -> bool:
    """True for an empty cell and for one that holds only white space."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
