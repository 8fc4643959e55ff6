from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import openpyxl
import pytest
from django.utils.translation import override

from fangxian.common.sheets import (
    SheetError,
    Table,
    Workbook,
    cell_text,
    find_table,
    marking,
    read_workbook,
)
from fangxian.common.sheets.marking import RowError, write_error_workbook
from fangxian.common.sheets.tests import corpus
from fangxian.common.sheets.tests.corpus import HEAD, LI, ZHANG

MARK = "FFFFC9C4"


def read(data: bytes) -> tuple[Workbook, Table]:
    book = read_workbook(data, "台账.xlsx")
    return book, find_table(book.sheets[0])


def marked(data: bytes, *errors: RowError, language: str = "en") -> tuple[bytes, bool]:
    book, table = read(data)
    out = io.BytesIO()
    with override(language):
        in_place = write_error_workbook(data, book, {0: table}, errors, out)
    return out.getvalue(), in_place


def shown(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]


def coloured(data: bytes) -> set[str]:
    return {
        cell.coordinate
        for row in shown(data).iter_rows()
        for cell in row
        if cell.fill.fill_type and cell.fill.fgColor.rgb == MARK
    }


def texts(table: Table) -> list[list[str]]:
    return [[cell_text(cell) for cell in row.cells] for row in table.data_rows()]


def rich() -> bytes:
    """A workbook with much that openpyxl would lose."""

    def fill(book: Any, sheet: Any) -> None:
        yellow = book.add_format({"bg_color": "#FFFF00", "num_format": "@", "border": 1})
        sheet.set_column(0, 3, 15)
        sheet.merge_range("A1:D1", "台账", yellow)
        sheet.write_row(1, 0, HEAD, yellow)
        for line, row in enumerate((ZHANG, LI), 2):
            for column, text in enumerate(row):
                sheet.write_string(line, column, text, yellow)
        sheet.write_formula("G10", "=1+1", None, 2)
        sheet.insert_textbox("H2", "请勿修改表头")
        sheet.conditional_format("A1:D9", {"type": "data_bar", "data_bar_2010": True})
        sheet.data_validation("D3:D9", {"validate": "list", "source": ["甲", "乙"]})
        sheet.write_comment("A3", "批注")
        book.add_worksheet("说明").write(0, 0, "第二页")

    return corpus.xlsx(fill)


def test_cells_are_coloured_and_texts_stand_in_a_new_column() -> None:
    data, in_place = marked(
        corpus.plain_xlsx(HEAD, ZHANG, LI),
        RowError(3, "身份证号有误", 1),
        RowError(3, "缺少 <电话> & 住址", 2),
        RowError(3, "身份证号有误", 1),
    )
    assert in_place
    sheet = shown(data)
    assert sheet["E1"].value == "Errors"
    assert sheet["E2"].value is None
    assert sheet["E3"].value == "身份证号有误\n缺少 <电话> & 住址"
    assert coloured(data) == {"B3", "C3", "E3"}
    assert sheet.column_dimensions["E"].width == 48


def test_the_column_speaks_the_reader_s_language() -> None:
    data, _ = marked(corpus.plain_xlsx(HEAD, ZHANG), RowError(2, "x"), language="zh-hans")
    assert shown(data)["E1"].value == "错误"
    assert read(data)[1].error_column == 4


@pytest.mark.filterwarnings("ignore:.*extension is not supported")  # what openpyxl would lose
def test_everything_else_stays_as_it_was() -> None:
    before = rich()
    after, in_place = marked(before, RowError(4, "有误", 3))
    assert in_place
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(after)) as new:
        assert set(old.namelist()) == set(new.namelist())
        assert new.testzip() is None
        for name in old.namelist():
            if name not in ("xl/worksheets/sheet1.xml", "xl/styles.xml"):
                assert new.read(name) == old.read(name), name
        sheet = new.read("xl/worksheets/sheet1.xml").decode()
        for part in (
            "<f>1+1</f><v>2</v>",
            "<conditionalFormatting",
            "x14:dataBar",
            "<dataValidation ",
            "<drawing ",
            "<legacyDrawing ",
        ):
            assert part in sheet, part
    cell = shown(after)["D4"]
    assert (cell.number_format, cell.border.left.style, cell.fill.fgColor.rgb) == (
        "@",
        "thin",
        MARK,
    )
    assert shown(after)["C4"].fill.fgColor.rgb == "FFFFFF00"


def test_a_marked_workbook_is_read_like_the_one_that_came() -> None:
    before = rich()
    after, _ = marked(before, RowError(3, "有误", 0), RowError(4, "有误"))
    _, old = read(before)
    _, new = read(after)
    assert [column.label for column in new.columns] == [column.label for column in old.columns]
    assert [row.cells for row in new.data_rows()] == [row.cells for row in old.data_rows()]
    assert new.roles == old.roles
    assert new.error_column == 7


