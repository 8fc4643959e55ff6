"""Numbers that were recorded for an emergency: what goes when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q

from fangxian.common.actor import Actor
from fangxian.common.history import history_of
from fangxian.people.models import PersonDocument, PersonPhone

_MAINTENANCE = "maintenance"
# The index by which a number is found, and what was said of a phone.
_NUMBERED = Q(number_index__isnull=False)
_FORGOTTEN: list[tuple[Any, Q, dict[str, Any]]] = [
    (PersonDocument, _NUMBERED, {"number_index": None}),
    (PersonPhone, _NUMBERED | ~Q(label=""), {"number_index": None, "label": ""}),
]


def _left(emergency_id: UUID) -> Iterator[tuple[Any, dict[str, Any]]]:
    # The history too, which the application itself can only add to.
    for tracked, there, values in _FORGOTTEN:
        for model in (tracked, history_of(tracked)):
            rows = model.objects.using(_MAINTENANCE).filter(there, emergency_id=emergency_id)
            yield rows, values


def count_numbers(emergency_id: UUID) -> int:
    """The rows of an emergency's numbers that can still be found, those of the history too."""
    return sum(rows.count() for rows, _values in _left(emergency_id))


def forget_numbers(_by: Actor, emergency_id: UUID) -> None:
    """Remove the blind indexes of an ended emergency's numbers, and whose phones they were.

    With the key gone nobody reads the numbers, but who still knows one could find its owner.
    """
    for rows, values in _left(emergency_id):
        rows.update(**values)
