"""What is late in a batch is somebody's task: a missing day, a return, where a quarantine is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import NewTask, close_tasks, open_tasks
from fangxian.core.models import Task
from fangxian.mobilise.aid import queries
from fangxian.mobilise.aid.rules import AidRules, aid_rules
from fangxian.mobilise.models import AidBatch, AidMember

REPORT = "mobilise.aid_report"
RETURN = "mobilise.aid_return"
QUARANTINE = "mobilise.aid_place"
TITLES = {
    REPORT: gettext_noop("Enter the progress that is missing of “%(name)s”"),
    RETURN: gettext_noop("“%(name)s” should be back: record the return or a later day"),
    QUARANTINE: gettext_noop("Say where who came back of “%(name)s” is in quarantine"),
}


def settle(by: Actor, found: Collection[AidBatch], now: dt.datetime | None = None) -> None:
    """Open the tasks that batches need now, close the others. Twice changes nothing."""
    now = now or timezone.now()
    rules = aid_rules()
    wanted = {kind: {one.id: one for one in some} for kind, some in _late(found, rules, now)}
    asked = _accounts({key for some in wanted.values() for key in some})
    tasks = []
    for kind, some in wanted.items():
        done = [str(one.id) for one in found if one.id not in some]
        close_tasks(by=by, kind=kind, dedupe_keys=done, done_fact=kind)
        for key, one in some.items():
            account = asked.get(key) if kind == REPORT else None
            tasks.append(
                NewTask(
                    kind=kind,
                    place_code=one.place_code,
                    title=TITLES[kind],
                    title_data={"name": one.title},
                    due_at=now + dt.timedelta(days=1),
                    object_type=one._meta.label,
                    object_id=one.id,
                    assignee_user_id=account,
                    assignee_role="" if account else rules.asked,
                    dedupe_key=str(key),
                )
            )
    if tasks:
        open_tasks(by=by, tasks=tasks)


def _late(
    found: Collection[AidBatch], rules: AidRules, now: dt.datetime
) -> Iterator[tuple[str, list[AidBatch]]]:
    open_ones = [
        one for one in found if one.state in (queries.State.UNDER_WAY, queries.State.RETURNED)
    ]
    lacking = queries.missing(open_ones, rules, now)
    yield REPORT, [one for one in open_ones if one.id in lacking]
    yield RETURN, queries.overdue(open_ones, timezone.localdate(now))
    unplaced = queries.without_place([one.id for one in open_ones]) if open_ones else set()
    yield QUARANTINE, [one for one in open_ones if one.id in unplaced]


def _accounts(keys: Collection[UUID]) -> dict[UUID, UUID]:
    """The account that enters the progress of a batch: the leader's, else the liaison's."""
    if not keys:
        return {}
    people: dict[UUID, UUID] = {}
    rows = AidBatch.objects.filter(id__in=keys, liaison__isnull=False)
    for key, person in rows.values_list("id", "liaison_id"):
        people[key] = person
    leaders = AidMember.objects.filter(batch__in=keys, leader=True, returned_on=None)
    accounts = _active({*people.values(), *leaders.values_list("person_id", flat=True)})
    told = {key: accounts[person] for key, person in people.items() if person in accounts}
    for key, person in leaders.values_list("batch_id", "person_id"):
        if person in accounts:
            told[key] = accounts[person]
    return told


def _active(people: Collection[UUID]) -> dict[UUID, UUID]:
    rows = User.objects.filter(person_id__in=people, is_active=True).order_by("id")
    return {person: user for user, person in rows.values_list("id", "person_id") if person}


def settle_area(by: Actor, area: str) -> None:
    """As :func:`settle`, for all batches of an area that may have become late."""
    with acting(by):
        open_ones = queries.running(area)
        if open_ones:
            settle(by, open_ones)


def page_of(task: Task) -> str:
    """Where a task is done."""
    batch: Any = task.object_id
    if task.kind == REPORT:
        return reverse("mobilise:aid_report", args=[batch])
    if task.kind == RETURN:
        return reverse("mobilise:aid_back", args=[batch])
    return reverse("mobilise:aid_batch", args=[batch]) + "#members"
