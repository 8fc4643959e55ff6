"""Numbers that were recorded for an emergency: what goes when it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fangxian.common.actor import Actor
from fangxian.people.models import PersonDocument, PersonPhone


def forget_numbers(by: Actor, emergency_id: UUID) -> int:
    """Remove the blind indexes of an ended emergency's numbers. Returns the number of rows.

    With the key gone nobody reads the numbers, but who still knows one could find its owner.
    """
    # The history too, which the application itself can only add to.
    models: list[Any] = [PersonDocument, PersonPhone]
    models += [model.pgh_event_model for model in models]
    return sum(
        model.objects.using("maintenance")
        .filter(emergency_id=emergency_id, number_index__isnull=False)
        .update(number_index=None)
        for model in models
    )
