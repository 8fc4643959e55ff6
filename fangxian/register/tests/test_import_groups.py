"""Village groups: from a list of buildings to the ledgers of residents that lie in them."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import openpyxl
import pytest

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.common.sheets.sheetreader.editing import MARK_RGB
from fangxian.core.actions import read_file
from fangxian.core.models import ImportRun
from fangxian.core.tests.importing import imported
from fangxian.regions.models import Region
from fangxian.regions.queries import below
from fangxian.register.importing.buildings import KIND
from fangxian.register.importing.places import is_group
from fangxian.register.models import Residency
from fangxian.register.tests.ledgers import person, workbook
from tests.kit.cast import Places

brought = partial(imported, kind=KIND)
PEOPLE = ["姓名", "身份证号", "与户主关系", "村", "村民小组", "门牌号"]


@pytest.fixture
def village(places: Places) -> str:
    """A village without grids or buildings."""
    code = f"{places.town}209"
    places.by_code[code] = Region.objects.create(
        code=code, name="河东村", level=12, valid_from="2020-01-01"
    )
    return code


@pytest.fixture
def clerk(places: Places) -> Actor:
    return Actor.system("test", places.county)


def listed(headers: list[str], *rows: list[str]) -> bytes:
    return workbook([dict(zip(headers, row, strict=True)) for row in rows], headers)


def villagers(*groups: str) -> bytes:
    rows = []
    for number, group in enumerate(groups):
        home = {"与户主关系": "户主", "村": "河东村", "村民小组": group, "门牌号": f"{number + 1}"}
        rows.append(person(number * 3, **home))
    return workbook(rows, PEOPLE)


def kinds(by: Actor, village: str) -> dict[str, str]:
    with acting(by):
        found = below(village, Level.BUILDING).values_list("name", "building__kind")
        return dict(found)


def marked(by: Actor, run: ImportRun) -> set[str]:
    """The cells of the returned workbook that are coloured, the column of errors apart."""
    assert run.result_file_id
    data = read_file(by=by, file_id=run.result_file_id)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    return {
        cell.coordinate
        for row in sheet.iter_rows(min_row=2, max_col=sheet.max_column - 1)
        for cell in row
        if cell.fill.fill_type and cell.fill.fgColor.rgb == MARK_RGB
    }


def test_villagers_come_into_the_groups_of_a_list(
    village: str, clerk: Actor, places: Places
) -> None:
    groups = [["河东村", str(n), "45"] for n in (1, 2, 3)]
    data = listed(["村", "村民小组", "户数"], *groups)
    run = brought(clerk, data, places.county)
    assert (run.accepted, run.rejected) == (3, 0)
    assert kinds(clerk, village) == dict.fromkeys(("1组", "2组", "3组"), "village_group")
    assert brought(clerk, data, places.county).changed == 0
    people = imported(clerk, villagers("1", "第2组", "三组", "03"), places.county, kind="register")
    assert (people.accepted, people.rejected) == (4, 0)
    with acting(clerk):
        lie = Residency.objects.filter(place_code__startswith=village)
        names = Region.objects.filter(code__in=lie.values("place_code"))
        assert sorted(names.values_list("name", flat=True)) == ["1组", "2组", "3组"]


def test_a_list_may_have_houses_and_groups(village: str, clerk: Actor, places: Places) -> None:
    rows = [
        ["河东村", "1", "", ""],
        ["河东村", "", "2", ""],
        ["河东村", "第3组", "", ""],
        ["河东村", "", "4", "平房"],
        ["河东村", "", "东屯", ""],
        ["河东村", "2", "1", ""],
        ["河东村", "", "", ""],
        ["河东村", "", "三组", ""],
    ]
    run = brought(clerk, listed(["村", "楼号", "村民小组", "建筑类型"], *rows), places.county)
    assert kinds(clerk, village) == {
        "1号楼": "residential",
        "2组": "village_group",
        "第3组": "village_group",
        "4组": "courtyard",
        "东屯": "village_group",
        "2号楼": "residential",
    }
    assert (run.accepted, run.rejected) == (6, 2)
    # Nothing names the one, the other is the group of the third row: each at its own column.
    assert marked(clerk, run) == {"B8", "C9"}
    people = imported(clerk, villagers("东屯", "2"), places.county, kind="register")
    assert (people.accepted, people.rejected) == (2, 0)


def test_a_ledger_makes_groups_as_groups(village: str, clerk: Actor, places: Places) -> None:
    brought(clerk, listed(["村", "楼号"], ["河东村", "1"]), places.county)
    imported(clerk, villagers("2"), places.county, kind="register", options={"make_places": True})
    assert kinds(clerk, village) == {"1号楼": "residential", "2组": "village_group"}


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("第1组", True), ("东村三组", True), ("第三村民小组", True), ("2队", True),
        ("3组团", False), ("3组2号楼", False), ("1号楼", False), ("东屯", False),
        ("东村三组12号", False),
    ],
)  # fmt: skip
def test_a_name_says_whether_it_is_a_group(name: str, yes: bool) -> None:
    assert is_group(name) is yes


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({"村民小组": "长" * 70, "小区": "久" * 70}, {"C3"}),
        ({"户数": "-5"}, {"D3"}),
        ({"户数": "200000"}, {"D3"}),
    ],
)
def test_what_is_wrong_is_coloured_in_the_workbook(
    village: str, clerk: Actor, places: Places, changes: dict[str, Any], cells: set[str]
) -> None:
    headers = ["村", "小区", "村民小组", "户数"]
    good = {"村": "河东村", "村民小组": "1", "户数": "40"}
    bad = good | {"村民小组": "2"} | changes
    run = brought(clerk, workbook([good, bad], headers), places.county)
    assert (run.accepted, run.rejected) == (1, 1)
    assert marked(clerk, run) == cells
