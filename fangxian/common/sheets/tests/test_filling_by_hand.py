"""Ticks in brackets, printed numbers, counts and their parts: what is asked, how it comes back."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.sheets.filling import Plan, SheetPlan, fill, outline
from fangxian.common.sheets.filling.choices import boxes_in
from fangxian.common.sheets.tests.filling_corpus import Form, opened
from fangxian.common.sheets.tests.filling_kit import codes, made, parts
from fangxian.common.sheets.tests.test_filling_forms import filled_with


def test_brackets_are_ticked_within_and_the_others_stay() -> None:
    _, found = made("brackets")
    [sheet] = found.sheets
    assert [(b.row, b.column, b.label, b.kind, b.allowed) for b in sheet.blanks] == [
        (2, 1, "性别", "choice", ("男", "女")),
        (2, 4, "是否发热", "choice", ("是", "否")),
        (3, 1, "来访方式", "choice", ("步行", "自驾", "公交")),
        (4, 0, "是否咳嗽", "choice", ("是", "否")),
        (4, 0, "是否乏力", "choice", ("是", "否")),
        (5, 0, "", "choice", ("属实", "不属实")),
    ]
    after, left = filled_with(
        "brackets",
        {
            "性别": "女性",
            "是否发热": "无",
            "来访方式": "自驾、公交",
            "是否咳嗽": "有",
            "是否乏力": "也许",
        },
    )
    assert left == [("A4", "是否乏力", "not_allowed")]
    assert after["B2"].value == "( )男  (√)女"
    assert after["E2"].value == "（　）是 （√）否"
    assert after["A4"].value == "是否咳嗽：是（√） 否（ ）   是否乏力：是[ ] 否[ ]"
    assert after["A5"].value == "本表共（  ）户（  ）人，□属实 □不属实（      ）"
    runs = after["B3"].value
    assert "".join(map(str, runs)) == "【 】步行 【√】自驾 【√】公交"
    fonts = {str(run): run.font for run in runs if getattr(run, "font", None)}
    assert fonts["自驾"].b
    assert fonts["√"].u == "single"


def test_brackets_in_a_column_and_in_rows_that_are_inserted() -> None:
    data, found = made("brackets")
    [(sheet, table)] = found.tables()
    assert [(c.label, c.boxes, c.mark) for c in table.columns] == [
        ("姓名", (), ""),
        ("是否接种疫苗", ("是", "否"), "√"),
        ("备注", (), ""),
    ]
    mine = SheetPlan(sheet.name)
    said = ["是", "否", None, "有", "不详"]
    mine.put_rows(table, table.columns, [[f"人{n}", one, None] for n, one in enumerate(said)])
    filled = fill(data, Plan([mine]))
    after = opened(filled.data).active
    assert [[after.cell(row, column).value for column in (1, 2, 3)] for row in range(7, 12)] == [
        [1, "人0", "（√）是（ ）否"],
        [2, "人1", "（ ）是（√）否"],
        [3, "人2", "（ ）是（ ）否"],
        [4, "人3", "（√）是（ ）否"],
        [5, "人4", "（ ）是（ ）否"],
    ]
    assert codes(filled) == [("C11", "是否接种疫苗", "not_allowed")]
    assert parts(filled.data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("（ ）是 （ ）否", [("是", "否")]),
        ("是（）否（）", [("是", "否")]),
        ("( )党员\n( )群众", [("党员", "群众")]),
        ("发热：[ ]有 [ ]无 咳嗽：[ ]有 [ ]无", [("有", "无"), ("有", "无")]),
        ("□无 □其他（   ）", [("无", "其他")]),
        ("共（ ）户（ ）人", []),
        ("（ ）月（ ）日", []),
        ("姓名（ ）", []),
        ("(__)是 (__)否", []),
    ],
)
def test_brackets_of_a_text(text: str, expected: list[tuple[str, ...]]) -> None:
    found = boxes_in(text)
    assert [one.options for one in found] == expected
    assert all(not text[s:e].strip(" □") for one in found for s, e in one.spans)


def grid(name: str, many: int) -> tuple[Any, Any]:
    """The table of a list beside itself, and its cells after so many people were filled in."""
    data, found = made(name)
    [(sheet, table)] = found.tables()
    assert [column.label for column in table.columns] == ["姓名", "电话"]
    mine = SheetPlan(sheet.name)
    mine.put_rows(table, table.columns, [[f"人{n}", f"{n}"] for n in range(1, many + 1)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    return table, [
        [after.cell(row, column).value for column in (1, 2, 3, 5, 6, 7)]
        for row in range(3, after.max_row + 1)
    ]


def test_printed_numbers_go_on_in_the_right_half() -> None:
    table, cells = grid("numbered_halves", 6)
    assert (table.halves, table.serial) == (((0, 1, 2), (4, 5, 6)), 0)
    assert (table.first_number, table.across, table.room) == (21, False, 4)
    assert cells == [
        [21, "人1", "1", 25, "人5", "5"],
        [22, "人2", "2", 26, "人6", "6"],
        [23, "人3", "3", 27, None, None],
        [24, "人4", "4", 28, None, None],
        ["制表人：", None, None, None, None, None],
    ]
    # Rows are inserted into both halves; no number is left out, none stands twice.
    _, cells = grid("numbered_halves", 9)
    assert [line[0] for line in cells[:5]] == [21, 22, 23, 24, 25]
    assert [line[3] for line in cells[:5]] == [26, 27, 28, 29, 30]
    assert [line[4] for line in cells[:5]] == ["人6", "人7", "人8", "人9", None]


def test_numbers_that_count_across_are_followed() -> None:
    table, cells = grid("numbered_across", 5)
    assert (table.first_number, table.across) == (1, True)
    assert cells == [
        [1, "人1", "1", 2, "人2", "2"],
        [3, "人3", "3", 4, "人4", "4"],
        [5, "人5", "5", 6, None, None],
        [7, None, None, 8, None, None],
        ["制表人：", None, None, None, None, None],
    ]
    _, cells = grid("numbered_across", 9)
    assert cells[4] == [9, "人9", "9", None, None, None]


def test_parts_of_a_count_are_told_from_counts_of_their_own() -> None:
    _, found = made("parts_of_counts")
    asked = found.sheets[0].blanks
    assert [(b.row, b.column, b.label, b.unit, b.part) for b in asked] == [
        (2, 0, "常住人口", "人", False),
        (2, 0, "男", "人", True),
        (2, 0, "女", "人", True),
        (2, 0, "网格员", "名", False),
        (3, 0, "租户", "人", False),
        (3, 0, "男性", "人", True),
        (3, 0, "女性", "人", True),
        (5, 1, "常住人口", "", False),
        (5, 3, "其中：男性", "", True),
        (5, 5, "常住人口/女性", "", True),
        (7, 0, "排查", "户", False),
        (7, 0, "外来", "人", True),
    ]


def test_parts_of_one_name_are_told_apart_by_their_count() -> None:
    form = Form()
    form.sheet.write("A1", "户籍人口____人，其中男____人；流动人口____人，其中男____人。")
    [sheet] = outline("a.xlsx", form.done()).sheets
    assert [blank.label for blank in sheet.blanks] == ["户籍人口", "男", "流动人口", "流动人口/男"]
