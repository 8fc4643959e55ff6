from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.common.errors import Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.core.models import Task
from fangxian.organisations.actions import (
    add_member,
    appoint,
    create_organisation,
    end_responsibility,
    hand_over,
    link_households,
    substitute,
    take_over_unmanaged,
)
from fangxian.organisations.models import OrganisationKind, Responsibility, Vacancy
from fangxian.organisations.queries import breaches, in_force, who_closes
from fangxian.organisations.vacancies import refresh
from fangxian.people.actions import create_person
from fangxian.people.models import Person
from fangxian.regions.models import Building, BuildingKind
from fangxian.register.actions import create_household

MONDAY = dt.date(2020, 2, 3)


def person(by, places, name: str) -> Person:
    return create_person(
        by=by, name=name, place_code=places.community, link_kind="met", source_id=uuid4()
    )


@pytest.fixture
def hq(cast):
    return cast.actor("headquarters")


@pytest.fixture
def unit(hq, places):
    kind = OrganisationKind.objects.get(code="department")
    return create_organisation(by=hq, name="示例局", kind=kind, seat=places[places.county])


def test_a_place_without_its_officer_is_vacant_until_one_is_named(alice, places):
    def vacant():
        with acting(alice):
            return {(b.role.code, b.place_code) for b in breaches(places.community) if b.vacant}

    assert ("grid_officer", places.grid) in vacant()
    officer = person(alice, places, "王一")
    appoint(by=alice, place=places[places.grid], role="grid_officer", holder=officer)
    assert ("grid_officer", places.grid) not in vacant()
    assert ("grid_officer", places.other_grid) in vacant()


def test_exactly_one_officer_a_grid_and_one_grid_an_officer(alice, places):
    first, second = person(alice, places, "王一"), person(alice, places, "王二")
    appoint(by=alice, place=places[places.grid], role="grid_officer", holder=first)
    with pytest.raises(Invalid) as overlap:
        appoint(by=alice, place=places[places.grid], role="grid_officer", holder=second)
    assert overlap.value.problems[0].code == "overlap"
    with pytest.raises(Invalid) as load:
        appoint(by=alice, place=places[places.other_grid], role="grid_officer", holder=first)
    assert load.value.problems[0].code == "load"


def test_role_level_and_kind_of_holder_are_checked(alice, hq, places, unit):
    somebody = person(alice, places, "王一")
    for place, role, holder, code in (
        (places.building, "grid_officer", somebody, "level"),
        (places.grid, "grid_officer", unit, "holder"),
        (places.community, "linked_unit", somebody, "holder"),
        (places.community, "emperor", somebody, "unknown_role"),
    ):
        with pytest.raises(Invalid) as error:
            appoint(by=hq, place=places[place], role=role, holder=holder)
        assert error.value.problems[0].code == code
        assert error.value.problems[0].mend


def test_hand_over_leaves_no_day_without_and_none_with_two(alice, places):
    old, new = person(alice, places, "王一"), person(alice, places, "王二")
    first = appoint(
        by=alice, place=places[places.grid], role="grid_officer", holder=old, from_date=MONDAY
    )
    day = MONDAY + dt.timedelta(days=4)
    hand_over(by=alice, responsibility=first, to=new, on=day, reason="轮换")
    with acting(alice):
        names = [
            list(
                in_force(MONDAY + dt.timedelta(n))
                .filter(place=places[places.grid])
                .values_list("holder_name", flat=True)
            )
            for n in range(8)
        ]
    assert names == [["王一"]] * 4 + [["王二"]] * 4


