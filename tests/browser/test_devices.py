"""My phones in the browser: a code is followed until a phone has used it; every size, axe."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from django.urls import reverse
from playwright.sync_api import Browser, expect

from fangxian.accounts.actions import make_device_code
from tests.browser.kit import DESK, check_everywhere, screenshot, sign_in, visitor

pytestmark = pytest.mark.browser


def enrol(site: str, code: str) -> None:
    body = {"code": code, "name": "示例手机", "platform": "Chrome 120 · Android"}
    requests.post(f"{site}/api/field/sync/enrol", json=body, timeout=20).raise_for_status()


def test_a_code_leads_to_an_enrolled_phone(
    browser: Browser, site: str, places: Any, client_of: Any
) -> None:
    with visitor(browser, site, size=DESK) as page:
        sign_in(page, site, client_of("bob"))
        page.goto(reverse("accounts:devices"))
        page.locator("#enrol button").click()
        code = page.locator(".fx-device-code__letters").inner_text()
        expect(page.locator("svg.fx-qr")).to_be_visible()
        screenshot(page, "phones-code")
        enrol(site, code)
        expect(page.locator("#device-code [role=status]")).to_contain_text("示例手机")
        expect(page.locator("svg.fx-qr")).to_have_count(0)


def test_the_pages_of_phones_are_accessible_everywhere(
    browser: Browser, site: str, cast: Any, client_of: Any
) -> None:
    for name in ("bob", "alice"):
        enrol(site, make_device_code(by=cast.actor(name), strong=False).code)
    check_everywhere(browser, site, client_of("bob"), [(reverse("accounts:devices"), "phones")])
    listed = [(reverse("accounts:every_device"), "")]
    check_everywhere(browser, site, client_of("security_administrator"), listed)
