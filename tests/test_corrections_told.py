"""What a preview says on its page of corrected cells that the import doesn't take in."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from openpyxl import load_workbook

from fangxian.common.facts import View
from fangxian.common.scoping import acting
from fangxian.core.tests.importing import imported, previewed
from fangxian.register.models import Residency
from fangxian.reporting.writing import export_columns, rows_of, write
from tests.kit.cast import make_cast, make_places

LEDGER = "姓名,身份证号,联系电话,与户主关系,详细地址\n张小三,,13800001234,户主,1-1-101\n".encode()
COLUMNS = ("building", "unit", "room", "name", "age", "phone", "relation", "employer")


def sheet_of(by: Any, place: str, **corrected: str) -> bytes:
    """The residents of a place as Excel, in whose only row some cells were corrected."""
    view = View("register.residents", columns=COLUMNS)
    out = io.BytesIO()
    with acting(by):
        columns = export_columns(view, by, clear=False, keyed=True)
        rows = list(rows_of(view, by, place, clear=False, keyed=True))
    write(out, "xlsx", columns, rows, title="居民", taken="x")
    book = load_workbook(io.BytesIO(out.getvalue()))
    for name, value in corrected.items():
        book.active.cell(3, COLUMNS.index(name) + 1).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_page_lists_them_with_the_reason(alice: Any, places: Any, client_of: Any) -> None:
    imported(alice, LEDGER, places.grid, kind="register", name="台账.csv")
    sheet = sheet_of(alice, places.grid, age="199", phone="138****9999", employer="示例厂")
    run = previewed(alice, sheet, places.grid, kind="register")
    assert run.options["preview"]["counts"] == {"changed": 1}
    told = [
        [row, column, why] for row, column, _old, _new, why in run.options["preview"]["untaken"]
    ]
    assert [one[::2] for one in told] == [[3, "column"], [3, "masked"]]
    html = client_of("alice").get(reverse("register:import_run", args=[run.pk])).content.decode()
    assert 'id="untaken"' in html
    assert "199" in html
    assert "打星的内容不读取" in html


def test_a_sheet_with_nothing_lost_lists_none(alice: Any, places: Any, client_of: Any) -> None:
    imported(alice, LEDGER, places.grid, kind="register", name="台账.csv")
    sheet = sheet_of(alice, places.grid, employer="示例厂")
    run = imported(alice, sheet, places.grid, kind="register")
    assert (run.rejected, run.changed) == (0, 1)
    html = client_of("alice").get(reverse("register:import_run", args=[run.pk])).content.decode()
    assert 'id="untaken"' not in html
    with acting(alice):
        [person] = Residency.objects.values_list("person__employer", "person__phones__number")
    assert person == ("示例厂", "13800001234")


def test_the_command_names_row_and_column_alone(
    fresh_database: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    places = make_places()
    alice = make_cast(places).actor("alice")
    imported(alice, LEDGER, places.grid, kind="register", name="台账.csv")
    file = tmp_path / "居民.xlsx"
    file.write_bytes(sheet_of(alice, places.grid, age="199"))
    call_command("import_register", str(file), "--place", places.grid, "--as", "alice")
    said = capsys.readouterr().out
    assert "correction not taken in: 3 " in said
    assert "199" not in said
