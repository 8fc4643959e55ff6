"""What forms filled by hand ask for, and how they come back."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian.common.sheets import SheetError, read_workbook
from fangxian.common.sheets.filling import Plan, SheetPlan, fill, outline
from fangxian.common.sheets.filling.blanks import slots
from fangxian.common.sheets.filling.choices import boxes_in, chosen
from fangxian.common.sheets.tests.corpus_forms import strict, with_pivot
from fangxian.common.sheets.tests.filling_corpus import Form, opened
from fangxian.common.sheets.tests.filling_kit import DAY, codes, made, parts, shown
from fangxian.common.sheets.tests.samples import repacked


def filled_with(name: str, said: dict[str, Any]) -> tuple[Any, list[tuple[str, str, str]]]:
    """A template's sheet after its blanks of these names were filled, and what was left."""
    data, found = made(name)
    plans = []
    for sheet in found.sheets:
        mine = SheetPlan(sheet.name)
        for blank in sheet.blanks:
            mine.put(blank, said.get(blank.label))
        plans.append(mine)
    filled = fill(data, Plan(plans))
    return opened(filled.data).active, codes(filled)


def test_boxes_are_found_beside_their_labels() -> None:
    _, found = made("boxes")
    [sheet] = found.sheets
    assert [(b.row, b.column, b.label, b.kind, b.allowed) for b in sheet.blanks] == [
        (2, 1, "性别", "choice", ("男", "女")),
        (2, 4, "婚姻状况", "choice", ("已婚", "未婚", "不详")),
        (3, 1, "健康状况", "choice", ("正常", "发热", "其他")),
        (3, 1, "其他", "text", ()),
        (4, 0, "是否外出", "choice", ("是", "否")),
        (4, 0, "交通方式", "choice", ("飞机", "火车", "自驾")),
    ]
    [table] = sheet.tables
    assert [(c.label, c.boxes) for c in table.columns] == [
        ("姓名", ()),
        ("是否接种疫苗", ("已接种", "未接种", "不详")),
        ("核酸结果", ("阴性", "阳性")),
        ("备注", ()),
    ]
    assert (table.first_row, table.room, table.keys) == (6, 3, {})


def test_the_right_box_is_ticked_and_the_others_stay() -> None:
    sheet, left = filled_with(
        "boxes",
        {
            "性别": "女性",
            "婚姻状况": "离异",
            "健康状况": "发热、其他",
            "其他": "咳嗽",
            "是否外出": "否",
            "交通方式": "火车",
        },
    )
    assert sheet["B2"].value == "□男  ☑女"
    assert sheet["A4"].value == "是否外出：是☐ 否☑   交通方式：飞机☐ 火车☑ 自驾☐"
    assert left == [("E2", "婚姻状况", "not_allowed")]
    assert sheet["E2"].value == "□已婚 □未婚 □不详"
    runs = sheet["B3"].value
    assert "".join(map(str, runs)) == "□正常 ☑发热 ☑其他：咳嗽"
    assert [str(run) for run in runs if getattr(run, "font", None) and run.font.b] == ["发热"]


def test_boxes_in_a_column_and_in_rows_that_are_inserted() -> None:
    data, found = made("boxes")
    [(sheet, table)] = found.tables()
    mine = SheetPlan(sheet.name)
    rows = [
        ["甲", "是", "阴性", None],
        ["乙", "否", "阳", "x"],
        ["丙", "不清楚", None, None],
        ["丁", "已接种", "阴性", None],
        ["戊", "也许", "阴性", None],
        ["己", None, "未做", None],
    ]
    mine.put_rows(table, table.columns, rows)
    filled = fill(data, Plan([mine]))
    after = opened(filled.data).active
    assert [[after.cell(row, column).value for column in (1, 2, 3, 4)] for row in range(6, 12)] == [
        [1, "甲", "☑已接种 □未接种 □不详", "☑阴性\n□阳性"],
        [2, "乙", "□已接种 ☑未接种 □不详", "□阴性\n☑阳性"],
        [3, "丙", "□已接种 □未接种 ☑不详", "□阴性\n□阳性"],
        [4, "丁", "☑已接种 □未接种 □不详", "☑阴性\n□阳性"],
        [5, "戊", "□已接种 □未接种 □不详", "☑阴性\n□阳性"],
        [6, "己", "□已接种 □未接种 □不详", "□阴性\n□阳性"],
    ]
    assert codes(filled) == [
        ("C10", "是否接种疫苗", "not_allowed"),
        ("D11", "核酸结果", "not_allowed"),
    ]
    assert parts(filled.data)


