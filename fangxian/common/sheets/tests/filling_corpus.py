"""Templates as offices really send them, made by code. All names in them are made up."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import xlsxwriter
import xlwt
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Border, Side
from openpyxl.workbook import Workbook as NewBook

from fangxian.common.sheets.tests.samples import repacked

PLACES = ["城东社区", "城南社区", "河湾村", "桥头村"]
BUILDERS: dict[str, Callable[[], bytes]] = {}


def template(build: Callable[[], bytes]) -> Callable[[], bytes]:
    """Add a builder to the corpus."""
    BUILDERS[build.__name__] = build
    return build


class Form:
    """A workbook of one sheet with the formats that offices use."""

    def __init__(self, name: str = "Sheet1", **options: Any) -> None:
        self._out = io.BytesIO()
        self.book = xlsxwriter.Workbook(self._out, {"in_memory": True, **options})
        self.sheet = self.book.add_worksheet(name)
        line = {"border": 1, "font_name": "宋体", "font_size": 11}
        self.title = self.book.add_format({"bold": 1, "font_size": 16, "align": "center"})
        self.head = self.book.add_format({**line, "bold": 1, "align": "center", "text_wrap": 1})
        self.cell = self.book.add_format(line)
        self.text = self.book.add_format({**line, "num_format": "@"})
        self.number = self.book.add_format({**line, "num_format": "#,##0"})
        self.date = self.book.add_format({**line, "num_format": "yyyy-mm-dd"})
        self.rate = self.book.add_format({**line, "num_format": "0.0%"})
        self.open = self.book.add_format({**line, "locked": 0})

    def prepared(self, first: int, last: int, formats: list[Any]) -> None:
        """Empty rows with borders; rows as Excel counts them."""
        for row in range(first - 1, last):
            self.sheet.set_row(row, 22)
            for column, shape in enumerate(formats):
                self.sheet.write_blank(row, column, None, shape)

    def done(self) -> bytes:
        self.book.close()
        return self._out.getvalue()


def ledger(form: Form, rows: int = 6, top: int = 3) -> None:
    """Title, fill line, one header row and empty rows."""
    sheet = form.sheet
    sheet.merge_range(0, 0, 0, 5, "重点人员台账", form.title)
    sheet.write(1, 0, "填报单位：")
    sheet.write(1, 4, "填报日期：    年  月  日")
    sheet.write_row(
        top - 1, 0, ["序号", "姓名", "身份证号", "联系电话", "登记日期", "备注"], form.head
    )
    shapes = [form.number, form.cell, form.text, form.text, form.date, form.cell]
    form.prepared(top + 1, top + rows, shapes)


@template
def one_row() -> bytes:
    form = Form()
    ledger(form)
    return form.done()


@template
def two_rows_merged() -> bytes:
    form = Form("汇总")
    sheet = form.sheet
    sheet.merge_range("A1:G1", "核酸检测情况统计表", form.title)
    sheet.merge_range("A2:A3", "社区", form.head)
    sheet.merge_range("B2:D2", "常住人口", form.head)
    sheet.merge_range("E2:F2", "流动人口", form.head)
    sheet.merge_range("G2:G3", "备注", form.head)
    sheet.write_row("B3", ["应检人数", "已检人数", "未检人数"], form.head)
    sheet.write_row("E3", ["应检人数", "已检人数"], form.head)
    form.prepared(4, 8, [form.cell, *[form.number] * 5, form.cell])
    return form.done()


@template
def three_rows_merged() -> bytes:
    form = Form()
    sheet = form.sheet
    sheet.merge_range("A1:F1", "三级表头统计表", form.title)
    sheet.merge_range("A2:A4", "序号", form.head)
    sheet.merge_range("B2:B4", "单位名称", form.head)
    sheet.merge_range("C2:F2", "隔离情况", form.head)
    sheet.merge_range("C3:D3", "集中隔离", form.head)
    sheet.merge_range("E3:F3", "居家隔离", form.head)
    sheet.write_row("C4", ["在管人数", "解除人数", "在管人数", "解除人数"], form.head)
    form.prepared(5, 9, [form.number, form.cell, *[form.number] * 4])
    return form.done()


@template
def units_in_headers() -> bytes:
    form = Form()
    sheet = form.sheet
    sheet.merge_range("A1:E1", "物资储备情况", form.title)
    sheet.write("E2", "单位：户")
    sheet.write_row("A3", ["社区名称", "户数（户）", "口罩（个）", "消毒液", "体温(℃)"], form.head)
    sheet.write_row("A4", ["", "", "", "（瓶）", ""], form.head)
    sheet.write_row("A5", ["甲", "1", "2", "3", "4"], form.head)
    form.prepared(6, 9, [form.cell, *[form.number] * 4])
    return form.done()


@template
def notes_below() -> bytes:
    form = Form()
    ledger(form, rows=4)
    form.sheet.merge_range("A8:F8", "注：1.身份证号填18位；2.每日17时前报送。")
    form.sheet.write("A9", "填表人：          审核人：          联系电话：")
    return form.done()


@template
def totals() -> bytes:
    form = Form()
    sheet = form.sheet
    sheet.merge_range("A1:E1", "疫苗接种日报表", form.title)
    sheet.write_row("A2", ["社区", "应种人数", "已种人数", "未种人数", "接种率"], form.head)
    form.prepared(3, 6, [form.cell, form.number, form.number, form.number, form.rate])
    for row in range(3, 7):
        sheet.write_formula(f"D{row}", f"=B{row}-C{row}", form.number, 0)
        sheet.write_formula(f"E{row}", f'=IF(B{row}=0,"",C{row}/B{row})', form.rate, "")
    sheet.write("A7", "合计", form.head)
    for column in "BCD":
        sheet.write_formula(f"{column}7", f"=SUM({column}3:{column}6)", form.number, 0)
    sheet.write_formula("E7", "=IF(B7=0,0,C7/$B$7)", form.rate, 0)
    sheet.merge_range("A8:E8", "说明：接种率=已种人数/应种人数。", form.cell)
    sheet.write("A9", "审核人：")
    return form.done()


@template
def section_totals() -> bytes:
    form = Form()
    sheet = form.sheet
    sheet.write_row("A1", ["村（社区）", "户数", "人数"], form.head)
    sheet.merge_range("A2:C2", "一、城区", form.cell)
    form.prepared(3, 4, [form.cell, form.number, form.number])
    sheet.write("A5", "小计", form.cell)
    sheet.merge_range("A6:C6", "二、乡镇", form.cell)
    form.prepared(7, 8, [form.cell, form.number, form.number])
    sheet.write("A9", "小计", form.cell)
    sheet.write("A10", "合计", form.cell)
    for column in "BC":
        sheet.write_formula(f"{column}5", f"=SUM({column}3:{column}4)", form.number, 0)
        sheet.write_formula(f"{column}9", f"=SUM({column}7:{column}8)", form.number, 0)
        sheet.write_formula(f"{column}10", f"={column}5+{column}9", form.number, 0)
    return form.done()


@template
def printed_places() -> bytes:
    form = Form()
    sheet = form.sheet
    sheet.merge_range("A1:D1", "各社区排查情况", form.title)
    sheet.write_row("A2", ["序号", "社区", "排查户数", "排查人数"], form.head)
    for row, place in enumerate(PLACES, 3):
        sheet.write(f"A{row}", row - 2, form.number)
        sheet.write(f"B{row}", place, form.cell)
        sheet.write_blank(f"C{row}", None, form.number)
        sheet.write_blank(f"D{row}", None, form.number)
    sheet.merge_range("A7:B7", "合计", form.head)
    sheet.write_formula("C7", "=SUM(C3:C6)", form.number, 0)
    sheet.write_formula("D7", "=SUM(D3:D6)", form.number, 0)
    return form.done()


@template
def cross_table() -> bytes:
    form = Form()
    sheet = form.sheet
    sheet.merge_range("A1:F1", "主要指标", form.title)
    sheet.write_row("A2", ["指标", *PLACES, "合计"], form.head)
    for row, name in enumerate(["常住人口", "六十岁以上", "隔离人数"], 3):
        sheet.write(f"A{row}", name, form.cell)
        for column in "BCDE":
            sheet.write_blank(f"{column}{row}", None, form.number)
        sheet.write_formula(f"F{row}", f"=SUM(B{row}:E{row})", form.number, 0)
    return form.done()


@template
def hidden_lookup() -> bytes:
    form = Form("填报")
    lookup = form.book.add_worksheet("字典")
    lookup.write_column("A1", ["类别", "密接", "次密接", "Ａ类"])
    lookup.hide()
    help_sheet = form.book.add_worksheet("汇总")
    sheet = form.sheet
    sheet.write_row("A1", ["姓名", "人员类别", "是否隔离"], form.head)
    form.prepared(2, 5, [form.cell, form.cell, form.cell])
    sheet.data_validation("B2:B5", {"validate": "list", "source": "=字典!$A$2:$A$4"})
    sheet.data_validation("C2:C5", {"validate": "list", "source": ["是", "否"]})
    help_sheet.write("A1", "已填人数", form.head)
    help_sheet.write_formula("B1", "=COUNTA(填报!A2:A5)", form.number, 0)
    return form.done()


@template
def protected() -> bytes:
    form = Form()
    sheet = form.sheet
    sheet.write_row("A1", ["社区", "编码", "户数", "人数"], form.head)
    for row, place in enumerate(PLACES, 2):
        sheet.write(f"A{row}", place, form.cell)
        sheet.write_blank(f"B{row}", None, form.cell)
        sheet.write_blank(f"C{row}", None, form.open)
        sheet.write_blank(f"D{row}", None, form.open)
    sheet.protect("synthetic")
    return form.done()


@template
def rules_and_colours() -> bytes:
    form = Form()
    ledger(form, rows=5)
    sheet = form.sheet
    sheet.conditional_format("C4:C8", {"type": "duplicate", "format": form.head})
    sheet.conditional_format("A4:A8", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format(
        "B4:B8", {"type": "formula", "criteria": "=COUNTIF($B$4:$B$8,B4)>1", "format": form.title}
    )
    sheet.data_validation("D4:D8", {"validate": "length", "criteria": "==", "value": 11})
    sheet.autofilter("A3:F8")
    sheet.write("A10", "审核人：")
    sheet.write_url("B10", "https://example.org/")
    return form.done()


@template
def print_setup() -> bytes:
    form = Form("日报 A'表")
    ledger(form, rows=4)
    sheet = form.sheet
    sheet.write("A9", "制表：")
    sheet.print_area("A1:F9")
    sheet.repeat_rows(0, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.5)
    sheet.set_header("&C内部资料")
    sheet.set_h_pagebreaks([8])
    sheet.freeze_panes(3, 2)
    form.book.define_name("名单", "='日报 A''表'!$B$4:$B$7")
    return form.done()


def png() -> bytes:
    """A picture of one point."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@template
