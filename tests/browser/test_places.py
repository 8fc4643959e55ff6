"""Places and the drawing of grids in a browser: map, table, edit by hand, acceptance."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fangxian.common.actor import Actor
from fangxian.regions import actions, queries
from fangxian.regions.actions import BuildingRow
from tests.browser.kit import DESK, PHONE, axe, no_sideways_scroll, sign_in, visitor
from tests.kit.cast import Places

pytestmark = pytest.mark.browser


def look(page: Page) -> None:
    no_sideways_scroll(page)
    axe(page)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_grids_are_drawn_edited_and_put_in_force(
    browser: Browser, site: str, places: Places, client_of: Any, size: tuple[int, int]
) -> None:
    by = Actor.system("kit", places.other_community)
    rows = [
        BuildingRow(
            places.other_community + "001",
            f"{n + 1}号楼",
            households=40,
            longitude=116.8 + 0.001 * (n % 5),
            latitude=38.3 + 0.001 * (n // 5),
        )
        for n in range(25)
    ]
    actions.upsert_buildings(by=by, rows=rows)
    client = client_of("headquarters")
    with visitor(browser, site, size=size) as page:
        sign_in(page, site, client)
        for path in (
            f"/places/{places.other_community}/",
            f"/places/{places.other_community}/map/",
            "/places/search/?q=1hl",
            f"/places/{places.other_community}001/new/",
            "/places/changes/",
        ):
            page.goto(path)
            look(page)
        page.goto(f"/places/{places.other_community}/grids/")
        look(page)
        page.locator("#draw button.btn-primary").click()
        page.wait_for_url("**/plans/**")
        expect(page.locator(".fx-map")).to_have_attribute("data-ready", "", timeout=20_000)
        look(page)
        row = page.locator("#plan-table tbody tr").first
        row.locator("select").select_option("0")
        row.locator("form button").click()
        expect(page.locator("#plan-table tbody tr").first.locator("select")).not_to_have_value("0")
        page.locator("#accept button.btn-primary").click()
        expect(page.locator("#accept")).to_have_count(0)
    assert queries.children(places.other_community).count() > 2
