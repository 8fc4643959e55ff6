"""Files that offices really send, and files that nobody should: made by code, each with its expected outcome.

`samples()` gives all of them. An upload test through HTTP sends each one and expects `Sample.code` as the error, or
the rows `Sample.first` at the beginning of its first sheet. No sample takes more than a second to build.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import xlsxwriter
import xlwt

HEAD = ["姓名", "身份证号", "电话", "住址"]
# Valid in form (the example of GB 11643), nobody's number.
ZHANG = ["张三", "11010519491231002X", "13800001234", "3-2-501"]
LI = ["李四", "110105194912310038", "13800005678", "3号楼2单元502"]


@dataclass(frozen=True)
class Sample:
    """One file. `code` is the expected SheetError, None when it must be read and begin with `first`."""

    name: str
    filename: str
    data: bytes
    code: str | None = None
    first: tuple[tuple[Any, ...], ...] = ()
    codes: frozenset[str] = frozenset()

    @property
    def accepted_codes(self) -> frozenset[str]:
        """Every error code that is right for the file."""
        return self.codes | ({self.code} if self.code else frozenset())


_BUILDERS: list[Callable[[], Sample]] = []


def sample(build: Callable[[], Sample]) -> Callable[[], Sample]:
    """Add a builder to the corpus."""
    _BUILDERS.append(build)
    return build


def names() -> list[str]:
    """Names of all samples, without building them."""
    return [build.__name__ for build in _BUILDERS]


def build(name: str) -> Sample:
    """The sample of a name."""
    return next(builder for builder in _BUILDERS if builder.__name__ == name)()


def samples() -> Iterator[Sample]:
    """All samples, one after another."""
    for builder in _BUILDERS:
        yield builder()


# ------------------------------------------------------------------ parts


def csv_text(*rows: list[str], delimiter: str = ",", newline: str = "\r\n") -> str:
    """Rows as plain delimited text."""
    return newline.join(delimiter.join(row) for row in rows) + newline


def xlsx(fill: Callable[[Any, Any], None]) -> bytes:
    """A workbook that `fill(book, sheet)` wrote."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(book, book.add_worksheet("台账"))
    book.close()
    return out.getvalue()


def plain_xlsx(*rows: list[Any]) -> bytes:
    """Rows of texts and numbers as a workbook."""

    def fill(_: Any, sheet: Any) -> None:
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, column, value)
                elif value is not None:
                    sheet.write_number(line, column, value)

    return xlsx(fill)


def repacked(data: bytes, changes: dict[str, bytes | None], **extra: bytes) -> bytes:
    """The archive with some members replaced, left out (None) or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = changes.get(member.filename, source.read(member))
            if content is not None:
                target.writestr(member.filename, content)
        for name, content in extra.items():
            target.writestr(name, content)
    return out.getvalue()


def sheet_xml(inner: str, before: str = "", after: str = "") -> bytes:
    """The XML of a worksheet."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/'
        f'spreadsheetml/2006/main">{before}<sheetData>{inner}</sheetData>{after}</worksheet>'
    ).encode()


def inline_row(number: int, cells: dict[str, str]) -> str:
    """A row of inline strings: column letters → text."""
    inner = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for letter, text in cells.items()
    )
    return f'<row r="{number}">{inner}</row>'


def with_sheet(xml: bytes) -> bytes:
    """A workbook whose only sheet is `xml`."""
    return repacked(plain_xlsx(HEAD), {"xl/worksheets/sheet1.xml": xml})


PLAIN_ROWS = "".join(
    inline_row(number, dict(zip("ABCD", row, strict=True))) for number, row in enumerate((HEAD, ZHANG, LI), 1)
)


