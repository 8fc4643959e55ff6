"""Long work of rosters: working one out, finding out why a shift can't be filled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from fangxian.common.scoping import acting
from fangxian.core.jobs import job_kind
from fangxian.core.progress import Progress
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.asking import task_of
from fangxian.mobilise.drafting import JOB, WHY, basis_of, digest_of
from fangxian.mobilise.figures import Far
from fangxian.mobilise.models import DraftLine, Obstacle, RosterDraft, Turn
from fangxian.mobilise.rostering import Task, gather

if TYPE_CHECKING:
    from fangxian.mobilise.solve import Plan

# `solve` is imported where it is used: the solvers behind it take seconds to load, and few need it.

_EVERY: Final = 1.0
State = RosterDraft.State


@job_kind(JOB, label=gettext_lazy("Working out a roster"), right=PLAN)
def work_out(progress: Progress, draft: str) -> None:
    """Work a draft out. Begun again after a crash it comes to the same roster.

    Nothing is held while it searches; once a second it says how far it is, and learns whether that
    is good enough or the draft was dropped.
    """
    from fangxian.mobilise.solve import solved

    with acting(progress.by):
        found = RosterDraft.objects.filter(id=UUID(draft), state=State.SOLVING).first()
        if found is None:
            return
        # First what it stands on: what changes between the two is found when it is published.
        basis = basis_of(found)
        task = gather(found)
    progress.result_url = reverse("mobilise:draft", args=[found.id])
    watch = _Watch(progress, found.id)
    plan = solved(task, found.seed, watch)
    if watch.dropped:
        return
    with progress.chunk():
        _keep(found.id, task, plan, basis)


class _Watch:
    """Told how far the search is; tells it when to end."""

    def __init__(self, progress: Progress, draft_id: UUID) -> None:
        self.progress, self.draft_id = progress, draft_id
        self.dropped = False
        self._next = 0.0

    def __call__(self, far: Far) -> bool:
        now = time.monotonic()
        if now < self._next:
            return True
        self._next = now + _EVERY
        with self.progress.chunk():
            rows = RosterDraft.objects.filter(id=self.draft_id, state=State.SOLVING)
            rows.update(
                figures={
                    "points": round(far.points, 1),
                    "bound": None if far.bound is None else round(far.bound, 1),
                    "gap": None if far.gap is None else round(far.gap, 4),
                    "rounds": far.rounds,
                    "short_most": far.short,
                }
            )
            enough = rows.values_list("enough", flat=True).first()
        self.dropped = enough is None
        return enough is False


def _keep(draft_id: UUID, task: Task, plan: Plan, basis: dict[str, Any]) -> None:
    draft = RosterDraft.objects.select_for_update().get(id=draft_id)
    if draft.state != State.SOLVING:
        return
    lines = list(_lines(draft, task, plan))
    DraftLine.objects.filter(draft=draft).delete()
    DraftLine.objects.bulk_create(lines)
    draft.figures, draft.basis = plan.figures, basis
    draft.digest, draft.state = digest_of(lines, basis), State.READY
    draft.save(update_fields=["figures", "basis", "digest", "state"])


def _lines(draft: RosterDraft, task: Task, plan: Plan) -> Iterator[DraftLine]:
    of = DraftLine.Change
    places = {slot.shift: slot.place for slot in task.slots}
    fallen = Turn.objects.filter(id__in=task.fallen).order_by("id")
    here = {(one.shift, one.who) for one in task.held}
    for one in task.held:
        change = of.KEPT if (one.shift, one.who) in plan.on else of.OFF
        yield DraftLine(
            draft=draft,
            place_code=places[one.shift],
            shift_id=one.shift,
            volunteer_id=one.volunteer,
            turn_id=one.turn,
            change=change,
        )
    for turn, shift, volunteer in fallen.values_list("id", "shift_id", "volunteer_id"):
        yield DraftLine(
            draft=draft,
            place_code=places[shift],
            shift_id=shift,
            volunteer_id=volunteer,
            turn_id=turn,
            change=of.OFF,
        )
    for shift, who in sorted(plan.on - here, key=str):
        volunteer_id = task.humans[who].volunteer_at(places[shift])
        if volunteer_id is None:
            raise ValueError("nobody is put on a shift where he does not serve")
        yield DraftLine(
            draft=draft,
            place_code=places[shift],
            shift_id=shift,
            volunteer_id=volunteer_id,
            change=of.NEW,
        )


@job_kind(WHY, label=gettext_lazy("Why a shift can’t be filled"), right=PLAN)
def find_obstacle(progress: Progress, obstacle: str) -> None:
    """Find out why a shift can't be filled, and what would fill it."""
    from fangxian.mobilise.solve import answered

    with acting(progress.by):
        found = Obstacle.objects.select_related("shift", "draft").filter(id=UUID(obstacle)).first()
        if found is None:
            return
        task = task_of(found)
    progress.result_url = reverse("mobilise:obstacle", args=[found.id])
    answer = answered(task, found.shift_id) if task is not None else {}
    with progress.chunk():
        Obstacle.objects.filter(id=found.id).update(answer=answer, answered_at=timezone.now())
