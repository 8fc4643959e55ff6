"""Nights and weekends that people had already: what a roster makes up for."""

from __future__ import annotations

import math
from collections.abc import Callable

from fangxian.mobilise.rostering import Human, Task, Who

WeekendOf = Callable[[int], int | None]
"""Which weekend a day belongs to, counted from a roster's first; None for other days."""


def had(task: Task, weekend_of: WeekendOf) -> dict[Who, tuple[int, int]]:
    """Nights and weekends of each before the first day, and at other places meanwhile.

    Who has served for a part of that time is taken to have had as many as the others in the rest of
    it: nobody new bears what others did before.
    """
    counted = {who: _counted(task, human, weekend_of) for who, human in task.humans.items()}
    there = {who: _there(task, human) for who, human in task.humans.items()}
    all_there = math.fsum(there.values()) or 1.0
    nights, weekends = (math.fsum(one[n] for one in counted.values()) / all_there for n in (0, 1))
    return {
        who: (
            own[0] + round((1 - there[who]) * nights),
            own[1] + round((1 - there[who]) * weekends),
        )
        for who, own in counted.items()
    }


def _counted(task: Task, human: Human, weekend_of: WeekendOf) -> tuple[int, int]:
    on = {one: (one.starts_at.date() - task.first).days for one in human.elsewhere}
    back = -task.rules.fair_days
    nights = sum(one.night for one, day in on.items() if back <= day < task.days)
    weekends = {weekend_of(day) for day in on.values() if back <= day < task.days}
    return nights, len(weekends - {None})


def _there(task: Task, human: Human) -> float:
    """For which share of the time before somebody has served."""
    back = task.rules.fair_days
    if human.since is None or not back:
        return 1.0
    return min(1.0, max(0, (task.first - human.since).days) / back)
