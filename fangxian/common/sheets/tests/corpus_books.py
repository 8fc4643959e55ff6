"""Workbooks: old, awkward and hostile."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from typing import Any

from fangxian.common.sheets.tests.samples import (
    HEAD,
    LI,
    PLAIN_ROWS,
    ZHANG,
    Sample,
    compound_file,
    inline_row,
    plain_xlsx,
    read,
    refused,
    repacked,
    sample,
    sheet_xml,
    with_sheet,
    xls,
    xlsx,
)


@sample
def xls_97() -> Sample:
    data = xls(
        [],
        HEAD,
        ZHANG,
        [None, 5.0, dt.date(2020, 3, 5)],
        merges=((0, 0, 0, 3, "幸福社区居民台账"),),
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
    return refused(
        "xls_password",
        "a.xls",
        data.replace(b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00", 1),
        "encrypted",
        "damaged",
    )


@sample
def ole_password() -> Sample:
    data = compound_file(
        {"EncryptionInfo": b"\x04\x00\x04\x00", "EncryptedPackage": b"\x01" * 5000}
    )
    return refused("ole_password", "a.xlsx", data, "encrypted")


@sample
def ole_word() -> Sample:
    return refused("ole_word", "a.xls", compound_file({"WordDocument": b"\xec\xa5"}), "wrong_kind")


@sample
def ole_garbage_workbook() -> Sample:
    data = compound_file({"Workbook": bytes(range(256)) * 40})
    return refused("ole_garbage_workbook", "a.xls", data, "damaged", "no_sheets")


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

    head = (
        ["幸福社区居民台账"],
        ["填报单位：幸福社区居委会", None, None, None, "填报日期：2020年3月5日"],
    )
    return read("xlsx_two_row_header", "a.xlsx", xlsx(fill), *head)


@sample
def xlsx_error_cells() -> Sample:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["姓名", "电话"])
        sheet.write_string(1, 0, "张三")
        sheet.write_formula(1, 1, "=VLOOKUP(A1,B1:C2,2,0)", None, "#N/A")

    return read("xlsx_error_cells", "a.xlsx", xlsx(fill), ["姓名", "电话"], ["张三", "#N/A"])


@sample
def xlsx_unstored_formulas() -> Sample:
    text = '<f>TEXT(A2,"0")</f>'
    xml = sheet_xml(
        '<row r="2"><c r="A2" t="inlineStr"><is><t>张三</t></is></c>'
        f'<c r="B2" t="str">{text}<v></v></c><c r="C2">{text}<v></v></c><c r="D2">{text}</c></row>'
        f'<row r="3"><c r="A3">{text}<v>7</v></c><c r="B3" t="str">{text}</c>'
        '<c r="C3"><f t="shared" si="0"/><v/></c></row>'
        f'<row r="4"><c r="A4">{text}</c></row>'
    )
    rows = [["张三", None, "=", "="], [7.0, "=", "="], ["="]]
    return read("xlsx_unstored_formulas", "a.xlsx", with_sheet(xml), [], *rows)


@sample
def xlsx_endless_unstored_formulas() -> Sample:
    def row(number: int) -> str:
        cells = "".join(f'<c r="{letter}{number}"><f>1</f></c>' for letter in "ABCDEFGH")
        return f'<row r="{number}">{cells}</row>'

    xml = sheet_xml("".join(row(number) for number in range(1, 26_000)))
    return refused("xlsx_endless_unstored_formulas", "a.xlsx", with_sheet(xml), "formulas")


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
            f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>'
            for v in values
        )
        return f"<table:table-row>{cells}</table:table-row>"

    names = "".join(
        f' xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"'
        for p in ("office", "table", "text")
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
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return read("ods_plain", "台账.ods", out.getvalue(), HEAD, ZHANG)


@sample
def xlsx_filled_far_away() -> Sample:
    xml = sheet_xml(PLAIN_ROWS + inline_row(1_048_576, {"XFD": "x"}))
    return refused(
        "xlsx_filled_far_away",
        "a.xlsx",
        with_sheet(xml),
        "too_much_memory",
        "too_many_columns",
        "too_many_rows",
    )


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
        plain_xlsx(HEAD),
        {"xl/worksheets/sheet1.xml": sheet_xml(rows), "xl/sharedStrings.xml": shared},
    )
    return refused("xlsx_shared_string_bomb", "a.xlsx", data, "too_much_memory")


@sample
def xlsx_without_sheets() -> Sample:
    return refused("xlsx_without_sheets", "a.xlsx", plain_xlsx(), "no_sheets")


@sample
def xlsx_without_workbook() -> Sample:
    data = repacked(plain_xlsx(HEAD), {"xl/workbook.xml": None})
    return refused("xlsx_without_workbook", "a.xlsx", data, "damaged", "no_sheets")
