"""Locks that put changes of a household one after another."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from fangxian.register.models import Household


def lock_homes(households: Iterable[UUID]) -> QuerySet[Household]:
    """Lock the households to the end of the transaction, always in one order. Returns them.

    Who changes residencies takes this before it reads them, and the persons (``people.locks``)
    before this: then a check of "one head" or "nobody lives here" still holds when its change is
    written.
    """
    found = Household.objects.filter(pk__in=set(households))
    # Visits name a household at the same time, and need not wait for who changes its note.
    list(found.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    return found


def lock_doors(place_code: str) -> None:
    """Make others who record households at this place wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"door {place_code}"])
