"""Sweeps: the list, planning, one sweep, its gaps by grid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, When
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common import codes
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import show_problems
from fangxian.core.models import UNFINISHED, Job
from fangxian.field import actions, queries
from fangxian.field.actions.campaigns import JOB
from fangxian.field.forms import CampaignForm, DoorFilter, ExtendForm, called
from fangxian.field.models import Campaign, DailyReport
from fangxian.field.reporting import due_times
from fangxian.field.rules import field_rules, field_rules_version
from fangxian.field.targets import common_area
from fangxian.organisations.queries import note_shown, who_closes_many
from fangxian.regions.queries import names

MOST_GRIDS = 200
PAGE = 50


def first_row(text: str) -> int:
    """The row that a page of a list begins with, as its address says."""
    return min(int(text), 10_000_000) if text.isascii() and text.isdigit() else 0


def campaign_of(request: SignedRequest, campaign_id: UUID) -> Campaign:
    """A sweep whose area touches the actor's. Raises OutOfScope."""
    found = Campaign.objects.select_related("area", "form", "emergency").filter(id=campaign_id)
    campaign = found.first()
    if campaign is None or common_area(request.actor.area, campaign.area.code) is None:
        raise OutOfScope(str(campaign_id))
    return campaign


def top(request: SignedRequest, campaign: Campaign) -> str:
    """The highest place of the sweep that the actor sees."""
    here: str = max(request.actor.area, campaign.area.code, key=len)
    return here


