"""What opens without signing in, by a secret link: a calendar, and a badge to verify."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from icalendar import Calendar, Event

from fangxian.accounts.policy import open_route
from fangxian.common.errors import OutOfScope
from fangxian.common.scoping import acting
from fangxian.mobilise import links, papers
from fangxian.mobilise.models import Certificate, Turn, Volunteer
from fangxian.mobilise.rules import label, post_rules
from fangxian.regions.queries import full_name

PAST = dt.timedelta(days=31)


def _volunteer(text: str, what: str) -> Volunteer:
    try:
        key = links.opened(text, what)
    except OutOfScope as error:
        raise Http404(what) from error
    found = Volunteer.objects.select_related("organisation").filter(id=key).first()
    if found is None or not links.holds(text, what, found):
        raise Http404(what)
    return found


@open_route
def calendar(_request: HttpRequest, secret: str) -> HttpResponse:
    """One's shifts of the last month and all to come, as a calendar (RFC 5545) to subscribe to.

    Nobody else is named in it.
    """
    with acting(links.reader(links.CALENDAR)):
        me = _volunteer(secret, links.CALENDAR)
        if me.to_date is not None:
            raise Http404(links.CALENDAR)
        turns = Turn.objects.filter(
            volunteer__person=me.person_id,
            state=Turn.State.PLACED,
            shift__ends_at__gt=timezone.now() - PAST,
        ).select_related("shift", "shift__post")
        feed = Calendar()
        feed.add("prodid", "-//Fangxian//mobilise//")
        feed.add("version", "2.0")
        for turn in turns.order_by("shift__starts_at"):
            shift = turn.shift
            event = Event()
            event.add("uid", f"{turn.id}@fangxian")
            event.add("dtstamp", turn.asked_at)
            event.add("dtstart", shift.starts_at)
            event.add("dtend", shift.ends_at)
            event.add("summary", f"{shift.post.name} {shift.name}")
            event.add("location", full_name(shift.place_code))
            feed.add_component(event)
    answer = HttpResponse(feed.to_ical(), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    return answer


@open_route
def badge(request: HttpRequest, secret: str) -> HttpResponse:
    """What a resident sees who reads the QR of a badge: name, unit, post and validity, no more."""
    with acting(links.reader(links.BADGE)):
        me = _volunteer(secret, links.BADGE)
        now, rules = timezone.now(), post_rules()
        running = (
            Turn.objects.filter(
                volunteer__person=me.person_id,
                state=Turn.State.PLACED,
                shift__starts_at__lte=now + rules.check_in_before,
                shift__ends_at__gt=now,
                went_at=None,
            )
            .select_related("shift", "shift__post")
            .order_by("shift__starts_at")
            .first()
        )
        context = {
            "name": me.name,
            "unit": me.organisation.name if me.organisation else full_name(me.place_code),
            "valid": me.to_date is None,
            "until": me.to_date,
            "post": running.shift.post.name if running else "",
            "kind": label(rules.kinds, running.shift.post.kind) if running else "",
            "on_until": running.shift.ends_at if running else None,
            "now": now,
        }
    answer = render(request, "mobilise/badge.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer


@open_route
def proof(request: HttpRequest, secret: str) -> HttpResponse:
    """What a third person sees who reads the QR of a certificate.

    Number, name, hours, period and whether it holds; no more.
    """
    with acting(links.reader(links.CERTIFICATE)):
        try:
            key = links.sealed(secret)
        except OutOfScope as error:
            raise Http404(links.CERTIFICATE) from error
        found = Certificate.objects.select_related("volunteer").filter(id=key).first()
        if found is None:
            raise Http404(links.CERTIFICATE)
        context = {
            "certificate": found,
            "hours": papers.hours_written(found.minutes),
            "now": timezone.now(),
        }
    answer = render(request, "mobilise/proof.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer
