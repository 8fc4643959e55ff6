"""The frame: sign-in, errors, navigation, languages, and the page budget."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kit import DESK, PHONE, axe, no_sideways_scroll, settled, sign_in, visitor

pytestmark = pytest.mark.browser
BUDGET = 80 * 1024


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_before_sign_in_and_of_errors(
    browser: Browser, site: str, client_of: Any, size: tuple[int, int]
) -> None:
    client = client_of("bob")
    with visitor(browser, site, size=size) as page:
        page.goto("/styleguide/")
        expect(page).to_have_url(f"{site}/sign-in/?next=/styleguide/")
        no_sideways_scroll(page)
        axe(page)
        # What one works on stands at the top, however long it is.
        client.post("/accounts/reason/", {"reason": "核查自外地返乡人员健康状况" * 4})
        sign_in(page, site, client)
        for path, status in (("/no-such-page/", 404), ("/accounts/", 403)):
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == status
            no_sideways_scroll(page)
            axe(page)
        expect(page.locator(".fx-menu--reason")).to_be_visible()


def test_style_and_scripts_of_an_ordinary_page_fit_the_budget(
    browser: Browser, site: str, client_of: Any
) -> None:
    client = client_of("alice")
    loaded: dict[str, int] = {}
    with visitor(browser, site, size=PHONE) as page:
        page.on(
            "response",
            lambda answer: (
                loaded.update({answer.url: len(gzip.compress(answer.body()))})
                if answer.request.resource_type in ("script", "stylesheet")
                else None
            ),
        )
        sign_in(page, site, client)
        page.goto("/no-such-page/")
        settled(page)
    assert loaded
    assert sum(loaded.values()) <= BUDGET, loaded
    assert not [url for url in loaded if "/map-" in url or "/chart-" in url]


def test_language_switch_keeps_the_page(browser: Browser, site: str, client_of: Any) -> None:
    client = client_of("alice")
    with visitor(browser, site) as page:
        sign_in(page, site, client)
        page.goto("/styleguide/?status=gap")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        page.locator("details.fx-menu").last.locator("summary").click()
        page.get_by_role("button", name="English").click()
        expect(page).to_have_url(f"{site}/styleguide/?status=gap")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("heading", level=1)).to_have_text("Components")
