"""What was asked at the doors fills ledgers, files and offices' templates."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.urls import reverse

from fangxian.common.facts import Filter, View, plans
from fangxian.common.scoping import acting
from fangxian.field.actions import NewVisit, record_visit
from fangxian.field.models import Campaign
from fangxian.field.queries import doors
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household
from fangxian.reporting.models import OfficeTemplate
from tests.test_ledgers import files, one, text
from tests.test_templates import filled, saved, upload

FEVER, WARM = "asked__sweep__fever", "asked__sweep__temperature"


@pytest.fixture
def visited(places: Any, cast: Any, alice: Any) -> Campaign:
    """Two doors of a sweep, at one of which somebody is feverish."""
    hq = cast.actor("headquarters")
    for room in ("101", "102"):
        create_household(by=hq, place_code=places.unit, room=room)
    campaign = begin(hq, places)
    with acting(alice):
        found = list(doors(campaign, alice.area))
    for target, answers in zip(
        found, ({"fever": "yes", "temperature": "38.5"}, {"fever": "no"}), strict=True
    ):
        outcome = "exceptions" if answers["fever"] == "yes" else "all_well"
        made = NewVisit(uuid4(), campaign.id, target.household_id, outcome, answers)
        record_visit(by=alice, visit=made)
    return campaign


def test_a_ledger_of_answers_is_chosen_and_taken_away(
    visited: Campaign, client_of: Callable[[str], Any], alice: Any
) -> None:
    client = client_of("alice")
    url = reverse("reporting:table_change", args=["field.visits"])
    page = text(client.get(url))
    assert "“入户摸排”的问题" in page
    assert "有无发热" in page
    _taking, data = files(
        "field.visits", alice, form="xlsx", view=View("field.visits", columns=("room", FEVER, WARM))
    )
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(n for n, row in enumerate(rows) if "体温" in row)
    assert [row[:3] for row in rows[at + 1 : at + 3]] == [["101", "有", 38.5], ["102", "无", None]]


def test_an_office_that_asks_for_temperatures_gets_them(
    visited: Campaign, client_of: Callable[[str], Any], cast: Any
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["入户摸排体温登记表"])
    sheet.append(["序号", "房号", "有无发热", "今日体温（℃）", "入户时间"])
    for _row in range(4):
        sheet.append([None])
    client = client_of("alice")
    upload(client, saved(book))
    template = one(OfficeTemplate)
    [choice] = template.choices["tables"].values()
    assert choice["facts"] == "field.visits"
    assert choice["columns"]["有无发热"] == FEVER
    assert choice["columns"]["今日体温"] == WARM
    shown = text(client.get(reverse("reporting:template", args=[template.pk])))
    assert "入户摸排" in shown
    form = client.get(reverse("reporting:template", args=[template.pk])).context["form"]
    given = {name: form[name].value() for name in form.fields}
    client.post(
        reverse("reporting:template", args=[template.pk]),
        {name: value for name, value in given.items() if value not in (None, False)},
    )
    client.post(reverse("reporting:template_fill", args=[template.pk]), {"way": "one"})
    _row, data = filled(cast.actor("alice"))
    done = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [[cell.value for cell in row][1:4] for row in done.iter_rows(min_row=3, max_row=4)] == [
        ["101", "有", 38.5],
        ["102", "无", None],
    ]


def test_who_recorded_is_told_and_asked_by_name(visited: Campaign, cast: Any) -> None:
    hq = cast.actor("headquarters")
    with acting(hq):
        for asked, many in (
            (Filter("by", "is", "Alice"), 2),
            (Filter("by", "is", "alice"), 2),
            (Filter("by", "has", "lic"), 2),
            (Filter("by", "in", "Bob，Alice"), 2),
            (Filter("by", "in", "Bob,Charlie"), 0),
            (Filter("by", "not", "Alice"), 0),
            (Filter("by", "not", "Bob"), 2),
        ):
            view = View("field.visits", columns=("by",), filters=(asked,)).checked(hq)
            lines = plans.page(view, hq, hq.area).lines
            assert [line.cells for line in lines] == [("Alice",)] * many, asked
