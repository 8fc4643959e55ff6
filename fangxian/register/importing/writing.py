"""Writing the decisions of a chunk: a few statements, whatever the number of rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

from django.utils import timezone

from fangxian.common import bulk
from fangxian.common.actor import Actor
from fangxian.common.crypto import sealer
from fangxian.common.ids import uuid7
from fangxian.common.keyring import REGISTER
from fangxian.people import names, queue, tokens
from fangxian.people.actions import change_person
from fangxian.people.matching import offer_matches, offer_pairs
from fangxian.people.models import Person, PersonDocument, PersonLink, PersonPhone
from fangxian.people.queries import known_phones
from fangxian.register.actions.locks import lock_homes
from fangxian.register.actions.residencies import LINK
from fangxian.register.importing import matching
from fangxian.register.importing.matching import Decision
from fangxian.register.importing.registered import Lives
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD

_KIND = {False: Household.Kind.FAMILY, True: Household.Kind.COLLECTIVE}
_NUMBER: Any = PersonDocument._meta.get_field("number")
_PHONE: Any = PersonPhone._meta.get_field("number")


class _Rows:
    """Columns of rows to insert into one table; ``same``: what stands in each of them."""

    def __init__(self, model: Any, **same: Any) -> None:
        self.model = model
        self.columns: dict[str, list[Any]] = defaultdict(list)
        self._same = same

    def add(self, **values: Any) -> None:
        for name, value in values.items():
            self.columns[name].append(value)

    def insert(self, tail: str = "") -> None:
        if self.columns:
            many = len(next(iter(self.columns.values())))
            same = {name: [value] * many for name, value in self._same.items()}
            bulk.insert(self.model, self.columns | same, tail)


class Writer:
    """Collects what is to be written and writes it. ``day`` is that of key groups without one.

    Numbers and key groups belong to the emergency, if there is one.
    """

    def __init__(self, by: Actor, day: dt.date, emergency_id: UUID | None = None) -> None:
        self.by = by
        self.day = day
        now = timezone.now()
        key = emergency_id or REGISTER
        self._seal_number = sealer(_NUMBER.column_name, key)
        self._seal_phone = sealer(_PHONE.column_name, key)
        same: dict[str, Any] = {"created_at": now}
        if emergency_id is not None:
            same["emergency_id"] = emergency_id
        self.persons = _Rows(Person, created_at=now)
        self.documents = _Rows(PersonDocument, **same)
        self.phones = _Rows(PersonPhone, **same, label="")
        self.links = _Rows(PersonLink, kind=LINK)
        self.households = _Rows(Household, created_at=now, address="", note="")
        self.residencies = _Rows(Residency, created_at=now, ended="", away_where="")
        self.groups = _Rows(KeyGroupEntry, **same, from_date=day)
        self._homes: set[UUID] = set()
        self._numbers: dict[UUID, str] = {}
        self._settled: set[UUID] = set()
        self._fills: list[tuple[UUID, dict[str, Any]]] = []
        self._renamed: dict[UUID, str] = {}
        self._residency_changes: list[tuple[UUID, dict[str, Any]]] = []
        self._left: list[tuple[Lives, dt.date]] = []
        self._moved: dict[UUID, str] = {}
        self._new: list[tuple[UUID, Decision]] = []
        self._own: dict[Any, list[tuple[UUID, bytes]]] = defaultdict(list)
        self._own_groups: list[UUID] = []
        self._documented: list[tuple[UUID, str, bytes]] = []

    def take(self, decision: Decision) -> UUID | None:
        """Add one row's changes. Returns the id of the person it speaks of."""
        if decision.status in (matching.REFUSED, matching.LATER, matching.DUPLICATE):
            return decision.human.id if decision.human else None
        if decision.human is None:
            self._home(decision)
            return None
        person = decision.human.id
        if decision.status == matching.NEW:
            self._person(person, decision)
        self._home(decision)
        record = decision.record
        if decision.add_document and record.document:
            self._document(person, record.document, decision.index)
        for number, index in decision.add_phones:
            self.phones.add(
                id=uuid7(), person_id=person, number=self._seal_phone(number), number_index=index
            )
        if decision.renamed:
            self._renamed[person] = decision.renamed
        if decision.fills:
            self._fills.append((person, decision.fills))
        if decision.settles is not None:
            self._lives(person, decision, decision.settles)
        elif decision.lives is not None and decision.residency:
            self._residency_changes.append((decision.lives.id, decision.residency))
            on = record.since_day or self.day
            self._leaves(person, decision, on, decision.lives.place_code)
        assert decision.door is not None
        self._take_over(decision)
        for group in decision.add_groups:
            self.groups.add(
                id=uuid7(), person_id=person, group=group, place_code=decision.door.place_code
            )
        return person

    def _person(self, person: UUID, decision: Decision) -> None:
        record = decision.record
        self.persons.add(
            id=person, name=record.name, initials=names.initials(record.name),
            sex=record.sex or "0",
            birth_date=dt.date.fromisoformat(record.birth_date) if record.birth_date else None,
            ethnicity=record.ethnicity, nationality=record.first_nationality,
            registered_address=record.registered_address, employer=record.employer,
        )  # fmt: skip
        self._new.append((person, decision))

    def _take_over(self, decision: Decision) -> None:
        """What an emergency's key has sealed is sealed with the register's."""
        taken, record = decision.takes_over, decision.record
        if not taken:
            return
        if record.document and (row := taken.get((record.document[0], decision.index))):
            self._own[PersonDocument].append((row, self._seal_number(record.document[1])))
        for number, index in zip(record.phones, decision.phone_indexes, strict=True):
            if row := taken.get(index):
                self._own[PersonPhone].append((row, self._seal_phone(number)))
        self._own_groups += [taken[group] for group in record.groups if group in taken]

    def _document(self, person: UUID, document: tuple[str, str], index: bytes | None) -> None:
        self.documents.add(
            id=uuid7(),
            person_id=person,
            kind=document[0],
            number=self._seal_number(document[1]),
            number_index=index,
        )
        if index is not None:
            self._documented.append((person, document[0], index))

    def _home(self, decision: Decision) -> None:
        home = decision.home
        assert home is not None
        if decision.sets_number:
            self._numbers[home.id] = home.number
        if home.known:
            if decision.settles is not None:
                self._settled.add(home.id)
            return
        if home.id in self._homes:
            return
        self._homes.add(home.id)
        self.households.add(
            id=home.id, place_code=home.door.place_code,
            building_id=home.door.building_id, unit_id=home.door.unit_id, room=home.door.room,
            number=home.number, kind=_KIND[home.collective].value,
            state=home.state,
        )  # fmt: skip

    def _lives(self, person: UUID, decision: Decision, lives: Lives) -> None:
        row, place = lives.id, lives.place_code
        since = lives.from_date
        self.residencies.add(
            id=row, place_code=place, person_id=person, household_id=lives.household_id,
            relation=lives.relation, kind=lives.kind, from_date=since,
        )  # fmt: skip
        self.links.add(person_id=person, place_code=place, source_id=row)
        self._leaves(person, decision, since, place)

    def _leaves(self, person: UUID, decision: Decision, on: dt.date, place: str) -> None:
        for left in decision.leaves:
            self._left.append((left, max(on, left.from_date)))
            self._moved[person] = place

    def flush(self) -> None:
        """Write everything. In the order in which rows refer to each other."""
        lock_homes(self._settled | self.left)
        self.persons.insert()
        self.households.insert()
        self.links.insert("ON CONFLICT DO NOTHING")
        self.documents.insert()
        self.phones.insert()
        self._leave()
        self._step_down()
        self.residencies.insert()
        self._change()
        self._close_doors()
        self.groups.insert()
        linked = list(dict.fromkeys(self.links.columns["person_id"]))
        if linked:
            tokens.write(linked)
        found = offer_matches(self._documented) + self._offer_namesakes()
        if found:
            queue.open_for(self.by, found)

    def _leave(self) -> None:
        ended = Residency.Ended.MOVED.value
        bulk.update(
            Residency,
            [lives.id for lives, _day in self._left],
            {
                "to_date": [day for _lives, day in self._left],
                "ended": [ended] * len(self._left),
                "away_since": [None] * len(self._left),
            },
        )
        if self._moved:
            entries = KeyGroupEntry.objects.filter(
                person_id__in=list(self._moved), to_date=None
            ).values_list("pk", "person_id")
            found = list(entries)
            bulk.update(
                KeyGroupEntry,
                [pk for pk, _person in found],
                {"place_code": [self._moved[person] for _pk, person in found]},
            )

    @property
    def left(self) -> set[UUID]:
        """The households that somebody has left."""
        return {lives.household_id for lives, _day in self._left}

    def _close_doors(self) -> None:
        """Nobody lives any more where all have left; others may have come in this very chunk."""
        still = Residency.objects.filter(household_id__in=self.left, to_date=None)
        bare = Household.objects.filter(
            pk__in=self.left - set(still.values_list("household_id", flat=True))
        )
        # Without a door of its own a household ends with its last resident.
        bare.filter(room="", number="").update(state=Household.State.CLOSED)
        bare.exclude(room="", number="").update(state=Household.State.EMPTY)

    def _step_down(self) -> None:
        """Heads who are heads no more, before others become heads: a household never has two."""
        # What rows of this chunk settle is inserted as the last of them says.
        settled = set(self.residencies.columns["id"])
        self._residency_changes = [
            change for change in self._residency_changes if change[0] not in settled
        ]
        down = {
            key: values["relation"]
            for key, values in self._residency_changes
            if values.get("relation", HEAD) != HEAD
        }
        bulk.update(Residency, list(down), {"relation": list(down.values())})

    def _change(self) -> None:
        # Few, and each has tokens, notices and history of its own.
        for key, name in self._renamed.items():
            change_person(by=self.by, person_id=key, name=name)
        for model, changes in ((Person, self._fills), (Residency, self._residency_changes)):
            by_columns: dict[tuple[str, ...], list[tuple[UUID, dict[str, Any]]]] = defaultdict(list)
            for key, values in changes:
                by_columns[tuple(sorted(values))].append((key, values))
            for columns, rows in by_columns.items():
                bulk.update(
                    model,
                    [key for key, _values in rows],
                    {name: [values[name] for _key, values in rows] for name in columns},
                )
        for model, owned in self._own.items():
            numbers = [number for _key, number in owned]
            none = [None] * len(owned)
            bulk.update(
                model, [key for key, _number in owned], {"emergency_id": none, "number": numbers}
            )
        KeyGroupEntry.objects.filter(pk__in=self._own_groups).update(emergency_id=None)
        bulk.update(Household, list(self._numbers), {"number": list(self._numbers.values())})
        Household.objects.filter(pk__in=self._settled, state=Household.State.EMPTY).update(
            state=Household.State.LIVED_IN
        )

    def _offer_namesakes(self) -> list[UUID]:
        """New persons who share name and phone with somebody here go into the merge queue."""
        shared: dict[bytes, list[tuple[UUID, str]]] = defaultdict(list)
        for person, decision in self._new:
            for index in decision.phone_indexes:
                shared[index].append((person, decision.record.name))
        if not shared:
            return []
        known = known_phones(list(shared))
        name_of = {person: decision.record.name for person, decision in self._new}
        others = {key for keys in known.values() for key in keys} - name_of.keys()
        name_of |= dict(Person.objects.filter(pk__in=others).values_list("pk", "name"))
        pairs = {
            tuple(sorted((person, other)))
            for index, rows in shared.items()
            for person, name in rows
            for other in known.get(index, ())
            if other != person and name_of.get(other) == name
        }
        return offer_pairs([(a, b) for a, b in pairs], "phone")