def compound_file(streams: dict[str, bytes]) -> bytes:
    """A small OLE compound file (MS-CFB) with streams of at least 4096 bytes each."""
    sector = 512
    fat: list[int] = []
    body = b""
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for number, (name, data) in enumerate(streams.items(), start=1):
        data = data.ljust(4096, b"\0")
        data += b"\0" * (-len(data) % sector)
        first = len(fat)
        count = len(data) // sector
        fat += [first + index + 1 for index in range(count - 1)] + [0xFFFFFFFE]
        body += data
        right = number + 1 if number < len(streams) else 0xFFFFFFFF
        entries.append(_entry(name, 2, first, len(data), right=right))
    directory = b"".join(entries)
    directory += b"\0" * (-len(directory) % sector)
    directory_at = len(fat)
    count = len(directory) // sector
    fat += [directory_at + index + 1 for index in range(count - 1)] + [0xFFFFFFFE]
    fat_at = len(fat)
    fat.append(0xFFFFFFFD)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(sector, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, directory_at, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", fat_at)
    return header.ljust(sector, b"\xff") + body + directory + table


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded), kind, 1, 0xFFFFFFFF, right, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )


def xls(*rows: list[Any], merges: tuple[tuple[int, int, int, int, str], ...] = ()) -> bytes:
    """An Excel 97 workbook; merges are (top, bottom, left, right, text)."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("台账")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for top, bottom, left, right, text in merges:
        sheet.write_merge(top, bottom, left, right, text)
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, dt.date):
                sheet.write(line, column, value, day)
            elif value is not None:
                sheet.write(line, column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(name: str, filename: str, data: bytes, *first: list[Any]) -> Sample:
    """A sample that must be read."""
    return Sample(name, filename, data, first=tuple(tuple(row) for row in first))


def refused(name: str, filename: str, data: bytes, *codes: str) -> Sample:
    """A sample that must be refused with one of the codes."""
    return Sample(name, filename, data, codes[0], codes=frozenset(codes))


# ------------------------------------------------------------------ texts


@sample
def csv_utf8() -> Sample:
    return read("csv_utf8", "台账.csv", csv_text(HEAD, ZHANG, LI).encode(), HEAD, ZHANG, LI)


@sample
def csv_utf8_bom() -> Sample:
    return read("csv_utf8_bom", "台账.csv", csv_text(HEAD, ZHANG).encode("utf-8-sig"), HEAD, ZHANG)


@sample
def csv_gbk() -> Sample:
    return read("csv_gbk", "台账.csv", csv_text(HEAD, ZHANG, LI).encode("gbk"), HEAD, ZHANG, LI)


@sample
def csv_gb18030_rare() -> Sample:
    rare = ["𬀩𠮷", ZHANG[1], "", "䶮家庄㙍村三组12号"]
    return read("csv_gb18030_rare", "台账.csv", csv_text(HEAD, rare).encode("gb18030"), HEAD, rare)


@sample
def csv_utf16() -> Sample:
    data = csv_text(HEAD, ZHANG, delimiter="\t").encode("utf-16")
    return read("csv_utf16", "台账.txt", data, HEAD, ZHANG)


@sample
def csv_semicolon() -> Sample:
    return read("csv_semicolon", "a.csv", csv_text(HEAD, ZHANG, delimiter=";").encode(), HEAD, ZHANG)


@sample
def csv_quoted_newlines() -> Sample:
    text = '姓名,电话,住址\r\n张三,"13800001234\n13900001234","幸福小区\r\n3号楼, 501 ""东户"""\r\n李四,,\r\n'
    rows = [["张三", "13800001234\n13900001234", '幸福小区\r\n3号楼, 501 "东户"'], ["李四"]]
    return read("csv_quoted_newlines", "a.csv", text.encode(), ["姓名", "电话", "住址"], *rows)


@sample
def csv_formulas() -> Sample:
    rows = [["=cmd|'/c calc'!A1", "+8613800001234"], ["@SUM(1)", "-1+1"]]
    return read("csv_formulas", "a.csv", csv_text(["姓名", "电话"], *rows).encode(), ["姓名", "电话"], *rows)


@sample
def csv_text_guards() -> Sample:
    text = '姓名,身份证号\r\n张三,="11010519491231002X"\r\n'
    return read("csv_text_guards", "a.csv", text.encode(), ["姓名", "身份证号"], ["张三", ZHANG[1]])


@sample
def tsv_named_xls() -> Sample:
    data = csv_text(HEAD, ZHANG, delimiter="\t").encode("gbk")
    return read("tsv_named_xls", "导出.xls", data, HEAD, ZHANG)


