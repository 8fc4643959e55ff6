"""Forms that grass-roots offices fill by hand: boxes, cards, halves beside each other. Made by
code; all names in them are made up.
"""

from __future__ import annotations

import io
import re
import zipfile

from fangxian.common.sheets.tests.filling_corpus import Form, ledger, template
from fangxian.common.sheets.tests.samples import repacked


@template
def boxes() -> bytes:
    """A card with boxes to tick above a list with a column of them."""
    form = Form("登记表")
    sheet = form.sheet
    sheet.merge_range("A1:F1", "外来人员登记表", form.title)
    sheet.write("A2", "性别", form.head)
    sheet.merge_range("B2:C2", "□男  □女", form.cell)
    sheet.write("D2", "婚姻状况：", form.head)
    sheet.merge_range("E2:F2", "□已婚 □未婚 □不详", form.cell)
    sheet.write("A3", "健康状况", form.head)
    red = form.book.add_format({"font_color": "#FF0000", "bold": 1})
    plain = form.book.add_format({"font_name": "宋体"})
    sheet.merge_range("B3:F3", "", form.cell)
    sheet.write_rich_string(
        "B3",
        plain,
        "□正常 ",
        plain,
        "□",
        red,
        "发热",
        plain,
        " □其他：",
        plain,
        "______",
        form.cell,
    )
    sheet.write("A4", "是否外出：是☐ 否☐   交通方式：飞机☐ 火车☐ 自驾☐")
    sheet.write_row("A5", ["序号", "姓名", "是否接种疫苗", "核酸结果", "备注"], form.head)
    for row in range(5, 8):
        sheet.write(row, 0, row - 4, form.number)
        sheet.write(row, 1, None, form.cell)
        sheet.write(row, 2, "□已接种 □未接种 □不详", form.cell)
        sheet.write(row, 3, "□阴性\n□阳性", form.cell)
        sheet.write(row, 4, None, form.cell)
    return form.done()


@template
def boxes_with_example() -> bytes:
    """A form that shows how it wants its boxes ticked."""
    form = Form("登记表")
    sheet = form.sheet
    sheet.write("A1", "填写示例：■是 □否")
    sheet.write_row("A2", ["检查内容", "结果"], form.head)
    for row, name in enumerate(["门口测温", "通风消毒", "台账齐全"], 2):
        sheet.write(row, 0, name, form.cell)
        sheet.write(row, 1, "□是 □否", form.cell)
    return form.done()


@template
def two_halves() -> bytes:
    """One list that goes on beside itself, with an empty column between."""
    form = Form("名单")
    sheet = form.sheet
    sheet.merge_range("A1:G1", "值班人员名单", form.title)
    for left in (0, 4):
        sheet.write_row(1, left, ["序号", "姓名", "电话"], form.head)
        for row in range(2, 6):
            sheet.write(row, left, row - 1 + left, form.number)
            sheet.write(row, left + 1, None, form.cell)
            sheet.write(row, left + 2, None, form.text)
    sheet.write("A7", "制表人：")
    return form.done()


@template
def three_parts_without_gap() -> bytes:
    form = Form("名单")
    form.sheet.write_row("A1", ["姓名", "门牌号"] * 3, form.head)
    form.prepared(2, 4, [form.cell, form.text] * 3)
    return form.done()


@template
def men_and_women() -> bytes:
    """Two lists beside each other that have the same columns and titles of their own."""
    form = Form("名单")
    sheet = form.sheet
    sheet.merge_range("A1:G1", "隔离人员名单", form.title)
    for left, name in ((0, "男"), (4, "女")):
        sheet.merge_range(1, left, 1, left + 2, name, form.head)
        sheet.write_row(2, left, ["姓名", "年龄", "房间号"], form.head)
        for row in range(3, 6):
            for column in range(left, left + 3):
                sheet.write(row, column, None, form.cell)
    return form.done()


@template
def two_tables_beside() -> bytes:
    """Two tables with columns of their own that end in different rows."""
    form = Form("日报")
    sheet = form.sheet
    sheet.write_row("A1", ["社区", "户数", "人数"], form.head)
    form.prepared(2, 4, [form.cell, form.number, form.number])
    sheet.write_row("F1", ["物资名称", "库存数量"], form.head)
    for row in range(1, 6):
        sheet.write(row, 5, None, form.cell)
        sheet.write(row, 6, None, form.number)
    return form.done()


