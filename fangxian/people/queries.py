"""Named reads of persons: those linked in the running scope; each read is noted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from fangxian.common.bulk import OneOf
from fangxian.common.errors import OutOfScope
from fangxian.common.masks import mask_number, mask_phone
from fangxian.people import names
from fangxian.people.models import MergeCandidate, Person, PersonDocument, PersonPhone


@dataclass(frozen=True)
class Masked:
    """A person as pages show it: no full number of anything."""

    id: UUID
    name: str
    sex: str
    birth_date: dt.date | None
    ethnicity: str
    deceased_on: dt.date | None
    documents: list[tuple[UUID, str, str]] = field(default_factory=list)
    phones: list[tuple[UUID, str, str]] = field(default_factory=list)


def by_id(person_id: UUID) -> Person:
    """The person. Raises OutOfScope when there is none in the scope."""
    try:
        return Person.objects.get(pk=person_id)
    except Person.DoesNotExist:
        raise OutOfScope(f"person {person_id}") from None


def by_ids(ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Persons by id, as far as they are seen. One query."""
    return {person.id: person for person in Person.objects.filter(pk__in=list(ids))}


def masked(person: Person) -> Masked:
    """The person with masked documents and phones. Two queries unless they are prefetched."""
    return Masked(
        id=person.id,
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        ethnicity=person.ethnicity_label,
        deceased_on=person.deceased_on,
        documents=[(d.id, d.kind_label, mask_number(d.number)) for d in person.documents.all()],
        phones=[(p.id, p.label, mask_phone(p.number)) for p in person.phones.all()],
    )


def with_numbers(ids: Iterable[UUID]) -> QuerySet[Person]:
    """These persons with documents and phones at hand. Three queries."""
    return Person.objects.filter(pk__in=list(ids)).prefetch_related("documents", "phones")


def find_by_document(kind: str, number: str) -> QuerySet[Person]:
    """Persons with a document of this number; ``kind`` ``""`` means any. One query at once."""
    return _live(_documented(kind, number))


def find_by_phone(number: str) -> QuerySet[Person]:
    """Persons with this phone. One query at once."""
    return _live(_reached(number))


# Ids first, persons then: joined beneath row-level security the planner reads whole tables.
def _documented(kind: str, number: str) -> list[UUID]:
    index = PersonDocument._meta.get_field("number_index").of(number)
    found = PersonDocument.objects.filter(number_index=index)
    if kind:
        found = found.filter(kind=kind)
    return list(found.values_list("person_id", flat=True))


def _reached(number: str) -> list[UUID]:
    index = PersonPhone._meta.get_field("number_index").of(number)
    found = PersonPhone.objects.filter(number_index=index)
    return list(found.values_list("person_id", flat=True))


def _live(ids: list[UUID]) -> QuerySet[Person]:
    return Person.objects.filter(pk__in=ids, merged_into=None)


_BY_CHARACTER = """
SELECT person_id FROM people_nametoken WHERE token = %s
ORDER BY place_code, person_id LIMIT %s
"""
_BY_RANGE = """
SELECT person_id FROM people_nametoken WHERE token >= %s AND token < %s
ORDER BY token, place_code, person_id LIMIT %s
"""


def search_names(text: str, limit: int = 20) -> list[Person]:
    """Persons whose name contains ``text`` or whose pinyin initials begin with it.

    Exact pieces first. Two queries, both by index beneath row-level security (leakproof operators
    only); a name found at several places comes once.
    """
    piece = names.search_form(text)
    if not piece:
        return []
    fetch = limit * 3
    with connection.cursor() as cursor:
        if len(piece) == 1:
            cursor.execute(_BY_CHARACTER, [piece, fetch])
        else:
            cursor.execute(_BY_RANGE, [piece, names.after(piece), fetch])
        order = list(dict.fromkeys(row[0] for row in cursor.fetchall()))[:limit]
    found = Person.objects.filter(pk__in=order, merged_into=None).in_bulk()
    return [found[key] for key in order if key in found]


def is_number(text: str) -> bool:
    """Whether a search for this text is one for a document or phone, not for a name."""
    text = text.strip()
    digits = sum(character.isdigit() for character in text)
    return digits >= 7 or (digits >= 5 and text.isalnum())


def search(text: str, limit: int = 20) -> list[Person]:
    """Persons by number of a document, phone, name or initials, whichever the text may be."""
    text = text.strip()
    if is_number(text):
        return list(_live([*_documented("", text), *_reached(text)])[:limit])
    return search_names(text, limit)


def known_documents(pairs: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], UUID]:
    """Persons in scope by (kind, number index). Two queries; ids, noted by who loads them."""
    # No join: with fresh tables, that have no statistics yet, the planner would choose a bad one.
    found = list(
        PersonDocument.objects.filter(OneOf(F("number_index"), [index for _kind, index in pairs]))
        .order_by("id")
        .values_list("kind", "number_index", "person_id")
    )
    merged = _merged({row[2] for row in found})
    return {
        (kind, bytes(index)): person_id
        for kind, index, person_id in found
        if person_id not in merged
    }


def known_phones(indexes: Sequence[bytes]) -> dict[bytes, list[UUID]]:
    """Persons in scope by phone index. Two queries; ids, noted by who loads them."""
    rows = list(
        PersonPhone.objects.filter(OneOf(F("number_index"), indexes)).values_list(
            "number_index", "person_id"
        )
    )
    merged = _merged({row[1] for row in rows})
    found: dict[bytes, list[UUID]] = {}
    for index, person_id in rows:
        if person_id not in merged:
            found.setdefault(bytes(index), []).append(person_id)
    return found


def _merged(ids: set[UUID]) -> set[UUID]:
    """Which of the records have been merged into others."""
    away = Person.objects.filter(merged_into__isnull=False, pk__in=ids)
    return set(away.values_list("pk", flat=True))


def merged_into(person_id: UUID) -> list[UUID]:
    """Ids of the records that were merged into this one, wherever that was decided."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_records(%s)", [person_id])
        return [row[0] for row in cursor.fetchall() if row[0] != person_id]


def candidates(state: str = "open") -> QuerySet[MergeCandidate]:
    """The merge queue in scope, oldest first."""
    return MergeCandidate.objects.filter(state=state).order_by("created_at", "id")
