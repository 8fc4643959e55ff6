"""Every undecided pair is a task of whoever may decide at its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import NewTask, close_tasks, open_tasks
from fangxian.core.models import Task
from fangxian.people.matching import offer_pairs, unpaired
from fangxian.people.models import MergeCandidate

TASK: Final = "people.merge"
TITLE: Final = gettext_noop("Decide whether two records are one person")
DAYS: Final = 7
PAIRS_A_RUN: Final = 10_000


def open_for(by: Actor, candidates: Iterable[UUID] | None = None) -> int:
    """Open the tasks of undecided pairs in scope that have none. Returns how many."""
    pairs = MergeCandidate.objects.filter(state=MergeCandidate.State.OPEN)
    if candidates is not None:
        pairs = pairs.filter(pk__in=list(candidates))
    # By the key of the task, which is unique among open ones and so has an index.
    task = Task.objects.filter(
        kind=TASK, state="open", dedupe_key=Cast(OuterRef("pk"), CharField())
    )
    due = timezone.now() + dt.timedelta(days=DAYS)
    return open_tasks(
        by=by,
        tasks=[
            NewTask(
                kind=TASK,
                place_code=place,
                title=TITLE,
                due_at=due,
                dedupe_key=str(pk),
                object_type="people.MergeCandidate",
                object_id=pk,
                assignee_role="community_staff" if len(place) >= 12 else "headquarters",
            )
            for pk, place in pairs.filter(~Exists(task)).values_list("pk", "place_code")
        ],
    )


def close_for(by: Actor, candidate: MergeCandidate) -> None:
    """Close the task of a pair that has been decided on."""
    close_tasks(
        by=by, kind=TASK, dedupe_keys=[str(candidate.pk)], done_fact=f"people.merge:{candidate.pk}"
    )


def open_everywhere(by: Actor) -> int:
    """Open the tasks of pairs whose place contains more than those who found them may see."""
    with acting(by):
        return open_for(by)


def pair_equal_documents(by: Actor) -> int:
    """Open entries and tasks for equal documents that no entry names yet. Returns how many."""
    with acting(by):
        found = offer_pairs(unpaired(PAIRS_A_RUN), "document")
        open_for(by, found)
        return len(found)
