"""Drawings of grids: put in force on their day, and what was written meanwhile follows.

A drawing that can't come into force (a building came since) holds up no other: its community gets
a task to draw again, which closes when the drawing is in force or withdrawn.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core.actions import close_tasks, open_task
from fangxian.core.models import Task, TaskState
from fangxian.core.runner import system_actor
from fangxian.regions import recode, redraw
from fangxian.regions.models import GridPlan

log = logging.getLogger(__name__)

SYSTEM: Final = "regions.redraw"
TASK: Final = "regions.redraw"
TITLE: Final = gettext_noop(
    "The drawing of grids of %(day)s can't come into force: withdraw it and draw again"
)
DAYS: Final = 2
# A transaction that was open while the codes changed has ended by then.
STRAGGLERS: Final = dt.timedelta(hours=1)


def put_due_in_force() -> int:
    """Put the drawings whose day has come in force, as the system; returns how many.

    What still lies at former codes anywhere in the area follows to its place.
    """
    by = system_actor(SYSTEM)
    with acting(by):
        due = redraw.due()
    done = sum(_in_force(by, plan) for plan in due)
    close_settled(by)
    with acting(by):
        areas = {area for _table, _code, _rows, area in recode.left_behind()}
    _catch_up(by, areas)
    return done


def follow_recoded() -> int:
    """Take along what was written at former codes while places got others; returns the rows.

    For redraws of the last hour, by whomever. Tasks of drawings that are settled are closed.
    """
    by = system_actor(SYSTEM)
    close_settled(by)
    with acting(by):
        areas = recode.communities_recoded(since=timezone.now() - STRAGGLERS)
    return _catch_up(by, areas)


def _in_force(by: Actor, plan: GridPlan) -> bool:
    try:
        redraw.apply(by=by, plan_id=plan.id)
    except (Conflict, Invalid, OutOfScope) as error:
        log.warning("drawing %s is not in force: %s", plan.id, type(error).__name__)
        _ask_to_draw_again(by, plan.id)
        return False
    return True


def _ask_to_draw_again(by: Actor, plan_id: UUID) -> None:
    with acting(by):
        # Withdrawn meanwhile: nobody has to do anything.
        plan = GridPlan.objects.filter(id=plan_id, state=GridPlan.State.ACCEPTED).first()
        if plan is None or plan.effective is None:
            return
        open_task(
            by=by,
            kind=TASK,
            place_code=plan.place_code,
            title=TITLE,
            title_data={"day": plan.effective.isoformat()},
            due_at=timezone.now() + dt.timedelta(days=DAYS),
            object_type="regions.GridPlan",
            object_id=plan.id,
            assignee_role="community_staff",
            dedupe_key=str(plan.id),
        )


def close_settled(by: Actor) -> int:
    """Close the tasks of drawings that no longer wait to come into force."""
    with acting(by):
        asked = Task.objects.filter(kind=TASK, state=TaskState.OPEN)
        plans = [plan for plan in asked.values_list("object_id", flat=True) if plan is not None]
        waiting = GridPlan.objects.filter(id__in=plans, state=GridPlan.State.ACCEPTED)
        settled = set(plans) - set(waiting.values_list("id", flat=True))
        keys = [str(plan) for plan in settled]
        return close_tasks(by=by, kind=TASK, dedupe_keys=keys, done_fact=SYSTEM) if keys else 0


def _catch_up(by: Actor, areas: set[str] | list[str]) -> int:
    here = sorted(area for area in areas if codes.contains(by.area, area))
    return sum(sum(recode.catch_up(by=by, area=area).values()) for area in here)
