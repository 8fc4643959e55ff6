"""Idle and absolute time-out of sessions.

A session ends ``SESSION_COOKIE_AGE`` after it was last written, so it slides by being written: at
most once a minute, and not for the polls that a page left open sends by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

BEGAN = "began"
SEEN = "seen"
SECOND_FACTOR = "second_factor"
# What this session works on, as its account has written it.
REASON = "reason"
# A session left on a screen: it opens only routes made for that, and lasts while it is shown.
UNATTENDED = "unattended"
WRITE_EVERY = 60
POLL_HEADER = "X-Poll"


class SessionAgeMiddleware:
    """Slides the session with use and ends it after ``FANGXIAN_SESSION_HOURS``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            self._slide(request, time.time())
        return self.get_response(request)

    def _slide(self, request: Any, now: float) -> None:
        session = request.session
        old = now - session.get(BEGAN, now) > settings.FANGXIAN_SESSION_HOURS * 3600
        if old and UNATTENDED not in session:
            logout(request)
            messages.info(
                request, _("You were signed out because the session was old. Sign in again.")
            )
            return
        if BEGAN not in session:
            session[BEGAN] = session[SEEN] = now
        elif now - session.get(SEEN, 0) > WRITE_EVERY and POLL_HEADER not in request.headers:
            session[SEEN] = now