@sample
def csv_nul_bytes() -> Sample:
    data = csv_text(HEAD, ZHANG).encode().replace(b"3-2", b"3\x002")
    return refused("csv_nul_bytes", "a.csv", data, "binary_text")


@sample
def csv_open_quote() -> Sample:
    rows = [ZHANG] * 40 + [["李四", '"', "", ""]] + [ZHANG] * 5000
    return refused("csv_open_quote", "a.csv", csv_text(HEAD, *rows).encode(), "open_quote")


@sample
def csv_broken_encoding() -> Sample:
    data = csv_text(HEAD, ZHANG).encode("gbk") + b"\x81\x20\xff\xff\xfe,x\r\n"
    return refused("csv_broken_encoding", "a.csv", data, "encoding")


@sample
def csv_too_wide() -> Sample:
    return refused("csv_too_wide", "a.csv", csv_text(["列"] * 30_000).encode(), "too_many_columns")


@sample
def csv_too_long() -> Sample:
    return refused("csv_too_long", "a.csv", b"a,b\n" + b"1,2\n" * 300_000, "too_many_rows")


@sample
def empty_file() -> Sample:
    return refused("empty_file", "a.xlsx", b"", "empty_file")


@sample
def only_spaces() -> Sample:
    return refused("only_spaces", "a.csv", b"\r\n \t\r\n" * 100, "empty_file")


@sample
def random_bytes() -> Sample:
    data = bytes((index * 197 + (index >> 3) * 31) % 256 for index in range(5000))
    return refused("random_bytes", "a.xls", data, "encoding", "binary_text", "unknown_format")


# ------------------------------------------------------------------ other kinds


@sample
def picture_named_xlsx() -> Sample:
    return refused("picture_named_xlsx", "a.xlsx", b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "wrong_kind")


@sample
def pdf_named_xls() -> Sample:
    return refused("pdf_named_xls", "a.xls", b"%PDF-1.7\n" + b"1 0 obj\n" * 50, "wrong_kind")


@sample
def word_named_xlsx() -> Sample:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return refused("word_named_xlsx", "a.xlsx", out.getvalue(), "wrong_kind")


@sample
def zip_of_xlsx() -> Sample:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("台账.xlsx", plain_xlsx(HEAD, ZHANG))
    return refused("zip_of_xlsx", "a.xlsx", out.getvalue(), "archive")


@sample
def rar_named_xls() -> Sample:
    return refused("rar_named_xls", "a.xls", b"Rar!\x1a\x07\x01\x00" + b"\0" * 200, "archive")


@sample
def saved_web_page() -> Sample:
    data = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
    return refused("saved_web_page", "a.xls", data, "web_archive")


@sample
def html_named_xls() -> Sample:
    page = (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><style>td{}</style></head><body>'
        "<table><tr><td colspan=4>幸福社区居民台账</td></tr><tr>"
        + "".join(f"<th>{text}</th>" for text in HEAD)
        + "</tr><tr>"
        + "".join(f"<td style='mso-number-format:\"\\@\"'>{text}</td>" for text in ZHANG)
        + "</tr><tr><td>李四<td>&nbsp;<td>1<br>2<td>a &amp; b</tr></table></body></html>"
    )
    rows = [["幸福社区居民台账"], HEAD, ZHANG, ["李四", None, "1\n2", "a & b"]]
    return read("html_named_xls", "导出.xls", page.encode("gb18030"), *rows)


@sample
def html_span_bomb() -> Sample:
    cells = "<td rowspan=9999999 colspan=9999999>x</td>" * 3000
    return refused("html_span_bomb", "a.xls", f"<table><tr>{cells}</tr></table>".encode(), "too_many_columns", "too_much_memory")


@sample
def html_deep() -> Sample:
    data = b"<html><table><tr><td>" + b"<div>" * 300_000 + b"x</td></tr><tr><td>y</td></tr></table>"
    return read("html_deep", "a.xls", data, ["x"], ["y"])


