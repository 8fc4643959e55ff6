"""Key groups that were recorded for an emergency: they go when it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.common.actor import Actor
from fangxian.register.changes import changed
from fangxian.register.models import KeyGroupEntry, Residency

_MAINTENANCE = "maintenance"


def forget_groups(by: Actor, emergency_id: UUID) -> int:
    """Delete the key groups of an ended emergency, with their history. Returns the entries.

    Who came back from where, or is ill, is told by the group itself, not only by its note. The
    counters follow by their triggers, running sweeps of households with key groups here.
    """
    history: Any = KeyGroupEntry.pgh_event_model  # type: ignore[attr-defined]
    # The history too, which the application itself can only add to.
    with transaction.atomic(using=_MAINTENANCE):
        entries = KeyGroupEntry.objects.using(_MAINTENANCE).filter(emergency_id=emergency_id)
        persons = set(entries.filter(to_date=None).values_list("person_id", flat=True))
        deleted, _by_model = entries.delete()
        # Behind the entries, whose deletion is history first.
        history.objects.using(_MAINTENANCE).filter(emergency_id=emergency_id).delete()
    homes = Residency.objects.filter(person_id__in=persons, to_date=None)
    changed(by, homes.values_list("household_id", flat=True))
    return deleted
