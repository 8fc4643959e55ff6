"""For those who are called: volunteers pledge by one tap, officers for their units. On a phone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common import codes
from fangxian.common.errors import Conflict, OutOfScope
from fangxian.common.ui.changes import refused
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions, queries
from fangxian.mobilise.actions.calling import ANSWER
from fangxian.mobilise.actions.posts import VIEW
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.calls import queries as call_queries
from fangxian.mobilise.calls.forms import MembersForm, UnitPledgeForm, WishForm
from fangxian.mobilise.calls.leaving import hold_calls
from fangxian.mobilise.calls.queries import call_of, lines_of
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.models import Call, CallLine, CallUnit, Pledge, Volunteer
from fangxian.mobilise.rules import label, post_rules
from fangxian.mobilise.views.common import SHOWN, frame
from fangxian.organisations.models import Organisation
from fangxian.regions.queries import full_name


def _is_open(call: Call) -> bool:
    return call.state == Call.State.SENT and call.cut_off > timezone.now()


@page(TAKE)
def mine(request: SignedRequest) -> HttpResponse:
    """Calls that concern me, each with one button; what I pledged, and where I was placed."""
    _place, _day, context = frame(request, "my_calls")
    by = request.actor
    pledges = list(call_queries.my_pledges(by)[:SHOWN])
    has = call_queries.placements_of(pledges)
    pledged = {one.call_id for one in pledges}
    kinds = post_rules().kinds
    context |= {
        "me": queries.volunteer_of(by),
        "calls": [
            {"call": one, "kind": label(kinds, one.kind), "where": full_name(one.place_code)}
            for one in call_queries.for_me(by)[:SHOWN]
            if one.id not in pledged
        ],
        "pledges": [
            {"pledge": one, "open": _is_open(one.call), "at": has.get(one.id, [])}
            for one in pledges
        ],
    }
    return render(request, "mobilise/my_calls.html", context)


@page(TAKE, methods=("POST",))
def pledge(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """One tap: I am ready."""
    actions.pledge(by=request.actor, call=call_of(request.actor, call_id))
    messages.success(request, _("Pledged. You are told as soon as you have a place."))
    return redirect("mobilise:call_answer", call_id)


@page(TAKE, methods=("GET", "POST"))
def answer(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """One call, as a volunteer sees it: what it wants, my wishes, key posts to claim."""
    by, found = request.actor, call_of(request.actor, call_id)
    if found.sent_at is None:
        return redirect("mobilise:my_calls")
    if request.method == "POST":
        hold_calls([found.id])
    own = call_queries.my_pledges(by).filter(call=found).first()
    lines = list(lines_of(found))
    form = WishForm(posted(request), lines=lines, pledge=own)
    if form.is_bound and form.is_valid():
        wishes = form.chosen()

        def save() -> Pledge:
            if own is None:
                return actions.pledge(by=by, call=found, wishes=wishes)
            return actions.change_wishes(by=by, pledge=own, wishes=wishes)

        if tried(form, save) is not None:
            messages.success(request, _("Your pledge is recorded."))
            return redirect("mobilise:call_answer", found.id)
    context = _seen(found, lines) | {
        "me": next(
            (
                one
                for one in queries.volunteers_of(by)
                if codes.contains(found.place_code, one.place_code)
            ),
            None,
        ),
        "pledge": own,
        "at": call_queries.placements_of([own]).get(own.id, []) if own else [],
        "form": form,
        "may_claim": found.counts == Call.Counts.PEOPLE,
    }
    return render(
        request,
        "mobilise/call_answer.html",
        context,
        status=refused(form) if form.is_bound else 200,
    )


def _seen(call: Call, lines: list[CallLine]) -> dict[str, Any]:
    post = post_rules()
    return {
        "call": call,
        "open": _is_open(call),
        "where": full_name(call.place_code),
        "kind": label(post.kinds, call.kind),
        "lines": [
            {
                "line": one,
                "needs": [label(post.skills, code) for code in sorted(one.skills)],
                "left": one.heads - one.placed,
            }
            for one in lines
        ],
    }


@page(TAKE, methods=("POST",))
def take_back(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """Take one's own pledge back."""
    found = (
        call_queries.my_pledges(request.actor).filter(call=call_of(request.actor, call_id)).first()
    )
    if found is None:
        raise Conflict(_("It was withdrawn already."))
    actions.withdraw_pledge(by=request.actor, pledge=found)
    messages.success(request, _("Taken back."))
    return redirect("mobilise:my_calls")


def line_of(line_id: UUID) -> CallLine:
    """A line of a call that the actor sees. Raises OutOfScope."""
    found = CallLine.objects.select_related("call").filter(id=line_id).first()
    if found is None:
        raise OutOfScope(str(line_id))
    return found


@page(TAKE, methods=("POST",))
def claim(request: SignedRequest, line_id: UUID) -> HttpResponse:
    """Claim a key post."""
    line = line_of(line_id)
    actions.claim(by=request.actor, line=line)
    messages.success(request, _("Claimed: who called confirms it, then you are told."))
    return redirect("mobilise:call_answer", line.call_id)


