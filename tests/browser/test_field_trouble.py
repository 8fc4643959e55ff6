"""What goes wrong in a stairwell: no line, no room, no battery, somebody else's phone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Error, Page, expect

from fangxian.accounts.actions import make_device_code, revoke_grant
from fangxian.accounts.models import Device, Grant
from fangxian.common.scoping import acting
from fangxian.field.models import Campaign, HeldOperation, Visit
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household
from tests.browser.phones import (
    RECORDS,
    all_well,
    comes_true,
    enrol,
    kept,
    on_disk,
    phone,
    touch,
    unlock,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def campaign(cast: Any, places: Any) -> Campaign:
    hq = cast.actor("headquarters")
    for room in ("101", "102", "201"):
        create_household(by=hq, place_code=places.unit, room=room)
    return begin(hq, places)


def visits(by: Any) -> list[Visit]:
    with acting(by):
        return list(Visit.objects.order_by("visited_at"))


def synced(page: Page) -> None:
    expect(page.get_by_role("link", name="已同步")).to_be_visible(timeout=20_000)


def unsent(page: Page, n: int) -> None:
    expect(page.get_by_role("link", name=f"{n} 条未传")).to_be_visible()


def test_the_app_is_killed_as_soon_as_it_has_said_saved(
    browser: Browser, site: str, campaign: Campaign, bob: Any, tmp_path: Path
) -> None:
    with on_disk(browser, site, tmp_path) as page:
        enrol(page, bob)
        kept(page)
        page.context.set_offline(True)
        all_well(page)
        # Chromium writes cookies to the disk half a minute later.
        cookies: Any = page.context.cookies()
        # The whole browser, as when the battery is out.
        with pytest.raises(Error):
            page.context.new_cdp_session(page).send("Browser.crash")
    with on_disk(browser, site, tmp_path) as page:
        page.context.set_offline(True)
        page.goto("/f/")
        unlock(page)
        unsent(page, 1)
        page.context.add_cookies(cookies)
        page.context.set_offline(False)
        synced(page)
        (visit,) = visits(bob)
        assert visit.outcome == "all_well"


# Fills the phone by a store of its own until not even a little is left.
FILL = """async () => {
    const db = await new Promise((done, failed) => {
        const request = indexedDB.open('filler')
        request.onupgradeneeded = () => request.result.createObjectStore('rest')
        request.onsuccess = () => done(request.result)
        request.onerror = () => failed(request.error)
    })
    const put = size => new Promise((done, failed) => {
        const writing = db.transaction('rest', 'readwrite')
        writing.oncomplete = done
        writing.onabort = () => failed(writing.error)
        const some = crypto.getRandomValues(new Uint8Array(size))
        writing.objectStore('rest').put(some, Math.random())
    })
    for (const size of [65536, 8192, 1024, 128]) {
        for (let times = 0; times < 4000; times++) {
            const why = await put(size).then(() => '', error => error.name)
            if (why === 'QuotaExceededError') break
            if (why) throw new Error(why)
        }
    }
    db.close()
}"""


def test_a_full_phone_says_that_nothing_was_saved(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    with phone(browser, site) as page:
        storage = page.context.new_cdp_session(page)
        quota = {"origin": site, "quotaSize": 20_000_000}
        storage.send("Storage.overrideQuotaForOrigin", quota)
        enrol(page, bob)
        kept(page)
        expect(page.get_by_role("link", name="下一户")).to_be_visible()
        page.context.set_offline(True)
        page.evaluate(FILL)
        page.get_by_role("link", name="下一户").click()
        touch(page, "全员正常")
        expect(page.get_by_text("未保存：手机存储空间已满")).to_be_visible()
        page.evaluate("indexedDB.deleteDatabase('filler')")
        touch(page, "全员正常")
        expect(page.get_by_text("已存：").first).to_be_visible()
        page.context.set_offline(False)
        synced(page)
        assert len(visits(bob)) == 1


def test_a_network_that_answers_for_the_server_is_found_out(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        page.context.route(
            "**/api/field/sync/**",
            lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Welcome"),
        )
        all_well(page)
        page.get_by_role("link", name="1 条未传").click()
        expect(page.get_by_text("当前网络需要先认证上网")).to_be_visible()
        page.context.unroute("**/api/field/sync/**")
        page.get_by_role("button", name="立即同步").click()
        synced(page)
        assert len(visits(bob)) == 1


def test_the_session_is_gone_and_the_work_is_not(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    """Neither a run-out enrolment nor lost cookies lose what was recorded meanwhile."""
    with phone(browser, site) as page:
        enrol(page, bob)
        device = Device.objects.get()
        page.context.set_offline(True)
        all_well(page)
        all_well(page)
        unsent(page, 2)
        Device.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
        page.context.clear_cookies()
        page.context.set_offline(False)
        page.get_by_role("link", name="2 条未传").click()
        page.get_by_role("button", name="立即同步").click()
        page.get_by_role("link", name="需重新登记", exact=True).click()
        page.get_by_label("登记码").fill(make_device_code(by=bob, strong=False).code)
        page.get_by_role("button", name="登记", exact=True).click()
        synced(page)
        assert [visit.outcome for visit in visits(bob)] == ["all_well", "all_well"]
        assert Device.objects.get().pk == device.pk


def test_two_tabs_are_one_phone(browser: Browser, site: str, campaign: Campaign, bob: Any) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        other = page.context.new_page()
        other.goto("/f/")
        unlock(other)
        expect(other.get_by_text("还剩3户")).to_be_visible()
        all_well(page)
        expect(other.get_by_text("还剩2户")).to_be_visible()
        all_well(other)
        synced(page)
        synced(other)
        assert len(visits(bob)) == 2


def test_who_is_moved_away_keeps_nothing_and_loses_nothing(
    browser: Browser, site: str, campaign: Campaign, bob: Any, alice: Any, cast: Any
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        page.context.set_offline(True)
        all_well(page)
        unsent(page, 1)
        grant = Grant.objects.get(user_id=bob.user_id)
        revoke_grant(
            by=cast.actor("security_administrator"), grant_id=grant.pk, reason="调到别的网格"
        )
        page.get_by_role("link", name="1 条未传").click()
        page.context.set_offline(False)
        expect(page.get_by_text("待核定：由负责人决定是否采用")).to_be_visible()
        comes_true(page, f"async () => (await ({RECORDS})()) === 0")
        with acting(alice):
            assert HeldOperation.objects.get().user_id == bob.user_id
            assert not Visit.objects.exists()
