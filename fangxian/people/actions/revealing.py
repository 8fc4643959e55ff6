"""A full number is shown for a reason, within a quota, and the log says so."""

from __future__ import annotations

from uuid import UUID

from fangxian.accounts.actions import log_reveal
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.people import queries
from fangxian.people.models import PersonDocument, PersonPhone


@action
def reveal(
    *, by: Actor, person_id: UUID, what: str, row_id: UUID, reason: str, purpose: str = "other"
) -> str:
    """Return the full number of a document or phone (``what``) of a person.

    The reason, four characters or more, goes into the access log with the purpose (one of
    ``accounts.actions.purposes``); the person sees both. Raises Invalid without one, OutOfScope,
    TooMany above the hourly quota of the user, which also raises a security alert.
    """
    by.require("people.reveal")
    queries.by_id(person_id)
    model = {"document": PersonDocument, "phone": PersonPhone}[what]
    row = model.objects.filter(pk=row_id, person_id=person_id).first()
    if row is None:
        raise OutOfScope(f"{what} {row_id}")
    log_reveal(by=by, person_id=person_id, what=what, reason=reason, purpose=purpose)
    return str(row.number)
