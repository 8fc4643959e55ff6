"""The list of buildings: out in the form in which it is read, and back unchanged or corrected."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.common.sheets import cell_text, read_workbook
from fangxian.common.sheets.words import known_field
from fangxian.core.imports import problems_of
from fangxian.core.models import ImportRun
from fangxian.core.tests.importing import imported
from fangxian.regions import actions, queries
from fangxian.regions.models import Building, Region, RegionChange
from fangxian.register.exporting import rows, written
from fangxian.register.importing.buildings import FIELDS, KIND
from fangxian.register.importing.units import text_of
from fangxian.register.tests.ledgers import workbook
from tests.kit.cast import Places


@pytest.fixture
def clerk(places: Places) -> Actor:
    return Actor.system("test", places.county)


@pytest.fixture
def grid(clerk: Actor, places: Places) -> str:
    """A grid with buildings of many looks, in a community with two grids of one name."""
    code = places.community
    made = actions.create_place(by=clerk, parent_code=code, name="第2网格", level=Level.GRID)
    for name, details in (
        ("3", {"number": "007", "households": 0, "managed": False}),
        ("幸福家园 5号楼", {"longitude": 116.123456789, "latitude": 38.3, "address": "幸福路１号"}),
        ("第4组", {"kind": "village_group"}),
    ):
        actions.create_building(by=clerk, grid_code=made.code, name=name, **details)
    with acting(clerk):
        Region.objects.filter(code=code).update(longitude=116.12, latitude=38.3)
        home = queries.below(made.code, Level.BUILDING).get(name="3")
    for name, count in (("东单元", 12), ("西单元", None)):
        actions.create_unit(by=clerk, building_code=home.code, name=name, households=count)
    return str(made.code)


def _stored(by: Actor, area: str) -> list[Any]:
    with acting(by):
        places = queries.inside(area).order_by("code")
        return [
            list(places.values_list("code", "name", "longitude", "latitude", "unit__households")),
            list(Building.objects.order_by("region__code").values()),
        ]


def _table(by: Actor, area: str) -> list[dict[str, Any]]:
    with acting(by):
        return [dict(zip([f.name for f in FIELDS], row, strict=True)) for row in rows(area)]


def _sent(by: Actor, table: list[dict[str, Any]], area: str, **choices: Any) -> ImportRun:
    data = workbook(
        [
            {str(f.label): "" if row.get(f.name) is None else str(row[f.name]) for f in FIELDS}
            for row in table
        ],
        [str(f.label) for f in FIELDS],
    )
    return imported(by, data, area, kind=KIND, **choices)


def _codes(by: Actor, run: ImportRun) -> list[str]:
    with acting(by):
        return [p.code for _number, _values, found in problems_of(run) for p in found]


def _refused(by: Actor, run: ImportRun) -> list[tuple[str, str]]:
    """Field and code of what is wrong, in the order of the rows."""
    with acting(by):
        return [(p.field, p.code) for _number, _values, found in problems_of(run) for p in found]


def test_what_goes_out_comes_back_unchanged(clerk: Actor, places: Places, grid: str) -> None:
    before = _stored(clerk, places.county)
    with acting(clerk):
        data = written(places.county)
    for _time in range(2):
        run = imported(clerk, data, places.county, kind=KIND)
        assert (run.rejected, run.changed) == (0, 0)
        assert run.rows_in == len(_table(clerk, places.county))
    assert _stored(clerk, places.county) == before
    head = read_workbook(data, "楼栋.xlsx").sheets[0].rows[0]
    assert [known_field(cell_text(cell)) for cell in head] == [f.vocabulary for f in FIELDS]


def test_another_name_beside_the_code_renames(clerk: Actor, places: Places, grid: str) -> None:
    table = _table(clerk, grid)
    fifth = next(row for row in table if row["building"] == "幸福家园 5号楼")
    before = dict(fifth)
    fifth["building"] = "和谐楼"
    run = _sent(clerk, table, places.county)
    assert (run.rejected, run.changed) == (0, 1)
    assert _sent(clerk, table, places.county).changed == 0
    with acting(clerk):
        place = queries.at(fifth["building_code"])
        assert (place.name, place.initials) == ("和谐楼", "hxl")
        assert place.building.address == "幸福路１号"
        kept = RegionChange.objects.get(to_place=place)
        assert (kept.kind, kept.from_name) == ("rename", before["building"])
        found = queries.search(before["building"])
        assert [(hit.place, hit.old_name) for hit in found] == [(place, before["building"])]
    # Without a code its former name may mean a new building: nothing of the known one is changed.
    older = before | {"building_code": "", "building": "幸福家园5栋", "households_count": 7}
    run = _sent(clerk, [older], places.county)
    assert _refused(clerk, run) == [("building", "former_name")]
    # In a list that has the renamed one too, it is new.
    run = _sent(clerk, [older, fifth], places.county)
    assert (run.rejected, run.changed) == (0, 1)
    with acting(clerk):
        named = queries.below(places.community, Level.BUILDING).filter(
            name__in=["幸福家园5栋", "和谐楼"]
        )
        counts = named.values_list("name", "building__households")
        assert dict(counts) == {"幸福家园5栋": 7, "和谐楼": None}


@pytest.mark.parametrize("sizes", [{}, {"size": 1}])
def test_a_new_building_takes_a_name_that_the_list_gives_up(
    clerk: Actor, places: Places, grid: str, sizes: dict[str, int]
) -> None:
    table = _table(clerk, grid)
    known = next(row for row in table if row["building"] == "幸福家园 5号楼")
    new = {
        "community_code": places.community, "building": "幸福家园5号楼", "grid": "第1网格",
        "units_count": 2,
    }  # fmt: skip
    run = _sent(clerk, [new, known | {"building": "和谐楼"}], places.county, sizes=sizes)
    assert run.options["preview"]["counts"] == {"changed": 2}
    assert (run.rejected, run.changed) == (0, 2)
    with acting(clerk):
        made = queries.below(places.grid, Level.BUILDING).get(name="幸福家园5号楼")
        units = queries.below(made.code, Level.UNIT).values_list("name", flat=True)
        assert list(units) == ["1单元", "2单元"]
        renamed = queries.at(known["building_code"])
        assert renamed.name == "和谐楼"
        assert not queries.below(renamed.code, Level.UNIT).exists()


@pytest.mark.parametrize("sizes", [{}, {"size": 1}])
def test_a_building_that_keeps_its_name_is_not_meant_by_another_row(
    clerk: Actor, places: Places, grid: str, sizes: dict[str, int]
) -> None:
    table = _table(clerk, grid)
    known, group = (
        next(row for row in table if row[name] == value)
        for name, value in (("building", "幸福家园 5号楼"), ("village_group", "第4组"))
    )
    before = _stored(clerk, places.county)
    rows = [
        {"community_code": places.community, "building": "幸福家园5栋", "households_count": 8},
        known | {"building": "第4组"},
        group | {"village_group": "第1栋", "grid": "第1网格"},
        known | {"building": "和谐楼"},
        group | {"estate": "园" * 99, "village_group": "组" * 99},
    ]
    run = _sent(clerk, rows, places.county, sizes=sizes)
    assert _refused(clerk, run) == [
        ("building", "twice"), ("building", "name_taken"), ("village_group", "name_taken"),
        ("building", "twice"), ("village_group", "twice"),
    ]  # fmt: skip
    run = _sent(clerk, rows[-1:], places.county, sizes=sizes)
    assert _refused(clerk, run) == [("village_group", "invalid")]
    assert _stored(clerk, places.county) == before


def test_buildings_exchange_names_but_two_never_have_one(
    clerk: Actor, places: Places, grid: str
) -> None:
    for name in ("甲楼", "乙楼"):
        actions.create_building(by=clerk, grid_code=grid, name=name)
    first, second = (row for row in _table(clerk, grid) if row["building"] in ("甲楼", "乙楼"))
    names = first["building"], second["building"]
    run = _sent(clerk, [first | {"building": names[1]}], places.county)
    assert _codes(clerk, run) == ["name_taken"]
    swapped = [first | {"building": names[1]}, second | {"building": names[0]}]
    run = _sent(clerk, swapped, places.county, sizes={"size": 1})
    assert (run.rejected, run.changed) == (0, 2)
    with acting(clerk):
        for row in swapped:
            assert queries.at(row["building_code"]).name == row["building"]


def test_another_grid_moves_within_the_community_only(
    clerk: Actor, places: Places, grid: str
) -> None:
    table = _table(clerk, grid)
    group = next(row for row in table if row["village_group"])
    with acting(clerk):
        place = queries.at(group["building_code"])
    away = group | {"community_code": places.other_community, "grid": ""}
    assert _codes(clerk, _sent(clerk, [away], places.county)) == ["lies_elsewhere"]
    unknown = group | {"building_code": places.community + "999001"}
    assert _codes(clerk, _sent(clerk, [unknown], places.county)) == ["no_building"]
    moved = group | {"grid": places.grid}
    for changed in (1, 0):
        run = _sent(clerk, [moved], places.county)
        assert (run.rejected, run.changed) == (0, changed)
    with acting(clerk):
        place.refresh_from_db()
        assert place.code.startswith(places.grid)
        assert queries.search(group["building_code"])[0].place == place


@pytest.mark.parametrize(
    ("units", "text"),
    [
        ([], ""),
        ([("1单元", None), ("2单元", None)], "1单元、2单元"),
        ([("东单元", 12), ("西单元", None)], "东单元：12、西单元"),
        ([("1", None)], "1"),
        ([("东（北）", None), ("西", 3)], "2"),
        ([("甲", None), ("甲", None)], ""),
        ([(f"{n}单元", 30) for n in range(1, 41)], "40"),
    ],
)
def test_units_are_written_as_they_are_read(units: list[Any], text: str) -> None:
    assert text_of(units) == text


def test_who_changes_places_takes_the_list_away(places: Places, grid: str, client_of: Any) -> None:
    address = reverse("register:export_buildings", args=[places.community])
    page = client_of("alice").get(reverse("regions:place", args=[places.community]))
    assert address in page.content.decode()
    sent = client_of("alice").post(address)
    assert len(read_workbook(b"".join(sent), "楼栋.xlsx").sheets[0].rows) == 4
    assert client_of("bob").post(address).status_code in (403, 404)
