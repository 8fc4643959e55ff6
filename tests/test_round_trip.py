"""Ledger → Excel → corrected → taken back: for every ledger that can be taken back.

What went out unchanged changes nothing; one corrected cell changes one row.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from fangxian.common import facts
from fangxian.common.actor import Actor
from fangxian.common.facts import FactTable, View
from fangxian.common.facts.plans import stream
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import community_of
from fangxian.core.imports import problems_of
from fangxian.core.tests.importing import imported, previewed
from fangxian.reporting.writing import export_columns, rows_of, write
from tests.browser.county import copied, make_template
from tests.test_demonstration import COUNTY, past_midnight

pytestmark = [pytest.mark.slow(40), pytest.mark.timeout(600)]
TABLES = [table for table in facts.tables if table.taken_back]


@pytest.fixture(scope="module")
def county(
    django_db_setup: None, template_database: str, django_db_blocker: Any, worker_id: str
) -> Iterator[Actor]:
    with django_db_blocker.unblock():
        past_midnight()
        name = make_template(template_database)
        with copied(name, f"fx_{os.getpid()}_{worker_id}_round"):
            yield Actor.system("test", COUNTY)


def taken(by: Actor, table: FactTable, place: str) -> bytes:
    """The table with all its columns as Excel, numbers in full."""
    view = View(table.name, columns=tuple(column.name for column in table.columns))
    out = io.BytesIO()
    with acting(by):
        columns = export_columns(view, by, clear=True)
        rows = list(rows_of(view, by, place, clear=True))
    assert rows, "the demonstration has some"
    write(out, "xlsx", columns, rows, title=str(table.label), taken="x")
    return out.getvalue()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_goes_out_comes_back_unchanged(county: Actor, table: FactTable) -> None:
    place = community_of(COUNTY)
    data = taken(county, table, place)
    run = previewed(county, data, place, kind=table.taken_back)
    counts = run.options["preview"]["counts"]
    problems = run.options["preview"]["problems"][:3]
    assert set(counts) <= {"known", "unchanged"}, (counts, problems)


# A cell that is corrected in Excel: its column, and what stands in it then.
CORRECTED: dict[str, tuple[str, Any]] = {
    "register.residents": ("employer", "示例更正单位"),
    "regions.buildings": ("households", 77),
    "organisations.organisations": ("credit_code", "91350100M000100Y43"),
    "organisations.members": ("duty", "更正职务"),
    "organisations.responsibilities": ("contact", "13900001234"),
    "organisations.member_households": (
        "to_date",
        dt.datetime.combine(timezone.localdate(), dt.time()),
    ),
    "organisations.seconded": ("duty", "更正职务"),
    "mobilise.volunteers": ("echelon", 3),
}


def lines_of(by: Actor, table: FactTable, place: str) -> dict[Any, tuple[Any, ...]]:
    view = View(table.name, columns=tuple(column.name for column in table.columns))
    with acting(by):
        return {line.key: line.cells for line in stream(view, by, place, clear=True)}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_one_corrected_cell_changes_one_row(county: Actor, table: FactTable) -> None:
    place = community_of(COUNTY)
    name, value = CORRECTED[table.name]
    book = load_workbook(io.BytesIO(taken(county, table, place)))
    sheet = book.active
    at = [column.name for column in table.columns].index(name) + 1
    row = next(r for r in range(3, sheet.max_row + 1) if sheet.cell(r, at).value != value)
    sheet.cell(row, at).value = value
    out = io.BytesIO()
    book.save(out)
    before = lines_of(county, table, place)
    # What takes something from somebody has to be chosen.
    options = {"replace": True} if name == "to_date" else {}
    run = imported(county, out.getvalue(), place, kind=table.taken_back, options=options)
    assert (run.rejected, run.changed) == (0, 1), list(problems_of(run))
    after = lines_of(county, table, place)
    assert after.keys() <= before.keys()
    other = [key for key in before if before[key] != after.get(key)]
    assert len(other) == 1
    if other[0] in after:
        cells = enumerate(zip(before[other[0]], after[other[0]], strict=True), 1)
        assert [i for i, (old, new) in cells if old != new] == [at]
    else:
        # Only a last day takes a row out of its table.
        assert name == "to_date"