@sample
def xml_2003() -> Sample:
    def row(values: list[str]) -> str:
        return "<Row>" + "".join(f'<Cell><Data ss:Type="String">{v}</Data></Cell>' for v in values) + "</Row>"

    text = (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook '
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="台账"><Table>'
        '<Row><Cell ss:MergeAcross="3"><Data ss:Type="String">台账</Data></Cell></Row>'
        + row(HEAD)
        + row(ZHANG)
        + '<Row ss:Index="5"><Cell ss:Index="2"><Data ss:Type="Number">7</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">2020-03-05T00:00:00.000</Data></Cell></Row>'
        "</Table></Worksheet></Workbook>"
    )
    rows = [["台账"], HEAD, ZHANG, [], [None, 7.0, dt.datetime(2020, 3, 5)]]
    return read("xml_2003", "导出.xls", text.encode(), *rows)


@sample
def xml_2003_entities() -> Sample:
    text = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row><Cell>'
        "<Data>&b;</Data></Cell></Row></Table></Worksheet></Workbook>"
    )
    return refused("xml_2003_entities", "a.xls", text.encode(), "entities")


@sample
def xml_2003_far_index() -> Sample:
    text = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>'
        '<Row ss:Index="9999999"><Cell><Data ss:Type="String">x</Data></Cell></Row></Table></Worksheet></Workbook>'
    )
    return refused("xml_2003_far_index", "a.xml", text.encode(), "too_many_rows")


# ------------------------------------------------------------------ old Excel


@sample
def xls_97() -> Sample:
    data = xls(
        [], HEAD, ZHANG, [None, 5.0, dt.date(2020, 3, 5)], merges=((0, 0, 0, 3, "幸福社区居民台账"),)
    )
    rows = [["幸福社区居民台账"], HEAD, ZHANG, [None, 5, dt.date(2020, 3, 5)]]
    return read("xls_97", "台账.xls", data, *rows)


