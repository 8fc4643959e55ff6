"""Loading a whole register: households with their residents, by COPY (see ``common.bulk.Load``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from uuid_utils import uuid7 as fast_uuid7

from fangxian.common.bulk import NULL, Load, text_of
from fangxian.common.crypto import indexer, sealer
from fangxian.common.ids import uuid7
from fangxian.people.documents import normal_number, normal_phone
from fangxian.people.models import (
    NameToken,
    Person,
    PersonDocument,
    PersonLink,
    PersonPhone,
)
from fangxian.people.names import initials
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
CHUNK: Final = 4_000

_NUMBER: Final[Any] = PersonDocument._meta.get_field("number")
_PHONE: Final[Any] = PersonPhone._meta.get_field("number")

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

# Tokens of all persons at once, each with one link; people.tokens does a few of any kind.
_TOKENS: Final = """
INSERT INTO people_nametoken (token, place_code, person_id)
SELECT token, link.place_code, link.person_id
FROM people_personlink link
JOIN people_person person ON person.id = link.person_id,
     LATERAL people_tokens(person.name, person.initials) token
WHERE link.person_id >= %s
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
    with ThreadPoolExecutor(1, "load") as beside:
        # The lines of the next chunk are made while the database takes in this one.
        ahead: Future[tuple[Any, list[UUID]]] = beside.submit(_next, source)
        while True:
            lines, ids = ahead.result()
            if not lines:
                break
            ahead = beside.submit(_next, source)
            for model, rows in lines.items():
                load.copy(model, COLUMNS[model], rows)
                table = model._meta.db_table
                counts[table] = counts.get(table, 0) + len(rows)
            first = min(ids if first is None else [first, *ids], default=first)
    if first is not None:
        with load.cursor() as cursor:
            # Without statistics of the rows just loaded the join would be planned for none.
            cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
            cursor.execute(_TOKENS, [first])
            counts["people_nametoken"] = cursor.rowcount
            cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")
    return counts


def _next(source: Iterator[HouseholdRow]) -> tuple[dict[Any, list[str]], list[UUID]]:
    chunk = list(islice(source, CHUNK))
    if not chunk:
        return {}, []
    return _lines(chunk), [one.id for home in chunk for one in home.residents]


def _lines(households: list[HouseholdRow]) -> dict[Any, list[str]]:
    now = timezone.now().isoformat()
    homes: list[str] = []
    persons: list[str] = []
    documents: list[str] = []
    phones: list[str] = []
    links: list[str] = []
    residencies: list[str] = []
    groups: list[str] = []
    t, new = text_of, fast_uuid7
    seal_number, seal_phone = sealer(_NUMBER.column_name), sealer(_PHONE.column_name)
    index_number, index_phone = indexer(_NUMBER.column_name), indexer(_PHONE.column_name)
    for home in households:
        place, home_id = home.place_code, str(home.id)
        homes.append(
            f"{home_id}\t{now}\t{place}\t{home.building_id}\t{t(home.unit_id)}\t{t(home.room)}\t"
            f"{t(home.number)}\t{home.kind}\t{home.state}\t{t(home.address)}\t\n"
        )
        for one in home.residents:
            row, person = new(), str(one.id)
            persons.append(
                f"{person}\t{now}\t{t(one.name)}\t{initials(one.name)}\t{one.sex}\t"
                f"{one.birth_date or NULL}\t{one.ethnicity}\tCHN\t{t(one.registered_address)}\t"
                f"{t(one.employer)}\n"
            )
            links.append(f"{person}\t{place}\t{LINK}\t{row}\n")
            residencies.append(
                f"{row}\t{now}\t{place}\t{person}\t{home_id}\t{one.relation}\t{one.kind}\t"
                f"{one.from_date}\t\t{one.away_since or NULL}\t{t(one.away_where)}\n"
            )
            if one.number:
                number = normal_number(one.number)
                documents.append(
                    f"{new()}\t{now}\t{person}\t{one.kind_of_document}\t"
                    f"\\\\x{seal_number(number).hex()}\t\\\\x{index_number(number).hex()}\n"
                )
            if one.phone:
                phone = normal_phone(one.phone)
                phones.append(
                    f"{new()}\t{now}\t{person}\t\\\\x{seal_phone(phone).hex()}\t"
                    f"\\\\x{index_phone(phone).hex()}\t\n"
                )
            for group in one.groups:
                groups.append(f"{new()}\t{now}\t{person}\t{group}\t{place}\t{one.from_date}\n")
    return {
        Person: persons,
        Household: homes,
        PersonLink: links,
        PersonDocument: documents,
        PersonPhone: phones,
        Residency: residencies,
        KeyGroupEntry: groups,
    }
