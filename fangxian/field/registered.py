"""What this room offers to the others: rights, counters, tasks, panels, search, facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.registries import (
    HouseholdPanel,
    Invariant,
    NavItem,
    Panel,
    Right,
    SearchHit,
    TodayItem,
)
from fangxian.common.ui.formats import date
from fangxian.core import counters, sunset
from fangxian.core import rules as core_rules
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.models import Task
from fangxian.field import (
    emergencies,
    exporting,
    facts,
    follow,
    invariants,
    queries,
    rules,
    targets,
)
from fangxian.field.actions.campaigns import DATES, close_with_emergency
from fangxian.field.actions.reports import OVERDUE
from fangxian.field.duties import facts as duty_facts
from fangxian.field.duties import registered as duties
from fangxian.field.models import Campaign, DailyReport, Target
from fangxian.field.sync import disputes, held, phones, photos, pulled, pushed

RIGHTS = (
    Right("field.view", _("See sweeps and coverage")),
    Right("field.visit", _("Record visits"), personal=True),
    Right("field.exempt", _("Exempt households from a visit"), personal=True),
    Right("field.report", _("Send and correct daily reports")),
    Right("field.campaigns", _("Plan, start and close sweeps")),
    Right("field.forms", _("Make forms")),
    Right(held.RIGHT, _("Decide on what phones sent and could not be applied"), personal=True),
    Right("field.export", _("Take what was recorded in the field away as a file"), personal=True),
)
NAVIGATION = {
    "field.campaigns": NavItem(_("Sweeps"), "field:campaigns", "field.view", "door"),
    "field.phones": NavItem(_("From phones"), "field:phones", held.RIGHT, "inbox"),
    "field.forms": NavItem(_("Forms"), "field:forms", "field.forms", "list"),
}
INVARIANTS = {
    "field.targets": Invariant(_("targets agree with visits and exemptions"), invariants.targets),
    "field.doors": Invariant(
        _("households lie in one building, grid, community"), invariants.doors
    ),
    "field.complete": Invariant(_("each household of a sweep is a target"), invariants.complete),
    "field.visits": Invariant(_("visits lie at their door"), invariants.visits),
    "field.reports": Invariant(_("each visit is in one report of each place"), invariants.reports),
    "field.operations": Invariant(
        _("what phones sent has a result, or waits for a decision"), invariants.operations
    ),
    "field.applied": Invariant(_("visits that phones were told of are there"), invariants.applied),
    "field.exemptions": Invariant(
        _("exemptions in force are those of doors"), invariants.exemptions
    ),
}

PANEL_VISITS = 50


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    core_rules.register_validator(rules.NAME, rules.check)
    core_rules.register_validator(phones.NAME, phones.check)
    pushed.register_entities()
    pulled.register_sources()
    duties.register()
    facts.register()
    duty_facts.register()
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    for at, (name, item) in enumerate(NAVIGATION.items()):
        registries.navigation.register(name, item, order=40 + at)
    for name, invariant in INVARIANTS.items():
        registries.invariants.register(name, invariant)
    counters.sources.register("field.targets", counters.Source(targets.METRICS, _count))
    registries.after_register_change.register("field.targets", targets.follow_register)
    registries.panels.register("field", Panel(_("Sweeps"), "field.view", _place_panel), order=20)
    registries.household_panels.register(
        "field", HouseholdPanel(_("Visits"), "field.view", _household_panel), order=20
    )
    registries.today.register("field", _today, order=20)
    registries.search.register("field", _search, order=60)
    exporting.register()
    sunset.endings.register("field.sweeps", close_with_emergency, order=10)
    sunset.endings.register("field.reports", emergencies.report_closed_with, order=20)
    findings = sunset.Removal(emergencies.count_findings, emergencies.forget_findings)
    sunset.hooks.register("field.findings", findings)
    on_their_way = sunset.Removal(photos.count_with_emergency, photos.forget_with_emergency)
    sunset.hooks.register("field.photos", on_their_way)
    # Behind the photos, which are known by what is held of their visits.
    waiting = sunset.Removal(held.count_with_emergency, held.close_with_emergency)
    sunset.hooks.register("field.held", waiting)
    task_kinds.register(follow.GAPS, TaskKind(_("Gaps of a sweep"), _gaps_url, by_hand=False))
    task_kinds.register(
        follow.REVISIT, TaskKind(_("Revisit of a household"), _revisit_url, by_hand=False)
    )
    task_kinds.register(DATES, TaskKind(_("Dates of a sweep"), _campaign_url, by_hand=False))
    task_kinds.register(
        OVERDUE,
        TaskKind(_("Daily report"), _report_url, by_hand=False, words=_report_words),
    )


def _count(_by: Actor, code: str) -> Iterator[counters.Row]:
    for campaign in Campaign.objects.exclude(state=Campaign.State.DRAFT):
        yield from targets.counted(campaign, code)


def _report_words(data: dict[str, Any]) -> dict[str, Any]:
    return {"day": date(dt.date.fromisoformat(data["day"]))}


def _gaps_url(task: Task) -> str:
    return doors_url(task.object_id, task.place_code)


def doors_url(campaign_id: UUID | None, code: str, **more: str) -> str:
    """The work list of a sweep at a place."""
    url = reverse("field:doors", args=[campaign_id])
    query = "&".join(f"{key}={value}" for key, value in {"place": code, **more}.items())
    return f"{url}?{query}"


def gaps_url(campaign_id: UUID | None, code: str, **more: str) -> str:
    """The work list of a community or less; above it the grids that have gaps."""
    if len(code) >= Level.VILLAGE:
        return doors_url(campaign_id, code, **more)
    return reverse("field:gaps", args=[campaign_id])


def _revisit_url(task: Task) -> str:
    door = follow.door_of(task)
    return reverse("field:door", args=door) if door else ""


def _campaign_url(task: Task) -> str:
    return reverse("field:campaign", args=[task.object_id])


def _report_url(task: Task) -> str:
    return reverse("field:report", args=[task.object_id])


def _place_panel(request: HttpRequest, by: Actor, code: str) -> str:
    running = list(queries.running(code))
    covered = queries.coverage_of({campaign: [code] for campaign in running})
    rows = [
        {"campaign": campaign, "coverage": covered[campaign.id, code]}
        for campaign in running
        if covered[campaign.id, code].target
    ]
    may_plan = by.may("field.campaigns", code)
    context = {"rows": rows, "code": code, "may_plan": may_plan}
    shown = rows or may_plan
    return render_to_string("field/_place_panel.html", context, request) if shown else ""


def _household_panel(request: HttpRequest, by: Actor, household_id: UUID) -> str:
    doors = Target.objects.filter(household_id=household_id).select_related("campaign")
    visits = list(queries.visits_of(household_id)[: PANEL_VISITS + 1])
    context = {
        "household_id": household_id,
        "more": len(visits) > PANEL_VISITS,
        "doors": list(doors.exclude(state=Target.State.GONE).order_by("-created_at")),
        "visits": queries.visit_lines(visits[:PANEL_VISITS], answers=True),
        "may_visit": by.may("field.visit"),
    }
    return render_to_string("field/_household_panel.html", context, request)


def _today(by: Actor) -> list[TodayItem]:
    """Gaps and revisits of the running sweeps in the actor's area, reports that are owed."""
    items: list[TodayItem] = []
    today = timezone.localdate()
    if by.may("field.view"):
        running = list(queries.running(by.area))
        covered = queries.coverage_of({campaign: [by.area] for campaign in running})
        for campaign in running:
            gap = covered[campaign.id, by.area].gap
            label = _("Households not covered: %(sweep)s") % {"sweep": campaign.name}
            url = gaps_url(campaign.id, by.area)
            items.append(
                TodayItem(
                    "uncovered",
                    label,
                    gap,
                    url,
                    "bad" if gap else "ok",
                    unit="household",
                    figure=f"field.gap:{campaign.id}",
                )
            )
    if by.may("field.visit"):
        due = Target.objects.filter(
            state=Target.State.OPEN,
            visits__gt=0,
            due_on__lte=today,
            campaign__state=Campaign.State.RUNNING,
        )
        back = due.values_list("campaign_id").annotate(n=Count("id")).order_by("-n")
        if doors := dict(back):
            url = gaps_url(next(iter(doors)), by.area, show="back")
            again = _("Households to go to again today")
            items.append(
                TodayItem(
                    "due",
                    again,
                    sum(doors.values()),
                    url,
                    "warn",
                    unit="household",
                    figure="field.revisits_due",
                )
            )
    if by.may(held.RIGHT):
        url = reverse("field:phones")
        for waiting, n, more in (
            (_("Records of phones to decide on"), held.open_held().count(), ""),
            (_("Changed by two at once"), disputes.open_disputes().count(), "?show=disputes"),
        ):
            if n:
                items.append(TodayItem("due", waiting, n, url + more, "warn", unit="item"))
    if by.may("field.report"):
        # Of one place: at most one a day and sweep.
        owed = DailyReport.objects.filter(
            sent_at=None, day__lte=today, place_code=by.area, campaign__state="running"
        ).order_by("day", "due_at")
        if reports := list(owed.values_list("id", "due_at")):
            late = any(due_at < timezone.now() for _id, due_at in reports)
            url = reverse("field:report", args=[reports[0][0]])
            tone = "bad" if late else "warn"
            items.append(
                TodayItem(
                    "due",
                    _("Daily reports to send"),
                    len(reports),
                    url,
                    tone,
                    unit="report",
                    figure=f"field.reports_owed:{by.area}",
                )
            )
    return items


def _search(by: Actor, text: str, limit: int) -> list[SearchHit]:
    """Sweeps by name."""
    if not by.may("field.view") or not text.strip():
        return []
    found = queries.concerning(by.area).filter(name__icontains=text.strip())
    return [
        SearchHit(_("Sweeps"), one.name, reverse("field:campaign", args=[one.id]), one.area.name)
        for one in found.order_by("-starts_on")[:limit]
    ]
