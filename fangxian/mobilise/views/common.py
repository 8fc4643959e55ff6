"""What the pages of posts and shifts share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.accounts.policy import SignedRequest
from fangxian.common.errors import Invalid, Problem
from fangxian.mobilise.actions.calling import ANSWER, CALL
from fangxian.mobilise.actions.posts import PLAN, VIEW
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.forms import WeekFilter
from fangxian.organisations.finding import holder_of
from fangxian.organisations.models import Member, Organisation
from fangxian.people.models import Person
from fangxian.regions.queries import full_name

SHOWN = 200


def tabs(request: SignedRequest, current: str) -> list[dict[str, Any]]:
    """The pages of the room that the reader may open, one of them open."""
    names = {
        "week": (_("Roster"), VIEW),
        "open": (_("Take a shift"), TAKE),
        "mine": (_("My shifts"), TAKE),
        "drafts": (_("Work out a roster"), PLAN),
        "posts": (_("Posts"), VIEW),
        "volunteers": (_("Volunteers"), KEEP),
        "load": (pgettext("of people", "Load"), KEEP),
        "calls": (_("Calls"), CALL),
        "my_calls": (_("My pledges"), TAKE),
        "unit_calls": (_("Calls to my unit"), ANSWER),
    }
    return [
        {"label": name, "url": reverse(f"mobilise:{page}"), "current": page == current}
        for page, (name, right) in names.items()
        if request.actor.may(right)
    ]


def frame(request: SignedRequest, current: str) -> tuple[str, dt.date, dict[str, Any]]:
    """Place and first day that are shown, and what each page has in its head."""
    form = WeekFilter(request.GET)
    place, day = form.chosen(request.actor)
    asked = place if place != request.actor.area else ""
    context = {
        "tabs": tabs(request, current),
        "filter": form,
        "filtered": bool(asked) or bool(request.GET.get("day")),
        "place": place,
        "place_name": full_name(place) if place else "",
        "day": day,
        "now": timezone.now(),
        "may_plan": request.actor.may(PLAN),
        "may_take": request.actor.may(TAKE),
        "may_keep": request.actor.may(KEEP),
    }
    return place, day, context


def person_or_member(key: str) -> Person | Member:
    """Who was chosen in a search for people. Raises Invalid."""
    holder = holder_of(key)
    if isinstance(holder, Organisation):
        raise Invalid(Problem(_("Choose a person."), field="holder"))
    return holder
