"""Who still fits the shifts to come when what is known of a volunteer changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.mobilise import seats
from fangxian.mobilise.line import HELD, move_up, tell_staff
from fangxian.mobilise.models import Shift, Skill, Turn, Volunteer
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
