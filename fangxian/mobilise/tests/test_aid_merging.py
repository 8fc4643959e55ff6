"""A human recorded twice goes with a batch once; after the undo both rows are as they were."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.mobilise import following
from fangxian.mobilise.aid import actions
from fangxian.mobilise.models import AidBatch, AidMember, AidQuarantine, FamilyContact
from fangxian.mobilise.tests.test_aid import day, hq, planned
from fangxian.mobilise.tests.test_aid import people as members
from fangxian.people import actions as people
from fangxian.people.models import Person, PersonLink

__all__ = ["hq"]


def state(by: Actor) -> list[Any]:
    with acting(by):
        return [
            list(AidMember.objects.order_by("id").values()),
            list(AidBatch.objects.values("state", "returned_on")),
            list(AidQuarantine.objects.order_by("id").values()),
            list(FamilyContact.objects.order_by("id").values("id", "member_id", "to_date")),
            sorted(PersonLink.objects.values_list("person_id", "kind", "source_id")),
        ]


@pytest.mark.parametrize(("kept", "both_back"), [(0, False), (0, True), (1, True)])
def test_who_is_in_a_batch_twice_is_in_it_once(
    hq: Any, places: Any, kept: int, both_back: bool
) -> None:
    batch = planned(hq, places, ("测试甲", "测试乙", "测试丙"))
    both = members(hq, batch)[:2]
    third = members(hq, batch)[2]
    with acting(hq):
        at_home = Person.objects.get(id=third.person_id)
    for one in both:
        actions.name_contact(by=hq, member=one, holder=at_home)
    actions.send_batch(by=hq, batch=batch, on=day(-5))
    back = {"kind": "home", "reason": "测试原因"}
    if both_back:
        actions.come_back(by=hq, batch=batch, members=[both[0]], on=day(-3), days=20, kind="home")
    actions.come_back(by=hq, batch=batch, members=[both[1]], on=day(-2), days=3, **back)
    actions.come_back(by=hq, batch=batch, members=[third], on=day(-1), days=0, **back)
    before = state(hq)

    stays, row = both[kept], both[1 - kept]
    entry = people.propose_merge(by=hq, first_id=stays.person_id, second_id=row.person_id)
    done = people.merge(by=hq, candidate_id=entry, keep_id=stays.person_id)
    with acting(hq):
        one, other = AidMember.objects.filter(batch=batch).order_by("-leader")
        assert (one.id, one.person_id, other.id) == (stays.id, stays.person_id, third.id)
        # The later return holds, as one of the two records knew it; he leads as by the other.
        assert (one.leader, one.returned_on, one.fewer_for) == (True, day(-2), "测试原因")
        assert AidQuarantine.objects.get().member_id == one.id
        assert FamilyContact.objects.filter(member=one, to_date=None).count() == 1
        batch.refresh_from_db()
        assert (batch.state, batch.returned_on) == ("returned", day(-1))

    people.undo_merge(by=hq, merge_id=done.id)
    assert state(hq) == before


def test_a_return_that_was_taken_back_since_is_not_undone(hq: Any, places: Any) -> None:
    batch = planned(hq, places)
    lost, kept = members(hq, batch)
    actions.send_batch(by=hq, batch=batch, on=day(-5))
    actions.come_back(by=hq, batch=batch, members=[lost], on=day(-2), days=14, kind="home")
    entry = people.propose_merge(by=hq, first_id=kept.person_id, second_id=lost.person_id)
    done = people.merge(by=hq, candidate_id=entry, keep_id=kept.person_id)
    actions.undo_return(by=hq, member=kept)
    actions.change_member(by=hq, member=kept, role="nurse", leader=False)
    people.undo_merge(by=hq, merge_id=done.id)
    with acting(hq):
        rows = AidMember.objects.order_by("id").values_list("id", "leader", "returned_on")
        assert sorted(rows, key=lambda row: row[0] == kept.id) == [
            (lost.id, True, day(-2)),
            (kept.id, False, None),
        ]
        assert not AidQuarantine.objects.exists()
        batch.refresh_from_db()
        assert batch.state == "under_way"


def test_nobody_keeps_contact_with_a_family_for_himself(hq: Any, places: Any) -> None:
    one, other = members(hq, planned(hq, places))
    with acting(hq):
        at_home = Person.objects.get(id=other.person_id)
    actions.name_contact(by=hq, member=one, holder=at_home)
    actions.take_out(by=hq, member=other)
    before = state(hq)
    entry = people.propose_merge(by=hq, first_id=one.person_id, second_id=at_home.id)
    done = people.merge(by=hq, candidate_id=entry, keep_id=one.person_id)
    with acting(hq):
        assert not FamilyContact.objects.filter(to_date=None).exists()
    people.undo_merge(by=hq, merge_id=done.id)
    assert state(hq) == before


def test_names_follow_the_person(hq: Any, places: Any) -> None:
    batch = planned(hq, places)
    one, other = members(hq, batch)
    with acting(hq):
        at_home = Person.objects.get(id=other.person_id)
    actions.name_contact(by=hq, member=one, holder=at_home)
    actions.name_liaison(by=hq, batch=batch, holder=at_home)
    people.change_person(by=hq, person_id=at_home.id, name="测试丁")
    with acting(hq):
        assert FamilyContact.objects.get().name == "测试丁"
        batch.refresh_from_db()
        assert batch.liaison_name == "测试丁"
        assert {row.name for row in AidMember.objects.all()} == {"测试甲", "测试丁"}
        # What was recorded out of sight is followed later.
        Person.objects.filter(id=at_home.id).update(name="测试戊")
        assert following.follow(hq) == 3
        assert AidMember.objects.get(id=other.id).name == "测试戊"
        assert following.follow(hq) == 0
