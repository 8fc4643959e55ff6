"""Planning, starting and closing sweeps."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.ui import formats
from fangxian.core.actions import NewTask, close_tasks, open_tasks, start_job
from fangxian.core.models import Emergency
from fangxian.field.actions.reports import OVERDUE
from fangxian.field.follow import end_of, settle_all
from fangxian.field.models import Campaign, FormDefinition, Target
from fangxian.field.rules import field_rules
from fangxian.field.targets import sync_targets
from fangxian.regions.models import Region
from fangxian.register.queries import households_in

RIGHT = "field.campaigns"
JOB = "field.targets"
DATES = "field.dates"
ROLE = "headquarters"
# Above this many households the targets are made by a job with progress.
AT_ONCE = 50_000


@action
def plan_campaign(
    *,
    by: Actor,
    name: str,
    area: Region,
    form: FormDefinition,
    starts_on: dt.date,
    ends_on: dt.date,
    group: str = "all",
    report_at: dt.time | None = None,
    every_door: bool = False,
    emergency: Emergency | None = None,
) -> Campaign:
    """Plan a sweep of an area. Nothing is asked of anybody until it is started.

    Raises Invalid (dates, target group, an emergency that has ended or is in force elsewhere).
    """
    by.require(RIGHT, area.code)
    rules = field_rules(starts_on)
    rules.group(group)
    problems = []
    if not name.strip():
        problems.append(Problem(_("The sweep has no name."), field="name", mend=_("Give it one.")))
    if ends_on < starts_on:
        problems.append(
            Problem(
                _("It ends before it starts."), field="ends_on", mend=_("Choose a later last day.")
            )
        )
    if emergency is not None and emergency.ended_on is not None:
        problems.append(
            Problem(
                _("The emergency has ended."),
                field="emergency",
                mend=_("Choose one that is going on, or none."),
            )
        )
    elif emergency is not None and not codes.contains(emergency.place_code, area.code):
        # Who ends it destroys what was recorded under it.
        problems.append(
            Problem(
                _("This emergency is not in force here."),
                field="emergency",
                mend=_("Choose another, or none."),
            )
        )
    if problems:
        raise Invalid(*problems)
    return Campaign.objects.create(
        name=name.strip(),
        area=area,
        form=form,
        group=group,
        every_door=every_door,
        emergency=emergency,
        starts_on=starts_on,
        ends_on=ends_on,
        report_at=report_at,
        rule_version=rules.version,
        made_by=by.name,
    )


@action
def start_campaign(*, by: Actor, campaign: Campaign) -> Campaign:
    """Start: every household of the group in the area becomes a target, so far a gap.

    A large area is done by the job ``field.targets``; visits count as soon as a door is there.
    """
    by.require(RIGHT, campaign.area.code)
    found = Campaign.objects.select_for_update().get(id=campaign.id)
    if found.state != Campaign.State.DRAFT:
        raise Conflict(_("The sweep has been started already."))
    if found.emergency is not None and found.emergency.ended_on is not None:
        raise Conflict(_("The emergency of the sweep has ended; plan a new one."))
    found.state = Campaign.State.RUNNING
    found.started_at = timezone.now()
    found.save(update_fields=["state", "started_at"])
    close_tasks(by=by, kind=DATES, dedupe_keys=[_start_key(found)], done_fact="field.started")
    area = found.area.code
    if households_in(area)[: AT_ONCE + 1].count() <= AT_ONCE:
        sync_targets(by=by, campaign=found, area=area, today=timezone.localdate())
    else:
        start_job(by=by, kind=JOB, args={"campaign": str(found.id)}, place_code=area)
    campaign.state = found.state
    return found


@action
def close_campaign(*, by: Actor, campaign: Campaign) -> Campaign:
    """Close: what is done from now on is not recorded; what is uncovered stays on the board.

    What was done before and comes later is recorded until the closing reports are made, then held.

    Reports that nobody sent are owed no longer: their tasks end with it, and what they would have
    counted is in the closing reports (:func:`close_reports`), made by the clock at once.
    """
    by.require(RIGHT, campaign.area.code)
    found = Campaign.objects.select_for_update().get(id=campaign.id)
    if found.state != Campaign.State.RUNNING:
        raise Conflict(_("Only a running sweep can be closed."))
    found.state, found.closed_at = Campaign.State.CLOSED, timezone.now()
    found.save(update_fields=["state", "closed_at"])
    settle_all(by=by, kind=OVERDUE, prefix=f"{found.id}/", done_fact="field.closed")
    settle_all(by=by, kind=DATES, prefix=f"{found.id}/", done_fact="field.closed")
    campaign.state, campaign.closed_at = found.state, found.closed_at
    return found


def close_with_emergency(by: Actor, emergency_id: UUID) -> None:
    """Close the sweeps of an emergency that has ended: nothing can be sealed for it any more.

    Nobody is asked any longer to start one that was planned.
    """
    for campaign in Campaign.objects.filter(emergency_id=emergency_id).select_related("area"):
        if campaign.state == Campaign.State.RUNNING:
            close_campaign(by=by, campaign=campaign)
        settle_all(by=by, kind=DATES, prefix=f"{campaign.id}/", done_fact="field.closed")


@action
def extend_campaign(*, by: Actor, campaign: Campaign, ends_on: dt.date) -> Campaign:
    """Let a running sweep end later; what is due at its end is due then. A few statements.

    Raises Conflict (it does not run), Invalid (not later, or over already).
    """
    by.require(RIGHT, campaign.area.code)
    found = Campaign.objects.select_for_update().get(id=campaign.id)
    if found.state != Campaign.State.RUNNING:
        raise Conflict(_("Only a running sweep can be extended."))
    if ends_on <= found.ends_on or ends_on < timezone.localdate():
        raise Invalid(
            Problem(
                _("The sweep would not end later."),
                field="ends_on",
                mend=_("Choose a day after %(day)s that is not over.")
                % {"day": formats.date(found.ends_on)},
            )
        )
    Target.objects.filter(
        campaign=found, state__in=["open", "exempt"], due_on=found.ends_on
    ).update(due_on=ends_on)
    found.ends_on = ends_on
    found.save(update_fields=["ends_on"])
    settle_all(by=by, kind=DATES, prefix=f"{found.id}/", done_fact="field.extended")
    campaign.ends_on = ends_on
    return found


def _start_key(campaign: Campaign) -> str:
    return f"{campaign.id}/start"


@action
def remind_of_dates(*, by: Actor, today: dt.date) -> int:
    """Ask headquarters for what a sweep does not do by itself. Returns the tasks opened.

    A draft whose day has come is to be started; one that runs on its last day is to be closed or
    extended. Run by the clock, and safe to run again.
    """
    by.require(RIGHT)
    tasks = []
    live = Campaign.objects.exclude(state=Campaign.State.CLOSED)
    live = live.exclude(emergency__ended_on__isnull=False)
    for campaign in live.select_related("area"):
        draft = campaign.state == Campaign.State.DRAFT
        day = campaign.starts_on if draft else campaign.ends_on
        if day > today or not codes.contains(by.area, campaign.area.code):
            continue
        tasks.append(
            NewTask(
                kind=DATES,
                place_code=campaign.area.code,
                title=gettext_noop("Start the sweep “%(sweep)s”: it does not start by itself")
                if draft
                else gettext_noop("Close the sweep “%(sweep)s” or extend it: this is its last day"),
                title_data={"sweep": campaign.name},
                due_at=end_of(day),
                object_type="field.Campaign",
                object_id=campaign.id,
                assignee_role=ROLE,
                dedupe_key=_start_key(campaign) if draft else f"{campaign.id}/end/{day}",
                emergency_id=campaign.emergency_id,
            )
        )
    return open_tasks(by=by, tasks=tasks)
