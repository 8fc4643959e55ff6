"""A gate with shifts for three days, and those who may stand there. All names are synthetic."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.mobilise.actions import NewPattern, NewSkill, enlist_new, lay_out, open_post
from fangxian.mobilise.models import Post, Shift, Volunteer

DAY = dt.timedelta(days=1)
EARLY, LATE, NIGHT = "早班", "中班", "夜班"


def gate(by: Actor, place: Any, *patterns: NewPattern, first: int = 2, days: int = 3) -> Post:
    """A gate with shifts laid out from ``first`` days on; three of eight hours by default."""
    post = open_post(
        by=by,
        place=place,
        name="东门",
        kind="gate",
        patterns=patterns
        or (
            NewPattern(EARLY, dt.time(8), 480, 1),
            NewPattern(LATE, dt.time(16), 480, 1),
            NewPattern(NIGHT, dt.time(0), 480, 1),
        ),
    )
    begins = timezone.localdate() + first * DAY
    lay_out(by=by, post=post, first=begins, last=begins + (days - 1) * DAY)
    return post


def shift(by: Actor, post: Post, name: str = EARLY, at: int = 0) -> Shift:
    """The shift of that name on the day ``at`` of the post's days."""
    with acting(by):
        return Shift.objects.filter(post=post, name=name).order_by("day")[at]


def enlisted(by: Actor, place: Any, name: str, *skills: str, **more: Any) -> Volunteer:
    """Somebody who serves at the place."""
    return enlist_new(
        by=by, place=place, name=name, skills=[NewSkill(one) for one in skills], **more
    )


def as_volunteer(cast: Any, user: str, volunteer: Volunteer) -> Actor:
    """The account of that name is the volunteer's from now on."""
    account = cast.user(user)
    account.person_id = volunteer.person_id
    account.save(update_fields=["person_id"])
    found: Actor = cast.actor(user)
    return found


@pytest.fixture
def post(alice: Any, places: Any) -> Post:
    return gate(alice, places[places.community])


def lay_posts(by: Actor, place: Any, n: int) -> tuple[list[Post], dt.date]:
    """Posts with one shift each on the same day."""
    day = timezone.localdate() + 2 * DAY
    found = []
    for at in range(n):
        post = open_post(
            by=by,
            place=place,
            name=f"{at}号门",
            kind="gate",
            patterns=[NewPattern(EARLY, dt.time(8), 480, 1)],
        )
        lay_out(by=by, post=post, first=day, last=day)
        found.append(post)
    return found, day
