"""Tasks that follow the coverage: one for each grid with gaps, one for each household to revisit.

Not part of recording a visit, which stays one statement: every few seconds the open tasks are
compared with the counters and the doors, and what differs is opened, changed or closed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.core.actions import NewTask, close_tasks, open_tasks
from fangxian.core.models import Task, TaskState
from fangxian.field.models import Campaign, Target
from fangxian.field.queries import gap_counts
from fangxian.regions.models import Region

RIGHT = "field.campaigns"
GAPS = "field.gaps"
REVISIT = "field.revisit"
ROLE = "grid_officer"


@dataclass(frozen=True)
class Changes:
    """How many tasks were opened and closed."""

    opened: int = 0
    closed: int = 0


def end_of(day: dt.date) -> dt.datetime:
    """The last minute of a day."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59)))


@action
def follow_gaps(*, by: Actor) -> Changes:
    """Keep one open task for each (running sweep, grid) with gaps; the others are closed."""
    by.require(RIGHT)
    wanted: dict[str, NewTask] = {}
    for campaign in _running():
        wanted |= _gap_tasks(campaign, gap_counts(campaign.id, by.area))
    return _settle(by, GAPS, wanted, "field.covered")


def _running() -> Iterable[Campaign]:
    return Campaign.objects.filter(state=Campaign.State.RUNNING).select_related("area")


def _gap_tasks(campaign: Campaign, gaps: Mapping[str, int]) -> dict[str, NewTask]:
    grids = Region.objects.filter(code__in=list(gaps), valid_to=None).values_list("code", "id")
    return {
        f"{campaign.id}/{grid}": NewTask(
            kind=GAPS,
            place_code=code,
            title=gettext_noop("Close the gaps of the sweep “%(sweep)s” (%(n)s at first)"),
            title_data={"n": gaps[code], "sweep": campaign.name},
            due_at=end_of(campaign.ends_on),
            object_type="field.Campaign",
            object_id=campaign.id,
            assignee_role=ROLE,
            assignee_level=int(Level.GRID),
            dedupe_key=f"{campaign.id}/{grid}",
            emergency_id=campaign.emergency_id,
        )
        for code, grid in grids
    }


@action
def follow_revisits(*, by: Actor) -> Changes:
    """Keep one open task for each uncovered household that was visited in vain, due that day."""
    by.require(RIGHT)
    doors = Target.objects.filter(
        state=Target.State.OPEN, visits__gt=0, campaign__state=Campaign.State.RUNNING
    ).values_list("id", "campaign_id", "place_code", "due_on", "campaign__emergency_id")
    wanted = {
        str(target): NewTask(
            kind=REVISIT,
            place_code=code,
            title=gettext_noop("Go to a household again where nobody was met"),
            due_at=end_of(due_on),
            object_type="field.Target",
            object_id=target,
            assignee_role=ROLE,
            assignee_level=int(Level.GRID),
            dedupe_key=str(target),
            emergency_id=emergency,
        )
        for target, _campaign, code, due_on, emergency in doors.iterator()
    }
    return _settle(by, REVISIT, wanted, "field.visit")


def _settle(by: Actor, kind: str, wanted: Mapping[str, NewTask], fact: str) -> Changes:
    open_ = dict(
        Task.objects.filter(kind=kind, state=TaskState.OPEN).values_list("dedupe_key", "due_at")
    )
    done = [key for key in open_ if key not in wanted]
    closed = close_tasks(by=by, kind=kind, dedupe_keys=done, done_fact=fact) if done else 0
    later = [
        (key, new.due_at)
        for key, new in wanted.items()
        if key in open_ and open_[key] != new.due_at
    ]
    _put_off(kind, later)
    new = [task for key, task in wanted.items() if key not in open_]
    opened = open_tasks(by=by, tasks=new) if new else 0
    return Changes(opened, closed)


_PUT_OFF = """
UPDATE core_task t SET due_at = o.due, escalate_at = t.escalate_at + (o.due - t.due_at)
FROM unnest(%(keys)s::text[], %(dues)s::timestamptz[]) AS o (key, due)
WHERE t.kind = %(kind)s AND t.state = 'open' AND t.dedupe_key = o.key
"""


def _put_off(kind: str, later: list[tuple[str, dt.datetime]]) -> None:
    """Give open tasks their new day, and escalation as much later."""
    if not later:
        return
    keys, dues = zip(*later, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_PUT_OFF, {"kind": kind, "keys": list(keys), "dues": list(dues)})


def door_of(task: Task) -> tuple[UUID, UUID] | None:
    """Campaign and household that a revisit task is about, None when they are gone from sight."""
    if task.object_id is None:
        return None
    return (
        Target.objects.filter(id=task.object_id).values_list("campaign_id", "household_id").first()
    )