def box_and_picture() -> bytes:
    form = Form()
    ledger(form, rows=3)
    form.sheet.insert_textbox("B10", "盖章处", {"width": 120, "height": 60})
    form.sheet.insert_image("E10", "seal.png", {"image_data": io.BytesIO(png())})
    form.sheet.insert_textbox("H1", "请勿修改表头")
    form.sheet.write("A9", "负责人：")
    return form.done()


@template
def card() -> bytes:
    form = Form("登记卡")
    sheet = form.sheet
    sheet.merge_range("A1:F1", "住户登记卡", form.title)
    sheet.write("A2", "户主姓名", form.head)
    sheet.merge_range("B2:C2", "", form.cell)
    sheet.write("D2", "联系电话", form.head)
    sheet.merge_range("E2:F2", "", form.text)
    sheet.write("A3", "详细住址", form.head)
    sheet.merge_range("B3:F3", "", form.cell)
    sheet.merge_range("A4:A7", "家庭成员", form.head)
    sheet.write_row("B4", ["姓名", "与户主关系", "身份证号", "电话", "工作单位"], form.head)
    for row in range(4, 7):
        for column in range(1, 6):
            sheet.write_blank(row, column, None, form.text)
    sheet.merge_range("A8:F8", "登记人：          登记日期：    年  月  日", form.cell)
    return form.done()


