"""Named reads of posts, shifts and those who serve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.models import Placed
from fangxian.mobilise.load import Stretch, stretch
from fangxian.mobilise.models import Shift, Skill, Swap, Turn, Volunteer, Wish
from fangxian.mobilise.rules import PostRules

SWAPPED_WITHIN = dt.timedelta(days=14)
R = TypeVar("R", bound=Placed)


def inside(rows: QuerySet[R], code: str) -> QuerySet[R]:
    """Those of a place and of what lies in it."""
    lo, hi = codes.bounds(code)
    return rows.filter(place_code__gte=lo, place_code__lt=hi)


def present(code: str) -> QuerySet[Volunteer]:
    """Volunteers who serve at a place or in it now, the first to be called first."""
    lo, hi = codes.bounds(code)
    found = Volunteer.objects.filter(to_date=None, place_code__gte=lo, place_code__lt=hi)
    return found.order_by("echelon", "rank", "id")


def volunteer_of(by: Actor, code: str | None = None) -> Volunteer | None:
    """The volunteer that the actor is: for a place, the nearest above it, else any of his area."""
    if by.person_id is None:
        return None
    found = Volunteer.objects.filter(person_id=by.person_id, to_date=None)
    if code is not None:
        found = found.filter(place_code__in=_around(code))
    return found.order_by("-place_code").first()


def volunteers_of(by: Actor) -> QuerySet[Volunteer]:
    """The records of volunteers that the actor has in his area, the smallest places first."""
    if by.person_id is None:
        return Volunteer.objects.none()
    found = Volunteer.objects.filter(to_date=None, person_id=by.person_id)
    return found.order_by("-place_code")


def names_of(volunteers: Iterable[UUID | str]) -> dict[UUID, str]:
    """The names of volunteers, read as such: who is told them has read of the persons."""
    found = Volunteer.objects.filter(id__in=list(volunteers)).only("id", "person_id", "name")
    return {one.id: one.name for one in found}


def for_shift(shift: Shift) -> QuerySet[Volunteer]:
    """Who may be put on a shift: who serves at a place that contains it and is not unfit."""
    found = Volunteer.objects.filter(to_date=None, place_code__in=_around(shift.place_code))
    return found.exclude(fit=False).order_by("echelon", "rank", "id")


def _around(code: str) -> list[str]:
    """A place and those that contain it."""
    return [code[: int(level)] for level in codes.Level if int(level) <= len(code)]


def skills_of(volunteers: Iterable[UUID], on: dt.date) -> dict[UUID, set[str]]:
    """The skills of volunteers that hold on a day, by volunteer, in the order given. One query."""
    found: dict[UUID, set[str]] = {one: set() for one in volunteers}
    holding = Q(expires_on=None) | Q(expires_on__gte=on)
    for one, skill in Skill.objects.filter(holding, volunteer__in=list(found)).values_list(
        "volunteer_id", "skill"
    ):
        found[one].add(skill)
    return found


def stretches_of(
    volunteers: Collection[Volunteer],
    around: dt.datetime,
    rules: PostRules,
    until: dt.datetime | None = None,
) -> dict[UUID, list[Stretch]]:
    """The shifts that volunteers are on a month before and after a moment, by volunteer.

    With ``until`` a month before the one and after the other.

    Those of the same human at other places too, also out of the actor's sight: the database tells
    when, and neither where nor what.
    """
    month = dt.timedelta(days=32)
    of_person: dict[UUID, list[Stretch]] = {one.person_id: [] for one in volunteers}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, starts_at, ends_at FROM mobilise_stretches(%s::uuid[], %s, %s)",
            [list(of_person), around - month, (until or around) + month],
        )
        for person, starts_at, ends_at in cursor.fetchall():
            of_person[person].append(local(starts_at, ends_at, rules))
    return {one.id: of_person[one.person_id] for one in volunteers}


def days_off(people: Collection[UUID], first: dt.date, last: dt.date) -> dict[UUID, list[Wish]]:
    """When people are off in a time, by person; also what was said at places out of sight.

    Who is away (:func:`away`) is off too. The wishes are not those of the database: whose record
    they are on is not told. Two queries.
    """
    found = away(people, first, last)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM mobilise_days_off(%s::uuid[], %s, %s)", [list(found), first, last]
        )
        for person, weekday, begins, until, part in cursor.fetchall():
            found[person].append(
                Wish(kind=Wish.Kind.OFF, weekday=weekday, first=begins, until=until, part=part)
            )
    return found


def away(people: Collection[UUID], first: dt.date, last: dt.date) -> dict[UUID, list[Wish]]:
    """When people are with a batch of aid, or in quarantine after it, by person; whoever sent them.

    The database tells when, and neither where nor why. One query.
    """
    found: dict[UUID, list[Wish]] = {one: [] for one in people}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM mobilise_away(%s::uuid[], %s, %s)", [list(found), first, last]
        )
        for person, begins, until in cursor.fetchall():
            found[person].append(Wish(kind=Wish.Kind.OFF, first=begins, until=until))
    return found


def local(starts_at: dt.datetime, ends_at: dt.datetime, rules: PostRules) -> Stretch:
    """A shift in local time, as the rules see it."""
    return stretch(timezone.localtime(starts_at), timezone.localtime(ends_at), rules.night)


def to_come() -> QuerySet[Shift]:
    """Shifts in sight that are not over, the next first."""
    found = Shift.objects.filter(cancelled_at=None, ends_at__gt=timezone.now())
    return found.select_related("post").order_by("starts_at", "post__name", "id")


def swappable(turn: Turn, me: Volunteer) -> QuerySet[Turn]:
    """Turns of others that somebody may ask for in exchange where he serves, the next first.

    Of those who may take his ``turn`` for it.
    """
    now = timezone.now()
    found = Turn.objects.filter(
        state=Turn.State.PLACED, shift__starts_at__gt=now, shift__starts_at__lt=now + SWAPPED_WITHIN
    )
    found = inside(found, me.place_code).exclude(volunteer__person=me.person_id)
    found = found.exclude(shift=turn.shift_id).filter(
        volunteer__place_code__in=_around(turn.shift.place_code)
    )
    return found.select_related("volunteer", "shift", "shift__post").order_by(
        "shift__starts_at", "volunteer__rank"
    )


def swaps_of(person_id: UUID) -> QuerySet[Swap]:
    """What is asked of somebody or by him and may still be answered."""
    found = Swap.objects.filter(
        Q(to__person=person_id) | Q(turn__volunteer__person=person_id),
        state=Swap.State.ASKED,
        turn__state=Turn.State.PLACED,
        turn__shift__starts_at__gt=timezone.now(),
    )
    return found.select_related(
        "to", "turn__volunteer", "turn__shift__post", "back__shift__post"
    ).order_by("turn__shift__starts_at")


def credited(person_id: UUID) -> int:
    """The minutes that somebody has served, at all places in sight."""
    turns = Turn.objects.filter(volunteer__person=person_id, minutes__isnull=False)
    return sum(turns.values_list("minutes", flat=True))  # type: ignore[arg-type]  # none is null
