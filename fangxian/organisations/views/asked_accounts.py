"""Accounts and roles that are asked for, as administrators see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.models import User
from fangxian.accounts.queries import users_in
from fangxian.common import access
from fangxian.common.actor import Actor
from fangxian.common.policy import SignedRequest, page
from fangxian.organisations.account_needs import ACCOUNT, ROLE, Need, asked, needs_at, task_url
from fangxian.organisations.models import Responsibility
from fangxian.organisations.views.common import PAGE, page_number
from fangxian.regions.queries import at, called, full_name


@page("accounts.see")
def board(request: SignedRequest) -> HttpResponse:
    """Where somebody answers for a place and can't see it: a line for each task."""
    found, number = asked(), page_number(request)
    count = found.count()
    tasks = list(found[(number - 1) * PAGE : number * PAGE])
    places = called(task.place_code for task in tasks)
    now = timezone.now()
    return render(
        request,
        "organisations/asked_accounts.html",
        {
            "rows": [
                {
                    "task": task,
                    "place": places[task.place_code],
                    "late": task.due_at < now,
                    "url": f"{task_url(task)}?{urlencode({'task': task.id})}",
                }
                for task in tasks
            ],
            "count": count,
            "page": number,
            "more": count > number * PAGE,
        },
    )


@page("accounts.see")
def place(request: SignedRequest, code: str) -> HttpResponse:
    """Who answers at a place and can't see it, each with the way to mend it."""
    by, number = request.actor, page_number(request)
    here = at(code, by=by)
    first = ROLE if by.may("accounts.grant") else ACCOUNT
    needs, count = needs_at(by, code, first=first, offset=(number - 1) * PAGE, limit=PAGE)
    duties = Responsibility.objects.in_bulk([need.duty_id for need in needs])
    access.note(*(row.person_id for row in duties.values() if row.person_id is not None))
    users = users_in(by.area).in_bulk([need.user_id for need in needs if need.user_id])
    tasks = dict(asked().filter(place_code=code).values_list("kind", "id"))
    places = called(need.place_code for need in needs)
    return render(
        request,
        "organisations/asked_at.html",
        {
            "rows": [
                {
                    "need": need,
                    "holder": duties[need.duty_id].holder_name,
                    "place": places[need.place_code],
                    "url": _url(need, users.get(need.user_id), tasks.get(need.kind)),
                    "elsewhere": need.user_id is not None and need.user_id not in users,
                    "may": _may(by, need),
                }
                for need in needs
            ],
            "here": full_name(here.code),
            "count": count,
            "page": number,
            "more": count > number * PAGE,
            "breadcrumbs": [
                {
                    "label": _("Accounts and roles asked for"),
                    "url": reverse("organisations:asked_accounts"),
                },
                {"label": here.name, "url": ""},
            ],
        },
    )


def _may(by: Actor, need: Need) -> bool:
    if need.kind == ROLE:
        return by.may("accounts.grant")
    return by.may("accounts.create") or (need.user_id is not None and by.may("accounts.disable"))


def _url(need: Need, user: User | None, task: UUID | None) -> str:
    """Where an administrator does what is asked for, with its days and place filled in."""
    data: dict[str, Any] = {"task": task} if task else {}
    if user is None:
        data["duty"] = need.duty_id
        return f"{reverse('accounts:create')}?{urlencode(data)}"
    address = reverse("accounts:user", args=[user.pk])
    if need.kind == ACCOUNT:
        return f"{address}?{urlencode(data)}"
    data |= {"role": need.account, "place": need.place_code}
    data["valid_from"] = max(need.from_date, timezone.localdate()).isoformat()
    data["valid_to"] = need.to_date.isoformat() if need.to_date else ""
    return f"{address}?{urlencode(data)}#give"
