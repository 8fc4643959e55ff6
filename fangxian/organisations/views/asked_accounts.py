"""Accounts and roles that are asked for, as administrators see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import User
from fangxian.accounts.queries import users_in
from fangxian.common import access
from fangxian.common.policy import SignedRequest, page
from fangxian.core.models import Task
from fangxian.organisations.account_needs import ACCOUNT, asked
from fangxian.organisations.models import Responsibility
from fangxian.organisations.views.common import PAGE, page_number
from fangxian.regions.queries import called


@page("accounts.see")
def board(request: SignedRequest) -> HttpResponse:
    """Who answers for a place and can't see it: each with the way to mend it."""
    by = request.actor
    found, at = asked(), page_number(request)
    count = found.count()
    tasks = list(found[(at - 1) * PAGE : at * PAGE])
    duties = Responsibility.objects.in_bulk([task.object_id for task in tasks if task.object_id])
    access.note(*(row.person_id for row in duties.values() if row.person_id is not None))
    users = users_in(by.area).in_bulk([_user(task) for task in tasks if _user(task)])
    places = called(task.place_code for task in tasks)
    now = timezone.now()
    return render(
        request,
        "organisations/asked_accounts.html",
        {
            "rows": [
                {
                    "task": task,
                    "duty": duties.get(task.object_id) if task.object_id else None,
                    "place": places[task.place_code],
                    "late": task.due_at < now,
                    "url": _url(task, users.get(_user(task))),
                    "elsewhere": bool(_user(task)) and _user(task) not in users,
                    "may": by.may("accounts.create" if task.kind == ACCOUNT else "accounts.grant")
                    or (task.kind == ACCOUNT and bool(_user(task)) and by.may("accounts.disable")),
                }
                for task in tasks
            ],
            "count": count,
            "page": at,
            "more": count > at * PAGE,
        },
    )


def _user(task: Task) -> UUID | None:
    """The account that a task is about; None where one is to be made."""
    text = task.title_data.get("user", "")
    return UUID(text) if text else None


def _url(task: Task, user: User | None) -> str:
    """Where an administrator does what a task asks for, with its days and place filled in."""
    data: dict[str, Any] = {"task": task.id}
    if user is None:
        data["duty"] = task.object_id
        return f"{reverse('accounts:create')}?{urlencode(data)}"
    if task.kind != ACCOUNT:
        data |= {"role": task.title_data["account"], "place": task.place_code}
        first = max(task.title_data["from"], timezone.localdate().isoformat())
        data |= {"valid_from": first, "valid_to": task.title_data["to"]}
        return f"{reverse('accounts:user', args=[user.pk])}?{urlencode(data)}#give"
    return f"{reverse('accounts:user', args=[user.pk])}?{urlencode(data)}"
