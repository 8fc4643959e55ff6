"""Who still fits the shifts to come when what is known of a volunteer changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.mobilise import seats
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.line import HELD, end, lock_people, move_up, tell_staff
from fangxian.mobilise.models import Shift, Skill, Swap, Turn, Volunteer
from fangxian.mobilise.queries import skills_of


@dataclass(frozen=True)
class Known:
    """What decides whether somebody fits: ``skills`` with the day on which each expires."""

    fit: bool | None
    skills: Mapping[str, dt.date | None]

    def on(self, day: dt.date) -> set[str]:
        """The skills that hold on a day."""
        return {code for code, last in self.skills.items() if last is None or last >= day}


def known(volunteer: Volunteer) -> Known:
    """What is known of a volunteer now."""
    skills = Skill.objects.filter(volunteer=volunteer).values_list("skill", "expires_on")
    return Known(volunteer.fit, dict(skills))


def ahead(volunteers: Collection[UUID]) -> list[Shift]:
    """The shifts that are not over on which volunteers are or wait, locked in their order."""
    turns = Turn.objects.filter(volunteer__in=volunteers, state__in=HELD)
    rows = Shift.objects.select_for_update(of=("self",)).filter(
        id__in=turns.values("shift"), cancelled_at=None, ends_at__gt=timezone.now()
    )
    return list(rows.select_related("post").order_by("id"))


def relieve(by: Actor, people: Collection[UUID], first: dt.date, until: dt.date | None) -> int:
    """Take people off shifts to come that begin while they are away; how many turns ended.

    The lines move up, and staff are told. Shifts out of sight stay: they are refused when they are
    planned anew.
    """
    rows = Volunteer.objects.filter(person_id__in=people, to_date=None)
    keys = list(rows.values_list("id", flat=True))
    now = timezone.now()
    shifts = [
        shift
        for shift in (ahead(keys) if keys else [])
        if shift.starts_at > now and first <= shift.day and (until is None or shift.day <= until)
    ]
    if not shifts:
        return 0
    lock_people(keys)
    return give_up(by, keys, shifts, "mobilise.went_away")


def give_up(
    by: Actor, volunteers: Collection[UUID], shifts: Collection[Shift], template: str
) -> int:
    """Let turns of held volunteers on locked shifts end; the lines move up, staff are told by name.

    Who has come stays. Swaps that are asked for there are withdrawn. Returns how many ended.
    """
    turns = Turn.objects.filter(
        volunteer__in=volunteers, shift__in=shifts, state__in=HELD, came_at=None
    ).select_related("volunteer")
    on: dict[UUID, list[Turn]] = {}
    for turn in turns:
        on.setdefault(turn.shift_id, []).append(turn)
    swaps = Swap.objects.filter(Q(turn__in=turns) | Q(back__in=turns), state=Swap.State.ASKED)
    swaps.update(state=Swap.State.WITHDRAWN, answered_at=timezone.now())
    for shift in shifts:
        for turn in on.get(shift.id, ()):
            placed = turn.state == Turn.State.PLACED
            end(turn, Turn.State.TAKEN_OFF)
            if placed:
                tell_staff(by, PLAN, shift, template, name=turn.volunteer.name)
        shift.refresh_from_db()
        move_up(by, shift)
    return sum(map(len, on.values()))


def judge_again(
    by: Actor, right: str, volunteer: Volunteer, shifts: Collection[Shift], was: Known
) -> None:
    """Let the lines of locked shifts move after a change; tell staff where he fits no more.

    Nobody is taken off by it: staff decide, and know about the shift what the change means.
    """
    now = known(volunteer)
    for shift in shifts:
        before, after = was.on(shift.day), now.on(shift.day)
        if (was.fit, before) == (now.fit, after):
            continue
        unfit = now.fit is False and was.fit is not False
        if shift.starts_at > timezone.now() and (
            unfit or _loses_seat(shift, volunteer.id, before, after)
        ):
            on = Turn.objects.filter(shift=shift, volunteer=volunteer, state=Turn.State.PLACED)
            if on.exists():
                tell_staff(by, right, shift, "mobilise.no_longer_fits", name=volunteer.name)
        move_up(by, shift)


def _loses_seat(shift: Shift, one: UUID, before: set[str], after: set[str]) -> bool:
    if not shift.skills:
        return False
    turns = Turn.objects.filter(shift=shift, state=Turn.State.PLACED).order_by("number")
    people: dict[UUID, Any] = skills_of(turns.values_list("volunteer_id", flat=True), shift.day)
    now = {**people, one: after}
    then = {**people, one: before}
    return seats.seated(shift.heads, shift.skills, list(now.values())) < seats.seated(
        shift.heads, shift.skills, list(then.values())
    )
