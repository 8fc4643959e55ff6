"""What web processes share about sign-in, and its clean-up."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from fangxian.common import crypto

COLUMN = "accounts.shared_cache"
CODES_KEPT = dt.timedelta(days=1)


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """The key as it is stored: who reads the table learns no name that was tried and no code."""
    return crypto.blind_index(f"{key_prefix}:{version}:{key}", COLUMN).hex()


def forget_the_past() -> dict[str, int]:
    """Remove sessions that have ended, their entries in the lists, and what has run out.

    That is counts of attempts and, after a day in which a phone is told so, codes of phones.

    Returns the numbers of rows by table.
    """
    from fangxian.accounts.models import DeviceCode, SharedCache

    now = timezone.now()
    counts, _of = SharedCache.objects.filter(expires__lt=now).delete()
    codes, _of = DeviceCode.objects.filter(expires_at__lt=now - CODES_KEPT).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    living = Session.objects.values("session_key")
    listed, _of = UserSession.objects.exclude(session_key__in=living).delete()
    return {"counts": counts, "codes": codes, "listed_sessions": listed}
