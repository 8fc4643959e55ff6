"""The pages of sweeps as they are seen: the door by keys and taps, every page in both languages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from fangxian.common.scoping import acting
from fangxian.common.sheets import read_workbook
from fangxian.field.actions import NewVisit, exempt, prepare_reports, record_visits, send_report
from fangxian.field.models import Campaign, DailyReport, Target, Visit
from fangxian.field.queries import doors
from fangxian.field.questionnaire.xlsform import read_xlsform
from fangxian.field.tests.conftest import begin
from fangxian.field.tests.test_xlsform import book
from fangxian.register.actions import create_household, move_in
from tests.browser.kit import (
    DESK,
    PHONE,
    axe,
    check_everywhere,
    no_sideways_scroll,
    settled,
    sign_in,
    visitor,
)
from tests.kit.cast import START

pytestmark = pytest.mark.browser


@pytest.fixture
def campaign(cast: Any, places: Any) -> Campaign:
    hq = cast.actor("headquarters")
    for room in ("101", "102", "201", "202"):
        home = create_household(by=hq, place_code=places.unit, room=room)
        for name, relation in (("查甲", "head"), ("查乙", "spouse")):
            move_in(by=hq, household_id=home.id, on=START, name=name, relation=relation, sex="1")
    return begin(hq, places)


def homes(by: Any, campaign: Campaign, code: str) -> list[Target]:
    with acting(by):
        return list(doors(campaign, code))


def test_a_grid_is_walked_by_keys_and_a_mistake_taken_back(
    browser: Browser, site: str, client_of: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    client = client_of("bob")
    with visitor(browser, site, size=DESK, language="en") as page:
        sign_in(page, site, client)
        page.goto(reverse("field:doors", args=[campaign.id]))
        settled(page)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("101")
        settled(page)
        page.keyboard.press("1")
        expect(page.get_by_role("heading", level=1)).to_contain_text("102")
        settled(page)
        page.keyboard.press("2")
        fever = page.get_by_label("有", exact=True)
        expect(fever).to_be_focused()
        expect(page.get_by_label("体温")).to_be_hidden()
        page.keyboard.press("Space")
        page.get_by_label("体温").fill("38.5")
        page.get_by_role("button", name="Add").click()
        page.get_by_label("来自").fill("武汉")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("201")
        page.get_by_role("link", name="A mistake? Correct it").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("102")
        settled(page)
        page.keyboard.press("3")
        expect(page.get_by_role("heading", level=1)).to_contain_text("201")
    with acting(bob):
        said = list(Visit.objects.order_by("created_at").values_list("outcome", flat=True))
        states = [target.state for target in doors(campaign, places.grid)]
    assert said == ["all_well", "exceptions", "absent"]
    assert states == ["visited", "open", "open", "open"]


def test_a_form_of_every_door_is_answered_by_keys_before_all_is_well(
    browser: Browser,
    site: str,
    client_of: Any,
    campaign: Campaign,
    bob: Any,
    cast: Any,
    places: Any,
) -> None:
    asking = begin(cast.actor("headquarters"), places, name="逐户核查", every_door=True)
    client = client_of("bob")
    home = homes(bob, asking, places.grid)[0]
    with visitor(browser, site, size=DESK, language="en") as page:
        sign_in(page, site, client)
        page.goto(reverse("field:door", args=[asking.id, home.household_id]))
        settled(page)
        page.keyboard.press("1")
        expect(page.get_by_label("有", exact=True)).to_be_focused()
        page.get_by_label("无", exact=True).check()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("102")
        expect(page.get_by_text("Saved: 101, All well.")).to_be_visible()
    with acting(bob):
        assert Visit.objects.get().outcome == "all_well"


def test_all_well_is_two_taps_on_a_phone(
    browser: Browser, site: str, client_of: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    client = client_of("bob")
    with visitor(browser, site, size=PHONE, language="zh-hans") as page:
        sign_in(page, site, client)
        page.goto(reverse("field:doors", args=[campaign.id]))
        page.get_by_role("link", name="101").first.tap()
        page.get_by_role("button", name="全员正常").tap()
        expect(page.get_by_role("heading", level=1)).to_contain_text("102")
        settled(page)
    with acting(bob):
        assert Visit.objects.count() == 1


@pytest.mark.slow(30)
@pytest.mark.timeout(300)
def test_every_page_everywhere(
    browser: Browser,
    site: str,
    client_of: Any,
    campaign: Campaign,
    cast: Any,
    bob: Any,
    alice: Any,
    places: Any,
) -> None:
    hq = cast.actor("headquarters")
    one, two, three, _four = homes(bob, campaign, places.grid)
    made = [
        NewVisit(uuid4(), campaign.id, one.household_id, "all_well"),
        NewVisit(uuid4(), campaign.id, two.household_id, "absent", note="Nobody opened."),
    ]
    record_visits(by=bob, visits=made)
    exempt(by=alice, target=three, reason="away", until=campaign.ends_on)
    prepare_reports(by=hq, campaign=campaign, day=timezone.localdate())
    with acting(hq):
        report = DailyReport.objects.get(place_code=places.community)
        town = DailyReport.objects.get(place_code=places.town)
    client = client_of("headquarters")
    of_sweep = [campaign.id]
    door = reverse("field:door", args=[campaign.id, two.household_id])
    doors_of_grid = reverse("field:doors", args=of_sweep) + f"?place={places.grid}&show=all"
    pages = [
        (doors_of_grid, ""),
        (door + "?outcome=exceptions", ""),
        (reverse("field:campaign", args=of_sweep), ""),
        (reverse("field:visits", args=of_sweep), ""),
        (reverse("field:household_visits", args=[two.household_id]), ""),
        (reverse("field:gaps", args=of_sweep), ""),
        (reverse("field:exemptions", args=of_sweep), ""),
        (reverse("field:reports", args=of_sweep), ""),
        (reverse("field:report", args=[town.id]), ""),
        (reverse("field:form_build"), ""),
        (reverse("field:campaigns"), ""),
        (reverse("field:campaign_new"), ""),
        (reverse("field:form_import"), ""),
    ]
    check_everywhere(browser, site, client, pages)
    send_report(by=hq, report=report)
    check_everywhere(browser, site, client, [(reverse("field:report", args=[report.id]), "")])


def roster() -> dict[str, Any]:
    """A questionnaire of a workbook: counted, worked out, named in texts, with a position."""
    head = ["type", "name", "label", "repeat_count", "calculation", "required", "constraint"]
    rows = [
        ["integer", "members", "本户几人", "", "", "yes", ". > 0 and . < 20"],
        ["begin_repeat", "member", "家庭成员", "${members}", "", "", ""],
        ["calculate", "pos", "", "", "position(..)", "", ""],
        ["text", "who", "第${pos}人的姓名", "", "", "yes", ""],
        ["integer", "age", "${who}的年龄", "", "", "yes", ". >= 0 and . <= 120"],
        ["end_repeat", "", "", "", "", "", ""],
        ["calculate", "oldest", "", "", "max(${age})", "", ""],
        ["note", "told", "共${members}人，最大${oldest}岁", "", "", "", ""],
        ["text", "care", "谁来照护", "", "", "${oldest} >= 80", ""],
        ["geopoint", "place", "住处位置", "", "", "", ""],
    ]
    data = book([head, *rows])
    return read_xlsform(read_workbook(data, "form.xlsx"))[1]


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_what_a_workbook_works_out_is_worked_out_at_the_door(
    browser: Browser,
    site: str,
    client_of: Any,
    cast: Any,
    bob: Any,
    places: Any,
    size: tuple[int, int],
) -> None:
    hq = cast.actor("headquarters")
    home = create_household(by=hq, place_code=places.unit, room="101")
    campaign = begin(hq, places, schema=roster())
    client = client_of("bob")
    with visitor(browser, site, size=size) as page:
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"longitude": 116.8387, "latitude": 38.3046})
        sign_in(page, site, client)
        door = reverse("field:door", args=[campaign.id, home.id])
        page.goto(f"{door}?outcome=exceptions")
        settled(page)
        page.get_by_label("本户几人").fill("2")
        page.get_by_label("第1人的姓名").fill("甲")
        page.get_by_label("第2人的姓名").fill("乙")
        page.get_by_label("甲的年龄").fill("130")
        page.get_by_label("乙的年龄").fill("12")
        page.get_by_label("谁来照护").focus()
        expect(page.get_by_text("不符合要求")).to_be_visible()
        # What is not allowed doesn't count, as it doesn't where it is kept.
        expect(page.get_by_text("共2人，最大12岁")).to_be_visible()
        page.get_by_label("甲的年龄").fill("85")
        page.get_by_label("谁来照护").focus()
        expect(page.get_by_text("共2人，最大85岁")).to_be_visible()
        expect(page.get_by_text("不符合要求")).to_have_count(0)
        expect(page.get_by_role("textbox", name="谁来照护 （必答）")).to_be_visible()
        page.get_by_role("button", name="我的位置").click()
        expect(page.get_by_label("住处位置")).to_have_value("116.838700,38.304600")
        axe(page)
        no_sideways_scroll(page)
        page.get_by_label("谁来照护").fill("村医")
        page.get_by_role("button", name="保存：有异常").click()
        page.wait_for_url("**/doors/?**")
        page.goto(door)
        settled(page)
        expect(page.get_by_text("116.838700,38.304600")).to_be_visible()
        axe(page)
        no_sideways_scroll(page)
        page.get_by_role("link", name="更正").click()
        settled(page)
        expect(page.get_by_label("甲的年龄")).to_have_value("85")
    with acting(bob):
        kept = orjson.loads(Visit.objects.get().answers)
    assert kept["oldest"] == 85
    assert [row["pos"] for row in kept["member"]] == [1, 2]
