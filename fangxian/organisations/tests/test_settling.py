"""What settling lists, names and ends by itself."""

from __future__ import annotations

import datetime as dt
from unittest.mock import patch

import pytest
from django.db import connections
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import store_file
from fangxian.core.models import Task
from fangxian.organisations import invariants, lacking, vacancies
from fangxian.organisations.actions import (
    appoint,
    create_organisation,
    hand_over,
    name_contact_leader,
    record_evidence,
    withdraw_evidence,
    withdraw_responsibility,
)
from fangxian.organisations.models import OrganisationKind, Responsibility, Vacancy
from fangxian.organisations.settling import settle
from fangxian.organisations.vacancies import refresh
from fangxian.regions.models import Building, BuildingKind, Region
from fangxian.register.actions import create_establishment

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


@pytest.fixture
def empty_county(places):
    """A county of the national tree that nobody has begun: a town, a village, nothing below."""
    rows = [
        Region(code=code, name=code, level=len(code), valid_from=dt.date(2020, 1, 1))
        for code in ("130904", "130904001", "130904001001")
    ]
    Region.objects.bulk_create(rows)
    return rows[0].code


@pytest.fixture
def everywhere():
    return Actor.system("organisations.settle", "")


@pytest.fixture
def checked(monkeypatch):
    """The invariants read what this test has not committed."""
    monkeypatch.setattr(invariants, "connections", {"maintenance": connections["default"]})


def test_a_county_that_nobody_has_begun_has_no_vacancies(everywhere, places, empty_county):
    settle(by=everywhere, area="")
    with acting(everywhere):
        assert Vacancy.objects.filter(place_code__startswith=places.county).exists()
        assert not Vacancy.objects.filter(place_code__startswith=empty_county).exists()
        Region.objects.create(
            code=empty_county + "001001001", name="第1网格", level=15, valid_from=TODAY
        )
    settle(by=everywhere, area="")
    with acting(everywhere):
        found = Vacancy.objects.filter(place_code__startswith=empty_county)
        assert set(found.values_list("place_code", "role")) == {
            ("130904001", "town_leader"),
            ("130904001001", "community_leader"),
            ("130904001001", "community_secretary"),
            ("130904001001", "linked_unit"),
            ("130904001001001", "grid_officer"),
        }


def test_vacancies_of_a_county_that_was_given_up_close(everywhere, places):
    refresh(by=everywhere, area="")
    with acting(everywhere):
        Region.objects.filter(code__gt=places.county, code__lt="130903", level__gte=15).update(
            valid_to=TODAY
        )
    refresh(by=everywhere, area="")
    with acting(everywhere):
        assert not Vacancy.objects.filter(place_code__startswith=places.county).exists()
        tasks = Task.objects.filter(kind=vacancies.TASK, place_code__startswith=places.county)
        assert set(tasks.values_list("state", flat=True)) == {"done"}


def test_more_vacancies_than_a_batch_are_opened_and_closed_once(everywhere, places, monkeypatch):
    small = vacancies._DIFFERENCE.replace(f"LIMIT {vacancies.BATCH}", "LIMIT 3")
    monkeypatch.setattr(vacancies, "_DIFFERENCE", small)
    monkeypatch.setattr(vacancies, "BATCH", 3)
    opened, closed = refresh(by=everywhere, area=places.county)
    with acting(everywhere):
        assert (opened, closed) == (Vacancy.objects.count(), 0)
    assert opened > 10
    assert refresh(by=everywhere, area=places.county) == (0, 0)


def asked(kind, at):
    """The open tasks of a kind at a place: role asked and what is told."""
    found = Task.objects.filter(kind=kind, state="open", place_code=at)
    return [(task.assignee_role, task.title_data) for task in found]


def test_missing_items_of_the_five_ones_are_a_task_of_the_community(
    everywhere, alice, places, unit, hq
):
    settle(by=everywhere, area="")
    here, kind = places.community, lacking.FIVE_ONES
    with acting(alice):
        assert asked(kind, here) == [("community_staff", {"count": 5})]
        before = Task.objects.get(kind=kind, place_code=here)
    items = {"plan": "方案", "ledger": "台账"}
    shown = [
        record_evidence(
            by=alice,
            community=places[here],
            item=item,
            evidence=store_file(
                by=alice,
                data=b"%PDF-1.4 x",
                name=f"{name}.pdf",
                media_type="application/pdf",
                place_code=here,
            ),
        )
        for item, name in items.items()
    ]
    with acting(alice):
        assert asked(kind, here) == [("community_staff", {"count": 3})]
        assert Task.objects.get(kind=kind, place_code=here).due_at == before.due_at
    withdraw_evidence(by=alice, evidence=shown[0])
    settle(by=everywhere, area="")
    with acting(alice):
        task = Task.objects.get(kind=kind, place_code=here)
        assert task.title_data == {"count": 4}
        assert "4" in str(task)
        # Nothing is missing any more, whoever attached the rest.
        with patch.object(lacking.five_ones, "lacking", lambda *_: []):
            assert lacking.refresh(by=alice, area=here) == (0, 1)
        assert asked(kind, here) == []


def test_establishments_without_a_contact_leader_are_a_task_until_each_has_one(
    everywhere, hq, alice, places, person
):
    school = create_establishment(
        by=alice, name="示例小学", kind="school", place_code=places.building
    )
    settle(by=everywhere, area="")
    told = {"role": "contact_leader", "count": 1}
    with acting(hq):
        assert asked(lacking.CONTACTS, places.community) == [("headquarters", told)]
    name_contact_leader(by=hq, establishment=school, holder=person(hq, "王一"))
    with acting(hq):
        assert asked(lacking.CONTACTS, places.community) == []


