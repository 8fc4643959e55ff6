"""Calls, as who sends them sees them: the list, drawing up, a second look, what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import refused
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions
from fangxian.mobilise.actions.calling import (
    CALL,
    callees,
    concerned,
    digest_of,
    last_echelon,
    officers_of,
)
from fangxian.mobilise.calls.forms import (
    ChangedCallForm,
    LineSet,
    PlacedCallForm,
    ReasonForm,
    SeenForm,
    UnitSet,
    line_rows,
    unit_rows,
)
from fangxian.mobilise.calls.matching import figures
from fangxian.mobilise.calls.queries import (
    call_of,
    lines_of,
    own_call,
    placements_of,
    wanted_by,
    wanted_heads,
)
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.forms import skills_written
from fangxian.mobilise.models import Call, CallUnit, Match, Placement, Pledge
from fangxian.mobilise.rules import label, post_rules
from fangxian.mobilise.views.common import SHOWN, frame
from fangxian.organisations.models import Organisation
from fangxian.organisations.views.common import told
from fangxian.regions.queries import called, full_name

WEEK = dt.timedelta(days=7)
BADGES = {"draft": "todo", "sent": "doing", "closed": "ok", "withdrawn": "neutral"}


@page(CALL)
def every(request: SignedRequest) -> HttpResponse:
    """The calls of a place and of what lies in it; those above are seen by the same list."""
    _place, _day, context = frame(request, "calls")
    over = request.GET.get("show") == "over"
    states = [Call.State.CLOSED, Call.State.WITHDRAWN] if over else [
        Call.State.DRAFT,
        Call.State.SENT,
    ]  # fmt: skip
    found = Call.objects.filter(state__in=states)
    found = found.exclude(~Q(place_code__startswith=request.actor.area), state=Call.State.DRAFT)
    rows = list(found.order_by("-created_at")[: SHOWN + 1])
    wanted = wanted_by(rows[:SHOWN])
    context |= {
        "lines": [
            {"call": one, "badge": BADGES[one.state], "wanted": wanted[one.id]}
            for one in rows[:SHOWN]
        ],
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "over": over,
        "places": called({one.place_code for one in rows}),
    }
    return render(request, "mobilise/calls.html", context)


@page(CALL, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Draw a call up."""
    by, today = request.actor, timezone.localdate()
    initial = {
        "place": by.area,
        "starts_on": today + dt.timedelta(days=1),
        "ends_on": today + WEEK,
        "cut_off": timezone.localtime() + dt.timedelta(days=1),
        "open_to_all": True,
    }
    form = PlacedCallForm(posted(request), by=by, initial=initial)
    lines = LineSet(posted(request), prefix="line", form_kwargs={"area": by.area})
    units = UnitSet(posted(request), prefix="unit")
    if _valid(form, lines, units):
        rows = lines.lines()
        made = tried(
            form,
            lambda: actions.draft_call(
                by=by,
                place=form.cleaned_data["place"],
                call=form.call(),
                lines=[*rows, *form.communities(rows)],
                units=units.units(),
            ),
        )
        if made is not None:
            messages.success(request, _("Drawn up. Look at it once more, then send it."))
            return redirect("mobilise:call", made.id)
    return _page(request, form, lines, units, _("Draw up a call"), reverse("mobilise:calls"))


