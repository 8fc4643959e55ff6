"""Hand-over and substitution of every role, and taking a hand-over back as if it had not been."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.organisations import queries
from fangxian.organisations.actions import (
    add_member,
    appoint,
    end_responsibility,
    hand_over,
    link_households,
    name_contact_leader,
    substitute,
    withdraw_responsibility,
)
from fangxian.organisations.models import Responsibility, ResponsibilityHousehold
from fangxian.people.models import PersonLink
from fangxian.register.actions import create_establishment, create_household

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


@pytest.fixture
def homes(alice, places):
    return [
        create_household(by=alice, place_code=places.unit, room=room) for room in ("101", "102")
    ]


@pytest.fixture
def members(hq, person, unit):
    return [add_member(by=hq, person=person(hq, n), organisation=unit) for n in ("王一", "王二")]


def _ten(hq, places, members, homes):
    return link_households(
        by=hq,
        member=members[0],
        place=places[places.building],
        households=homes,
        on=TODAY - 9 * DAY,
    )


def _doors() -> list[Any]:
    rows = ResponsibilityHousehold.objects.order_by("household__room", "from_date")
    return list(
        rows.values_list("household__room", "responsibility__holder_name", "from_date", "to_date")
    )


def _state() -> list[Any]:
    """All that is answered for, but why, and through what persons are seen."""
    rows = Responsibility.objects.order_by("id").values_list(
        "id", "holder_name", "from_date", "to_date", "substitute_for", "cut_for", "cut_until"
    )
    links = PersonLink.objects.order_by("source_id", "person_id")
    seen = links.values_list("source_id", "person_id", "place_code")
    return [list(rows), list(seen), _doors()]


def test_the_households_go_with_the_member_who_hands_over(hq, places, members, homes):
    row = _ten(hq, places, members, homes)
    made = hand_over(by=hq, responsibility=row, to=members[1], on=TODAY)
    with acting(hq):
        held = ResponsibilityHousehold.objects.filter(to_date=None)
        assert [one.responsibility_id for one in held] == [made.id] * 2
        assert _doors() == [
            (room, *span)
            for room in ("101", "102")
            for span in (
                ("王一", TODAY - 9 * DAY, TODAY - DAY),
                ("王二", TODAY, None),
            )
        ]
        row.refresh_from_db()
        assert (row.to_date, row.cut_for_id) == (TODAY - DAY, made.id)


def test_handed_over_again_from_an_earlier_day_nobody_has_a_household_twice(
    hq, places, person, unit, members, homes
):
    row = _ten(hq, places, members, homes)
    hand_over(by=hq, responsibility=row, to=members[1], on=TODAY + 9 * DAY)
    with acting(hq):
        row.refresh_from_db()
    third = add_member(by=hq, person=person(hq, "王三"), organisation=unit)
    made = hand_over(by=hq, responsibility=row, to=third, on=TODAY + 4 * DAY)
    with acting(hq):
        spans = [(name, since, until) for room, name, since, until in _doors() if room == "101"]
        for name, since, until in spans:
            holder = Responsibility.objects.filter(holder_name=name).latest("from_date")
            assert (since, until) == (holder.from_date, holder.to_date), name
        for before, after in pairwise(spans):
            assert before[2] < after[1]
        before = ResponsibilityHousehold.objects.count()
    withdraw_responsibility(by=hq, responsibility=made)
    with acting(hq):
        assert ResponsibilityHousehold.objects.count() == before - 2


def test_a_member_takes_no_more_households_than_the_most(alice, hq, places, person, members, homes):
    row = _ten(hq, places, members, homes)
    nine = [create_household(by=alice, place_code=places.unit, room=f"2{n:02}") for n in range(9)]
    link_households(by=hq, member=members[1], place=places[places.building], households=nine)
    with pytest.raises(Invalid) as full:
        hand_over(by=hq, responsibility=row, to=members[1])
    assert full.value.problems[0].code == "load"
    with pytest.raises(Invalid) as stranger:
        hand_over(by=hq, responsibility=row, to=person(hq, "王三"))
    assert stranger.value.problems[0].code == "no_member"


def test_somebody_stands_in_for_a_member_and_for_a_contact_leader(
    hq, places, person, members, homes
):
    hospital = create_establishment(
        by=hq, place_code=places.building, name="示例医院", kind="hospital"
    )
    leader, other = person(hq, "王三"), person(hq, "王四")
    led = name_contact_leader(by=hq, establishment=hospital, holder=leader, on=TODAY - DAY)
    for row in (_ten(hq, places, members, homes), led):
        made = substitute(
            by=hq, responsibility=row, holder=other, from_date=TODAY, to_date=TODAY + 3 * DAY
        )
        assert (made.substitute_for_id, made.establishment_id) == (row.id, row.establishment_id)
    with acting(hq):
        names = {row.holder_name for row in queries.contacts_of([hospital.id], TODAY)}
        assert names == {"王三", "王四"}


def test_a_contact_leader_hands_over_and_that_is_taken_back(hq, places, person):
    hospital = create_establishment(
        by=hq, place_code=places.building, name="示例医院", kind="hospital"
    )
    first, second, third = (person(hq, name) for name in ("王一", "王二", "王三"))
    row = name_contact_leader(by=hq, establishment=hospital, holder=first, on=TODAY - 5 * DAY)
    made = hand_over(by=hq, responsibility=row, to=second, on=TODAY + 5 * DAY)
    assert made.establishment_id == hospital.id
    named = name_contact_leader(by=hq, establishment=hospital, holder=third, on=TODAY)
    with acting(hq):
        rows = Responsibility.objects.order_by("from_date").values_list("holder_name", "to_date")
        assert list(rows) == [("王一", TODAY - DAY), ("王三", None)]
    withdraw_responsibility(by=hq, responsibility=named)
    with acting(hq):
        rows = Responsibility.objects.values_list("holder_name", "to_date")
        assert list(rows) == [("王一", None)]


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    last=st.one_of(st.none(), st.integers(8, 12)),
    on=st.integers(0, 6),
    stands=st.one_of(st.none(), st.tuples(st.integers(-3, 8), st.integers(0, 9))),
    ten=st.booleans(),
)
def test_a_hand_over_that_is_withdrawn_never_was(
    alice, hq, places, members, homes, last, on, stands, ten
):
    with transaction.atomic():
        until = None if last is None else TODAY + last * DAY
        if ten:
            row = _ten(hq, places, members, homes)
        else:
            row = appoint(
                by=hq, place=places[places.grid], role="grid_officer", holder=members[0],
                from_date=TODAY - 9 * DAY, to_date=until,
            )  # fmt: skip
        if stands is not None:
            start = TODAY + stands[0] * DAY
            end = start + stands[1] * DAY
            substitute(
                by=hq, responsibility=row, holder=members[1].person, from_date=start,
                to_date=end if ten or until is None else min(end, until), contact="13800000000",
            )  # fmt: skip
        with acting(hq):
            before = _state()
        made = hand_over(by=hq, responsibility=row, to=members[1], on=TODAY + on * DAY)
        with acting(hq):
            assert _state() != before
        withdraw_responsibility(by=hq, responsibility=made)
        with acting(hq):
            assert _state() == before
            for one in Responsibility.objects.exclude(substitute_for=None):
                assert one.contact == "13800000000"
        transaction.set_rollback(True)


def test_one_of_several_hand_overs_is_taken_back_without_a_gap(hq, places, members, person):
    third = person(hq, "王三")

    def days() -> list[Any]:
        with acting(hq):
            rows = Responsibility.objects.order_by("from_date")
            return list(rows.values_list("holder_name", "from_date", "to_date"))

    for first_back in (0, 1):
        with transaction.atomic():
            row = appoint(
                by=hq, place=places[places.grid], role="grid_officer", holder=members[0],
                from_date=TODAY - 9 * DAY,
            )  # fmt: skip
            later = hand_over(by=hq, responsibility=row, to=members[1], on=TODAY + 20 * DAY)
            between = hand_over(by=hq, responsibility=row, to=third, on=TODAY + 10 * DAY)
            order = [later, between] if first_back else [between, later]
            withdraw_responsibility(by=hq, responsibility=order[0])
            left = order[1]
            assert days() == [
                ("王一", TODAY - 9 * DAY, left.from_date - DAY),
                (left.holder_name, left.from_date, None),
            ]
            withdraw_responsibility(by=hq, responsibility=order[1])
            assert days() == [("王一", TODAY - 9 * DAY, None)]
            transaction.set_rollback(True)


def test_who_was_ended_on_purpose_stays_so(hq, places, members):
    row = appoint(
        by=hq, place=places[places.grid], role="grid_officer", holder=members[0],
        from_date=TODAY - 9 * DAY,
    )  # fmt: skip
    made = hand_over(by=hq, responsibility=row, to=members[1], on=TODAY + 20 * DAY)
    end_responsibility(by=hq, responsibility=row, on=TODAY)
    withdraw_responsibility(by=hq, responsibility=made)
    with acting(hq):
        assert Responsibility.objects.get().to_date == TODAY


def test_the_former_holder_who_answers_elsewhere_now_is_not_given_two(hq, places, members):
    row = appoint(
        by=hq, place=places[places.grid], role="grid_officer", holder=members[0],
        from_date=TODAY - 9 * DAY,
    )  # fmt: skip
    made = hand_over(by=hq, responsibility=row, to=members[1])
    appoint(by=hq, place=places[places.other_grid], role="grid_officer", holder=members[0])
    with pytest.raises(Invalid) as refused:
        withdraw_responsibility(by=hq, responsibility=made)
    assert refused.value.problems[0].code == "load"


def test_the_pages_hand_over_and_stand_in_for_a_member(client_of, cast, hq, places, members, homes):
    row = _ten(hq, places, members, homes)
    client = client_of("headquarters")
    shown = client.get(reverse("organisations:responsibility", args=[row.id])).content.decode()
    assert reverse("organisations:hand_over", args=[row.id]) in shown
    assert "· Headquarters" in shown
    assert reverse("organisations:substitute", args=[row.id]) in shown
    assert client.get(reverse("organisations:substitute", args=[row.id])).status_code == 200
    address = reverse("organisations:hand_over", args=[row.id])
    assert client.get(address).status_code == 200
    given = {
        "holder": f"member:{members[1].id}",
        "q": "",
        "contact": "",
        "on": TODAY.isoformat(),
        "reason": "",
        "save": "1",
    }
    assert client.post(address, given).status_code == 302
    with acting(hq):
        held = ResponsibilityHousehold.objects.filter(to_date=None)
        assert {one.responsibility.holder_name for one in held} == {"王二"}
