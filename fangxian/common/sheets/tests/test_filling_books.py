from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fangxian.common.sheets.filling import Plan, SheetPlan, can_convert, fill
from fangxian.common.sheets.tests.filling_corpus import opened
from fangxian.common.sheets.tests.filling_kit import (
    made,
    parts,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl's loss


@pytest.mark.parametrize(
    "name", ["totals", "print_setup", "with_comments", "chart_table_summary", "box_and_picture"]
)
def test_a_sheet_for_each_community(name: str) -> None:
    data, found = made(name)
    sheet, table = next(iter(found.tables()))
    columns = [column for column in table.columns if not column.formula][:2]
    titles = ["城东社区", "城东社区", "名字很长" * 10]
    plan = Plan([SheetPlan(sheet.name, title=title) for title in titles])
    for number, mine in enumerate(plan.sheets):
        rows = [[f"第{number}", n] for n in range(table.room + number)]
        mine.put_rows(table, columns, rows)
    filled = fill(data, plan)
    assert filled.titles == ("城东社区", "城东社区 (2)", ("名字很长" * 10)[:31])
    book = opened(filled.data)
    before = opened(data)
    others = before.sheetnames[1:]
    assert book.sheetnames == [*filled.titles, *others]
    for number, title in enumerate(filled.titles):
        after = book[title]
        first = table.rooms[0].first_row
        assert after.cell(first, columns[0].index + 1).value == f"第{number}"
        for row in before[sheet.name].iter_rows(max_row=first - 1):
            for cell in row:
                assert after[cell.coordinate].style_id == cell.style_id
        last = first + table.room + number - 1
        if name == "totals":
            assert after[f"B{last + 1}"].value == f"=SUM(B3:B{last})"
        if name == "print_setup":
            assert after.print_area == f"'{title}'!$A$1:$F${9 + number}"
            assert after.print_title_rows == "$1:$3"
        if name == "with_comments":
            assert after[f"A{9 + number}"].comment.text == "须签字"
    files = parts(filled.data)
    selected = [b'tabSelected="1"' in xml for part, xml in files.items() if "/sheet" in part]
    assert sum(selected) == 1
    if name == "chart_table_summary":
        assert book["汇 总"]["A1"].value == "=SUM('城东社区'!B2:B4)"
        tables = [next(iter(book[title].tables.values())) for title in filled.titles]
        assert [(one.displayName, one.ref) for one in tables] == [
            ("名册", "A1:C4"),
            ("名册_2", "A1:C5"),
            ("名册_3", "A1:C6"),
        ]
        assert "'城东社区 (2)'!$A$2:$A$5".encode() in files["xl/charts/chart2.xml"]
    # Every part that is written is also known to the workbook, and each only once.
    types = re.findall(rb'PartName="/([^"]+)"', files["[Content_Types].xml"])
    assert len(types) == len(set(types))
    assert {one.decode() for one in types} <= set(files)
    assert all(
        p.encode() in types
        for p in files
        if re.match(r"xl/(worksheets|drawings|charts|tables)/\w+\.xml$", p)
    )


@pytest.mark.skipif(not can_convert(), reason="LibreOffice is not installed")
def test_totals_are_those_of_what_was_filled(tmp_path: Path) -> None:
    names = ("totals", "section_totals", "printed_places", "cross_table", "chart_table_summary")
    for name in names:
        data, found = made(name)
        plan = Plan()
        for sheet, table in found.tables():
            mine = SheetPlan(sheet.name)
            columns = [c for c in table.columns if not c.formula]
            if table.keys:
                mine.put_keyed(table, columns, {r: [r * 10 for _ in columns] for r in table.keys})
            for number, room in enumerate(table.rooms):
                rows = [["甲", n + 100, n + 1] for n in range(room.rows + 2 + number)]
                mine.put_rows(table, columns, rows, room)
            plan.sheets.append(mine)
        filled = fill(data, plan)
        assert not filled.left
        (tmp_path / f"{name}.xlsx").write_bytes(filled.data)
    subprocess.run(
        [
            shutil.which("soffice") or "libreoffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1",
            "--outdir",
            str(tmp_path / "out"),
            *(str(tmp_path / f"{name}.xlsx") for name in names),
        ],
        check=True,
        capture_output=True,
        timeout=90,
    )

    def read(name: str) -> list[list[str]]:
        [path] = (tmp_path / "out").glob(f"{name}.csv")
        with path.open(encoding="utf-8") as file:
            return list(csv.reader(file))

    rows = read("totals-Sheet1")
    assert rows[8][:4] == ["合计", "615", "21", "594"]
    rows = read("section_totals-Sheet1")
    assert [row for row in rows if row[0] in ("小计", "合计")] == [
        ["小计", "406", "10"],
        ["小计", "510", "15"],
        ["合计", "916", "25"],
    ]
    assert read("printed_places-Sheet1")[6][2:] == ["180", "180"]
    assert [row[-1] for row in read("cross_table-Sheet1")[2:]] == ["120", "160", "200"]
    assert [row[0] for row in read("chart_table_summary-汇 总")] == ["510", "15", "1020"]
