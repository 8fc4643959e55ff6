"""Planning, starting and closing sweeps."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.core.actions import start_job
from fangxian.core.models import Emergency
from fangxian.field.models import Campaign, FormDefinition
from fangxian.field.rules import field_rules
from fangxian.field.targets import sync_targets
from fangxian.regions.models import Region
from fangxian.register.queries import households_in

RIGHT = "field.campaigns"
JOB = "field.targets"
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
    emergency: Emergency | None = None,
) -> Campaign:
    """Plan a sweep of an area. Nothing is asked of anybody until it is started.

    Raises Invalid (dates, target group, an emergency that has ended).
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
    if problems:
        raise Invalid(*problems)
    return Campaign.objects.create(
        name=name.strip(),
        area=area,
        form=form,
        group=group,
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
    found.state = Campaign.State.RUNNING
    found.save(update_fields=["state"])
    area = found.area.code
    if households_in(area)[: AT_ONCE + 1].count() <= AT_ONCE:
        sync_targets(by=by, campaign=found, area=area, today=timezone.localdate())
    else:
        start_job(by=by, kind=JOB, args={"campaign": str(found.id)}, place_code=area)
    campaign.state = found.state
    return found


@action
def close_campaign(*, by: Actor, campaign: Campaign) -> Campaign:
    """Close: nothing can be recorded any more; what is uncovered stays on the board as it is."""
    by.require(RIGHT, campaign.area.code)
    found = Campaign.objects.select_for_update().get(id=campaign.id)
    if found.state != Campaign.State.RUNNING:
        raise Conflict(_("Only a running sweep can be closed."))
    found.state = Campaign.State.CLOSED
    found.save(update_fields=["state"])
    campaign.state = found.state
    return found
