"""No text becomes a formula, breaks a file or comes back as another one, in whatever file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from docx import Document as Word
from openpyxl.utils import range_boundaries

from fangxian.common.papers.documents import Document, Paragraph, TableColumn
from fangxian.common.papers.documents import Table as PaperTable
from fangxian.common.papers.word import docx_of
from fangxian.common.sheets import read_workbook
from fangxian.common.sheets.cleaning import clean_text
from fangxian.common.sheets.filling import Plan, SheetPlan, fill, outline
from fangxian.common.sheets.parquet import write_parquet
from fangxian.common.sheets.tests.filling_corpus import Form
from fangxian.common.sheets.tests.filling_kit import parts
from fangxian.common.sheets.tests.injections import INJECTIONS
from fangxian.common.sheets.writing import Encoding, ExportColumn, write_csv, write_rows

NAMES = list(INJECTIONS)
TEXTS = list(INJECTIONS.values())
COLUMNS = [ExportColumn("序号", "number"), ExportColumn("姓名"), ExportColumn("备注", "identity")]
ROWS = [[number, text, text] for number, text in enumerate(TEXTS)]
# What no XML can hold is dropped by every writer; everything else stays.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def legal(text: str) -> str:
    return _ILLEGAL.sub("", text)


def cut(text: str) -> str:
    """As much as a cell of Excel holds, which counts in halves of UTF-16."""
    return legal(text).encode("utf-16-le")[: 2 * 32_767].decode("utf-16-le", "ignore")


def decoded(value: Any) -> Any:
    """A text as Excel reads it; openpyxl leaves the escapes as they are."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)


def cells(data: bytes, first: int, columns: tuple[int, ...]) -> list[list[Any]]:
    """What openpyxl reads; the file is whole and holds no formula, link or outer reference."""
    files = parts(data)
    assert not [name for name in files if "externalLink" in name or name.endswith("calcChain.xml")]
    assert b"<f>" not in files["xl/worksheets/sheet1.xml"]
    assert b"<hyperlink" not in files["xl/worksheets/sheet1.xml"]
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    found = []
    for row in range(first, first + len(TEXTS)):
        own = [sheet.cell(row, column) for column in columns]
        assert {cell.data_type for cell in own if cell.value is not None} <= {"s", "inlineStr"}
        found.append([decoded(cell.value) if cell.value is not None else "" for cell in own])
    return found


@cache
def in_xlsx() -> list[list[Any]]:
    out = io.BytesIO()
    write_rows(out, COLUMNS, ROWS, sheet=TEXTS[0], title=TEXTS[5], taken=TEXTS[3])
    return cells(out.getvalue(), 3, (2, 3))


@cache
def in_xlsx_as_we_read_it() -> list[list[Any]]:
    out = io.BytesIO()
    write_rows(out, COLUMNS, ROWS)
    rows = [row[1:3] for row in read_workbook(out.getvalue()).sheets[0].rows[1:]]
    return [[one or "" for one in row] for row in rows]


@cache
def form() -> bytes:
    made = Form()
    made.sheet.write_row("A1", ["序号", "姓名", "备注"], made.head)
    made.prepared(2, 4, [made.number, made.cell, made.text])
    return made.done()


@cache
def in_template() -> list[list[Any]]:
    [(sheet, table)] = outline("a.xlsx", form()).tables()
    mine = SheetPlan(sheet.name, title="\ud800" + TEXTS[1])
    mine.put_rows(table, table.columns, [[text, text] for text in TEXTS])
    filled = fill(form(), Plan([mine]))
    long = {number for number, text in enumerate(TEXTS, 2) if cut(text) != legal(text)}
    assert {left.code for left in filled.left} == {"too_long"}
    rows = [range_boundaries(left.cell)[1::2] for left in filled.left]
    assert {row for first, last in rows for row in range(first, last + 1)} == long
    return cells(filled.data, 2, (2, 3))


@cache
def in_lines() -> list[list[Any]]:
    """In blanks of sentences, one a row."""
    made = Form()
    for row in range(len(TEXTS)):
        made.sheet.write(row, 0, "填报单位：          填报人：          ")
    data = made.done()
    [sheet] = outline("a.xlsx", data).sheets
    mine = SheetPlan(sheet.name)
    for blank in sheet.blanks:
        mine.put(blank, TEXTS[blank.row - 1])
    filled = fill(data, Plan([mine]))
    assert {left.code for left in filled.left} <= {"too_long"}
    found = []
    for [line] in cells(filled.data, 1, (1,)):
        first, second = line.split("填报人：", 1)
        found.append([first.removeprefix("填报单位："), second])
    return found


