"""Whose people stand behind a door with a number: several families, other heads, new numbers."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.scoping import acting
from fangxian.register.models import Household, Residency
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import HEADERS, identity, workbook
from fangxian.register.tests.test_import_households import refused

pytestmark = pytest.mark.django_db
DOOR = "第1栋1单元401"


def row(name: str, relation: str = "", door: str = DOOR, **more: str) -> dict[str, str]:
    return {"姓名": name, "与户主关系": relation, "现住址": door} | more


def family(a: str, **more: str) -> list[dict[str, str]]:
    return [row(f"{a}一", "户主", **more), row(f"{a}二", "妻", **more), row(f"{a}三", "子", **more)]


def take(by: Any, rows: list[dict[str, str]], places: Any, *columns: str, size: int = 500) -> Any:
    data = workbook(rows, [*HEADERS, *columns])
    return imported(by, data, places.grid, sizes={"size": size})


def homes(by: Any) -> list[tuple[str, str, list[str]]]:
    """Number, room and residents of each household."""
    with acting(by):
        return sorted(
            (
                home.number,
                home.room,
                sorted(
                    Residency.objects.filter(household=home, to_date=None).values_list(
                        "person__name", flat=True
                    )
                ),
            )
            for home in Household.objects.all()
        )


@pytest.mark.parametrize("size", [1, 2, 500])
def test_the_people_of_a_second_head_do_not_join_the_first_family(alice, places, size):
    rows = family("甲") + family("乙") + [row("丙一", "户主", "第1栋1单元402")]
    run = take(alice, rows, places, size=size)
    assert (run.rows_in, run.accepted, run.rejected) == (7, 4, 3)
    assert refused(alice, run) == {5: ["second_head"], 6: ["other_head"], 7: ["other_head"]}
    wanted = [("", "401", ["甲一", "甲三", "甲二"]), ("", "402", ["丙一"])]
    assert homes(alice) == wanted
    again = take(alice, rows, places, size=size)
    assert (again.changed, homes(alice)) == (0, wanted)


def test_what_the_error_says_mends_it(alice, places):
    first = take(alice, family("甲"), places)
    assert first.rejected == 0
    rows = family("甲") + family("乙", 户号="2")
    run = take(alice, rows, places, "户号")
    assert refused(alice, run) == {}
    wanted = [("", "401", ["甲一", "甲三", "甲二"]), ("2", "401", ["乙一", "乙三", "乙二"])]
    assert homes(alice) == wanted
    assert take(alice, rows, places, "户号").changed == 0
    # Mixed together and without numbers, the names of the heads tell them apart.
    mixed = [one | {"户主姓名": f"{one['姓名'][0]}一"} for one in rows[::-1]]
    assert take(alice, mixed, places, "户主姓名").changed == 0
    assert homes(alice) == wanted


@pytest.mark.parametrize("size", [1, 500])
def test_the_head_that_a_row_names_decides(alice, places, size):
    rows = [
        row("甲一", "户主", 户主姓名="甲一"),
        row("乙一", "户主", 户主姓名="乙一"),
        row("甲二", "妻", 户主姓名="甲一"),
        row("乙二", "妻", 户主姓名="乙一"),
    ]
    run = take(alice, rows, places, "户主姓名", size=size)
    assert refused(alice, run) == {3: ["second_head"], 5: ["other_head"]}
    assert homes(alice) == [("", "401", ["甲一", "甲二"])]


@pytest.mark.parametrize("size", [1, 500])
def test_a_new_head_further_up_brings_the_people(alice, places, size):
    old = row("甲一", "户主", 身份证号=identity(1))
    take(alice, [old], places)
    rows = [*family("乙"), old | {"现住址": "第1栋1单元900"}]
    run = take(alice, rows, places, size=size)
    assert refused(alice, run) == {}
    wanted = [("", "401", ["乙一", "乙三", "乙二"]), ("", "900", ["甲一"])]
    assert homes(alice) == wanted
    assert take(alice, rows, places, size=size).changed == 0


def test_people_of_a_nameless_head_do_not_join_the_family_above(alice, places):
    rows = [*family("甲"), row("", "户主"), row("乙二", "妻")]
    run = take(alice, rows, places)
    assert refused(alice, run) == {5: ["required"], 6: ["other_head"]}
    alone = [row("", "户主", "第1栋1单元402"), row("丙二", "妻", "第1栋1单元402")]
    assert refused(alice, take(alice, alone, places)) == {2: ["required"]}


def test_who_lives_there_already_stays_whatever_head_is_named(alice, places):
    take(alice, family("甲"), places)
    rows = [row("甲二", "妻", 户主姓名="甲老"), row("甲三", "子", 户主姓名="甲老")]
    run = take(alice, rows, places, "户主姓名")
    assert (run.rejected, run.changed) == (0, 0)


@pytest.mark.parametrize("size", [1, 500])
def test_new_household_numbers_move_nobody(alice, places, size):
    def month(first: int) -> list[dict[str, str]]:
        return [
            one
            for at, name in enumerate("甲乙")
            for one in family(name, door=f"第1栋1单元{401 + at}", 户号=str(first + at))
        ]

    take(alice, month(1), places, "户号")
    before = homes(alice)
    run = take(alice, [*month(2), row("甲四", "女", 户号="2")], places, "户号", size=size)
    assert (run.rejected, run.changed) == (0, 1)
    numbers = [(number, room) for number, room, _names in homes(alice)]
    assert numbers == [(number, room) for number, room, _names in before]
    assert homes(alice)[0][2] == ["甲一", "甲三", "甲二", "甲四"]


def test_two_families_whose_numbers_went_on_by_one_stay_two(alice, places):
    rows = family("甲", 户号="1") + family("乙", 户号="2")
    take(alice, rows, places, "户号")
    before = homes(alice)
    later = family("甲", 户号="2") + family("乙", 户号="3")
    run = take(alice, later, places, "户号")
    assert (run.rejected, run.changed, homes(alice)) == (0, 0, before)


def test_a_number_that_is_another_familys_makes_no_second_household(alice, places):
    take(alice, family("甲", 户号="1"), places, "户号")
    run = take(alice, family("乙", 户号="1"), places, "户号")
    assert refused(alice, run) == {2: ["second_head"], 3: ["other_head"], 4: ["other_head"]}


def test_a_running_number_is_no_household_number(alice, places):
    run = take(alice, family("甲", 户序号="1"), places, "户序号")
    assert "household_number" not in run.mapping.values()
    assert homes(alice) == [("", "401", ["甲一", "甲三", "甲二"])]