def test_a_substitute_stands_in_and_the_holder_stays(alice, places):
    holder, other = person(alice, places, "王一"), person(alice, places, "王二")
    row = appoint(
        by=alice, place=places[places.grid], role="grid_officer", holder=holder, from_date=MONDAY
    )
    friday = MONDAY + dt.timedelta(days=4)
    substitute(by=alice, responsibility=row, holder=other, from_date=MONDAY, to_date=friday)
    with acting(alice):
        assert [r.name for r in who_closes(places.unit, MONDAY)] == ["王二"]
        assert [r.name for r in who_closes(places.unit, friday + dt.timedelta(days=1))] == ["王一"]
    with pytest.raises(Invalid):
        substitute(by=alice, responsibility=row, holder=other, from_date=friday, to_date=friday)


def test_unmanaged_buildings_fall_to_the_linked_unit(hq, places, unit):
    kind = BuildingKind.objects.first()
    for code, managed in ((places.building, False), ("130902001001001002", True)):
        Building.objects.create(region=places[code], kind=kind, managed=managed)
    with pytest.raises(Invalid):
        take_over_unmanaged(by=hq, community=places[places.community])
    appoint(by=hq, place=places[places.community], role="linked_unit", holder=unit)
    assert take_over_unmanaged(by=hq, community=places[places.community]) == 1
    assert take_over_unmanaged(by=hq, community=places[places.community]) == 0
    with acting(hq):
        keeper = Responsibility.objects.get(role="building_keeper")
        assert (keeper.place_code, keeper.organisation_id) == (places.building, unit.id)


def test_one_member_has_ten_households_at_most_and_a_household_one_member(hq, places, unit):
    members = [
        add_member(by=hq, person=person(hq, places, name), organisation=unit)
        for name in ("王一", "王二")
    ]
    doors = [create_household(by=hq, place_code=places.unit, room=str(100 + n)) for n in range(11)]
    place = places[places.building]
    with pytest.raises(Invalid):
        link_households(by=hq, member=members[0], place=place, households=doors)
    link_households(by=hq, member=members[0], place=place, households=doors[:10])
    link_households(by=hq, member=members[1], place=place, households=doors[9:])
    with acting(hq):
        counts = {
            r.holder_name: r.households.filter(to_date=None).count()
            for r in Responsibility.objects.filter(role="member_household")
        }
    assert counts == {"王一": 9, "王二": 2}


def test_who_answers_above_is_seen_from_below(cast, bob, hq, places):
    secretary = person(hq, places, "王书记")
    appoint(
        by=hq,
        place=places[places.community],
        role="community_secretary",
        holder=secretary,
        contact="13800000000",
    )
    with acting(bob):
        found = who_closes(places.unit)
        assert [(r.name, r.has_contact) for r in found] == [("王书记", True)]
        row = Responsibility.objects.get()
        assert row.contact == "13800000000"
    with pytest.raises(Forbidden):
        end_responsibility(by=bob, responsibility=row)
    with acting(cast.actor("charlie")):
        assert not Responsibility.objects.exists()


def test_a_vacancy_has_a_task_and_a_count_until_somebody_is_named(alice, places):
    refresh(by=alice, area=places.community)

    def state():
        with acting(alice):
            counted = counters.read([places.community, places.grid], ["vacancy"], "chain")
            rows = Vacancy.objects.filter(place=places[places.grid]).count()
            tasks = Task.objects.filter(kind="organisations.vacancy", state="open").count()
            missing = sum(Vacancy.objects.values_list("missing", flat=True))
        assert counted[(places.community, "vacancy")] == missing == tasks
        return rows, counted[(places.grid, "vacancy")]

    rows, at_grid = state()
    assert rows == 1
    officer = person(alice, places, "王一")
    row = appoint(by=alice, place=places[places.grid], role="grid_officer", holder=officer)
    assert state() == (0, at_grid - 1)
    assert refresh(by=alice, area=places.community) == (0, 0)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    with acting(alice):
        Responsibility.objects.filter(id=row.id).update(from_date=yesterday)
    with acting(alice):
        end_responsibility(
            by=alice, responsibility=Responsibility.objects.get(id=row.id), on=yesterday
        )
    assert state() == (1, at_grid)
