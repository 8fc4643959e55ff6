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
from fangxian.core import imports, ledgers
from fangxian.core.actions import read_file
from fangxian.core.ledgers.sheets import place_of_name
from fangxian.core.models import ImportRun
from fangxian.core.tests import importing
from fangxian.register.importing.addresses import written
from fangxian.register.importing.runs import LEDGER
from fangxian.register.models import Residency
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import HEADERS, person
from tests.kit.cast import make_cast, make_places

HEAD = ["姓名", "身份证号", "与户主关系", "单元", "房号"]
# The same columns in another order, one of them under another usual name.
TURNED = ["房号", "单元", "证件号码", "姓名", "与户主关系"]


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
        ("1号楼101", ""), ("1-3", ""), ("1-3号楼", ""),
        ("1、2号楼", ""), ("1至3号楼", ""), ("一二组", ""), ("1号楼和2号楼", ""),
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


def test_a_single_sheet_has_no_list(alice: Any, places: Any, client_of: Any) -> None:
    run = previewed(alice, people({"台账": [0]}), places.grid)
    page = client_of("alice").get(reverse("register:import_run", args=[run.pk])).content.decode()
    assert 'id="sheets"' not in page


def test_a_place_that_is_none_is_refused(alice: Any, places: Any) -> None:
    data = people({"1栋": [0]})
    run = ledgers.upload(
        by=alice, kind="register", place_code=places.grid, name="a.xlsx", data=data
    )
    with pytest.raises(Invalid):
        ledgers.choose(by=alice, run_id=run.pk, mapping={}, places={0: "东头"})


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
    file.write_bytes(people({"1栋": [0, 1], "2栋": [3, 4, 5], "3栋": [6]}))
    command = ["import_register", str(file), "--place", places.grid, "--as", "alice"]
    for sheet, rows, left in (
        ([], 6, []),
        (["--sheet", "2栋"], 3, ["1栋 (2 rows)", "3栋 (1 rows)"]),
        (["--sheet", "3", "--no-sheet-places"], 1, ["1栋 (2 rows)", "2栋 (3 rows)"]),
    ):
        call_command(*command, *sheet, "--commit")
        counts, *said, done = capsys.readouterr().out.splitlines()
        assert sum(int(part.split("=")[1]) for part in counts.split()) == rows
        out = [line.removeprefix("sheet left out: ") for line in said if "left out" in line]
        assert [line.rpartition(":")[0] for line in out] == left
        assert any("rows of" in line for line in said) == ("--no-sheet-places" not in sheet)
        assert done.startswith(f"rows={rows} accepted={rows} ")
    with pytest.raises(CommandError, match="1 1栋, 2 2栋, 3 3栋"):
        call_command(*command, "--sheet", "4")
