"""What a ledger says of persons who are registered already."""

from __future__ import annotations

import pytest

from fangxian.common.scoping import acting
from fangxian.people.models import Person
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import HEADERS, person, workbook

pytestmark = pytest.mark.django_db
PLAIN = person(0, 身份证号="")


@pytest.mark.parametrize(
    ("said", "wanted"), [("未知", "1"), ("未说明", "1"), ("女", "2"), ("", "1")]
)
def test_an_unknown_sex_takes_nothing_back(alice, places, said, wanted):
    imported(alice, workbook([PLAIN]), places.grid)
    run = imported(alice, workbook([PLAIN | {"性别": said}]), places.grid)
    assert run.changed == (wanted != "1")
    with acting(alice):
        assert Person.objects.get().sex == wanted


def test_a_list_of_tenants_registers_tenants(alice, places):
    rows = [{"租户姓名": "甲示例", **PLAIN}, {"租户姓名": "乙示例", **PLAIN}]
    headers = ["租户姓名", "现住址"]
    run = imported(alice, workbook(rows, headers), places.grid)
    assert run.accepted == 2
    with acting(alice):
        kinds = Person.objects.values_list("residencies__kind", flat=True)
        assert list(kinds) == ["tenant", "tenant"]
    assert imported(alice, workbook(rows, headers), places.grid).changed == 0


def test_a_note_for_an_empty_door_makes_an_empty_household(alice, places):
    rows = [PLAIN, person(3, 姓名="空户", 身份证号="", 与户主关系="")]
    run = imported(alice, workbook(rows, HEADERS), places.grid)
    assert (run.rows_in, run.accepted) == (2, 2)
    with acting(alice):
        assert Person.objects.count() == 1


def test_nationality_is_known_or_left_open(alice, places):
    headers = [*HEADERS, "国籍"]
    rows = [
        person(0, 国籍=""),
        person(1, 国籍="美国", 身份证号=""),
        person(2, 国籍="", 身份证号="E12345678", 性别=""),
        person(3, 国籍="某国", 身份证号="E12345679", 性别=""),
        person(4, 国籍="中国", 身份证号="E12345670", 性别=""),
    ]
    run = imported(alice, workbook(rows, headers), places.grid)
    assert run.accepted == 5

    def nationalities() -> list[str]:
        with acting(alice):
            found = dict(Person.objects.values_list("name", "nationality"))
            return [found[row["姓名"]] for row in rows]

    assert nationalities() == ["CHN", "USA", "", "", "CHN"]
    # A ledger that does not say it takes nothing back; one that does, tells it.
    assert imported(alice, workbook(rows), places.grid).changed == 0
    rows[2]["国籍"] = "日本"
    assert imported(alice, workbook(rows, headers), places.grid).changed == 1
    assert nationalities() == ["CHN", "USA", "JPN", "", "CHN"]
