"""The work phone of who answers, behind a tap."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fangxian.accounts.actions import log_reveal
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.organisations.models import Responsibility

VIEW = "organisations.view"
WHAT = "work phone"


@action
def reveal_contact(*, by: Actor, responsibility: Responsibility) -> str:
    """Return the work phone of who answers here or above; the tap is logged like every reveal.

    It is given to be called in this office, so no reason is asked; the log says which office. That
    of an organisation is nobody's own and is not logged. Raises Conflict when there is none,
    RevealQuota above the hourly quota.
    """
    by.require(VIEW)
    if not responsibility.contact:
        raise Conflict(_("No work phone is recorded."))
    if responsibility.person_id is not None:
        log_reveal(
            by=by,
            person_id=responsibility.person_id,
            what=WHAT,
            reason=_("Call who answers for a place"),
            purpose="other",
        )
    return str(responsibility.contact)
