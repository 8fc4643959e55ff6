"""What the room registers: invariants that find breaches, search, today's items, facts."""

from __future__ import annotations

import datetime as dt

import pytest

from fangxian.common.actor import Actor
from fangxian.common.facts import measures, plans
from fangxian.common.scoping import acting
from fangxian.regions import actions, queries, recode
from fangxian.regions.models import Building, BuildingUnit, GridPlan, Region, RegionCode
from fangxian.regions.registered import INVARIANTS, find, name_of, today
from tests.kit.cast import make_cast, make_places


def breaches():
    return {name: found for name, invariant in INVARIANTS if (found := list(invariant.find()))}


@pytest.fixture
def committed(fresh_database, django_db_blocker):
    """Places in a database with real commits: the check reads on a connection of its own."""
    with django_db_blocker.unblock():
        places = make_places()
        Building.objects.bulk_create(
            Building(region=p, kind_id="residential") for p in Region.objects.filter(level=18)
        )
        BuildingUnit.objects.bulk_create(
            BuildingUnit(region=p) for p in Region.objects.filter(level=20)
        )
        yield places


def test_the_check_finds_what_is_broken_and_nothing_else(committed):
    alice = make_cast(committed).actor("alice")
    assert breaches() == {}
    Region.objects.filter(code=committed.grid).update(valid_to=dt.date(2024, 1, 1))
    BuildingUnit.objects.filter(region__code=committed.unit).delete()
    with acting(alice):
        GridPlan.objects.create(
            place_code=committed.community,
            community=committed[committed.community],
            state="accepted",
            effective=dt.date(2024, 1, 1),
            parameters={},
            drawing=[],
        )
    assert set(breaches()) == {"regions.parents", "regions.details", "regions.drawings"}


def test_rows_left_at_a_former_code_are_found_and_caught_up(committed):
    alice = make_cast(committed).actor("alice")
    old = committed.building
    actions.move_place(by=alice, code=old, to=committed.other_grid)
    assert breaches() == {}
    with acting(alice):
        GridPlan.objects.create(
            place_code=old,
            community=committed[committed.community],
            state="withdrawn",
            parameters={},
            drawing=[],
        )
    (said,) = breaches()["regions.codes"][:1]
    assert old in said
    with acting(alice) as by:
        moved = recode.catch_up(by=by, area=committed.community)
    assert moved["regions_gridplan"] == 1
    assert breaches() == {}


def test_the_search_box_finds_places_in_the_area(alice, places):
    hits = find(alice, "第1网格", 10)
    assert [hit.url for hit in hits] == [f"/places/{places.grid}/"]
    assert places.grid in hits[0].detail
    assert find(Actor("nobody", frozenset(), places.community, "test"), "第1网格", 10) == []


def test_today_names_communities_without_grids_and_drafts(places):
    by = Actor("h", frozenset({"regions.draw"}), places.county, "test")
    with acting(by):
        assert list(today(by)) == []
        Region.objects.create(
            code=places.town + "003", name="新社区", level=12, valid_from=dt.date(2024, 1, 1)
        )
        actions.draft_of_present_grids(by=by, community_code=places.community)
        items = {item.kind: (item.count, item.url) for item in today(by)}
    assert items["uncovered"] == (1, f"/places/{places.town}003/grids/")
    assert items["due"][0] == 1


def test_facts_count(alice, places):
    Building.objects.create(region=places[places.building], kind_id="residential", households=42)
    with acting(alice):
        read = {
            one.name: plans.measured(one.name, alice, [places.community])[places.community]
            for one in measures
            if one.name.startswith("regions.")
        }
    assert read == {
        "regions.communities": 1,
        "regions.grids": 2,
        "regions.buildings": 4,
        "regions.units": 8,
        "regions.declared_households": 42,
    }


def test_names_of_codes(places):
    assert name_of(places.county) == "甲县"
    assert name_of("99") == "99"
    assert queries.names([places.county, "99"]) == {places.county: "甲县"}


def test_as_of_lookups_before_a_place_existed(places):
    assert queries.code_on(places[places.unit], dt.date(2019, 12, 31)) is None
    assert queries.at_on(places.unit, dt.date(2019, 12, 31)) is None
    assert queries.code_on(places[places.unit], dt.date(2021, 1, 1)) == places.unit
    assert not RegionCode.objects.exists()
