"""Numbers that were recorded for an emergency: what goes when it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fangxian.common.actor import Actor
from fangxian.people.models import PersonDocument, PersonPhone


def forget_numbers(by: Actor, emergency_id: UUID) -> int:
    """Remove the blind indexes of an ended emergency's numbers, and whose phones they were.

    Returns the number of rows.

    With the key gone nobody reads the numbers, but who still knows one could find its owner.
    """
    # The history too, which the application itself can only add to.
    forgotten: list[tuple[Any, dict[str, Any]]] = [
        (PersonDocument, {"number_index": None}),
        (PersonPhone, {"number_index": None, "label": ""}),
    ]
    return sum(
        model.objects.using("maintenance")
        .filter(emergency_id=emergency_id, number_index__isnull=False)
        .update(**values)
        for tracked, values in forgotten
        for model in (tracked, tracked.pgh_event_model)
    )
