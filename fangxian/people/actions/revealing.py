"""A full number is shown for a reason, within a quota, and the log says so."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.accounts.models import AccessLog
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope, Problem, TooMany
from fangxian.people import queries
from fangxian.people.models import PersonDocument, PersonPhone

SHORTEST_REASON = 4


@action
def reveal(*, by: Actor, person_id: UUID, what: str, row_id: UUID, reason: str) -> str:
    """Return the full number of a document or phone (``what``) of a person.

    The reason, four characters or more, goes into the access log, which the person sees. Raises
    Invalid without one, OutOfScope, TooMany above the hourly quota of the user.
    """
    by.require("people.reveal")
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Invalid(
            Problem(
                _("Say why you need the number."),
                "reason",
                mend=_("The person concerned will read it."),
            )
        )
    queries.by_id(person_id)
    quota = settings.FANGXIAN_REVEALS_PER_HOUR
    hour_ago = timezone.now() - dt.timedelta(hours=1)
    used = AccessLog.objects.filter(user_id=by.user_id, at__gt=hour_ago).exclude(revealed="")
    if used.count() >= quota:
        raise TooMany(
            ngettext(
                "You have looked at %(quota)s full number in the last hour: that is the limit.",
                "You have looked at %(quota)s full numbers in the last hour: that is the limit.",
                quota,
            )
            % {"quota": quota}
        )
    model = {"document": PersonDocument, "phone": PersonPhone}[what]
    row = model.objects.filter(pk=row_id, person_id=person_id).first()
    if row is None:
        raise OutOfScope(f"{what} {row_id}")
    AccessLog.objects.create(
        user_id=by.user_id,
        grant_id=by.grant_id,
        actor=by.name,
        organisation_id=by.organisation_id,
        area=by.area,
        purpose=reason[:200],
        source=by.source,
        persons=[person_id],
        revealed=what,
    )
    return str(row.number)
