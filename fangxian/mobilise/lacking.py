"""Places on shifts that nobody has taken yet."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.utils import timezone

from fangxian.mobilise.models import Shift, Turn
from fangxian.mobilise.queries import inside
from fangxian.mobilise.rules import post_rules

SOON: Final = dt.timedelta(days=2)


def standing() -> QuerySet[Shift]:
    """Shifts that were not cancelled."""
    return Shift.objects.filter(cancelled_at=None)


def within(code: str, ahead: dt.timedelta = SOON) -> int:
    """How many places nobody has on shifts at a place that run now or begin soon. One query."""
    now = timezone.now()
    soon = inside(standing(), code).filter(ends_at__gt=now, starts_at__lt=now + ahead)
    return int(soon.aggregate(n=Sum(F("heads") - F("placed"), default=0))["n"])


def waited_for(code: str) -> list[Shift]:
    """Shifts of a place to which somebody may still move up: a place is free, and somebody waits.

    One query.
    """
    waits = Turn.objects.filter(shift=OuterRef("pk"), state=Turn.State.WAITING)
    open_ = inside(standing(), code).filter(cut_off__gt=timezone.now(), placed__lt=F("heads"))
    return list(open_.filter(Exists(waits)).order_by("id"))


def not_come(code: str) -> int:
    """How many should be on shifts that run at a place and have not checked in. One query.

    From some minutes after the begin on, as many as are forgiven.
    """
    now = timezone.now()
    running = inside(standing(), code).filter(
        starts_at__lt=now - post_rules().grace, ends_at__gt=now
    )
    turns = Turn.objects.filter(shift__in=running, state=Turn.State.PLACED, came_at=None)
    return turns.count()
