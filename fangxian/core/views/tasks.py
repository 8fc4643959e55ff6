"""The work list, a task, and what can be done with it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.accounts.models import Role, User
from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import Conflict, OutOfScope
from fangxian.core import actions, queries
from fangxian.core.forms import ReasonForm, ReassignForm, TaskFilter, users_of
from fangxian.core.kinds import by_hand, label_of, url_of
from fangxian.core.models import Task, TaskState
from fangxian.regions.queries import full_name, names

PAGE = 50
BULK = 200


def _after(found: QuerySet[Task], cursor: str) -> QuerySet[Task]:
    try:
        moment, task_id = cursor.split("~")
        due, last = dt.datetime.fromisoformat(moment), UUID(task_id)
    except ValueError:
        return found
    if due.tzinfo is None:
        return found
    return found.filter(Q(due_at__gt=due) | Q(due_at=due, id__gt=last))


def _who(tasks: list[Task]) -> dict[UUID, str]:
    """To whom each task is assigned, as text."""
    users = User.objects.in_bulk([t.assignee_user_id for t in tasks if t.assignee_user_id])
    roles = {role.code: str(role) for role in Role.objects.all()}
    found = {}
    for task in tasks:
        parts = []
        if task.assignee_user_id in users:
            parts.append(str(users[task.assignee_user_id]))
        if task.assignee_role:
            parts.append(roles.get(task.assignee_role, task.assignee_role))
        found[task.id] = " · ".join(parts)
    return found


def _rows(tasks: list[Task]) -> list[dict[str, Any]]:
    who = _who(tasks)
    places = names(task.place_code for task in tasks)
    now = timezone.now()
    return [
        {
            "task": task,
            "place": places.get(task.place_code, task.place_code),
            "who": who[task.id],
            "kind": label_of(task.kind),
            "late": task.state == TaskState.OPEN and task.due_at < now,
        }
        for task in tasks
    ]


@page("core.task")
def work_list(request: SignedRequest) -> HttpResponse:
    """Open tasks, what is due first first."""
    by = request.actor
    kinds = list(queries.open_tasks().order_by("kind").values_list("kind", flat=True).distinct())
    form = TaskFilter(request.GET, kinds)
    chosen = form.chosen()
    found = queries.open_tasks() if chosen["who"] == "all" else queries.tasks_for(by)
    if chosen["kind"]:
        found = found.filter(kind=chosen["kind"])
    if chosen["late"]:
        found = queries.overdue(found)
    count = found.count()
    tasks = list(_after(found, request.GET.get("after", ""))[: PAGE + 1])
    last = tasks[PAGE - 1] if len(tasks) > PAGE else None
    context = {
        "form": form,
        "rows": _rows(tasks[:PAGE]),
        "count": count,
        "filtered": any(chosen.values()),
        "everybody": chosen["who"] == "all",
        "next_after": f"{last.due_at.isoformat()}~{last.id}" if last else "",
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
    history: Any = apps.get_model("core", "TaskHistory")
    changes = history.objects.filter(pgh_obj_id=task.id).order_by("-pgh_id")[:50]
    is_open = task.state == TaskState.OPEN
    context = {
        "task": task,
        "row": _rows([task])[0],
        "place": full_name(task.place_code),
        "is_open": is_open,
        "goal": url_of(task),
        "may_close": is_open and by_hand(task),
        "may_reopen": not is_open and by_hand(task),
        "may_assign": is_open and by.may("core.task_assign", task.place_code),
        "reassign": reassign
        or ReassignForm(
            task=task, users=users_of(by), initial={"assignee_level": task.assignee_level}
        ),
        "cancel": ReasonForm(),
        "changes": changes,
    }
    status = 422 if reassign is not None else 200
    return render(request, "core/task.html", context, status=status)


@page("core.task", methods=("POST",))
def finish(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """Close a task by hand."""
    if not by_hand(_task(task_id)):
        raise Conflict(_("This task closes itself when the thing is done."))
    actions.finish_task(by=request.actor, task_id=task_id)
    messages.success(request, _("Done. You can open it again on its page."))
    return redirect("core:tasks")


@page("core.task", methods=("POST",))
def reopen(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """Undo the closing."""
    if not by_hand(_task(task_id)):
        raise Conflict(_("This task closes itself when the thing is done."))
    actions.reopen_task(by=request.actor, task_id=task_id)
    messages.success(request, _("The task is open again."))
    return redirect("core:task", task_id)


@page("core.task", methods=("POST",))
def bulk(request: SignedRequest) -> HttpResponse:
    """Close the ticked tasks; those that close themselves or are closed already stay."""
    done = left = 0
    for text in request.POST.getlist("ids")[:BULK]:
        try:
            task = _task(UUID(text))
            if not by_hand(task):
                raise Conflict
            actions.finish_task(by=request.actor, task_id=task.id)
            done += 1
        except (ValueError, OutOfScope, Conflict):
            left += 1
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
    form = ReassignForm(request.POST, task=task, users=users_of(request.actor))
    if not form.is_valid():
        return _detail(request, task, reassign=form)
    given = form.cleaned_data
    user = given["assignee_user"]
    actions.reassign_task(
        by=request.actor,
        task_id=task_id,
        assignee_user_id=user.pk if user else None,
        assignee_role=given["assignee_role"],
        assignee_level=given["assignee_level"] or None,
    )
    messages.success(request, _("The task is handed over."))
    return redirect("core:task", task_id)


@page("core.task_assign", methods=("POST",))
def cancel(request: SignedRequest, task_id: UUID) -> HttpResponse:
    """Close a task that no longer applies."""
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    actions.cancel_task(by=request.actor, task_id=task_id, reason=reason)
    messages.success(request, _("The task is cancelled."))
    return redirect("core:task", task_id)
