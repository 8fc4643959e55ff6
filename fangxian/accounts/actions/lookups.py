"""Looking people up by a whole number is limited by the hour: trying out numbers is no search."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import TooMany

HOUR = 3600

# The lookups that the running request has taken.
_taken: ContextVar[list[float] | None] = ContextVar("lookups of the request", default=None)


class LookupQuota(TooMany):
    """The hourly quota is used up; the middleware raises the alert once all is rolled back."""

    alert = "lookup_quota"


@action
def count_lookup(*, by: Actor) -> int:
    """Take one lookup by a number from the account's hourly quota. Returns how many are left.

    Jobs of the system have none. The times are kept for all web processes together, under a lock
    of the account. Raises LookupQuota (429).
    """
    limit = int(settings.FANGXIAN_LOOKUPS_PER_HOUR)
    if by.user_id is None:
        return limit
    now = time.time()
    taken = _locked(by.user_id, now)
    if len(taken) >= limit:
        raise LookupQuota(
            _(
                "You have looked up %(count)d numbers in the past hour, which is the limit. Try "
                "again later, or ask the security administrator."
            )
            % {"count": limit}
        )
    cache.set(_key(by.user_id), [*taken, now], HOUR)
    in_request = _taken.get()
    if in_request is not None:
        in_request.append(now)
    return limit - len(taken) - 1


@contextmanager
def kept_lookups(user_id: UUID) -> Iterator[None]:
    """Lookups taken in this block stay taken, also where what they were taken for is rolled back.

    The answer to a number that was not accepted tells as much as the answer to one that was.
    """
    token = _taken.set([])
    try:
        yield
    finally:
        taken = _taken.get()
        _taken.reset(token)
        if taken:
            with transaction.atomic():
                known = _locked(user_id, time.time())
                if lost := set(taken) - set(known):
                    cache.set(_key(user_id), sorted({*known, *lost}), HOUR)


def _key(user_id: UUID) -> str:
    return f"lookups {user_id}"


def _locked(user_id: UUID, now: float) -> list[float]:
    """When the account took its lookups of the past hour; locked to the transaction's end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_key(user_id)])
    return [at for at in cache.get(_key(user_id), []) if at > now - HOUR]
