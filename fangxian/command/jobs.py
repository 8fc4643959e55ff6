"""Job kinds whose work is done in a room that knows nothing of jobs."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.jobs import job_kind
from fangxian.core.progress import Progress
from fangxian.regions import recode, redraw


@job_kind("regions.redraw", label=_("Put drawings of grids in force"), right="regions.draw")
def put_in_force(progress: Progress, plans: str) -> None:
    """Put accepted drawings (ids, separated by commas) in force, one community a chunk."""
    ids = [UUID(plan_id) for plan_id in plans.split(",") if plan_id]
    steps = redraw.run(by=progress.by, plan_ids=ids, state=progress.state)
    while True:
        with progress.chunk():
            step = next(steps, None)
        if step is None:
            break
        progress.step(*step)
    with progress.chunk() as by:
        recode.catch_up(by=by, area=progress.place_code)


def put_due_in_force() -> int:
    """Put the drawings whose day has come in force, as the system; returns how many."""
    by = Actor.system("regions.redraw", settings.FANGXIAN_AREA)
    with acting(by):
        due = [plan.id for plan in redraw.due()]
    return sum(1 for _step in redraw.run(by=by, plan_ids=due, state={}))