def test_a_box_is_ticked_as_the_form_does_it() -> None:
    data, found = made("boxes_with_example")
    [(sheet, table)] = found.tables()
    assert list(table.keys.values()) == ["门口测温", "通风消毒", "台账齐全"]
    mine = SheetPlan(sheet.name)
    mine.put_keyed(table, table.columns, {3: ["有"], 4: ["无"], 5: [True]})
    after = opened(fill(data, Plan([mine])).data).active
    assert [after[f"B{row}"].value for row in (3, 4, 5)] == ["■是 □否", "□是 ■否", "■是 □否"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("□是 □否", [("是", "否")]),
        ("是□ 否□", [("是", "否")]),
        ("性别：□男□女", [("男", "女")]),
        ("是否发热：是☐ 否☐ 是否咳嗽：是☐ 否☐", [("是", "否"), ("是", "否")]),
        ("□自驾\n□火车\n□飞机", [("自驾", "火车", "飞机")]),
        ("□其他：____ □无", [("其他", "无")]),
        ("□无", []),
        ("□", []),
        ("建筑面积□□", []),
    ],
)
def test_boxes_of_a_text(text: str, expected: list[tuple[str, ...]]) -> None:
    found = boxes_in(text)
    assert [one.options for one in found] == expected
    assert all(text[start:end] in "□☐" for one in found for start, end in one.spans)


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        ("女", ("男", "女"), (1,)),
        ("女性", ("男", "女"), (1,)),
        ("有", ("是", "否"), (0,)),
        ("是", ("有", "无"), (0,)),
        ("否", ("已接种", "未接种", "不详"), (1,)),
        ("未知", ("已接种", "未接种", "不详"), (2,)),
        (True, ("是", "否"), (0,)),
        ("接种", ("已接种", "未接种"), ()),
        ("独居", ("独居老人", "孕产妇"), (0,)),
        ("高血压、糖尿病", ("高血压", "糖尿病", "其他"), (0, 1)),
        ("高血压、痛风", ("高血压", "糖尿病"), ()),
        ("", ("是", "否"), ()),
    ],
)
def test_which_choice_a_value_means(
    value: Any, options: tuple[str, ...], expected: tuple[int, ...]
) -> None:
    assert chosen(value, options) == expected


def list_of(name: str) -> tuple[bytes, Any, Any]:
    data, found = made(name)
    [(sheet, table)] = found.tables()
    return data, table, SheetPlan(sheet.name)


