"""A workbook with a sheet for each building: what is not part of an import is counted and said."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.urls import reverse

from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import HEADERS, person
from tests.kit.cast import make_cast, make_places


def book(sheets: dict[str, list[int]]) -> bytes:
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, numbers in sheets.items():
        sheet = file.add_worksheet(name)
        sheet.write_row(0, 0, HEADERS)
        for at, number in enumerate(numbers, start=1):
            sheet.write_row(at, 0, list(person(number).values()))
    file.close()
    return out.getvalue()


def test_sheets_left_out_are_counted_in_preview_and_result(alice, places, client_of):
    data = book({"1栋": [0, 1], "2栋": [3, 4, 5], "3栋": [6]})
    run = previewed(alice, data, places.grid)
    assert run.rows_in == 2
    assert run.options["preview"]["sheets_left_out"] == [["2栋", 3], ["3栋", 1]]
    done = imported(alice, data, places.grid, sheet=1)
    assert done.rows_in == 3
    assert done.options["preview"]["sheets_left_out"] == [["1栋", 2], ["3栋", 1]]
    client = client_of("alice")
    for one, left in ((run, (r"2栋\W+3", r"3栋\W+1")), (done, (r"1栋\W+2", r"3栋\W+1"))):
        page = client.get(reverse("register:import_run", args=[one.pk])).content.decode()
        assert 'id="sheets-left-out"' in page
        assert all(re.search(text, page) for text in left)


def test_a_single_sheet_leaves_none_out(alice, places, client_of):
    run = previewed(alice, book({"1栋": [0]}), places.grid)
    page = client_of("alice").get(reverse("register:import_run", args=[run.pk])).content.decode()
    assert "sheets-left-out" not in page


def test_a_sheet_without_a_header_is_told(alice, places, client_of):
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, headers in (("1栋", HEADERS), ("续", None)):
        sheet = file.add_worksheet(name)
        rows = [list(person(n).values()) for n in range(3)]
        for at, row in enumerate([headers, *rows] if headers else rows):
            sheet.write_row(at, 0, row)
    file.close()
    run = previewed(alice, out.getvalue(), places.grid)
    assert run.options["preview"]["sheets_left_out"] == []
    assert run.options["preview"]["sheets_without_table"] == [["续", 3]]
    page = client_of("alice").get(reverse("register:import_run", args=[run.pk])).content.decode()
    assert 'id="sheets-without-table"' in page


def test_the_command_names_the_sheets_left_out_and_takes_another(
    fresh_database: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = make_places()
    make_cast(places)
    file = tmp_path / "台账.xlsx"
    file.write_bytes(book({"1栋": [0, 1], "2栋": [3, 4, 5], "3栋": [6]}))
    command = ["import_register", str(file), "--place", places.grid, "--as", "alice"]
    for sheet, rows, left in (
        ([], 2, ["2栋 (3 rows)", "3栋 (1 rows)"]),
        (["--sheet", "2栋"], 3, ["1栋 (2 rows)", "3栋 (1 rows)"]),
        (["--sheet", "3"], 1, ["1栋 (2 rows)", "2栋 (3 rows)"]),
    ):
        call_command(*command, *sheet, "--commit")
        counts, *said, done = capsys.readouterr().out.splitlines()
        assert sum(int(part.split("=")[1]) for part in counts.split()) == rows
        assert [line.removeprefix("sheet left out: ").split(";")[0] for line in said] == left
        assert done.startswith(f"rows={rows} accepted={rows} ")
    with pytest.raises(CommandError, match="1 1栋, 2 2栋, 3 3栋"):
        call_command(*command, "--sheet", "4")
