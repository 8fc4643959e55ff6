"""Finding records that may be one human, in the scope and, by tokens only, beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection


def offer_matches(documents: Sequence[tuple[UUID, str, bytes]]) -> list[UUID]:
    """Open a queue entry for each other person, anywhere, with an equal document.

    ``documents`` are (person, kind, number index). Returns the entries' ids: all that the caller
    learns of places it can't see.
    """
    if not documents:
        return []
    persons, kinds, indexes = [list(values) for values in zip(*documents, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_match(%s::uuid[], %s::text[], %s::bytea[], NULL, 'document')",
            [persons, kinds, indexes],
        )
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
