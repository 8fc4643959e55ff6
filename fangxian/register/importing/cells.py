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
UNREAD: Final = "unread"
_UNSEEN: Final = object()
_NO_TEXTS: Final = (dt.date, dt.time, dt.timedelta, bool)
# What a cell that holds a word is told.
_FORMS: Final = ("date_form", "phone_form")
_BRACKETS: Final = re.compile(r"[(（][^()（）]*[)）]")
_SPLIT: Final = re.compile(r"[、,，;；/\s]+")


def split(said: str) -> list[str]:
    """The words of a cell that may hold several."""
    return [word for word in _SPLIT.split(said) if word]


def without_spaces(said: str) -> str:
    """A word of the ledger without the spaces and remarks in it."""
    return _BRACKETS.sub("", "".join(said.split()))


@cache
def text(limit: int) -> Callable[[Cell], str | Fault | None]:
    """Cleans free text of at most so many characters."""

    def clean(cell: Cell) -> str | Fault | None:
        return cleaning.clean_text(cell, limit=limit)

    return clean


@cache
def not_filler(limit: int) -> Callable[[Cell], str | Fault | None]:
    """As ``text``; what stands for nothing, as a stroke does, is nothing."""
    clean = text(limit)

    def said(cell: Cell) -> str | Fault | None:
        value = clean(cell)
        return None if isinstance(value, str) and cleaning.is_filler(value) else value

    return said


@cache
def unless_ditto(clean: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    """As ``clean``; “as above” below nothing says nothing: for what nobody decides by."""

    def read(cell: Cell) -> Any:
        value = clean(cell)
        return None if isinstance(value, Fault) and value.code == "ditto" else value

    return read


@cache
def unless_word(clean: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    """As ``clean``; a mere word where a day or a phone is asked says nothing, if it is no ditto."""

    def read(cell: Cell) -> Any:
        value = clean(cell)
        if isinstance(value, Fault) and value.code in _FORMS and isinstance(cell, str):
            return value if any(map(str.isdecimal, cell)) else None
        return value

    return read


@cache
def or_unread(clean: Callable[[Cell], Any], code: str) -> Callable[[Cell], Any]:
    """As ``clean``; UNREAD in place of a fault of this code, for the row to judge."""

    def read(cell: Cell) -> Any:
        value = clean(cell)
        return UNREAD if isinstance(value, Fault) and value.code == code else value

    return read


@cache
def door_text(limit: int) -> Callable[[Cell], str | Fault | None]:
    """As ``text``. Excel makes a date of a door like 3-2-5: what was typed is lost."""
    clean = text(limit)

    def door(cell: Cell) -> str | Fault | None:
        if isinstance(cell, _NO_TEXTS):
            return Fault("not_text")
        return clean(cell)

    return door


Read = tuple[int, dict[str, Any] | None]
"""The position of a field's column, and what its texts in rows above were cleaned to.

Most columns of a ledger repeat themselves; a number of a document doesn't, and is cleaned by what
its row says of its kind.
"""


def reads(positions: Mapping[str, int]) -> dict[str, Read]:
    """For a :class:`Taker`, with nothing remembered yet."""
    return {name: (at, None if name == "identity" else {}) for name, at in positions.items()}


class Taker:
    """Cleans the cell of a field, noting what is wrong with it; None where it has no column."""

    __slots__ = ("_reads", "_record", "cells")

    def __init__(self, record: Record, reads: Mapping[str, Read], cells: list[Cell]) -> None:
        self._record = record
        self._reads = reads
        self.cells = cells

    def filled(self, name: str) -> bool:
        """Whether the row has something in the field's column."""
        read = self._reads.get(name)
        return read is not None and not is_blank(self.cells[read[0]])

    def __call__(self, name: str, clean: Callable[[Cell], Any]) -> Any:
        read = self._reads.get(name)
        if read is None or (cell := self.cells[read[0]]) is None:
            return None
        memory = read[1]
        if memory is None or not isinstance(cell, str):
            value = clean(cell)
        elif (value := memory.get(cell, _UNSEEN)) is _UNSEEN:
            if len(memory) >= REMEMBERED:
                memory.clear()
            value = memory[cell] = clean(cell)
        if isinstance(value, Fault):
            # Several readers may ask for the same cell.
            if all((name, value.code) != told[:2] for told in self._record.problems):
                self._record.refuse(name, value.code, value.message, value.mend)
            return None
        return value
