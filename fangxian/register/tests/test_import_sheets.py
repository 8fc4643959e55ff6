"""A workbook with a sheet for each building: those of one heading come in together."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.urls import reverse

from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.common.sheets import Column
from fangxian.core import imports, ledgers
from fangxian.core.actions import read_file
from fangxian.core.ledgers.runs import error_workbook
from fangxian.core.ledgers.sheets import place_of_name
from fangxian.core.models import ImportRun
from fangxian.core.tests import importing
from fangxian.register.importing.addresses import written
from fangxian.register.importing.living import told_by_name
from fangxian.register.importing.runs import LEDGER
from fangxian.register.models import Residency
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import HEADERS, person
from tests.kit.cast import make_cast, make_places

HEAD = ["姓名", "身份证号", "与户主关系", "单元", "房号"]
# The same columns in another order, two of them under other usual names.
TURNED = ["房号", "单元", "证件号码", "名字", "与户主关系"]


def book(sheets: Mapping[str, Sequence[Sequence[str]]], hidden: Sequence[str] = ()) -> bytes:
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = file.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if name in hidden:
            sheet.hide()
    file.close()
    return out.getvalue()


def people(sheets: Mapping[str, Sequence[int]]) -> bytes:
    return book(
        {
            name: [HEADERS, *(list(person(n).values()) for n in those)]
            for name, those in sheets.items()
        }
    )


def row(number: int, unit: str, room: str, relation: str = "户主") -> list[str]:
    who = person(number)
    return [who["姓名"], who["身份证号"], relation, unit, room]


def turned(cells: list[str]) -> list[str]:
    name, document, relation, unit, room = cells
    return [room, unit, document, name, relation]


BY_BUILDING = {
    "填表说明": [["请每栋填写一张表"]],
    "汇总": [["楼栋", "户数"], ["1栋", "1"], ["2栋", "2"]],
    "1栋": [
        ["示例社区住户台账"], HEAD, row(0, "1", "101"), row(1, "同上", "同上", "配偶"),
    ],
    "2栋": [
        TURNED, turned(row(3, "1", "同上")), turned(row(6, "2", "201")),
        turned(row(0, "2", "202")),
    ],
    "3栋": [HEAD, row(9, "1", "101")],
    "空表": [],
}  # fmt: skip


def sheets_of(run: ImportRun) -> dict[str, tuple[int, str, str]]:
    listed = run.options["preview"]["sheets"]
    return {one["name"]: (one["rows"], one["why"], one["place"]) for one in listed}


def homes(by: Any) -> dict[str, str]:
    with acting(by):
        found = Residency.objects.filter(to_date=None)
        return {r.person.name: f"{r.place_code[-5:]} {r.household.room}" for r in found}


def test_sheets_of_one_heading_come_in_together(alice: Any, places: Any, client_of: Any) -> None:
    run = imported(alice, book(BY_BUILDING, hidden=["3栋"]), places.grid)
    assert sheets_of(run) == {
        "汇总": (2, "other_heading", ""),
        "1栋": (2, "", "1栋"),
        "2栋": (3, "", "2栋"),
        "3栋": (1, "hidden", ""),
        "填表说明": (1, "no_table", ""),
        "空表": (0, "empty", ""),
    }
    assert (run.rows_in, run.accepted, run.rejected) == (5, 3, 2)
    # A row in which “as above” stands first on its sheet, and one who stands on another sheet.
    told = {at: (message, mend) for at, _f, message, mend in run.options["preview"]["problems"]}
    assert set(told) == {"2栋!2", "2栋!4"}
    assert "1栋!3" in told["2栋!4"][0]
    names = [person(n)["姓名"] for n in (0, 1, 6)]
    assert homes(alice) == dict(zip(names, ["00101 101", "00101 101", "00202 201"], strict=True))
    client = client_of("alice")
    for address in ("register:import_run", "core:import"):
        page = client.get(reverse(address, args=[run.pk])).content.decode()
        assert ("2栋!2" in page) == (address == "core:import")
        assert ('id="sheets"' in page) == (address == "register:import_run")

    # The workbook comes back with all its sheets, is corrected and imported again.
    with acting(alice):
        back = openpyxl.load_workbook(io.BytesIO(read_file(by=alice, file_id=run.result_file_id)))
    assert back.sheetnames == list(BY_BUILDING)
    first, second = back["1栋"], back["2栋"]
    assert first.max_column == len(HEAD)
    assert second.max_column == len(TURNED) + 1
    assert [bool(second.cell(line, len(TURNED) + 1).value) for line in (1, 2, 3, 4)] == [
        True, True, False, True,
    ]  # fmt: skip
    # So it does where other sheets are read than when its rows were staged.
    for read in ([], [1]):
        with acting(alice):
            run.options = {**run.options, "sheets": read}
            file = error_workbook(alice, run)
            late = openpyxl.load_workbook(io.BytesIO(read_file(by=alice, file_id=file.id)))
        assert [late[name].max_column for name in ("1栋", "2栋")] == [len(HEAD), len(TURNED) + 1]
    second["A2"] = "301"
    second.delete_rows(4)
    out = io.BytesIO()
    back.save(out)
    again = imported(alice, out.getvalue(), places.grid)
    assert (again.rows_in, again.accepted, again.changed) == (4, 4, 1)
    assert homes(alice)[person(3)["姓名"]] == "00201 301"


def test_a_sheet_is_left_out_and_its_place_corrected(
    alice: Any, places: Any, client_of: Any
) -> None:
    data = book({"1栋": [HEAD, row(0, "1", "101")], "附表": [HEAD, row(3, "1", "101")]})
    run = previewed(alice, data, places.grid)
    assert sheets_of(run) == {"1栋": (1, "", "1栋"), "附表": (1, "", "")}
    assert [at for at, *_more in run.options["preview"]["problems"]] == ["附表!2"]
    client = client_of("alice")
    address = reverse("register:import_columns", args=[run.pk])
    page = client.get(address).content.decode()
    assert 'name="place-0" value="1栋"' in page
    assert page.count("checked") >= 2
    chosen = {
        f"column-{p}": f for p, f in enumerate(["name", "identity", "relation", "unit", "room"])
    }
    assert client.post(address, chosen).status_code == 422
    bad = chosen | {"sheet-1": "on", "place-1": "东头"}
    assert client.post(address, bad).status_code == 422
    good = chosen | {"sheet-1": "on", "place-0": "1栋", "place-1": "2栋"}
    assert client.post(address, good).status_code == 302
    with acting(alice):
        found = ledgers.run_of(run.pk)
        source = ledgers.Source(alice, found)
    assert [(part.table.sheet, part.place) for part in source.parts] == [("附表", "2栋")]
    assert [one.why for one in source.sheets] == ["unticked", ""]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("1号楼", "1号楼"), ("3号楼2单元 ", "3号楼2单元"), ("一组", "一组"),
        ("第3村民小组", "第3村民小组"), ("十二组", "十二组"), ("Sheet1", ""), ("汇总", ""),
        ("1号楼101", ""), ("1-3", ""), ("1-3号楼", ""), ("1-2单元", ""),
        ("1、2号楼", ""), ("1至3号楼", ""), ("一二组", ""), ("1号楼和2号楼", ""),
        ("A、B座", ""), ("A-B座", ""), ("a/b座", ""), ("1.2号楼", ""), ("1 3号楼", ""),
        ("A1-A3号楼", ""), ("甲、乙楼", ""), ("一 二组", ""), ("A座", "A座"), ("A1号楼", "A1号楼"),
        ("3号楼A座", "3号楼A座"), ("A座 2单元", "A座 2单元"), ("1期3号楼", "1期3号楼"),
        ("东3排", "东3排"), ("一百零一号楼", "一百零一号楼"), ("幸福小区 3号楼", "幸福小区 3号楼"),
    ],
)  # fmt: skip
def test_the_name_of_a_sheet_is_one_place_or_none(name: str, place: str) -> None:
    assert place_of_name(LEDGER, name) == place


def test_what_a_row_says_wins_over_its_sheet() -> None:
    def door(
        section: str, address: str = "", building: str = "", room: str = ""
    ) -> tuple[str, ...]:
        found = written(address, ("", building, "", "", room, ""), section)
        assert found.fault == ("", "")
        return found.building, found.unit, found.room, found.group

    assert door("1号楼2单元", room="501") == ("1", "2", "501", "")
    assert door("1号楼2单元", building="2", room="501") == ("2", "", "501", "")
    assert door("1号楼2单元", "501", "2") == ("2", "", "501", "")
    assert door("1号楼2单元", "2号楼501") == ("2", "", "501", "")
    assert door("一组", room="12") == ("", "", "12", "1")
    assert door("一组", "二组12号") == ("", "", "12", "2")
    assert door("一组", "3号楼2单元501") == ("3", "2", "501", "1")
    # A floor, a room and a group of the line are those of its building.
    assert door("3号楼2层", building="5", room="1") == ("5", "", "1", "")
    assert door("3号楼2层", "5号楼1") == ("5", "", "1", "")
    assert door("一组3号楼", building="5", room="101") == ("5", "", "101", "")
    assert door("3号楼2层", room="1") == ("3", "", "201", "")


def test_a_single_sheet_has_no_list(alice: Any, places: Any, client_of: Any) -> None:
    run = previewed(alice, people({"台账": [0]}), places.grid)
    page = client_of("alice").get(reverse("register:import_run", args=[run.pk])).content.decode()
    assert 'id="sheets"' not in page


def test_a_place_that_is_not_one_is_refused(alice: Any, places: Any) -> None:
    data = people({"1栋": [0]})
    run = ledgers.upload(
        by=alice, kind="register", place_code=places.grid, name="a.xlsx", data=data
    )
    several = "1-3号楼 A、B座 1、2单元 1号楼1-2单元 1-3-2单元 1-2号楼3单元"
    for place in ("东头", *several.split()):
        with pytest.raises(Invalid):
            ledgers.choose(by=alice, run_id=run.pk, mapping={}, places={0: place})
    ledgers.choose(by=alice, run_id=run.pk, mapping={}, places={0: "幸福小区1-2单元"})


def test_sheets_of_the_gone_and_examples_are_read_if_a_person_ticks_them(
    alice: Any, places: Any, client_of: Any
) -> None:
    data = people({"填写样例": [0], "迁出": [3], "常住": [6, 7], "死亡人员": [9]})
    run = previewed(alice, data, places.grid)
    assert sheets_of(run) == {
        "填写样例": (1, "says_example", ""),
        "迁出": (1, "says_gone", ""),
        "常住": (2, "", ""),
        "死亡人员": (1, "says_gone", ""),
    }
    assert run.options["preview"]["rows"] == 2
    # Whoever leaves them out sees why; whoever ticks one gets its rows.
    again = previewed(alice, data, places.grid, sheets=[0, 2])
    assert [why for _rows, why, _place in sheets_of(again).values()] == [
        "", "says_gone", "", "says_gone",
    ]  # fmt: skip
    assert again.options["preview"]["rows"] == 3


def test_a_lone_sheet_of_the_gone_is_not_read_unasked(
    alice: Any, places: Any, client_of: Any
) -> None:
    run = previewed(alice, people({"迁出人员": [0, 1]}), places.grid)
    assert sheets_of(run) == {"迁出人员": (2, "says_gone", "")}
    assert run.options["preview"]["rows"] == 0
    client, address = client_of("alice"), reverse("register:import_columns", args=[run.pk])
    assert 'name="sheet-0">' in client.get(address).content.decode()
    fields = ["name", "identity", "sex", "phone", "relation", "address"]
    chosen = {f"column-{position}": field for position, field in enumerate(fields)}
    assert client.post(address, chosen).status_code == 422
    assert client.post(address, chosen | {"sheet-0": "on"}).status_code == 302
    assert 'name="sheet-0" checked>' in client.get(address).content.decode()
    # An example that stands alone has been filled in.
    assert previewed(alice, people({"样表": [0, 1]}), places.grid).options["preview"]["rows"] == 2


@pytest.mark.parametrize(
    ("field", "one", "other", "same"),
    [
        ("name", "姓名", "名字", True), ("name", "姓名", "租户姓名", False),
        ("registered_address", "户籍地址", "户籍所在地", True),
        ("residence_status", "居住状态", "居住情况", True),
        ("residence_status", "居住状态", "房屋状态", False),
        ("residence_status", "是否在住", "是否空置", False),
        ("state", "状态", "人员状态", True), ("died", "是否死亡", "是否去世", True),
        ("died", "是否死亡", "是否健在", False), ("room", "房号", "室号", True),
    ],
)  # fmt: skip
def test_names_of_columns_that_ask_the_same_are_one(
    field: str, one: str, other: str, same: bool
) -> None:
    first, second = (told_by_name(field, Column(0, name, name)) for name in (one, other))
    assert (first == second) == same


def test_codes_of_relations_are_told_by_all_sheets_together(alice: Any, places: Any) -> None:
    """Alone, 0 and 1 may be no and yes; then the second head would get the first one's door."""
    data = book(
        {
            "1栋": [
                HEAD,
                row(0, "1", "101", "0"),
                row(1, "1", "101", "1"),
                row(2, "1", "101", "2"),
            ],
            "2栋": [HEAD, row(3, "1", "102", "0"), row(4, "", "", "1"), row(6, "", "", "0")],
        }
    )
    run = previewed(alice, data, places.grid, carry=["单元", "房号"])
    problems = run.options["preview"]["problems"]
    assert [(at, field) for at, field, *_more in problems] == [("2栋!4", "address")]


