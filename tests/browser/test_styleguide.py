"""Every component in Chromium: accessible, inside the screen, working under the policy."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.kit import PHONE, axe, check_everywhere, settled, sign_in, visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def client(site: str, client_of: Any) -> Any:
    return client_of("alice")


def open_guide(page: Page, site: str, client: Any) -> None:
    sign_in(page, site, client)
    page.goto("/styleguide/")
    settled(page)


def test_components_everywhere(browser: Browser, site: str, client: Any) -> None:
    check_everywhere(browser, site, client, [("/styleguide/", "components")])


def test_map_selects_from_table_and_moves_a_building(
    browser: Browser, site: str, client: Any
) -> None:
    with visitor(browser, site, language="en") as page:
        open_guide(page, site, client)
        page.wait_for_selector(".fx-map[data-ready]")
        page.get_by_role("button", name="Building 5").press("Enter")
        expect(page.locator("[data-map-status]")).to_contain_text("Selected: Building 5")
        expect(page.locator("tr[aria-selected=true]")).to_contain_text("Building 5")
        page.route("**/assign/", lambda route: route.fulfill(json={}))
        page.locator("[data-map-choice]").select_option(label="Grid 3")
        page.get_by_role("button", name="Assign").click()
        expect(page.locator(".fx-toast")).to_contain_text("Building 5 now belongs to Grid 3")
        expect(page.locator("tr[aria-selected=true] [data-map-grid]")).to_have_text("Grid 3")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("tr[aria-selected=true] [data-map-grid]")).to_have_text("Grid 2")


def test_list_by_keyboard_and_bulk(browser: Browser, site: str, client: Any) -> None:
    with visitor(browser, site, language="en") as page:
        open_guide(page, site, client)
        page.locator("#sg-list tbody a").first.focus()
        for key in ("j", "j", "x", "j", "x"):
            page.keyboard.press(key)
        expect(page.locator("[data-bulk-count]")).to_have_text("2 rows selected")
        axe(page)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Keys of this list")
        axe(page)


def test_dialogs_hold_and_return_the_focus(browser: Browser, site: str, client: Any) -> None:
    with visitor(browser, site, size=PHONE, language="en") as page:
        open_guide(page, site, client)
        opener = page.get_by_role("button", name="Delete")
        opener.click()
        expect(page.get_by_role("dialog")).to_contain_text("388 households")
        expect(page.locator("[data-confirm-submit]")).to_be_disabled()
        axe(page)
        page.locator("#sg-confirm-word").fill("130921")
        expect(page.locator("[data-confirm-submit]")).to_be_enabled()
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()


def test_error_summary_leads_to_the_field(browser: Browser, site: str, client: Any) -> None:
    with visitor(browser, site, language="en") as page:
        open_guide(page, site, client)
        expect(page.locator("#fx-errors")).to_be_focused()
        page.locator("#fx-errors a").nth(1).click()
        expect(page.locator("#id_phone")).to_be_focused()


def test_elders_edition_and_dark_theme_stay_readable(
    browser: Browser, site: str, client: Any
) -> None:
    for cookie in (
        {"name": "fangxian_elders", "value": "18"},
        {"name": "fangxian_theme", "value": "dark"},
    ):
        with visitor(browser, site, size=PHONE) as page:
            page.context.add_cookies([{**cookie, "url": site}])
            open_guide(page, site, client)
            axe(page)
            if cookie["name"] == "fangxian_elders":
                assert _smallest_text(page) >= 18


def _smallest_text(page: Page) -> float:
    size: float = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('body *')]
            .filter(one => one.getClientRects().length
                && !one.closest('.fx-map, .visually-hidden, script, option')
                && [...one.childNodes].some(node =>
                    node.nodeType === 3 && node.textContent.trim()))
            .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
    )
    return size
