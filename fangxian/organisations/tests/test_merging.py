"""A human recorded twice is one member and answers once; after the undo both are as they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from fangxian.accounts.models import User
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.organisations import queries
from fangxian.organisations.actions import (
    add_member,
    appoint,
    hand_over,
    substitute,
    withdraw_responsibility,
)
from fangxian.organisations.models import Member, Responsibility, Vacancy
from fangxian.organisations.settling import settle
from fangxian.people import actions as people
from fangxian.people.models import Person, PersonLink

TODAY = timezone.localdate()
DAY, YEAR = dt.timedelta(days=1), dt.timedelta(days=365)


@pytest.fixture
def two(hq: Any, person: Any) -> tuple[Person, Person]:
    return person(hq, "王一"), person(hq, "王依")


@pytest.fixture
def merged(hq: Any, two: tuple[Person, Person]) -> Callable[[], Any]:
    """Merge the second into the first."""

    def run() -> Any:
        kept, lost = two
        entry = people.propose_merge(by=hq, first_id=kept.id, second_id=lost.id)
        return people.merge(by=hq, candidate_id=entry, keep_id=kept.id)

    return run


def state(by: Any) -> list[Any]:
    with acting(by):
        return [
            list(Member.objects.order_by("pk").values()),
            list(Responsibility.objects.order_by("pk").values()),
            sorted(PersonLink.objects.values_list("person_id", "place_code", "kind", "source_id")),
            sorted(Vacancy.objects.values_list("place_code", "role", "missing")),
            sorted(User.objects.exclude(person_id=None).values_list("username", "person_id")),
        ]


def test_one_membership_of_two_with_what_hangs_on_it(hq, two, merged, unit, places, cast):
    kept, lost = two
    own = add_member(by=hq, person=kept, organisation=unit, from_date=TODAY - YEAR)
    other = add_member(
        by=hq,
        person=lost,
        organisation=unit,
        from_date=TODAY - 2 * YEAR,
        duty="科长",
        wish=places[places.community],
    )
    post = appoint(by=hq, place=places[places.community], role="community_leader", holder=other)
    User.objects.filter(pk=cast.user("bob").pk).update(person_id=lost.id)
    settle(by=hq, area=places.county)
    before = state(hq)
    done = merged()
    # Nothing of it falls when upkeep comes by.
    settle(by=hq, area=places.county)
    with acting(hq):
        (member,) = Member.objects.filter(organisation=unit, to_date=None)
        assert (member.pk, member.person_id) == (own.pk, kept.id)
        assert (member.from_date, member.duty) == (TODAY - 2 * YEAR, "科长")
        assert member.wish_id == places[places.community].id
        (held,) = queries.in_force().filter(place_code=places.community)
        assert (held.pk, held.person_id, held.member_id) == (post.pk, kept.id, own.pk)
    assert User.objects.get(username="bob").person_id == kept.id
    people.undo_merge(by=hq, merge_id=done.id)
    settle(by=hq, area=places.county)
    assert state(hq) == before


def test_one_post_of_two_keeps_all_its_days(hq, two, merged, places):
    town = places[places.town]
    kept, lost = two
    own, other = (
        appoint(by=hq, place=town, role="town_leader", holder=who, from_date=TODAY - years * YEAR)
        for who, years in ((kept, 1), (lost, 2))
    )
    settle(by=hq, area=places.county)
    before = state(hq)
    done = merged()
    with acting(hq):
        (held,) = queries.in_force().filter(place=town, role="town_leader")
        assert (held.pk, held.person_id, held.from_date) == (own.pk, kept.id, other.from_date)
    settle(by=hq, area=places.county)
    people.undo_merge(by=hq, merge_id=done.id)
    settle(by=hq, area=places.county)
    assert state(hq) == before


def test_nobody_stands_in_for_himself(hq, two, merged, places):
    place = places[places.community]
    kept, lost = two
    post = appoint(by=hq, place=place, role="community_leader", holder=kept, from_date=TODAY - YEAR)
    substitute(
        by=hq, responsibility=post, holder=lost, from_date=TODAY - 9 * DAY, to_date=TODAY + YEAR
    )
    before = state(hq)
    done = merged()
    with acting(hq):
        assert [row.pk for row in queries.in_force().filter(place=place)] == [post.pk]
    people.undo_merge(by=hq, merge_id=done.id)
    assert state(hq) == before


def test_an_undo_loses_nobodys_later_work(hq, two, merged, places, person):
    town = places[places.town]
    rows = [
        appoint(by=hq, place=town, role="town_leader", holder=who, from_date=TODAY - YEAR)
        for who in two
    ]
    done = merged()
    third = person(hq, "李三")
    freed = appoint(by=hq, place=town, role="town_leader", holder=third)
    with pytest.raises(Conflict):
        people.undo_merge(by=hq, merge_id=done.id)
    withdraw_responsibility(by=hq, responsibility=freed)
    hand_over(by=hq, responsibility=rows[0], to=third)
    with pytest.raises(Conflict):
        people.undo_merge(by=hq, merge_id=done.id)
