"""What is registered of the doors and documents that the rows of a chunk name."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, When

from fangxian.common import access
from fangxian.common.crypto import indexer
from fangxian.people.documents import normal_number, normal_phone
from fangxian.people.locks import lock_persons
from fangxian.people.models import Person, PersonDocument, PersonPhone
from fangxian.people.queries import known_documents
from fangxian.register.importing.places import Door
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD

# Mostly nothing, which costs less than the ids of all rows.
_LENT: Final = Case(When(emergency_id__isnull=False, then="id"))
_DOCUMENT: Final[Any] = PersonDocument._meta.get_field("number_index")
_PHONE: Final[Any] = PersonPhone._meta.get_field("number_index")


@dataclass(slots=True)
class Home:
    """A household, registered (``known``) or to be made. ``head_name`` may be told before a head
    is accepted.
    """

    id: UUID
    door: Door
    number: str
    known: bool
    state: str = "lived_in"
    head: UUID | None = None
    head_name: str = ""
    collective: bool = False


@dataclass(slots=True)
class Human:
    """A registered person as far as an import compares."""

    id: UUID
    name: str
    sex: str
    birth_date: dt.date | None
    ethnicity: str
    registered_address: str
    employer: str
    deceased_on: dt.date | None
    nationality: str
    # Mostly none or one of each, which a tuple keeps in a fraction of a set's memory.
    documents: tuple[tuple[str, bytes], ...] = ()
    phones: tuple[bytes, ...] = ()
    groups: tuple[str, ...] = ()
    residencies: tuple[Lives, ...] = ()
    # What was recorded for an emergency alone: its row by document, phone or group as above.
    lent: dict[Any, UUID] | None = None

    def lend(self, what: Any, row: UUID | None) -> None:
        """Note the row if it was recorded for an emergency alone."""
        if row is not None:
            self.lent = (self.lent or {}) | {what: row}

    def take_over(self, said: Iterable[Any]) -> dict[Any, UUID]:
        """What is said of it outside of emergencies is of the register from now on."""
        lent = self.lent
        return {what: lent.pop(what) for what in said if what in lent} if lent else {}


@dataclass(slots=True)
class Lives:
    """An open residency."""

    id: UUID
    household_id: UUID
    place_code: str
    relation: str
    kind: str
    from_date: dt.date


@cache
def _indexer(column: str) -> Callable[[str], bytes]:
    return indexer(column)


def number_index(number: str) -> bytes:
    """The blind index of a document's number."""
    return _indexer(_DOCUMENT.column_name)(normal_number(number))


def phone_index(number: str) -> bytes:
    """The blind index of a phone."""
    return _indexer(_PHONE.column_name)(normal_phone(number))


class Registered:
    """What is registered of doors and documents, and what accepted rows have added to it.

    A commit makes one for each chunk. A preview, which writes nothing, keeps one from chunk to
    chunk: :meth:`load` leaves alone what rows have changed, so both see the same. ``heads``: the
    heads that rows told of households which have none, by household. ``locking``: for a commit,
    nobody changes those persons until it is written. ``borrowing``: what was recorded for an
    emergency counts as any other; else the ledger, which is for none, takes it over.
    """

    def __init__(
        self,
        heads: dict[UUID, str] | None = None,
        *,
        locking: bool = False,
        borrowing: bool = False,
    ) -> None:
        self._locking = locking
        self._borrowing = borrowing
        self.homes: dict[tuple[str, str], list[Home]] = defaultdict(list)
        self.residents: dict[UUID, list[Human]] = defaultdict(list)
        self.by_document: dict[tuple[str, bytes], Human] = {}
        self.heads = {} if heads is None else heads
        self._by_id: dict[UUID, Home] = {}
        self._humans: dict[UUID, Human] = {}
        self._doors: set[tuple[str, str]] = set()
        self._left: set[UUID] = set()
        self._rows: dict[UUID, Human] = {}

    def of_row(self, row: str) -> Human | None:
        """Whose residency a row tells of, as it was when its chunk was loaded."""
        return self._rows.get(UUID(row))

    def row(self, row: str) -> Lives | None:
        """That residency, while it lasts."""
        human = self.of_row(row)
        found = human.residencies if human is not None else ()
        return next((lives for lives in found if lives.id == UUID(row)), None)

    def load(
        self,
        doors: set[tuple[str, str]],
        pairs: set[tuple[str, bytes]],
        rows: Iterable[str] = (),
    ) -> None:
        """Load by (place code, room), (kind of document, index of its number), residency."""
        named = {UUID(one) for one in rows} - self._rows.keys()
        by_row = dict(
            Residency.objects.filter(pk__in=named, to_date=None).values_list("id", "person_id")
        )
        doors = doors - self._doors
        self._doors |= doors
        pairs = pairs - self.by_document.keys()
        by_pair = known_documents(sorted(pairs)) if pairs else {}
        fresh = _homes(doors)
        living = [home.id for home in fresh]
        also = [*by_pair.values(), *by_row.values()]
        for human in _humans(living, also, self._humans, self._locking):
            if self._borrowing:
                human.lent = None
            self._humans[human.id] = human
            for lives in human.residencies:
                self.residents[lives.household_id].append(human)
        for row, person in by_row.items():
            if person in self._humans:
                self._rows[row] = self._humans[person]
        for pair, person in by_pair.items():
            if person in self._humans:
                self.by_document[pair] = self._humans[person]
        for home in fresh:
            # Without a door of its own a household ends with its last resident.
            if home.id in self._left and not self.residents[home.id] and doorless(home):
                continue
            head = next((h for h in self.residents[home.id] if _is_head(h, home.id)), None)
            home.head = head.id if head else None
            home.head_name = head.name if head else self.heads.get(home.id, "")
            self.add(home)

    def add(self, home: Home) -> None:
        """A household that rows can be matched with from now on."""
        self.homes[home.door.place_code, home.door.room].append(home)
        self._by_id[home.id] = home

    def told_head(self, home: Home, name: str) -> None:
        """A row that was accepted says who is the head."""
        if not home.head_name:
            home.head_name = self.heads[home.id] = name

    def leave(self, human: Human, household: UUID) -> None:
        """The person lives there no longer: rows further down don't find it by its name."""
        self.vacate(human, household)
        there = [other for other in self.residents[household] if other is not human]
        self.residents[household] = there
        self._left.add(household)
        home = self._by_id.get(household)
        if home is not None and not there and doorless(home):
            self.homes[home.door.place_code, home.door.room].remove(home)
            del self._by_id[household]

    def vacate(self, human: Human, household: UUID) -> None:
        """The person is no longer the head of that household, if it was."""
        home = self._by_id.get(household)
        if home is not None and home.head == human.id:
            home.head, home.head_name = None, ""
            self.heads.pop(household, None)


