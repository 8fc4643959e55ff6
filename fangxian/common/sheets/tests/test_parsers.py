"""The parsers of our own and the checks before calamine, on bytes that nobody intended."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian.common.sheets import SheetError, find_table, read_workbook
from fangxian.common.sheets.sheetreader import archive, delimited, sniff, spreadsheetml, webtable
from fangxian.common.sheets.sheetreader.limits import ReadError
from fangxian.common.sheets.tests import corpus

FRAGMENTS = st.sampled_from(
    [
        b"<table>",
        b"</table>",
        b"<tr>",
        b"<td rowspan=9 colspan=3>",
        b"</td>",
        b"<br>",
        b"&amp;&#0;&#x110000;",
        b"<script>",
        b'<?xml version="1.0"?>',
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        b"<Worksheet><Table><Row><Cell><Data>",
        b"</Data></Cell></Row></Table></Worksheet></Workbook>",
        b'"',
        b",",
        b"\t",
        b"\r\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"PK\x03\x04",
        b"PK\x05\x06" + b"\0" * 18,
        "姓名".encode(),
        "姓名".encode("gbk"),
    ]
)
ANY_BYTES = st.lists(st.one_of(FRAGMENTS, st.binary(max_size=12)), max_size=14).map(b"".join)


def _text(data: bytes) -> None:
    sheet, _, _ = delimited.read_text(data)
    for row in sheet.rows:
        assert all(isinstance(value, str) for value in row)


PARSERS: dict[str, Callable[[bytes], Any]] = {
    "sniff": sniff.sniff,
    "text": _text,
    "html": webtable.read_html,
    "xml": spreadsheetml.read_spreadsheetml,
    "zip": lambda data: archive.inspect(archive.open_archive(data)),
}


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=150, deadline=None)
@given(data=ANY_BYTES)
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    try:
        PARSERS[name](data)
    except ReadError as error:
        assert SheetError(error.code, **error.params).message  # noqa: PT017  the code must be known


@pytest.mark.parametrize("name", ["xlsx_two_row_header", "xls_97", "ods_plain", "html_named_xls"])
def test_damaged_files_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)
    for _ in range(3):
        data = bytearray(corpus.build(name).data)
        for _ in range(chance.choice((1, 3, 9))):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(20)] = chance.randbytes(chance.randrange(20))
        try:
            for sheet in read_workbook(bytes(data)).sheets:
                find_table(sheet)
        except SheetError as error:
            assert error.code != "reader_failed"  # noqa: PT017  any clear reason is right


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2\n1,6;3\n", ";"),
        ("a\tb, c\n1\t2, 3\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("甲\n乙\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_that_fits(text: str, delimiter: str) -> None:
    assert delimited.sniff_delimiter(text)[0] == delimiter


@given(st.text(alphabet="张李王赵abc123,;\t", min_size=1, max_size=60))
def test_every_encoding_gives_the_same_text(text: str) -> None:
    line = f"姓名,{text}"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gb18030"):
        assert delimited.decode(line.encode(encoding))[0] == line


def test_spans_in_html_keep_columns_apart() -> None:
    page = (
        "<table><tr><td rowspan=2>a</td><td>b</td><td>c</td></tr><tr><td colspan=2>d</td></tr>"
        "<tr><td>e<table><tr><td>inner</td></tr></table></td><td>f</td></tr></table>"
        "<table><tr><td>second</td></tr></table>"
    )
    first, second = webtable.read_html(page.encode())
    assert first.rows == [["a", "b", "c"], ["", "d"], ["einner", "f"]]
    assert first.merges == [(0, 0, 1, 0), (1, 1, 1, 2)]
    assert second.rows == [["second"]]


@pytest.mark.parametrize("prefix", ["", "x:"])
@pytest.mark.parametrize("before", range(archive.CHUNK - 9_000, archive.CHUNK + 100, 1_513))
def test_a_formula_without_a_result_is_seen_wherever_the_part_is_cut(
    prefix: str, before: int
) -> None:
    def cell(at: str, formula: str, result: str) -> str:
        p = prefix
        return f'<{p}c r="{at}"><{p}f>{formula}</{p}f>{result}</{p}c>'

    row = cell("A1", "1", f"<{prefix}v>1</{prefix}v>") + "<!--" + "-" * before + "-->"
    row += cell("AB7", "SUM(" + "A1+" * 2_700 + "1)", f"<{prefix}v/>")
    row += cell("AC7", "1", f"<{prefix}v>2</{prefix}v>")
    book = archive.open_archive(corpus.with_sheet(corpus.sheet_xml(row)))
    assert archive.inspect(book) == {"xl/worksheets/sheet1.xml": {(6, 27): "="}}


LEDGER = [["姓名", "电话", "备注", "住址"]] + [
    [f"张{n}", f"1380000{n:04d}", "", f"3-2-{n}"] for n in range(1, 12)
]


def marked(*marks: tuple[int, int, str]) -> bytes:
    rows = [list(row) for row in LEDGER]
    for row, column, text in marks:
        rows[row][column] = text
    return "\n".join(",".join(row) for row in rows).encode()


@pytest.mark.parametrize(
    "marks",
    [
        [(3, 2, '"独居')],
        [(3, 2, '"独居'), (6, 2, '低保"')],
        [(3, 2, '"独居'), (4, 2, '低保"')],
        [(3, 2, '"独居'), (4, 2, '"低保')],
        [(3, 0, '"张三'), (4, 0, '李四"')],
        [(3, 3, '"3-2-3'), (4, 3, '3-2-4"')],
        [(0, 3, '"住址'), (1, 3, '3-2-1"')],
        [(11, 3, '"3-2-11')],
    ],
)
def test_a_mark_that_swallows_rows_is_refused(marks: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ReadError) as caught:
        _text(marked(*marks))
    assert (caught.value.code, caught.value.params) == ("open_quote", {"line": marks[0][0] + 1})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"独居, 有病\n每周, 走访"', "独居, 有病\n每周, 走访"),
        ('"一""二\n三"', '一"二\n三'),
        ('"低保"户', "低保户"),
        ('6"管', '6"管'),
    ],
)
def test_a_mark_that_closes_in_its_cell_is_read(written: str, read: str) -> None:
    sheet, _, _ = delimited.read_text(marked((3, 2, written)))
    rows = list(sheet.rows)
    assert rows == [*LEDGER[:3], [*LEDGER[3][:2], read, LEDGER[3][3]], *LEDGER[4:]]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (["姓名", "备注"], ["张三", "一楼\n有狗,注意"]),
        (["备注", "姓名"], ["一楼,左\n有狗", "张三"]),
        (["姓名", "电话", "备注"], ["张三", "1", "独居,\n血压高,糖尿病,每周随访"]),
        (["姓名", "电话", "备注"], ["张三", "1", "独居\n血压高,糖尿病,每周随访\n无"]),
        (LEDGER[0], ["张三", "1", "独居,低保\n血压高,糖尿病,哮喘,盲", "3-2-1"]),
    ],
)
def test_commas_in_the_lines_of_a_note_are_read(header: list[str], row: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([header, row, *[[f"甲{n}" for n in header]] * 3])
    sheet, _, _ = delimited.read_text(out.getvalue().encode())
    assert list(sheet.rows)[1] == row


def test_rows_that_a_mark_swallows_in_a_narrow_table_are_refused() -> None:
    rows = [f"张{n},甲{n}" for n in range(12)]
    rows[3], rows[9] = '张3,"甲3', '张9,甲9"'
    with pytest.raises(ReadError) as caught:
        _text("\n".join(["姓名,备注", *rows]).encode())
    assert (caught.value.code, caught.value.params) == ("open_quote", {"line": 5})


TEXTS = st.text(alphabet='张李，,"\n a3-', max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=12, max_size=12), min_size=1, max_size=4))
def test_what_a_writer_of_csv_quotes_comes_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([[f"列{n}" for n in range(12)], *rows])
    sheet, _, _ = delimited.read_text(out.getvalue().encode())
    assert list(sheet.rows)[1:] == rows
