"""So many in so many seconds and no more, counted for all web processes together."""

from __future__ import annotations

import time

from django.core.cache import cache
from django.db import connection, transaction


@transaction.atomic
def take(key: str, *, most: int, seconds: int) -> bool:
    """Count one more under ``key``; False when ``most`` were in the last ``seconds`` already.

    In a transaction that is rolled back later it has not been counted.
    """
    name = f"limit {key}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
    now = time.time()
    taken = [at for at in cache.get(name, []) if at > now - seconds]
    if len(taken) >= most:
        return False
    cache.set(name, [*taken, now], seconds)
    return True
