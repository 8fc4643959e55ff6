"""Who may take a free place of a shift, in the order in which they are called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fangxian.mobilise import seats
from fangxian.mobilise.line import HELD
from fangxian.mobilise.load import overlaps, passed
from fangxian.mobilise.models import Shift, Turn, Volunteer
from fangxian.mobilise.queries import (
    away,
    days_off,
    for_shift,
    local,
    skills_of,
    stretches_of,
)
from fangxian.mobilise.roster_rules import roster_rules
from fangxian.mobilise.rostering import touches
from fangxian.mobilise.rules import PostRules

LOOKED_AT: Final = 300
OFFERED: Final = 30


@dataclass(frozen=True)
class Ready:
    """Somebody who fits: the limits that it would pass, whether he ``waits`` for this shift.

    ``off``: he said that he can't then.
    """

    volunteer: Volunteer
    over: list[str]
    skills: set[str]
    waits: bool
    off: bool = False


def reserve(shift: Shift, rules: PostRules) -> list[Ready]:
    """Who fits a free seat and is nowhere else then: who waits first, then by echelon and rank.

    Those who said that they can't then come last; nobody who has left it, was taken off it or did
    not come. Of the first ``LOOKED_AT`` that serve there; a handful of queries.
    """
    turns = list(Turn.objects.filter(shift=shift, state__in=HELD).order_by("number"))
    on = [turn.volunteer_id for turn in turns if turn.state == Turn.State.PLACED]
    line = [turn.volunteer_id for turn in turns if turn.state == Turn.State.WAITING]
    ahead = list(for_shift(shift).filter(id__in=line))
    ahead.sort(key=lambda one: line.index(one.id))
    left = Turn.objects.filter(shift=shift, ended_at__isnull=False).values("volunteer")
    others = for_shift(shift).exclude(id__in=[*on, *line]).exclude(id__in=left)
    rows = [*ahead, *others[:LOOKED_AT]]
    skills = skills_of([*on, *(one.id for one in rows)], shift.day)
    stretches = stretches_of(rows, shift.starts_at, rules)
    new, there = local(shift.starts_at, shift.ends_at, rules), [skills[one] for one in on]
    gone = away([one.person_id for one in rows], shift.day, shift.day)
    off = off_then(rows, shift, rules)
    found: list[Ready] = []
    for one in rows:
        has = stretches[one.id]
        if (
            gone[one.person_id]
            or overlaps(new, has)
            or not seats.has_room(shift.heads, shift.skills, there, skills[one.id])
        ):
            continue
        over = passed(new, has, rules.limits)
        found.append(Ready(one, over, skills[one.id], one.id in line, one.id in off))
        if len(found) - sum(each.off for each in found) == OFFERED:
            break
    found.sort(key=lambda one: one.off)
    return found[:OFFERED]


def off_then(volunteers: Collection[Volunteer], shift: Shift, rules: PostRules) -> set[UUID]:
    """Which of the volunteers said that they can't at the time of a shift. Two queries."""
    new, parts = local(shift.starts_at, shift.ends_at, rules), roster_rules().parts
    first, last = shift.day - dt.timedelta(days=1), new.ends_at.date()
    wishes = days_off([one.person_id for one in volunteers], first, last)
    return {
        one.id
        for one in volunteers
        if any(touches(wish, new, parts) for wish in wishes[one.person_id])
    }
