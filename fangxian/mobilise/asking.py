"""What keeps people from a shift: what is asked, and of which roster."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from django.utils import timezone

from fangxian.common import codes
from fangxian.mobilise import seats
from fangxian.mobilise.models import Obstacle
from fangxian.mobilise.roster_rules import roster_rules
from fangxian.mobilise.rostering import (
    OVERLAP,
    PLACE,
    SKILL,
    Human,
    Slot,
    Task,
    Who,
    task_for,
)

HARD: Final = frozenset({PLACE, OVERLAP, SKILL})
"""What nobody can let pass."""


def task_of(obstacle: Obstacle) -> Task | None:
    """The days around a shift with who is on them, published or by the draft.

    None for a shift that has begun or was cancelled.
    """
    shift, draft = obstacle.shift, obstacle.draft
    if shift.cancelled_at is not None or shift.starts_at <= timezone.now():
        return None
    around = dt.timedelta(days=roster_rules().why_days)
    first = max(timezone.localdate(), shift.day - around)
    last = shift.day + around
    # Who serves at the community can change places with others there.
    place = shift.place_code[: codes.Level.VILLAGE]
    lines = None
    if draft is not None:
        place = draft.place_code
        first, last = max(first, draft.first), min(last, draft.last)
        lines = [
            line
            for line in draft.lines.select_related("shift")
            if first <= line.shift.day <= last and line.shift.starts_at > timezone.now()
        ]
    return task_for(
        place, first, last, echelon=draft.echelon if draft is not None else None, lines=lines
    )


def against(task: Task, human: Human, slot: Slot) -> Iterator[str]:
    """What keeps one from a shift beside what he has."""
    open_ = vacant(task, slot)
    if not any(not label or label in human.skills_on(slot.day) for label in open_):
        yield SKILL
    has = [task.slot(one.shift) for one in task.held if one.who == human.who and not one.fixed]
    yield from task.allowed(human.who, slot, has)


def vacant(task: Task, slot: Slot) -> list[str]:
    """What the seats ask for that nobody has."""
    held = [one for one in task.held if one.shift == slot.shift]
    skilled = [task.humans[one.who].skills_on(slot.day) for one in held]
    wanted = Counter(seats.labels(slot.heads, slot.skills))
    wanted.subtract(
        label for label in seats.assigned(slot.heads, slot.skills, skilled) if label is not None
    )
    return sorted(wanted.elements())


def narrowed(
    task: Task, slot: Slot, reasons: Mapping[Who, Collection[str]], on: Collection[Who]
) -> Task:
    """The task with those alone who may have to do with it, the likeliest first."""
    busy = {one.who for one in task.held}

    def rank(who: Who) -> tuple[bool, int, bool, str]:
        codes = reasons.get(who, ())
        return bool(HARD.intersection(codes)), len(codes), who not in busy, str(who)

    chosen = set(sorted(task.humans, key=rank)[: task.rules.why_people]) | set(on)
    humans = {who: human for who, human in task.humans.items() if who in chosen}
    held = []
    for one in task.held:
        hard = HARD.intersection(reasons.get(one.who, ()))
        if one.who in chosen:
            # Who can't take it in any case is not moved about on that day; nor is it asked here
            # what was given to somebody in spite of a day off.
            its = task.slot(one.shift)
            stays = bool(hard and its.day == slot.day) or bool(task.blocked(one.who, its))
            held.append(replace(one, fixed=one.fixed or stays))
    # The places of those who are left out are not wanted by anybody.
    gone = Counter(one.shift for one in task.held if one.who not in chosen)
    slots = [
        replace(one, heads=max(1, one.heads - gone[one.shift]))
        if one.shift in gone and one.shift != slot.shift
        else one
        for one in task.slots
    ]
    return replace(task, humans=humans, held=held, slots=slots, _blocked={})
