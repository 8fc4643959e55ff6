"""Phones at a desk: a code is followed until one has used it, what they sent is decided on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import requests
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, expect

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.common.scoping import acting
from fangxian.field.models import FieldConflict, HeldOperation
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household, move_in
from fangxian.register.models import Household
from tests.browser.kit import (
    DESK,
    axe,
    check_everywhere,
    no_sideways_scroll,
    screenshot,
    settled,
    sign_in,
    visitor,
)
from tests.kit.cast import START
from tests.kit.phone import Phone

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
        # For a phone that shows this page itself; behind the # it is sent to no server.
        here = page.get_by_role("link", name="这就是要登记的手机")
        expect(here).to_have_attribute("href", f"{site}/f/#enrol={code}")
        screenshot(page, "phones-code")
        enrol(site, code)
        expect(page.locator("#device-code [role=status]")).to_contain_text("示例手机")
        expect(page.locator("svg.fx-qr")).to_have_count(0)


@pytest.fixture
def waiting(cast: Any, places: Any, alice: Any, bob: Any) -> tuple[HeldOperation, FieldConflict]:
    """Two notes that two phones changed at once, and a visit of one that was then disabled."""
    hq = cast.actor("headquarters")
    for room in ("101", "102"):
        home = create_household(by=hq, place_code=places.unit, room=room)
        move_in(by=hq, household_id=home.id, on=START, name="查甲", relation="head", sex="1")
    begin(hq, places)
    phones = [Phone(Client()), Phone(Client())]
    for phone in phones:
        phone.enrol(make_device_code(by=bob, strong=False).code, name="示例手机")
        phone.pull()
    for phone, note in zip(phones, ("有犬", "老人听力差，请大声敲门"), strict=True):
        for home in phone.all("household"):
            phone.record("household", home["id"], {"note": note}, base=home["version"])
        phone.push()
    lost, _kept = phones
    for door in lost.doors():
        lost.visit(door, "absent", note="敲门无人应答")
    disable_device(by=bob, device_id=UUID(lost.device_id), reason="")
    lost.push()
    with acting(alice):
        return HeldOperation.objects.all()[0], FieldConflict.objects.all()[0]


@pytest.mark.slow(15)
def test_the_pages_of_phones_are_accessible_everywhere(
    browser: Browser, site: str, client_of: Any, waiting: tuple[HeldOperation, FieldConflict]
) -> None:
    held, conflict = waiting
    check_everywhere(browser, site, client_of("bob"), [(reverse("accounts:devices"), "phones")])
    listed = [(reverse("accounts:every_device"), "")]
    check_everywhere(browser, site, client_of("security_administrator"), listed)
    queue = reverse("field:phones")
    pages = [
        (queue, ""),
        (reverse("field:held", args=[held.pk]), ""),
        (reverse("field:dispute", args=[conflict.pk]), ""),
        (reverse("field:hand_in"), ""),
    ]
    check_everywhere(browser, site, client_of("alice"), pages)


def test_the_queue_is_gone_through_by_keys(
    browser: Browser, site: str, client_of: Any, alice: Any, waiting: Any
) -> None:
    with visitor(browser, site, size=DESK, language="zh-hant") as page:
        sign_in(page, site, client_of("alice"))
        page.goto(f"{reverse('field:phones')}?show=disputes")
        settled(page)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        for left in (1, 0):
            buttons = page.locator("button[name=number]")
            expect(buttons).to_have_count(3)
            settled(page)
            axe(page)
            no_sideways_scroll(page)
            # From the top of the page: nothing between but links.
            for _tab in range(60):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.value") == "1":
                    break
            expect(buttons.nth(1)).to_be_focused()
            here = page.url
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url, here=here: url != here)
            if left:
                expect(page.get_by_text("還有1條待處理")).to_be_visible()
        expect(page.locator(".fx-empty")).to_be_visible()
        page.goto(f"{reverse('field:phones')}?show=decided")
        expect(page.locator("tbody tr")).to_have_count(2)
    with acting(alice):
        assert set(Household.objects.values_list("note", flat=True)) == {"有犬"}
