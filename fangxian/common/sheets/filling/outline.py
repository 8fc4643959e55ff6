"""What a template asks for: its tables with their columns and rows, and its single blanks."""

from __future__ import annotations

from .blanks import blanks
from .cards import cards_in
from .finding import Finder
from .layout import Layout, layouts
from .shape import Outline, SheetOutline


def outline(name: str, data: bytes) -> Outline:
    """What the template asks for. Starts a process and waits for it. Raises SheetError."""
    return Outline(name, tuple(map(_of_sheet, layouts(data))))


def _of_sheet(layout: Layout) -> SheetOutline:
    if layout.state != "visible":
        return SheetOutline(layout.name, layout.state, layout.protected)
    finder = Finder(layout)
    tables = finder.tables()
    inside = {row for table in tables for row in range(table.header_rows[0], table.last_row + 1)}
    cards, singles = cards_in(blanks(layout, inside), alone=not tables)
    return SheetOutline(
        layout.name, layout.state, layout.protected, tuple(tables), tuple(singles), tuple(cards)
    )
