"""Named reads of core, in the running scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.core.actions.notify import NOBODY
from fangxian.core.models import Emergency, Job, Notification, Task, TaskState
from fangxian.core.models.task import key


def open_tasks() -> QuerySet[Task]:
    """All open tasks in scope, what is due first first."""
    return Task.objects.filter(state=TaskState.OPEN).order_by("due_at", "id")


def tasks_for(by: Actor) -> QuerySet[Task]:
    """The open tasks that ``by`` has to do: due first.

    Those of the account, and those of its role from its own level down, also when they were asked
    of it first and have gone up since. (A role's place is a
    prefix of the task's, and the task lies in the actor's area, so comparing levels is enough.)
    """
    return mine(open_tasks(), by)


def mine(tasks: QuerySet[Task], by: Actor) -> QuerySet[Task]:
    """Those of ``tasks`` that are the actor's, as :func:`tasks_for` tells them."""
    own = Q(pk=None)
    if by.role:
        own = Q(assignee_role=by.role, assignee_level__gte=len(by.area))
        own |= Q(asked__overlap=sorted(_asked(by)))
    if by.user_id is not None:
        own |= Q(assignee_user_id=by.user_id)
    return tasks.filter(own)


def _asked(by: Actor) -> set[str]:
    return {key(by.role, level) for level in codes.LENGTHS if level >= len(by.area)}


def takers_at(place_code: str) -> QuerySet[Grant]:
    """The grants in force whose area holds the place and whose role does tasks.

    To their accounts a task there can be handed: for anybody else it would be nowhere to be seen.
    """
    above = codes.ancestors(place_code, include_self=True)
    here = Q(region=None) | Q(region__code__in=above, region__valid_to=None)
    return takers().filter(here)


def takers() -> QuerySet[Grant]:
    """The grants in force, wherever, whose role does tasks."""
    return Grant.objects.in_force().filter(role__rights__contains=["core.task"])


def is_for(by: Actor, task: Task) -> bool:
    """Tell whether :func:`tasks_for` of the actor would list the task if it were open."""
    if by.user_id is not None and task.assignee_user_id == by.user_id:
        return True
    if not by.role:
        return False
    now = task.assignee_role == by.role and task.assignee_level >= len(by.area)
    return now or not _asked(by).isdisjoint(task.asked)


def closed_tasks() -> QuerySet[Task]:
    """All closed tasks in scope, what was closed last first."""
    return Task.objects.exclude(state=TaskState.OPEN).order_by("-closed_at", "-id")


def overdue(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Those that should be done by now."""
    return tasks.filter(due_at__lt=timezone.now())


def notifications_for(by: Actor) -> QuerySet[Notification]:
    """The actor's own notifications, newest first."""
    return Notification.objects.filter(user_id=by.user_id or NOBODY).order_by("-created_at", "-id")


def unread_count(by: Actor) -> int:
    """How many of them are unread (one query)."""
    return Notification.objects.filter(user_id=by.user_id or NOBODY, read_at=None).count()


def jobs_for(by: Actor) -> QuerySet[Job]:
    """The jobs the actor's account started, newest first."""
    return Job.objects.filter(user_id=by.user_id or NOBODY).order_by("-created_at")


def jobs_in_area(by: Actor, state: str = "") -> QuerySet[Job]:
    """All jobs of the actor's area for who may see those of others, newest first."""
    by.require("core.jobs")
    found = Job.objects.order_by("-created_at")
    return found.filter(state=state) if state else found


def emergencies_at(place_code: str) -> QuerySet[Emergency]:
    """The emergencies in force at a place: those of any area above it or of the place itself."""
    above = ["", *(place_code[:n] for n in range(2, len(place_code) + 1))]
    return Emergency.objects.filter(ended_on=None, place_code__in=above).order_by("-started_on")


def emergencies_ever(place_code: str) -> QuerySet[Emergency]:
    """All emergencies of any area above a place or of the place itself, also those that ended."""
    above = codes.ancestors(place_code, include_self=True)
    found = Emergency.objects.filter(place_code__in=[codes.WHOLE_COUNTRY, *above])
    return found.order_by("-started_on")


def prevailing(emergencies: Iterable[Emergency], at: dt.datetime) -> Emergency | None:
    """Of the emergencies of a place, the one under which something was done there at a moment.

    Of several, one that is still in force, the latest first. One that was ended on just that day
    counts until its key was destroyed.
    """
    day = timezone.localdate(at)

    def held(one: Emergency) -> bool:
        if one.ended_on is None or one.ended_on > day:
            return True
        over = one.key_destroyed_at
        return one.ended_on == day and (over is None or over > at)

    then = [one for one in emergencies if one.started_on <= day and held(one)]
    return min(then, key=lambda one: not one.in_force, default=None)


# A server that was recovered to a point in time, or a copy that took over, writes on a timeline of
# its own; the first eight digits of the log file's name are its number.
_EPOCH = """
SELECT epoch::text, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) FROM core_serverepoch
"""


def server_epoch() -> str:
    """Which life of the database it is; devices that saw another push again what they keep."""
    with connection.cursor() as cursor:
        cursor.execute(_EPOCH)
        epoch, timeline = cursor.fetchone()
    return f"{epoch}.{int(timeline, 16)}"
