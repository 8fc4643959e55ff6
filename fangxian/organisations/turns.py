"""Taking turns: what is settled county by county is settled by one at a time in a county."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from fangxian.common.codes import Level


def take_turns(what: str, places: Iterable[str]) -> None:
    """Wait until nobody else settles ``what`` in the counties of these places.

    Kept to the end of the transaction. Two who settle at once would each not see what the other
    has just mended. Places above counties are one turn of their own.
    """
    county = int(Level.COUNTY)
    keys = sorted({f"{what}/{c[:county] if len(c) >= county else ''}" for c in places})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0))"
            " FROM (SELECT key FROM unnest(%s::text[]) key ORDER BY key) keys",
            [keys],
        )
