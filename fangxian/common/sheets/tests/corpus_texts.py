"""Text files and files of other kinds."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

from fangxian.common.sheets.tests.samples import (
    HEAD,
    LI,
    ZHANG,
    Sample,
    csv_text,
    plain_xlsx,
    read,
    refused,
    sample,
)


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
    return read(
        "csv_semicolon", "a.csv", csv_text(HEAD, ZHANG, delimiter=";").encode(), HEAD, ZHANG
    )


@sample
def csv_quoted_newlines() -> Sample:
    text = (
        '姓名,电话,住址\r\n张三,"13800001234\n13900001234",'
        '"幸福小区\r\n3号楼, 501 ""东户"""\r\n李四,,\r\n'
    )
    rows = [["张三", "13800001234\n13900001234", '幸福小区\r\n3号楼, 501 "东户"'], ["李四"]]
    return read("csv_quoted_newlines", "a.csv", text.encode(), ["姓名", "电话", "住址"], *rows)


@sample
def csv_formulas() -> Sample:
    rows = [["=cmd|'/c calc'!A1", "+8613800001234"], ["@SUM(1)", "-1+1"]]
    return read(
        "csv_formulas", "a.csv", csv_text(["姓名", "电话"], *rows).encode(), ["姓名", "电话"], *rows
    )


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
        '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'
        "<style>td{}</style></head><body>"
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
    return refused(
        "html_span_bomb",
        "a.xls",
        f"<table><tr>{cells}</tr></table>".encode(),
        "too_many_columns",
        "too_much_memory",
    )


@sample
def html_deep() -> Sample:
    data = b"<html><table><tr><td>" + b"<div>" * 300_000 + b"x</td></tr><tr><td>y</td></tr></table>"
    return read("html_deep", "a.xls", data, ["x"], ["y"])


@sample
def xml_2003() -> Sample:
    def row(values: list[str]) -> str:
        return (
            "<Row>"
            + "".join(f'<Cell><Data ss:Type="String">{v}</Data></Cell>' for v in values)
            + "</Row>"
        )

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
    rows = [["台账"], HEAD, ZHANG, [], [None, 7.0, dt.datetime.fromisoformat("2020-03-05")]]
    return read("xml_2003", "导出.xls", text.encode(), *rows)


@sample
def xml_2003_entities() -> Sample:
    text = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet>'
        "<Table><Row><Cell>"
        "<Data>&b;</Data></Cell></Row></Table></Worksheet></Workbook>"
    )
    return refused("xml_2003_entities", "a.xls", text.encode(), "entities")


@sample
def xml_2003_far_index() -> Sample:
    text = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>'
        '<Row ss:Index="9999999"><Cell><Data ss:Type="String">x</Data></Cell></Row>'
        "</Table></Worksheet></Workbook>"
    )
    return refused("xml_2003_far_index", "a.xml", text.encode(), "too_many_rows")
