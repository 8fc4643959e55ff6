"""Making, renaming, moving and ending places; free codes; lists of buildings."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.regions import actions, queries
from fangxian.regions.actions import BuildingRow
from fangxian.regions.models import Building, Region, RegionCode
from tests.kit.cast import make_places


@pytest.fixture
def editor(places):
    return Actor("editor", frozenset({"regions.edit"}), places.community, "test", purpose="drawing")


def test_the_next_free_code_is_given_and_details_are_kept(places, editor):
    made = actions.create_place(
        by=editor,
        parent_code=places.grid,
        name="6号楼",
        level=Level.BUILDING,
        kind="office_tower",
        address="和平路6号",
        households=40,
        longitude=116.8,
        latitude=38.3,
    )
    assert made.code == places.grid + "003"
    assert made.initials == "6hl"
    building = Building.objects.get(region=made)
    assert (building.kind_id, building.households, building.managed) == ("office_tower", 40, True)


def test_a_number_is_not_given_twice_while_others_are_free(places, editor):
    first = actions.create_place(by=editor, parent_code=places.grid, name="甲", level=18)
    actions.end_place(by=editor, code=first.code)
    second = actions.create_place(by=editor, parent_code=places.grid, name="乙", level=18)
    assert second.code == places.grid + "004"


def test_ended_numbers_are_used_when_no_other_is_left(places, editor):
    for number in range(3, 100):
        unit = actions.create_place(by=editor, parent_code=places.building, name="x", level=20)
        assert unit.code[-2:] == f"{number:02d}"
    actions.end_place(by=editor, code=places.building + "07")
    again = actions.create_place(by=editor, parent_code=places.building, name="x", level=20)
    assert again.code == places.building + "07"
    with pytest.raises(Invalid, match="all numbers from 1 to 99 are used"):
        actions.create_place(by=editor, parent_code=places.building, name="x", level=20)


@pytest.mark.parametrize(
    ("level", "parent", "field"),
    [
        (Level.UNIT, "130902001001001", "parent_code"),
        (Level.TOWN, "130902001001", "level"),
        (Level.BUILDING, "130902001001009", "parent_code"),
    ],
)
def test_wrong_levels_and_parents_are_refused(places, editor, level, parent, field):
    with pytest.raises(Invalid) as caught:
        actions.create_place(by=editor, parent_code=parent, name="x", level=level)
    assert caught.value.problems[0].field == field


def test_without_the_right_nothing_is_made(places, editor):
    with pytest.raises(Forbidden):
        actions.create_place(
            by=replace(editor, rights=frozenset()), parent_code=places.grid, name="x", level=18
        )
    with pytest.raises(Forbidden):
        actions.create_place(by=editor, parent_code="130903001001001", name="x", level=18)


def test_a_place_with_others_in_it_is_not_ended(places, editor):
    with pytest.raises(Invalid, match="still lies in it"):
        actions.end_place(by=editor, code=places.building)


def test_renaming_keeps_id_and_code(places, editor):
    before = queries.at(places.building)
    after = actions.rename_place(by=editor, code=places.building, name="向阳楼")
    assert (after.id, after.code, after.initials) == (before.id, before.code, "xyl")


def test_a_moved_building_keeps_its_id_and_its_former_code(places, editor):
    before = queries.at(places.building)
    day = dt.date(2024, 5, 1)
    moved = actions.move_place(by=editor, code=places.building, to=places.other_grid, on=day)
    assert moved.id == before.id
    assert moved.code == places.other_grid + "003"
    assert queries.at(moved.code + "01").id == places[places.unit].id
    assert queries.code_on(moved, dt.date(2024, 4, 30)) == before.code
    assert queries.code_on(moved, day) == moved.code
    assert queries.at_on(before.code, dt.date(2024, 4, 30)) == moved
    assert queries.at_on(before.code, day) is None
    above = queries.above_on(moved, dt.date(2024, 4, 30))
    assert [place.code for place in above][-2] == places.grid


def test_a_building_does_not_move_to_another_community(places, editor):
    with pytest.raises(Invalid, match="within its community"):
        actions.move_place(
            by=replace(editor, area=places.town),
            code=places.building,
            to=places.other_community + "001",
        )


def test_the_list_of_buildings_makes_changes_and_repeats_nothing(places, editor):
    rows = [
        BuildingRow(places.grid, "1号楼", households=60, units=(("1单元", 30), ("2单元", 30))),
        BuildingRow(places.grid, "2号楼", households=40, longitude=116.8, latitude=38.3),
        BuildingRow(places.other_grid, "1号楼", kind="dormitory"),
    ]
    first = actions.upsert_buildings(by=editor, rows=rows)
    assert (first.created, first.units_created) == (3, 2)
    assert [queries.by_id(i).code for i in first.ids] == [
        places.grid + "003",
        places.grid + "004",
        places.other_grid + "003",
    ]
    again = actions.upsert_buildings(by=editor, rows=rows)
    assert (again.created, again.changed, again.unchanged, again.units_created) == (0, 0, 3, 0)
    assert again.ids == first.ids
    changed = actions.upsert_buildings(by=editor, rows=[replace(rows[1], households=41)])
    assert changed.changed == 1
    assert Building.objects.get(region=first.ids[1]).households == 41


def test_a_bad_row_is_named_and_nothing_is_written(places, editor):
    before = Region.objects.count()
    with pytest.raises(Invalid) as caught:
        actions.upsert_buildings(
            by=editor,
            rows=[
                BuildingRow(places.grid, "1号楼"),
                BuildingRow(places.grid, "1号楼", kind="castle", row=12),
            ],
        )
    assert {(p.row, p.field) for p in caught.value.problems} == {(12, "name"), (12, "kind")}
    assert Region.objects.count() == before


def test_two_at_once_get_two_codes(fresh_database, django_db_blocker):
    with django_db_blocker.unblock():
        places = make_places()
        editor = Actor("editor", frozenset({"regions.edit"}), places.community, "test")

        def make(number: int) -> str:
            try:
                with acting(editor):
                    place = actions.create_place(
                        by=editor, parent_code=places.grid, name=f"{number}号楼", level=18
                    )
                    return place.code
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            codes = list(pool.map(make, range(8)))
    assert len(set(codes)) == 8


def test_the_database_moves_no_code_of_a_place_that_stays(places, editor):
    with (
        acting(editor),
        pytest.raises(DatabaseError, match="has not moved"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT fangxian_move_codes('regions_gridplan', 'place_code', %s, %s)",
            [[places.building], [places.other_grid + "009"]],
        )
    assert not RegionCode.objects.exists()
