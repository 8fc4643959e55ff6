"""The work list, a task, and what can be done with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.accounts.models import Role, User
from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.history import history_of
from fangxian.common.ui.problems import show_problems
from fangxian.core import actions, queries
from fangxian.core.forms import ReasonForm, ReassignForm, TaskFilter
from fangxian.core.kinds import by_hand, label_of, task_kinds, url_of
from fangxian.core.models import Task, TaskState
from fangxian.regions.queries import called, full_name

PAGE = 50
# Counting on would read every task of a county, to show a number that nobody needs.
MOST_COUNTED = 1000
CHANGES = 50
BULK = 200
# In the session: which tasks were handed over last, and to whom.
HANDED = "core.handed_over"


def _after(found: QuerySet[Task], cursor: str, *, closed: bool) -> QuerySet[Task]:
    try:
        moment, task_id = cursor.split("~")
        due, last = dt.datetime.fromisoformat(moment), UUID(task_id)
    except ValueError:
        return found
    if due.tzinfo is None:
        return found
    if closed:
        return found.filter(Q(closed_at__lt=due) | Q(closed_at=due, id__lt=last))
    return found.filter(Q(due_at__gt=due) | Q(due_at=due, id__gt=last))


def _who(tasks: Sequence[Any]) -> dict[Any, str]:
    """To whom each task, or former state of one, is assigned, as text by primary key."""
    users = User.objects.in_bulk([t.assignee_user_id for t in tasks if t.assignee_user_id])
    roles = {role.code: str(role) for role in Role.objects.all()}
    found = {}
    for task in tasks:
        parts = []
        if task.assignee_user_id in users:
            parts.append(str(users[task.assignee_user_id]))
        if task.assignee_role:
            parts.append(roles.get(task.assignee_role, task.assignee_role))
        found[task.pk] = " · ".join(parts)
    return found


def _asked(task: Task) -> list[tuple[str, str]]:
    """Whom an overdue task was asked of before it went up: role and code of the place."""
    roles = {role.code: str(role) for role in Role.objects.all()}
    asked = (text.rpartition("/") for text in task.asked)
    return [(roles.get(role, role), task.place_code[: int(level)]) for role, _at, level in asked]


def _rows(tasks: list[Task]) -> list[dict[str, Any]]:
    who = _who(tasks)
    places = called(task.place_code for task in tasks)
    now = timezone.now()
    return [
        {
            "task": task,
            "place": places[task.place_code],
            "who": who[task.id],
            "kind": label_of(task.kind),
            "late": task.state == TaskState.OPEN and task.due_at < now,
        }
        for task in tasks
    ]


def _may_finish(by: Actor, task: Task) -> bool:
    """Whether the actor may close the task by hand (and open it again)."""
    own = queries.is_for(by, task) or by.may("core.task_assign", task.place_code)
    return own and by_hand(task)


@page("core.task")
def work_list(request: SignedRequest) -> HttpResponse:
    """Open tasks, what is due first first; or closed ones, the latest first."""
    by = request.actor
    closed = request.GET.get("state") == "closed"
    every = queries.closed_tasks() if closed else queries.open_tasks()
    form = TaskFilter(request.GET, task_kinds.names())
    chosen = form.chosen()
    found = every if chosen["who"] == "all" else queries.mine(every, by)
    if chosen["kind"]:
        found = found.filter(kind=chosen["kind"])
    if chosen["late"] and not closed:
        found = queries.overdue(found)
    count = found.order_by()[: MOST_COUNTED + 1].count()
    tasks = list(_after(found, request.GET.get("after", ""), closed=closed)[: PAGE + 1])
    last = tasks[PAGE - 1] if len(tasks) > PAGE else None
    moment = (last.closed_at if closed else last.due_at) if last else None
    context = {
        "form": form,
        "rows": _rows(tasks[:PAGE]),
        "closed": closed,
        "may_finish": not closed and any(_may_finish(by, task) for task in tasks[:PAGE]),
        "may_assign": not closed and by.may("core.task_assign"),
        "may_undo": "handed" in request.GET and HANDED in request.session,
        "count": min(count, MOST_COUNTED),
        "more": count > MOST_COUNTED,
        "filtered": any(chosen.values()),
        "everybody": chosen["who"] == "all",
        "next_after": f"{moment.isoformat()}~{last.id}" if last and moment else "",
    }
    return render(request, "core/tasks.html", context)


def _task(task_id: UUID) -> Task:
    task = Task.objects.filter(id=task_id).first()
    if task is None:
        raise OutOfScope(str(task_id))
    return task


@page("core.task")
def detail(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """One task with its history."""
    return _detail(request, _task(task_id))


def _detail(
    request: SignedRequest, task: Task, *, reassign: ReassignForm | None = None
) -> HttpResponse:
    by = request.actor
    is_open = task.state == TaskState.OPEN
    changes = _changes(task)
    context = {
        "task": task,
        "row": _rows([task])[0],
        "place": full_name(task.place_code),
        "is_open": is_open,
        "goal": url_of(task),
        "itself": not by_hand(task),
        "may_close": is_open and _may_finish(by, task),
        "may_reopen": not is_open and _may_finish(by, task),
        "may_assign": is_open and by.may("core.task_assign", task.place_code),
        "reassign": reassign
        or ReassignForm(
            place_code=task.place_code, initial={"assignee_level": task.assignee_level}
        ),
        "may_cancel": is_open and by_hand(task) and by.may("core.task_assign", task.place_code),
        "asked": _asked(task),
        "cancel": ReasonForm(),
        "changes": changes,
        "people": display_names([task.closed_by, *(change["who"] for change in changes)]),
    }
    status = 422 if reassign is not None else 200
    return render(request, "core/task.html", context, status=status)


def _changes(task: Task) -> list[dict[str, Any]]:
    """The last states of a task: when, by whom, assigned to whom, which; the latest first."""
    rows = list(history_of(Task).objects.filter(pgh_obj_id=task.id).order_by("-pgh_id")[:CHANGES])
    who = _who(rows)
    return [
        {
            "at": row.pgh_created_at,
            "who": (row.pgh_context or {}).get("who", ""),
            "assignee": who[row.pgh_id],
            "state": row.get_state_display(),
        }
        for row in rows
    ]


@page("core.task", methods=("POST",))
def finish(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """Close a task by hand."""
    actions.finish_task(by=request.actor, task_id=task_id)
    messages.success(request, _("Done. You can open it again on its page."))
    return redirect("core:tasks")


@page("core.task", methods=("POST",))
def reopen(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """Undo the closing."""
    actions.reopen_task(by=request.actor, task_id=task_id)
    messages.success(request, _("The task is open again."))
    return redirect("core:task", task_id)


@page("core.task", methods=("POST",))
def bulk(request: SignedRequest) -> HttpResponse:
    """Close the ticked tasks; those of others, of themselves or closed already stay."""
    done = left = 0
    for text in request.POST.getlist("ids")[:BULK]:
        try:
            actions.finish_task(by=request.actor, task_id=UUID(text))
            done += 1
        except (ValueError, OutOfScope, Conflict, Forbidden):
            left += 1
    if done:
        told = ngettext("%(n)s task is done.", "%(n)s tasks are done.", done) % {"n": done}
        messages.success(request, told)
    if left:
        kept = ngettext("%(n)s was left as it is.", "%(n)s were left as they are.", left)
        messages.warning(request, kept % {"n": left})
    return redirect("core:tasks")


@page("core.task_assign", methods=("POST",))
def reassign(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """Hand a task over."""
    task = _task(task_id)
    form = ReassignForm(request.POST, place_code=task.place_code)
    if form.is_valid():
        try:
            actions.reassign_task(by=request.actor, task_id=task_id, **_assignee(form))
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("The task is handed over."))
            return redirect("core:task", task_id)
    return _detail(request, task, reassign=form)


def _assignee(form: ReassignForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "assignee_user_id": given["assignee_user"],
        "assignee_role": given["assignee_role"],
        "assignee_level": given["assignee_level"],
    }


def _ticked(request: SignedRequest) -> list[Task]:
    """The ticked tasks that are open, in scope."""
    ids = set()
    for text in request.POST.getlist("ids")[:BULK]:
        with suppress(ValueError):
            ids.add(UUID(text))
    return list(queries.open_tasks().filter(id__in=ids))


@page("core.task_assign", methods=("POST",))
def hand_over(request: SignedRequest) -> HttpResponse:
    """Hand the ticked tasks over: first to whom, then done, with a way back."""
    tasks = _ticked(request)
    if not tasks:
        messages.warning(request, _("None of these tasks is open any more."))
        return redirect("core:tasks")
    place_code = _common_place([task.place_code for task in tasks])
    chosen = request.POST if "assignee_level" in request.POST else None
    form = ReassignForm(chosen, place_code=place_code, initial={"assignee_level": len(place_code)})
    if chosen is not None and form.is_valid():
        assignee = _assignee(form)
        try:
            handed = actions.reassign_tasks(
                by=request.actor, task_ids=[task.id for task in tasks], **assignee
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            user = assignee["assignee_user_id"]
            request.session[HANDED] = {
                "tasks": [str(task_id) for task_id in handed],
                "to": [str(user) if user else "", assignee["assignee_role"]],
            }
            count = len(handed)
            told = ngettext("%(n)s task is handed over.", "%(n)s tasks are handed over.", count) % {
                "n": count
            }
            messages.success(request, told)
            return redirect(reverse("core:tasks") + "?handed=1")
    context = {"form": form, "rows": _rows(tasks), "place": full_name(place_code)}
    status = 200 if chosen is None else 422
    return render(request, "core/tasks_hand_over.html", context, status=status)


def _common_place(place_codes: list[str]) -> str:
    """The finest place that holds them all."""
    shared = set(codes.ancestors(place_codes[0], include_self=True))
    for code in place_codes[1:]:
        shared &= set(codes.ancestors(code, include_self=True))
    return max(shared, key=len, default=codes.WHOLE_COUNTRY)


@page("core.task_assign", methods=("POST",))
def undo_hand_over(request: SignedRequest) -> HttpResponse:
    """Give back what was handed over last."""
    handed = request.session.pop(HANDED, None) or {"tasks": [], "to": ["", ""]}
    user, role = handed["to"]
    back = 0
    for text in handed["tasks"]:
        with suppress(OutOfScope, Conflict):
            actions.undo_reassign(
                by=request.actor,
                task_id=UUID(text),
                handed_to=(UUID(user) if user else None, role),
            )
            back += 1
    told = ngettext("%(n)s task is given back.", "%(n)s tasks are given back.", back)
    messages.success(request, told % {"n": back})
    return redirect("core:tasks")


@page("core.task_assign", methods=("POST",))
def cancel(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """Close a task that no longer applies."""
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    actions.cancel_task(by=request.actor, task_id=task_id, reason=reason)
    messages.success(request, _("The task is cancelled."))
    return redirect("core:task", task_id)
