"""What is to be written into a template's sheets, and what was left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from .references import Insertion, Insertions
from .runs import Piece
from .template import Entry

Value = Any

_MOST_LEFT: Final = 5_000


@dataclass(frozen=True, slots=True)
class Block:
    """A table's rows: values for `columns`, one JSON line a row, from `first_row` on. Where there
    are more than `room`, those beyond are inserted below the prepared ones.
    """

    first_row: int
    room: int
    columns: tuple[int, ...]
    lines: list[bytes]

    @property
    def beyond(self) -> int:
        """How many rows have no prepared one."""
        return max(len(self.lines) - self.room, 0)

    def values(self, number: int) -> dict[int, Value]:
        """What the row `number`, from 0, says, by column; nothing where it leaves a cell alone."""
        values = orjson.loads(self.lines[number])
        return {
            column: value
            for column, value in zip(self.columns, values, strict=True)
            if value is not None
        }


@dataclass(slots=True)
class Job:
    """One sheet to be written: to the part `target`, with the name `title`."""

    entry: Entry
    target: str
    title: str
    cells: dict[int, dict[int, Value]] = field(default_factory=dict)
    parts: dict[int, dict[int, list[Piece]]] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    insertions: Insertions = field(default_factory=Insertions)
    # Rows of blocks that are written although nothing was prepared for them, by block.
    appended: set[int] = field(default_factory=set)
    # Old and new names of the tables that a copied sheet holds.
    tables: dict[str, str] = field(default_factory=dict)
    copied: bool = False

    def plan_insertions(self) -> None:
        """Where rows have to be inserted."""
        points = [
            Insertion(block.first_row + block.room - 1, block.beyond, block.first_row)
            for block in self.blocks
            if block.beyond
        ]
        self.insertions = Insertions(tuple(sorted(points, key=lambda point: point.after)))

    def give_up(self, last_row: int) -> None:
        """Insert nothing; a table at the end of its sheet still gets its rows."""
        self.insertions = Insertions()
        self.appended = {
            number
            for number, block in enumerate(self.blocks)
            if block.first_row + block.room > last_row
        }


class Leftovers:
    """What could not be filled, cells below each other told as one."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str, int], list[list[int]]] = {}
        self._count = 0

    def add(self, sheet: str, code: str, row: int, column: int, before: int = 0) -> None:
        """One cell; column -1 for a whole row. `before`: its row in the template."""
        runs = self._runs.setdefault((sheet, code, column), [])
        if runs and runs[-1][1] == row - 1:
            runs[-1][1] = row
        elif self._count < _MOST_LEFT:
            runs.append([row, row, before])
            self._count += 1

    def told(self) -> list[list[Any]]:
        """Sheet, code, column, first and last row of each, and where the first was before."""
        return [
            [sheet, code, column, first, last, before]
            for (sheet, code, column), runs in self._runs.items()
            for first, last, before in runs
        ]