def test_a_second_round_replaces_the_first_one_s_marks() -> None:
    first, _ = marked(
        corpus.plain_xlsx(HEAD, ZHANG, LI), RowError(2, "一", 1), RowError(3, "二", 2)
    )
    second, in_place = marked(first, RowError(3, "三", 0))
    assert in_place
    sheet = shown(second)
    assert [sheet[f"E{row}"].value for row in (1, 2, 3)] == ["Errors", None, "三"]
    assert coloured(second) == {"A3", "E3"}
    third, _ = marked(second)
    assert coloured(third) == set()
    assert [shown(third)[f"E{row}"].value for row in (2, 3)] == [None, None]


def test_a_missing_cell_is_made_and_coloured() -> None:
    data, _ = marked(
        corpus.plain_xlsx(HEAD, ["张三", None, None, "3-2-501"]), RowError(2, "缺少", 2)
    )
    assert coloured(data) == {"C2", "E2"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    places = re.findall(r'<c [^>]*r="([A-Z]+2)"', xml)
    assert places == ["A2", "C2", "D2", "E2"]


@pytest.mark.parametrize("name", ["csv_gbk", "xls_97", "html_named_xls", "ods_plain", "xml_2003"])
def test_other_formats_come_back_as_a_copy(name: str) -> None:
    sample = corpus.build(name)
    book, table = read(sample.data)
    line = next(table.data_rows()).number
    out = io.BytesIO()
    assert not write_error_workbook(sample.data, book, {0: table}, [RowError(line, "有误", 1)], out)
    again, copy = read(out.getvalue())
    assert [sheet.name for sheet in again.sheets] == [sheet.name for sheet in book.sheets]
    assert copy.roles == table.roles
    assert texts(copy) == texts(table)
    assert again.sheets[0].merges == book.sheets[0].merges
    assert copy.error_column is not None
    assert shown(out.getvalue()).cell(line, copy.error_column + 1).value == "有误"
    assert len(coloured(out.getvalue())) == 2


def test_side_by_side_tables_are_marked_where_the_error_is() -> None:
    head = ["姓名", "电话", "姓名", "电话"]
    data, _ = marked(
        corpus.plain_xlsx(head, ["张三", "1", "李四", "2"]), RowError(2, "有误", 1, block=1)
    )
    assert coloured(data) == {"D2", "E2"}


def test_rows_that_the_xml_does_not_number() -> None:
    rows = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>"
        for row in (HEAD, ZHANG, LI)
    )
    data, in_place = marked(corpus.with_sheet(corpus.sheet_xml(rows)), RowError(3, "有误", 1))
    assert in_place
    assert coloured(data) == {"B3", "E3"}
    assert [row.cells for row in read(data)[1].data_rows()] == [ZHANG, LI]


def test_xml_with_prefixes() -> None:
    rows = corpus.PLAIN_ROWS.replace("<", "<x:").replace("<x:/", "</x:")
    xml = (
        '<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<x:sheetData>{rows}</x:sheetData></x:worksheet>"
    ).encode()
    data, in_place = marked(corpus.with_sheet(xml), RowError(2, "有误", 0))
    assert in_place
    assert coloured(data) == {"A2", "E2"}


def test_a_sheet_that_cannot_be_edited_is_copied() -> None:
    data = corpus.plain_xlsx(HEAD, ZHANG)
    book, table = read(data)
    broken = corpus.repacked(data, {"xl/worksheets/sheet1.xml": b"<worksheet></worksheet>"})
    out = io.BytesIO()
    assert not write_error_workbook(broken, book, {0: table}, [RowError(2, "有误", 0)], out)
    assert coloured(out.getvalue()) == {"A2", "E2"}


def test_a_workbook_with_a_damaged_part_is_copied() -> None:
    data = corpus.plain_xlsx(HEAD, ZHANG)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        crc = archive.getinfo("docProps/app.xml").CRC.to_bytes(4, "little")
    copy, in_place = marked(data.replace(crc, b"\0\1\2\3"), RowError(2, "有误", 0))
    assert not in_place
    assert coloured(copy) == {"A2", "E2"}


def test_where_the_process_that_marks_is_stopped_a_copy_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(marking, "EDIT_WALL_SECONDS", 0.0)
    copy, in_place = marked(corpus.plain_xlsx(HEAD, ZHANG), RowError(2, "有误", 0))
    assert not in_place
    assert coloured(copy) == {"A2", "E2"}


def test_a_hostile_original_is_refused() -> None:
    book, table = read(corpus.plain_xlsx(HEAD, ZHANG))
    with pytest.raises(SheetError) as caught:
        write_error_workbook(
            corpus.build("xlsx_zip_slip").data, book, {0: table}, [RowError(2, "x")], io.BytesIO()
        )
    assert caught.value.code == "unsafe_archive"
