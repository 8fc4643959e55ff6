"""Key groups that were recorded for an emergency: they go when it ends."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from fangxian.common.actor import Actor
from fangxian.common.history import history_of
from fangxian.register.changes import changed
from fangxian.register.models import KeyGroupEntry, Residency

_MAINTENANCE = "maintenance"


def count_groups(emergency_id: UUID) -> int:
    """The entries of key groups that were recorded for an emergency."""
    return KeyGroupEntry.objects.using(_MAINTENANCE).filter(emergency_id=emergency_id).count()


def forget_groups(by: Actor, emergency_id: UUID) -> None:
    """Delete the key groups of an ended emergency, with their history.

    Who came back from where, or is ill, is told by the group itself, not only by its note. The
    counters follow by their triggers, running sweeps of households with key groups here.
    """
    # The history too, which the application itself can only add to.
    kept = history_of(KeyGroupEntry).objects.using(_MAINTENANCE).filter(emergency_id=emergency_id)
    # Read there: should the sweeps not be told, the next attempt finds no entries any more.
    persons = set(kept.values_list("person_id", flat=True))
    KeyGroupEntry.objects.using(_MAINTENANCE).filter(emergency_id=emergency_id).delete()
    homes = Residency.objects.filter(person_id__in=persons, to_date=None)
    changed(by, homes.values_list("household_id", flat=True))
    # Behind the entries, whose deletion is history first, and behind those who were told.
    transaction.on_commit(lambda: kept.all().delete())
