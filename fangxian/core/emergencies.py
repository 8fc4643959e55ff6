"""For which emergency something is recorded: what may be chosen, and that it is still in force."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.core.models import Emergency
from fangxian.core.queries import emergencies_at


def choices(place_code: str, *, below: bool = False) -> list[tuple[str, str]]:
    """The emergencies in force at a place, and ``below`` it; id and name, to choose one."""
    found = emergencies_at(place_code)
    if below:
        found |= Emergency.objects.filter(ended_on=None, place_code__startswith=place_code)
    return [(str(one.pk), one.name) for one in found]


def check(place_code: str, emergency_id: UUID | None) -> UUID | None:
    """The emergency, if it is one in force at the place or above it; None is none. Raises Invalid.

    It is held (:func:`hold`). Whose key seals what is recorded here is ended by who answers for
    this place.
    """
    if emergency_id is None:
        return None
    if emergencies_at(place_code).filter(pk=emergency_id).exists():
        hold(emergency_id)
        return emergency_id
    raise Invalid(
        Problem(
            _("This emergency is not in force here."),
            "emergency_id",
            mend=_("Choose another, or none."),
        )
    )


def of(emergency_id: UUID | None) -> Emergency | None:
    """The emergency for which something was recorded, if it was for one."""
    return None if emergency_id is None else Emergency.objects.get(pk=emergency_id)


def hold(emergency_id: UUID | None) -> None:
    """Keep the emergency in force to the end of the transaction. Raises Invalid when it has ended.

    Who ends it waits: nothing is recorded for it after what is to go with it was counted.
    """
    if emergency_id is None:
        return
    with connection.cursor() as cursor:
        # Compatible with itself, so that imports don't wait for each other.
        cursor.execute(
            "SELECT 1 FROM core_emergency WHERE id = %s AND ended_on IS NULL FOR KEY SHARE",
            [emergency_id],
        )
        if cursor.fetchone() is not None:
            return
    raise Invalid(
        Problem(
            _("The emergency has ended: what was recorded for it is destroyed."),
            "emergency_id",
            mend=_("Begin anew for another emergency, or for none."),
            code="emergency_ended",
        )
    )
