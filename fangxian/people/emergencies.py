"""Numbers that were recorded for an emergency: with which key, and what goes when it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.core.queries import emergencies_at
from fangxian.people.models import PersonDocument, PersonPhone


def choices(place_code: str) -> list[tuple[str, str]]:
    """The emergencies in force at a place, to choose for whose sake something is recorded."""
    return [(str(one.pk), one.name) for one in emergencies_at(place_code)]


def check(place_code: str, emergency_id: UUID | None) -> UUID | None:
    """The emergency, if it is one in force at the place or above it; None is none. Raises Invalid.

    Whose key seals what is recorded here is ended by who answers for this place.
    """
    if emergency_id is None or emergencies_at(place_code).filter(pk=emergency_id).exists():
        return emergency_id
    raise Invalid(
        Problem(
            _("This emergency is not in force here."),
            "emergency_id",
            mend=_("Choose another, or none."),
        )
    )


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
