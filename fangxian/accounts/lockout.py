"""Too many failed sign-ins: what the person reads, and the alerts."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fangxian.accounts.alerts import count_unknown_name, raise_alert
from fangxian.accounts.models import User
from fangxian.accounts.models.user import NAMES_A_PERSON
from fangxian.accounts.source import source_of
from fangxian.common import crypto


def noted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The user name under which failures are counted.

    People type identity and phone numbers there by mistake; such a text, which can't be a user
    name, is counted under its keyed hash instead.
    """
    given = credentials if credentials is not None else request.POST
    text = str(given.get("username") or given.get("login") or "")[:255]
    if re.search(NAMES_A_PERSON, text):
        return "#" + crypto.blind_index(text, "accounts.failed_name").hex()
    return text.lower()


def locked_out(
    request: HttpRequest, _original: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Answer a locked-out sign-in; the alert names an account only if there is one."""
    user = _account(credentials)
    if user is not None:
        raise_alert("lockout", user.pk, source=source_of(request))
    return render(request, "accounts/locked.html", status=429)


def sign_in_failed(
    request: HttpRequest | None, credentials: dict[str, Any], **_signal: object
) -> None:
    """Count a failure under a name that nobody has: who guesses names locks none of them."""
    if request is not None and _account(credentials) is None:
        count_unknown_name(source_of(request))


def _account(credentials: dict[str, Any] | None) -> User | None:
    username = str((credentials or {}).get("username") or "")
    return User.objects.filter(username__iexact=username).first() if username else None
