"""Work that is done once a local day, from its time on.

The queue reckons schedules in UTC, and what was to begin while no worker ran it forgets. So each
daily task is offered every five minutes and asks here whether its day's work is due and not done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from django.db.models import Q
from django.utils import timezone

from fangxian.core.models import DailyRun

CRON: Final = "*/5 * * * *"
# A worker that died meanwhile is waited for so long before another one begins again.
LEASE: Final = dt.timedelta(hours=1)


def once(
    name: str, at: dt.time, work: Callable[[], object], *, now: dt.datetime | None = None
) -> bool:
    """Do ``work`` unless the day's is done or under way; return whether it was done here.

    The day's work is due from the local time ``at`` on; until then yesterday's is, if nobody did
    it. Of several workers one does it. Work that raises is tried again the next time.
    """
    moment = now or timezone.now()
    local = timezone.localtime(moment)
    day = local.date() if local.time() >= at else local.date() - dt.timedelta(days=1)
    if not _claim(name, day, moment):
        return False
    mine = DailyRun.objects.filter(name=name, day=day, claimed_at=moment)
    try:
        work()
    except BaseException:
        mine.update(claimed_at=None)
        raise
    mine.update(done_at=timezone.now())
    return True


def _claim(name: str, day: dt.date, moment: dt.datetime) -> bool:
    DailyRun.objects.get_or_create(name=name)
    abandoned = Q(claimed_at=None) | Q(claimed_at__lte=moment - LEASE)
    due = Q(day=None) | Q(day__lt=day) | (Q(day=day, done_at=None) & abandoned)
    claim = DailyRun.objects.filter(due, name=name)
    return bool(claim.update(day=day, claimed_at=moment, done_at=None))
