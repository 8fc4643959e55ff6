"""A redraw takes along what the other rooms know: households keep their doors and get new codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from fangxian.common.actor import Actor
from fangxian.common.codes import parent
from fangxian.common.scoping import acting
from fangxian.regions import actions, queries, redraw
from fangxian.regions.models import Region
from fangxian.register.actions import create_household
from fangxian.register.models import Household
from tests.kit.cast import Places

DAY = dt.date(2024, 5, 1)


@pytest.fixture
def by(places: Places) -> Actor:
    return Actor.system("kit", places.community)


def households(by: Actor) -> dict[Any, tuple[Any, Any, str]]:
    with acting(by):
        rows = Household.objects.values_list("id", "building_id", "unit_id", "place_code")
        return {key: (building, unit, code) for key, building, unit, code in rows}


def test_every_household_keeps_its_door_and_gets_its_code(by: Actor, places: Places) -> None:
    for unit in queries.below(places.community, 20):
        for room in ("101", "102"):
            create_household(by=by, place_code=unit.code, room=room)
    for building in queries.below(places.community, 18):
        create_household(by=by, place_code=building.code, room="1")
    before = households(by)
    plan = actions.draft_of_present_grids(by=by, community_code=places.community)
    moved = str(places[places.building].id)
    plan = actions.move_part(by=by, plan_id=plan.id, version=1, building_id=moved, grid=2)
    actions.accept_grids(by=by, plan_id=plan.id, version=2, effective=DAY)
    redraw.apply(by=by, plan_id=plan.id)
    after = households(by)
    assert {k: v[:2] for k, v in after.items()} == {k: v[:2] for k, v in before.items()}
    codes = dict(Region.objects.values_list("id", "code"))
    assert all(code == codes[unit or building] for building, unit, code in after.values())
    here = [code for building, _unit, code in after.values() if str(building) == moved]
    assert len(here) == 5
    assert all(code.startswith(places.other_grid) for code in here)
    then = queries.above_on(places[places.unit], DAY - dt.timedelta(days=1))
    assert [place.id for place in then if place.level == 15] == [places[places.grid].id]
    now = queries.at(parent(codes[places[places.building].id]))
    assert now.id == places[places.other_grid].id
