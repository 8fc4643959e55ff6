"""For those who serve: shifts to take, their own ones, checking in and out. Made for a phone."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import refused
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import tried
from fangxian.common.ui.qr import qr
from fangxian.mobilise import actions, fatigue, links, queries
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.duties import done, duties_of, left_behind
from fangxian.mobilise.forms import CheckInForm, NoteForm
from fangxian.mobilise.line import HELD
from fangxian.mobilise.models import Post, Shift, Turn, Volunteer
from fangxian.mobilise.rules import label, post_rules
from fangxian.mobilise.views.common import frame
from fangxian.mobilise.views.shifts import shift_of
from fangxian.mobilise.views.volunteers import certificates_of
from fangxian.organisations.views.common import page_number
from fangxian.regions.queries import called, full_name

AHEAD = dt.timedelta(days=7)
PAST = 30
# Shifts on one page of those to take.
SHOWN = 60


@page(TAKE)
def open_shifts(request: SignedRequest) -> HttpResponse:
    """The shifts of the next days, each with one button: take it, or give it back."""
    _place, _day, context = frame(request, "open")
    me = queries.volunteer_of(request.actor)
    now = timezone.now()
    mine = Turn.objects.filter(
        shift=OuterRef("pk"), volunteer__person=me.person_id if me else None, state__in=HELD
    )
    found = queries.to_come().filter(Exists(mine) | Q(cut_off__gt=now), starts_at__lt=now + AHEAD)
    number = page_number(request)
    rows = list(found[(number - 1) * SHOWN : number * SHOWN + 1])
    context |= {
        "me": me,
        "days": _by_day(rows[:SHOWN], me),
        "page": number,
        "more": len(rows) > SHOWN,
    }
    return render(request, "mobilise/open.html", context)


def _by_day(shifts: Iterable[Shift], me: Volunteer | None) -> list[dict[str, Any]]:
    rules = post_rules()
    every, now = list(shifts), timezone.now()
    mine = {
        turn.shift_id: turn
        for turn in Turn.objects.filter(
            volunteer__person=me.person_id if me else None, shift__in=every, state__in=HELD
        )
    }
    line = _places_in_line(mine.values())
    places = called({one.place_code for one in every})
    return [
        {
            "day": day,
            "shifts": [
                {
                    "shift": one,
                    "kind": label(rules.kinds, one.post.kind),
                    "where": places[one.place_code],
                    "free": one.heads - one.placed,
                    "turn": mine.get(one.id),
                    "line": line.get(one.id),
                    "closed": one.cut_off <= now,
                    "needs": [label(rules.skills, code) for code in sorted(one.skills)],
                }
                for one in of
            ],
        }
        for day, of in groupby(every, key=lambda one: one.day)
    ]


def _places_in_line(turns: Iterable[Turn]) -> dict[UUID, int]:
    """For shifts on which one waits: how many are ahead, and oneself. One query."""
    mine = {turn.shift_id: turn.number for turn in turns if turn.state == Turn.State.WAITING}
    waiting = Turn.objects.filter(shift__in=list(mine), state=Turn.State.WAITING)
    numbers = waiting.values_list("shift_id", "number") if mine else ()
    return Counter(shift_id for shift_id, number in numbers if number <= mine[shift_id])


@page(TAKE, methods=("POST",))
def take(request: SignedRequest, shift_id: UUID) -> HttpResponse:
    """One tap: a place, or one in the line."""
    shift = shift_of(shift_id)
    turn = actions.sign_up(by=request.actor, shift=shift)
    placed = turn.state == Turn.State.PLACED
    if placed:
        messages.success(request, _("You are on the roster."))
    else:
        messages.info(request, _("No place is free: you are in the line and move up by yourself."))
    return redirect(_back(request))


@page(TAKE, methods=("POST",))
def give_back(request: SignedRequest, turn_id: UUID) -> HttpResponse:
    """Undo it."""
    actions.withdraw(by=request.actor, turn=turn_of(turn_id))
    messages.success(request, _("Given back."))
    return redirect(_back(request))


def _back(request: SignedRequest) -> str:
    return "mobilise:mine" if request.POST.get("back") == "mine" else "mobilise:open"


def turn_of(turn_id: UUID) -> Turn:
    """A turn of the actor's area. Raises OutOfScope."""
    found = Turn.objects.select_related("shift", "shift__post").filter(id=turn_id).first()
    if found is None:
        raise OutOfScope(str(turn_id))
    return found


