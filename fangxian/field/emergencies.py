"""Sweeps of an emergency: what is brought to its end with it, and what goes."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.history import history_of
from fangxian.field.actions import close_reports
from fangxian.field.models import Campaign, Exemption, Target, Visit

_FORGOTTEN = ""
_MAINTENANCE = "maintenance"


def report_closed_with(by: Actor, emergency_id: UUID) -> None:
    """Make the closing reports of an emergency's sweeps: they count what was found.

    Raises Conflict as long as visits are being recorded; the ending is tried again.
    """
    closed = Campaign.objects.filter(emergency_id=emergency_id, state=Campaign.State.CLOSED)
    for campaign in closed.filter(settled_at=None):
        close_reports(by=by, campaign=campaign)
    if closed.filter(settled_at=None).exists():
        raise Conflict(_("Visits of a sweep are still being recorded."))


def count_findings(emergency_id: UUID) -> int:
    """The visits and exemptions of an emergency that still say what was found, or why."""
    visits = Visit.objects.using(_MAINTENANCE).filter(campaign__emergency_id=emergency_id)
    exemptions = Exemption.objects.using(_MAINTENANCE).filter(emergency_id=emergency_id)
    found: int = visits.exclude(outcome=_FORGOTTEN).count()
    return found + exemptions.exclude(reason=_FORGOTTEN).count()


def forget_findings(_by: Actor, emergency_id: UUID) -> None:
    """Remove what was found at the doors of an ended emergency, and why some were exempt.

    That somebody was there, when and who, stays, as do the states of doors, the counters and the
    reports.
    """
    visits = {"outcome": _FORGOTTEN, "exceptions": 0, "revisit_on": None, "digest": b""}
    # The digest too: what it was made of could be guessed. All of it can but be added to by the
    # application itself, as can the history.
    with transaction.atomic(using=_MAINTENANCE):
        mine = {"campaign__emergency_id": emergency_id}
        found = Visit.objects.using(_MAINTENANCE).filter(**mine).exclude(outcome=_FORGOTTEN)
        found.update(**visits)
        doors = Target.objects.using(_MAINTENANCE).filter(**mine).exclude(outcome=_FORGOTTEN)
        doors.update(outcome=_FORGOTTEN)
        # Behind the exemptions, whose change is history first.
        for model in (Exemption, history_of(Exemption)):
            named = model.objects.using(_MAINTENANCE).filter(emergency_id=emergency_id)
            named.exclude(reason=_FORGOTTEN).update(reason=_FORGOTTEN)