@template
def days_of_a_month() -> bytes:
    """Temperatures by day: the days are numbers below their month."""
    form = Form("体温")
    sheet = form.sheet
    sheet.merge_range("A1:AG1", "体温登记表", form.title)
    sheet.merge_range("A2:A3", "序号", form.head)
    sheet.merge_range("B2:B3", "姓名", form.head)
    sheet.merge_range("C2:AE2", "2月", form.head)
    sheet.merge_range("AF2:AF3", "备注", form.head)
    for day in range(1, 30):
        sheet.write(2, day + 1, day, form.head)
    form.prepared(4, 7, [form.number, *[form.cell] * 31])
    return form.done()


@template
def days_in_one_row() -> bytes:
    form = Form("值班表")
    form.sheet.write_row("A1", ["姓名", *range(1, 32), "合计"], form.head)
    form.prepared(2, 5, [form.cell] * 33)
    return form.done()


@template
def dates_as_names() -> bytes:
    """Two tables: real dates in the one, dates as text in the other; months in a third."""
    form = Form("日报")
    sheet = form.sheet
    dated = form.book.add_format({"border": 1, "num_format": 'm"月"d"日"'})
    sheet.write("A1", "社区", form.head)
    for number in range(4):
        sheet.write_number(0, number + 1, 43862 + number, dated)
    form.prepared(2, 3, [form.cell, *[form.number] * 4])
    sheet.write_row("A6", ["社区", "2020-02-28", "2020-02-29", "2020-03-01"], form.head)
    form.prepared(7, 8, [form.cell, *[form.number] * 3])
    sheet.write_row("A11", ["社区", *(f"{month}月" for month in range(1, 13))], form.head)
    form.prepared(12, 13, [form.cell, *[form.number] * 12])
    return form.done()


@template
def names_with_ornaments() -> bytes:
    """Names as people decorate them: wide spaces, lines, stars, numbers, brackets, units."""
    form = Form("名册")
    names = [
        "序　号",
        "*姓　名",
        "2.身份证\n号 码",
        "3、性别（男/女）",
        "联系\n电话★",
        "（5）户籍地址",
        "⑥家庭人口（人）",
        "出生\n日期\n（必填）",
        "接种率",
        "一、备 注",
    ]
    form.sheet.write("A1", "*填报单位：", form.cell)
    form.sheet.write("B1", None, form.cell)
    form.sheet.write("D1", "（2）填报人：____")
    form.sheet.write_row("A2", names, form.head)
    day = form.book.add_format({"border": 1, "num_format": 'yyyy"年"m"月"d"日"'})
    shapes = [form.number, form.cell, form.text, form.cell, form.text, form.cell, form.number]
    form.prepared(3, 6, [*shapes, day, form.rate, form.cell])
    return form.done()


@template
def lists_to_choose_from() -> bytes:
    form = Form("名册")
    sheet = form.sheet
    sheet.write_row("A1", ["姓名", "性别", "是否返乡", "有无车辆", "健康码"], form.head)
    form.prepared(2, 5, [form.cell] * 5)
    for column, said in zip(
        "BCDE", [["男", "女"], ["是", "否"], ["有", "无"], ["绿码", "黄码"]], strict=True
    ):
        sheet.data_validation(f"{column}2:{column}5", {"validate": "list", "source": said})
    return form.done()


@template
def folded_and_frozen() -> bytes:
    """Frozen panes, a hidden column, rows in groups of which some are folded, a lock."""
    form = Form("台账")
    sheet = form.sheet
    sheet.write_row("A1", ["序号", "姓名", "内部编码", "电话"], form.head)
    form.prepared(2, 7, [form.open] * 4)
    sheet.set_column("C:C", 12, None, {"hidden": True})
    for row in range(3, 6):
        sheet.set_row(row, 20, None, {"level": 1, "hidden": row > 4})
    sheet.set_column("F:I", 10, None, {"level": 1, "hidden": True})
    sheet.freeze_panes(1, 2)
    sheet.protect("synthetic")
    return form.done()


