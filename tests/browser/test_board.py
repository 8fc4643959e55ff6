"""今日, the board and the walls in a browser: accessible everywhere, current without a jump."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from fangxian.core.actions import open_task
from fangxian.field.actions import plan_campaign, publish_form, start_campaign
from fangxian.field.follow import GAPS
from fangxian.field.models import Campaign
from fangxian.organisations.actions import appoint
from fangxian.organisations.vacancies import refresh
from fangxian.people.actions import create_person
from fangxian.register.actions import create_household
from tests.browser.kit import (
    WALL,
    axe,
    check_everywhere,
    no_sideways_scroll,
    settled,
    sign_in,
    visitor,
)

pytestmark = pytest.mark.browser
FORM = {"questions": [{"name": "fever", "kind": "text", "label": "有无发热"}]}


@pytest.fixture
def sweep(cast: Any, places: Any) -> Campaign:
    hq, today = cast.actor("headquarters"), timezone.localdate()
    for room in ("101", "102"):
        create_household(by=hq, place_code=places.unit, room=room)
    # Who fills the vacancies of the community is known, with a work phone.
    secretary = create_person(
        by=hq, name="王书记", place_code=places.community, link_kind="met", source_id=uuid4()
    )
    here, role = places[places.community], "community_secretary"
    appoint(by=hq, place=here, role=role, holder=secretary, contact="15400000001")
    refresh(by=hq, area=places.county)
    form = publish_form(by=hq, code="browser", name="入户摸排", schema=FORM)
    planned = plan_campaign(
        by=hq,
        name="第一轮摸排",
        area=places[places.county],
        form=form,
        starts_on=today,
        ends_on=today + dt.timedelta(days=5),
    )
    return start_campaign(by=hq, campaign=planned)


def test_everywhere(
    browser: Browser, site: str, client_of: Any, alice: Any, sweep: Campaign, places: Any
) -> None:
    there = [sweep.id, places.community]
    task = open_task(
        by=alice,
        kind=GAPS,
        place_code=places.grid,
        title="Cover the gaps of a grid",
        due_at=timezone.now() - dt.timedelta(hours=2),
        object_type="campaign",
        object_id=sweep.id,
        assignee_user_id=alice.user_id,
        dedupe_key="everywhere",
        note="先去东侧三栋。",
    )
    pages = [("today", []), ("board_place", there), ("chain", []), ("map", there), ("proof", [])]
    paths = [(reverse(f"command:{name}", args=args), "") for name, args in pages]
    paths += [(reverse("core:tasks"), ""), (reverse("core:task", args=[task.id]), "")]
    check_everywhere(browser, site, client_of("alice"), paths)


def test_a_board_renews_itself_and_keeps_the_focus(
    browser: Browser, site: str, client_of: Any, sweep: Campaign, places: Any, cast: Any
) -> None:
    client = client_of("headquarters")
    with visitor(browser, site) as page:
        sign_in(page, site, client)
        page.clock.install()
        page.goto(reverse("command:board_place", args=[sweep.id, places.county]))
        link = page.locator(f"#row-{places.town}")
        link.focus()
        create_household(by=cast.actor("headquarters"), place_code=places.unit, room="103")
        # What comes in shows within two seconds.
        page.clock.run_for(2_000)
        expect(page.locator(".fx-tile__value").first).to_have_text("3")
        expect(link).to_be_focused()


def test_from_the_area_to_the_door_by_one_click_a_level(
    browser: Browser, site: str, client_of: Any, sweep: Campaign, places: Any
) -> None:
    client = client_of("headquarters")
    with visitor(browser, site, language="en") as page:
        sign_in(page, site, client)
        page.goto(reverse("command:board_area", args=[sweep.id]))
        for code in (places.town, places.community, places.grid, places.building, places.unit):
            page.locator(f"#row-{code}").click()
            settled(page)
        expect(page.locator("#doors tbody tr")).to_have_count(2)


@pytest.mark.parametrize("name", ["wall", "wall_gaps"])
def test_the_wall_fits_its_screen(
    browser: Browser, site: str, client_of: Any, sweep: Campaign, name: str
) -> None:
    client = client_of("headquarters")
    for language in ("zh-hans", "en"):
        with visitor(browser, site, size=WALL, language=language) as page:
            sign_in(page, site, client)
            page.goto(reverse(f"command:{name}"))
            settled(page)
            no_sideways_scroll(page)
            axe(page)
