"""From a ledger to grids: households that are registered count where nobody declared a number."""

from __future__ import annotations

from uuid import UUID

import pytest

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.regions import actions
from fangxian.regions.models import Building
from fangxian.regions.sites import registered, sites_of
from fangxian.register.actions import create_household
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import person, workbook
from tests.kit.cast import Places

# Sixteen households at eight doors of two buildings that the ledger makes.
DOORS = [f"第{building}栋{unit}单元{room}室" for building in (8, 9) for unit in (1, 2)
         for room in (101, 102, 201, 202)]  # fmt: skip


def test_grids_are_drawn_from_an_imported_ledger(places: Places, alice: Actor) -> None:
    rows = [person(number, 现住址=door) for number, door in enumerate(DOORS)]
    run = imported(alice, workbook(rows), places.grid, options={"make_places": True})
    assert (run.accepted, run.rejected) == (16, 0)
    by = Actor.system("test", places.community)
    parameters = {"min_households": 1, "target_households": 8, "max_households": 16}
    plan = actions.draw_grids(by=by, community_code=places.community, parameters=parameters)
    assert sum(grid["households"] for grid in plan.report["grids"]) == 16
    assert {"code": "registered", "count": 2} in plan.parameters["notes"]
    with acting(by):
        counts = {UUID(place): n for place, n in plan.parameters["counts"].items()}
        again, _notes = sites_of(places.community, counts)
    assert sum(site.households for site in again) == 16
    assert sorted(len(site.units) for site in again if site.households) == [2, 2]


def test_a_declared_number_stands(places: Places, alice: Actor) -> None:
    region = places[places.building]
    Building.objects.create(region=region, kind_id="residential", number="1", households=48)
    create_household(by=alice, place_code=places.unit, room="101")
    with acting(alice):
        assert registered(places.community) == ({}, [])
        (site, *_others) = sites_of(places.community, registered(places.community)[0])[0]
    assert site.households == 48


@pytest.mark.parametrize("in_units", [True, False])
def test_units_are_counted_if_the_register_knows_them(
    places: Places, alice: Actor, in_units: bool
) -> None:
    for room in ("101", "102", "103"):
        at = places.unit if in_units else places.building
        create_household(by=alice, place_code=at, room=room)
    with acting(alice):
        counts, notes = registered(places.community)
        (site, *_others) = sites_of(places.community, counts)[0]
    assert [(note.code, note.count) for note in notes] == [("registered", 1)]
    assert site.households == 3
    assert [unit.households for unit in site.units] == ([3, 0] if in_units else [2, 1])
