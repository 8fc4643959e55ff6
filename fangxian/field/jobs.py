"""Long and periodic work of sweeps."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.core.jobs import job_kind
from fangxian.core.progress import Progress
from fangxian.core.runner import system_actor
from fangxian.field import follow
from fangxian.field.actions import close_reports, lapse_exemptions, prepare_reports, remind_of_dates
from fangxian.field.actions.campaigns import JOB, RIGHT
from fangxian.field.actions.duty_ends import lapse_gate_log
from fangxian.field.duties.rules import duty_rules
from fangxian.field.models import Campaign, DailyReport
from fangxian.field.reporting import first_day
from fangxian.field.sync.held import lapse_passers
from fangxian.field.targets import common_area, sync_targets
from fangxian.regions.queries import below, names


@job_kind(JOB, label=_("Households to visit"), right=RIGHT)
def make_targets(progress: Progress, campaign: str) -> None:
    """Make a sweep's targets, one community a transaction; resumed after the last whole one."""
    with acting(progress.by):
        found = _campaign(UUID(campaign))
        area = common_area(progress.by.area, found.area.code) or progress.place_code
        parts = communities(area)
        labels = names(parts)
    done = parts.index(progress.state["after"]) + 1 if progress.state.get("after") else 0
    for at, code in enumerate(parts[done:], start=done):
        with progress.chunk() as by:
            sync_targets(by=by, campaign=found, area=code, today=timezone.localdate())
            progress.state["after"] = code
        progress.step(at + 1, len(parts), labels.get(code, code))


def communities(area: str) -> list[str]:
    """The communities of an area (the area itself from there down), by code."""
    if len(area) >= Level.VILLAGE:
        return [area]
    return list(below(area, Level.VILLAGE).order_by("code").values_list("code", flat=True))


def _campaign(campaign_id: UUID) -> Campaign:
    return Campaign.objects.select_related("area", "form").get(id=campaign_id)


def _running(by: Actor) -> list[Campaign]:
    with acting(by):
        found = Campaign.objects.filter(state=Campaign.State.RUNNING)
        return list(found.select_related("area", "form"))


def sync_all() -> int:
    """Bring all running sweeps in step with the register. Returns the households added."""
    by = system_actor("field.sync")
    added = 0
    for campaign in _running(by):
        area = common_area(by.area, campaign.area.code)
        if area is None:
            continue
        with acting(by):
            parts = communities(area)
        for code in parts:
            added += sync_targets(by=by, campaign=campaign, area=code, today=timezone.localdate())
    return added


def follow_coverage() -> follow.Changes:
    """Open and close the tasks of gaps and revisits."""
    by = system_actor("field.follow")
    gaps, revisits = follow.follow_gaps(by=by), follow.follow_revisits(by=by)
    return follow.Changes(gaps.opened + revisits.opened, gaps.closed + revisits.closed)


def begin_day(today: dt.date | None = None) -> int:
    """What midnight changes: exemptions that are over end, the day's reports are owed.

    So are those of days that went by while nothing ran here. Returns how many reports were made.
    """
    day = today or timezone.localdate()
    by = system_actor("field.day")
    lapse_exemptions(by=by, today=day)
    made = 0
    for campaign in _running(by):
        for owed in _days_owed(by, campaign, day):
            made += prepare_reports(by=by, campaign=campaign, day=owed)
    remind_of_dates(by=by, today=day)
    return made


def report_closed() -> int:
    """Make the closing reports of sweeps that were closed. Returns how many."""
    by = system_actor("field.close")
    with acting(by):
        found = Campaign.objects.filter(state=Campaign.State.CLOSED, settled_at=None)
        closed = list(found.select_related("area"))
    here = [one for one in closed if common_area(by.area, one.area.code) is not None]
    return sum(close_reports(by=by, campaign=campaign) for campaign in here)


def _days_owed(by: Actor, campaign: Campaign, today: dt.date) -> list[dt.date]:
    """The days of a sweep up to today that may lack reports: from the last that has some."""
    with acting(by):
        begun = first_day(campaign)
        known = DailyReport.objects.filter(campaign=campaign).aggregate(last=Max("day"))["last"]
    first = max(begun, known or begun)
    last = min(today, campaign.ends_on)
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def forget_gate_log() -> int:
    """Forget who passed gates of no emergency, as many days later as the rules say.

    Also of what phones logged there and nobody has decided on.
    """
    now = timezone.now()
    held = lapse_passers(now - dt.timedelta(days=duty_rules().keep_days))
    return held + lapse_gate_log(by=system_actor("field.gate_log"), now=now)
