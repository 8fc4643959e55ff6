"""Shifts: laid out from the patterns of posts, added, changed, cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.mobilise import holidays, seats
from fangxian.mobilise.actions.posts import PLAN, held
from fangxian.mobilise.line import HELD, locked, move_up, told
from fangxian.mobilise.models import Pattern, Post, Shift, Turn
from fangxian.mobilise.models.post import MOST_HEADS
from fangxian.mobilise.queries import skills_of
from fangxian.mobilise.rules import post_rules

MOST_DAYS: Final = 62
AHEAD: Final = dt.timedelta(days=366)


def too_far(last: dt.date) -> Iterator[Problem]:
    """What is said of days that nobody plans yet."""
    latest = timezone.localdate() + AHEAD
    if last > latest:
        yield Problem(
            _("At most a year ahead is planned."),
            field="last",
            mend=_("Choose a day until %(day)s.") % {"day": latest.isoformat()},
        )


@action
def lay_out(*, by: Actor, post: Post, first: dt.date, last: dt.date) -> int:
    """Make the shifts of a post's patterns from ``first`` to ``last``; those there stay.

    Returns how many were made. Shifts that have begun already are not made. Raises Invalid.
    """
    found = held(by, post)
    if last < first or (last - first).days >= MOST_DAYS:
        raise Invalid(
            Problem(
                _("Choose a first and a last day, at most %(n)d days together.") % {"n": MOST_DAYS},
                field="last",
            )
        )
    if problems := list(too_far(last)):
        raise Invalid(*problems)
    patterns = list(Pattern.objects.filter(post=found, ended_on=None).order_by("starts", "name"))
    if not patterns:
        raise Invalid(
            Problem(
                _("The post has no shifts that recur."),
                field="post",
                mend=_("Write them on the page of the post first."),
            )
        )
    # One that was cancelled is not made anew: somebody decided that.
    known = Shift.objects.filter(post=found, day__gte=first, day__lte=last)
    there = set(known.values_list("day", "name"))
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    made = [
        shift
        for day in days
        for pattern in patterns
        if (day, pattern.name) not in there
        and holidays.recurs(pattern, day)
        and (shift := _shift(found, pattern, day)).starts_at > timezone.now()
    ]
    Shift.objects.bulk_create(made)
    return len(made)


def _shift(post: Post, pattern: Pattern, day: dt.date) -> Shift:
    starts_at = timezone.make_aware(dt.datetime.combine(day, pattern.starts))
    return Shift(
        place_code=post.place_code,
        post=post,
        pattern=pattern,
        name=pattern.name,
        day=day,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=pattern.minutes),
        cut_off=starts_at - post_rules().cut_off,
        heads=pattern.heads,
        skills=dict(pattern.skills),
    )


@action
def change_heads(*, by: Actor, shift: Shift, heads: int, skills: Mapping[str, int]) -> Shift:
    """Want more or fewer people on one shift; those who wait move up at once.

    Raises Conflict (over, cancelled, more are on it than would fit), Invalid.
    """
    found = locked(by, shift.id, PLAN)
    known = {*post_rules().skills, *found.skills}
    if not 1 <= heads <= MOST_HEADS:
        raise Invalid(
            Problem(
                _("A shift needs between 1 and %(n)d people.") % {"n": MOST_HEADS}, field="heads"
            )
        )
    if any(code not in known or n < 1 for code, n in skills.items()):
        raise Invalid(Problem(_("Choose skills of the list."), field="skills"))
    if sum(skills.values()) > heads:
        raise Invalid(
            Problem(_("More people with a skill are wanted than people at all."), field="skills")
        )
    turns = Turn.objects.filter(shift=found, state=Turn.State.PLACED)
    skilled = skills_of(turns.values_list("volunteer_id", flat=True), found.day)
    people = list(skilled.values())
    seated = seats.seated(found.heads, found.skills, people)
    if len(people) > heads or seats.seated(heads, skills, people) < seated:
        raise Conflict(
            _("Those who are on the roster don’t fit that: take somebody off the shift first.")
        )
    if changed := update_fields(found, heads=heads, skills=dict(skills)):
        found.save(update_fields=changed)
    move_up(by, found)
    return found


@action
def cancel_shift(*, by: Actor, shift: Shift) -> Shift:
    """Cancel a shift: whoever is on it or waits for it is told.

    Raises Conflict (over, cancelled, somebody has come already).
    """
    found = locked(by, shift.id, PLAN)
    call_off(by, found)
    return found


def call_off(by: Actor, shift: Shift) -> None:
    """Cancel a locked shift. Raises Conflict where somebody has come already."""
    turns = list(
        Turn.objects.select_for_update(of=("self",))
        .filter(shift=shift, state__in=HELD)
        .select_related("volunteer")
    )
    if any(turn.came_at is not None for turn in turns):
        raise Conflict(_("Somebody has come to this shift already: it is not cancelled any more."))
    now = timezone.now()
    Turn.objects.filter(id__in=[turn.id for turn in turns]).update(
        state=Turn.State.TAKEN_OFF, ended_at=now
    )
    shift.refresh_from_db()
    shift.cancelled_at = now
    shift.save(update_fields=["cancelled_at"])
    told(by, shift, [turn.volunteer for turn in turns], "mobilise.cancelled")


@action
def close_post(*, by: Actor, post: Post) -> Post:
    """Close a post. Raises Conflict (closed, or shifts with people are still to come).

    Who waits for a shift there is told that it is cancelled.
    """
    found = held(by, post)
    ahead = Shift.objects.filter(post=found, cancelled_at=None, ends_at__gt=timezone.now())
    shifts = list(ahead.select_for_update(of=("self",)).select_related("post").order_by("id"))
    if any(shift.placed for shift in shifts):
        raise Conflict(
            _("People are on shifts to come here: cancel those shifts first, they are told then.")
        )
    for shift in shifts:
        call_off(by, shift)
    found.closed_on = timezone.localdate()
    found.save(update_fields=["closed_on"])
    return found
