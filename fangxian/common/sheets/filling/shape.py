"""What a template asks for, as `outline` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fangxian.common.sheets.tables import signature_of

from .blanks import Blank


@dataclass(frozen=True, slots=True)
class ColumnOutline:
    """A column to be filled. `index` counts from 0 in the sheet; `label` is unique in the table.

    `name` is without unit and remark, `note` that remark and what is noted on the cell of the name,
    `kind` that of the cells' format. `formula`: its cells hold formulas and are not to be filled.
    `allowed`: what a list allows, where there is one; `boxes`: what the boxes in its cells say, of
    which those that fit are ticked with `mark`.
    """

    index: int
    label: str
    name: str
    group: str = ""
    unit: str = ""
    note: str = ""
    formula: bool = False
    locked: bool = False
    allowed: tuple[str, ...] = ()
    kind: str = "general"
    boxes: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """Empty rows that are prepared one below the other: `rows` of them from `first_row` on, up to
    `total_row`, where there is one. `section` is the line that holds for them.
    """

    first_row: int
    rows: int
    total_row: int | None = None
    section: str = ""


@dataclass(frozen=True, slots=True)
class TableOutline:
    """A table of a template. Rows are Excel's numbers.

    `keys` are the rows whose first text is printed: they are matched by it and none is appended.
    `transposed`: the columns are places and the rows are measures. `total_row` is the last of
    `total_rows`. What else is printed in each of these rows is no column to be filled; of one with
    units `row_units` tells them. `halves`: where one list goes on beside itself, the columns of
    each part, those of the first one among them; its rows are numbered from `first_number` on, down
    one part after the other or, with `across`, from part to part in each row. `cards`: where each
    row is a card, its blanks by the columns' indexes. `samples`: rows that show how to fill it in;
    they stay. `printed`: names of columns that hold a text in each row with a name, so that nothing
    is filled in there.
    """

    id: str
    title: str
    header_rows: tuple[int, int]
    columns: tuple[ColumnOutline, ...]
    first_row: int
    last_row: int
    rooms: tuple[Room, ...]
    total_rows: tuple[int, ...] = ()
    serial: int | None = None
    key_column: int | None = None
    keys: dict[int, str] = field(default_factory=dict)
    sections: dict[int, str] = field(default_factory=dict)
    row_units: dict[int, str] = field(default_factory=dict)
    transposed: bool = False
    unit: str = ""
    notes: tuple[str, ...] = ()
    halves: tuple[tuple[int, ...], ...] = ()
    first_number: int = 1
    across: bool = False
    cards: tuple[tuple[Blank, ...], ...] = ()
    samples: tuple[int, ...] = ()
    printed: tuple[str, ...] = ()

    @property
    def room(self) -> int:
        """How many empty rows are prepared where the table begins."""
        return self.rooms[0].rows if self.rooms else 0

    @property
    def total_row(self) -> int | None:
        """The row of the total of all."""
        return self.total_rows[-1] if self.total_rows else None

    @property
    def signature(self) -> str:
        """Under which a person's mapping is remembered: whatever stands above the table may
        change. A cross table is known by its measures, since its places come and go.
        """
        if self.transposed:
            return signature_of(self.keys.values())
        return signature_of(column.label for column in self.columns)


@dataclass(frozen=True, slots=True)
class SheetOutline:
    """A sheet of a template. Hidden ones are told by name alone: nobody fills them."""

    name: str
    state: str
    protected: bool
    tables: tuple[TableOutline, ...] = ()
    blanks: tuple[Blank, ...] = ()
    cards: tuple[TableOutline, ...] = ()

    @property
    def signature(self) -> str:
        """Under which a person's mapping of the blanks is remembered."""
        return signature_of(blank.label for blank in self.blanks)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a template asks for."""

    name: str
    sheets: tuple[SheetOutline, ...]

    def tables(self) -> Iterator[tuple[SheetOutline, TableOutline]]:
        """Every table with its sheet, cards as well."""
        return ((sheet, table) for sheet in self.sheets for table in (*sheet.tables, *sheet.cards))

    def to_json(self) -> list[dict[str, Any]]:
        """The sheets, to be kept; numbers of rows become texts."""
        return [asdict(sheet) for sheet in self.sheets]

    @classmethod
    def from_json(cls, name: str, given: Sequence[Mapping[str, Any]]) -> Outline:
        """What was kept, or said by the process that found it. Raises KeyError, TypeError,
        ValueError where it is no outline.
        """
        return cls(name, tuple(map(_sheet, given)))


def _sheet(given: Mapping[str, Any]) -> SheetOutline:
    return SheetOutline(
        **{
            **given,
            "tables": tuple(map(_table, given["tables"])),
            "blanks": tuple(map(_blank, given["blanks"])),
            "cards": tuple(map(_table, given["cards"])),
        }
    )


def _table(given: Mapping[str, Any]) -> TableOutline:
    first, last = map(int, given["header_rows"])
    by_row = {
        name: {int(row): str(text) for row, text in given[name].items()}
        for name in ("keys", "sections", "row_units")
    }
    texts = {name: tuple(map(str, given[name])) for name in ("notes", "printed")}
    rows = {name: tuple(map(int, given[name])) for name in ("total_rows", "samples")}
    return TableOutline(
        **{
            **given,
            **by_row,
            **texts,
            **rows,
            "header_rows": (first, last),
            "columns": tuple(map(_column, given["columns"])),
            "rooms": tuple(Room(**room) for room in given["rooms"]),
            "halves": tuple(tuple(map(int, half)) for half in given["halves"]),
            "cards": tuple(tuple(map(_blank, card)) for card in given["cards"]),
        }
    )


def _column(given: Mapping[str, Any]) -> ColumnOutline:
    return ColumnOutline(
        **{
            **given,
            "allowed": tuple(map(str, given["allowed"])),
            "boxes": tuple(map(str, given["boxes"])),
        }
    )


def _blank(given: Mapping[str, Any]) -> Blank:
    spans = tuple((int(start), int(end)) for start, end in given["spans"])
    return Blank(**{**given, "spans": spans, "allowed": tuple(map(str, given["allowed"]))})
