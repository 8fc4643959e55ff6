"""Places on shifts that nobody has taken yet."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from fangxian.mobilise.models import Shift
from fangxian.mobilise.queries import inside

SOON: Final = dt.timedelta(days=2)


def standing() -> QuerySet[Shift]:
    """Shifts that were not cancelled."""
    return Shift.objects.filter(cancelled_at=None)


def within(code: str, ahead: dt.timedelta = SOON) -> int:
    """How many places nobody has on shifts at a place that run now or begin soon. One query."""
    now = timezone.now()
    soon = inside(standing(), code).filter(ends_at__gt=now, starts_at__lt=now + ahead)
    return int(soon.aggregate(n=Sum(F("heads") - F("placed"), default=0))["n"])