@pytest.mark.parametrize("count", [3, 7, 8, 13])
def test_a_list_goes_on_beside_itself(count: int) -> None:
    data, table, mine = list_of("two_halves")
    assert [column.label for column in table.columns] == ["姓名", "电话"]
    assert (table.first_row, table.room, table.halves) == (3, 4, ((0, 1, 2), (4, 5, 6)))
    mine.put_rows(table, table.columns, [[f"第{n}人", f"{n}"] for n in range(1, count + 1)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    tall = max(4, -(-count // 2))
    for n in range(1, count + 1):
        row, left = 3 + (n - 1) % tall, 1 + 4 * ((n - 1) // tall)
        assert [after.cell(row, left + c).value for c in range(3)] == [n, f"第{n}人", f"{n}"]
        assert after.cell(row, left + 2).number_format == "@"
    assert after.cell(3 + tall, 1).value == "制表人："
    said = sum(bool(after.cell(row, c).value) for row in range(3, 3 + tall) for c in (2, 6))
    assert said == count


def test_parts_without_a_gap() -> None:
    data, table, mine = list_of("three_parts_without_gap")
    assert table.halves == ((0, 1), (2, 3), (4, 5))
    mine.put_rows(table, table.columns, [[f"{n}", f"{n}号"] for n in range(1, 8)])
    after = opened(fill(data, Plan([mine])).data).active
    assert [[after.cell(row, c).value for c in (1, 3, 5)] for row in (2, 3, 4)] == [
        ["1", "4", "7"],
        ["2", "5", None],
        ["3", "6", None],
    ]


def test_two_lists_with_titles_of_their_own() -> None:
    data, found = made("men_and_women")
    tables = [table for _, table in found.tables()]
    assert [(t.id, t.title, t.first_row, t.room) for t in tables] == [
        ("t1", "男", 4, 3),
        ("t2", "女", 4, 3),
    ]
    assert [[c.index for c in t.columns] for t in tables] == [[0, 1, 2], [4, 5, 6]]
    mine = SheetPlan(found.sheets[0].name)
    mine.put_rows(tables[0], tables[0].columns, [[f"男{n}", n, f"{n}"] for n in range(5)])
    mine.put_rows(tables[1], tables[1].columns, [[f"女{n}", n, f"{n}"] for n in range(2)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    assert [after.cell(row, 1).value for row in range(4, 9)] == [f"男{n}" for n in range(5)]
    assert [after.cell(row, 5).value for row in range(4, 9)] == ["女0", "女1", None, None, None]


def test_two_tables_that_end_in_different_rows() -> None:
    data, found = made("two_tables_beside")
    first, second = (table for _, table in found.tables())
    assert [column.label for column in second.columns] == ["物资名称", "库存数量"]
    assert (first.room, second.room) == (3, 5)
    mine = SheetPlan(found.sheets[0].name)
    mine.put_rows(first, first.columns, [["甲", 1, 2], ["乙", 3, 4]])
    mine.put_rows(second, second.columns, [[f"口罩{n}", n] for n in range(7)])
    filled = fill(data, Plan([mine]))
    assert [(left.code, left.count) for left in filled.left] == [("no_room", 2)]
    after = opened(filled.data).active
    assert [after.cell(row, 1).value for row in range(2, 7)] == ["甲", "乙", None, None, None]
    assert [after.cell(row, 6).value for row in range(2, 8)] == [
        *(f"口罩{n}" for n in range(5)),
        None,
    ]


def test_days_are_names_of_columns() -> None:
    _, table, _ = list_of("days_of_a_month")
    labels = ["姓名", *(f"2月/{day}" for day in range(1, 30)), "备注"]
    assert [column.label for column in table.columns] == labels
    assert (table.header_rows, table.first_row, table.room) == ((2, 3), 4, 4)
    _, table, _ = list_of("days_in_one_row")
    labels = ["姓名", *map(str, range(1, 32)), "合计"]
    assert [column.label for column in table.columns] == labels
    assert (table.first_row, table.room) == (2, 4)


def test_dates_and_months_are_names_of_columns() -> None:
    _, found = made("dates_as_names")
    tables = [table for _, table in found.tables()]
    assert [(t.first_row, t.room, [c.label for c in t.columns]) for t in tables] == [
        (2, 2, ["社区", "2020-02-01", "2020-02-02", "2020-02-03", "2020-02-04"]),
        (7, 2, ["社区", "2020-02-28", "2020-02-29", "2020-03-01"]),
        (12, 2, ["社区", *(f"{month}月" for month in range(1, 13))]),
    ]


def test_numbers_of_columns_are_no_days() -> None:
    """The row that numbers the columns, and figures that happen to rise."""
    form = Form()
    form.sheet.write_row("A1", ["社区", "户数", "人数", "隔离", "解除", "备注"], form.head)
    form.sheet.write_row("A2", [1, 2, 3, 4, 5, 6], form.head)
    form.sheet.write_row("A3", ["城东社区", 1, 2, 3, 4, 5], form.cell)
    form.sheet.write_row("A4", ["城南社区", None, None, None, None, None], form.cell)
    [(_, table)] = outline("a.xlsx", form.done()).tables()
    assert table.header_rows == (1, 2)
    assert [c.label for c in table.columns] == ["户数", "人数", "隔离", "解除", "备注"]
    assert table.keys == {3: "城东社区", 4: "城南社区"}


def test_ornaments_are_no_part_of_a_name() -> None:
    data, table, mine = list_of("names_with_ornaments")
    assert [(c.label, c.unit, c.kind) for c in table.columns] == [
        ("姓名", "", "general"),
        ("身份证号码", "", "text"),
        ("性别(男/女)", "", "general"),
        ("联系电话", "", "text"),
        ("户籍地址", "", "general"),
        ("家庭人口", "人", "number"),
        ("出生日期(必填)", "", "date"),
        ("接种率", "", "number"),
        ("备注", "", "general"),
    ]
    assert table.serial == 0
    assert [b.label for b in made("names_with_ornaments")[1].sheets[0].blanks] == [
        "填报单位",
        "填报人",
    ]
    number = "110105194912310021"
    rows = [
        ["甲", number, "女", "013800001234", "县城", 3, day, 0.875, None]
        for day in (DAY, "2020.2.1", "2020年2月1日", "二月初一")
    ]
    mine.put_rows(table, table.columns, rows)
    after = opened(fill(data, Plan([mine])).data).active
    assert [shown(after[f"H{row}"].value) for row in (3, 4, 5, 6)] == [
        DAY,
        dt.date(2020, 2, 1),
        dt.date(2020, 2, 1),
        "二月初一",
    ]
    assert [after[f"{column}3"].value for column in "CEI"] == [number, "013800001234", 0.875]
    assert (after["I3"].number_format, after["H3"].number_format) == ("0.0%", 'yyyy"年"m"月"d"日"')


def test_a_list_is_met_in_its_own_words() -> None:
    data, table, mine = list_of("lists_to_choose_from")
    rows = [
        ["甲", "男性", "有", "是", "绿"],
        ["乙", "F", "无", "否", "黄码"],
        ["丙", "未知", "是", "没有", "红码"],
    ]
    mine.put_rows(table, table.columns, rows)
    filled = fill(data, Plan([mine]))
    after = opened(filled.data).active
    assert [[cell.value for cell in row] for row in after["B2:E4"]] == [
        ["男", "是", "有", "绿码"],
        ["女", "否", "无", "黄码"],
        [None, "是", "无", None],
    ]
    assert codes(filled) == [("B4", "性别", "not_allowed"), ("E4", "健康码", "not_allowed")]


def test_folded_rows_show_what_was_filled() -> None:
    data, table, mine = list_of("folded_and_frozen")
    mine.put_rows(table, table.columns, [[f"{n}", "x", f"{n}"] for n in range(5)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    assert [after.cell(row, 2).value for row in range(2, 8)] == ["0", "1", "2", "3", "4", None]
    assert [after.row_dimensions[row].outlineLevel for row in (4, 5, 6)] == [1, 1, 1]
    assert not any(after.row_dimensions[row].hidden for row in range(2, 7))
    assert (after.freeze_panes, after.column_dimensions["C"].hidden) == ("C2", True)
    assert after.protection.sheet


def test_shared_formulas_follow_inserted_rows() -> None:
    data, table, mine = list_of("formulas_shared")
    columns = [column for column in table.columns if not column.formula]
    mine.put_rows(table, columns, [[f"第{n}社区", n, n] for n in range(1, 8)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    assert [after[f"D{row}"].value for row in range(2, 9)] == [f"=C{r}/B{r}" for r in range(2, 9)]
    assert [after[f"{column}9"].value for column in "ABC"] == ["合计", "=SUM(B2:B8)", "=SUM(C2:C8)"]


def test_texts_in_their_cells_are_names() -> None:
    _, table, _ = list_of("texts_in_their_cells")
    assert [column.label for column in table.columns] == ["姓名", "电话", "人数"]


def test_a_strict_workbook_is_filled() -> None:
    data = strict()
    [(sheet, table)] = outline("a.xlsx", data).tables()
    mine = SheetPlan(sheet.name, title="一月")
    for blank in sheet.blanks:
        mine.put(blank, DAY if blank.kind == "date" else "城东社区")
    columns = [c for c in table.columns if c.name in ("姓名", "身份证号", "登记日期")]
    mine.put_rows(table, columns, [[f"第{n}人", "011", DAY] for n in range(9)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    [read] = read_workbook(filled.data).sheets
    assert read.name == "一月"
    assert read.rows[1][0] == "填报单位：城东社区"
    assert [row[:3] for row in read.rows[3:12]] == [[n + 1.0, f"第{n}人", "011"] for n in range(9)]
    assert read.rows[3][4] == DAY
    assert b'conformance="strict"' in parts(filled.data)["xl/workbook.xml"]


def test_lines_of_a_sentence_are_named_by_the_words_around_them() -> None:
    _, found = made("sentences")
    assert [(b.row, b.label, b.unit) for b in found.sheets[0].blanks] == [
        (2, "户", "户"),
        (2, "人", "人"),
        (2, "60岁以上", "人"),
        (2, "残疾人", "人"),
        (3, "已排查", "户"),
        (3, "发热", "人"),
        (3, "咳嗽", "人"),
        (4, "常住人口", "户"),
        (4, "常住人口(人)", "人"),
        (4, "卡口", "处"),
        (4, "网格员", "名"),
        (4, "小区", "个"),
    ]
    said = {"户": 812, "人": 2034, "60岁以上": 301, "已排查": 9, "发热": 0, "咳嗽": 1, "小区": 3.0}
    sheet, left = filled_with("sentences", said)
    assert not left
    assert sheet["A2"].value == "本社区共有812户2034人，其中60岁以上301人，残疾人____人。"
    assert str(sheet["A3"].value) == "今日已排查9户，发热0人咳嗽1人；"
    assert sheet["A4"].value == "常住人口____户____人，设卡口____处，网格员____名，3个小区"


def test_a_form_of_one_person_is_a_card() -> None:
    data, found = made("vertical_form")
    [sheet] = found.sheets
    assert not sheet.tables
    [card] = sheet.cards
    names = [
        "姓名",
        "性别",
        "身份证号码",
        "联系电话",
        "现住址",
        "工作单位",
        "返回时间",
        "返回出发地",
    ]
    names += ["交通工具", "车次/航班号", "是否发热", "体温", "健康码", "核酸检测结果"]
    assert [column.name for column in card.columns] == names
    assert (card.columns[1].boxes, card.columns[11].unit) == (("男", "女"), "℃")
    assert [b.label for b in sheet.blanks[-2:]] == ["填表人", "填表日期"]
    mine = SheetPlan(sheet.name)
    columns = [column for column in card.columns if column.name in ("姓名", "性别", "返回时间")]
    mine.put_rows(card, columns, [["甲", "女", DAY], ["乙", "男", DAY]])
    filled = fill(data, Plan([mine]))
    assert [(left.code, left.count) for left in filled.left] == [("no_room", 1)]
    after = opened(filled.data).active
    assert [shown(after[f"B{row}"].value) for row in (3, 4, 5, 10)] == ["甲", "□男 ☑女", None, DAY]


def test_a_card_for_each_row() -> None:
    data, found = made("four_cards")
    [sheet] = found.sheets
    assert not sheet.tables
    assert [blank.label for blank in sheet.blanks] == ["发卡人"]
    [cards] = sheet.cards
    assert [column.label for column in cards.columns] == ["姓名", "电话", "地址"]
    assert (cards.room, list(found.tables())) == (4, [(sheet, cards)])
    mine = SheetPlan(sheet.name)
    mine.put_rows(cards, cards.columns, [[f"第{n}人", f"0{n}", "县城"] for n in range(1, 7)])
    filled = fill(data, Plan([mine]))
    assert [(left.code, left.count) for left in filled.left] == [("no_room", 2)]
    after = opened(filled.data).active
    assert [after[place].value for place in ("B3", "E3", "B8", "E8")] == [
        "第1人",
        "第2人",
        "第3人",
        "第4人",
    ]
    assert [after[place].value for place in ("B4", "E5", "B12", "A12")] == [
        "01",
        "县城",
        None,
        "发卡人：",
    ]


def test_a_sheet_with_a_pivot_table_is_filled_but_not_copied() -> None:
    data = with_pivot()
    [(sheet, table)] = outline("a.xlsx", data).tables()

    def plan(title: str) -> SheetPlan:
        mine = SheetPlan(sheet.name, title=title)
        mine.put_rows(table, table.columns[:1], [["甲"], ["乙"]])
        return mine

    filled = fill(data, Plan([plan("")]))
    assert not filled.left
    name = "xl/pivotTables/pivotTable1.xml"
    assert parts(filled.data)[name] == parts(data)[name]
    with pytest.raises(SheetError) as caught:
        fill(data, Plan([plan("甲村"), plan("乙村")]))
    assert caught.value.code == "not_copied"
    with override("zh-hans"):
        assert "透视表" in caught.value.message
        assert "一份工作簿" in caught.value.mend


def test_notes_on_names_are_read_and_kept() -> None:
    data, table, mine = list_of("noted_names")
    assert [(c.label, c.note, c.unit) for c in table.columns] == [
        ("姓名", "", ""),
        ("身份证号", "填18位，X大写", ""),
        ("库存", "单位：箱", "箱"),
        ("体温", "保留一位小数", ""),
        ("备注", "", ""),
    ]
    mine.put_rows(table, table.columns, [["甲", "1", 3, 36.5, None]] * 2)
    filled = fill(data, Plan([mine]))
    old, new = parts(data), parts(filled.data)
    noted = [name for name in old if "omment" in name or name.endswith(".vml")]
    assert len(noted) == 3
    assert all(old[name] == new[name] for name in noted)
    # A broken part of notes is no reason to refuse the template.
    name = "xl/threadedComments/threadedComment1.xml"
    [(_, table)] = outline("a.xlsx", repacked(data, {name: b"<x>"})).tables()
    assert len(table.columns) == 5


@given(
    st.text(
        st.sampled_from("□☐☑是否男女_____    　：:，。\n年月日户人共有其中（）甲1"), max_size=60
    )
)
def test_blanks_of_any_text_lie_in_it_and_apart(text: str) -> None:
    found = slots(text)
    spans = [span for slot in found for span in slot.spans]
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(sorted(spans)))
    for slot in found:
        for number, (start, end) in enumerate(slot.spans):
            assert not text[start:end].strip(" _　□☐")
            assert slot.kind != "choice" or slot.options[number]


@settings(max_examples=6)
@given(
    st.lists(
        st.text(st.sampled_from("□□是否男女____  ：，。户人共有甲"), min_size=1, max_size=30),
        min_size=1,
        max_size=25,
    )
)
def test_whatever_a_line_asks_is_filled(lines: list[str]) -> None:
    form = Form()
    for row, text in enumerate(lines):
        form.sheet.write_string(row, 0, text)
    data = form.done()
    [sheet] = outline("a.xlsx", data).sheets
    mine = SheetPlan(sheet.name)
    said: dict[int, list[str]] = {}
    for blank in [*sheet.blanks, *(b for t in sheet.cards for card in t.cards for b in card)]:
        if blank.kind in ("text", "choice"):
            value = blank.allowed[0] if blank.kind == "choice" else f"值{blank.spans[0][0]}"
            mine.put(blank, value)
            said.setdefault(blank.row, []).append(value if blank.kind == "text" else "☑")
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    for row, values in said.items():
        assert all(value in after.cell(row, 1).value for value in values)


def test_a_long_text_is_not_searched_for_blanks() -> None:
    form = Form()
    form.sheet.write("A1", "填报单位：" + " " * 30_000 + "月")
    [sheet] = outline("a.xlsx", form.done()).sheets
    assert not sheet.blanks
