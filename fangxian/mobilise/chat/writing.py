"""A roster written out as one list for the chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .model import Offered
from .words import vocabulary


@dataclass(frozen=True)
class Placed:
    """Who has a place on a shift, how many it needs, who waits, each in order."""

    names: tuple[str, ...] = ()
    heads: int = 0
    waiting: tuple[str, ...] = ()


def written(offered: Sequence[Offered], placed: Mapping[str, Placed]) -> str:
    """The list: day, shift with hours and post, numbered names, how many are missing, who waits."""
    words = vocabulary()["written"]
    out: list[str] = []
    day = None
    for shift in sorted(offered, key=lambda o: (o.day, o.starts, o.post, o.key)):
        if shift.day != day:
            day = shift.day
            weekday = words["weekdays"][day.weekday()]
            out += ["", words["day"].format(month=day.month, day=day.day, weekday=weekday)]
        begins = datetime.combine(shift.day, shift.starts)
        ends = begins + timedelta(minutes=shift.minutes)
        post = f" {shift.post}" if shift.post else ""
        hours = f"{begins:%H:%M}-{ends:%H:%M}"
        name = "" if hours == shift.name else shift.name
        out.append(
            words["shift"]
            .format(name=name, hours=hours, post=post)
            .replace(words["opened"], words["opened"].strip())
        )
        there = placed.get(shift.key, Placed())
        out += [words["number"].format(n=n, name=one) for n, one in enumerate(there.names, 1)]
        missing = there.heads - len(there.names)
        if missing > 0:
            out.append(words["missing"].format(n=missing))
        elif not there.names:
            out.append(words["nobody"])
        if there.waiting:
            out.append(words["waiting"].format(names=words["joiner"].join(there.waiting)))
    return "\n".join(out).strip()
