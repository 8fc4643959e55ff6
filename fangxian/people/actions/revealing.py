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

    The purpose and the reason go into the access log, which the person sees. Raises Invalid
    without a reason, OutOfScope, TooMany above the account's hourly quota.
    """
    by.require("people.reveal")
    person = queries.by_id(person_id)
    row = (
        PersonDocument.objects.filter(pk=row_id, person=person).first()
        if what == "document"
        else PersonPhone.objects.filter(pk=row_id, person=person).first()
    )
    if row is None:
        raise OutOfScope(f"{what} {row_id}")
    log_reveal(by=by, person_id=person_id, what=what, purpose=purpose, reason=reason)
    return str(row.number)
