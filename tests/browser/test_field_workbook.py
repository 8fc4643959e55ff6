"""A workbook with each kind of question that a phone asks, filled in at a door without a signal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fangxian.common.scoping import acting
from fangxian.common.sheets import read_workbook
from fangxian.field.models import Photo, Visit
from fangxian.field.questionnaire.xlsform import read_xlsform
from fangxian.field.tests.conftest import begin
from fangxian.field.tests.test_workbook_on_phone import CHOICES, SURVEY
from fangxian.field.tests.test_xlsform import book
from fangxian.register.actions import create_household
from tests.browser.keys import shoot
from tests.browser.kit import axe, no_sideways_scroll, touch_targets
from tests.browser.phones import (
    DOOR,
    enrol,
    in_step,
    kept,
    offline,
    online,
    phone,
    until,
)

ANSWERS: dict[str, Any] = {
    "town": "east",
    "village": "east1",
    "care": ["food", "medicine"],
    "rooms_n": 2,
    "warmth": 36.5,
    "since": "2020-03-01",
    "at": "14:30",
    "seen": "2020-03-05T09:00",
    "place": "116.851300,38.307200",
    "code": "6901234567892",
    "who": "查无此人",
    "rooms": [{"beds": 2, "twice": 4}, {"beds": 3, "twice": 6}],
    "beds_all": 5,
    "spare": 4,
}
pytestmark = [pytest.mark.browser, pytest.mark.slow(10), pytest.mark.timeout(300)]


@pytest.fixture
def workbook(cast: Any, places: Any) -> None:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    _title, schema = read_xlsform(read_workbook(book(SURVEY, CHOICES), "form.xlsx"))
    begin(hq, places, schema=schema, every_door=True)


def test_each_kind_is_filled_in_and_arrives(
    browser: Browser, site: str, workbook: None, bob: Any
) -> None:
    here = {"longitude": 116.8513, "latitude": 38.3072}
    with phone(browser, site, permissions=["geolocation"], geolocation=here) as page:
        enrol(page, bob)
        kept(page)
        offline(page)
        page.get_by_role("link", name="下一户").tap()
        page.get_by_role("link", name="全员正常").tap()
        # What is left out is named; nothing is kept of what is not allowed.
        page.get_by_label("几间").fill("21")
        page.get_by_role("button", name="保存：全员正常").tap()
        expect(page.get_by_role("button", name="乡镇：尚未填写")).to_be_visible()
        expect(page.get_by_role("button", name="几间：1 至 20 间")).to_be_visible()
        fill_in(page)
        axe(page)
        touch_targets(page)
        no_sideways_scroll(page)
        page.get_by_role("button", name="保存：全员正常").tap()
        expect(page.get_by_text("共1户，还剩0户")).to_be_visible()
        with acting(bob):
            assert not Visit.objects.exists()
        online(page)
        in_step(page)
        with acting(bob):
            kept_answers = json.loads(Visit.objects.get().answers)
            until(page, lambda: Photo.objects.count() == 2)
            photos = [str(one) for one in Photo.objects.values_list("pk", flat=True)]
    rooms = kept_answers["rooms"]
    assert sorted(row.pop("picture") for row in rooms) == sorted(photos)
    assert kept_answers == ANSWERS


def fill_in(page: Page) -> None:
    """Answer each question as the one who walks from room to room would."""
    page.get_by_label("东镇").check()
    page.get_by_label("东一村").check()
    page.get_by_label("买菜").check()
    page.get_by_label("买药").check()
    page.get_by_label("几间").fill("2")
    page.get_by_label("体温").fill("36.5")
    page.get_by_label("何时起").fill("2020-03-01")
    page.get_by_label("几点").fill("14:30")
    page.get_by_label("何时", exact=True).fill("2020-03-05T09:00")
    page.get_by_role("button", name="取当前位置").tap()
    expect(page.get_by_label("位置", exact=True)).to_have_value(ANSWERS["place"])
    page.get_by_label("编码").focus()
    shoot(page, ANSWERS["code"])
    page.get_by_label("谁").fill(ANSWERS["who"])
    for number, beds in enumerate(("2", "3")):
        page.get_by_label("照片").nth(number).set_input_files(DOOR)
        page.get_by_label("床位").nth(number).fill(beds)
    expect(page.get_by_alt_text("已拍照片")).to_have_count(2)
    # Worked out while the phone stands alone.
    expect(page.get_by_text("共 5 床")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="4")).to_be_visible()
