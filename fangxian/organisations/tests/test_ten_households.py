"""One member, up to ten households: counted by human, shown by the day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.organisations import queries
from fangxian.organisations.actions import (
    add_member,
    create_organisation,
    end_responsibility,
    hand_over,
    link_households,
    unlink_household,
)
from fangxian.organisations.models import Responsibility, ResponsibilityHousehold
from fangxian.register.actions import create_household

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)
SOON = TODAY + 9 * DAY


@pytest.fixture
def homes(alice, places):
    return [
        create_household(by=alice, place_code=places.unit, room=f"1{n:02}") for n in range(1, 12)
    ]


@pytest.fixture
def members(hq, person, unit):
    return [add_member(by=hq, person=person(hq, n), organisation=unit) for n in ("王一", "王二")]


def _give(hq, places, member, homes, on=TODAY):
    building = places[places.building]
    return link_households(by=hq, member=member, place=building, households=homes, on=on)


def _by_day(homes, on):
    links = queries.links_on(on).filter(household__in=homes).select_related("responsibility")
    return [link.responsibility.holder_name for link in links.order_by("household__room")]


def test_two_memberships_of_one_human_have_ten_households_together(
    hq, places, unit, members, homes
):
    branch = create_organisation(by=hq, name="示例支部", kind=unit.kind, seat=unit.seat)
    again = add_member(by=hq, person=members[0].person, organisation=branch)
    row = _give(hq, places, members[0], homes[:6])
    with pytest.raises(Invalid) as full:
        _give(hq, places, again, homes[6:])
    assert full.value.problems[0].code == "load"
    other = _give(hq, places, members[1], homes[6:])
    with pytest.raises(Invalid) as handed:
        hand_over(by=hq, responsibility=other, to=again, on=SOON)
    assert handed.value.problems[0].code == "load"
    assert row.member_id == members[0].id


def test_a_coming_hand_over_shows_when_its_day_comes(hq, places, members, homes):
    first, second = members
    row = _give(hq, places, first, homes[:9], on=TODAY - 9 * DAY)
    made = hand_over(by=hq, responsibility=row, to=second, on=SOON)
    home = homes[0]
    with acting(hq):
        assert queries.looks_after([home.id])[home.id].id == row.id
        row.refresh_from_db()
        assert len(queries.households_of(row)) == len(queries.households_of(made)) == 9
        assert _by_day([home], SOON) == ["王二"]
    # Both have their nine: the one today, the other then.
    for member in members:
        with pytest.raises(Invalid):
            _give(hq, places, member, homes[9:])


def test_an_end_to_come_shows_when_its_day_comes(hq, places, members, homes):
    row = _give(hq, places, members[0], homes[:1], on=TODAY - 9 * DAY)
    end_responsibility(by=hq, responsibility=row, on=SOON)
    with acting(hq):
        assert queries.looks_after([homes[0].id])[homes[0].id].id == row.id
        assert _by_day(homes, SOON + DAY) == []


@pytest.mark.parametrize("who", [0, 1])
def test_whoever_is_given_a_household_has_it_alone(hq, places, person, unit, members, homes, who):
    row = _give(hq, places, members[0], homes[:2], on=TODAY - 9 * DAY)
    hand_over(by=hq, responsibility=row, to=members[1], on=SOON)
    _give(hq, places, members[who], homes[:1])
    with acting(hq):
        name = members[who].person.name
        assert _by_day(homes, TODAY - DAY) == ["王一", "王一"]
        assert _by_day(homes, TODAY) == [name, "王一"]
        assert _by_day(homes, SOON) == [name, "王二"]
        for link in ResponsibilityHousehold.objects.select_related("responsibility"):
            assert link.from_date >= link.responsibility.from_date


def test_given_up_a_household_goes_to_nobody_later_either(hq, places, members, homes):
    row = _give(hq, places, members[0], homes[:2], on=TODAY - 9 * DAY)
    hand_over(by=hq, responsibility=row, to=members[1], on=SOON)
    with acting(hq):
        link = queries.links_on().get(household=homes[0])
    unlink_household(by=hq, link=link)
    with acting(hq):
        assert _by_day(homes, TODAY) == ["王一"]
        assert _by_day(homes, SOON) == ["王二"]


def test_the_page_of_a_member_tells_what_is_to_come(hq, client_of, places, members, homes):
    row = _give(hq, places, members[0], homes[:1], on=TODAY - 9 * DAY)
    hand_over(by=hq, responsibility=row, to=members[1], on=SOON)
    client = client_of("headquarters")
    shown = [client.get(reverse("organisations:households", args=[m.id])) for m in members]
    assert [one.context["now"] for one in shown] == [1, 0]
    assert [[link["coming"] for link in one.context["linked"]] for one in shown] == [
        [False],
        [True],
    ]
    with acting(hq):
        assert Responsibility.objects.count() == 2
