"""Looking people up by a whole number is limited by the hour: trying out numbers is no search."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import TooMany

HOUR = 3600


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
    key = f"lookups {by.user_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [key])
    now = time.time()
    taken = [at for at in cache.get(key, []) if at > now - HOUR]
    if len(taken) >= limit:
        raise LookupQuota(
            _(
                "You have looked up %(count)d numbers in the past hour, which is the limit. Try "
                "again later, or ask the security administrator."
            )
            % {"count": limit}
        )
    cache.set(key, [*taken, now], HOUR)
    return limit - len(taken) - 1
