"""Pages that keep themselves current: the tag of what they show, 304 while it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache import cache, caches
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from fangxian.accounts.policy import SignedRequest
from fangxian.command.coverage import version
from fangxian.organisations.queries import Responsible, note_shown

# How long "as of" may lag behind while nothing changes.
CONFIRMED = dt.timedelta(minutes=5)
# Within each such slice of time a page left open notes everybody it names once, however often what
# it shows changes. At its turn every page is answered anew (``CONFIRMED`` divides it).
NOTED = dt.timedelta(minutes=5)
# How long a page whose counts stand is taken to stand, in one process: who answers changes rarely.
STANDS_SECONDS = 5


def current(
    request: SignedRequest,
    whole: str,
    fragment: str,
    context: dict[str, Any],
    *,
    shows: object,
    counts: object = None,
    closers: Iterable[Responsible | None] = (),
    confirmed: dt.timedelta = CONFIRMED,
) -> HttpResponse:
    """Answer a page, its polled fragment, or 304 when the asker has what ``shows`` describes.

    The tag also changes every ``confirmed``, so that the time shown stays true. ``closers`` are
    those whom the answer names: noted as read unless it is 304, by polls once in ``NOTED``.
    ``counts``: what :func:`still` compares before the next answer is made.
    """
    now = timezone.now()
    tag = version(shows, get_language(), _slice(now, confirmed))
    if counts is not None:
        caches["process"].set(_page_key(request, now, confirmed), (counts, tag), STANDS_SECONDS)
    if request.htmx and tag in _held(request):
        return _unchanged(tag)
    _note(request, closers, now)
    name = fragment if request.htmx else whole
    answer = render(request, name, {"now": now, "etag": tag} | context)
    answer["ETag"] = tag
    return answer


def still(
    request: SignedRequest, counts: Callable[[], object], *, confirmed: dt.timedelta = CONFIRMED
) -> HttpResponse | None:
    """304 for a poll while ``counts`` are those of the page made last, at most for some seconds.

    Only the tag is kept, by address, area and rights: who holds another page gets his own made.
    """
    if not (request.htmx and _held(request)):
        return None
    known = caches["process"].get(_page_key(request, timezone.now(), confirmed))
    if known is None or known[1] not in _held(request) or known[0] != counts():
        return None
    return _unchanged(known[1])


def _held(request: SignedRequest) -> str:
    return request.headers.get("If-None-Match", "")


def _unchanged(tag: str) -> HttpResponse:
    answer = HttpResponseNotModified()
    answer["ETag"] = tag
    return answer


def _slice(now: dt.datetime, length: dt.timedelta) -> int:
    return int(now.timestamp() // length.total_seconds())


def _page_key(request: SignedRequest, now: dt.datetime, confirmed: dt.timedelta) -> str:
    by = request.actor
    who = [by.area, sorted(by.rights), get_language(), _slice(now, confirmed)]
    return f"command.page:{version(request.get_full_path(), who)}"


def _note(request: SignedRequest, closers: Iterable[Responsible | None], now: dt.datetime) -> None:
    """Note whom the answer names; for a poll, who is new since this slice of time began.

    Noted by session, grant, purpose and page: whoever looks otherwise is noted anew. Kept in the
    transaction that writes the log, so what was undone is not taken for noted.
    """
    named = {str(one.person_id): one for one in closers if one is not None and one.person_id}
    if not named:
        return
    by, session = request.actor, request.session.session_key
    looks = version(session, by.grant_id, by.purpose, request.get_full_path(), _slice(now, NOTED))
    key = f"command.noted:{looks}"
    noted = set(cache.get(key, ()))
    polled = request.htmx and _held(request)
    new = named.keys() - noted if polled else named.keys()
    if new:
        note_shown(named[one] for one in new)
        cache.set(key, sorted(noted | new), int(NOTED.total_seconds()))