@page(CALL, methods=("GET", "POST"))
def edit(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """Change a call that was not sent."""
    by, found = request.actor, own_call(request.actor, call_id, CALL)
    fields = ("title", "kind", "text", "counts", "starts_on", "ends_on", "hours", "cut_off")
    initial = {name: getattr(found, name) for name in fields}
    initial |= {"open_to_all": found.open_to_all, "emergency": found.emergency_id}
    initial |= {"cut_off": timezone.localtime(found.cut_off), "seen": digest_of(found)}
    form = ChangedCallForm(posted(request), by=by, initial=initial)
    lines = LineSet(
        posted(request), prefix="line", form_kwargs={"area": by.area},
        initial=line_rows(lines_of(found)),
    )  # fmt: skip
    units = UnitSet(posted(request), prefix="unit", initial=unit_rows(_units(found)))
    if _valid(form, lines, units):
        rows = lines.lines()
        done = tried(
            form,
            lambda: actions.change_call(
                by=by,
                call=found,
                told=form.call(),
                lines=[*rows, *form.communities(rows)],
                units=units.units(),
                seen=form.cleaned_data["seen"],
            ),
        )
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:call", found.id)
        form.again(digest_of(own_call(request.actor, call_id, CALL)))
    back = reverse("mobilise:call", args=[found.id])
    return _page(request, form, lines, units, _("Change the call"), back, found.title)


def _valid(form: Any, lines: Any, units: Any) -> bool:
    if not form.is_bound:
        return False
    good = [form.is_valid(), lines.is_valid(), units.is_valid()]
    return all(good)


def _page(
    request: SignedRequest, form: Any, lines: Any, units: Any, title: str, back: str, sub: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "lines": lines,
        "units": units,
        "title": title,
        "back": back,
        "sub": sub,
    }
    status = refused(form) if request.method == "POST" else 200
    return render(request, "mobilise/call_form.html", context, status=status)


def _units(call: Call) -> list[CallUnit]:
    rows = CallUnit.objects.filter(call=call).select_related("organisation")
    return list(rows.order_by("-quota", "organisation__name"))


@page(CALL)
def detail(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """One call: what it wants, who was asked, who pledged, what waits for a word, proposals."""
    by, found = request.actor, call_of(request.actor, call_id)
    if found.state == Call.State.DRAFT and not by.may(CALL, found.place_code):
        # What a place above draws up is nobody's business before it is sent.
        raise OutOfScope(str(call_id))
    rules, post = call_rules(), post_rules()
    wanted, placed = wanted_heads(found)
    lines = list(lines_of(found))
    rows = Pledge.objects.filter(call=found).exclude(state=Pledge.State.WITHDRAWN)
    pledges = list(
        rows.select_related("volunteer", "organisation").order_by("-state", "created_at")[
            : SHOWN + 1
        ]
    )
    has = placements_of(pledges)
    may = by.may(CALL, found.place_code)
    claims = Placement.objects.filter(line__call=found, state=Placement.State.ASKED)
    sent = found.state == Call.State.SENT
    late = found.answer_by is not None and found.answer_by <= timezone.now()
    context = {
        "call": found,
        "badge": BADGES[found.state],
        "where": full_name(found.place_code),
        "kind": label(post.kinds, found.kind),
        "wanted": wanted,
        "placed": placed,
        "missing": max(0, wanted - found.pledged),
        "lines": [
            {"line": one, "skills": skills_written(one.skills, post)}
            for one in lines
        ],
        "places": called({one.place.code for one in lines}),
        "units": _units(found)[:SHOWN],
        "claims": list(
            claims.select_related("line__place", "pledge__volunteer", "pledge__organisation")
            .order_by("created_at")[:SHOWN]
        ),
        "pledges": [
            {
                "pledge": one,
                "hours": label(rules.hours, one.hours),
                "at": has.get(one.id, []),
            }
            for one in pledges[:SHOWN]
        ],
        "full": len(pledges) > SHOWN,
        "most": SHOWN,
        "matches": [
            (one, figures(one))
            for one in Match.objects.filter(call=found).select_related("base").order_by("number")
        ],
        "may": may,
        "may_edit": may and found.state == Call.State.DRAFT,
        "may_close": may and sent,
        "may_match": may and found.state in (Call.State.SENT, Call.State.CLOSED),
        "may_next": may and sent and found.counts == Call.Counts.PEOPLE
        and found.echelon < last_echelon(found),
        "late": late and sent and wanted > found.pledged,
        "history": told(Call, found.id),
    }  # fmt: skip
    return render(request, "mobilise/call.html", context)


@page(CALL, methods=("GET", "POST"))
def send(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """The second look: what the call says, who will be told; then it is sent."""
    by, found = request.actor, own_call(request.actor, call_id, CALL)
    form = SeenForm(posted(request), initial={"seen": digest_of(found)})
    if form.is_bound and form.is_valid():
        seen = form.cleaned_data["seen"]
        if tried(form, lambda: actions.send_call(by=by, call=found, seen=seen)) is not None:
            messages.success(request, _("Sent. Officers and volunteers are told."))
            return redirect("mobilise:call", found.id)
        found = own_call(by, call_id, CALL)
    wanted, _placed = wanted_heads(found)
    rows, units = list(lines_of(found)), list(concerned(found))
    names = Organisation.objects.filter(id__in=units).order_by("name")
    context = {
        "call": found,
        "form": form,
        "seen": digest_of(found),
        "wanted": wanted,
        "lines": [(one, skills_written(one.skills, post_rules())) for one in rows],
        "units": list(names[:SHOWN]),
        "unit_count": len(units),
        "officers": len(officers_of(found, units)) if units else 0,
        "volunteers": len(callees(found, 1)),
    }
    status = refused(form) if form.is_bound else 200
    return render(request, "mobilise/call_send.html", context, status=status)


@page(CALL, methods=("POST",))
def next_echelon(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """Call the next echelon."""
    done = actions.call_next(by=request.actor, call=own_call(request.actor, call_id, CALL))
    messages.success(request, _("Echelon %(n)d is called and told.") % {"n": done.echelon})
    return redirect("mobilise:call", call_id)


@page(CALL, methods=("POST",))
def close(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """End the pledging."""
    actions.close_call(by=request.actor, call=own_call(request.actor, call_id, CALL))
    messages.success(request, _("Closed. Who is placed stays placed."))
    return redirect("mobilise:call", call_id)


@page(CALL, methods=("GET", "POST"))
def withdraw(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """Take a call back for a reason."""
    found = own_call(request.actor, call_id, CALL)
    form = ReasonForm(posted(request))
    if form.is_bound and form.is_valid():
        reason = form.cleaned_data["reason"]
        done = tried(
            form, lambda: actions.withdraw_call(by=request.actor, call=found, reason=reason)
        )
        if done is not None:
            messages.success(request, _("The call is withdrawn; who pledged is told."))
            return redirect("mobilise:call", found.id)
    back = reverse("mobilise:call", args=[found.id])
    return form_page(request, form, title=_("Withdraw the call"), back=back, sub=found.title)


@page(CALL, methods=("POST",))
def decide(request: SignedRequest, placement_id: UUID, answer: str) -> HttpResponse:
    """Confirm or decline a claim; take a place back."""
    found = Placement.objects.select_related("line").filter(id=placement_id).first()
    if found is None or answer not in ("confirm", "decline", "release"):
        raise OutOfScope(str(placement_id))
    if answer == "release":
        actions.release(by=request.actor, placement=found)
        messages.success(request, _("Taken back: the pledge stands again."))
    else:
        confirm = answer == "confirm"
        actions.decide_claim(by=request.actor, placement=found, confirm=confirm)
        messages.success(request, _("Confirmed.") if confirm else _("Declined."))
    return redirect("mobilise:call", found.line.call_id)
