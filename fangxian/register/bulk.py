"""Loading a whole register: households with their residents, by COPY (see ``common.bulk.Load``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from fangxian.common.bulk import Load, text_of
from fangxian.common.ids import uuid7
from fangxian.people import names
from fangxian.people.models import (
    NameToken,
    Person,
    PersonDocument,
    PersonLink,
    PersonPhone,
)
from fangxian.people.vocabularies import IDENTITY
from fangxian.register.actions.residencies import LINK
from fangxian.register.models import Household, KeyGroupEntry, Residency

MODELS: Final = (
    Person,
    PersonDocument,
    PersonPhone,
    PersonLink,
    NameToken,
    Household,
    Residency,
    KeyGroupEntry,
)
CHUNK: Final = 20_000

_NUMBER: Final[Any] = PersonDocument._meta.get_field("number")
_NUMBER_INDEX: Final[Any] = PersonDocument._meta.get_field("number_index")
_PHONE: Final[Any] = PersonPhone._meta.get_field("number")
_PHONE_INDEX: Final[Any] = PersonPhone._meta.get_field("number_index")

COLUMNS: Final[dict[Any, tuple[str, ...]]] = {
    Person: (
        "id", "created_at", "name", "initials", "sex", "birth_date", "ethnicity", "nationality",
        "registered_address", "employer",
    ),
    PersonDocument: ("id", "created_at", "person_id", "kind", "number", "number_index"),
    PersonPhone: ("id", "created_at", "person_id", "number", "number_index", "label"),
    PersonLink: ("person_id", "place_code", "kind", "source_id"),
    Household: (
        "id", "created_at", "place_code", "building_id", "unit_id", "room", "number", "kind",
        "state", "address", "note",
    ),
    Residency: (
        "id", "created_at", "place_code", "person_id", "household_id", "relation", "kind",
        "from_date", "ended", "away_since", "away_where",
    ),
    KeyGroupEntry: ("id", "created_at", "person_id", "group", "place_code", "from_date"),
}  # fmt: skip

# Tokens of all persons at once; the application's own statement (people.tokens) does a few.
_TOKENS: Final = """
INSERT INTO people_nametoken (token, place_code, person_id)
SELECT token, place_code, person_id
FROM (SELECT DISTINCT l.person_id, l.place_code, p.name, p.initials
      FROM people_personlink l JOIN people_person p ON p.id = l.person_id
      WHERE l.person_id >= %s) linked,
     LATERAL people_tokens(linked.name, linked.initials) token
"""


@dataclass(slots=True)
class ResidentRow:
    """One resident. ``number`` is that of the document of ``kind_of_document``, or ``""``."""

    name: str
    sex: str = "0"
    birth_date: dt.date | None = None
    number: str = ""
    phone: str = ""
    relation: str = "other"
    kind: str = "registered"
    from_date: dt.date = dt.date(2020, 1, 1)
    ethnicity: str = "01"
    kind_of_document: str = IDENTITY
    registered_address: str = ""
    employer: str = ""
    groups: tuple[str, ...] = ()
    away_since: dt.date | None = None
    away_where: str = ""
    id: UUID = field(default_factory=uuid7)


@dataclass(slots=True)
class HouseholdRow:
    """One household and who lives in it."""

    place_code: str
    building_id: UUID
    unit_id: UUID | None
    room: str
    residents: list[ResidentRow] = field(default_factory=list)
    number: str = ""
    kind: str = "family"
    state: str = "lived_in"
    address: str = ""
    id: UUID = field(default_factory=uuid7)


def load_register(load: Load, households: Iterable[HouseholdRow]) -> dict[str, int]:
    """Load households with their residents. Returns the number of rows by table, history left out.

    Values are trusted: they come from a generator or from another register, checked before.
    """
    source = iter(households)
    counts: dict[str, int] = {}
    first: UUID | None = None
    while chunk := list(islice(source, CHUNK)):
        lines = _lines(chunk)
        for model, rows in lines.items():
            load.copy(model, COLUMNS[model], rows)
            table = model._meta.db_table
            counts[table] = counts.get(table, 0) + len(rows)
        ids = [resident.id for home in chunk for resident in home.residents]
        first = min(ids if first is None else [first, *ids], default=first)
    if first is not None:
        with load.cursor() as cursor:
            # Without statistics of the rows just loaded the join would be planned for none.
            cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
            cursor.execute(_TOKENS, [first])
            counts["people_nametoken"] = cursor.rowcount
            cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")
    return counts


def _lines(households: list[HouseholdRow]) -> dict[Any, list[str]]:
    now = timezone.now().isoformat()
    homes: list[str] = []
    persons: list[str] = []
    documents: list[str] = []
    phones: list[str] = []
    links: list[str] = []
    residencies: list[str] = []
    groups: list[str] = []
    t = text_of
    for home in households:
        place = home.place_code
        homes.append(
            f"{home.id}\t{now}\t{place}\t{home.building_id}\t{t(home.unit_id)}\t{t(home.room)}\t"
            f"{t(home.number)}\t{home.kind}\t{home.state}\t{t(home.address)}\t\n"
        )
        for one in home.residents:
            row = uuid7()
            persons.append(
                f"{one.id}\t{now}\t{t(one.name)}\t{names.initials(one.name)}\t{one.sex}\t"
                f"{t(one.birth_date)}\t{one.ethnicity}\tCHN\t{t(one.registered_address)}\t"
                f"{t(one.employer)}\n"
            )
            links.append(f"{one.id}\t{place}\t{LINK}\t{row}\n")
            residencies.append(
                f"{row}\t{now}\t{place}\t{one.id}\t{home.id}\t{one.relation}\t{one.kind}\t"
                f"{one.from_date}\t\t{t(one.away_since)}\t{t(one.away_where)}\n"
            )
            if one.number:
                documents.append(
                    f"{uuid7()}\t{now}\t{one.id}\t{one.kind_of_document}\t"
                    f"{t(_NUMBER.seal(one.number))}\t{t(_NUMBER_INDEX.of(one.number))}\n"
                )
            if one.phone:
                phones.append(
                    f"{uuid7()}\t{now}\t{one.id}\t{t(_PHONE.seal(one.phone))}\t"
                    f"{t(_PHONE_INDEX.of(one.phone))}\t\n"
                )
            for group in one.groups:
                groups.append(f"{uuid7()}\t{now}\t{one.id}\t{group}\t{place}\t{one.from_date}\n")
    return {
        Person: persons,
        Household: homes,
        PersonLink: links,
        PersonDocument: documents,
        PersonPhone: phones,
        Residency: residencies,
        KeyGroupEntry: groups,
    }