def doorless(home: Home) -> bool:
    """Whether the household is told from others by its people alone."""
    return not home.door.room and not home.number


def _is_head(human: Human, household: UUID) -> bool:
    return any(
        lives.household_id == household and lives.relation == HEAD for lives in human.residencies
    )


def _homes(wanted: set[tuple[str, str]]) -> list[Home]:
    codes = {place for place, _room in wanted}
    rows = Household.objects.filter(place_code__in=codes).exclude(state=Household.State.CLOSED)
    return [
        Home(
            home.id,
            Door(home.place_code, home.building_id, home.unit_id, home.room),
            home.number,
            True,
            home.state,
            collective=home.kind == Household.Kind.COLLECTIVE,
        )
        for home in rows.order_by("created_at", "id")
        if (home.place_code, home.room) in wanted
    ]


def _humans(
    homes: Iterable[UUID], also: Iterable[UUID], known: Container[UUID], locking: bool
) -> Iterable[Human]:
    """The persons who live in the homes, and others, with all that an import compares."""
    ids = set(also)
    ids.update(
        Residency.objects.filter(household_id__in=list(homes), to_date=None).values_list(
            "person_id", flat=True
        )
    )
    keys = [key for key in ids if key not in known]
    access.note(*keys)
    if locking:
        lock_persons(keys)
    humans = {
        row[0]: Human(*row)
        for row in Person.objects.filter(pk__in=keys, merged_into=None).values_list(
            "id", "name", "sex", "birth_date", "ethnicity", "registered_address", "employer",
            "deceased_on", "nationality",
        )
    }  # fmt: skip
    # Those of an ended emergency have no index any more.
    indexed = {"person_id__in": keys, "number_index__isnull": False}
    for person, kind, index, lent in PersonDocument.objects.filter(**indexed).values_list(
        "person_id", "kind", "number_index", _LENT
    ):
        if person in humans:
            humans[person].documents += ((kind, bytes(index)),)
            humans[person].lend((kind, bytes(index)), lent)
    for person, index, lent in PersonPhone.objects.filter(**indexed).values_list(
        "person_id", "number_index", _LENT
    ):
        if person in humans:
            humans[person].phones += (bytes(index),)
            humans[person].lend(bytes(index), lent)
    groups = KeyGroupEntry.objects.filter(person_id__in=keys, to_date=None)
    for person, group, lent in groups.values_list("person_id", "group", _LENT):
        if person in humans:
            humans[person].groups += (group,)
            humans[person].lend(group, lent)
    lives: Any
    for person, *lives in Residency.objects.filter(person_id__in=keys, to_date=None).values_list(
        "person_id", "id", "household_id", "place_code", "relation", "kind", "from_date"
    ):
        if person in humans:
            humans[person].residencies += (Lives(*lives),)
    return humans.values()
