"""Publicity: what is to be said and what was said; and the log of disinfections."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.codes import contains
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.field import actions
from fangxian.field.actions.gates import RECORD, WATCH
from fangxian.field.actions.planning import PLAN
from fangxian.field.duties import figures, queries
from fangxian.field.duties.forms import DisinfectionForm, MessageForm, OutreachForm
from fangxian.field.duties.rules import duty_rules, label
from fangxian.field.forms import called as called_here
from fangxian.field.models import Disinfection, Message, Outreach
from fangxian.field.questionnaire.said import typed
from fangxian.field.views.duties import SHOWN, asked_place, frame, fresh, shown
from fangxian.regions.queries import called


@page(WATCH, methods=("GET", "POST"))
def outreach(request: SignedRequest) -> HttpResponse:
    """What is to be said at a place, what was said and answered there on a day."""
    place, day, context = frame(request, "outreach")
    by, rules = request.actor, duty_rules()
    to_say = list(queries.messages_at(place, day)[:SHOWN])
    initial = {"place": called_here(place, by.area) if place else "", **fresh()}
    form = OutreachForm(
        posted(request),
        by=by,
        rules=rules,
        said=[one for one in queries.messages_at(place)[:SHOWN] if one.from_date <= day],
        initial=initial,
    )
    if form.is_bound:
        by.require(RECORD)
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        kind, _dot, outcome = given.pop("what").partition(".")
        code = given.pop("place").code
        new = actions.NewOutreach(place_code=code, kind=kind, outcome=outcome, **given)
        if tried(form, lambda: actions.record_outreach(by=by, outreach=new)) is not None:
            messages.success(request, _("Recorded."))
            return redirect("field:outreach")
    first, after = queries.day_of(day)
    found = queries.inside(Outreach.objects.filter(at__gte=first, at__lt=after), place)
    found = found.select_related("message", "corrected_by")
    rows = list(found.order_by("-at", "-id")[: SHOWN + 1])
    context |= shown(rows)
    said = _said(to_say, place)
    told = figures.outreach(place, day)
    context |= {
        "to_say": [
            {
                "message": one,
                "kind": label(rules.messages, one.kind),
                "where": one.place_code,
                "said": said.get(one.id, figures.Told()),
                "coming": one.from_date > day,
                "may_end": by.may(PLAN, one.place_code) and one.to_date >= timezone.localdate(),
            }
            for one in to_say
        ],
        "message_places": called({one.place_code for one in to_say}),
        "told": [
            {"kind": kind.code, "name": kind.name, "told": told.get(kind.code, figures.Told())}
            for kind in rules.outreach.values()
        ],
        "lines": [
            {
                "outreach": row,
                "kind": label(rules.outreach, row.kind),
                "outcome": label(
                    rules.outreach[row.kind].outcomes if row.kind in rules.outreach else {},
                    row.outcome,
                ),
                "note": typed(row.note or ""),
                "corrected": hasattr(row, "corrected_by"),
            }
            for row in context["rows"]
        ],
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "field/outreach.html", context, status=status)


def _said(to_say: list[Message], place: str) -> dict[UUID, figures.Told]:
    """How often each message was said at a place since it began, and to how many. One query."""
    done = queries.inside(Outreach.objects.filter(message__in=to_say, corrected_by=None), place)
    rows = done.values("message_id").order_by("message_id")
    counted = rows.annotate(times=Count("id", filter=Q(done=True)), people=Sum("people", default=0))
    return {row["message_id"]: figures.Told(row["times"], row["people"]) for row in counted}


@page(PLAN, methods=("GET", "POST"))
def new_message(request: SignedRequest) -> HttpResponse:
    """Write what is to be said."""
    today = timezone.localdate()
    initial = {
        "place": asked_place(request),
        "from_date": today,
        "to_date": today,
    }
    form = MessageForm(posted(request), by=request.actor, rules=duty_rules(), initial=initial)
    if form.is_bound and form.is_valid():
        made = tried(form, lambda: actions.write_message(by=request.actor, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("Written. It is on the phones at their next sync."))
            return redirect("field:outreach")
    back = reverse("field:outreach")
    return form_page(request, form, title=_("Write a message"), back=back)


@page(PLAN, methods=("POST",))
def end_message(request: SignedRequest, message_id: UUID) -> HttpResponse:
    """Say a message no longer."""
    found = Message.objects.filter(id=message_id).first()
    if found is None or not contains(request.actor.area, found.place_code):
        raise OutOfScope(str(message_id))
    actions.end_message(by=request.actor, message=found)
    messages.success(request, _("It is said for the last time today."))
    return redirect("field:outreach")


@page(WATCH, methods=("GET", "POST"))
def disinfections(request: SignedRequest) -> HttpResponse:
    """What was disinfected at a place on a day, and one to record."""
    place, day, context = frame(request, "disinfections")
    by, rules = request.actor, duty_rules()
    initial = {"place": called_here(place, by.area) if place else "", **fresh()}
    form = DisinfectionForm(posted(request), by=by, rules=rules, initial=initial)
    if form.is_bound:
        by.require(RECORD)
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        new = actions.NewDisinfection(place_code=given.pop("place").code, **given)
        done = tried(form, lambda: actions.record_disinfection(by=by, disinfection=new))
        if done is not None:
            messages.success(request, _("Recorded."))
            return redirect("field:disinfections")
    first, after = queries.day_of(day)
    found = queries.inside(Disinfection.objects.filter(at__gte=first, at__lt=after), place)
    rows = list(found.select_related("corrected_by").order_by("-at", "-id")[: SHOWN + 1])
    context |= shown(rows)
    context |= {
        "lines": [
            {
                "disinfection": row,
                "site": label(rules.sites, row.site),
                "agent": label(rules.agents, row.agent),
                "note": typed(row.note or ""),
                "corrected": hasattr(row, "corrected_by"),
            }
            for row in context["rows"]
        ],
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "field/disinfections.html", context, status=status)
