"""Rounds: the list with missed points, planning, one round, the sheet of its QR codes."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.common.ui.qr import qr
from fangxian.field import actions
from fangxian.field.actions.gates import RECORD, WATCH
from fangxian.field.actions.planning import PLAN
from fangxian.field.duties import queries
from fangxian.field.duties.forms import ChangeRoundForm, CheckForm, RoundForm, point_lines
from fangxian.field.duties.rules import duty_rules, label
from fangxian.field.models import Point, Round, RoundCheck
from fangxian.field.questionnaire.said import typed
from fangxian.field.views.duties import SHOWN, asked_place, changes_of, frame, fresh, shown
from fangxian.regions.queries import called, full_name

# Groups of the token below its QR, to be typed where it can't be read.
GROUP = 4
FIRST, LAST = "08:00", "20:00"


def round_of(round_id: UUID) -> Round:
    """A round of the actor's area. Raises OutOfScope."""
    found = Round.objects.select_related("emergency").filter(id=round_id).first()
    if found is None:
        raise OutOfScope(str(round_id))
    return found


@page(WATCH)
def every(request: SignedRequest) -> HttpResponse:
    """The rounds of a place, those with points missed by now first."""
    place, _day, context = frame(request, "rounds")
    ended = request.GET.get("show") == "ended"
    found = queries.inside(Round.objects.filter(ended_on__isnull=not ended), place)
    found = found.order_by("place_code", "name")
    missed = {} if ended else queries.missed_at(place)
    worst = list(missed)[:SHOWN]
    rows = sorted(found.filter(id__in=worst), key=lambda one: worst.index(one.id))
    rows += found.exclude(id__in=worst)[: SHOWN + 1 - len(rows)]
    full, rows = len(rows) > SHOWN, rows[:SHOWN]
    states = queries.states_of(rows)
    lines = []
    for one in rows:
        points = states[one.id]
        line = {
            "round": one,
            "points": len(points),
            "done": sum(min(state.done, one.times) for state in points),
            "total": one.times * len(points),
            "missed": missed.get(one.id, 0),
        }
        lines.append(line)
    context |= {
        "lines": lines,
        "full": full,
        "most": SHOWN,
        "places": called({one.place_code for one in rows}),
        "ended": ended,
    }
    return render(request, "field/rounds.html", context)


@page(PLAN, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Plan a round."""
    initial = {
        "place": asked_place(request),
        "times": 2,
        "first_at": FIRST,
        "last_at": LAST,
    }
    form = RoundForm(posted(request), by=request.actor, initial=initial)
    if form.is_bound and form.is_valid():
        made = tried(form, lambda: actions.plan_round(by=request.actor, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("Planned. Print the codes of its points."))
            return redirect("field:round", made.id)
    return form_page(request, form, title=_("Plan a round"), back=reverse("field:rounds"))


@page(PLAN, methods=("GET", "POST"))
def edit(request: SignedRequest, round_id: UUID) -> HttpResponse:
    """Change a round and its points."""
    if request.method == "POST":
        hold(Round, round_id)
    found = round_of(round_id)
    points = list(Point.objects.filter(round=found, removed_on=None).order_by("position"))
    initial = {
        "name": found.name,
        "times": found.times,
        "first_at": found.first_at.isoformat("minutes"),
        "last_at": found.last_at.isoformat("minutes"),
        "points": point_lines(points),
    }
    form = ChangeRoundForm(posted(request), initial=initial)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        done = tried(form, lambda: actions.change_round(by=request.actor, planned=found, **given))
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("field:round", found.id)
    back = reverse("field:round", args=[found.id])
    return form_page(request, form, title=_("Change the round"), sub=found.name, back=back)


@page(PLAN, methods=("POST",))
def end(request: SignedRequest, round_id: UUID) -> HttpResponse:
    """End a round."""
    actions.end_round(by=request.actor, planned=round_of(round_id))
    messages.success(request, _("Ended. What was checked stays."))
    return redirect("field:round", round_id)


@page(WATCH, methods=("GET", "POST"))
def detail(request: SignedRequest, round_id: UUID) -> HttpResponse:
    """One round: its points now, the checks of a day, a check to record."""
    found = round_of(round_id)
    rules = duty_rules()
    states = queries.states_of([found])[found.id]
    points = [state.point for state in states]
    form = CheckForm(posted(request), rules=rules, points=points, initial=fresh())
    if form.is_bound:
        request.actor.require(RECORD, found.place_code)
    if form.is_bound and form.is_valid():
        check = actions.NewRoundCheck(**form.cleaned_data)
        done = tried(form, lambda: actions.record_round_check(by=request.actor, check=check))
        if done is not None:
            messages.success(request, _("Recorded."))
            return redirect("field:round", found.id)
    _place, day, context = frame(request, "rounds")
    first, after = queries.day_of(day)
    checks = RoundCheck.objects.filter(point__round=found, at__gte=first, at__lt=after)
    rows = list(checks.select_related("point", "corrected_by").order_by("-at", "-id")[: SHOWN + 1])
    context |= shown(rows)
    context |= {
        "round": found,
        "where": full_name(found.place_code),
        "history": changes_of(Round, found.id),
        "states": states,
        "walk": queries.walk_of(found, timezone.now()),
        "missed": sum(1 for state in states if state.missed),
        "lines": [
            {
                "check": row,
                "found": label(rules.found, row.found),
                "note": typed(row.note or ""),
                "corrected": hasattr(row, "corrected_by"),
            }
            for row in context["rows"]
        ],
        "form": form,
        "may_plan": request.actor.may(PLAN, found.place_code) and found.ended_on is None,
        "may_record": request.actor.may(RECORD, found.place_code) and found.ended_on is None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "field/round.html", context, status=status)


@page(RECORD)
def sheet(request: SignedRequest, round_id: UUID) -> HttpResponse:
    """The QR codes of a round's points, to be printed and put up."""
    found = round_of(round_id)
    points = Point.objects.filter(round=found, removed_on=None).order_by("position")
    context = {
        "round": found,
        "where": full_name(found.place_code),
        "points": [
            {
                "point": point,
                "qr": qr(point.token, point.name, 180),
                "words": " ".join(
                    point.token[at : at + GROUP] for at in range(0, len(point.token), GROUP)
                ),
            }
            for point in points
        ],
    }
    return render(request, "field/round_sheet.html", context)
