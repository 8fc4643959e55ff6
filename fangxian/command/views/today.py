"""Today: what is due from me, what is uncovered, what changed in my area."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.registries import today as sources
from fangxian.core.queries import overdue, tasks_for
from fangxian.regions.queries import path

SHOWN = 8
KINDS = ("due", "uncovered", "changed")


@page("command.today")
def today(request: SignedRequest) -> HttpResponse:
    """The page everyone lands on after signing in."""
    by = request.actor
    items = [item for source in sources for item in source(by)]
    tasks = tasks_for(by)
    context = {
        "place": path(by.area)[-1] if by.area else None,
        "now": timezone.now(),
        "tasks": list(tasks[:SHOWN]),
        "task_count": tasks.count(),
        "overdue_count": overdue(tasks).count(),
        "groups": {kind: [item for item in items if item.kind == kind] for kind in KINDS},
    }
    return render(request, "command/today.html", context)
