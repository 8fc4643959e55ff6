"""Further forms filled by hand: ticks in brackets, printed numbers, counts and their parts.
Made by code; all names in them are made up.
"""

from __future__ import annotations

from fangxian.common.sheets.tests.filling_corpus import Form, template


@template
def brackets() -> bytes:
    """Brackets to tick in, of all sorts, above a list with a column of them."""
    form = Form("登记表")
    sheet = form.sheet
    sheet.merge_range("A1:F1", "来访人员登记表", form.title)
    sheet.write("A2", "性别", form.head)
    sheet.merge_range("B2:C2", "( )男  ( )女", form.cell)
    sheet.write("D2", "是否发热：", form.head)
    sheet.merge_range("E2:F2", "（　）是 （　）否", form.cell)
    sheet.write("A3", "来访方式", form.head)
    red = form.book.add_format({"font_color": "#FF0000", "bold": 1})
    line = form.book.add_format({"underline": 1})
    plain = form.book.add_format({"font_name": "宋体"})
    sheet.merge_range("B3:F3", "", form.cell)
    sheet.write_rich_string(
        "B3", plain, "【 】步行 【", line, "  ", plain, "】", red, "自驾", plain, " 【】公交",
        form.cell,
    )  # fmt: skip
    sheet.write("A4", "是否咳嗽：是（ ） 否（ ）   是否乏力：是[ ] 否[ ]")
    sheet.write("A5", "本表共（  ）户（  ）人，□属实 □不属实（      ）")
    sheet.write_row("A6", ["序号", "姓名", "是否接种疫苗", "备注"], form.head)
    for row in range(6, 9):
        sheet.write(row, 0, row - 5, form.number)
        sheet.write(row, 1, None, form.cell)
        sheet.write(row, 2, "（ ）是（ ）否", form.cell)
        sheet.write(row, 3, None, form.cell)
    return form.done()


def _numbered(name: str, numbers: list[tuple[int, int]]) -> bytes:
    form = Form("名单")
    sheet = form.sheet
    sheet.merge_range("A1:G1", "会议座次名单", form.title)
    for left, which in ((0, 0), (4, 1)):
        sheet.write_row(1, left, [name, "姓名", "电话"], form.head)
        for row, both in enumerate(numbers, 2):
            sheet.write(row, left, both[which], form.number)
            sheet.write(row, left + 1, None, form.cell)
            sheet.write(row, left + 2, None, form.text)
    sheet.write(len(numbers) + 2, 0, "制表人：")
    return form.done()


@template
def numbered_halves() -> bytes:
    """Halves numbered by the office, the second page of a list: 21 to 24 left, 25 to 28 right."""
    return _numbered("座位号", [(21 + row, 25 + row) for row in range(4)])


@template
def numbered_across() -> bytes:
    """Halves whose numbers go from left to right before they go down."""
    return _numbered("序号", [(1 + 2 * row, 2 + 2 * row) for row in range(4)])


@template
def parts_of_counts() -> bytes:
    """Counts with their parts, in sentences and in cells."""
    form = Form("情况")
    sheet = form.sheet
    sheet.merge_range("A1:F1", "人口基本情况", form.title)
    sheet.write("A2", "本社区常住人口____人，其中：男____人，女____人；网格员____名。")
    sheet.write("A3", "租户____人（其中男性____人、女性____人）")
    names = ["常住人口", "其中：男性", "女性"]
    for column, name in enumerate(names):
        sheet.write(4, 2 * column, name, form.head)
        sheet.write(4, 2 * column + 1, None, form.cell)
    sheet.write("A7", "排查____户，其中外来____人。")
    return form.done()
