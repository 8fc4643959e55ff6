"""Lists of buildings: from a workbook to places, twice the same, and to a drawing of grids."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.core.models import ImportRun
from fangxian.core.tests.importing import imported, previewed
from fangxian.regions import actions
from fangxian.regions.models import Building, Region
from fangxian.regions.queries import below
from fangxian.register.importing.buildings import FIELDS, KIND
from fangxian.register.importing.ground import building_word
from fangxian.register.tests.ledgers import workbook
from tests.kit.cast import Places, make_cast, make_places

HEADERS = [
    "社区",
    "网格",
    "小区",
    "楼号",
    "建筑类型",
    "地址",
    "单元数",
    "户数",
    "物业",
    "经度",
    "纬度",
]
brought = partial(imported, kind=KIND)


@pytest.fixture
def empty(places: Places) -> str:
    """A community without grids or buildings."""
    code = f"{places.town}009"
    places.by_code[code] = Region.objects.create(
        code=code, name="新城社区", level=12, valid_from="2020-01-01",
        longitude=116.85, latitude=38.30,
    )  # fmt: skip
    return code


@pytest.fixture
def clerk(places: Places) -> Actor:
    return Actor.system("test", places.county)


def block(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "社区": "新城社区", "小区": "幸福家园", "楼号": str(number), "建筑类型": "住宅",
        "地址": f"幸福路{number}号", "单元数": "3", "户数": "90", "物业": "有",
        "经度": f"{116.85 + (number % 4) * 0.001:.4f}",
        "纬度": f"{38.30 + (number // 4) * 0.001:.4f}",
    }  # fmt: skip
    return row | changes


def book(*rows: dict[str, Any]) -> bytes:
    return workbook(rows, HEADERS)


def said(run: ImportRun) -> list[tuple[str, str]]:
    return [(name, message) for _row, name, message, _mend in run.options["preview"]["problems"]]


def test_from_a_list_to_a_drawing_of_grids(empty: str, clerk: Actor, places: Places) -> None:
    data = book(*(block(n) for n in range(1, 13)))
    run = brought(clerk, data, places.county)
    assert (run.rows_in, run.accepted, run.rejected, run.changed) == (12, 12, 0, 12)
    plan = actions.draw_grids(by=clerk, community_code=empty)
    sizes = [grid["households"] for grid in plan.report["grids"]]
    assert sum(sizes) == 12 * 90
    assert len(sizes) == 3
    assert all(300 <= size <= 500 for size in sizes)
    assert plan.parameters["notes"] == [{"code": "units_assumed", "count": 12}]


def test_a_row_is_the_building_that_it_describes(empty: str, clerk: Actor, places: Places) -> None:
    brought(clerk, book(block(1)), places.county)
    with acting(clerk):
        one = below(empty, Level.BUILDING).select_related("building__kind").get()
        units = list(below(empty, Level.UNIT).values_list("name", flat=True))
        grid = below(empty, Level.GRID).get()
    assert one.name == "幸福家园1号楼"
    assert one.building.kind.code == "residential"
    assert (one.building.households, one.building.managed) == (90, True)
    assert (one.longitude, one.latitude, one.building.address) == (116.851, 38.3, "幸福路1号")
    assert units == ["1单元", "2单元", "3单元"]
    assert one.code.startswith(grid.code)


def test_twice_changes_nothing_and_a_change_changes_one(
    empty: str, clerk: Actor, places: Places
) -> None:
    rows = [block(n) for n in range(1, 5)]
    brought(clerk, book(*rows), places.county)
    again = brought(clerk, book(*rows), empty)
    assert (again.accepted, again.changed) == (4, 0)
    rows[2] |= {"户数": "91", "楼号": "3栋"}
    assert brought(clerk, book(*rows), places.county).changed == 1
    with acting(clerk):
        counts = below(empty, Level.BUILDING).values_list("building__households", flat=True)
        assert sorted(counts) == [90, 90, 90, 91]


def test_columns_that_are_left_out_say_nothing(empty: str, clerk: Actor, places: Places) -> None:
    brought(clerk, book(block(1, 建筑类型="写字楼", 物业="弃管")), places.county)
    run = brought(clerk, workbook([block(1)], ["社区", "小区", "楼号"]), places.county)
    assert (run.accepted, run.changed) == (1, 0)
    with acting(clerk):
        one = below(empty, Level.BUILDING).select_related("building").get().building
    assert (one.kind_id, one.managed, one.households) == ("office_tower", False, 90)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"社区": "不存在社区"}, "community"),
        ({"网格": "第七网格"}, "grid"),
        ({"建筑类型": "城堡"}, "building_kind"),
        ({"户数": "很多"}, "households_count"),
        ({"户数": "1.5"}, "households_count"),
        ({"单元数": "1000"}, "units_count"),
        ({"经度": ""}, "longitude"),
        ({"经度": "38.30", "纬度": "116.85"}, "longitude"),
        ({"经度": "121.47", "纬度": "31.23"}, "longitude"),
        ({"楼号": ""}, "building"),
    ],
)
def test_a_bad_row_is_refused_at_its_field_and_the_others_go_in(
    empty: str, clerk: Actor, places: Places, changes: dict[str, str], field: str
) -> None:
    run = brought(clerk, book(block(1), block(2, **changes)), places.county)
    assert (run.accepted, run.rejected) == (1, 1)
    assert [name for name, _message in said(run)] == [field]
    assert run.result_file_id
    with acting(clerk):
        assert below(empty, Level.BUILDING).count() == 1


def test_a_building_stands_in_a_list_once(empty: str, clerk: Actor, places: Places) -> None:
    rows = [block(1), block(2), block(1, 楼号="1号楼", 户数="80")]
    for sizes in ({"size": 1}, {}):
        run = brought(clerk, book(*rows), places.county, sizes=sizes)
        assert (run.accepted, run.rejected) == (2, 1)
        assert "2" in said(run)[0][1]


def test_grids_are_made_if_that_is_wanted(empty: str, clerk: Actor, places: Places) -> None:
    rows = [block(1, 网格="东网格"), block(2, 网格="西网格"), block(3, 网格="东网格")]
    assert previewed(clerk, book(*rows), places.county, kind=KIND).options["preview"]["counts"] == {
        "refused": 3
    }
    brought(clerk, book(*rows), places.county, options={"make_grids": True})
    with acting(clerk):
        grids = {g.name: g.code for g in below(empty, Level.GRID)}
        lie = {b.name: b.code[:15] for b in below(empty, Level.BUILDING)}
    assert lie == {
        "幸福家园1号楼": grids["东网格"],
        "幸福家园2号楼": grids["西网格"],
        "幸福家园3号楼": grids["东网格"],
    }
    # Known ones need no grid; new ones do, where there are several.
    run = brought(clerk, book(block(1), block(2), block(4)), places.county)
    assert (run.accepted, run.changed, [name for name, _text in said(run)]) == (2, 0, ["grid"])
    run = brought(clerk, book(block(1, 网格="西网格")), places.county)
    assert [name for name, _text in said(run)] == ["grid"]


def test_a_preview_makes_nothing(empty: str, clerk: Actor, places: Places) -> None:
    run = previewed(clerk, book(block(1)), places.county, kind=KIND)
    assert run.options["preview"]["counts"] == {"changed": 1}
    with acting(clerk):
        assert not below(empty, Level.GRID).exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2", ["1单元", "2单元"]),
        ("东单元、西单元", ["东单元", "西单元"]),
        ("1单元：30，2单元：40", ["1单元", "2单元"]),
    ],
)
def test_units_are_counted_or_named(
    empty: str, clerk: Actor, places: Places, text: str, names: list[str]
) -> None:
    for changed in (1, 0):
        run = brought(clerk, book(block(1, 单元数=text)), places.county)
        assert (run.accepted, run.changed) == (1, changed)
    with acting(clerk):
        units = list(below(empty, Level.UNIT).select_related("unit").order_by("code"))
    assert [unit.name for unit in units] == names
    assert [unit.unit.households for unit in units] == ([30, 40] if "：" in text else [None, None])


def test_a_building_split_among_grids_is_one_row(empty: str, clerk: Actor, places: Places) -> None:
    brought(clerk, book(block(1, 户数="900")), places.county)
    with acting(clerk):
        main = below(empty, Level.BUILDING).get()
    grid = actions.create_place(by=clerk, parent_code=empty, name="西网格", level=Level.GRID)
    part = actions.create_building(by=clerk, grid_code=grid.code, name=main.name)
    Building.objects.filter(region=part.region).update(part_of=main)
    unit = actions.create_unit(by=clerk, building_code=part.region.code, name="4单元")
    rows = [block(1, 户数="910", 单元数="1单元、2单元、3单元、4单元：50", 物业="无")]
    assert brought(clerk, book(*rows), places.county).changed == 1
    with acting(clerk):
        assert below(empty, Level.UNIT).count() == 4
        unit.refresh_from_db()
        assert unit.unit.households == 50
        parts = Building.objects.filter(region__code__startswith=empty)
        assert set(parts.values_list("households", "managed")) == {(910, False), (None, False)}


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("第1栋", "1号楼", True),
        ("幸福家园3栋", "幸福家园3号楼", True),
        ("新1号楼", "1号楼", False),
        ("幸福家园1号楼", "阳光小区1号楼", False),
        ("3组", "3栋", False),
    ],
)
def test_one_building_written_otherwise(name: str, other: str, same: bool) -> None:
    assert (building_word(name) == building_word(other)) is same


def test_every_field_has_a_column_name() -> None:
    from fangxian.common.sheets.words import known_field

    headers = {spec.vocabulary for spec in FIELDS}
    assert {known_field(header) for header in HEADERS} <= headers


def test_the_place_page_leads_to_the_list(places: Places, client_of: Any) -> None:
    client = client_of("alice")
    link = f"{reverse('register:import')}?place={places.community}&amp;kind={KIND}"
    assert link in client.get(reverse("regions:place", args=[places.community])).content.decode()
    assert (
        link
        not in client_of("bob").get(reverse("regions:place", args=[places.grid])).content.decode()
    )
    file = SimpleUploadedFile("楼栋.xlsx", book(block(1, 社区="", 网格="第1网格")))
    sent = {"kind": KIND, "place_code": places.community, "file": file}
    columns = client.post(reverse("register:import"), sent)["Location"]
    page = client.get(columns).content.decode()
    assert "楼栋" in page
    assert "GCJ-02" in page


def test_the_command_imports_a_list(
    fresh_database: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = make_places()
    by = make_cast(places).actor("alice")
    file = tmp_path / "楼栋.csv"
    file.write_text("楼栋名称,网格,户数\n新1号楼,第1网格,36\n新2号楼,没有的网格,30\n", "utf-8")
    command = ["import_buildings", str(file), "--place", places.community, "--as", "alice"]
    call_command(*command)
    assert capsys.readouterr().out == "changed=1 refused=1\n"
    call_command(*command, "--commit", "--make-grids")
    assert "rows=2 accepted=2 rejected=0 changed=2" in capsys.readouterr().out
    with acting(by):
        named = below(places.community, Level.BUILDING).filter(name__startswith="新")
        assert sorted(named.values_list("building__households", flat=True)) == [30, 36]
