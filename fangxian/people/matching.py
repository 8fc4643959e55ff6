"""Finding records that may be one human, in the scope and, by tokens only, beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection


def offer_matches(persons: Iterable[UUID]) -> list[UUID]:
    """Open a queue entry for each other person, anywhere, with an equal document.

    Returns the entries' ids: all that the caller learns of places it can't see.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_match(%s::uuid[], NULL, 'document')", [list(persons)])
        return [row[0] for row in cursor.fetchall()]


def offer_pairs(pairs: Sequence[tuple[UUID, UUID]], reason: str) -> list[UUID]:
    """Open a queue entry for each pair, at the lowest place that contains all links of both."""
    if not pairs:
        return []
    first, second = [list(ids) for ids in zip(*pairs, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_match(%s::uuid[], %s::uuid[], %s)", [first, second, reason])
        return [row[0] for row in cursor.fetchall()]
