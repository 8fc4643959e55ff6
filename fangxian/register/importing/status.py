"""What a ledger's words for being somewhere mean, by the column they stand in."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import lru_cache
from typing import Any, Final

from fangxian.common.sheets import Cell, Fault, cleaning
from fangxian.common.sheets.words import fold, key, known_field, load, words
from fangxian.register.vocabularies import DATA, RELATIONS, RESIDENCY_KINDS

# Meanings beside the kinds of residency.
NOBODY: Final = "nobody"
ABSENT: Final = "absent"
# What a column says of a death or of a move away.
GONE: Final = "gone"
STAYS: Final = "stays"
UNCLEAR: Final = "unclear"

_WORDS: Final[dict[str, list[str]]] = json.loads((DATA / "states.json").read_text("utf-8"))
_VACANT: Final = frozenset(key(word) for word in _WORDS["vacant"])
_DEAD: Final = frozenset(key(word) for word in _WORDS["dead"])
_STAYS: Final = frozenset(key(word) for word in _WORDS["stays"])
_NO_NAMES: Final = frozenset(key(word) for word in _WORDS["no_names"])
_COLUMNS: Final[dict[str, Any]] = json.loads((DATA / "residence_columns.json").read_text("utf-8"))
_YES_NO: Final[dict[str, dict[str, str]]] = {
    key(label): meanings for label, meanings in _COLUMNS["yes_no"].items()
}
_HOUSES: Final = frozenset(key(label) for label in _COLUMNS["houses"])
_NO_IS_GONE: Final = frozenset(key(label) for label in _COLUMNS["no_is_gone"])
_NAME_ENDINGS: Final = re.compile(rf"(?:{'|'.join(map(re.escape, _COLUMNS['name_endings']))})+$")
_BRACKETS: Final = re.compile(r"[(（][^()（）]*[)）]")
_NUMBERED: Final = re.compile(rf"[\d{''.join(load('words')['digits'])}]+")
_GONE: Final = re.compile(
    "".join(f"(?<!{word})" for word in _WORDS["not"]) + f"(?:{'|'.join(_WORDS['gone'])})"
)
_STILL: Final = re.compile(rf"(?:{'|'.join(_WORDS['not'])})(?:{'|'.join(_WORDS['gone'])})")


def tells_gone(text: str) -> bool:
    """Whether a word tells of a death or of a move away."""
    return _GONE.search(text) is not None


def tells_dead(word: str) -> bool:
    """Whether a word says that the person is dead; the family of a dead child is none of them."""
    return key(word) in _DEAD


def names_gone(sheet: str) -> bool:
    """Whether the name of a sheet says that those in it have died or left."""
    return tells_gone(sheet) or any(word in sheet for word in _WORDS["gone_sheets"])


def names_nobody(text: str) -> bool:
    """Whether what stands for a name says that nobody lives there."""
    return key(text) in _VACANT


def is_no_name(text: str) -> bool:
    """Whether what stands for a name is a note or a relation, and names nobody."""
    word = key(text)
    # A single character is a surname at least.
    related = len(text) > 1 and not text.isascii() and RELATIONS.code_of(text)
    return bool(related) or word in _NO_NAMES or word in words("total_words")


def kind_of_column(*labels: str) -> str:
    """The kind of residency of those whom a column names, by its name or the group above it.

    "" where they say nothing: a list of tenants has tenants' names.
    """
    for label in labels:
        plain = _NAME_ENDINGS.sub("", fold(label).rpartition("/")[2])
        if kind := RESIDENCY_KINDS.code_of(plain) if plain else None:
            return kind
    return ""


def names_person(label: str) -> bool:
    """Whether a column names a person or a document: the second member's name is a name."""
    return known_field(_NUMBERED.sub("", fold(label))) in ("name", "identity")


class GoneColumn:
    """The column of a ledger with this name, which tells who has died or left."""

    def __init__(self, name: str) -> None:
        self._no_is_gone = key(name) in _NO_IS_GONE

    @property
    def asks(self) -> bool:
        """What it asks: columns of other names that ask the same mean the same."""
        return self._no_is_gone

    def says(self, cell: Cell) -> str | Fault | None:
        """GONE, STAYS or UNCLEAR; None where nothing is said. A past date is that of going."""
        text = cleaning.clean_text(cell, limit=60)
        if text is None or isinstance(text, Fault) or cleaning.is_filler(text):
            return text if isinstance(text, Fault) else None
        answer = cleaning.clean_yes_no(cell)
        if isinstance(answer, bool):
            return GONE if answer != self._no_is_gone else STAYS
        if tells_gone(text):
            return GONE
        if key(text) in _STAYS or _STILL.search(text):
            return STAYS
        day = None if self._no_is_gone else cleaning.clean_day_or_month(cell)
        if isinstance(day, dt.date | cleaning.Month):
            return STAYS if cleaning.is_future(day) else GONE
        return UNCLEAR


class StatusColumn:
    """The column of a ledger with this name, which tells what yes and no mean in it."""

    def __init__(self, name: str) -> None:
        self._yes_no = _YES_NO.get(key(name), {})
        # It speaks of the building: a word that is none for residents says nothing about them.
        self._of_houses = key(name) in _HOUSES

    @property
    def asks(self) -> tuple[frozenset[tuple[str, str]], bool]:
        """What it asks: columns of other names that ask the same mean the same."""
        return frozenset(self._yes_no.items()), self._of_houses

    def meaning(self, said: str) -> str | None:
        """A kind of residency, NOBODY, ABSENT (not here, whoever it is); "" where nothing is said.

        None when the word is not understood.
        """
        if self._yes_no and isinstance(answer := cleaning.clean_yes_no(said), bool):
            return self._yes_no.get("yes" if answer else "no")
        known = _meaning(said)
        if known is None and self._of_houses and not tells_gone(said):
            return ""
        return known


@lru_cache(maxsize=1024)
def _meaning(said: str) -> str | None:
    if cleaning.is_filler(said):
        return ""
    for word in (said, _BRACKETS.sub("", said)):
        if key(word) in _VACANT:
            return NOBODY
        if kind := RESIDENCY_KINDS.code_of(word):
            return kind
    return None
