"""Key groups."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.core import emergencies
from fangxian.people.locks import lock_person
from fangxian.register.changes import changed
from fangxian.register.models import KeyGroupEntry, Residency
from fangxian.register.vocabularies import KEY_GROUPS


@action
def join_group(
    *,
    by: Actor,
    person_id: UUID,
    group: str,
    since: dt.date | None = None,
    note: str = "",
    emergency_id: UUID | None = None,
) -> KeyGroupEntry:
    """Put a resident into a key group at the place of residence; again changes nothing.

    With ``emergency_id`` that emergency's key seals the note, and the entry ends with it; recorded
    again without one, it stays. Raises OutOfScope (nobody who lives here), Conflict (the record was
    merged into another), Invalid.
    """
    lock_person(person_id)
    home = Residency.objects.filter(person_id=person_id, to_date=None).first()
    if home is None:
        raise OutOfScope(f"resident {person_id}")
    by.require("register.edit", home.place_code)
    emergencies.check(home.place_code, emergency_id)
    if group not in KEY_GROUPS:
        raise Invalid(Problem(_("Unknown key group."), "group", mend=_("Choose one.")))
    known = KeyGroupEntry.objects.filter(person_id=person_id, group=group, to_date=None).first()
    if known:
        if emergency_id is None and known.emergency_id is not None:
            known.emergency_id = None
            known.save(update_fields=["emergency_id"])
        return known
    row = KeyGroupEntry(
        person_id=person_id,
        group=group,
        place_code=home.place_code,
        from_date=since or timezone.localdate(),
        note=note or None,
        emergency_id=emergency_id,
    )
    row.save(force_insert=True)
    changed(by, [home.household_id])
    return row


@action
def leave_group(*, by: Actor, entry_id: UUID, on: dt.date | None = None) -> KeyGroupEntry:
    """End the membership. Raises OutOfScope."""
    row = KeyGroupEntry.objects.select_for_update().filter(pk=entry_id, to_date=None).first()
    if row is None:
        raise OutOfScope(f"key group entry {entry_id}")
    by.require("register.edit", row.place_code)
    row.to_date = max(on or timezone.localdate(), row.from_date)
    row.save(update_fields=["to_date"])
    return row
