"""What becomes of posts and volunteers when places become one, or exchange their codes.

Two posts of one name would stand at one place then: the one whose place ends is told apart by the
name of that place. Who served at both serves once (``joining``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.mobilise import joining
from fangxian.mobilise.line import HELD, lock_people, move_up
from fangxian.mobilise.models import Post, Shift, Turn, Volunteer
from fangxian.people.models import PersonLink
from fangxian.regions.models import Region

LONGEST = 60


def before_recode(
    by: Actor, _area: str, pairs: Mapping[str, str], using: str
) -> Callable[[], None]:
    """Make room before the codes of rows are rewritten; what it returns is done afterwards.

    Where somebody was on a shift twice, whoever waits there moves up and is told.
    """
    codes = {*pairs, *pairs.values()}
    posts = _told_apart(pairs, codes, using)
    volunteers, gaps = _made_one(pairs, codes, using)

    def after() -> None:
        for post in posts:
            post.save(using=using, update_fields=["name"])
        for volunteer in volunteers:
            volunteer.save(using=using, update_fields=["to_date"])
        if not gaps:
            return
        if using == DEFAULT_DB_ALIAS:
            _move_up(by, gaps)
        else:
            # What is held there would be waited for here.
            transaction.on_commit(lambda: _move_up_later(by, gaps), using=using)

    return after


def _move_up_later(by: Actor, gaps: Collection[UUID]) -> None:
    with acting(by):
        _move_up(by, gaps)


def _move_up(by: Actor, gaps: Collection[UUID]) -> None:
    shifts = _held(Shift.objects.filter(id__in=gaps, cancelled_at=None))
    for shift in shifts.filter(starts_at__gt=timezone.now()):
        move_up(by, shift)


def _held(shifts: QuerySet[Shift]) -> QuerySet[Shift]:
    return shifts.select_for_update(of=("self",)).select_related("post").order_by("id")


def _told_apart(pairs: Mapping[str, str], codes: Collection[str], using: str) -> list[Post]:
    """Rename posts that would have one name at one place.

    Returns those that stand where another of their name leaves only in the same statement: they
    have a name of their own for the moment, and get theirs back afterwards.
    """
    rows = Post.objects.using(using).filter(closed_on=None, place_code__in=codes)
    posts = list(rows.select_for_update().order_by("opened_on", "id"))
    at: dict[str, set[str]] = defaultdict(set)
    for post in posts:
        at[post.place_code].add(post.name)
    later: list[Post] = []
    there: dict[str, set[str]] = defaultdict(set)
    # Those whose place goes on keep their names.
    for post in sorted(posts, key=lambda one: one.place_code in pairs):
        before, place = post.name, pairs.get(post.place_code, post.place_code)
        if before in there[place]:
            post.name = _other_name(post, there[place] | at[place], using)
        there[place].add(post.name)
        if place != post.place_code and post.name in at[place]:
            # It is another's until that has gone.
            Post.objects.using(using).filter(pk=post.pk).update(name=str(post.pk))
            later.append(post)
        elif post.name != before:
            post.save(using=using, update_fields=["name"])
    return later


def _other_name(post: Post, taken: Collection[str], using: str) -> str:
    former = Region.objects.using(using).filter(code=post.place_code)
    place = former.order_by("-valid_to").values_list("name", flat=True).first() or post.place_code
    number = 1
    while True:
        known = place if number == 1 else f"{place} {number}"
        told = _("%(post)s (%(place)s)") % {"post": "%s", "place": known}
        name = told % post.name[: LONGEST - len(told) + 2]
        if name not in taken:
            return name
        number += 1


def _made_one(
    pairs: Mapping[str, str], codes: Collection[str], using: str
) -> tuple[list[Volunteer], set[UUID]]:
    """Let who serves at two places that become one serve once.

    Returns those who serve at places that exchange their codes: they are away for the moment; and
    the shifts on which a place may have become free.
    """
    rows = Volunteer.objects.using(using).filter(to_date=None, place_code__in=codes)
    people: dict[Any, list[UUID]] = defaultdict(list)
    for key, person in rows.order_by("id").values_list("id", "person_id"):
        people[person].append(key)
    twice = [key for keys in people.values() if len(keys) > 1 for key in keys]
    turns = Turn.objects.using(using).filter(volunteer__in=twice, state__in=HELD)
    list(_held(Shift.objects.using(using).filter(id__in=turns.values("shift"))))
    locked = lock_people(twice, using=using)
    away: list[Volunteer] = []
    gaps: set[UUID] = set()
    for keys in people.values():
        serving = [locked[key] for key in keys if key in locked and locked[key].to_date is None]
        there: dict[str, Volunteer] = {}
        at = {one.place_code for one in serving}
        for one in sorted(serving, key=lambda one: (one.place_code in pairs, one.from_date)):
            place = pairs.get(one.place_code, one.place_code)
            if place in there:
                notes = joining.join(one, there[place], using=using)
                gaps.update(UUID(ended["shift"]) for ended in notes["ended"])
                PersonLink.objects.using(using).filter(
                    kind="volunteer", source_id=one.pk, person_id=one.person_id
                ).delete()
            else:
                there[place] = one
                if place != one.place_code and place in at:
                    Volunteer.objects.using(using).filter(pk=one.pk).update(to_date=one.from_date)
                    away.append(one)
    return away, gaps
