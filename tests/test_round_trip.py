"""Ledger → Excel → corrected → taken back: for every ledger that can be taken back.

What went out unchanged changes nothing; one corrected cell changes one row.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

import pytest

from fangxian.common import facts
from fangxian.common.actor import Actor
from fangxian.common.facts import FactTable, View
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import community_of
from fangxian.core.tests.importing import previewed
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