def _changed(data: bytes, part: str, *pairs: tuple[bytes, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(part)
    for pattern, new in pairs:
        xml, count = re.subn(pattern, new, xml)
        assert count, pattern
    return repacked(data, {part: xml})


_SHEET = "xl/worksheets/sheet1.xml"


def _plain() -> bytes:
    form = Form("台账")
    ledger(form)
    form.sheet.write("A11", "审核人：")
    return form.done()


@template
def without_dimension() -> bytes:
    return _changed(_plain(), _SHEET, (rb"<dimension[^>]*/>", b""))


@template
def without_references() -> bytes:
    """Rows and cells that don't say which they are."""
    form = Form("台账")
    sheet = form.sheet
    sheet.write_row("A1", ["姓名", "电话", "人数"], form.head)
    form.prepared(2, 4, [form.cell, form.text, form.number])
    return _changed(form.done(), _SHEET, (rb' r="[A-Z]*[0-9]+"', b""))


@template
def texts_in_their_cells() -> bytes:
    """Every text in its cell, spaces kept, in runs and plain; no list of shared ones."""
    form = Form("台账")
    sheet = form.sheet
    sheet.write_row("A1", ["a", "b", "c"], form.head)
    form.prepared(2, 4, [form.cell, form.text, form.number])
    data = form.done()
    for number, text in enumerate(
        (
            b'<t xml:space="preserve"> \xe5\xa7\x93  \xe5\x90\x8d </t>',
            b"<r><rPr><b/></rPr><t>\xe7\x94\xb5</t></r><r><t>\xe8\xaf\x9d</t></r>",
            b"<t>\xe4\xba\xba_x000a_\xe6\x95\xb0</t>",
        )
    ):
        data = _changed(
            data, _SHEET, (rb' t="s"><v>%d</v>' % number, b' t="inlineStr"><is>' + text + b"</is>")
        )
    return data


@template
def made_by_wps() -> bytes:
    """Namespaces and lists of extensions as WPS writes them."""
    data = _changed(
        _plain(),
        _SHEET,
        (
            b"<worksheet ",
            b'<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
            b'xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" '
            b'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
            b'mc:Ignorable="etc" ',
        ),
        (
            b"</worksheet>",
            b'<extLst><ext uri="{5C8A2E59-0001-4A1B-9A20-000000000000}"><etc:cellprotection/>'
            b"</ext></extLst></worksheet>",
        ),
    )
    return _changed(
        data,
        "xl/workbook.xml",
        (
            b"</workbook>",
            b'<extLst><ext uri="{B58B0392-4F1F-4190-BB64-5DF3571DCE5F}" '
            b'xmlns:xcalcf="http://schemas.microsoft.com/office/spreadsheetml/2018/calcfeatures">'
            b'<xcalcf:calcFeatures><xcalcf:feature name="x"/></xcalcf:calcFeatures></ext></extLst>'
            b"</workbook>",
        ),
    )


@template
def formulas_shared() -> bytes:
    """A formula that its rows share, and the total of a column of percentages."""
    form = Form("进度")
    sheet = form.sheet
    sheet.write_row("A1", ["社区", "应排查", "已排查", "完成率"], form.head)
    form.prepared(2, 5, [form.cell, form.number, form.number, form.rate])
    for row in range(2, 6):
        sheet.write_formula(f"D{row}", f"=C{row}/B{row}", form.rate, 0)
    sheet.write("A6", "合计", form.cell)
    for column in "BC":
        sheet.write_formula(f"{column}6", f"=SUM({column}2:{column}5)", form.number, 0)
    shared = [(rb"<f>C%d/B%d</f>" % (row, row), b'<f t="shared" si="0"/>') for row in (3, 4, 5)]
    shared.append((rb"<f>C2/B2</f>", b'<f t="shared" ref="D2:D5" si="0">C2/B2</f>'))
    return _changed(form.done(), _SHEET, *shared)


def strict() -> bytes:
    """A workbook that keeps to the strict form of the standard; openpyxl doesn't read it."""
    data = _plain()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    new: dict[str, bytes | None] = {}
    for name, xml in files.items():
        new[name] = re.sub(
            rb"http://schemas\.openxmlformats\.org/(spreadsheetml|officeDocument)/2006/",
            rb"http://purl.oclc.org/ooxml/\1/",
            xml,
        ).replace(b"<workbook ", b'<workbook conformance="strict" ')
    return repacked(data, new)


@template
def sentences() -> bytes:
    """A report in words with lines to write on."""
    form = Form("情况")
    sheet = form.sheet
    underlined = form.book.add_format({"underline": 1})
    sheet.write("A1", "排查情况报告", form.title)
    sheet.write("A2", "本社区共有____户____人，其中60岁以上____人，残疾人____人。")
    sheet.write_rich_string(
        "A3", "今日已排查", underlined, "______", "户，发热", underlined, "____", "人咳嗽____人；"
    )
    sheet.merge_range("A4:F4", "常住人口____户____人，设卡口____处，网格员____名，____个小区")
    return form.done()


@template
def vertical_form() -> bytes:
    """A form of one person: names left, values right, titles of sections between."""
    form = Form("登记表")
    sheet = form.sheet
    sheet.merge_range("A1:D1", "返乡人员信息登记表", form.title)
    sheet.merge_range("A2:D2", "一、基本信息", form.head)
    names = ["姓名", "性别", "身份证号码", "联系电话", "现住址", "工作单位"]
    names += ["二、返乡信息", "返回时间", "返回出发地", "交通工具", "车次/航班号"]
    names += ["三、健康状况", "是否发热", "体温（℃）", "健康码", "核酸检测结果", "备注"]
    for row, name in enumerate(names, 3):
        if name[1] == "、":
            sheet.merge_range(f"A{row}:D{row}", name, form.head)
            continue
        sheet.write(f"A{row}", name, form.head)
        said = {"性别": "□男 □女", "是否发热": "□是 □否"}.get(name, "")
        shape = form.date if name == "返回时间" else form.text
        sheet.merge_range(f"B{row}:D{row}", said, shape)
    sheet.write("A21", "填表人：          填表日期：    年  月  日")
    return form.done()


@template
def four_cards() -> bytes:
    """Cards of four households on a page, two by two."""
    form = Form("卡片")
    sheet = form.sheet
    sheet.merge_range("A1:E1", "联系卡", form.title)
    for top in (2, 7):
        for left in (0, 3):
            sheet.merge_range(top - 1, left, top - 1, left + 1, "居民联系卡", form.head)
            for row, name in enumerate(["姓名", "电话", "地址"], top):
                sheet.write(row, left, name, form.head)
                sheet.write(row, left + 1, None, form.text)
    sheet.write("A12", "发卡人：")
    return form.done()


def with_pivot() -> bytes:
    """A list beside a pivot table of another sheet's rows; openpyxl would read neither rightly."""
    form = Form("名单")
    ledger(form)
    data = form.done()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        types = archive.read("[Content_Types].xml")
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/pivotTable"
    links = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns='
        b'"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="%b" Target="../pivotTables/pivotTable1.xml"/></Relationships>' % office
    )
    pivot = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<pivotTableDefinition xmlns='
        b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main" name="p" cacheId="1" '
        b'dataCaption="x"><location ref="H3:I9" firstHeaderRow="1" firstDataRow="1" '
        b'firstDataCol="1"/></pivotTableDefinition>'
    )
    kind = (
        b'<Override PartName="/xl/pivotTables/pivotTable1.xml" ContentType="application/vnd.'
        b'openxmlformats-officedocument.spreadsheetml.pivotTable+xml"/></Types>'
    )
    return repacked(
        data,
        {"[Content_Types].xml": types.replace(b"</Types>", kind)},
        **{
            "xl/worksheets/_rels/sheet1.xml.rels": links,
            "xl/pivotTables/pivotTable1.xml": pivot,
        },
    )


