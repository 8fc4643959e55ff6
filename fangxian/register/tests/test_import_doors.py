"""The building and unit of a row: what its name leaves open is refused, never another one."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.scoping import acting
from fangxian.regions.actions import create_building, rename_place
from fangxian.regions.actions.buildings import create_unit
from fangxian.regions.models import Region
from fangxian.register.models import Household
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import workbook
from fangxian.register.tests.test_import_households import refused

pytestmark = pytest.mark.django_db


def doors(by: Any) -> list[tuple[str, str, str]]:
    """Building, unit and room of the households."""
    with acting(by):
        found = Household.objects.select_related("building", "unit")
        return sorted((h.building.name, h.unit.name if h.unit else "", h.room) for h in found)


def take(by: Any, places: Any, headers: str, *rows: str, **more: Any) -> Any:
    """Rows of cells with | between; a name stands before each."""
    names = ["姓名", *headers.split("|")]
    cells = [
        [f"人{'甲乙丙丁戊己庚辛壬癸子丑'[at]}", *row.split("|")] for at, row in enumerate(rows)
    ]
    data = workbook([dict(zip(names, row, strict=True)) for row in cells], names)
    return imported(by, data, places.grid, **more)


def stand(by: Any, places: Any, *names: str) -> None:
    for name in names:
        create_building(by=by, grid_code=places.grid, name=name)


def test_what_stands_before_the_number_finds_its_building_or_none(alice, places):
    stand(
        alice, places, "1区3号楼", "2区3号楼", "东3排", "5号楼", "老6号楼", "李庄7号楼", "1-8号楼"
    )
    run = take(
        alice, places, "住址",
        "1区3号楼201", "二区3号楼202", "东3排3号", "1-8号楼204",
        "3区3号楼205", "西3排6号", "1区5号楼207", "6号楼208", "老5号楼209", "王庄7号楼210",
        "3号楼211", "2-8号楼212",
    )  # fmt: skip
    assert doors(alice) == [
        ("1-8号楼", "", "204"), ("1区3号楼", "", "201"), ("2区3号楼", "", "202"),
        ("东3排", "", "3"),
    ]  # fmt: skip
    assert refused(alice, run) == {n: ["building_elsewhere"] for n in range(6, 14)} | {
        12: ["several_buildings"]
    }


def test_the_column_of_buildings_says_as_much(alice, places):
    stand(alice, places, "1区3号楼", "2区3号楼", "4号楼东", "4号楼西", "13号楼", "城东9号楼")
    run = take(
        alice, places, "小区|楼号|房号",
        "|1区3号楼|101", "|2区3号楼|102", "|4号楼东|103", "|4号楼（西）|104", "|3|105", "|4|106",
        "|1-3|107", "城东|9|108", "|十三|109",
    )  # fmt: skip
    assert doors(alice) == [
        ("13号楼", "", "109"), ("1区3号楼", "", "101"), ("2区3号楼", "", "102"),
        ("4号楼东", "", "103"), ("4号楼西", "", "104"), ("城东9号楼", "", "108"),
    ]  # fmt: skip
    assert refused(alice, run) == {
        6: ["several_buildings"], 7: ["unknown_building"], 8: ["unknown_unit"],
    }  # fmt: skip


def test_units_of_any_name_are_found(alice, places):
    stand(alice, places, "3号楼", "4号楼")
    code = _code(alice, "3号楼")
    for name in ("东单元", "西单元", "2单元"):
        create_unit(by=alice, building_code=code, name=name)
    run = take(
        alice, places, "楼号|单元|房号",
        "3|东|501", "3|西|501", "3|二|501", "3|中|501", "3||501",
        "4|二|501", "4|三|501", "三|西单元|502",
    )  # fmt: skip
    assert doors(alice) == [
        ("3号楼", "2单元", "501"), ("3号楼", "东单元", "501"), ("3号楼", "西单元", "501"),
        ("3号楼", "西单元", "502"), ("4号楼", "", "2-501"), ("4号楼", "", "3-501"),
    ]  # fmt: skip
    assert refused(alice, run) == {5: ["unknown_unit"], 6: ["no_unit"]}


def _code(by: Any, name: str) -> str:
    with acting(by):
        return str(Region.objects.get(name=name).code)


def test_what_a_ledger_makes_it_finds_again(alice, places):
    rows = [
        "1区3号楼201",
        "2区3号楼201",
        "老6号楼101",
        "东3排5号",
        "6号楼101",
        "阳光花园二期1号楼101",
    ]
    options = {"make_places": True}
    run = take(alice, places, "住址", *rows, options=options)
    assert refused(alice, run) == {}
    assert [name for name, *_ in doors(alice)] == [
        "1区3号楼", "2区3号楼", "6号楼", "东3排", "老6号楼", "阳光花园二期1号楼",
    ]  # fmt: skip
    assert take(alice, places, "住址", *rows).changed == 0


def test_a_word_behind_the_number_makes_no_other_building(alice, places):
    stand(alice, places, "3号楼", "4号楼", "4号楼商业")
    run = take(
        alice, places, "楼号|房号",
        "3栋(高层)|101", "3号楼底商|102", "4号楼（商业）|103", "4号楼高层|104", "3号楼东|105",
        "3号楼A座|106", "3号楼（二期）|107",
    )  # fmt: skip
    assert doors(alice) == [
        ("3号楼", "", "101"), ("3号楼", "", "102"), ("4号楼", "", "104"),
        ("4号楼商业", "", "103"),
    ]  # fmt: skip
    assert refused(alice, run) == {n: ["unknown_building"] for n in (6, 7, 8)}


def test_b1_is_a_basement_where_no_such_building_is_known(alice, places):
    stand(alice, places, "3号楼")
    rows = ["3-B1-101|", "B1-102|3", "|第3号楼B1-103", "3号楼B1-104|", "B1-105|"]
    run = take(alice, places, "住址|楼号", *rows[:2], rows[3], rows[4])
    assert doors(alice) == [("3号楼", "", f"-{room}") for room in (101, 102, 104)]
    assert refused(alice, run) == {5: ["unknown_building"]}
    stand(alice, places, "B1号楼")
    take(alice, places, "住址", "B1-105", "3-B1-106")
    found = doors(alice)
    assert ("B1号楼", "", "105") in found
    assert ("3号楼", "", "-106") not in found
    run = take(alice, places, "楼号|房号", "3号楼|B1-201", "B1|B1-202", "|B1-203")
    assert refused(alice, run) == {}
    assert {("3号楼", "", "-201"), ("B1号楼", "", "202"), ("B1号楼", "", "203")} <= {*doors(alice)}


def test_what_columns_make_they_find_again(alice, places):
    rows = ["|1-3|2|501", "|C-1|2|502", "1|4|1|503", "城中2|5|1|504", "B|6|1|505"]
    head = "小区|楼号|单元|房号"
    run = take(alice, places, head, *rows, options={"make_places": True})
    assert refused(alice, run) == {}
    made = ["1-3号楼", "1-4号楼", "B-6号楼", "C-1号楼", "城中2-5号楼"]
    assert [name for name, *_ in doors(alice)] == made
    again = take(alice, places, head, *rows)
    assert (again.accepted, again.changed) == (5, 0)


def test_a_house_number_with_its_sign_is_the_same_house(alice, places):
    create_building(by=alice, grid_code=places.grid, name="2组", kind="village_group")
    first = take(alice, places, "小组|门牌号", "二组|18号", "2|19号附1号", "二|20")
    assert first.accepted == 3
    again = take(alice, places, "小组|门牌号", "2|18", "二组|19-1号", "2组|020号")
    assert (again.accepted, again.changed) == (3, 0)


@pytest.mark.parametrize("size", [1, 500])
def test_a_dormitory_is_one_household_whatever_heads_it_has(alice, places, size):
    stand(alice, places, "5号楼", "示例公司集体户")
    create_unit(by=alice, building_code=_code(alice, "5号楼"), name="1单元")
    rows = [
        "户主|家庭户|5号楼1单元101", "配偶|家庭户|5号楼1单元101",
        "户主|集体户|5号楼", "户主||5号楼集体宿舍", "|集体户|5号楼", "户主|集体户|5号楼1单元101",
        "户主||示例公司集体户", "||示例公司集体户", "户主||别处集体户",
    ]  # fmt: skip
    headers = "与户主关系|户别|住址"
    run = take(alice, places, headers, *rows, sizes={"size": size})
    assert refused(alice, run) == {10: ["unknown_building"]}
    with acting(alice):
        found = Household.objects.order_by("kind", "building__name", "room")
        assert [(h.kind, h.building.name, h.room, h.residencies.count()) for h in found] == [
            ("collective", "5号楼", "", 3), ("collective", "5号楼", "101", 1),
            ("collective", "示例公司集体户", "", 2), ("family", "5号楼", "101", 2),
        ]  # fmt: skip
    assert take(alice, places, headers, *rows, sizes={"size": size}).changed == 0


def test_groups_and_lanes_tell_buildings_apart(alice, places):
    stand(
        alice,
        places,
        "3组5号楼",
        "4组5号楼",
        "6号楼",
        "7组",
        "北街3巷12号",
        "金鱼胡同甲12号",
        "35号",
    )
    run = take(
        alice, places, "与户主关系|住址",
        *(f"户主|{door}" for door in (
            "三组5号楼101", "4组5号楼102", "三组6号楼103", "北街三巷12号", "金鱼胡同甲12号",
            "35号301", "5组5号楼104", "北街四巷12号", "金鱼胡同12号", "5号楼105", "7组8号楼106",
        )),
    )  # fmt: skip
    assert refused(alice, run) == {
        8: ["building_elsewhere"], 9: ["unknown_building"], 10: ["unknown_building"],
        11: ["several_buildings"], 12: ["unknown_building"],
    }  # fmt: skip
    assert doors(alice) == [
        ("35号", "", "301"), ("3组5号楼", "", "101"), ("4组5号楼", "", "102"), ("6号楼", "", "103"),
        ("北街3巷12号", "", ""), ("金鱼胡同甲12号", "", ""),
    ]  # fmt: skip


def test_a_building_is_found_by_the_name_that_it_had(alice, places):
    stand(alice, places, "幸福家园5号楼", "阳光小区5号楼", "幸福家园8号楼", "幸福家园9号楼")
    with acting(alice):
        codes = dict(
            Region.objects.filter(code__startswith=places.grid).values_list("name", "code")
        )
    for old, new in (
        ("幸福家园5号楼", "和谐1号楼"),
        ("幸福家园8号楼", "幸福家园10号楼"),
        ("幸福家园9号楼", "幸福家园8号楼"),
    ):
        rename_place(by=alice, code=codes[old], name=new)
    run = take(
        alice, places, "住址",
        "幸福家园5号楼201", "和谐1号楼202", "阳光小区5号楼203", "幸福家园8号楼204",
        "幸福家园9号楼205",
    )  # fmt: skip
    assert refused(alice, run) == {}
    summary = run.options["preview"]
    assert (summary["former_names"], summary["former_name_rows"]) == (2, [2, 6])
    assert doors(alice) == [
        ("和谐1号楼", "", "201"), ("和谐1号楼", "", "202"), ("幸福家园8号楼", "", "204"),
        ("幸福家园8号楼", "", "205"), ("阳光小区5号楼", "", "203"),
    ]  # fmt: skip
