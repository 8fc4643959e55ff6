from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.sheets.filling import TableOutline, outline
from fangxian.common.sheets.filling.blanks import slots
from fangxian.common.sheets.tests.filling_corpus import PLACES, Form
from fangxian.common.sheets.tests.filling_kit import made

# By template: first row of its table, its rooms, its total rows, the labels of its columns.
EXPECTED: dict[str, tuple[int, list[tuple[int, int]], tuple[int, ...], str]] = {
    "one_row": (4, [(4, 6)], (), "姓名 身份证号 联系电话 登记日期 备注"),
    "two_rows_merged": (
        4,
        [(4, 5)],
        (),
        "社区 常住人口/应检人数 常住人口/已检人数 常住人口/未检人数 流动人口/应检人数 "
        "流动人口/已检人数 备注",
    ),
    "three_rows_merged": (
        5,
        [(5, 5)],
        (),
        "单位名称 隔离情况/集中隔离/在管人数 隔离情况/集中隔离/解除人数 "
        "隔离情况/居家隔离/在管人数 隔离情况/居家隔离/解除人数",
    ),
    "units_in_headers": (6, [(6, 4)], (), "社区名称 户数 口罩 消毒液 体温"),
    "notes_below": (4, [(4, 4)], (), "姓名 身份证号 联系电话 登记日期 备注"),
    "totals": (3, [(3, 4)], (7,), "社区 应种人数 已种人数 未种人数 接种率"),
    "section_totals": (3, [(3, 2), (7, 2)], (5, 9, 10), "村(社区) 户数 人数"),
    "printed_places": (3, [], (7,), "排查户数 排查人数"),
    "cross_table": (3, [], (), "城东社区 城南社区 河湾村 桥头村 合计"),
    "hidden_lookup": (2, [(2, 4)], (), "姓名 人员类别 是否隔离"),
    "protected": (2, [], (), "编码 户数 人数"),
    "card": (5, [(5, 3)], (), "姓名 与户主关系 身份证号 电话 工作单位"),
    "chart_table_summary": (2, [(2, 3)], (), "社区 户数 人数"),
    "from_openpyxl": (2, [(2, 4)], (6,), "社区 人数 备注"),
    "unbordered": (3, [(3, 0)], (), "姓名 身份证号 手机号"),
    "prefixed": (4, [(4, 6)], (), "姓名 身份证号 联系电话 登记日期 备注"),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_a_template_asks_for(name: str) -> None:
    _, found = made(name)
    [(_, table)] = found.tables()
    first, rooms, totals, labels = EXPECTED[name]
    assert (table.first_row, [(room.first_row, room.rows) for room in table.rooms]) == (
        first,
        rooms,
    )
    assert table.total_rows == totals
    assert " ".join(column.label for column in table.columns) == labels


def table_of(name: str) -> TableOutline:
    return next(table for _, table in made(name)[1].tables())


def test_units_notes_titles_and_formats() -> None:
    table = table_of("units_in_headers")
    assert [column.unit for column in table.columns] == ["", "户", "个", "瓶", "℃"]
    assert (table.unit, table.title) == ("户", "物资储备情况")
    assert table_of("notes_below").notes == ("注：1.身份证号填18位；2.每日17时前报送。",)
    assert [c.kind for c in table_of("one_row").columns] == [
        "general",
        "text",
        "text",
        "date",
        "general",
    ]
    assert [c.formula for c in table_of("totals").columns] == [False, False, False, True, True]
    assert [room.section for room in table_of("section_totals").rooms] == ["一、城区", "二、乡镇"]
    assert table_of("one_row").serial == 0


def test_printed_names_cross_tables_lists_and_locks() -> None:
    table = table_of("printed_places")
    assert list(table.keys.items()) == list(enumerate(PLACES, 3))
    assert not table.transposed
    cross = table_of("cross_table")
    assert (cross.transposed, list(cross.keys.values())) == (
        True,
        ["常住人口", "六十岁以上", "隔离人数"],
    )
    assert [c.allowed for c in table_of("hidden_lookup").columns] == [
        (),
        ("密接", "次密接", "Ａ类"),
        ("是", "否"),
    ]
    assert [c.locked for c in table_of("protected").columns] == [True, False, False]
    _, found = made("hidden_lookup")
    assert [(s.name, s.state, len(s.tables)) for s in found.sheets] == [
        ("填报", "visible", 1),
        ("字典", "hidden", 0),
        ("汇总", "visible", 0),
    ]


def sheet_of(*rows: list[Any]) -> TableOutline:
    """The table of a sheet with borders around all cells, None for an empty one."""
    form = Form()
    for line, row in enumerate(rows):
        for column, one in enumerate(row):
            form.sheet.write(line, column, one, form.cell)
    [(_, table)] = outline("a.xlsx", form.done()).tables()
    return table


def test_totals_that_stand_first_examples_and_dots() -> None:
    blank = [None] * 3
    table = sheet_of(
        ["社区", "户数", "人数"], ["合计", None, None], blank, blank, ["……", None, None]
    )
    assert (table.total_rows, table.first_row, table.room, table.keys) == ((2,), 3, 3, {})
    table = sheet_of(
        ["序号", "姓名", "电话"], [1, "例：张三", "13800000000"], [2, None, None], blank
    )
    assert (table.first_row, table.room, table.keys) == (3, 2, {})


def test_what_is_printed_in_every_row_is_no_column() -> None:
    table = sheet_of(
        ["指标", "单位", "城东社区", "河湾村"],
        ["常住人口", "人", None, None],
        ["住户", "户", None, None],
    )
    assert [column.name for column in table.columns] == ["城东社区", "河湾村"]
    assert (table.transposed, table.row_units) == (True, {2: "人", 3: "户"})
    table = sheet_of(
        ["街道", "社区", "户数"],
        ["城关街道", "城东社区", 12],
        [None, "城南社区", 7],
        ["合计", None, None],
    )
    assert (table.keys, table.key_column) == ({2: "城东社区", 3: "城南社区"}, 1)
    assert [column.name for column in table.columns] == ["街道", "户数"]


def test_rows_under_one_merged_name() -> None:
    form = Form()
    form.sheet.write_row("A1", ["社区", "性别", "人数"], form.head)
    for row, place in ((2, "城东社区"), (4, "城南社区")):
        form.sheet.merge_range(f"A{row}:A{row + 1}", place, form.cell)
        form.sheet.write_column(f"B{row}", ["男", "女"], form.cell)
        form.sheet.write_blank(f"C{row}", None, form.number)
        form.sheet.write_blank(f"C{row + 1}", None, form.number)
    [(_, table)] = outline("a.xlsx", form.done()).tables()
    assert table.keys == {
        2: "城东社区/男",
        3: "城东社区/女",
        4: "城南社区/男",
        5: "城南社区/女",
    }
    assert [column.name for column in table.columns] == ["人数"]


def test_blanks_of_a_card_and_of_lines() -> None:
    _, found = made("card")
    blanks = [(b.row, b.column, b.label, b.kind) for b in found.sheets[0].blanks]
    assert blanks == [
        (2, 1, "户主姓名", "cell"),
        (2, 4, "联系电话", "cell"),
        (3, 1, "详细住址", "cell"),
        (8, 0, "登记人", "text"),
        (8, 0, "登记日期", "date"),
    ]
    _, found = made("notes_below")
    assert [b.label for b in found.sheets[0].blanks] == [
        "填报单位",
        "填报日期",
        "填表人",
        "审核人",
        "联系电话",
    ]


def test_a_card_is_no_table() -> None:
    form = Form()
    sheet = form.sheet
    for column, name in zip("ACEG", ["姓名", "性别", "年龄", "民族"], strict=True):
        sheet.write(f"{column}1", name, form.head)
    for column in "BDFH":
        sheet.write_blank(f"{column}1", None, form.cell)
    sheet.write("A2", "观察期限", form.head)
    sheet.merge_range("B2:H2", "自    年  月  日至    年  月  日", form.cell)
    [found] = outline("a.xlsx", form.done()).sheets
    assert not found.tables
    assert [(blank.label, blank.kind) for blank in found.blanks] == [
        ("姓名", "cell"),
        ("性别", "cell"),
        ("年龄", "cell"),
        ("民族", "cell"),
        ("观察期限", "date"),
        ("观察期限", "date"),
    ]


def test_two_tables_and_names_over_gaps() -> None:
    form = Form()
    sheet = form.sheet
    sheet.merge_range("A1:C1", "一、人员", form.cell)
    sheet.write_row("A2", ["镇（街道）", "排查人数\n（人）", "备注"], form.head)
    form.prepared(3, 5, [form.cell] * 3)
    sheet.merge_range("A6:C6", "二、物资", form.cell)
    sheet.write_row("A7", ["物资名称", "库存", "需求"], form.head)
    form.prepared(8, 9, [form.cell] * 3)
    tables = [table for _, table in outline("a.xlsx", form.done()).tables()]
    assert [(table.title, table.first_row, table.room) for table in tables] == [
        ("一、人员", 3, 3),
        ("二、物资", 8, 2),
    ]
    assert (tables[0].columns[1].name, tables[0].columns[1].unit) == ("排查人数", "人")
    form = Form()
    form.sheet.write_row("A1", ["姓名", "户籍信息", None, "备注"])
    form.sheet.write_row("B2", ["户籍地址", "身份证号"])
    [(_, table)] = outline("a.xlsx", form.done()).tables()
    assert [column.label for column in table.columns] == [
        "姓名",
        "户籍信息/户籍地址",
        "户籍信息/身份证号",
        "备注",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("填报单位：   填报日期：  年  月  日", [("填报单位", "text"), ("填报日期", "date")]),
        ("填 报 人：____ 电话：____", [("填 报 人", "text"), ("电话", "text")]),
        ("______社区日报表", [("社区日报表", "text")]),
        ("共____户____人，其中发热____人", [("户", "text"), ("人", "text"), ("发热", "text")]),
        ("2020年  月  日", [("", "date")]),
        ("户主：____ 家庭人口：____人", [("户主", "text"), ("家庭人口", "text")]),
        ("共设____个网格、____个卡口", [("网格", "text"), ("卡口", "text")]),
        ("体温：______℃，其中异常____人次", [("体温", "text"), ("异常", "text")]),
        ("填报时间：  月  日  时", [("填报时间", "date")]),
        ("填报单位：        （盖章）", [("填报单位", "text")]),
        ("填报人：张三 电话：", [("电话", "text")]),
        ("注：17时前报送", []),
        ("说明：", []),
        ("单位：人", []),
        ("出生年月日", []),
    ],
)
def test_blanks_in_a_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(slot.label, slot.kind) for slot in slots(text)] == expected


def test_a_mapping_is_recognised_the_next_day() -> None:
    def day(title: str, names: list[str]) -> TableOutline:
        form = Form()
        form.sheet.merge_range("A1:C1", title, form.title)
        form.sheet.write_row("A2", names, form.head)
        form.prepared(3, 5, [form.cell] * 3)
        [(_, table)] = outline("a.xlsx", form.done()).tables()
        return table

    names = ["社区", "户数", "人数"]
    first = day("3月5日日报", names).signature
    assert first == day("3月6日 日报（续）", ["社 区", "户数", "人数"]).signature
    assert first != day("3月5日日报", ["社区", "户数", "人次"]).signature
