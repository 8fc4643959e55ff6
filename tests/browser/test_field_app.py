"""The phone app on the real server: enrolled by a code, opened by its PIN, there offline."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.accounts.models import Device
from fangxian.field import shell
from fangxian.field.models import Campaign
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household, move_in
from fangxian.register.tests.ledgers import identity
from tests.browser.kit import NARROW, axe, no_sideways_scroll, touch_targets
from tests.browser.phones import CACHED, DUMP, PIN, RECORDS, comes_true, enrol, kept, phone
from tests.kit.cast import START

pytestmark = pytest.mark.browser
PHONE_NUMBER = "13800001234"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/107.0 Mobile Safari/537.36 "
    "MicroMessenger/8.0.40 WeChat/arm64"
)


@pytest.fixture
def campaign(cast: Any, places: Any) -> Campaign:
    hq = cast.actor("headquarters")
    for at, room in enumerate(("101", "102")):
        home = create_household(by=hq, place_code=places.unit, room=room)
        move_in(
            by=hq,
            household_id=home.id,
            on=START,
            name="查甲乙",
            relation="head",
            sex="1",
            documents=[("identity", identity(at))],
            phones=[PHONE_NUMBER],
        )
    return begin(hq, places)


def test_a_phone_is_enrolled_and_opens_without_a_network(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        assert "enrol" not in page.url
        assert Device.objects.get().user_id == bob.user_id
        assert page.evaluate(RECORDS) > 4
        kept(page)
        # What only some screens load, such as the reader of barcodes, follows.
        for url in shell.shell().later:
            comes_true(page, "url => caches.match(url).then(Boolean)", url)
        page.context.set_offline(True)
        page.reload()
        page.get_by_label("六位数字密码").fill("000000")
        expect(page.get_by_role("alert")).to_contain_text("4 次")
        page.get_by_label("六位数字密码").fill(PIN)
        expect(page.get_by_role("heading", level=1)).to_have_text("今日")
        page.get_by_role("link", name="更多").click()
        page.get_by_role("link", name="同步箱").click()
        expect(page.get_by_text("连不上服务器").first).to_be_visible()
        page.context.set_offline(False)
        page.get_by_role("button", name="立即同步").click()
        expect(page.get_by_text("已与服务器同步").first).to_be_visible()


def test_the_phone_keeps_nothing_that_can_be_read(
    browser: Browser, site: str, campaign: Campaign, bob: Any, places: Any
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        assert page.evaluate(RECORDS) > 4
        kept(page)
        assert all(path.startswith(("/f/", "/static/")) for path in page.evaluate(CACHED))
        dump = page.evaluate(DUMP)
        assert "records" in dump
        for secret in (
            "查甲乙", identity(0), PHONE_NUMBER, places.unit, str(campaign.id), "Bob", "all_well",
        ):  # fmt: skip
            assert secret not in dump


def test_a_phone_that_is_wiped_forgets_at_its_next_pull(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        disable_device(by=bob, device_id=Device.objects.get().pk, reason="lost", wipe=True)
        page.goto("/f/#/outbox")
        page.get_by_role("button", name="立即同步").click()
        expect(page.get_by_text("已由机主或管理员清除")).to_be_visible()
        assert page.evaluate(RECORDS) == 0


def test_the_frame_fits_every_hand_and_eye(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    with phone(browser, site, size=NARROW) as page:
        enrol(page, bob)
        for path in ("today", "doors", "gates", "rounds", "messages", "outbox", "settings", "more"):
            page.goto(f"/f/#/{path}")
            expect(page.get_by_role("heading", level=1)).to_be_focused()
            no_sideways_scroll(page)
            touch_targets(page)
            axe(page)
        page.goto("/f/#/settings")
        page.get_by_label("30 号字").check()
        page.get_by_label("深色").check()
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        touch_targets(page, 60)
        no_sideways_scroll(page)
        axe(page)
        page.get_by_label("繁體中文").check()
        expect(page.get_by_role("heading", level=1)).to_have_text("設置")
        page.get_by_label("English").check()
        expect(page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_a_locked_phone_that_is_signed_in_again_keeps_what_is_on_it(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        device, records = Device.objects.get(), page.evaluate(RECORDS)
        page.goto("about:blank")
        page.goto(f"/f/#enrol={make_device_code(by=bob, strong=False).code}")
        page.get_by_label("六位数字密码").fill(PIN)
        expect(page.get_by_role("heading", level=1)).to_have_text("今日")
        again = Device.objects.get()
        assert again.pk == device.pk
        assert again.enrolled_at > device.enrolled_at
        assert page.evaluate(RECORDS) == records


def test_a_newer_version_waits_until_it_is_wanted(
    browser: Browser,
    site: str,
    campaign: Campaign,
    bob: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with phone(browser, site) as page:
        enrol(page, bob)
        kept(page)
        page.evaluate("window.before = true")
        newer = shell.worker().replace(shell.shell().version, "newer")
        monkeypatch.setattr(shell, "worker", lambda: newer)
        page.evaluate("navigator.serviceWorker.getRegistration('/f/').then(one => one.update())")
        page.goto("/f/#/settings")
        expect(page.get_by_text("新版本已就绪")).to_be_visible()
        assert page.evaluate("window.before")
        assert page.evaluate("caches.keys()") != ["fangxian-field-newer"]
        page.get_by_role("button", name="使用新版本").click()
        comes_true(page, "!window.before")
        page.get_by_label("六位数字密码").fill(PIN)
        expect(page.get_by_role("heading", level=1)).to_have_text("设置")
        comes_true(page, "caches.keys().then(names => names.join() === 'fangxian-field-newer')")


@pytest.mark.parametrize(
    ("instead", "state"),
    [("/f/texts/zh-hant.json", "activated"), ("/catalogue.js?l=en&as=.json", "redundant")],
)
def test_what_is_not_the_app_is_not_kept_as_the_app(
    browser: Browser,
    site: str,
    places: Any,
    monkeypatch: pytest.MonkeyPatch,
    instead: str,
    state: str,
) -> None:
    """A network's sign-in page answers 200 to everything."""
    script = shell.worker().replace("/f/texts/zh-hant.json", instead)
    monkeypatch.setattr(shell, "worker", lambda: script)
    with phone(browser, site) as page:
        page.goto("/f/manifest.webmanifest")
        found = page.evaluate(
            """() => navigator.serviceWorker.register('/f/sw.js', { scope: '/f/' }).then(made =>
                new Promise(done => {
                    const worker = made.installing
                    worker.onstatechange = () => {
                        if (/activated|redundant/.test(worker.state)) done(worker.state)
                    }
                }))"""
        )
        assert found == state


def test_wechat_is_told_the_way_out(browser: Browser, site: str, places: Any) -> None:
    with phone(browser, site, user_agent=WECHAT) as page:
        page.goto("/f/#enrol=abcd-abcd-abcd-abcd")
        expect(page.get_by_role("heading", level=1)).to_have_text("请用手机浏览器打开")
        # The code is not lost on the way.
        expect(page.get_by_text("enrol=abcd-abcd-abcd-abcd")).to_be_visible()
        axe(page)
        no_sideways_scroll(page)


def test_a_code_that_does_not_hold_is_told(browser: Browser, site: str, places: Any) -> None:
    with phone(browser, site) as page:
        page.goto("/f/")
        page.get_by_label("登记码").fill("abcd-abcd")
        page.get_by_role("button", name="登记", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        axe(page)
        touch_targets(page)
