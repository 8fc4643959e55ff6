"""Finding records that may be one human, in the scope and, by tokens only, beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db import connection, connections

from fangxian.common import bulk

# Equal documents of two records that nobody has been asked about.
_UNPAIRED: Final = """
SELECT DISTINCT a.person_id, b.person_id
FROM people_persondocument a
JOIN people_persondocument b ON b.kind = a.kind AND b.number_index = a.number_index
 AND b.person_id > a.person_id
JOIN people_person first ON first.id = a.person_id AND first.merged_into_id IS NULL
JOIN people_person second ON second.id = b.person_id AND second.merged_into_id IS NULL
WHERE NOT EXISTS (SELECT 1 FROM people_mergecandidate known
                  WHERE known.first_id = a.person_id AND known.second_id = b.person_id)
LIMIT %s
"""
_MATCH: Final = "SELECT people_match({}, {}, {}, NULL, 'document')".format(
    *map(bulk.array, ("uuid", "text", "bytea"))
)


def lock_numbers(indexes: Iterable[bytes]) -> None:
    """Make others who record these documents wait until this transaction ends.

    Two who register one human at once would else not see each other's document.
    """
    with connection.cursor() as cursor:
        for index in sorted(set(indexes)):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"document {index.hex()}"]
            )


def unpaired(limit: int) -> list[tuple[UUID, UUID]]:
    """Pairs of records, anywhere, with an equal document and no entry of the queue.

    For jobs and checks: it reads every document, past row-level security; ids only.
    """
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(_UNPAIRED, [limit])
        return [(first, second) for first, second in cursor.fetchall()]


def offer_matches(documents: Sequence[tuple[UUID, str, bytes]]) -> list[UUID]:
    """Open a queue entry for each other person, anywhere, with an equal document.

    ``documents`` are (person, kind, number index). Returns the entries' ids: all that the caller
    learns of places it can't see.
    """
    if not documents:
        return []
    persons, kinds, indexes = [list(values) for values in zip(*documents, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_MATCH, [bulk.packed(persons), bulk.packed(kinds), bulk.packed(indexes)])
        return [row[0] for row in cursor.fetchall()]


def offer_pairs(pairs: Sequence[tuple[UUID, UUID]], reason: str) -> list[UUID]:
    """Open a queue entry for each pair, at the lowest place that contains all links of both."""
    if not pairs:
        return []
    first, second = [list(ids) for ids in zip(*pairs, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_match(%s::uuid[], NULL, NULL, %s::uuid[], %s)", [first, second, reason]
        )
        return [row[0] for row in cursor.fetchall()]
