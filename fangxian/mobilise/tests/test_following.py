"""Volunteers keep up with the persons they are, and shifts with what volunteers are able to do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fangxian.accounts.models import User
from fangxian.common.scoping import acting
from fangxian.core.models import OutboxMessage
from fangxian.mobilise import following
from fangxian.mobilise.actions import (
    NewPattern,
    NewSkill,
    ask_swap,
    cancel_shift,
    change_volunteer,
    put_on,
)
from fangxian.mobilise.models import Swap, Turn, Volunteer
from fangxian.mobilise.tests.conftest import (
    DAY,
    EARLY,
    LATE,
    as_volunteer,
    enlisted,
    gate,
    shift,
)
from fangxian.people import actions as people
from fangxian.people.models import Person


def told(template: str) -> list[str]:
    """The accounts that were told."""
    users = OutboxMessage.objects.filter(template=template).values_list("user_id", flat=True)
    names = dict(User.objects.values_list("id", "username"))
    return sorted(names[one] for one in users if one)


def able(by: Any, one: Volunteer, *skills: NewSkill, fit: bool | None = None) -> None:
    change_volunteer(
        by=by, volunteer=one, organisation=None, skills=skills, echelon=1, vehicle=False, fit=fit
    )


def test_a_name_a_death_and_one_taken_back(alice: Any, cast: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, days=2)
    one, other, third = (enlisted(alice, home, f"测试{n}") for n in "甲乙丙")
    early = shift(alice, post)
    mine, next_ = (put_on(by=alice, shift=early, volunteer=who) for who in (one, other))
    back = put_on(by=alice, shift=shift(alice, post, LATE, at=1), volunteer=third)
    swap = ask_swap(by=as_volunteer(cast, "alice", third), turn=back, to=one)
    people.change_person(by=alice, person_id=one.person_id, name="测试丁")
    with acting(alice):
        assert Volunteer.objects.get(id=one.id).name == "测试丁"
    today = timezone.localdate()
    people.record_death(by=alice, person_id=one.person_id, on=today - DAY)
    with acting(alice):
        ended = Volunteer.objects.get(id=one.id)
        assert (ended.to_date, ended.ended_by_death) == (ended.from_date, True)
        assert Turn.objects.get(id=mine.id).state == "taken_off"
        assert Turn.objects.get(id=next_.id).state == "placed"
        assert Swap.objects.get(id=swap.id).state == "withdrawn"
    # Who plans at the community hears of it, nobody above.
    assert "alice" in told("mobilise.died")
    assert "headquarters" not in told("mobilise.died")
    people.withdraw_death(by=alice, person_id=one.person_id)
    with acting(alice):
        assert Volunteer.objects.get(id=one.id).to_date is None
        assert Turn.objects.get(id=mine.id).state == "taken_off"
        assert following.follow(alice) == 0


def test_what_was_recorded_out_of_sight_is_followed_later(alice: Any, places: Any) -> None:
    one = enlisted(alice, places[places.community], "测试甲")
    with acting(alice):
        Person.objects.filter(id=one.person_id).update(name="测试乙")
        assert following.follow(alice) == 1
        assert Volunteer.objects.get(id=one.id).name == "测试乙"


def test_a_skill_that_is_gone_is_told_and_one_that_comes_moves_the_line(
    alice: Any, places: Any
) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 2, {"nurse": 1}), days=1)
    early = shift(alice, post)
    nurse = enlisted(alice, home, "测试甲", "nurse")
    plain, waits = (enlisted(alice, home, f"测试{n}") for n in "乙丙")
    for who in (nurse, plain, waits):
        put_on(by=alice, shift=early, volunteer=who)
    # It holds on the day: nothing has changed.
    able(alice, nurse, NewSkill("nurse", "示例证", early.day))
    assert told("mobilise.no_longer_fits") == []
    able(alice, nurse, NewSkill("nurse", "示例证", early.day - DAY))
    once = told("mobilise.no_longer_fits")
    assert "alice" in once
    able(alice, nurse)
    assert told("mobilise.no_longer_fits") == once
    able(alice, nurse, NewSkill("driver"), fit=False)
    assert len(told("mobilise.no_longer_fits")) == 2 * len(once)
    # A place for a nurse is free: who waits becomes one.
    able(alice, plain)
    with acting(alice):
        Turn.objects.filter(volunteer=nurse).update(state="taken_off", ended_at=timezone.now())
    able(alice, waits, NewSkill("nurse"))
    with acting(alice):
        assert Turn.objects.get(volunteer=waits).state == "placed"


def test_a_cancelled_shift_tells_all_in_as_many_queries_as_one(
    alice: Any, cast: Any, places: Any
) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 3), days=2)
    people_ = [enlisted(alice, home, f"测试{n}") for n in "甲乙丙"]
    for user, one in zip(("alice", "bob", "headquarters"), people_, strict=True):
        as_volunteer(cast, user, one)
    counts = []
    for at, of in ((0, people_[:1]), (1, people_)):
        on = shift(alice, post, at=at)
        for one in of:
            put_on(by=alice, shift=on, volunteer=one)
        with CaptureQueriesContext(connection) as met:
            cancel_shift(by=alice, shift=on)
        counts.append(len(met))
    assert counts[0] == counts[1]
    rows = OutboxMessage.objects.filter(template="mobilise.cancelled")
    assert rows.exclude(url="").count() == 4
