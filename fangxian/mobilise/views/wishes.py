"""Wishes and days off: one's own on a phone, and staff for somebody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import refused
from fangxian.common.ui.formats import date
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions, queries
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.forms_drafts import WishForm
from fangxian.mobilise.models import Volunteer, Wish
from fangxian.mobilise.roster_rules import roster_rules
from fangxian.mobilise.rules import label
from fangxian.mobilise.views.common import frame
from fangxian.mobilise.views.volunteers import volunteer_of


@page(TAKE, methods=("GET", "POST"))
def mine(request: SignedRequest) -> HttpResponse:
    """One's own wishes and days off."""
    me = queries.volunteer_of(request.actor)
    if me is None:
        # That page says what to do about it.
        return redirect("mobilise:mine")
    _place, _day, context = frame(request, "mine")
    return _page(request, me, None, context)


@page(KEEP, methods=("GET", "POST"))
def of_volunteer(request: SignedRequest, volunteer_id: UUID) -> HttpResponse:
    """Somebody's wishes and days off, by staff."""
    found = volunteer_of(volunteer_id)
    return _page(request, found, found, {"name": found.name})


def _page(
    request: SignedRequest, of: Volunteer, named: Volunteer | None, context: dict[str, Any]
) -> HttpResponse:
    form = WishForm(posted(request), rules=roster_rules())
    if form.is_bound and form.is_valid():
        made = tried(
            form, lambda: actions.make_wish(by=request.actor, volunteer=named, **form.said())
        )
        if made is not None:
            messages.success(request, _("Noted: the next roster takes it into account."))
            return redirect(request.path)
    if named is not None:
        # Said of somebody else, not of oneself.
        form.fields["kind"].label = named.name
    context |= {
        "form": form,
        "wishes": [_row(one, named) for one in _present(of)],
        "volunteer": named,
        "back": reverse("mobilise:volunteer", args=[named.id]) if named else "",
    }
    status = refused(form) if form.is_bound else 200
    return render(request, "mobilise/wishes.html", context, status=status)


def _present(of: Volunteer) -> list[Wish]:
    ahead = Q(until=None) | Q(until__gte=timezone.localdate())
    return list(Wish.objects.filter(ahead, volunteer=of).order_by("first", "weekday", "id"))


def _row(wish: Wish, named: Volunteer | None) -> dict[str, Any]:
    parts = roster_rules().parts
    if wish.weekday is not None:
        when = _("each %(day)s") % {"day": WEEKDAYS[wish.weekday]}
    elif wish.until is None:
        when = _("every day")
    elif wish.until == wish.first:
        when = date(wish.first)
    else:
        when = _("%(first)s to %(last)s") % {"first": date(wish.first), "last": date(wish.until)}
    if wish.weekday is not None and wish.until is not None:
        when = _("%(when)s until %(last)s") % {"when": when, "last": date(wish.until)}
    kinds = {Wish.Kind.OFF: "bad", Wish.Kind.AVOIDS: "warn", Wish.Kind.LIKES: "ok"}
    url = (
        reverse("mobilise:wish_remove_for", args=[named.id, wish.id])
        if named
        else reverse("mobilise:wish_remove", args=[wish.id])
    )
    return {
        "wish": wish,
        "when": when,
        "part": label(parts, wish.part) if wish.part else _("the whole day"),
        "kind": kinds[Wish.Kind(wish.kind)],
        "url": url,
    }


def wish_of(wish_id: UUID) -> Wish:
    """A wish of the actor's area. Raises OutOfScope."""
    found = Wish.objects.filter(id=wish_id).first()
    if found is None:
        raise OutOfScope(str(wish_id))
    return found


@page(TAKE, methods=("POST",))
def remove(request: SignedRequest, wish_id: UUID) -> HttpResponse:
    """Take one's own wish back."""
    actions.take_back_wish(by=request.actor, wish=wish_of(wish_id))
    messages.success(request, _("Taken back."))
    return redirect("mobilise:wishes")


@page(KEEP, methods=("POST",))
def remove_for(request: SignedRequest, volunteer_id: UUID, wish_id: UUID) -> HttpResponse:
    """Take somebody's wish back, as staff."""
    found = volunteer_of(volunteer_id)
    actions.take_back_wish(by=request.actor, wish=wish_of(wish_id), volunteer=found)
    messages.success(request, _("Taken back."))
    return redirect("mobilise:wishes_of", found.id)
