"""Periodic work runs once at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from procrastinate.contrib.django import app

from fangxian.command.tasks import CHECK_AT

# The sweeper takes away what a dead worker holds, its own lock too: it may wait for none.
WITHOUT_LOCK = {"core.sweep"}


def test_no_periodic_task_runs_beside_itself() -> None:
    tasks = [found.task for found in app.periodic_registry.periodic_tasks.values()]
    names = {task.name for task in tasks}
    assert {"core.sweep", "core.escalate", "organisations.settle", "field.follow"} <= names
    for task in tasks:
        assert task.queueing_lock == task.name, f"{task.name}: a second one may wait"
        if task.name not in WITHOUT_LOCK:
            assert task.lock == task.name, f"{task.name}: two may run at once"


def test_no_schedule_names_an_hour() -> None:
    """The queue reckons in UTC: what has its hour of the local day goes through core.daily."""
    for found in app.periodic_registry.periodic_tasks.values():
        hours, days, months, weekdays = found.cron.split()[1:5]
        assert {hours, days, months, weekdays} == {"*"}, f"{found.task.name}: {found.cron}"


def test_a_worker_that_comes_up_begins_every_periodic_task() -> None:
    """What was due while no worker ran is begun by the next: no two times are farther apart."""
    from procrastinate.periodic import MAX_DELAY, PeriodicDeferrer

    for at in range(1_800_000_000, 1_800_003_600, 7):
        begun = PeriodicDeferrer(app.periodic_registry).get_previous_tasks(at=at)
        names = {found.task.name for found, _at in begun}
        assert names == {f.task.name for f in app.periodic_registry.periodic_tasks.values()}
    assert MAX_DELAY == 600


@pytest.mark.parametrize(
    "page",
    [
        "docs/guide/运维.md",
        "docs/guide/入户摸排与覆盖.md",
        "docs/rooms/command.md",
        "fangxian/command/templates/command/proof.html",
    ],
)
def test_the_pages_name_the_hour_of_the_check(page: str) -> None:
    assert f"{CHECK_AT:%H:%M}" in Path(settings.CHECKOUT, page).read_text("utf-8")
