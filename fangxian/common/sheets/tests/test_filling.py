from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import MergedCell

from fangxian.common.sheets import SheetError, find_table, read_workbook
from fangxian.common.sheets.filling import Plan, SheetPlan, TableRows, fill, outline
from fangxian.common.sheets.tests import corpus
from fangxian.common.sheets.tests.filling_corpus import BUILDERS, Form, ledger, opened
from fangxian.common.sheets.tests.filling_kit import (
    DAY,
    EVENING,
    MIDNIGHT,
    TICKED,
    codes,
    made,
    parts,
    plan_of,
    shown,
    value,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl's loss
ALL = sorted(BUILDERS)


# Those whose sheets hold something below the inserted rows, or around them.
INSERTED = [
    "box_and_picture",
    "card",
    "chart_table_summary",
    "from_openpyxl",
    "hidden_lookup",
    "notes_below",
    "prefixed",
    "print_setup",
    "rules_and_colours",
    "section_totals",
    "totals",
    "two_rows_merged",
    "with_comments",
]


@pytest.mark.parametrize(
    ("name", "beyond"), [*((name, 0) for name in ALL), *((name, 3) for name in INSERTED)]
)
def test_only_what_is_filled_changes(name: str, beyond: int) -> None:
    before, found = made(name)
    plan, wanted = plan_of(found, beyond)
    filled = fill(before, plan)
    assert not filled.left
    old, new = opened(before), opened(filled.data)
    assert new.sheetnames == old.sheetnames
    points = {
        sheet.name: (table.rooms[0].first_row + table.room - 1, beyond)
        for sheet, table in found.tables()
        if table.rooms and beyond
    }
    parted = {(s.sheet, b.row, b.column) for s in plan.sheets for b, _ in s.parts}
    for sheet in old:
        after, count = points.get(sheet.title, (10**6, 0))
        mine = new[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                moved = cell.row + (count if cell.row > after else 0)
                other = mine.cell(moved, cell.column)
                place = sheet.title, cell.row, cell.column - 1
                # Of merged cells openpyxl makes up the borders.
                if not (beyond and isinstance(cell, MergedCell)):
                    assert other.style_id == cell.style_id, (place, other.coordinate)
                if wanted.get(place) is TICKED:
                    wanted.pop(place)
                    assert str(other.value) != str(cell.value)
                elif place in wanted and cell.row <= after:
                    assert shown(other.value) == wanted.pop(place), other.coordinate
                    assert other.data_type != "f"
                elif place in parted:
                    assert str(other.value) != str(cell.value)
                elif cell.data_type == "f" and beyond:
                    assert other.data_type == "f"
                else:
                    assert other.value == cell.value, other.coordinate
            moved = row[0].row + (count if row[0].row > after else 0)
            heights = sheet.row_dimensions, mine.row_dimensions
            assert heights[0][row[0].row].height == heights[1][moved].height
        for (_, row, column), one in [w for w in wanted.items() if w[0][0] == sheet.title]:
            # The new rows look like the last of the prepared ones.
            cell = mine.cell(row, column + 1)
            assert shown(cell.value) == one
            assert cell.style_id == sheet.cell(after, column + 1).style_id or name == "unbordered"
        if not beyond:
            assert mine.merged_cells == sheet.merged_cells
            assert mine.print_area == sheet.print_area
    if not beyond:
        touched = {
            f"xl/worksheets/sheet{old.sheetnames.index(s.sheet) + 1}.xml" for s in plan.sheets
        }
        touched |= {
            "hidden_lookup": {"xl/worksheets/sheet3.xml"},
            "chart_table_summary": {"xl/worksheets/sheet2.xml"},
        }.get(name, set())
        unchanged_but(touched, before, filled.data)


def unchanged_but(sheets: set[str], before: bytes, after: bytes) -> None:
    """Every part is the same byte for byte, except for the rows of the sheets that were filled and
    the order to calculate.
    """
    old, new = parts(before), parts(after)
    assert list(new) == list(old)
    for name, content in old.items():
        if name in sheets:
            start, end = rb"<(?:\w+:)?sheetData", rb"</(?:\w+:)?sheetData>"
            for pattern, behind in ((start, False), (end, True)):
                halves = [
                    re.split(pattern, requoted(xml))[1 if behind else 0]
                    for xml in (content, new[name])
                ]
                dimensions = [re.sub(rb'<(?:\w+:)?dimension ref="[^"]*"/>', b"", h) for h in halves]
                assert dimensions[0] == dimensions[1], name
        elif name == "xl/workbook.xml":
            said = re.sub(rb'(<(?:\w+:)?calcPr[^>]*?)\s*fullCalcOnLoad="1"', rb"\1", new[name])
            assert b'fullCalcOnLoad="1"' in new[name]
            plain = re.sub(rb'(<(?:\w+:)?calcPr[^>]*?)\s*fullCalcOnLoad="1"', rb"\1", content)
            assert said == plain
        else:
            assert new[name] == content, name


_ROWS = re.compile(rb"<((?:\w+:)?)sheetData.*</\1sheetData>", re.DOTALL)


def requoted(xml: bytes) -> bytes:
    return re.sub(rb"='([^'\"<>]*)'", rb'="\1"', xml)


def test_inserted_rows_move_all_that_stands_below() -> None:
    def after(name: str) -> tuple[Any, dict[str, bytes]]:
        before, found = made(name)
        filled = fill(before, plan_of(found, 3)[0])
        return opened(filled.data), parts(filled.data)

    book, _ = after("totals")
    sheet = book.active
    assert [sheet[f"{c}10"].value for c in "ABCDE"] == [
        "合计",
        "=SUM(B3:B9)",
        "=SUM(C3:C9)",
        "=SUM(D3:D9)",
        "=IF(B10=0,0,C10/$B$10)",
    ]
    assert sheet["D9"].value == "=B9-C9"
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:E1", "A11:E11"}
    book, _ = after("section_totals")
    assert [book.active[f"B{row}"].value for row in (8, 12, 13)] == [
        "=SUM(B3:B7)",
        "=SUM(B10:B11)",
        "=B8+B12",
    ]
    book, files = after("rules_and_colours")
    sheet = book.active
    assert [str(rule.sqref) for rule in sheet.conditional_formatting] == [
        "C4:C11",
        "A4:A11",
        "B4:B11",
    ]
    rules = list(sheet.conditional_formatting)[2].rules
    assert rules[0].formula == ["COUNTIF($B$4:$B$11,B4)>1"]
    assert str(sheet.data_validations.dataValidation[0].sqref) == "D4:D11"
    assert (sheet.auto_filter.ref, sheet["B13"].hyperlink.ref) == ("A3:F11", "B13")
    assert b"<xm:sqref>A4:A11</xm:sqref>" in files["xl/worksheets/sheet1.xml"]
    book, files = after("print_setup")
    assert book.active.print_area == "'日报 A''表'!$A$1:$F$12"
    assert book.active.print_title_rows == "$1:$3"
    assert book.defined_names["名单"].attr_text == "'日报 A''表'!$B$4:$B$10"
    assert [brk.id for brk in book.active.row_breaks.brk] == [11]
    _, files = after("box_and_picture")
    drawing = files["xl/drawings/drawing1.xml"]
    rows = re.findall(rb"<xdr:row>([0-9]+)</xdr:row>", drawing)
    assert rows[0] == rows[1] == rows[2] == b"12"
    assert rows[-2:] == [b"0", b"5"]
    book, files = after("with_comments")
    assert (book.active["A12"].comment.text, book.active["C3"].comment.text) == (
        "须签字",
        "填18位",
    )
    assert re.findall(rb"<x:Row>([0-9]+)", files["xl/drawings/vmlDrawing1.vml"]) == [b"2", b"11"]
    book, files = after("chart_table_summary")
    assert book["汇 总"]["A1"].value == "=SUM(数据!B2:B7)"
    assert book["数据"].tables["名册"].ref == "A1:C7"
    assert "<c:f>数据!$C$2:$C$7</c:f>".encode() in files["xl/charts/chart1.xml"]
    book, _ = after("card")
    assert "A4:A10" in {str(area) for area in book.active.merged_cells.ranges}


def test_shared_formulas_and_the_order_of_calculation() -> None:
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>社区</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>户数</t></is></c>'
        '<c r="C1" t="inlineStr"><is><t>倍数</t></is></c></row>'
        '<row r="2"><c r="C2"><f t="shared" ref="C2:C3" si="0">B2*$B$5</f><v>0</v></c></row>'
        '<row r="3"><c r="C3"><f t="shared" si="0"/><v>7</v></c></row>'
        '<row r="5"><c r="B5"><f>SUM(B2:B3)</f><v>9</v></c></row>'
    )
    chain = b'<calcChain><c r="C2" i="1"/><c r="C3"/><c r="B5"/></calcChain>'
    data = corpus.repacked(
        corpus.with_sheet(corpus.sheet_xml(rows)), {}, **{"xl/calcChain.xml": chain}
    )
    name = opened(data).sheetnames[0]
    sheet = SheetPlan(name, tables=[TableRows(2, 2, [0, 1], [["甲", n] for n in range(4)])])
    filled = fill(data, Plan([sheet]))
    assert not filled.left
    after = opened(filled.data).active
    assert [after[f"C{row}"].value for row in (2, 3, 4, 5)] == [
        f"=B{row}*$B$7" for row in (2, 3, 4, 5)
    ]
    assert after["B7"].value == "=SUM(B2:B5)"
    files = parts(filled.data)
    assert re.findall(rb'r="(\w+)"', files["xl/calcChain.xml"]) == [b"C2", b"C3", b"B7"]
    # What was stored no longer holds.
    assert b"<v>9</v>" not in files["xl/worksheets/sheet1.xml"]
    assert b"<v>7</v>" not in files["xl/worksheets/sheet1.xml"]


def test_totals_that_name_each_row_are_not_broken() -> None:
    form = Form()
    form.sheet.write_row("A1", ["社区", "户数"], form.head)
    form.prepared(2, 4, [form.cell, form.number])
    form.sheet.write("A5", "合计", form.cell)
    form.sheet.write_formula("B5", "=B2+B3+B4", form.number, 0)
    data = form.done()
    [(sheet, table)] = outline("a.xlsx", data).tables()
    mine = SheetPlan(sheet.name)
    mine.put_rows(table, table.columns, [["甲", n] for n in range(5)])
    filled = fill(data, Plan([mine]))
    assert [(left.code, left.count, left.cell) for left in filled.left] == [("no_room", 2, "")]
    after = opened(filled.data).active
    assert (after["B4"].value, after["A5"].value, after["B5"].value) == (2, "合计", "=B2+B3+B4")


def test_a_total_without_a_word_and_numbers_by_formula() -> None:
    form = Form()
    form.sheet.write_row("A1", ["序号", "社区", "户数"], form.head)
    form.prepared(2, 4, [form.number, form.cell, form.number])
    for row in range(2, 5):
        form.sheet.write_formula(f"A{row}", "=ROW()-1", form.number, row - 1)
    form.sheet.write_blank("B5", None, form.cell)
    form.sheet.write_formula("C5", "=SUM(C2:C4)", form.number, 0)
    form.sheet.data_validation("C2:C1048576", {"validate": "integer", "criteria": ">=", "value": 0})
    form.sheet.write_url("E6", "internal:Sheet1!A5")
    form.sheet.set_row(3, 30, None, {"hidden": True})
    data = form.done()
    [(sheet, table)] = outline("a.xlsx", data).tables()
    assert (table.room, table.total_row, table.serial) == (3, 5, None)
    mine = SheetPlan(sheet.name)
    mine.put_rows(table, table.columns, [["甲", n] for n in range(5)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    assert [after[f"A{row}"].value for row in (4, 5, 6)] == ["=ROW()-1"] * 3
    assert after["C7"].value == "=SUM(C2:C6)"
    assert str(after.data_validations.dataValidation[0].sqref) == "C2:C1048576"
    assert after["E8"].hyperlink.location == "Sheet1!A7"
    # Rows that nobody sees would hide what was filled.
    assert [after.row_dimensions[row].hidden for row in (4, 5, 6)] == [False, False, False]


def test_rows_above_a_total_right_below_the_names() -> None:
    form = Form()
    form.sheet.write_row("A1", ["社区", "户数"], form.head)
    form.sheet.write_row("A2", ["合计", None], form.cell)
    data = form.done()
    [(sheet, table)] = outline("a.xlsx", data).tables()
    mine = SheetPlan(sheet.name)
    mine.put_rows(table, table.columns, [["甲", 1], ["乙", 2]])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    assert [after[f"A{row}"].value for row in (1, 2, 3, 4)] == ["社区", "甲", "乙", "合计"]
    assert after["A2"].style_id == after["A4"].style_id


def test_what_is_left_is_named() -> None:
    data, found = made("protected")
    [(sheet, table)] = found.tables()
    mine = SheetPlan(sheet.name)
    mine.put_keyed(table, table.columns, {row: ["x", 1, 2] for row in table.keys})
    assert codes(fill(data, Plan([mine]))) == [("B2:B5", "编码", "locked")]
    data, found = made("totals")
    [(sheet, table)] = found.tables()
    mine = SheetPlan(sheet.name, cells={(8, 1): "x", (9, 0): "y" * 40_000})
    mine.put_rows(table, table.columns, [["甲", 1, 1, 1, 1]] * 2)
    assert sorted(codes(fill(data, Plan([mine])))) == [
        ("A9", "社区", "too_long"),
        ("B8", "应种人数", "covered"),
        ("D3:D4", "未种人数", "formula"),
        ("E3:E4", "接种率", "formula"),
    ]
    # Named as in the template, told where it stands now.
    data, found = made("notes_below")
    [(sheet, table)] = found.tables()
    mine = SheetPlan(sheet.name)
    blank = next(blank for blank in sheet.blanks if blank.label == "审核人")
    mine.put(replace(blank, spans=((0, 3),)), "甲")
    mine.put_rows(table, table.columns[:1], [["甲"]] * 6)
    assert codes(fill(data, Plan([mine]))) == [("A11", "审核人", "changed")]
    data, found = made("hidden_lookup")
    [(sheet, table)] = found.tables()
    mine = SheetPlan(sheet.name)
    rows = [["甲", "a类", "是 "], ["乙", "其他", "否"], ["丙", None, "也许"], ["丁", None, "Y"]]
    mine.put_rows(table, table.columns, rows)
    filled = fill(data, Plan([mine]))
    assert codes(filled) == [("B3", "人员类别", "not_allowed"), ("C4", "是否隔离", "not_allowed")]
    with override("zh-hans"):
        assert filled.left[0].why == "模板的下拉选项中没有这个值。"
    after = opened(filled.data)["填报"]
    assert [after[place].value for place in ("B2", "C2", "B3", "C3", "C5")] == [
        "Ａ类",
        "是",
        None,
        "否",
        "是",
    ]


def test_values_take_the_form_of_their_cells() -> None:
    form = Form()
    ledger(form)
    data = form.done()
    identity = "110105194912310021"
    sheet = SheetPlan(
        "Sheet1",
        cells={
            (4, 1): DAY,
            (4, 2): identity,
            (4, 3): 13800001234,
            (4, 4): DAY,
            (5, 4): EVENING,
            (5, 5): True,
            (6, 5): 2.5,
            (7, 5): "\x00=1+1",
            (7, 4): None,
            (8, 4): dt.date(1900, 1, 1),
        },
    )
    plan = Plan([sheet], date_format=lambda day: f"{day.year}年{day.month}月{day.day}日")
    filled = fill(data, plan)
    assert not filled.left
    after = opened(filled.data).active
    assert [after[c].value for c in ("B4", "C4", "D4", "F5", "F6", "F7", "E7", "E8")] == [
        "2020年3月5日",
        identity,
        "13800001234",
        True,
        2.5,
        "=1+1",
        None,
        "1900年1月1日",
    ]
    assert after["F7"].data_type == "s"
    assert (after["E4"].value, after["E5"].value) == (
        MIDNIGHT,
        EVENING,
    )


def test_a_line_is_completed_and_keeps_its_looks() -> None:
    data, found = made("rich_line")
    filled = fill(data, plan_of(found)[0])
    runs = opened(filled.data).active["A3"].value
    assert [(run.text, run.font.b, run.font.u) for run in runs] == [
        ("填报单位：", True, None),
        ("填好        ", False, "single"),
        ("填报人：", True, None),
        ("填好", False, "single"),
    ]
    assert opened(filled.data).active["E2"].value == "填报日期：2020年3月5日"
    # A text is no date.
    sheet = SheetPlan("Sheet1")
    sheet.put(next(b for b in found.sheets[0].blanks if b.kind == "date"), "今天")
    filled = fill(data, Plan([sheet]))
    assert codes(filled) == [("E2", "填报日期", "not_date")]
    assert opened(filled.data).active["E2"].value == opened(data).active["E2"].value
    # A text that has become another one is left.
    other = BUILDERS["one_row"]()
    sheet = SheetPlan("Sheet1")
    sheet.put(next(b for b in found.sheets[0].blanks if b.row == 3), "填好")
    assert codes(fill(other, Plan([sheet]))) == [("A3", "填报单位", "changed")]


def test_an_empty_last_row_is_in_nobody_s_way() -> None:
    """As LibreOffice writes it, in a workbook without an order to calculate."""
    form = Form()
    form.sheet.write_row("A1", ["社区", "户数"], form.head)
    form.prepared(2, 3, [form.cell, form.number])
    form.sheet.write("A4", "合计", form.cell)
    form.sheet.write_formula("B4", "=SUM(B2:B3)", form.number, 0)
    plain = form.done()
    files = parts(plain)
    name, book = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
    files[name] = files[name].replace(b"</sheetData>", b'<row r="1048576" ht="9"/></sheetData>')
    files[book] = re.sub(rb"<calcPr[^>]*>", b"", files[book])
    data = corpus.repacked(plain, {name: files[name], book: files[book]})
    [(sheet, table)] = outline("a.xlsx", data).tables()
    mine = SheetPlan(sheet.name)
    mine.put_rows(table, table.columns, [["甲", n] for n in range(4)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    assert opened(filled.data).active["B6"].value == "=SUM(B2:B5)"
    assert b'</sheets><calcPr fullCalcOnLoad="1"/>' in parts(filled.data)[book]


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")),
    min_size=1,
    max_size=12,
)
cells = st.one_of(
    st.none(),
    texts.map(str.strip).filter(bool),
    st.integers(-(10**12), 10**12),
    st.dates(dt.date(1901, 1, 1), dt.date(2100, 1, 1)),
)


@settings(max_examples=8)  # each starts two processes
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=30))
def test_what_was_filled_is_read_back(rows: list[tuple[Any, ...]]) -> None:
    data = FORM
    plan = SheetPlan("Sheet1", tables=[TableRows(2, 4, [1, 2, 3], rows)])
    plan.cells = {(row, 0): f"第{row}" for row in range(2, 6)}
    filled = fill(data, Plan([plan]))
    read = [row[1:4] for row in read_workbook(filled.data).sheets[0].rows[1 : 1 + len(rows)]]
    padded = [[*row, *[None] * (3 - len(row))] for row in read]
    padded += [[None] * 3] * (len(rows) - len(padded))
    expected = []
    for row in rows:
        line: list[Any] = []
        for column, one in enumerate(row):
            if isinstance(one, dt.date) and column < 2:
                one = one.isoformat()
            elif isinstance(one, int) and column != 1:
                one = str(one)
            line.append(one)
        expected.append(line)
    assert [[as_read(one) for one in row] for row in padded] == [
        [as_read(one) for one in row] for row in expected
    ]


def as_read(one: Any) -> Any:
    if isinstance(one, dt.datetime) and one.time() == dt.time():
        return one.date()
    return one


def small_form() -> bytes:
    form = Form()
    form.sheet.write_row("A1", ["社区", "编号", "数量", "日期"], form.head)
    plain = form.book.add_format({"border": 1})
    form.prepared(2, 5, [plain, form.text, plain, form.date])
    form.sheet.write("A6", "合计", plain)
    return form.done()


FORM = small_form()


def test_a_filled_ledger_is_found_again() -> None:
    data, found = made("one_row")
    filled = fill(data, plan_of(found, 3)[0])
    table = find_table(read_workbook(filled.data).sheets[0])
    assert [row.cells[1] for row in table.data_rows()] == [
        value("general", number) for number in range(9)
    ]


def test_a_plan_that_is_none_is_refused() -> None:
    data = BUILDERS["one_row"]()
    for sheet in (
        SheetPlan("Sheet1", cells={(0, 0): 1}),
        SheetPlan("Sheet1", cells={(1, 400): 1}),
        SheetPlan("Sheet1", cells={(1, 1): float("nan")}),
        SheetPlan("Sheet1", tables=[TableRows(4, 2, [1], []), TableRows(5, 2, [1], [])]),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  a mistake of the caller
            fill(data, Plan([sheet]))
    with pytest.raises(SheetError) as caught:
        fill(data, Plan([SheetPlan("无", cells={(1, 1): 1})]))
    assert caught.value.code == "no_such_sheet"
