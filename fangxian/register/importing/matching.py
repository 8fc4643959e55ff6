"""What the rows of a chunk mean beside what is registered: new, known, changed, moved, refused."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common import access
from fangxian.common.crypto import indexer
from fangxian.common.ids import uuid7
from fangxian.people.documents import normal_number, normal_phone
from fangxian.people.models import Person, PersonDocument, PersonPhone
from fangxian.people.queries import known_documents
from fangxian.register.importing.fields import Record
from fangxian.register.importing.places import Door, PlaceIndex
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD, SEPARATED

NEW: Final = "new"
KNOWN: Final = "known"
CHANGED: Final = "changed"
MOVED: Final = "moved"
DUPLICATE: Final = "duplicate"
REFUSED: Final = "refused"
STATUSES: Final = (NEW, CHANGED, MOVED, KNOWN, DUPLICATE, REFUSED)

_DOCUMENT: Final[Any] = PersonDocument._meta.get_field("number_index")
_PHONE: Final[Any] = PersonPhone._meta.get_field("number_index")
FILLED: Final = ("sex", "birth_date", "ethnicity", "registered_address", "employer")


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


@dataclass(slots=True)
class Decision:
    """What is to be done with one row."""

    record: Record
    status: str = REFUSED
    door: Door | None = None
    home: Home | None = None
    index: bytes | None = None
    phone_indexes: list[bytes] = field(default_factory=list)
    human: Human | None = None
    fills: dict[str, Any] = field(default_factory=dict)
    add_document: bool = False
    add_phones: list[str] = field(default_factory=list)
    add_groups: list[str] = field(default_factory=list)
    lives: Lives | None = None
    settles: Lives | None = None
    residency: dict[str, Any] = field(default_factory=dict)
    leaves: list[Lives] = field(default_factory=list)


@cache
def _indexer(column: str) -> Callable[[str], bytes]:
    return indexer(column)


def number_index(number: str) -> bytes:
    """The blind index of a document's number."""
    return _indexer(_DOCUMENT.column_name)(normal_number(number))


def phone_index(number: str) -> bytes:
    """The blind index of a phone."""
    return _indexer(_PHONE.column_name)(normal_phone(number))


def decide(
    records: Sequence[Record], places: PlaceIndex, *, unwritten: set[int] | None = None
) -> list[Decision]:
    """Decide on each row of a chunk. A fixed number of queries; nothing is written.

    Rows of one chunk see each other, so that the size of chunks changes nothing. A preview, which
    writes nothing between chunks, gives in ``unwritten`` the rows accepted so far.
    """
    decisions = [_prepare(record, places) for record in records]
    live = [d for d in decisions if d.door is not None]
    registered = _Registered.load(live)
    homes = _Homes(registered)
    for decision in live:
        homes.place(decision)
        _match(decision, registered)
        record = decision.record
        if record.same_as is None or not _stands_twice(decision, unwritten or set()):
            _judge(decision, registered)
        if unwritten is not None and decision.status != REFUSED:
            unwritten.add(record.number)
    return decisions


def _prepare(record: Record, places: PlaceIndex) -> Decision:
    decision = Decision(record)
    if not record.problems:
        decision.door = places.find(record)
    if decision.door is None:
        return decision
    if record.document:
        decision.index = number_index(record.document[1])
    decision.phone_indexes = [phone_index(number) for number in record.phones]
    return decision


def _stands_twice(decision: Decision, unwritten: set[int]) -> bool:
    """The same person stands further up in the file: that row counts, unless it was refused."""
    record, human, home = decision.record, decision.human, decision.home
    if human is not None and home is not None:
        same = any(lives.household_id == home.id for lives in human.residencies)
    elif record.same_as in unwritten:
        same = record.same_door
    else:
        return False
    if same:
        decision.status = DUPLICATE
    else:
        record.refuse(
            "identity",
            "twice_in_file",
            _("The same person stands in row %(row)s at another door.") % {"row": record.same_as},
            _("Delete the wrong row."),
        )
    return True


