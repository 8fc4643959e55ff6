"""Opening, closing, handing over and escalating tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.models import Role
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.history import history_of
from fangxian.common.ids import uuid7
from fangxian.core import escalation
from fangxian.core.actions.files import require_scope
from fangxian.core.kinds import by_hand
from fangxian.core.models import Task, TaskState

BATCH = 2_000
# Changes of one task that are looked through for whom it had before.
HISTORY = 50
ASSIGNEE = ("assignee_user_id", "assignee_role", "assignee_level", "asked")


@dataclass(frozen=True, slots=True)
class NewTask:
    """What :func:`open_tasks` needs for each task; see :func:`open_task`."""

    kind: str
    place_code: str
    title: str
    due_at: dt.datetime
    dedupe_key: str
    object_type: str = ""
    object_id: UUID | None = None
    assignee_user_id: UUID | None = None
    assignee_role: str = ""
    assignee_level: int | None = None
    title_data: dict[str, Any] = field(default_factory=dict)
    emergency_id: UUID | None = None
    note: str | None = None


def _row(by: Actor, new: NewTask, ladder: escalation.Ladder) -> Task:
    require_scope(by, new.place_code)
    if new.assignee_user_id is None and not new.assignee_role:
        raise Invalid(Problem(_("A task needs an account or a role."), field="assignee_role"))
    level = len(new.place_code) if new.assignee_level is None else new.assignee_level
    return Task(
        id=uuid7(),
        place_code=new.place_code,
        kind=new.kind,
        title=str(new.title),
        title_data=new.title_data,
        due_at=new.due_at,
        object_type=new.object_type,
        object_id=new.object_id,
        dedupe_key=new.dedupe_key,
        assignee_user_id=new.assignee_user_id,
        assignee_role=new.assignee_role,
        assignee_level=min(level, len(new.place_code)),
        escalate_at=ladder.first(new.kind, new.due_at),
        rule_version=ladder.version,
        emergency_id=new.emergency_id,
        note=new.note,
    )


@action
def open_tasks(*, by: Actor, tasks: Sequence[NewTask]) -> int:
    """Open many tasks; those whose (kind, dedupe_key) is open already are left as they are.

    Returns how many were opened. The right is that of the action that opens them; the scope is
    checked. Raises OutOfScope, Invalid (nobody to do it).
    """
    ladder = escalation.current()
    opened = 0
    for at in range(0, len(tasks), BATCH):
        rows = [_row(by, new, ladder) for new in tasks[at : at + BATCH]]
        Task.objects.bulk_create(rows, ignore_conflicts=True)
        opened += Task.objects.filter(id__in=[row.id for row in rows]).count()
    return opened


@action
def open_task(
    *,
    by: Actor,
    kind: str,
    place_code: str,
    title: str,
    due_at: dt.datetime,
    object_type: str = "",
    object_id: UUID | None = None,
    assignee_user_id: UUID | None = None,
    assignee_role: str = "",
    assignee_level: int | None = None,
    dedupe_key: str,
    title_data: dict[str, Any] | None = None,
    emergency_id: UUID | None = None,
    note: str | None = None,
) -> Task:
    """Open a task, or return the open one with the same kind and ``dedupe_key``.

    ``title`` is a msgid, formatted with ``title_data`` when shown; no personal data in either. A
    role is held at ``assignee_level`` (default: the level of ``place_code``) or, where nobody
    holds it there, at the nearest level above. The right is that of the action that opens the
    task. Raises OutOfScope, Invalid.
    """
    new = NewTask(
        kind=kind,
        place_code=place_code,
        title=title,
        due_at=due_at,
        object_type=object_type,
        object_id=object_id,
        assignee_user_id=assignee_user_id,
        assignee_role=assignee_role,
        assignee_level=assignee_level,
        dedupe_key=dedupe_key,
        title_data=title_data or {},
        emergency_id=emergency_id,
        note=note,
    )
    Task.objects.bulk_create([_row(by, new, escalation.current())], ignore_conflicts=True)
    found = Task.objects.filter(kind=kind, dedupe_key=dedupe_key, state=TaskState.OPEN).first()
    if found is None:
        # The open one lies outside the actor's area: the key belongs to another place.
        raise OutOfScope(dedupe_key)
    return found


@action
def close_task(
    *,
    by: Actor,
    task_id: UUID | None = None,
    kind: str = "",
    dedupe_key: str = "",
    done_fact: str,
) -> Task | None:
    """Close a task by the fact that did it ("register.merge:<id>"); None when none is open.

    The right is that of the action that made the fact. Closing twice changes nothing.
    """
    tasks = Task.objects.select_for_update().filter(state=TaskState.OPEN)
    if task_id is not None:
        task = tasks.filter(id=task_id).first()
    else:
        task = tasks.filter(kind=kind, dedupe_key=dedupe_key).first()
    if task is None:
        return None
    return _close(by, task, TaskState.DONE, done_fact)


@action
def close_tasks(*, by: Actor, kind: str, dedupe_keys: Sequence[str], done_fact: str) -> int:
    """Close all open tasks of ``kind`` with these keys. Returns how many."""
    return Task.objects.filter(
        kind=kind, dedupe_key__in=list(dedupe_keys), state=TaskState.OPEN
    ).update(
        state=TaskState.DONE,
        closed_at=timezone.now(),
        closed_by=by.name,
        done_fact=done_fact[:200],
        escalate_at=None,
    )


@action
def restate_tasks(
    *, by: Actor, kind: str, states: Mapping[str, tuple[dict[str, Any], dt.datetime]]
) -> int:
    """Give the open tasks of ``kind`` with these keys other title data and another due date.

    One that was late and is due later now begins anew: with whom it was asked of first, who are
    told. The right is that of the action that made the fact. Returns how many.
    """
    ladder, now = escalation.current(), timezone.now()
    anew = []
    tasks = list(
        Task.objects.select_for_update().filter(
            kind=kind, dedupe_key__in=list(states), state=TaskState.OPEN
        )
    )
    for task in tasks:
        task.title_data, due = states[task.dedupe_key]
        if due != task.due_at:
            if task.due_at <= now < due:
                escalation.begin_anew(task)
                anew.append(task)
            task.due_at, task.escalate_at = due, ladder.first(kind, due)
    fields = ["title_data", "due_at", "escalate_at", "escalated", *ASSIGNEE]
    Task.objects.bulk_update(tasks, fields, batch_size=BATCH)
    if anew:
        escalation.tell_anew(by, anew)
    return len(tasks)


def _close(by: Actor, task: Task, state: str, fact: str) -> Task:
    task.state = state
    task.closed_at = timezone.now()
    task.closed_by = by.name
    task.done_fact = fact[:200]
    task.escalate_at = None
    task.save(update_fields=["state", "closed_at", "closed_by", "done_fact", "escalate_at"])
    return task


def _open(by: Actor, task_id: UUID, right: str) -> Task:
    task = Task.objects.select_for_update().filter(id=task_id).first()
    if task is None:
        raise OutOfScope(str(task_id))
    by.require(right, task.place_code)
    if task.state != TaskState.OPEN:
        raise Conflict(_("Somebody else closed this task meanwhile. Open the list again."))
    return task


def _by_hand_of(by: Actor, task: Task) -> None:
    """Raise unless the task is closed and opened by hand, and by this actor."""
    from fangxian.core.queries import is_for

    if not by_hand(task):
        raise Conflict(_("This task closes itself when the thing is done."))
    if not is_for(by, task) and not by.may("core.task_assign", task.place_code):
        raise Forbidden("core.task of another", task.place_code)


@action
def finish_task(*, by: Actor, task_id: UUID, fact: str = "") -> Task:
    """Close a task by hand: its own assignee, or who may hand it over.

    Raises OutOfScope, Forbidden (somebody else's), Conflict (closed, or closed by a fact alone).
    """
    task = _open(by, task_id, "core.task")
    _by_hand_of(by, task)
    return _close(by, task, TaskState.DONE, fact or "core.by_hand")


@action
def cancel_task(*, by: Actor, task_id: UUID, reason: str) -> Task:
    """Close a task that no longer applies.

    Raises Invalid without a reason, Conflict for one that is closed by its fact alone: while the
    fact is missing it would be asked for again, or by nobody any more.
    """
    task = _open(by, task_id, "core.task_assign")
    if not by_hand(task):
        raise Conflict(_("This task closes itself when the thing is done."))
    if not reason.strip():
        raise Invalid(Problem(_("Say why it is cancelled."), field="reason"))
    return _close(by, task, TaskState.CANCELLED, reason)


@action
def reopen_task(*, by: Actor, task_id: UUID) -> Task:
    """Undo closing by hand; undoing a cancellation takes the right to cancel.

    Raises OutOfScope, Forbidden, Conflict (open, closed by a fact, or the same thing was opened
    again meanwhile).
    """
    task = Task.objects.select_for_update().filter(id=task_id).first()
    if task is None:
        raise OutOfScope(str(task_id))
    by.require(
        "core.task_assign" if task.state == TaskState.CANCELLED else "core.task", task.place_code
    )
    if task.state == TaskState.DONE:
        _by_hand_of(by, task)
    again = _("This is already an open task. Open the list again.")
    if task.state == TaskState.OPEN:
        raise Conflict(again)
    task.state, task.closed_at, task.closed_by, task.done_fact = TaskState.OPEN, None, "", ""
    task.escalate_at = escalation.current().first(task.kind, task.due_at)
    try:
        with transaction.atomic():
            task.save(update_fields=["state", "closed_at", "closed_by", "done_fact", "escalate_at"])
    except IntegrityError as error:
        # The same thing is open already, or is being opened at this moment.
        raise Conflict(again) from error
    return task


def _assign(
    by: Actor, task: Task, user_id: UUID | None, role: str, assignee_level: int | None
) -> None:
    """Hand an open task over. Raises Invalid unless who gets it will see it."""
    from fangxian.core.queries import takers_at

    level = task.assignee_level if assignee_level is None else assignee_level
    if level not in codes.LENGTHS or level > len(task.place_code):
        raise Invalid(Problem(_("Choose a level above the place."), field="assignee_level"))
    if user_id is not None:
        if not takers_at(task.place_code).filter(user_id=user_id).exists():
            raise Invalid(
                Problem(
                    _("This account has no role for tasks at this place today."),
                    field="assignee_user",
                    mend=_("Choose somebody who answers for the place."),
                )
            )
    elif not Role.objects.filter(code=role).exists():
        raise Invalid(Problem(_("Choose a role or an account."), field="assignee_role"))
    elif not takers_at(task.place_code[:level]).filter(role_id=role).exists():
        raise Invalid(
            Problem(
                _("Nobody holds this role for tasks at this level or above it."),
                field="assignee_role",
                mend=_("Choose another role, a finer level, or an account."),
            )
        )
    task.assignee_user_id, task.assignee_role, task.assignee_level = user_id, role, level
    task.asked = []
    task.save(update_fields=ASSIGNEE)


@action
def reassign_task(
    *,
    by: Actor,
    task_id: UUID,
    assignee_user_id: UUID | None = None,
    assignee_role: str = "",
    assignee_level: int | None = None,
) -> Task:
    """Hand a task to an account, or to a role at a level above its place.

    Only to who will see it: an account with a role in force over the place, or a role that
    somebody holds there or above. Raises OutOfScope, Forbidden, Conflict (closed), Invalid.
    """
    from fangxian.core.actions.notify import notify

    task = _open(by, task_id, "core.task_assign")
    _assign(by, task, assignee_user_id, assignee_role, assignee_level)
    if assignee_user_id is not None:
        notify(
            by=by,
            user_id=assignee_user_id,
            template="core.task_assigned",
            context={"task": str(task.id)},
        )
    return task


@action
def reassign_tasks(
    *,
    by: Actor,
    task_ids: Sequence[UUID],
    assignee_user_id: UUID | None = None,
    assignee_role: str = "",
    assignee_level: int | None = None,
) -> list[UUID]:
    """Hand many tasks over, with one message. Returns those handed over; closed ones stay.

    Raises OutOfScope, Forbidden and Invalid as :func:`reassign_task`, and then hands none over.
    """
    from fangxian.core.actions.notify import notify

    handed = []
    for task_id in task_ids:
        try:
            task = _open(by, task_id, "core.task_assign")
        except Conflict:
            continue
        _assign(by, task, assignee_user_id, assignee_role, assignee_level)
        handed.append(task.id)
    if assignee_user_id is not None and handed:
        notify(
            by=by,
            user_id=assignee_user_id,
            template="core.tasks_assigned",
            context={"count": len(handed)},
        )
    return handed


@action
def undo_reassign(*, by: Actor, task_id: UUID, handed_to: tuple[UUID | None, str]) -> Task:
    """Give a task back to whom it had before it was ``handed_to`` (account, role).

    Raises OutOfScope, Forbidden, Conflict (closed, or handed on or escalated meanwhile).
    """
    task = _open(by, task_id, "core.task_assign")
    told = history_of(Task).objects.filter(pgh_obj_id=task.id).order_by("-pgh_id")
    if (task.assignee_user_id, task.assignee_role) != handed_to:
        raise Conflict(_("Somebody has handed this task on meanwhile."))
    for was in told[:HISTORY]:
        if (was.assignee_user_id, was.assignee_role) != handed_to:
            task.assignee_user_id = was.assignee_user_id
            task.assignee_role = was.assignee_role
            task.assignee_level = was.assignee_level
            task.asked = was.asked
            task.save(update_fields=ASSIGNEE)
            return task
    raise Conflict(_("Somebody has handed this task on meanwhile."))
