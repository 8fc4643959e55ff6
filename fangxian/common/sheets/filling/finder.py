"""Finds what a template asks for: its layout on standard input, one JSON line on standard output.

The layout is what `sheetreader.outliner` says. The answer is the sheets as `shape` has them, or
{"error": code, "params": {…}}. The words of forms are foreign: however many there are and however
long they are, this takes so much time and memory at most.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

import orjson

from fangxian.common.sheets.errors import SheetError
from fangxian.common.sheets.sheetreader.limits import OUTLINE_CPU_SECONDS, cap_process, close_doors
from fangxian.common.sheets.words import load

from .blanks import Blank, blanks
from .cards import cards_in
from .finding import Finder
from .layout import Layout, parsed
from .shape import SheetOutline

# Columns and single blanks of a workbook: a person looks at each of them on one page.
MOST_PLACES: Final = 2_000


def main() -> int:
    """Find in one layout. Exit status 0: complete; 3: refused, with a reason; 4: no memory."""
    cap_process(OUTLINE_CPU_SECONDS)
    for name in ("words", "headers"):
        load(name)
    close_doors()
    out = sys.stdout.buffer
    try:
        sheets, left = [], MOST_PLACES
        for layout in parsed(sys.stdin.buffer):
            sheets.append(of_sheet(layout, left))
            left -= _places(sheets[-1])
            if left < 0:
                raise SheetError("too_many_places", limit=MOST_PLACES)
        out.write(orjson.dumps(sheets, option=orjson.OPT_NON_STR_KEYS))
    except SheetError as error:
        out.write(orjson.dumps({"error": error.code, "params": dict(error.params)}))
        return 3
    except MemoryError:
        return 4
    return 0


def of_sheet(layout: Layout, most: int = MOST_PLACES) -> SheetOutline:
    """What one sheet asks for. Raises SheetError where that is more than `most` places."""
    if layout.state != "visible":
        return SheetOutline(layout.name, layout.state, layout.protected)
    tables = Finder(layout).tables()
    inside = {row for table in tables for row in range(table.header_rows[0], table.last_row + 1)}
    open_parts = list(_some(blanks(layout, inside), most))
    cards, singles = cards_in(open_parts, alone=not tables)
    return SheetOutline(
        layout.name, layout.state, layout.protected, tuple(tables), tuple(singles), tuple(cards)
    )


def _some(found: Iterator[Blank], most: int) -> Iterator[Blank]:
    for number, blank in enumerate(found):
        if number >= most:
            raise SheetError("too_many_places", limit=MOST_PLACES)
        yield blank


def _places(sheet: SheetOutline) -> int:
    columns = sum(len(table.columns) for table in (*sheet.tables, *sheet.cards))
    return columns + len(sheet.blanks)