@page(VIEW)
def wall(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """How many have pledged, unit by unit: figures alone, nobody's name."""
    found = call_of(request.actor, call_id)
    wanted, placed = call_queries.wanted_heads(found)
    units = CallUnit.objects.filter(call=found, pledged__gt=0).select_related("organisation")
    context = {
        "call": found,
        "where": full_name(found.place_code),
        "wanted": wanted,
        "placed": placed,
        "units": list(units.order_by("-pledged", "organisation__name")[:SHOWN]),
        "now": timezone.now(),
    }
    return render(request, "mobilise/call_wall.html", context)


@page(ANSWER)
def unit_calls(request: SignedRequest) -> HttpResponse:
    """The calls that were sent to the unit for which the actor answers."""
    _place, _day, context = frame(request, "unit_calls")
    by = request.actor
    unit = (
        Organisation.objects.filter(id=by.organisation_id).first() if by.organisation_id else None
    )
    context |= {
        "unit": unit,
        "lines": [
            {"row": one, "open": _is_open(one.call)} for one in call_queries.for_unit(by)[:SHOWN]
        ],
    }
    return render(request, "mobilise/unit_calls.html", context)


@page(ANSWER, methods=("GET", "POST"))
def unit(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """One call, as the officer of a unit sees it; what is sent are the heads of the unit."""
    by, found = request.actor, call_of(request.actor, call_id)
    if by.organisation_id is None:
        return redirect("mobilise:unit_calls")
    asked = CallUnit.objects.filter(call=found, organisation_id=by.organisation_id).first()
    if asked is None or found.sent_at is None:
        raise OutOfScope(str(call_id))
    if request.method == "POST":
        hold_calls([found.id])
    whole = call_queries.unit_pledges(by, found).filter(volunteer=None).first()
    form = UnitPledgeForm(
        posted(request), lines=list(lines_of(found)), pledge=whole, counts=found.counts
    )
    if form.is_bound and form.is_valid():
        heads, wishes = form.said("heads"), form.chosen()
        done = tried(
            form, lambda: actions.pledge_unit(by=by, call=found, heads=heads, wishes=wishes)
        )
        if done is not None:
            messages.success(request, _("The pledge of the unit is recorded."))
            return redirect("mobilise:call_unit", found.id)
    return _unit_page(request, found, asked, form, None)


def _own_people(request: SignedRequest, call: Call) -> Any:
    """Volunteers of the actor's unit within the place of a call who have not pledged yet."""
    rows = queries.inside(Volunteer.objects.filter(to_date=None), call.place_code)
    rows = rows.filter(organisation=request.actor.organisation_id)
    standing = Pledge.objects.filter(call=call).exclude(state=Pledge.State.WITHDRAWN)
    there = standing.filter(volunteer__isnull=False).values("volunteer_id")
    return rows.exclude(id__in=there).exclude(fit=False).order_by("echelon", "rank", "id")


def _unit_page(
    request: SignedRequest, call: Call, asked: CallUnit, form: Any, people: Any
) -> HttpResponse:
    rules = call_rules()
    pledges = list(call_queries.unit_pledges(request.actor, call)[:SHOWN])
    has = call_queries.placements_of(pledges)
    ready = _own_people(request, call) if call.counts == Call.Counts.PEOPLE else None
    context = _seen(call, list(lines_of(call))) | {
        "asked": asked,
        "whole": next((one for one in pledges if one.volunteer_id is None), None),
        "pledges": [
            {
                "pledge": one,
                "hours": label(rules.hours, one.hours),
                "at": has.get(one.id, []),
            }
            for one in pledges
        ],
        "form": form,
        "people": people or (MembersForm(volunteers=ready) if ready and ready.exists() else None),
    }
    sent = people or (form if form.is_bound else None)
    status = refused(sent) if sent is not None else 200
    return render(request, "mobilise/call_unit.html", context, status=status)


@page(ANSWER, methods=("POST",))
def members(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """Pledge people of the unit by name."""
    by, found = request.actor, call_of(request.actor, call_id)
    if by.organisation_id is None:
        return redirect("mobilise:unit_calls")
    asked = CallUnit.objects.filter(call=found, organisation_id=by.organisation_id).first()
    if asked is None:
        raise OutOfScope(str(call_id))
    people = MembersForm(request.POST, volunteers=_own_people(request, found))
    if people.is_valid():
        chosen = list(people.cleaned_data["volunteers"])
        done = tried(people, lambda: actions.pledge_members(by=by, call=found, volunteers=chosen))
        if done is not None:
            messages.success(request, _("People pledged: %(n)d.") % {"n": len(done)})
            return redirect("mobilise:call_unit", found.id)
    whole = call_queries.unit_pledges(by, found).filter(volunteer=None).first()
    form = UnitPledgeForm(lines=list(lines_of(found)), pledge=whole, counts=found.counts)
    return _unit_page(request, found, asked, form, people)


@page(ANSWER, methods=("POST",))
def unit_take_back(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """Take the unit's pledge back, or that of one of its people."""
    found = call_of(request.actor, call_id)
    try:
        wanted = UUID(request.POST.get("pledge", ""))
    except ValueError:
        raise Conflict(_("It was withdrawn already.")) from None
    row = call_queries.unit_pledges(request.actor, found).filter(id=wanted).first()
    if row is None:
        raise Conflict(_("It was withdrawn already."))
    actions.withdraw_pledge(by=request.actor, pledge=row)
    messages.success(request, _("Taken back."))
    return redirect(f"{reverse('mobilise:call_unit', args=[found.id])}#pledges")


@page(ANSWER, methods=("POST",))
def unit_claim(request: SignedRequest, line_id: UUID) -> HttpResponse:
    """Claim a key post for the unit."""
    line = line_of(line_id)
    text = request.POST.get("heads", "1")
    heads = int(text) if text.isdecimal() and len(text) < 5 else 1
    actions.claim(by=request.actor, line=line, heads=max(1, heads), as_unit=True)
    messages.success(request, _("Claimed: who called confirms it, then you are told."))
    return redirect("mobilise:call_unit", line.call_id)
