"""Showing a full number: asked for with purpose and reason, logged, limited by the hour."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.accounts.actions._checks import checked_reason
from fangxian.accounts.models import AccessLog
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem, TooMany

PURPOSES = Path(__file__).parent.parent / "data" / "purposes.json"


class RevealQuota(TooMany):
    """The hourly quota is used up; the middleware raises the alert once all is rolled back."""

    alert = "reveal_quota"


@lru_cache(maxsize=1)
def _purpose_names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in json.loads(PURPOSES.read_text("utf-8"))}


def purposes() -> list[tuple[str, str]]:
    """The purposes to choose from, as ``(code, translated name)``."""
    return [(code, pgettext("purpose of access", name)) for code, name in _purpose_names().items()]


def reveals_left(by: Actor) -> int:
    """How many numbers the actor's account may still reveal in this hour. One query."""
    taken = AccessLog.objects.filter(
        user_id=by.user_id, at__gt=timezone.now() - dt.timedelta(hours=1)
    ).exclude(revealed="")
    return max(0, int(settings.FANGXIAN_REVEALS_PER_HOUR) - taken.count())


@action
def log_reveal(
    *,
    by: Actor,
    person_id: UUID | Sequence[UUID] | None,
    what: str,
    reason: str,
    purpose: str = "other",
) -> AccessLog:
    """Take one reveal from the account's hourly quota and log it; then the caller may show it.

    The caller has checked the right to reveal and that the person is in scope; ``None`` is somebody
    who is no person of the register (a contact of a shop), and the persons of a list that is taken
    away are one reveal. ``what`` names the value ("identity"). Two at once can't both take the last
    one: the count is made under a lock of the account, to the end of the transaction. Raises
    Invalid, RevealQuota (429).
    """
    from fangxian.accounts.looks import reason_of

    if purpose not in _purpose_names():
        raise Invalid(
            Problem(
                _("The purpose is missing."), field="purpose", mend=_("Choose one from the list.")
            )
        )
    why = checked_reason(reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"reveal {by.user_id}"])
    if reveals_left(by) < 1:
        raise RevealQuota(
            _(
                "You have revealed %(count)d numbers in the past hour, which is the limit. Try "
                "again later, or ask the security administrator."
            )
            % {"count": settings.FANGXIAN_REVEALS_PER_HOUR}
        )
    return AccessLog.objects.create(
        user_id=by.user_id,
        grant_id=by.grant_id,
        actor=by.name,
        role=by.role,
        organisation_id=by.organisation_id,
        area=by.area,
        purpose=reason_of(by, why),
        purpose_code=purpose,
        source=by.source,
        request_id=by.request_id,
        persons=[person_id] if isinstance(person_id, UUID) else list(person_id or ()),
        revealed=what,
    )
