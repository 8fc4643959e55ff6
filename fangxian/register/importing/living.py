"""Whether the person of a row lives at the door, and how: what all its columns say together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from fangxian.common.sheets import Cell, Column, Fault, cell_text, cleaning
from fangxian.register.importing.cells import split, text, unless_ditto
from fangxian.register.importing.status import (
    ABSENT,
    GONE,
    NOBODY,
    UNCLEAR,
    GoneColumn,
    StatusColumn,
    is_no_name,
    kind_of_column,
    names_nobody,
    tells_dead,
    tells_gone,
)
from fangxian.register.vocabularies import FLOATING, KEY_GROUPS, REGISTERED, SEPARATED

if TYPE_CHECKING:
    from fangxian.register.importing.cells import Taker
    from fangxian.register.importing.fields import Record

# Columns that may tell how somebody lives here beside other things: what they say else is nothing.
HINTS: Final = ("state", "away", "person_category", "registration", "registered_address")
_ANY: Final = StatusColumn("")
_STATUS: Final = text(60)
_HINT: Final = text(200)
_REGISTERED: Final = unless_ditto(_HINT)
_DAYS: Final = {"death_date": cleaning.clean_birth, "move_out_date": cleaning.clean_day_or_month}
# Key groups have the same words in their names: those whose child has died, or who moved about.
_TELL_GONE: Final = {"state": tells_gone, "person_category": tells_dead}


class Living:
    """Reads what the columns say. ``names``: field → name of its column; ``kind``: that of those
    whom no column tells of; ``fields``: those that have a column.
    """

    def __init__(self, names: Mapping[str, str], kind: str, fields: Collection[str]) -> None:
        self._kind = kind
        self._status = StatusColumn(names.get("residence_status", ""))
        self._hints = {n: StatusColumn(names.get(n, "")) for n in HINTS if n in fields}
        self._gone = {n: GoneColumn(names.get(n, "")) for n in ("died", "left") if n in fields}
        self._day = GoneColumn("")
        self._days = {
            name: partial(self._tells_day, clean) for name, clean in _DAYS.items() if name in fields
        }

    def name(self, record: Record, take: Taker, note: str) -> None:
        """A note in the place of a name: the dwelling is empty, or nobody is named.

        ``note``: what stands behind the name; it may tell how the person lives here.
        """
        if not record.name:
            return
        if note:
            record.kind = _ANY.meaning(note) or ""
        nobody = names_nobody(record.name)
        if nobody and not take.filled("identity"):
            record.name, record.vacant = "", True
        elif nobody or is_no_name(record.name):
            record.refuse(
                "name",
                "no_name",
                _("This is not the name of a person."),
                _("Write the name; for an empty dwelling, only the door and that it is empty."),
            )

    def read(self, record: Record, take: Taker) -> None:
        """How the person lives here, and whether he or she does at all."""
        self._read_status(record, take)
        self._read_hints(record, take)
        self._read_gone(record, take)
        record.doubtful = not record.problems and bool(take("note", _note_tells_gone))
        if not record.vacant:
            record.kind = record.kind or self._kind

    def _read_status(self, record: Record, take: Taker) -> None:
        """What is not understood is refused: coverage counts by it."""
        said = take("residence_status", _STATUS)
        if not said:
            return
        meaning = self._status.meaning(said)
        if meaning is None and tells_gone(said):
            _refuse_gone(record, "residence_status")
        elif meaning is None:
            record.refuse(
                "residence_status",
                "unknown_status",
                _("The word does not tell how the person lives here."),
                _("Write for example registered, tenant or empty, or leave this column out."),
            )
        else:
            _apply(record, "residence_status", meaning)

    def _read_hints(self, record: Record, take: Taker) -> None:
        for name, column in self._hints.items():
            said = take(name, _REGISTERED if name == "registered_address" else _HINT)
            for word in split(said) if said else ():
                if name == "person_category" and KEY_GROUPS.code_of(word):
                    continue
                meaning = column.meaning(word)
                if name == "person_category" and meaning == NOBODY:
                    continue
                if meaning is None and name in _TELL_GONE and _TELL_GONE[name](word):
                    _refuse_gone(record, name)
                elif meaning and not (record.kind or record.vacant):
                    _apply(record, name, meaning)
                elif name == "away" and meaning in (ABSENT, SEPARATED) and _may_be_away(record):
                    # Registered here, says another column; away, says this one.
                    record.kind = SEPARATED
                elif meaning == FLOATING and record.kind == REGISTERED:
                    # Lives here, says another column; registered elsewhere, says this one.
                    record.kind = FLOATING

    def _read_gone(self, record: Record, take: Taker) -> None:
        """Who has died or left does not become a resident by the ledger."""
        for name, column in self._gone.items():
            says = take(name, column.says)
            if says == GONE:
                _refuse_gone(record, name)
            elif says == UNCLEAR:
                record.refuse(
                    name,
                    "unknown_gone",
                    _("The word does not tell whether the person has died or has left."),
                    _("Write yes, no or the day, or leave this column out."),
                )
        for name, tells in self._days.items():
            if take(name, tells) == GONE:
                _refuse_gone(record, name)
        if (kind := take("move_kind", _STATUS)) and tells_gone(kind):
            _refuse_gone(record, "move_kind")

    def _tells_day(self, clean: Callable[[Cell], Any], cell: Cell) -> str | Fault | None:
        """GONE on a past day; a column of days may say yes or no as well."""
        day = clean(cell)
        if isinstance(day, Fault):
            says = self._day.says(cell) if day.code == "date_form" else UNCLEAR
            return day if says == UNCLEAR else says
        return None if day is None or cleaning.is_future(day) else GONE


def _note_tells_gone(cell: Cell) -> bool:
    return tells_gone(cell_text(cell))


def _may_be_away(record: Record) -> bool:
    return bool(record.name) and record.kind == REGISTERED


def told_by_name(field: str, column: Column) -> Hashable:
    """What the very name of the column of a field tells of its cells; None if nothing."""
    if field == "name":
        return kind_of_column(column.name, column.group)
    if field in ("residence_status", *HINTS):
        return StatusColumn(column.name).asks
    if field in ("died", "left"):
        return GoneColumn(column.name).asks
    return None


def means_residency(word: str) -> bool:
    """Whether a word tells how somebody lives somewhere."""
    return _ANY.meaning(word) is not None


@lru_cache(maxsize=1024)
def is_answer(said: str) -> bool:
    """Whether a text but answers how somebody lives somewhere."""
    return isinstance(cleaning.clean_yes_no(said), bool) or means_residency(said)


def _apply(record: Record, name: str, meaning: str) -> None:
    if meaning == ABSENT:
        meaning = SEPARATED if record.name else NOBODY
    if meaning != NOBODY:
        record.kind = meaning
    elif record.name:
        record.refuse(
            name,
            "named_in_empty",
            _("The row names a person, and says that nobody lives here."),
            _("Leave the person out of the row, or correct the word."),
        )
    else:
        record.vacant = True


def _refuse_gone(record: Record, name: str) -> None:
    if any(code == "gone" for _name, code, _message, _mend in record.problems):
        return
    record.refuse(
        name,
        "gone",
        _("The row says that the person has died or has left."),
        _("Record that in the register, at the person; then delete the row."),
    )