@template
def rich_line() -> bytes:
    form = Form()
    ledger(form, rows=3, top=4)
    underlined = form.book.add_format({"underline": 1})
    bold = form.book.add_format({"bold": 1})
    form.sheet.write_rich_string(
        "A3", bold, "填报单位：", underlined, "            ", bold, "填报人：", underlined, "      "
    )
    return form.done()


@template
def calendar_1904() -> bytes:
    form = Form(date_1904=True)
    ledger(form)
    return form.done()


@template
def prefixed() -> bytes:
    """As some exporters write: every name with a prefix, single quotation marks."""
    form = Form()
    ledger(form)
    data = form.done()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {}
        for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
            xml = archive.read(name).decode()
            head, body = xml.split("\n", 1) if xml.startswith("<?xml") else ("", xml)
            body = re.sub(r"<(/?)(?=\w)", r"<\1x:", body)
            body = body.replace('xmlns="http', 'xmlns:x="http')
            if name != "xl/workbook.xml":
                body = re.sub(r'(\w+)="([^"\']*)"', r"\1='\2'", body)
            parts[name] = (head + "\n" + body).encode()
    return repacked(data, parts)  # type: ignore[arg-type]


@template
def with_macros() -> bytes:
    form = Form()
    ledger(form)
    data = form.done()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        types = archive.read("[Content_Types].xml").replace(
            b"spreadsheetml.sheet.main+xml", b"x-macro"
        )
        types = types.replace(
            b"application/vnd.openxmlformats-officedocument.x-macro",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        )
        types = types.replace(
            b"<Override",
            b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
            b"<Override",
            1,
        )
        links = archive.read("xl/_rels/workbook.xml.rels").replace(
            b"</Relationships>",
            b'<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2006/relationships'
            b'/vbaProject" Target="vbaProject.bin"/></Relationships>',
        )
    changes: dict[str, bytes | None] = {
        "[Content_Types].xml": types,
        "xl/_rels/workbook.xml.rels": links,
    }
    return repacked(data, changes, **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 not run"})


@template
def with_comments() -> bytes:
    form = Form()
    ledger(form, rows=3)
    form.sheet.write_comment("C3", "填18位")
    form.sheet.write("A9", "审核人：")
    form.sheet.write_comment("A9", "须签字")
    return form.done()


@template
def chart_table_summary() -> bytes:
    form = Form("数据")
    sheet = form.sheet
    summary = form.book.add_worksheet("汇 总")
    sheet.add_table(
        "A1:C4",
        {"name": "名册", "columns": [{"header": "社区"}, {"header": "户数"}, {"header": "人数"}]},
    )
    form.prepared(2, 4, [form.cell, form.number, form.number])
    chart = form.book.add_chart({"type": "column"})
    chart.add_series({"categories": "=数据!$A$2:$A$4", "values": "=数据!$C$2:$C$4"})
    sheet.insert_chart("A8", chart)
    sheet.write("A6", "制表人：")
    summary.write_formula("A1", "=SUM(数据!B2:B4)", form.number, 0)
    summary.write_formula("A2", "=SUM(名册[人数])", form.number, 0)
    summary.write_formula("A3", "=A1*2", form.number, 0)
    return form.done()


@template
def from_openpyxl() -> bytes:
    """Written by a library that stores no results and shares nothing."""
    book = NewBook()
    sheet = book.active
    sheet.title = "统计"
    side = Side(style="thin")
    sheet.append(["社区", "人数", "备注"])
    for row in range(1, 6):
        for column in range(1, 4):
            sheet.cell(row, column).border = Border(side, side, side, side)
    sheet["A6"] = "总计"
    sheet["B6"] = "=SUM(B2:B5)"
    sheet["A1"].comment = Comment("全称", "统计")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@template
def unbordered() -> bytes:
    form = Form()
    form.sheet.write("A1", "人员名单")
    form.sheet.write_row("A2", ["姓名", "身份证号", "手机号"])
    return form.done()


def old_xls() -> bytes:
    """An .xls of 1997."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("台账")
    line = xlwt.easyxf("borders: left thin, right thin, top thin, bottom thin")
    sheet.write_merge(0, 0, 0, 2, "老表", line)
    for column, name in enumerate(["社区", "户数", "人数"]):
        sheet.write(1, column, name, line)
    for row in range(2, 5):
        for column in range(3):
            sheet.write(row, column, None, line)
    sheet.write(5, 0, "合计", line)
    for column, letter in enumerate("BC", 1):
        sheet.write(5, column, xlwt.Formula(f"SUM({letter}3:{letter}5)"), line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(data: bytes) -> Any:
    """The workbook as openpyxl reads it, macros kept."""
    return load_workbook(io.BytesIO(data), rich_text=True)
