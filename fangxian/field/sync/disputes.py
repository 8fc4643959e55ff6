"""The merge queue: fields that two changed at once, until somebody chooses a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.field.models import FieldConflict
from fangxian.field.sync import entities
from fangxian.field.sync.held import RIGHT


def open_disputes() -> QuerySet[FieldConflict]:
    """What waits for a choice in scope, the longest waiting first."""
    return FieldConflict.objects.filter(state=FieldConflict.State.OPEN).order_by("created_at", "id")


def values_of(conflict: FieldConflict) -> Sequence[Mapping[str, Any]]:
    """The values, as the model says."""
    found: list[dict[str, Any]] = orjson.loads(conflict.values or "[]")
    return found


@action
def choose(*, by: Actor, conflict_id: UUID, number: int) -> FieldConflict:
    """Settle a dispute by the value of that number; it is written if another one shows.

    Raises OutOfScope, Forbidden, Conflict (settled already), Invalid (no such value, or it does not
    fit any more).
    """
    found = FieldConflict.objects.select_for_update().filter(pk=conflict_id).first()
    if found is None:
        raise OutOfScope(f"conflict {conflict_id}")
    by.require(RIGHT, found.place_code)
    if found.state != FieldConflict.State.OPEN:
        raise Conflict(_("This was decided on already."))
    values = values_of(found)
    entity = entities.entity(found.entity)
    if not 0 <= number < len(values) or entity is None or entity.settle is None:
        raise Invalid(
            Problem(
                _("This value is none of them."),
                field="number",
                mend=_("Choose one that is shown."),
            )
        )
    by.require(entity.right, found.place_code)
    # Also where it shows: somebody may have written another one since.
    entity.settle(by, found.object_id, found.field, values[number]["value"])
    found.state, found.shown = FieldConflict.State.SETTLED, number
    found.settled_at, found.settled_by = timezone.now(), by.name
    found.save(update_fields=["state", "shown", "settled_at", "settled_by"])
    return found