@page(TAKE)
def mine(request: SignedRequest) -> HttpResponse:
    """One's own shifts: those to come, the one that runs, what was served."""
    _place, _day, context = frame(request, "mine")
    me = queries.volunteer_of(request.actor)
    turns = Turn.objects.filter(volunteer__person=me.person_id if me else None)
    turns = turns.select_related("shift", "shift__post")
    # Who forgot to check out still can.
    open_ = Q(shift__ends_at__gt=timezone.now()) | Q(came_at__isnull=False)
    ahead = turns.filter(open_, state__in=HELD, went_at=None)
    coming = list(ahead.order_by("shift__starts_at")) if me else []
    _show_duties([turn for turn in coming if turn.came_at is not None])
    context |= {
        "me": me,
        "ahead": coming,
        "served": list(turns.filter(minutes__isnull=False).order_by("-went_at")[:PAST])
        if me
        else [],
        "minutes": queries.credited(me.person_id) if me else 0,
        "swaps": list(queries.swaps_of(me.person_id)) if me else [],
        "mark": fatigue.marks([me], post_rules()).get(me.id) if me else None,
        "certificates": certificates_of(me.person_id) if me else [],
        "note_form": NoteForm(),
    }
    return render(request, "mobilise/mine.html", context)


def _show_duties(turns: Sequence[Turn]) -> None:
    """What is to be done on shifts where one is just now, what of it was, what others left."""
    if not turns:
        return
    rules = post_rules()
    of: dict[UUID, list[Turn]] = defaultdict(list)
    there = Turn.objects.filter(shift__in=[one.shift_id for one in turns], came_at__isnull=False)
    for one in there.select_related("volunteer"):
        of[one.shift_id].append(one)
    for turn in turns:
        turn.duties = done(duties_of(turn.shift.post, rules), of[turn.shift_id])  # type: ignore[attr-defined]
        turn.left = left_behind(turn.shift)  # type: ignore[attr-defined]


@page(TAKE, methods=("POST",))
def tick(request: SignedRequest, turn_id: UUID) -> HttpResponse:
    """Say that a duty was done, or that it was not."""
    actions.tick(
        by=request.actor,
        turn=turn_of(turn_id),
        duty=request.POST.get("duty", ""),
        undo="undo" in request.POST,
    )
    return redirect("mobilise:mine")


@page(TAKE)
def typed(request: SignedRequest) -> HttpResponse:
    """The letters below the QR at a post, typed where it can't be read."""
    token = "".join(request.GET.get("token", "").split()).upper()
    if not token.isalnum() or not Post.objects.filter(token=token, closed_on=None).exists():
        messages.error(request, _("There is no post with these letters here."))
        return redirect("mobilise:mine")
    return redirect("mobilise:check_in", token)


@page(TAKE, methods=("GET", "POST"))
def arrive(request: SignedRequest, token: str) -> HttpResponse:
    """What the QR at a post leads to: checking in there."""
    post = Post.objects.filter(token=token.upper(), closed_on=None).first()
    if post is None:
        raise OutOfScope("token")
    form = CheckInForm(posted(request))
    if form.is_bound and form.is_valid():
        position = form.cleaned_data["position"]
        turn = tried(
            form, lambda: actions.check_in(by=request.actor, token=token, position=position)
        )
        if turn is not None:
            at = {"time": f"{timezone.localtime(turn.came_at):%H:%M}"}
            messages.success(
                request,
                _("Checked in at %(time)s, with your position.") % at
                if position
                else _("Checked in at %(time)s.") % at,
            )
            return redirect("mobilise:mine")
    context = {"post": post, "form": form}
    status = refused(form) if form.is_bound else 200
    return render(request, "mobilise/check_in.html", context, status=status)


@page(TAKE, methods=("POST",))
def leave(request: SignedRequest, turn_id: UUID) -> HttpResponse:
    """Check out, with a note to the next shift."""
    form = NoteForm(posted(request))
    if form.is_valid():
        done = tried(
            form,
            lambda: actions.check_out(
                by=request.actor, turn=turn_of(turn_id), note=form.cleaned_data["note"]
            ),
        )
        if done is not None:
            messages.success(
                request, _("Handed over: %(n)d minutes are credited.") % {"n": done.minutes or 0}
            )
            return redirect("mobilise:mine")
    return render(
        request, "mobilise/check_out.html", {"form": form, "turn": turn_of(turn_id)}, status=422
    )


@page(TAKE)
def my_links(request: SignedRequest) -> HttpResponse:
    """One's badge as a QR, and the address of one's calendar."""
    me = queries.volunteer_of(request.actor)
    if me is None:
        # That page says what to do about it.
        return redirect("mobilise:mine")
    _place, _day, context = frame(request, "mine")
    badge = request.build_absolute_uri(
        reverse("mobilise:badge", args=[links.secret(me, links.BADGE)])
    )
    context |= {
        "me": me,
        "unit": me.organisation.name if me.organisation else full_name(me.place_code),
        "qr": qr(badge, _("Badge"), 240),
        "calendar": request.build_absolute_uri(
            reverse("mobilise:calendar", args=[links.secret(me, links.CALENDAR)])
        ),
    }
    return render(request, "mobilise/my_links.html", context)


@page(TAKE, methods=("POST",))
def renew_links(request: SignedRequest) -> HttpResponse:
    """New links: the old ones open nothing any more."""
    actions.renew_links(by=request.actor)
    messages.success(request, _("The old links open nothing any more."))
    return redirect("mobilise:my_links")
