"""A redraw takes along what the other rooms know: households keep their doors and get new codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from fangxian.common.actor import Actor
from fangxian.common.codes import parent
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.field.actions import (
    NewDisinfection,
    NewGateEntry,
    NewOutreach,
    NewPoint,
    NewRoundCheck,
    open_gate,
    plan_round,
    record_disinfection,
    record_gate_entry,
    record_outreach,
    record_round_check,
)
from fangxian.field.models import (
    Disinfection,
    Gate,
    GateEntry,
    Outreach,
    Point,
    Round,
    RoundCheck,
)
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


def test_gates_and_rounds_go_with_their_place(by: Actor, places: Places) -> None:
    """With all that was recorded there, which can't be changed otherwise."""
    gate = open_gate(by=by, place=places[places.building], name="东门", kind="quarter")
    entry = NewGateEntry(uuid7(), gate.id, "in", "pass", who="某人")
    record_gate_entry(by=by, entry=entry)
    walk = plan_round(
        by=by,
        place=places[places.building],
        name="巡查",
        times=1,
        first_at=dt.time(8),
        last_at=dt.time(20),
        points=[NewPoint("东门")],
    )
    with acting(by):
        point = Point.objects.get()
    record_round_check(by=by, check=NewRoundCheck(uuid7(), "fine", point_id=point.id))
    done = NewDisinfection(uuid7(), places.building, "lift", "chlorine", 500, 30)
    record_disinfection(by=by, disinfection=done)
    told = NewOutreach(uuid7(), places.building, "talk", "agreed", people=1)
    record_outreach(by=by, outreach=told)
    plan = actions.draft_of_present_grids(by=by, community_code=places.community)
    moved = places[places.building]
    plan = actions.move_part(by=by, plan_id=plan.id, version=1, building_id=str(moved.id), grid=2)
    actions.accept_grids(by=by, plan_id=plan.id, version=2, effective=DAY)
    redraw.apply(by=by, plan_id=plan.id)
    now = Region.objects.get(id=moved.id).code
    assert now.startswith(places.other_grid)
    with acting(by):
        rows = [
            Gate.objects.get(id=gate.id),
            GateEntry.objects.get(),
            Round.objects.get(id=walk.id),
            Point.objects.get(),
            RoundCheck.objects.get(),
            Disinfection.objects.get(),
            Outreach.objects.get(),
        ]
        assert {row.place_code for row in rows} == {now}
        assert rows[1].who == "某人"
    # What was recorded before is recorded still.
    assert record_gate_entry(by=by, entry=entry).result == "duplicate"
