"""Heads whom a ledger names in columns of their own, beside the members of their households."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from fangxian.common.sheets import cell_text, cleaning
from fangxian.common.sheets.cells import is_blank
from fangxian.core import imports
from fangxian.core.ledgers.source import Row
from fangxian.register.importing.carrying import SHARED
from fangxian.register.importing.fields import Reader, Record
from fangxian.register.importing.relations import relation_of
from fangxian.register.importing.status import is_no_name
from fangxian.register.vocabularies import HEAD

# The columns of the head, and what they say of a person.
OWN: Final = {"head_name": "name", "head_identity": "identity", "head_phone": "phone"}
_FIELDS: Final[dict[str, str]] = {name: own for own, name in OWN.items()}
# What a row says of the one it is about, and not of the head beside.
_PERSONAL: Final = frozenset({*OWN.values(), *OWN, "relation", "document_type"})
_HOME: Final = frozenset({*SHARED, "household_kind"})
# A row in which one of them stands is about somebody, named or not.
_TELLING: Final = ("name", "identity", "sex", "birth_date")


class Heads:
    """The heads of a file. Give it each row once, in order, and its record.

    A row that names its head alone is the head's. A head beside a member has a row somewhere in
    the file, or none: :attr:`without_row`. ``doubled``: the sheets that show their table several
    times side by side. ``relations``: what the cells of the column of relations mean.
    """

    def __init__(
        self,
        positions: Mapping[str, int],
        names: Mapping[str, str],
        doubled: Collection[int] = (),
        relations: Callable[[str], str | None] = relation_of,
    ) -> None:
        self.relations = relations
        self._at = positions
        self._doubled = frozenset(doubled)
        self._beside = {"name", "head_name"} <= positions.keys()
        head = {name: positions[own] for own, name in OWN.items() if own in positions}
        rest = {name: at for name, at in positions.items() if name not in _PERSONAL}
        shared = {name: at for name, at in positions.items() if name in _HOME and name not in OWN}
        self._alone = Reader(rest | head, heads=True, names=names)
        self._with_members = Reader(shared | head, heads=True)
        self._says = sorted({*shared.values(), *head.values()})
        self._said: set[int] = set()
        # Hashes instead of the values: a file of 100,000 rows stays small in memory.
        self._own: set[int] = set()
        self._named: dict[int, Record] = {}

    def alone(self, row: Row) -> Record | None:
        """The head, if the row names nobody else and says that somebody lives there."""
        if not self._beside or any(self._filled(row, name) for name in _TELLING):
            return None
        said = self._cell(row, "relation")
        if not self._names_head(row) or (said and self.relations(said) not in (HEAD, "")):
            return None
        record = self._alone.read(row.number, row.cells, row.section)
        if any(code == "named_in_empty" for _n, code, _m, _e in record.problems):
            return None
        return _as_written(record)

    def note(self, row: Row, record: Record) -> None:
        """Remember whom a row is about, and the head it names."""
        if not self._beside:
            return
        self._own.update(_keys(record))
        at = imports.place_of(row.number)
        # Heads named beyond the first table would be marked in the wrong one.
        if at.sheet in self._doubled or not self._names_head(row) or not self._filled(row, "name"):
            return
        # Most rows say the same of their head as the one above.
        said = hash((row.section, *(str(row.cells[at]) for at in self._says)))
        if said in self._said or self._cell(row, "head_name") == record.name:
            return
        self._said.add(said)
        head = self._with_members.read(row.number, row.cells, row.section)
        keys = _keys(head)
        if keys and self._named.keys().isdisjoint(keys):
            head.number = imports.number_of(at.row, imports.BEHIND, at.sheet)
            self._named |= dict.fromkeys(keys, _as_written(head))

    def without_row(self) -> Iterator[Record]:
        """The heads that no row is about, each once, in the order in which they are named.

        Numbered behind all rows of the file.
        """
        seen: set[int] = set()
        covered = {record.number for key, record in self._named.items() if key in self._own}
        for record in self._named.values():
            if record.number not in seen and record.number not in covered:
                seen.add(record.number)
                yield record

    def _names_head(self, row: Row) -> bool:
        # Yes and no answer whether this is the head.
        said = self._cell(row, "head_name")
        answered = isinstance(cleaning.clean_yes_no(said), bool) if said else True
        return not answered and not is_no_name(said)

    def _filled(self, row: Row, name: str) -> bool:
        return name in self._at and not is_blank(row.cells[self._at[name]])

    def _cell(self, row: Row, name: str) -> str:
        return cell_text(row.cells[self._at[name]]).strip() if name in self._at else ""


def _keys(record: Record) -> list[int]:
    """By document and by name at the place."""
    keys = [hash(record.document)] if record.document else []
    if record.name:
        keys.append(hash((record.name, record.place, record.household_number)))
    return keys


def _as_written(record: Record) -> Record:
    """Problems at the columns in which the head stands."""
    record.problems = [
        (_FIELDS.get(name, name), code, message, mend)
        for name, code, message, mend in record.problems
    ]
    return record
