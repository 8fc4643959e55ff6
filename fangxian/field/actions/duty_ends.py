"""What the end of an emergency ends, and what is forgotten of gate logs without one."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.field.actions.planning import PLAN
from fangxian.field.duties.rules import duty_rules
from fangxian.field.models import (
    Disinfection,
    Gate,
    GateEntry,
    Message,
    Outreach,
    Round,
    RoundCheck,
)


def end_with_emergency(_by: Actor, emergency_id: UUID) -> None:
    """End the duties of an emergency that has ended."""
    today = timezone.localdate()
    mine = {"emergency_id": emergency_id}
    Gate.objects.filter(closed_on=None, **mine).update(closed_on=today)
    Round.objects.filter(ended_on=None, **mine).update(ended_on=today)
    Message.objects.filter(to_date__gt=today, from_date__lte=today, **mine).update(to_date=today)
    Message.objects.filter(from_date__gt=today, **mine).update(from_date=today, to_date=today)


def count_logs(emergency_id: UUID) -> int:
    """The records of an emergency's gates, rounds, disinfections and outreach."""
    logs: list[Any] = [GateEntry, RoundCheck, Disinfection, Outreach]
    return sum(
        log.objects.using("maintenance").filter(emergency_id=emergency_id).count() for log in logs
    )


def forget_logs(_by: Actor, emergency_id: UUID) -> None:
    """Forget by what the logs of an ended emergency could be searched; the figures stay.

    What was sealed of them went with the key.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT field_duties_forget(%s)", [emergency_id])


@action
def lapse_gate_log(*, by: Actor, now: dt.datetime | None = None) -> int:
    """Forget who passed gates of no emergency longer ago than the rules keep it. Returns how many.

    Once a day, by the clock; the figures stay.
    """
    by.require(PLAN)
    before = (now or timezone.now()) - dt.timedelta(days=duty_rules().keep_days)
    with connection.cursor() as cursor:
        cursor.execute("SELECT field_gate_log_lapse(%s)", [before])
        return int(cursor.fetchone()[0])
