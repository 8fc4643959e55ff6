"""Moves end the posts of residents; what a move, a leaving or a dissolution ended can go on."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.core.models import Task
from fangxian.organisations.actions import (
    add_member,
    appoint,
    create_organisation,
    dissolve_organisation,
    end_membership,
    hand_over,
    link_households,
    substitute,
    undo_dissolution,
    undo_end_membership,
    withdraw_responsibility,
)
from fangxian.organisations.models import (
    Member,
    Organisation,
    OrganisationKind,
    Responsibility,
    Vacancy,
)
from fangxian.organisations.settling import settle
from fangxian.people.actions import record_death, withdraw_death
from fangxian.people.models import PersonLink
from fangxian.register.actions import (
    create_household,
    join_group,
    move_in,
    move_out,
    undo_move_out,
)
from fangxian.register.models import KeyGroupEntry

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)
OTHER_BUILDING = "130902001001001002"
OTHER_COMMUNITY = "13090200100200100101"


@pytest.fixture
def door(alice, places):
    return create_household(by=alice, place_code=places.unit, room="101")


@pytest.fixture
def head(alice, places, door):
    """Somebody who lives at ``door`` and is head of its building, and looks after a household."""
    lives = move_in(by=alice, household_id=door.id, on=TODAY - 90 * DAY, name="王一")
    row = appoint(
        by=alice, place=places[places.building], role="building_head", holder=lives.person,
        from_date=TODAY - 60 * DAY,
    )  # fmt: skip
    return lives, row


def _last_day(by, row):
    with acting(by):
        row.refresh_from_db()
        return row.to_date


def test_who_moves_out_of_the_community_is_head_no_longer_until_that_is_taken_back(
    alice, hq, places, head
):
    lives, row = head
    place = places[places.building]
    join_group(by=alice, person_id=lives.person_id, group="disabled", since=TODAY - 9 * DAY)
    move_out(by=alice, residency_id=lives.id, on=TODAY - DAY)
    settle(by=hq, area=places.county)
    assert _last_day(hq, row) == TODAY - DAY
    with acting(hq):
        assert row.ended_by == "move"
        assert Vacancy.objects.filter(place=place, role="building_head").exists()
        assert Task.objects.filter(dedupe_key=f"{place.id}/building_head", state="open").exists()
    undo_move_out(by=alice, residency_id=lives.id)
    assert _last_day(hq, row) is None
    with acting(hq):
        assert not Vacancy.objects.filter(place=place, role="building_head").exists()
        assert KeyGroupEntry.objects.get(person_id=lives.person_id).to_date is None
    assert settle(by=hq, area=places.county)[0] == 0
    with pytest.raises(Conflict):
        undo_move_out(by=alice, residency_id=lives.id)


@pytest.mark.parametrize(("to", "stays"), [(OTHER_BUILDING + "01", True), (OTHER_COMMUNITY, False)])
def test_a_move_within_the_community_keeps_the_post(hq, places, head, to, stays):
    lives, row = head
    there = create_household(by=hq, place_code=to, room="202")
    move_out(by=hq, residency_id=lives.id, on=TODAY - DAY, to_household_id=there.id)
    settle(by=hq, area=places.county)
    assert (_last_day(hq, row) is None) == stays
    with pytest.raises(Conflict):
        undo_move_out(by=hq, residency_id=lives.id)


def test_who_comes_back_later_or_never_lived_there_is_left_as_he_is(
    alice, hq, places, head, door, person
):
    lives, row = head
    other = appoint(
        by=alice, place=places[OTHER_BUILDING], role="building_head", holder=person(alice, "王二")
    )
    move_out(by=alice, residency_id=lives.id, on=TODAY - 5 * DAY)
    settle(by=hq, area=places.county)
    move_in(by=alice, household_id=door.id, on=TODAY - DAY, person_id=lives.person_id)
    settle(by=hq, area=places.county)
    assert (_last_day(hq, row), _last_day(hq, other)) == (TODAY - 5 * DAY, None)


def test_a_grid_officer_does_not_see_whether_somebody_lives_on_elsewhere(hq, cast, places, head):
    lives, row = head
    there = create_household(by=hq, place_code="13090200100100200101", room="202")
    move_out(by=hq, residency_id=lives.id, on=TODAY - DAY, to_household_id=there.id)
    settle(by=cast.actor("bob"), area=places.grid)
    assert _last_day(hq, row) is None


@pytest.fixture
def staffed(hq, places, person, unit):
    """A unit linked to the community, a member who is grid officer, one who left before."""
    since = TODAY - 30 * DAY
    officer, left = person(hq, "王一"), person(hq, "王二")
    member = add_member(by=hq, person=officer, organisation=unit, from_date=since)
    former = add_member(by=hq, person=left, organisation=unit, from_date=since)
    end_membership(by=hq, member=former, on=TODAY - 9 * DAY)
    link = appoint(
        by=hq, place=places[places.community], role="linked_unit", holder=unit, from_date=since
    )
    post = appoint(
        by=hq, place=places[places.grid], role="grid_officer", holder=member,
        from_date=since, to_date=TODAY + 30 * DAY,
    )  # fmt: skip
    later = substitute(
        by=hq, responsibility=post, holder=person(hq, "王三"),
        from_date=TODAY + 3 * DAY, to_date=TODAY + 5 * DAY,
    )  # fmt: skip
    return member, former, link, post, later


def test_a_dissolution_taken_back_lets_go_on_exactly_what_it_ended(
    hq, places, unit, staffed, client_of
):
    member, former, link, post, later = staffed
    dissolve_organisation(by=hq, organisation=unit, on=TODAY - 2 * DAY)
    settle(by=hq, area=places.county)
    with acting(hq):
        ended = Responsibility.objects.values_list("to_date", flat=True)
        assert list(ended) == [TODAY - 2 * DAY] * 2
        assert not PersonLink.objects.filter(source_id__in=[member.id, post.id]).exists()
    with pytest.raises(Invalid, match="reason"):
        undo_dissolution(by=hq, organisation=unit, reason="")
    client = client_of("headquarters")
    tree = client.get(reverse("organisations:tree"), {"state": "dissolved"}).content.decode()
    page = reverse("organisations:organisation", args=[unit.id])
    assert page in tree
    undo = reverse("organisations:undo_dissolve", args=[unit.id])
    assert undo in client.get(page).content.decode()
    assert client.get(undo).status_code == 200
    assert client.post(undo, {"reason": "录入错误，撤回"}).status_code == 302
    shown = client.get(page).content.decode()
    assert "录入错误，撤回" in shown
    assert "随之恢复成员 1 名、责任 2 项" in shown
    with acting(hq):
        assert Organisation.objects.get(id=unit.id).dissolved_on is None
        ends = dict(Responsibility.objects.values_list("id", "to_date"))
        days = {link.id: None, post.id: TODAY + 30 * DAY, later.id: TODAY + 5 * DAY}
        assert ends == days
        assert Member.objects.get(id=member.id).to_date is None
        assert Member.objects.get(id=former.id).to_date == TODAY - 9 * DAY
        sources = set(PersonLink.objects.values_list("source_id", flat=True))
        assert {member.id, post.id, later.id} <= sources
        assert former.id not in sources
        held = Vacancy.objects.filter(role__in=["linked_unit", "grid_officer"])
        assert not held.filter(place__in=[link.place_id, post.place_id]).exists()
    assert settle(by=hq, area=places.county)[0] == 0
    with pytest.raises(Conflict):
        undo_dissolution(by=hq, organisation=unit, reason="once more")
    # One of before it was noted what a dissolution ends.
    with acting(hq):
        dissolve_organisation(by=hq, organisation=Organisation.objects.get(id=unit.id))
        Member.objects.update(ended_by="")
        Responsibility.objects.update(ended_by="")
    client.post(undo, {"reason": "录入错误，撤回"})
    assert "没有成员随之恢复" in client.get(page).content.decode()


def test_what_cannot_go_on_stays_ended(hq, places, person, unit, staffed):
    member, _former, _link, post, _later = staffed
    dissolve_organisation(by=hq, organisation=unit)
    record_death(by=hq, person_id=member.person_id, on=TODAY)
    kind = OrganisationKind.objects.get(code="department")
    twin = create_organisation(by=hq, name=unit.name, kind=kind, seat=unit.seat)
    with pytest.raises(Invalid):
        undo_dissolution(by=hq, organisation=unit, reason="a mistake")
    dissolve_organisation(by=hq, organisation=twin)
    undo_dissolution(by=hq, organisation=unit, reason="a mistake")
    with acting(hq):
        assert Member.objects.get(id=member.id).to_date == TODAY
        assert Responsibility.objects.get(id=post.id).to_date == TODAY


def test_the_end_of_a_membership_is_taken_back(alice, hq, places, person, unit, staffed, client_of):
    member, _former, _link, post, _later = staffed
    place = places[places.grid]
    end_membership(by=hq, member=member, on=TODAY - DAY)
    settle(by=hq, area=places.county)
    client = client_of("headquarters")
    page = reverse("organisations:member", args=[member.id])
    listed = reverse("organisations:organisation", args=[unit.id])
    assert page in client.get(listed).content.decode()
    undo = reverse("organisations:member_undo", args=[member.id])
    assert undo in client.get(page).content.decode()
    assert client.post(undo, {"reason": "x"}).status_code == 422
    assert client.post(undo, {"reason": "他没有离开"}).status_code == 302
    shown = client.get(page).content.decode()
    assert "王一" in shown
    assert "他没有离开" in shown
    with acting(hq):
        assert Member.objects.get(id=member.id).to_date is None
        assert Responsibility.objects.get(id=post.id).to_date == TODAY + 30 * DAY
        assert not Vacancy.objects.filter(place=place, role="grid_officer").exists()
        member.refresh_from_db()
    # Where somebody else answers since, nobody is put beside him.
    end_membership(by=hq, member=member, on=TODAY - DAY)
    new = appoint(by=hq, place=place, role="grid_officer", holder=person(hq, "王四"))
    undo_end_membership(by=hq, member=member, reason="again")
    with acting(hq):
        assert Responsibility.objects.get(id=post.id).to_date == TODAY - DAY
        task = Task.objects.get(kind="organisations.revived", state="open")
        assert task.object_id == post.id
        assert Responsibility.objects.get(id=new.id).to_date is None
    dissolve_organisation(by=hq, organisation=unit)
    with pytest.raises(Conflict):
        undo_end_membership(by=hq, member=member, reason="dissolved")


@pytest.mark.parametrize("cause", ["leaving", "death"])
def test_ten_households_go_on_with_the_membership(hq, alice, places, unit, person, door, cause):
    """One without end, one that another is to take over, one that begins later, one taken over."""
    place, later = places[places.building], TODAY + 9 * DAY
    since, last = TODAY - 20 * DAY, TODAY - 2 * DAY
    doors = [door] + [
        create_household(by=alice, place_code=places.unit, room=room)
        for room in ("102", "103", "104")
    ]
    member, other = (
        add_member(by=hq, person=person(hq, n), organisation=unit, from_date=since)
        for n in ("王一", "王二")
    )
    given = {"by": hq, "place": place}
    now = [doors[0], doors[1], doors[3]]
    row = link_households(member=member, households=now, on=since, **given)
    link_households(member=other, households=doors[1:2], on=later, **given)
    link_households(member=member, households=doors[2:3], on=TODAY + 5 * DAY, **given)

    def held():
        with acting(hq):
            links = row.households.order_by("household__room")
            return list(links.values_list("household__room", "from_date", "to_date"))

    before = held()
    assert before[1] == ("102", since, later - DAY)
    if cause == "leaving":
        end_membership(by=hq, member=member, on=last)
    else:
        record_death(by=hq, person_id=member.person_id, on=last)
        settle(by=hq, area=places.county)
    assert held() == [(room, since, last) for room in ("101", "102", "104")]
    link_households(member=other, households=doors[3:], on=TODAY, **given)
    if cause == "leaving":
        undo_end_membership(by=hq, member=member, reason="a mistake")
    else:
        withdraw_death(by=hq, person_id=member.person_id)
        settle(by=hq, area=places.county)
    assert held() == [*before[:3], ("104", since, TODAY - DAY)]


def test_a_planned_hand_over_keeps_its_day_when_an_end_is_taken_back(
    hq, places, person, unit, staffed
):
    member, _former, _link, post, _later = staffed
    day = TODAY + 20 * DAY
    new = hand_over(by=hq, responsibility=post, to=person(hq, "王四"), on=day)
    end_membership(by=hq, member=member, on=TODAY - DAY)
    assert _last_day(hq, post) == TODAY - DAY
    undo_end_membership(by=hq, member=member, reason="a mistake")
    assert (_last_day(hq, post), new.from_date) == (day - DAY, day)
    withdraw_responsibility(by=hq, responsibility=new)
    assert _last_day(hq, post) == TODAY + 30 * DAY