@template
def noted_names() -> bytes:
    """Notes on the names of columns, one of them a thread as Excel 365 keeps it."""
    form = Form("台账")
    sheet = form.sheet
    sheet.write_row("A1", ["姓名", "身份证号", "库存", "体温", "备注"], form.head)
    form.prepared(2, 4, [form.cell, form.text, form.number, form.number, form.cell])
    sheet.write_comment("B1", "王五:\n填18位，X大写", {"author": "王五"})
    sheet.write_comment("C1", "单位：箱")
    sheet.write_comment("D1", "[线程批注]\n您的 Excel 版本可读取此线程批注。\n批注:\n保留一位小数")
    data = form.done()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        links = archive.read("xl/worksheets/_rels/sheet1.xml.rels")
        types = archive.read("[Content_Types].xml")
    thread = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<ThreadedComments xmlns="http://'
        'schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><threadedComment '
        'ref="D1" dT="2020-02-01T08:00:00.00" personId="{1}" id="{2}"><text>保留一位小数</text>'
        '</threadedComment><threadedComment ref="D1" dT="2020-02-01T09:00:00.00" personId="{1}" '
        'id="{3}" parentId="{2}"><text>好的</text></threadedComment></ThreadedComments>'
    ).encode()
    link = (
        b'<Relationship Id="rId77" Type="http://schemas.microsoft.com/office/2017/10/relationships'
        b'/threadedComment" Target="../threadedComments/threadedComment1.xml"/></Relationships>'
    )
    kind = (
        b'<Override PartName="/xl/threadedComments/threadedComment1.xml" ContentType="application/'
        b'vnd.ms-excel.threadedcomments+xml"/></Types>'
    )
    return repacked(
        data,
        {
            "xl/worksheets/_rels/sheet1.xml.rels": links.replace(b"</Relationships>", link),
            "[Content_Types].xml": types.replace(b"</Types>", kind),
        },
        **{"xl/threadedComments/threadedComment1.xml": thread},
    )
