"""What this room registers: rights, navigation, commands of the search box, today's items."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fangxian.command import commands, facts, jobs, sources
from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.registries import NavItem, Panel, Right
from fangxian.common.ui.formats import date
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.models import Task

RIGHTS = (
    Right("command.today", _("Work in an area")),
    Right("command.board", _("See the coverage board")),
    Right("command.wall", _("Show the wall")),
)
NAVIGATION = {
    "today": (10, NavItem(_("Today"), "command:today", "command.today", "home")),
    "board": (20, NavItem(_("Coverage"), "command:board", "command.board", "board")),
}


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    facts.register()
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    for name, (order, item) in NAVIGATION.items():
        registries.navigation.register(name, item, order=order)
    # Before places and people: a command is what one types in full.
    registries.search.register("commands", commands.find, order=5)
    registries.today.register("command", sources.today_of_administrators, order=20)
    registries.today.register("command.sweeps", sources.today_of_sweeps, order=70)
    registries.panels.register(
        "coverage", Panel(_("Coverage"), "command.board", coverage_panel), order=10
    )
    task_kinds.register(
        jobs.TASK, TaskKind(_("Drawing of grids"), _plan_url, by_hand=False, words=_plan_words)
    )


def _plan_url(task: Task) -> str:
    return reverse("regions:plan", args=[task.object_id])


def _plan_words(data: dict[str, Any]) -> dict[str, Any]:
    return {"day": date(dt.date.fromisoformat(data["day"]))}


def coverage_panel(request: HttpRequest, by: Actor, code: str) -> str:
    """How far the running sweeps have come at a place, what is vacant and who closes it."""
    from fangxian.command.coverage import rows
    from fangxian.common import codes
    from fangxian.field.queries import coverage_of, running
    from fangxian.organisations.queries import note_shown
    from fangxian.regions.queries import at

    (chain,) = rows(None, [at(code)])
    sweeps = [one for one in running(code) if codes.contains(one.area.code, code)]
    covered = coverage_of({one: [code] for one in sweeps})
    if any(row.gap for row in covered.values()):
        note_shown([chain.closer])
    context = {
        "sweeps": [
            (
                one,
                replace(chain, coverage=covered[one.id, code]),
                reverse("command:board_place", args=[one.id, code]),
            )
            for one in sweeps
        ],
        "chain": chain,
        "chain_url": reverse("command:chain_place", args=[code]),
    }
    return render_to_string("command/_panel.html", context, request)
