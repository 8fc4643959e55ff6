"""What the rows of a chunk mean beside what is registered: new, known, changed, moved, refused."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common.ids import uuid7
from fangxian.register.importing.fields import Record
from fangxian.register.importing.places import Door, PlaceIndex
from fangxian.register.importing.registered import (
    Home,
    Human,
    Lives,
    Registered,
    number_index,
    phone_index,
)
from fangxian.register.vocabularies import HEAD, SEPARATED

NEW: Final = "new"
KNOWN: Final = "known"
CHANGED: Final = "changed"
MOVED: Final = "moved"
DUPLICATE: Final = "duplicate"
REFUSED: Final = "refused"
STATUSES: Final = (NEW, CHANGED, MOVED, KNOWN, DUPLICATE, REFUSED)

FILLED: Final = ("sex", "birth_date", "ethnicity", "registered_address", "employer")


@dataclass(slots=True)
class Decision:
    """What is to be done with one row."""

    record: Record
    status: str = REFUSED
    door: Door | None = None
    home: Home | None = None
    # A row above spoke of this person: this one only adds what was not known.
    again: bool = False
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


def decide(
    records: Sequence[Record],
    places: PlaceIndex,
    *,
    told: MutableMapping[UUID, int],
    unwritten: set[int] | None = None,
) -> list[Decision]:
    """Decide on each row of a chunk. A fixed number of queries; nothing is written.

    Rows of one chunk see each other, so that the size of chunks changes nothing. ``told`` keeps,
    from chunk to chunk, the row that first spoke of each person. A preview, which writes nothing
    between chunks, gives in ``unwritten`` the rows accepted so far.
    """
    decisions = [_prepare(record, places) for record in records]
    live = [d for d in decisions if d.door is not None]
    registered = _load(live)
    homes = _Homes(registered)
    waiting = live
    while waiting:
        late = []
        for decision in waiting:
            if decision.home is None:
                homes.place(decision)
            if not _decide_one(decision, registered, told, unwritten):
                late.append(decision)
        # A head who leaves further down makes room for the one above.
        if len(late) == len(waiting):
            for decision in late:
                _refuse_second_head(decision.record)
            break
        waiting = late
    return decisions


def _load(decisions: list[Decision]) -> Registered:
    doors = [d.door for d in decisions if d.door and d.door.building_id.int]
    pairs = {(d.record.document[0], d.index) for d in decisions if d.record.document and d.index}
    return Registered.load({(door.place_code, door.room) for door in doors}, pairs)


def _decide_one(
    decision: Decision,
    registered: Registered,
    told: MutableMapping[UUID, int],
    unwritten: set[int] | None,
) -> bool:
    """Decide on one row; false when it has to wait for the head of its household to leave."""
    record = decision.record
    _match(decision, registered)
    twice = record.same_as is not None and _stands_twice(decision, unwritten or set())
    if not twice and not _lives_twice(decision, told) and not _judge(decision, registered):
        return False
    if decision.status != REFUSED:
        if decision.human is not None:
            told.setdefault(decision.human.id, record.number)
        if unwritten is not None:
            unwritten.add(record.number)
    return True


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
        _refuse_twice(record, record.same_as)
    return True


def _lives_twice(decision: Decision, told: MutableMapping[UUID, int]) -> bool:
    """A row above spoke of this person, by name or by document, at another door."""
    human, home = decision.human, decision.home
    if human is None or home is None or human.id not in told:
        return False
    decision.again = True
    if any(lives.household_id == home.id for lives in human.residencies):
        return False
    _refuse_twice(decision.record, told[human.id])
    return True


def _refuse_twice(record: Record, row: int | None) -> None:
    record.refuse(
        "identity",
        "twice_in_file",
        _("The same person stands in row %(row)s at another door.") % {"row": row},
        _("Delete the wrong row."),
    )


class _Homes:
    """The households that rows belong to; those that are not registered are made once."""

    def __init__(self, registered: Registered) -> None:
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


def _match(decision: Decision, registered: Registered) -> None:
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


def _judge(decision: Decision, registered: Registered) -> bool:
    """Accept or refuse a row; false when only the head of its household is in its way."""
    record, human, home = decision.record, decision.human, decision.home
    assert home is not None
    if human is not None and not _acceptable(decision, human):
        return True
    if not _head_is_free(decision, home):
        return False
    if human is None:
        _judge_new(decision, home, registered)
        return True
    for name in FILLED:
        value: Any = getattr(record, name)
        if name == "birth_date" and value:
            value = dt.date.fromisoformat(value)
        known = getattr(human, name)
        if value and value != known and not (decision.again and known):
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
    return True


def _judge_new(decision: Decision, home: Home, registered: Registered) -> None:
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


def _register_document(decision: Decision, human: Human, registered: Registered) -> None:
    if decision.record.document and decision.index:
        pair = (decision.record.document[0], decision.index)
        human.documents.add(pair)
        registered.by_document[pair] = human


def _settle(decision: Decision, human: Human, home: Home, registered: Registered) -> None:
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


def _judge_home(decision: Decision, human: Human, home: Home, registered: Registered) -> None:
    record = decision.record
    here = next((lives for lives in human.residencies if lives.household_id == home.id), None)
    if here is None:
        # Who is registered there but lives elsewhere stays registered.
        decision.leaves = [lives for lives in human.residencies if lives.kind != SEPARATED]
        for left in decision.leaves:
            registered.leave(human, left.household_id)
        human.residencies = [lives for lives in human.residencies if lives.kind == SEPARATED]
        decision.status = MOVED
        _settle(decision, human, home, registered)
        return
    decision.lives = here
    if decision.again:
        record = Record(record.number)
    if record.relation and record.relation != here.relation:
        decision.residency["relation"] = here.relation = record.relation
        if record.relation != HEAD:
            registered.vacate(human, home.id)
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
    return False


def _refuse_second_head(record: Record) -> None:
    record.refuse(
        "relation",
        "second_head",
        _("The household has a head already."),
        _("Tell two households at one door apart by their household numbers."),
    )


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