def test_a_post_that_too_many_hold_is_a_task_until_one_ends(everywhere, alice, places, person):
    first, second = (
        appoint(by=alice, place=places[code], role="grid_officer", holder=person(alice, name))
        for code, name in ((places.grid, "王一"), (places.other_grid, "王二"))
    )
    with acting(alice):
        Responsibility.objects.filter(id=second.id).update(
            place=first.place, place_code=first.place_code
        )
    settle(by=everywhere, area="")
    told = {"role": "grid_officer", "count": 2, "most": 1}
    with acting(alice):
        assert asked(lacking.OVERLAP, places.grid) == [("community_staff", told)]
        second.refresh_from_db()
    withdraw_responsibility(by=alice, responsibility=second)
    with acting(alice):
        assert asked(lacking.OVERLAP, places.grid) == []


def test_a_post_of_a_town_that_too_many_hold_is_closed_with_the_one_that_ends(
    everywhere, hq, places, person
):
    held = [
        appoint(by=hq, place=places[code], role=role, holder=person(hq, name))
        for code, role, name in (
            (places.town, "town_leader", "王一"),
            (places.town, "town_leader", "王二"),
            (places.community, "community_leader", "王三"),
        )
    ]
    with acting(hq):
        Responsibility.objects.filter(id=held[2].id).update(
            role="town_leader", place=places[places.town], place_code=places.town
        )
    settle(by=everywhere, area="")
    told = {"role": "town_leader", "count": 3, "most": 2}
    with acting(hq):
        assert asked(lacking.OVERLAP, places.town) == [("headquarters", told)]
    withdraw_responsibility(by=hq, responsibility=held[0])
    with acting(hq):
        assert asked(lacking.OVERLAP, places.town) == []


def test_another_county_does_not_wait(everywhere, places):
    def held() -> int:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            return cursor.fetchone()[0]

    with acting(everywhere):
        vacancies._lock([places.grid, places.community])
        before = held()
        vacancies._lock([places.building])
        assert held() == before
        vacancies._lock([places.outside])
        assert held() == before + 1


def test_the_invariant_sees_a_vacancy_that_is_not_listed(everywhere, places, empty_county, checked):
    with acting(everywhere):
        assert any("130902001001 is not listed" in text for text in invariants.vacancies())
    refresh(by=everywhere, area="")
    with acting(everywhere):
        assert list(invariants.vacancies()) == []
        Vacancy.objects.filter(place_code=places.grid, role="grid_officer").delete()
        assert list(invariants.vacancies()) == [
            f"the vacancy of grid_officer at {places.grid} is not listed"
        ]


@pytest.fixture
def bare(places):
    """A building without property management."""
    return Building.objects.create(
        region=places[places.building], kind=BuildingKind.objects.first(), managed=False
    )


def kept(by):
    with acting(by):
        rows = Responsibility.objects.filter(role="building_keeper").order_by("from_date")
        return list(rows.values_list("holder_name", "to_date"))


def linked(hq, places, unit, since):
    return appoint(
        by=hq, place=places[places.community], role="linked_unit", holder=unit, from_date=since
    )


def test_a_building_without_management_falls_to_the_linked_unit_by_itself(
    hq, places, unit, bare, checked
):
    settle(by=hq, area=places.county)
    assert kept(hq) == []
    linked(hq, places, unit, TODAY - 9 * DAY)
    with acting(hq):
        assert any(places.building in text for text in invariants.keepers())
        assert Vacancy.objects.filter(role="building_keeper").count() == 1
    settle(by=hq, area=places.county)
    assert kept(hq) == [("示例局", None)]
    with acting(hq):
        assert not Vacancy.objects.filter(role="building_keeper").exists()
        assert list(invariants.keepers()) == []
    assert settle(by=hq, area=places.county) == (0, 0, 0)
    assert len(kept(hq)) == 1


def test_a_building_that_is_managed_again_loses_its_keeper(hq, places, unit, bare, checked):
    linked(hq, places, unit, TODAY - 9 * DAY)
    settle(by=hq, area=places.county)
    with acting(hq):
        Responsibility.objects.filter(role="building_keeper").update(from_date=TODAY - 5 * DAY)
        Building.objects.filter(pk=bare.pk).update(managed=True)
        assert list(invariants.keepers())
    settle(by=hq, area=places.county)
    assert kept(hq) == [("示例局", TODAY - DAY)]
    with acting(hq):
        assert list(invariants.keepers()) == []


def test_with_a_linked_unit_go_the_buildings_that_fell_to_it(hq, places, unit, bare):
    link = linked(hq, places, unit, TODAY - 9 * DAY)
    settle(by=hq, area=places.county)
    with acting(hq):
        Responsibility.objects.filter(role="building_keeper").update(from_date=TODAY - 8 * DAY)
    kind = OrganisationKind.objects.get(code="department")
    other = create_organisation(by=hq, name="他局", kind=kind, seat=places[places.county])
    hand_over(by=hq, responsibility=link, to=other, on=TODAY - 2 * DAY)
    assert kept(hq) == [("示例局", TODAY - 3 * DAY), ("他局", None)]
    settle(by=hq, area=places.county)
    assert len(kept(hq)) == 2


def test_a_keeper_who_was_named_by_hand_stays(hq, places, unit, bare):
    kind = OrganisationKind.objects.get(code="department")
    other = create_organisation(by=hq, name="他局", kind=kind, seat=places[places.county])
    appoint(by=hq, place=places[places.building], role="building_keeper", holder=other)
    linked(hq, places, unit, TODAY - 9 * DAY)
    settle(by=hq, area=places.county)
    assert kept(hq) == [("他局", None)]
