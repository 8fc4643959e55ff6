"""Pages that keep themselves current: the tag of what they show, 304 while it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from fangxian.accounts.policy import SignedRequest
from fangxian.command.coverage import version
from fangxian.organisations.queries import Responsible, note_shown

# How long "as of" may lag behind while nothing changes.
CONFIRMED = dt.timedelta(minutes=5)


def current(
    request: SignedRequest,
    whole: str,
    fragment: str,
    context: dict[str, Any],
    *,
    shows: object,
    closers: Iterable[Responsible | None] = (),
    confirmed: dt.timedelta = CONFIRMED,
) -> HttpResponse:
    """Answer a page, its polled fragment, or 304 when the asker has what ``shows`` describes.

    The tag also changes every ``confirmed``, so that the time shown stays true. ``closers`` are
    those whom the answer names: noted as read unless it is 304.
    """
    now = timezone.now()
    tag = version(shows, get_language(), int(now.timestamp() // confirmed.total_seconds()))
    if request.htmx and tag in request.headers.get("If-None-Match", ""):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        note_shown(closers)
        name = fragment if request.htmx else whole
        answer = render(request, name, {"now": now, "etag": tag} | context)
    answer["ETag"] = tag
    return answer