def test_a_building_listed_on_two_sheets_is_told_by_sheet(alice: Any, places: Any) -> None:
    columns = ["楼栋名称", "所属网格"]
    data = book(
        {
            "甲": [columns, ["7号楼", "第1网格"]],
            "乙": [columns, ["7号楼", "第1网格"], ["8号楼", "第1网格"]],
        }
    )
    by = type(alice).system("test", places.county)
    run = importing.imported(by, data, places.community, kind="buildings")
    assert (run.rows_in, run.accepted + run.rejected) == (3, 3)
    with acting(by):
        told = {
            imports.row_name(run, number): str(problems[0].message)
            for number, _values, problems in imports.problems_of(run)
        }
    assert "甲!2" in told["乙!2"]


def test_the_command_takes_all_sheets_or_one(
    fresh_database: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = make_places()
    make_cast(places)
    file = tmp_path / "台账.xlsx"
    file.write_bytes(people({"1栋": [0, 1], "2栋": [3, 4, 5], "3栋": [6], "迁出": [9]}))
    command = ["import_register", str(file), "--place", places.grid, "--as", "alice"]
    for sheet, rows, left in (
        ([], 6, ["迁出 (1 rows)"]),
        (["--sheet", "2栋"], 3, ["1栋 (2 rows)", "3栋 (1 rows)", "迁出 (1 rows)"]),
        (
            ["--sheet", "4", "--no-sheet-places"],
            1,
            ["1栋 (2 rows)", "2栋 (3 rows)", "3栋 (1 rows)"],
        ),
    ):
        call_command(*command, *sheet, "--commit")
        counts, *said, done = capsys.readouterr().out.splitlines()
        assert sum(int(part.split("=")[1]) for part in counts.split()) == rows
        out = [line.removeprefix("sheet left out: ") for line in said if "left out" in line]
        assert [line.rpartition(":")[0] for line in out] == left
        assert any("rows of" in line for line in said) == ("--no-sheet-places" not in sheet)
        assert done.startswith(f"rows={rows} accepted={rows} ")
    with pytest.raises(CommandError, match="1 1栋, 2 2栋, 3 3栋"):
        call_command(*command, "--sheet", "5")
