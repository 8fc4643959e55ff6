"""Pages that keep themselves current: the tag of what they show, 304 while it stands."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from fangxian.accounts.policy import SignedRequest
from fangxian.command.coverage import version

# How long "as of" may lag behind while nothing changes.
CONFIRMED = dt.timedelta(minutes=5)


def current(
    request: SignedRequest,
    whole: str,
    fragment: str,
    context: dict[str, Any],
    *,
    shows: object,
    confirmed: dt.timedelta = CONFIRMED,
) -> HttpResponse:
    """Answer a page, its polled fragment, or 304 when the asker has what ``shows`` describes.

    The tag also changes every ``confirmed``, so that the time shown stays true.
    """
    now = timezone.now()
    tag = version(shows, get_language(), int(now.timestamp() // confirmed.total_seconds()))
    if request.htmx and tag in request.headers.get("If-None-Match", ""):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        name = fragment if request.htmx else whole
        answer = render(request, name, {"now": now, "etag": tag} | context)
    answer["ETag"] = tag
    return answer