@dataclass(slots=True)
class _Registered:
    """What is registered of the chunk's doors and documents."""

    homes: dict[tuple[str, str], list[Home]]
    residents: dict[UUID, list[Human]]
    by_document: dict[tuple[str, bytes], Human]

    @classmethod
    def load(cls, decisions: list[Decision]) -> _Registered:
        doors = {d.door.place_code for d in decisions if d.door and d.door.building_id.int}
        pairs = {
            (d.record.document[0], d.index) for d in decisions if d.record.document and d.index
        }
        by_pair = known_documents(sorted(pairs)) if pairs else {}
        rows = Household.objects.filter(place_code__in=doors).exclude(state=Household.State.CLOSED)
        wanted = {(d.door.place_code, d.door.room) for d in decisions if d.door}
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
        return cls(homes, residents, documented)


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


class _Homes:
    """The households that rows belong to; those that are not registered are made once."""

    def __init__(self, registered: _Registered) -> None:
        self._registered = registered
        self._made: dict[tuple[str, str], list[Home]] = defaultdict(list)

    def place(self, decision: Decision) -> None:
        door, record = decision.door, decision.record
        assert door is not None
        at = (door.place_code, door.room)
        there = self._registered.homes.get(at, []) + self._made[at]
        home = self._choose(there, record, door)
        if home is None:
            home = Home(uuid7(), door, record.household_number, False)
            self._made[at].append(home)
        if record.home.startswith("h:") and not home.head_name:
            home.head_name = record.home[2:]
        if record.household_number and not home.number:
            home.number, home.set_number = record.household_number, home.known
        decision.home = home

    def _choose(self, there: list[Home], record: Record, door: Door) -> Home | None:
        number = record.household_number
        if number:
            exact = next((home for home in there if home.number == number), None)
            if exact or not door.room:
                return exact
            return next((home for home in there if not home.number), None)
        if door.room:
            return there[0] if there else None
        name = record.home.removeprefix("h:")
        return next((home for home in there if home.head_name == name), None)


def _match(decision: Decision, registered: _Registered) -> None:
    """Find the registered person a row speaks of: by document, else by name in the household."""
    record, home = decision.record, decision.home
    if record.document and decision.index:
        found = registered.by_document.get((record.document[0], decision.index))
        if found:
            decision.human = found
            return
    if home is None:
        return
    for human in registered.residents.get(home.id, []):
        if human.name != record.name or not _compatible(human, decision):
            continue
        decision.human = human
        decision.add_document = record.document is not None
        return


def _compatible(human: Human, decision: Decision) -> bool:
    record = decision.record
    born = human.birth_date.isoformat() if human.birth_date else ""
    if born and record.birth_date and born != record.birth_date:
        return False
    # Somebody of the same name with another document is another person.
    return record.document is None or not human.documents


def _judge(decision: Decision, registered: _Registered) -> None:
    record, human, home = decision.record, decision.human, decision.home
    assert home is not None
    if human is not None and not _acceptable(decision, human):
        return
    if not _head_is_free(decision, home):
        return
    if human is None:
        _judge_new(decision, home, registered)
        return
    for name in FILLED:
        value: Any = getattr(record, name)
        if name == "birth_date" and value:
            value = dt.date.fromisoformat(value)
        if value and value != getattr(human, name):
            decision.fills[name] = value
            setattr(human, name, value)
    for number, index in zip(record.phones, decision.phone_indexes, strict=True):
        if index not in human.phones:
            decision.add_phones.append(number)
            human.phones.add(index)
    for group in record.groups:
        if group not in human.groups:
            decision.add_groups.append(group)
            human.groups.add(group)
    if decision.add_document:
        _register_document(decision, human, registered)
    _judge_home(decision, human, home, registered)


def _judge_new(decision: Decision, home: Home, registered: _Registered) -> None:
    record = decision.record
    human = Human(
        uuid7(),
        record.name,
        record.sex,
        dt.date.fromisoformat(record.birth_date) if record.birth_date else None,
        record.ethnicity,
        record.registered_address,
        record.employer,
        None,
        phones=set(decision.phone_indexes),
        groups=set(record.groups),
    )
    decision.status, decision.human = NEW, human
    decision.add_document = record.document is not None
    decision.add_phones, decision.add_groups = record.phones, record.groups
    _register_document(decision, human, registered)
    if record.relation == HEAD:
        home.head = human.id
    _settle(decision, human, home, registered)


