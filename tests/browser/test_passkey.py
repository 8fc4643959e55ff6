"""A passkey from its enrolment to today's page: behind the password, and in its place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page, expect

from fangxian.accounts.tests.test_signin import PASSWORD
from tests.browser.kit import PHONE, axe, no_sideways_scroll, settled, touch_targets, visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

USER = "headquarters"  # sees a county, so it must have a second factor
TODAY = re.compile(r"//[^/]+/$")


def _key(page: Page) -> None:
    """A security key that knows its holder and is touched whenever it is asked."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _look_around(page: Page) -> None:
    settled(page)
    no_sideways_scroll(page)
    axe(page)
    touch_targets(page)


def _password(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in/"))
    page.locator("input[name=login]").fill(USER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form .btn-primary").first.click()


def _enrol(page: Page, *, alone: bool) -> None:
    """As the links go from the page to which everything leads without a second factor."""
    page.locator("main a[href$='/factors/keys/add/']").click()
    expect(page).to_have_url(re.compile("/again/"))
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    expect(page).to_have_url(re.compile("/keys/add/"))
    _look_around(page)
    page.locator("input[name=name]").fill("办公室的电脑")
    page.locator("input[name=passwordless]").set_checked(alone)
    page.locator("#mfa_webauthn_add").click()
    expect(page).not_to_have_url(re.compile("/keys/add/"))


def _sign_out(page: Page) -> None:
    page.goto("/sign-in/out/")
    page.locator("main form button").first.click()
    expect(page).to_have_url(re.compile("/sign-in/"))


@pytest.mark.parametrize("alone", [False, True], ids=["behind-the-password", "also-alone"])
def test_from_enrolling_a_passkey_to_today(
    browser: Browser, site: str, cast: Any, alone: bool
) -> None:
    with visitor(browser, site, size=PHONE) as page:
        _key(page)
        _password(page)
        expect(page).to_have_url(re.compile("/sign-in/factors/$"))
        _look_around(page)
        _enrol(page, alone=alone)
        kept = Authenticator.objects.get(user=cast.user(USER), type="webauthn")
        assert bool(kept.wrap().is_passwordless) is alone
        page.goto("/")
        expect(page.locator("#today")).to_be_visible()

        _sign_out(page)
        _password(page)
        expect(page).to_have_url(re.compile("/sign-in/second/"))
        _look_around(page)
        # The password alone opens nothing: every address leads back here.
        page.goto("/board/")
        expect(page).to_have_url(re.compile("/sign-in/second/"))
        page.locator("#mfa_webauthn_authenticate").click()
        expect(page).to_have_url(TODAY)
        expect(page.locator("#today")).to_be_visible()

        if alone:
            _sign_out(page)
            page.goto("/sign-in/")
            page.locator("#passkey_login").click()
            expect(page).to_have_url(TODAY)
            expect(page.locator("#today")).to_be_visible()
