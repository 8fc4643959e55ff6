"""What is registered of the doors and documents that the rows of a chunk name."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from uuid import UUID

from fangxian.common import access
from fangxian.common.crypto import indexer
from fangxian.people.documents import normal_number, normal_phone
from fangxian.people.models import Person, PersonDocument, PersonPhone
from fangxian.people.queries import known_documents
from fangxian.register.importing.places import Door
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD

_DOCUMENT: Final[Any] = PersonDocument._meta.get_field("number_index")
_PHONE: Final[Any] = PersonPhone._meta.get_field("number_index")


@dataclass(slots=True)
class Home:
    """A household, registered (``known``) or to be made."""

    id: UUID
    door: Door
    number: str
    known: bool
    state: str = "lived_in"
    set_number: bool = False
    head: UUID | None = None
    head_name: str = ""


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
    documents: set[tuple[str, bytes]] = field(default_factory=set)
    phones: set[bytes] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    residencies: list[Lives] = field(default_factory=list)


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


@dataclass(slots=True)
class Registered:
    """What is registered of a chunk's doors and documents; rows further down see what rows add."""

    homes: dict[tuple[str, str], list[Home]]
    by_id: dict[UUID, Home]
    residents: dict[UUID, list[Human]]
    by_document: dict[tuple[str, bytes], Human]

    @classmethod
    def load(cls, wanted: set[tuple[str, str]], pairs: set[tuple[str, bytes]]) -> Registered:
        """Load by (place code, room) and (kind of document, index of its number)."""
        doors = {place for place, _room in wanted}
        by_pair = known_documents(sorted(pairs)) if pairs else {}
        rows = Household.objects.filter(place_code__in=doors).exclude(state=Household.State.CLOSED)
        homes: dict[tuple[str, str], list[Home]] = defaultdict(list)
        for home in rows.order_by("created_at", "id"):
            at = (home.place_code, home.room)
            if at in wanted:
                door = Door(home.place_code, home.building_id, home.unit_id, home.room)
                homes[at].append(Home(home.id, door, home.number, True, home.state))
        by_id = {home.id: home for found in homes.values() for home in found}
        humans = _humans(by_id, by_pair.values())
        residents: dict[UUID, list[Human]] = defaultdict(list)
        for human in humans.values():
            for lives in human.residencies:
                if home_of := by_id.get(lives.household_id):
                    residents[home_of.id].append(human)
                    if lives.relation == HEAD:
                        home_of.head, home_of.head_name = human.id, human.name
        documented = {pair: humans[key] for pair, key in by_pair.items() if key in humans}
        return cls(homes, by_id, residents, documented)

    def leave(self, human: Human, household: UUID) -> None:
        """The person lives there no longer: rows further down don't find it by its name."""
        self.vacate(human, household)
        there = self.residents.get(household, [])
        self.residents[household] = [other for other in there if other is not human]

    def vacate(self, human: Human, household: UUID) -> None:
        """The person is no longer the head of that household, if it was."""
        home = self.by_id.get(household)
        if home is not None and home.head == human.id:
            home.head, home.head_name = None, ""


def _humans(homes: Iterable[UUID], also: Iterable[UUID]) -> dict[UUID, Human]:
    """The persons who live in the homes, and others, with all that an import compares."""
    ids = set(also)
    ids.update(
        Residency.objects.filter(household_id__in=list(homes), to_date=None).values_list(
            "person_id", flat=True
        )
    )
    access.note(*ids)
    keys = list(ids)
    humans = {
        row[0]: Human(*row)
        for row in Person.objects.filter(pk__in=keys, merged_into=None).values_list(
            "id", "name", "sex", "birth_date", "ethnicity", "registered_address", "employer",
            "deceased_on",
        )
    }  # fmt: skip
    for person, kind, index in PersonDocument.objects.filter(person_id__in=keys).values_list(
        "person_id", "kind", "number_index"
    ):
        if person in humans:
            humans[person].documents.add((kind, bytes(index)))
    for person, index in PersonPhone.objects.filter(person_id__in=keys).values_list(
        "person_id", "number_index"
    ):
        if person in humans:
            humans[person].phones.add(bytes(index))
    for person, group in KeyGroupEntry.objects.filter(person_id__in=keys, to_date=None).values_list(
        "person_id", "group"
    ):
        if person in humans:
            humans[person].groups.add(group)
    lives: Any
    for person, *lives in Residency.objects.filter(person_id__in=keys, to_date=None).values_list(
        "person_id", "id", "household_id", "place_code", "relation", "kind", "from_date"
    ):
        if person in humans:
            humans[person].residencies.append(Lives(*lives))
    return humans