@page("field.view")
def every(request: SignedRequest) -> HttpResponse:
    """The sweeps that concern the actor's area, a page of them: running ones first."""
    by = request.actor
    states = (Campaign.State.RUNNING, Campaign.State.DRAFT)
    rank = Case(*(When(state=state, then=at) for at, state in enumerate(states)), default=2)
    every_one = queries.concerning(by.area).order_by(rank, "-starts_on", "-id")
    start = first_row(request.GET.get("from", ""))
    found = list(every_one[start : start + PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    begun = [campaign for campaign in found if campaign.state != Campaign.State.DRAFT]
    covered = queries.coverage_of({one: [top(request, one)] for one in begun})
    rows = [
        {
            "campaign": one,
            "coverage": covered.get((one.id, top(request, one))),
            "look": LOOKS[one.state],
        }
        for one in found
    ]
    context = {
        "rows": rows,
        "may_plan": by.may("field.campaigns"),
        "may_hand_in": by.may("accounts.device"),
        "next_url": f"?from={start + PAGE}" if more else "",
        "previous_url": f"?from={max(0, start - PAGE)}" if start else "",
    }
    return render(request, "field/campaigns.html", context)


LOOKS = {"draft": "todo", "running": "doing", "closed": "neutral"}


@page("field.campaigns", methods=("GET", "POST"))
def plan(request: SignedRequest) -> HttpResponse:
    """Plan a sweep, of the place in the address (``?area=``) or of the actor's area."""
    by = request.actor
    sent = posted(request)
    today = timezone.localdate()
    asked = request.GET.get("area", "")
    area = asked if codes.is_code(asked) and codes.contains(by.area, asked) else by.area
    named = called(area, by.area) if area else ""
    initial = {"area": named, "starts_on": today, "group": "all"}
    form = CampaignForm(sent, by=by, rules=field_rules(), initial=initial)
    if sent is not None and form.is_valid() and form.place is not None:
        given = dict(form.cleaned_data)
        given.pop("area")
        try:
            planned = actions.plan_campaign(by=by, area=form.place, **given)
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("Planned. Nobody is asked for anything until it starts."))
            return redirect("field:campaign", planned.id)
    status = 422 if sent is not None else 200
    return render(request, "field/campaign_new.html", {"form": form}, status=status)


@page("field.view")
def detail(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """One sweep: how far it is, what comes next, what can be done with it."""
    return _detail(request, campaign_of(request, campaign_id))


def _detail(
    request: SignedRequest, campaign: Campaign, extending: ExtendForm | None = None
) -> HttpResponse:
    by = request.actor
    at = top(request, campaign)
    rules = field_rules_version(campaign.rule_version)
    job = (
        Job.objects.filter(kind=JOB, args__campaign=str(campaign.id), state__in=UNFINISHED)
        .order_by("-created_at")
        .first()
    )
    owed = DailyReport.objects.filter(campaign=campaign, sent_at=None)
    if campaign.state == Campaign.State.CLOSED:
        # What nobody sent before it was closed is owed no longer.
        owed = owed.none()
    return render(
        request,
        "field/campaign.html",
        status=422 if extending is not None else 200,
        context={
            "campaign": campaign,
            "people": display_names([campaign.made_by]),
            "look": LOOKS[campaign.state],
            "place": at,
            "coverage": queries.coverage(campaign, [at])[at],
            "group": rules.groups[campaign.group].name,
            "report_times": [
                {"level": level.label, "at": at_hour, "next_day": next_day}
                for level, at_hour, next_day in due_times(campaign)
            ],
            "owed": owed.count(),
            "late": owed.filter(due_at__lt=timezone.now()).count(),
            "job": job,
            "now": timezone.now(),
            "may_run": by.may("field.campaigns", campaign.area.code),
            "extend_form": extending or ExtendForm(),
            "over": campaign.ends_on < timezone.localdate(),
            "may_visit": by.may("field.visit"),
            "may_exempt": by.may("field.exempt"),
            "may_report": by.may("field.report"),
        },
    )


@page("field.campaigns", methods=("POST",))
def start(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """Start a sweep."""
    campaign = campaign_of(request, campaign_id)
    actions.start_campaign(by=request.actor, campaign=campaign)
    messages.success(request, _("Started: every household of the group is now to be visited."))
    return redirect("field:campaign", campaign.id)


@page("field.campaigns", methods=("POST",))
def close(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """Close a sweep, after its name was typed."""
    campaign = campaign_of(request, campaign_id)
    request.actor.require("field.campaigns", campaign.area.code)
    if request.POST.get("confirm", "").strip() != campaign.name:
        messages.error(request, _("Type the sweep’s name to close it."))
        return redirect("field:campaign", campaign.id)
    actions.close_campaign(by=request.actor, campaign=campaign)
    messages.success(request, _("Closed. What is uncovered stays on the board as it is."))
    return redirect("field:campaign", campaign.id)


@page("field.campaigns", methods=("POST",))
def extend(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """Let a sweep end later."""
    campaign = campaign_of(request, campaign_id)
    request.actor.require("field.campaigns", campaign.area.code)
    form = ExtendForm(request.POST)
    if form.is_valid():
        try:
            actions.extend_campaign(by=request.actor, campaign=campaign, **form.cleaned_data)
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("Extended: what was due at its end is due then."))
            return redirect("field:campaign", campaign.id)
    return _detail(request, campaign, form)


@page("field.view")
def gaps(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """The grids that have gaps, the most first; who closes them, by when."""
    campaign = campaign_of(request, campaign_id)
    place = DoorFilter(request.GET).chosen(request.actor, campaign)[0]
    counts = queries.gap_counts(campaign.id, place)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_GRIDS]
    codes_ = [code for code, _n in ranked]
    labels = names([*codes_, *(code[:12] for code in codes_)])
    covered = queries.coverage(campaign, codes_)
    closers = who_closes_many(codes_) if codes_ else {}
    note_shown(next(iter(found), None) for found in closers.values())
    rows: list[dict[str, Any]] = [
        {
            "code": code,
            "name": labels.get(code, code),
            "community": labels.get(code[:12], code[:12]),
            "coverage": covered[code],
            "closers": closers[code],
        }
        for code, _n in ranked
    ]
    return render(
        request,
        "field/gaps.html",
        {
            "campaign": campaign,
            "rows": rows,
            "grids": len(counts),
            "total": sum(counts.values()),
            "late": campaign.ends_on < timezone.localdate(),
            "now": timezone.now(),
        },
    )
