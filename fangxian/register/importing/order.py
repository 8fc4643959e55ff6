"""What a row of a ledger owes to the rows above it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fangxian.core.imports import place_of
from fangxian.register.importing.fields import BY_HEAD, Record
from fangxian.register.vocabularies import HEAD, OTHER


class FileOrder:
    """What a row owes to the rows above it; give it each row once, in order.

    The household is that of a row above on the same sheet; the person may stand on another.
    """

    def __init__(self) -> None:
        # Hashes instead of the values: a file of 100,000 rows stays small in memory.
        self._last: dict[int, str] = {}
        self._first: dict[int, int] = {}

    def tell(self, record: Record) -> None:
        """Set the row's household, and note whether its person stands further up."""
        # A refused head still ends the household above: those below are not that one's.
        if record.collective:
            # One household, whatever heads its people have elsewhere.
            record.relation = OTHER if record.relation == HEAD else record.relation
        elif record.room:
            self._family(record)
        elif record.has_place:
            self._household(record)
        if not record.problems:
            self._twice(record)

    def _household(self, record: Record) -> None:
        """Without a door number: by number, by head, else that of the last row at the place."""
        at = hash((record.place, place_of(record.number).sheet))
        if record.household_number:
            record.home = f"n:{record.household_number}"
        elif record.head_name:
            record.home = f"{BY_HEAD}{record.head_name}"
        elif record.relation == HEAD:
            record.home = f"{BY_HEAD}{record.name}" if record.name else ""
        else:
            record.home = self._last.get(at, "")
        self._last[at] = record.home
        if not record.home and not record.problems:
            record.refuse(
                "household_number",
                "no_household",
                _("Nothing tells which household the person belongs to."),
                _("Add the room, the household number or the head of the household."),
            )

    def _family(self, record: Record) -> None:
        """Behind a door with a number: whose people these are, by head, else by the last head."""
        number = record.household_number
        sheet = place_of(record.number).sheet
        at = hash((*record.place, number, sheet))
        if record.relation == HEAD:
            # Without a readable name it is nobody's family that is known.
            record.home = f"{BY_HEAD}{record.name}"
        elif record.head_name:
            record.home = f"{BY_HEAD}{record.head_name}"
        else:
            record.home = self._last.get(at, "")
        self._last[at] = record.home
        if number:
            self._last[hash((*record.place, "", sheet))] = record.home

    def _twice(self, record: Record) -> None:
        who = record.document or (
            record.name, record.birth_date, record.place, "" if record.room else record.home,
            record.household_number,
        )  # fmt: skip
        row = self._first.setdefault(hash(who), record.number)
        if row != record.number:
            record.same_as = row
