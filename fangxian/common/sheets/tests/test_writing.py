from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian.common.sheets import find_table, read_workbook, xlsxstream
from fangxian.common.sheets.writing import ExportColumn, guard, write_csv, write_rows

COLUMNS = [
    ExportColumn("姓名"),
    ExportColumn("身份证号", "identity"),
    ExportColumn("人数", "number"),
    ExportColumn("出生日期", "date"),
    ExportColumn("时间", "datetime"),
]
ROW = [
    "张三",
    "11010519491231002X",
    3,
    dt.date(2020, 3, 5),
    dt.datetime.fromisoformat("2020-03-05T09:12"),
]


def written(rows: Any, columns: Any = COLUMNS, **options: Any) -> bytes:
    out = io.BytesIO()
    write_rows(out, columns, rows, **options)
    return out.getvalue()


def test_values_keep_their_types() -> None:
    data = written([ROW, [None, "", None, None, None]], sheet="台账", title="幸福社区")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert sheet.title == "台账"
    assert [cell.value for cell in sheet[1]][:1] == ["幸福社区"]
    assert [cell.value for cell in sheet[2]] == [column.label for column in COLUMNS]
    values = [cell.value for cell in sheet[3]]
    assert values[:3] == ["张三", "11010519491231002X", 3]
    assert values[3] == dt.datetime.fromisoformat("2020-03-05")
    assert sheet["D3"].number_format == "yyyy\\-mm\\-dd"
    assert abs(values[4] - ROW[4]) < dt.timedelta(seconds=1)
    assert sheet["B3"].number_format == "@"
    assert sheet.freeze_panes == "A3"


def test_what_is_written_is_read_again() -> None:
    table = find_table(read_workbook(written([ROW], title="台账")).sheets[0])
    assert next(table.data_rows()).cells == [
        "张三",
        "11010519491231002X",
        3.0,
        dt.date(2020, 3, 5),
        dt.datetime.fromisoformat("2020-03-05T09:12"),
    ]


def test_text_files_keep_long_numbers_and_the_bom() -> None:
    out = io.BytesIO()
    assert write_csv(out, COLUMNS, [["张三", "110105194912310038", -3, ROW[3], None]]) == 1
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    row = read_workbook(out.getvalue(), "a.csv").sheets[0].rows[1]
    assert row == ["张三", "\t110105194912310038", "-3", "2020-03-05"]


def test_negative_numbers_are_not_guarded() -> None:
    assert guard("-3.5") == "-3.5"
    assert guard("-3+1") == "'-3+1"


def test_long_numbers_are_written_as_text() -> None:
    data = written([["x", 110105194912310038, 110105194912310038, None, None]])
    assert read_workbook(data).sheets[0].rows[1][1:3] == [
        "110105194912310038",
        "110105194912310038",
    ]


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    from fangxian.common.sheets import writing

    monkeypatch.setattr(writing, "SHEET_ROWS", 4)
    data = written(([f"{n}"] for n in range(8)), [ExportColumn("姓名")], sheet="台账")
    sheets = read_workbook(data).sheets
    assert [sheet.name for sheet in sheets] == ["台账", "台账 (2)", "台账 (3)"]
    assert [row[0] for sheet in sheets for row in sheet.rows[1:]] == [f"{n}" for n in range(8)]


def test_progress_is_told() -> None:
    told: list[int] = []
    written((["x"] for _ in range(2500)), [ExportColumn("姓名")], progress=told.append)
    assert told == [1000, 2000, 2500]


def test_an_empty_table_has_its_header() -> None:
    assert read_workbook(written([])).sheets[0].rows[0] == [column.label for column in COLUMNS]


def test_a_row_of_the_wrong_width_is_refused_and_leaves_no_workbook() -> None:
    out = io.BytesIO()
    with pytest.raises(ValueError, match="zip"):
        write_rows(out, COLUMNS, [["x"]])
    with pytest.raises(KeyError):
        openpyxl.load_workbook(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("台账", "台账"),
        ("a/b:c", "a b c"),
        ("", "Sheet"),
        ("'x'", "x"),
        ("长" * 40, "长" * 31),
        ("[]", "Sheet"),
    ],
)
def test_names_of_sheets(name: str, expected: str) -> None:
    assert xlsxstream.sheet_name(name) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    data = written([["x", text] for text in texts], [ExportColumn("甲"), ExportColumn("乙")])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    for line, text in enumerate(texts, 2):
        kept = xlsxstream.clean_for_xml(text)
        assert (sheet.cell(line, 2).value or "") == kept


def test_a_row_may_begin_with_empty_cells() -> None:
    out = io.BytesIO()
    with xlsxstream.BookWriter(out) as book:
        book.sheet("a").row([(None, xlsxstream.Style.PLAIN)] * 3 + [("x", xlsxstream.Style.PLAIN)])
    sheet = openpyxl.load_workbook(io.BytesIO(out.getvalue())).worksheets[0]
    assert [cell.value for cell in sheet[1]] == [None, None, None, "x"]
