"""The cells of a row, cleaned by field."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from fangxian.common.sheets import Cell, Fault, cleaning
from fangxian.common.sheets.cells import is_blank

if TYPE_CHECKING:
    from fangxian.register.importing.fields import Record

REMEMBERED: Final = 500
_SPLIT: Final = re.compile(r"[、,，;；/\s]+")


def split(said: str) -> list[str]:
    """The words of a cell that may hold several."""
    return [word for word in _SPLIT.split(said) if word]


@cache
def text(limit: int) -> Callable[[Cell], str | Fault | None]:
    """Cleans free text of at most so many characters."""

    def clean(cell: Cell) -> str | Fault | None:
        return cleaning.clean_text(cell, limit=limit)

    return clean


@cache
def door_text(limit: int) -> Callable[[Cell], str | Fault | None]:
    """As ``text``. Excel makes a date of a door like 3-2-5: what was typed is lost."""
    clean = text(limit)

    def door(cell: Cell) -> str | Fault | None:
        if isinstance(cell, dt.date | dt.time | dt.timedelta | bool):
            return Fault("not_text")
        return clean(cell)

    return door


class Taker:
    """Cleans the cell of a field, noting what is wrong with it.

    ``memory``: what texts of a field were cleaned to in rows above. Most columns of a ledger repeat
    themselves; a number of a document doesn't, and is cleaned by what its row says of its kind.
    """

    def __init__(
        self,
        record: Record,
        positions: Mapping[str, int],
        memory: Mapping[str, dict[str, Any]],
        cells: list[Cell],
    ) -> None:
        self._record = record
        self._positions = positions
        self._memory = memory
        self._cells = cells

    def filled(self, name: str) -> bool:
        """Whether the row has something in the field's column."""
        position = self._positions.get(name)
        return position is not None and not is_blank(self._cells[position])

    def __call__(self, name: str, clean: Callable[[Cell], Any]) -> Any:
        position = self._positions.get(name)
        if position is None:
            return None
        cell = self._cells[position]
        if cell is None:
            return None
        memory = self._memory.get(name)
        if memory is None or not isinstance(cell, str):
            value = clean(cell)
        elif cell in memory:
            value = memory[cell]
        else:
            if len(memory) >= REMEMBERED:
                memory.clear()
            value = memory[cell] = clean(cell)
        if isinstance(value, Fault):
            self._record.refuse(name, value.code, value.message, value.mend)
            return None
        return value
