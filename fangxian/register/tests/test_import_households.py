"""Which household a row belongs to: without rooms, at wrong doors, moving, side by side."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from fangxian.common.scoping import acting
from fangxian.common.sheets import find_table, read_workbook
from fangxian.core import imports
from fangxian.core.actions import read_file
from fangxian.core.models import ImportRow
from fangxian.people.models import Person
from fangxian.regions.actions import create_building
from fangxian.register.models import Household, Residency
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import HEADERS, identity, person, workbook

pytestmark = pytest.mark.django_db
GROUP = ["姓名", "身份证号", "与户主关系", "小组", "户号", "户主姓名"]


def homes(by: Any) -> list[tuple[str, str, list[str]]]:
    """State, room and residents of every household that is not closed."""
    with acting(by):
        found = []
        for home in Household.objects.exclude(state="closed"):
            lives = Residency.objects.filter(household=home, to_date=None)
            names = sorted(lives.values_list("person__name", flat=True))
            found.append((home.state, home.room, names))
        return sorted(found)


def refused(by: Any, run: Any) -> dict[int, list[str]]:
    with acting(by):
        found = list(imports.problems_of(run))
    return {
        imports.place_of(number)[0]: [problem.code for problem in problems]
        for number, _values, problems in found
    }


def side_by_side(left: list[list[str]], right: list[list[str]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("台账")
    headers = ["姓名", "身份证号", "现住址"]
    sheet.write_row(0, 0, headers + headers)
    for column, rows in ((0, left), (3, right)):
        for at, row in enumerate(rows, start=1):
            sheet.write_row(at, column, row)
    book.close()
    return out.getvalue()


def short(number: int, **changes: str) -> list[str]:
    row = person(number, **changes)
    return [row["姓名"], row["身份证号"], row["现住址"]]


@pytest.mark.parametrize(("left", "right"), [(5, 5), (5, 3), (1, 4)])
def test_both_halves_of_a_ledger_side_by_side_come_in(alice, places, left, right):
    data = side_by_side(
        [short(n) for n in range(left)], [short(n) for n in range(left, left + right)]
    )
    run = imported(alice, data, places.grid)
    assert (run.rows_in, run.accepted) == (left + right, left + right)
    with acting(alice):
        assert Person.objects.count() == left + right
    assert imported(alice, data, places.grid).changed == 0


def test_the_wrong_half_of_a_row_is_marked(alice, places):
    data = side_by_side([short(0), short(1)], [short(2), short(3, 身份证号="130999198001010009")])
    run = imported(alice, data, places.grid)
    assert (run.rows_in, run.accepted, run.rejected) == (4, 3, 1)
    assert list(refused(alice, run)) == [3]
    book = read_workbook(read_file(by=alice, file_id=run.result_file_id), "a.xlsx")
    found = find_table(book.sheets[0])
    rows = list(book.sheets[0].rows)[1:]
    assert ["".join(map(str, row[found.error_column :])) != "" for row in rows] == [False, True]


def village(by: Any, places: Any) -> None:
    create_building(by=by, grid_code=places.grid, name="3组", kind="village_group")


def member(name: str, relation: str, **more: str) -> dict[str, str]:
    return {"姓名": name, "与户主关系": relation, "小组": "3组"} | more


def test_a_refused_head_does_not_give_its_people_to_the_household_above(alice, places):
    village(alice, places)
    rows = [
        member("甲一", "户主"),
        member("甲二", "妻"),
        member("乙一", "户主", 身份证号="130999"),
        member("乙二", "妻"),
        member("乙三", "子"),
        member("", "户主"),
        member("丙二", "妻"),
    ]
    data = workbook(rows, GROUP)
    run = imported(alice, data, places.grid)
    assert sorted(refused(alice, run)) == [4, 7, 8]
    wanted = [["甲一", "甲二"], ["乙三", "乙二"]]
    assert [names for *_, names in homes(alice)] == sorted(sorted(one) for one in wanted)
    again = imported(alice, data, places.grid)
    assert again.changed == 0
    assert len(homes(alice)) == 2


@pytest.mark.parametrize("size", [1, 3, 500])
def test_a_household_whose_head_is_only_told_is_one(alice, places, size):
    village(alice, places)
    rows = [member(name, "", 户主姓名="王示例") for name in ("甲一", "甲二", "甲三")]
    data = workbook(rows, GROUP)
    imported(alice, data, places.grid, sizes={"size": size})
    assert [names for *_, names in homes(alice)] == [["甲一", "甲三", "甲二"]]
    assert imported(alice, data, places.grid, sizes={"size": size}).changed == 0
    # The head comes in later: the household moves with it and leaves no empty one behind.
    whole = workbook([member("王示例", "户主"), *rows], GROUP)
    imported(alice, whole, places.grid, sizes={"size": size})
    assert [(state, names) for state, _room, names in homes(alice)] == [
        ("lived_in", ["王示例", "甲一", "甲三", "甲二"])
    ]


def test_a_household_number_tells_households_of_a_group_apart(alice, places):
    village(alice, places)
    rows = [member(f"甲{n}", "户主" if n in "一三" else "妻", 户号="1" if n in "一二" else "2")
            for n in "一二三四"]  # fmt: skip
    data = workbook(rows, GROUP)
    imported(alice, data, places.grid)
    assert [names for *_, names in homes(alice)] == [["甲一", "甲二"], ["甲三", "甲四"]]
    assert imported(alice, data, places.grid).changed == 0


@pytest.mark.parametrize("size", [1, 500])
def test_families_that_swap_flats_leave_no_empty_door(alice, places, size):
    headers = ["姓名", "身份证号", "现住址"]
    rooms = ("第1栋1单元101室", "第1栋1单元102室")
    rows = [person(n, 现住址=rooms[n // 2]) for n in range(4)]
    imported(alice, workbook(rows, headers), places.grid)
    swapped = [person(n, 现住址=rooms[1 - n // 2]) for n in range(4)]
    run = imported(alice, workbook(swapped, headers), places.grid, sizes={"size": size})
    assert run.changed == 4
    assert [(state, room) for state, room, _names in homes(alice)] == [
        ("lived_in", "101"), ("lived_in", "102"),
    ]  # fmt: skip


def test_who_moves_out_leaves_the_door_empty(alice, places):
    imported(alice, workbook([person(0)]), places.grid)
    imported(alice, workbook([person(0, 现住址="第1栋1单元900室")]), places.grid)
    assert [(state, room) for state, room, _names in homes(alice)] == [
        ("empty", "100"), ("lived_in", "900"),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 3, 500])
def test_a_new_head_may_stand_far_above_the_one_who_leaves(alice, places, size):
    imported(alice, workbook([person(0), person(1)]), places.grid)
    rows = [
        person(9, 现住址="第1栋1单元100室", 与户主关系="户主"),
        *(person(n) for n in range(20, 24)),
        person(0, 现住址="第1栋1单元900室"),
    ]
    data = workbook(rows)
    sizes = {"size": size}
    run = imported(alice, data, places.grid, sizes=sizes)
    assert refused(alice, run) == {}
    assert run.options["preview"]["counts"] == {"new": 5, "moved": 1}
    again = imported(alice, data, places.grid, sizes=sizes)
    assert (again.accepted, again.changed) == (6, 0)


def test_a_building_of_this_name_in_another_estate_is_not_the_door(alice, places):
    create_building(by=alice, grid_code=places.grid, name="幸福小区7号楼")
    rows = [
        person(0, 现住址="阳光花园7号楼1单元101室"),
        person(3, 现住址="幸福小区7号楼1单元101室"),
        person(6, 现住址="7号楼1单元102室"),
    ]
    run = imported(alice, workbook(rows), places.grid)
    assert refused(alice, run) == {2: ["building_elsewhere"]}
    made = imported(alice, workbook(rows), places.grid, options={"make_places": True})
    # Two estates have a building 7 now: the row that names none has to.
    assert refused(alice, made) == {4: ["several_buildings"]}


def test_a_building_in_another_grid_is_not_the_door(alice, places):
    rows = [
        person(0, 现住址="5号楼101室") | {"网格": "第1网格"},
        person(3, 现住址="5号楼102室") | {"网格": "第2网格"},
    ]
    create_building(by=alice, grid_code=places.grid, name="5号楼")
    run = imported(alice, workbook(rows, [*HEADERS, "网格"]), places.community)
    assert refused(alice, run) == {3: ["building_elsewhere"]}


def test_road_and_number_find_the_building(alice, places):
    create_building(by=alice, grid_code=places.grid, name="人民路12号")
    create_building(by=alice, grid_code=places.grid, name="建设路14号院3号楼")
    create_building(by=alice, grid_code=places.grid, name="建设路16号院3号楼")
    rows = [
        person(0, 现住址="人民路12号501"),
        person(3, 现住址="建设路14号院3号楼101"),
        person(6, 现住址="建设路16号院3号楼102"),
        person(9, 现住址="建设路18号院3号楼103"),
        person(12, 现住址="3号楼104"),
        person(15, 现住址="人民路112号505"),
    ]
    run = imported(alice, workbook(rows), places.grid)
    assert refused(alice, run) == {
        5: ["building_elsewhere"], 6: ["several_buildings"], 7: ["unknown_building"],
    }  # fmt: skip
    with acting(alice):
        found = {
            (home.building.name, home.room) for home in Household.objects.select_related("building")
        }
    assert found == {
        ("人民路12号", "501"), ("建设路14号院3号楼", "101"), ("建设路16号院3号楼", "102"),
    }  # fmt: skip


def test_streets_and_courts_are_made_when_asked(alice, places):
    rows = [
        person(0, 现住址="人民路12号1单元501室"),
        person(3, 现住址="建设路14号院3号楼2单元101室"),
    ]
    run = imported(alice, workbook(rows), places.grid, options={"make_places": True})
    assert refused(alice, run) == {}
    assert imported(alice, workbook(rows), places.grid).changed == 0


@pytest.mark.parametrize("order", [1, -1])
def test_the_preview_knows_the_units_that_will_be_made(alice, places, order):
    rows = [
        person(0, 现住址="9号楼1单元101室"),
        person(3, 现住址="9号楼2单元201室"),
        person(6, 现住址="9号楼301室"),
        person(9, 现住址="8号楼1单元101室"),
        person(12, 现住址="8号楼102室"),
    ][::order]
    run = imported(alice, workbook(rows), places.grid, options={"make_places": True})
    assert len(refused(alice, run)) == 1
    assert run.options["preview"]["counts"] == {"new": 4, "refused": 1}


def test_an_empty_dwelling_is_kept_as_one(alice, places):
    headers = [*HEADERS, "居住状态"]
    vacant = {"现住址": "第1栋1单元301室", "居住状态": "空置"}
    data = workbook([person(0), vacant, {"现住址": "第1栋1单元302室"}], headers)
    run = imported(alice, data, places.grid)
    assert refused(alice, run) == {4: ["required"]}
    assert [(state, room) for state, room, _names in homes(alice)] == [
        ("empty", "301"), ("lived_in", "100"),
    ]  # fmt: skip
    assert imported(alice, data, places.grid).changed == 0
    lived_in = workbook([vacant | {"现住址": "第1栋1单元100室"}], headers)
    assert refused(alice, imported(alice, lived_in, places.grid)) == {2: ["lived_in"]}
    moved = workbook(
        [vacant | {"现住址": "第1栋1单元100室"}, person(0, 现住址="第1栋1单元301室")], headers
    )
    assert refused(alice, imported(alice, moved, places.grid)) == {}
    assert [(state, room) for state, room, _names in homes(alice)] == [
        ("empty", "100"), ("lived_in", "301"),
    ]  # fmt: skip


def test_a_yes_means_what_its_column_asks(alice, places):
    rows = [person(0) | {"是否租住": "是"}, person(3) | {"是否租住": "否"}]
    imported(alice, workbook(rows, [*HEADERS, "是否租住"]), places.grid)
    with acting(alice):
        lives = Residency.objects.order_by("household__room")
        assert list(lives.values_list("kind", flat=True)) == ["tenant", "registered"]


def test_a_ledger_with_one_row_a_household_names_its_heads(alice, places):
    headers = ["户主姓名", "户主身份证号", "人口数", "户主电话", "现住址"]
    rows = [
        {"户主姓名": "甲乙丙"[n] + "示例", "户主身份证号": identity(n), "人口数": "3",
         "户主电话": f"1380000000{n}", "现住址": f"第1栋1单元{100 + n}室"}
        for n in range(3)
    ]  # fmt: skip
    run = imported(alice, workbook(rows, headers), places.grid)
    assert run.accepted == 3
    with acting(alice):
        lives = Residency.objects.values_list("relation", flat=True)
        assert set(lives) == {"head"}
        assert Person.objects.filter(documents=None).count() == 0
        assert Person.objects.filter(phones=None).count() == 0


def test_what_is_filled_in_the_rows_of_heads_alone_is_carried_down(alice, places):
    headers = ["姓名", "身份证号", "与户主关系", "楼号", "单元", "室"]
    rows = []
    for n in range(6):
        door = {"楼号": "1", "单元": "1", "室": str(101 + n // 3)} if n % 3 == 0 else {}
        row = person(n) | door
        rows.append({name: row.get(name, "") for name in headers})
    data = workbook(rows, headers)
    run = imported(alice, data, places.grid)
    assert (run.accepted, run.rejected) == (6, 0)
    assert [len(names) for *_, names in homes(alice)] == [3, 3]
    plain = imported(alice, data, places.grid, carry=[])
    assert plain.rejected == 4
    # As decided the last time.
    assert imported(alice, data, places.grid).rejected == 4


def test_a_head_without_a_door_does_not_come_into_the_family_above(alice, places):
    headers = ["姓名", "身份证号", "与户主关系", "现住址"]
    rows = [person(n) for n in range(12)]
    for n, row in enumerate(rows):
        row["现住址"] = f"1-1-{101 + n // 3}" if n % 3 == 0 and n != 9 else ""
    run = imported(alice, workbook(rows, headers), places.grid, carry=["现住址"])
    assert (run.accepted, run.rejected) == (9, 3)
    problems = run.options["preview"]["problems"]
    assert [(row, field) for row, field, *_ in problems] == [(n, "address") for n in (11, 12, 13)]
    assert all("above" in mend or "上一格" in mend for *_, mend in problems)
    assert [len(names) for *_, names in homes(alice)] == [3, 3, 3]


def test_the_name_of_the_head_marks_households_where_no_column_tells_the_relation(alice, places):
    rows = [person(n) for n in range(6)]
    for n, row in enumerate(rows):
        first = n % 3 == 0
        row["户主"] = row["姓名"] if first else ""
        row["现住址"] = f"1-1-{101 + n // 3}" if first else ""
    run = imported(alice, workbook(rows, ["户主", "姓名", "身份证号", "现住址"]), places.grid)
    assert (run.accepted, run.rejected) == (6, 0)
    assert [len(names) for *_, names in homes(alice)] == [3, 3]
    assert set(heads(alice).values()) == {rows[0]["姓名"], rows[3]["姓名"]}


def test_as_above_is_understood_within_a_household(alice, places):
    rows = [person(n) for n in range(6)]
    for n, row in enumerate(rows):
        row["户籍地址"] = "同上" if n % 3 else f"示例路{n}号"
        row["手机号"] = "〃" if n == 1 else row["手机号"]
        row["现住址"] = "同上" if n in (1, 3) else row["现住址"]
    headers = ["姓名", "身份证号", "与户主关系", "现住址", "手机号", "户籍地址"]
    run = imported(alice, workbook(rows, headers), places.grid)
    assert (run.accepted, run.rejected) == (5, 1)
    problems = run.options["preview"]["problems"]
    assert {(row, field) for row, field, *_ in problems} == {(5, "address")}
    with acting(alice):
        addresses = dict(Person.objects.values_list("name", "registered_address"))
    assert addresses[rows[1]["姓名"]] == "示例路0号"
    assert "同上" not in addresses.values()
    assert imported(alice, workbook(rows, headers), places.grid).changed == 0


def test_marks_down_a_whole_column_are_read_in_the_rows_of_heads_too(alice, places):
    rows = [person(n) for n in range(6)]
    for n, row in enumerate(rows):
        row |= {"民族": "回" if n == 0 else "〃", "工作单位": "同上", "户籍地址": "〃"}
        row["楼栋"], row["房号"] = "1" if n == 0 else "〃", f"10{1 + n // 3}"
        row["单元"], row["房号"] = row["楼栋"], "〃" if n % 3 else row["房号"]
    headers = ["姓名", "身份证号", "与户主关系", "楼栋", "单元", "房号"]
    headers += ["民族", "工作单位", "户籍地址"]
    run = imported(alice, workbook(rows, headers), places.grid)
    assert refused(alice, run) == {}
    assert [(room, len(names)) for _state, room, names in homes(alice)] == [("101", 3), ("102", 3)]
    with acting(alice):
        told = set(Person.objects.values_list("ethnicity", "employer", "registered_address"))
    assert told == {("03", "", "")}


def test_as_above_below_a_head_named_once_a_household(alice, places):
    rows = [person(n) for n in range(6)]
    for n, row in enumerate(rows):
        row["户主姓名"] = "" if n % 3 else row["姓名"]
        row["现住址"] = "同上" if n % 3 else f"1-1-{101 + n // 3}"
    headers = ["户主姓名", "姓名", "身份证号", "现住址"]
    run = imported(alice, workbook(rows, headers), places.grid)
    assert refused(alice, run) == {}
    assert [(room, len(names)) for _state, room, names in homes(alice)] == [("101", 3), ("102", 3)]


def test_rows_stay_where_they_are_staged(alice, places):
    run = previewed(alice, workbook([person(n) for n in range(3)]), places.grid)
    with acting(alice):
        assert list(ImportRow.objects.filter(run=run).values_list("number", flat=True)) == [2, 3, 4]


def heads(alice):
    with acting(alice):
        rows = Residency.objects.filter(to_date=None, relation="head").select_related("person")
        return {row.household.room: row.person.name for row in rows}


def lodger(number, room, **more):
    return person(number, 与户主关系="户主", 现住址=f"第1栋1单元{room}室", **more)


@pytest.mark.parametrize("size", [1, 2, 500])
@pytest.mark.parametrize("count", [2, 3])
def test_heads_who_take_over_each_others_households_move_together(alice, places, size, count):
    names = [person(n)["姓名"] for n in range(count)]
    rooms = [f"{101 + n}" for n in range(count)]
    imported(alice, workbook([lodger(n, rooms[n]) for n in range(count)]), places.grid)
    assert heads(alice) == dict(zip(rooms, names, strict=True))
    # One more who wants the first household, and one who stays where he is.
    ring = [lodger(n, rooms[n - 1]) for n in range(count)]
    data = workbook([lodger(7, rooms[0]), lodger(8, "201"), *ring])
    run = imported(alice, data, places.grid, sizes={"size": size})
    assert refused(alice, run) == {2: ["second_head"]}
    assert run.options["preview"]["counts"] == {"refused": 1, "new": 1, "moved": count}
    wanted = {rooms[n - 1]: names[n] for n in range(count)} | {"201": person(8)["姓名"]}
    assert heads(alice) == wanted
    with acting(alice):
        assert set(Household.objects.values_list("state", flat=True)) == {"lived_in"}
    again = imported(alice, data, places.grid, sizes={"size": size})
    assert (again.changed, heads(alice)) == (0, wanted)


@pytest.mark.parametrize("size", [1, 500])
def test_nobody_moves_into_the_household_of_a_head_who_may_not_leave(alice, places, size):
    imported(alice, workbook([lodger(0, "101"), lodger(1, "102")]), places.grid)
    before = heads(alice)
    data = workbook([lodger(0, "102"), lodger(1, "101", 姓名="他人")])
    run = imported(alice, data, places.grid, sizes={"size": size})
    assert refused(alice, run) == {2: ["second_head"], 3: ["other_name"]}
    assert heads(alice) == before
