"""Too many failed sign-ins: what the person reads, and the alert."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fangxian.accounts.alerts import raise_alert
from fangxian.accounts.models import User
from fangxian.accounts.source import source_of


def locked_out(
    request: HttpRequest, _original: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Answer a locked-out sign-in; the alert names an account only if there is one."""
    username = str((credentials or {}).get("username") or "")
    user = User.objects.filter(username__iexact=username).first() if username else None
    if user is not None:
        raise_alert("lockout", user.pk, source=source_of(request))
    return render(request, "accounts/locked.html", status=429)