def _register_document(decision: Decision, human: Human, registered: _Registered) -> None:
    if decision.record.document and decision.index:
        pair = (decision.record.document[0], decision.index)
        human.documents.add(pair)
        registered.by_document[pair] = human


def _settle(decision: Decision, human: Human, home: Home, registered: _Registered) -> None:
    """The person lives in the household from now on; rows further down see it."""
    record = decision.record
    since = dt.date.fromisoformat(record.since) if record.since else dt.date.min
    decision.settles = Lives(
        uuid7(),
        home.id,
        home.door.place_code,
        record.relation or "other",
        record.kind or "registered",
        since,
    )
    human.residencies.append(decision.settles)
    registered.residents.setdefault(home.id, []).append(human)


def _judge_home(decision: Decision, human: Human, home: Home, registered: _Registered) -> None:
    record = decision.record
    here = next((lives for lives in human.residencies if lives.household_id == home.id), None)
    if here is None:
        # Who is registered there but lives elsewhere stays registered.
        decision.leaves = [lives for lives in human.residencies if lives.kind != SEPARATED]
        human.residencies = [lives for lives in human.residencies if lives.kind == SEPARATED]
        decision.status = MOVED
        _settle(decision, human, home, registered)
        return
    decision.lives = here
    if record.relation and record.relation != here.relation:
        decision.residency["relation"] = here.relation = record.relation
    if record.kind and record.kind != here.kind:
        decision.residency["kind"] = here.kind = record.kind
    if record.since and record.since != here.from_date.isoformat():
        decision.residency["from_date"] = here.from_date = dt.date.fromisoformat(record.since)
    changes = (
        decision.fills,
        decision.add_phones,
        decision.add_groups,
        decision.residency,
        decision.add_document,
        home.set_number,
    )
    decision.status = CHANGED if any(changes) else KNOWN


def _acceptable(decision: Decision, human: Human) -> bool:
    record = decision.record
    if human.name != record.name:
        record.refuse(
            "name",
            "other_name",
            _("This document is registered under another name."),
            _("Compare both with the document; correct the ledger, or the register first."),
        )
    elif human.deceased_on is not None:
        record.refuse(
            "name",
            "deceased",
            _("This person is registered as having died."),
            _("Delete the row, or correct the register first."),
        )
    return not record.problems


def _head_is_free(decision: Decision, home: Home) -> bool:
    record = decision.record
    if record.relation != HEAD:
        return True
    mine = decision.human.id if decision.human else None
    if home.head is None or home.head == mine:
        home.head, home.head_name = mine, record.name
        return True
    record.refuse(
        "relation",
        "second_head",
        _("The household has a head already."),
        _("Tell two households at one door apart by their household numbers."),
    )
    return False


class FileOrder:
    """What a row owes to the rows above it in its file; give it each row once, in order."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, ...], str] = {}
        # Hashes instead of the values: a file of 100,000 rows stays small in memory.
        self._first: dict[int, tuple[int, int]] = {}

    def tell(self, record: Record) -> None:
        """Set the row's household, and note whether its person stands further up."""
        if not record.problems and not record.place[5]:
            self._household(record)
        if not record.problems:
            self._twice(record)

    def _household(self, record: Record) -> None:
        """Without a door number: by number, by head, else that of the last row at the place."""
        at = record.place
        if record.household_number:
            record.home = f"n:{record.household_number}"
        elif record.head_name:
            record.home = f"h:{record.head_name}"
        elif record.relation == HEAD:
            record.home = f"h:{record.name}"
        elif at in self._last:
            record.home = self._last[at]
        else:
            record.refuse(
                "household_number",
                "no_household",
                _("Nothing tells which household the person belongs to."),
                _("Add the room, the household number or the head of the household."),
            )
            return
        self._last[at] = record.home

    def _twice(self, record: Record) -> None:
        door = (record.place, record.home, record.household_number)
        who = record.document or (record.name, record.birth_date, *door)
        row, there = self._first.setdefault(hash(who), (record.number, hash(door)))
        if row != record.number:
            record.same_as, record.same_door = row, there == hash(door)