def in_csv(encoding: Encoding) -> list[list[Any]]:
    out = io.BytesIO()
    write_csv(out, [ExportColumn("姓名"), ExportColumn("=1+1")], [row[1:] for row in ROWS],
              encoding=encoding)  # fmt: skip
    text = io.StringIO(out.getvalue().decode(encoding), newline="")
    head, *lines = csv.reader(text)
    assert head == ["姓名", "'=1+1"]
    return lines


@cache
def in_utf8() -> list[list[Any]]:
    return in_csv("utf-8-sig")


@cache
def in_gbk() -> list[list[Any]]:
    return in_csv("gb18030")


@cache
def in_parquet() -> list[list[Any]]:
    out = io.BytesIO()
    columns = [ExportColumn("姓名"), ExportColumn("\ud800=1+1")]
    write_parquet(out, columns, [row[1:] for row in ROWS])
    table = pq.read_table(out)
    assert table.column_names == ["姓名", "=1+1"]
    return [list(row.values()) for row in table.to_pylist()]


@cache
def in_word() -> list[list[Any]]:
    table = PaperTable((TableColumn("姓名"), TableColumn("备注")), tuple((t, t) for t in TEXTS))
    paragraphs = tuple(Paragraph((text,), indent=False) for text in TEXTS)
    data = docx_of(Document("报告", (table, *paragraphs), signed_by=TEXTS[4]))
    xml = parts(data)["word/document.xml"]
    assert b"<w:instrText" not in xml
    assert b"fldSimple" not in xml
    assert b"<w:hyperlink" not in xml
    word = Word(io.BytesIO(data))
    rows = [[cell.text for cell in row.cells] for row in word.tables[0].rows][1:]
    start = next(n for n, one in enumerate(word.paragraphs) if one.text == TEXTS[0])
    for text, one in zip(TEXTS, word.paragraphs[start:], strict=False):
        assert one.text == papered(text)
    return rows


def papered(text: str) -> str:
    return re.sub(r"[\r\x7f]", "", legal(text))


def guarded(text: str) -> str:
    """As in a text file: behind a sign that keeps it a text, which the import takes off again."""
    text = legal(text)
    if re.fullmatch(r"\d{12,}|0\d+", text):
        return "\t" + text
    hidden = re.sub(r"^[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+", "", text)
    harmless = hidden[:1] not in tuple("=+-@＝＋－＠") and text[:1] not in tuple("\t\r\n")
    return text if harmless or re.fullmatch(r"-\d+(\.\d+)?", text) else "'" + text


def not_too_long(text: str) -> str:
    return legal(text) if cut(text) == legal(text) else ""


WRITERS: dict[str, tuple[Callable[[], list[list[Any]]], Callable[[str], str]]] = {
    "xlsx": (in_xlsx, cut),
    "xlsx_as_we_read_it": (in_xlsx_as_we_read_it, cut),
    "template": (in_template, not_too_long),
    "csv": (in_utf8, guarded),
    "csv_gbk": (in_gbk, guarded),
    "parquet": (in_parquet, legal),
    "docx": (in_word, papered),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("writer", WRITERS)
def test_what_was_given_comes_back(writer: str, name: str) -> None:
    written, expected = WRITERS[writer]
    lines = written()
    assert len(lines) == len(TEXTS)
    number = NAMES.index(name)
    assert lines[number] == [expected(TEXTS[number])] * 2


@pytest.mark.parametrize("name", NAMES)
def test_a_line_is_completed_with_it(name: str) -> None:
    number = NAMES.index(name)
    text = legal(TEXTS[number])
    first, second = in_lines()[number]
    if not first.strip(" ") and not second.strip(" "):
        assert len(text.encode("utf-16-le")) > 2 * 30_000 or not text.strip()
        return
    assert first.rstrip(" ") == text.rstrip(" ")
    assert second == text


@pytest.mark.parametrize("name", NAMES)
def test_what_keeps_it_a_text_is_taken_off_by_the_import(name: str) -> None:
    number = NAMES.index(name)
    if "apostrophe" in name or len(TEXTS[number]) > 30_000:
        return
    for lines in (in_utf8(), in_gbk()):
        assert clean_text(lines[number][0]) == clean_text(legal(TEXTS[number]))
