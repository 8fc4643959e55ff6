"""Today: what is due from me, what is uncovered, what changed in my area."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils import timezone

from fangxian.accounts.looks import grouped
from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import who_looked
from fangxian.command import coverage as boards
from fangxian.command.polling import current
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.registries import TodayItem
from fangxian.common.registries import today as sources
from fangxian.core.queries import tasks_for
from fangxian.field.queries import running
from fangxian.organisations.queries import holding
from fangxian.organisations.rules import chain_rules
from fangxian.regions.queries import called, names, path

SHOWN = 8
WORST = 3
LOOKED = 5
KINDS = ("due", "uncovered", "changed")


@page("command.today")
def today(request: SignedRequest) -> HttpResponse:
    """The page everyone lands on after signing in."""
    by = request.actor
    items = [item for source in sources for item in source(by)]
    tasks = tasks_for(by)
    shown = list(tasks[:SHOWN])
    running_here = list(running(by.area)) if by.may("command.board") else []
    sweeps = boards.standings(by, running_here, WORST)
    groups = {kind: [item for item in items if item.kind == kind] for kind in KINDS}
    way = path(by.area) if by.area else []
    places = called({task.place_code for task in shown})
    task: Any
    for task in shown:
        # For the template alone: the model has no such field.
        task.place_name = places[task.place_code]
    every = len(shown) < SHOWN
    now = timezone.now()
    counts = {"all": len(shown), "late": sum(task.due_at < now for task in shown)}
    if not every:
        late = Count("id", filter=Q(due_at__lt=now))
        counts = tasks.order_by().aggregate(all=Count("id"), late=late)
    context: dict[str, Any] = {
        "place": way[-1] if way else None,
        "area": by.area,
        "tasks": shown,
        "works": by.may("core.task"),
        "task_count": counts["all"],
        "overdue_count": counts["late"],
        "groups": groups,
        "sweeps": sweeps,
        "resident": not by.may("command.board") and not items and not by.may("core.task"),
        "poll_url": request.get_full_path(),
    }
    if context["resident"]:
        context |= _resident(by)
    return current(
        request,
        "command/today.html",
        "command/_today.html",
        context,
        shows=[
            [[task.id, task.due_at] for task in shown],
            context["task_count"],
            context["overdue_count"],
            [_seen(item) for item in items],
            [[campaign.id, campaign.ends_on, own, worst] for campaign, own, worst in sweeps],
            context.get("answering", []),
            timezone.localdate(),
        ],
        closers=[one for one, _place in context.get("answering", [])],
    )


def _seen(item: TodayItem) -> list[Any]:
    return [
        item.kind,
        str(item.label),
        item.count,
        item.url,
        item.tone,
        str(item.detail),
        item.figure,
    ]


def _resident(by: Actor) -> dict[str, Any]:
    """Who answers where I live, and who read what is recorded of me."""
    rules = chain_rules()
    held = holding([by.area], list(rules.names), rules) if by.area else {}
    answering = [
        one
        for code in codes.walk_up(by.area)
        for role in rules.names
        for one in held.get(code, {}).get(role, ())
    ]
    places = names({one.place_code for one in answering})
    looked: list[dict[str, Any]] = []
    if by.person_id is not None:
        looked = grouped(who_looked(by.person_id)[: LOOKED * 10], LOOKED)
    return {
        "answering": [(one, places.get(one.place_code, "")) for one in answering],
        "looked": looked,
        "linked": by.person_id is not None,
    }
