"""How good a roster is, and who comes near a limit by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fangxian.mobilise.load import load
from fangxian.mobilise.rostering import Slot, Task, Who

_WEEK: Final = dt.timedelta(days=7)


@dataclass(frozen=True)
class Far:
    """How far the search is. ``bound``: no roster costs less, None while it isn't known."""

    points: float
    bound: float | None
    rounds: int
    short: int

    @property
    def gap(self) -> float | None:
        """How much dearer than the bound it is at the most, as a share of it."""
        return None if self.bound is None else gap(self.points, self.bound)


def gap(points: float, bound: float) -> float:
    """How much dearer than the bound something is at the most, as a share of the bound."""
    return max(0.0, points - bound) / max(1.0, abs(bound))


def spread(of: Mapping[str, int], fair: Mapping[str, int]) -> dict[str, int]:
    """The most that anybody has, a fair share, and how many have more than that."""
    return {
        "most": max(of.values(), default=0),
        "fair": max(fair.values(), default=0),
        "above": sum(n > fair[who] for who, n in of.items()),
    }


def near_limits(task: Task, new: Mapping[Who, Sequence[Slot]]) -> Iterator[dict[str, Any]]:
    """Who comes near a limit by what is new, or passes one by what was there before."""
    limits = task.limits
    for who, human in task.humans.items():
        fixed = [one for one in task.fixed[who] if one.starts_at.date() >= task.first - _WEEK]
        if not new[who] and not any(one.starts_at.date() >= task.first for one in fixed):
            continue
        now = load([*fixed, *(slot.stretch for slot in new[who])], limits)
        for code, value, limit in (
            ("week_hours", now.week_hours, limits.week_hours),
            ("days_in_row", now.days, limits.days_in_row),
            ("nights_in_row", now.nights, limits.nights_in_row),
            ("rest_days", now.busy, limits.days_within),
        ):
            if value >= limits.warn_share * limit and (code != "rest_days" or limits.rest_days):
                volunteer = next(iter(human.serves.values()), None)
                yield {
                    "volunteer": str(volunteer) if volunteer else None,
                    "code": code,
                    "value": value,
                    "limit": limit,
                }
