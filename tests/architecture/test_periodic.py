"""Periodic work runs once at a time."""

from __future__ import annotations

from procrastinate.contrib.django import app

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
