"""Alerts to the security administrator.

They are rows of this room, shown on its page; ``core`` follows them in :data:`followers` and sends
notices. Raised after the refused request was rolled back, so a refusal never loses its alert.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.accounts import queries
from fangxian.accounts.models import SecurityAlert, User
from fangxian.common.registries import Registry

KINDS = {
    "reveal_quota": _("Tried to reveal more numbers than the hourly limit"),
    "lookup_quota": _("Tried to look up more people than the hourly limit"),
    "lockout": _("Sign-in locked after repeated failures"),
    "unknown_names": _("Sign-in tried repeatedly under names that nobody has"),
    "refused": _("Tried repeatedly to open what the role does not allow"),
    "enrolment": _("Enrolment of a phone tried repeatedly with codes that do not hold"),
}
MERGED_WITHIN = dt.timedelta(hours=1)

# So many one after another, each within so long of the last, are no slips of the hand.
REFUSALS = UNKNOWN_NAMES = WRONG_CODES = 20
WITHIN = 600

followers: Registry[Callable[[SecurityAlert], None]] = Registry("follower of security alerts")


@transaction.atomic
def raise_alert(kind: str, user_id: UUID | None, *, source: str = "") -> SecurityAlert:
    """Add an alert, or count one more on the open one of the past hour. Raises KeyError."""
    KINDS[kind]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"alert {kind} {user_id}"])
    now = timezone.now()
    known = SecurityAlert.objects.filter(
        kind=kind, user_id=user_id, settled_at=None, at__gt=now - MERGED_WITHIN
    ).first()
    if known is not None:
        SecurityAlert.objects.filter(pk=known.pk).update(times=F("times") + 1, last_at=now)
        return known
    user = User.objects.filter(pk=user_id).select_related("region").first() if user_id else None
    alert = SecurityAlert.objects.create(
        kind=kind,
        user_id=user_id,
        area=queries.widest_area(user) if user else settings.FANGXIAN_AREA,
        source=source[:80],
    )
    for follow in followers:
        follow(alert)
    return alert


def count_refusal(user_id: UUID, source: str) -> None:
    """Count one page that was refused for want of a right; many in a short time raise an alert."""
    if _often(f"refused {user_id}", REFUSALS):
        raise_alert("refused", user_id, source=source)


def count_unknown_name(source: str) -> None:
    """Count a sign-in under a name that nobody has, by where it came from; many raise an alert."""
    if _often(f"unknown names {source}", UNKNOWN_NAMES):
        raise_alert("unknown_names", None, source=source)


def count_wrong_code(source: str) -> None:
    """Count an enrolment by a code that does not hold, by its origin; many raise an alert."""
    if _often(f"wrong codes {source}", WRONG_CODES):
        raise_alert("enrolment", None, source=source)


def _often(key: str, limit: int) -> bool:
    """Count once more; true when it was ``limit`` times, each within ``WITHIN`` of the last."""
    if cache.add(key, 1, timeout=WITHIN):
        return False
    # Two at once may count as one: it is a threshold, not an account.
    times = int(cache.get(key) or 0) + 1
    if times < limit:
        cache.set(key, times, timeout=WITHIN)
        return False
    cache.delete(key)
    return True