@sample
def xls_truncated() -> Sample:
    data = xls(HEAD, *([ZHANG] * 200))
    return refused("xls_truncated", "a.xls", data[: len(data) // 3], "damaged")


@sample
def xls_password() -> Sample:
    data = xls(HEAD, ZHANG)
    # The record INTERFACEHDR becomes FILEPASS: what follows counts as encrypted.
    return refused("xls_password", "a.xls", data.replace(b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00", 1), "encrypted", "damaged")


@sample
def ole_password() -> Sample:
    data = compound_file({"EncryptionInfo": b"\x04\x00\x04\x00", "EncryptedPackage": b"\x01" * 5000})
    return refused("ole_password", "a.xlsx", data, "encrypted")


@sample
def ole_word() -> Sample:
    return refused("ole_word", "a.xls", compound_file({"WordDocument": b"\xec\xa5"}), "wrong_kind")


@sample
def ole_garbage_workbook() -> Sample:
    data = compound_file({"Workbook": bytes(range(256)) * 40})
    return refused("ole_garbage_workbook", "a.xls", data, "damaged", "no_sheets")


# ------------------------------------------------------------------ awkward workbooks


@sample
def xlsx_plain() -> Sample:
    return read("xlsx_plain", "台账.xlsx", plain_xlsx(HEAD, ZHANG, LI), HEAD, ZHANG, LI)


@sample
def xlsx_named_csv() -> Sample:
    return read("xlsx_named_csv", "台账.csv", plain_xlsx(HEAD, ZHANG), HEAD, ZHANG)


@sample
def xlsx_rounded_identity() -> Sample:
    row = ["张三", 110105194912310021, 13800001234, None]
    first = ["张三", 110105194912310000.0, 13800001234.0]
    return read("xlsx_rounded_identity", "a.xlsx", plain_xlsx(HEAD, row), HEAD, first)


@sample
def xlsx_doubled_header() -> Sample:
    head = ["姓名", "电话", "姓名", "电话"]
    row = ["张三", "13800001234", "李四", "13800005678"]
    return read("xlsx_doubled_header", "a.xlsx", plain_xlsx(head, row), head, row)


@sample
def xlsx_formula_texts() -> Sample:
    row = ["=1+1", "@x", "+1", "-1"]
    return read("xlsx_formula_texts", "a.xlsx", plain_xlsx(HEAD, row), HEAD, row)


@sample
def xlsx_two_row_header() -> Sample:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:F1", "幸福社区居民台账")
        sheet.write("A2", "填报单位：幸福社区居委会")
        sheet.write("E2", "填报日期：2020年3月5日")
        sheet.merge_range("A3:A4", "序号")
        sheet.merge_range("B3:C3", "户主信息")
        sheet.merge_range("D3:E3", "家庭成员")
        sheet.merge_range("F3:F4", "家庭住址")
        for column, text in zip("BCDE", ("姓名", "电话", "姓名", "与户主关系"), strict=True):
            sheet.write(f"{column}4", text)
        sheet.merge_range("B5:B6", "张三")
        sheet.merge_range("F5:F6", "3-2-501")
        for line, (number, phone, name, relation) in enumerate(
            ((1, "13800001234", "张三", "户主"), (2, "13800005678", "李四", "妻")), 5
        ):
            sheet.write(f"A{line}", number)
            sheet.write(f"C{line}", phone)
            sheet.write(f"D{line}", name)
            sheet.write(f"E{line}", relation)
        sheet.write("A7", "填表人：张三")

    head = (["幸福社区居民台账"], ["填报单位：幸福社区居委会", None, None, None, "填报日期：2020年3月5日"])
    return read("xlsx_two_row_header", "a.xlsx", xlsx(fill), *head)


@sample
def xlsx_error_cells() -> Sample:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["姓名", "电话"])
        sheet.write_string(1, 0, "张三")
        sheet.write_formula(1, 1, "=VLOOKUP(A1,B1:C2,2,0)", None, "#N/A")

    return read("xlsx_error_cells", "a.xlsx", xlsx(fill), ["姓名", "电话"], ["张三", "#N/A"])


@sample
def xlsx_declares_all_rows() -> Sample:
    xml = sheet_xml(PLAIN_ROWS, before='<dimension ref="A1:XFD1048576"/>')
    return read("xlsx_declares_all_rows", "a.xlsx", with_sheet(xml), HEAD, ZHANG, LI)


@sample
def xlsx_formatted_far_below() -> Sample:
    xml = sheet_xml(PLAIN_ROWS + '<row r="1048576"><c r="XFD1048576" s="0"/></row>')
    return read("xlsx_formatted_far_below", "a.xlsx", with_sheet(xml), HEAD, ZHANG, LI)


@sample
def xlsx_deep_xml() -> Sample:
    deep = "<a>" * 200_000 + "</a>" * 200_000
    xml = sheet_xml(PLAIN_ROWS, after=f"<extLst><ext>{deep}</ext></extLst>")
    return read("xlsx_deep_xml", "a.xlsx", with_sheet(xml), HEAD, ZHANG, LI)


@sample
def ods_plain() -> Sample:
    def row(values: list[str]) -> str:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>' for v in values
        )
        return f"<table:table-row>{cells}</table:table-row>"

    names = "".join(
        f' xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="台账">{row(HEAD)}{row(ZHANG)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return read("ods_plain", "台账.ods", out.getvalue(), HEAD, ZHANG)


# ------------------------------------------------------------------ hostile workbooks


@sample
def xlsx_filled_far_away() -> Sample:
    xml = sheet_xml(PLAIN_ROWS + inline_row(1_048_576, {"XFD": "x"}))
    return refused("xlsx_filled_far_away", "a.xlsx", with_sheet(xml), "too_much_memory", "too_many_columns", "too_many_rows")


@sample
def xlsx_zip_bomb() -> Sample:
    bomb = sheet_xml(PLAIN_ROWS + " " * (48 << 20))
    return refused("xlsx_zip_bomb", "a.xlsx", with_sheet(bomb), "unpacks_too_big")


@sample
def xlsx_bomb_that_lies() -> Sample:
    data = bytearray(with_sheet(sheet_xml(PLAIN_ROWS + " " * (48 << 20))))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    size = struct.pack("<I", info.file_size)
    start = 0
    while (at := data.find(size, start)) >= 0:
        data[at : at + 4] = struct.pack("<I", 2000)
        start = at + 4
    return refused("xlsx_bomb_that_lies", "a.xlsx", bytes(data), "unsafe_archive")


@sample
def xlsx_declares_terabytes() -> Sample:
    data = bytearray(plain_xlsx(HEAD, ZHANG))
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFF0)
    return refused("xlsx_declares_terabytes", "a.xlsx", bytes(data), "unpacks_too_big")


@sample
def xlsx_zip_slip() -> Sample:
    data = repacked(plain_xlsx(HEAD, ZHANG), {}, **{"../../../etc/cron.d/x": b"x"})
    return refused("xlsx_zip_slip", "a.xlsx", data, "unsafe_archive")


@sample
def xlsx_absolute_name() -> Sample:
    data = repacked(plain_xlsx(HEAD, ZHANG), {}, **{"/tmp/x": b"x"})
    return refused("xlsx_absolute_name", "a.xlsx", data, "unsafe_archive")


@sample
def xlsx_doubled_member() -> Sample:
    data = repacked(plain_xlsx(HEAD, ZHANG), {}, **{"XL/Worksheets/Sheet1.xml": sheet_xml("")})
    return refused("xlsx_doubled_member", "a.xlsx", data, "unsafe_archive")


@sample
def xlsx_many_members() -> Sample:
    out = io.BytesIO(plain_xlsx(HEAD))
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(5000):
            archive.writestr(f"xl/x{number}.xml", b"")
    return refused("xlsx_many_members", "a.xlsx", out.getvalue(), "unsafe_archive")


@sample
def xlsx_encrypted_member() -> Sample:
    data = bytearray(plain_xlsx(HEAD, ZHANG))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return refused("xlsx_encrypted_member", "a.xlsx", bytes(data), "encrypted")


@sample
def xlsx_truncated() -> Sample:
    data = plain_xlsx(HEAD, *([ZHANG] * 100))
    return refused("xlsx_truncated", "a.xlsx", data[: len(data) * 2 // 3], "damaged")


@sample
def xlsx_damaged_inside() -> Sample:
    data = bytearray(plain_xlsx(HEAD, *([ZHANG] * 100)))
    at = data.find(b"xl/worksheets/sheet1.xml") + 60
    data[at : at + 40] = b"\xff" * 40
    return refused("xlsx_damaged_inside", "a.xlsx", bytes(data), "damaged", "unsafe_archive")


@sample
def xlsx_billion_laughs() -> Sample:
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE sst [{entities}]><sst xmlns="http://schemas.openxmlformats.org/'
        'spreadsheetml/2006/main"><si><t>&a9;</t></si></sst>'
    ).encode()
    data = repacked(plain_xlsx(HEAD, ZHANG), {"xl/sharedStrings.xml": xml})
    return refused("xlsx_billion_laughs", "a.xlsx", data, "entities")


@sample
def xlsx_shared_string_bomb() -> Sample:
    """One long text, shown by a million cells."""
    long = "x" * 30_000
    shared = (
        '<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<si><t>{long}</t></si></sst>"
    ).encode()
    row = "".join(f'<c r="{letter}{{0}}" t="s"><v>0</v></c>' for letter in "ABCDEFGHIJ")
    rows = "".join(f'<row r="{number}">{row.format(number)}</row>' for number in range(1, 20_001))
    data = repacked(
        plain_xlsx(HEAD), {"xl/worksheets/sheet1.xml": sheet_xml(rows), "xl/sharedStrings.xml": shared}
    )
    return refused("xlsx_shared_string_bomb", "a.xlsx", data, "too_much_memory")


@sample
def xlsx_without_sheets() -> Sample:
    return refused("xlsx_without_sheets", "a.xlsx", plain_xlsx(), "no_sheets")


@sample
def xlsx_without_workbook() -> Sample:
    data = repacked(plain_xlsx(HEAD), {"xl/workbook.xml": None})
    return refused("xlsx_without_workbook", "a.xlsx", data, "damaged", "no_sheets")
