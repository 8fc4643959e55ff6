"""The phone app on the real server: enrolled by a code, opened by its PIN, there offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.accounts.models import Device, User
from fangxian.common.scoping import acting
from fangxian.field import shell
from fangxian.field.actions.gates import open_gate
from fangxian.field.models import Campaign, GateEntry, Photo, Visit
from fangxian.field.tests.conftest import OTHER_UNIT, begin
from fangxian.regions.queries import at
from fangxian.register.actions import create_household, move_in
from fangxian.register.tests.ledgers import identity
from tests.browser.kit import NARROW, axe, no_sideways_scroll, touch_targets
from tests.browser.phones import (
    CACHED,
    DOOR,
    DUMP,
    OPENED,
    PATHS,
    PIN,
    RECORDS,
    all_well,
    comes_true,
    enrol,
    in_step,
    kept,
    offline,
    on_disk,
    on_disk_in_plain,
    online,
    phone,
    touch,
    unlock,
    until,
)
from tests.kit.cast import START

pytestmark = pytest.mark.browser
PHONE_NUMBER = "13800001234"
# Whether the files of one version alone are kept.
NEWEST = "version => caches.keys().then(names => names.join() === `fangxian-field-${version}`)"
TAKEN = "() => navigator.serviceWorker.getRegistration('/f/').then(one => !one.waiting)"
INSECURE = "http://192.168.1.20"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/107.0 Mobile Safari/537.36 "
    "MicroMessenger/8.0.40 WeChat/arm64"
)


SCHEMA = {
    "questions": [
        {"name": "plate", "kind": "photo", "label": "门牌照片"},
        {"name": "said", "kind": "text", "label": "情况"},
    ]
}


@pytest.fixture
def campaign(cast: Any, places: Any) -> Campaign:
    hq = cast.actor("headquarters")
    for number, room in enumerate(("101", "102")):
        home = create_household(by=hq, place_code=places.unit, room=room)
        move_in(
            by=hq,
            household_id=home.id,
            on=START,
            name="查甲乙",
            relation="head",
            sex="1",
            documents=[("identity", identity(number))],
            phones=[PHONE_NUMBER],
        )
    return begin(hq, places, schema=SCHEMA)


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
        later = shell.shell().later
        until(page, lambda: set(later) <= set(page.evaluate(PATHS)))
        offline(page)
        page.reload()
        page.get_by_label("六位数字密码").fill("000000")
        expect(page.get_by_role("alert")).to_contain_text("4 次")
        page.get_by_label("六位数字密码").fill(PIN)
        expect(page.get_by_role("heading", level=1)).to_have_text("今日")
        page.get_by_role("link", name="更多").click()
        page.get_by_role("link", name="同步箱").click()
        expect(page.get_by_text("连不上服务器").first).to_be_visible()
        online(page)
        page.get_by_role("button", name="立即同步").click()
        expect(page.get_by_text("已与服务器同步").first).to_be_visible()


# What is written on the phone.
NOTE, HALF = "门口有轮椅坡道", "说要等女儿回来"
WHERE = "外省某市某路某号"
PASSER = {"姓名": "查过路", "身份证号": identity(901), "电话": "13711110901", "车牌号": "演A90901"}
# How each picture that a browser makes begins, as it is and as a draft keeps it.
PICTURE = (b"\xff\xd8\xff\xe0\x00\x10JFIF", "_9j_4AAQSkZJRg", "/9j/4AAQSkZJRg")
# What stands in files of the browser where it can be read, for comparison: in a store, and in a
# field that the browser itself remembers.
READABLE = ("can be read", "看得见", bytes([255, 216, 7]))
PLAIN = """() => new Promise(done => {
    const field = document.body.appendChild(document.createElement('textarea'))
    field.value = 'remembered'
    location.hash = '#/rounds'
    const request = indexedDB.open('plain')
    request.onupgradeneeded = () => request.result.createObjectStore('words')
    request.onsuccess = () => {
        const writing = request.result.transaction('words', 'readwrite')
        const words = ['can be read', '看得见', new Uint8Array([255, 216, 7])]
        writing.objectStore('words').put(words, 1)
        writing.oncomplete = () => done(field.remove())
    }
})"""


def write_everything(page: Page) -> None:
    """A visit with photo and note, one half written, who is away, who passed and who is passing."""
    page.get_by_role("link", name="下一户").tap()
    page.get_by_role("link", name="有异常").tap()
    page.get_by_label("门牌照片").set_input_files(DOOR)
    expect(page.get_by_alt_text("已拍照片")).to_be_visible()
    page.get_by_text("备注、再访日期").tap()
    page.get_by_label("备注", exact=True).fill(NOTE)
    page.get_by_role("button", name="保存：有异常").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("102")
    page.get_by_role("link", name="修改住户情况").tap()
    page.get_by_text("查甲乙").tap()
    page.get_by_label("去向").fill(WHERE)
    touch(page, "登记外出")
    expect(page.get_by_text("已存。")).to_be_visible()
    page.get_by_role("link", name="返回").tap()
    page.get_by_role("link", name="有异常").tap()
    page.get_by_label("门牌照片").set_input_files(DOOR)
    expect(page.get_by_alt_text("已拍照片")).to_be_visible()
    page.get_by_label("情况").fill(HALF)
    page.get_by_text("备注、再访日期").tap()
    page.get_by_label("备注", exact=True).fill(HALF)
    page.get_by_role("link", name="卡口", exact=True).tap()
    for label, value in PASSER.items():
        page.get_by_label(label, exact=True).fill(value)
    touch(page, "放行")
    expect(page.get_by_text("已存：演A90901")).to_be_visible()
    for label, value in PASSER.items():
        page.get_by_label(label, exact=True).fill(value)
    # Longer than the pause after which a draft is kept.
    page.wait_for_timeout(600)


def test_the_phone_keeps_nothing_that_can_be_read(
    browser: Browser,
    site: str,
    campaign: Campaign,
    cast: Any,
    bob: Any,
    places: Any,
    tmp_path: Path,
) -> None:
    """Neither by scripts nor in the browser's files; nothing of another grid even by the PIN."""
    hq = cast.actor("headquarters")
    with acting(hq):
        open_gate(by=hq, place=at(places.grid), name="南门卡口", kind="road")
    elsewhere = create_household(by=hq, place_code=OTHER_UNIT, room="901", note="邻网格备注")
    move_in(
        by=hq,
        household_id=elsewhere.id,
        on=START,
        name="查邻居",
        relation="head",
        sex="2",
        documents=[("identity", identity(77, male=False))],
        phones=["13900000077"],
    )
    registered = [identity(0), identity(1), PHONE_NUMBER]
    others = ["查邻居", "邻网格备注", identity(77, male=False), "13900000077"]
    persons = ["查甲乙", *registered, *others, NOTE, HALF, WHERE, *PASSER.values(), *PICTURE[1:]]
    # Long enough not to stand in what is encrypted by chance.
    holder = "示例网格员鲍勃"
    User.objects.filter(pk=bob.user_id).update(display_name=holder)
    codes = [places.unit, str(campaign.id), holder, "all_well", "exceptions"]

    def look_for_it() -> None:
        dump = page.evaluate(DUMP)
        assert "records" in dump
        assert not [word for word in (*persons, *codes) if word in dump]
        files = dict(page.evaluate(CACHED))
        assert all(path.startswith(("/f/", "/static/")) for path in files)
        assert not [word for word in persons for text in files.values() if word in text]
        assert not on_disk_in_plain(tmp_path, [*persons, PICTURE[0]])

    with on_disk(browser, site, tmp_path) as page:
        enrol(page, bob)
        kept(page)
        offline(page)
        write_everything(page)
        page.evaluate(PLAIN)
        # Not every Chromium keeps what its tabs show.
        tabs = any(tmp_path.glob("*/Sessions/*"))
        plain = {*READABLE, *(["remembered"] if tabs else [])}
        until(page, lambda: on_disk_in_plain(tmp_path, plain) == plain)
        look_for_it()
        online(page)
        in_step(page)
        with acting(bob):
            assert Visit.objects.get().note == NOTE
            assert Photo.objects.exists()
            assert GateEntry.objects.get().identity == PASSER["身份证号"]
        look_for_it()
        inside = json.dumps(page.evaluate(OPENED, PIN), ensure_ascii=False)
        shown = ["查甲乙", NOTE, HALF, WHERE, *PASSER.values(), PICTURE[1], places.unit, holder]
        for known in shown:
            assert known in inside
        for secret in (*registered, *others, str(elsewhere.id), OTHER_UNIT, places.other_grid):
            assert secret not in inside


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
        page.get_by_label("30 像素").check()
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
        # A link alone signs nobody out of an open phone.
        expect(page.get_by_text("如果登记码是别人的")).to_be_visible()
        page.get_by_role("button", name="登记", exact=True).click()
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
        # The server can't be had for data, as behind a broken line, but a newer app comes.
        page.context.route("**/api/field/sync/**", lambda route: route.abort())
        all_well(page)
        script, version = shell.worker(), shell.shell().version

        def arrives(name: str) -> None:
            monkeypatch.setattr(shell, "worker", lambda: script.replace(version, name))
            page.evaluate("navigator.serviceWorker.getRegistration('/f/').then(x => x.update())")
            page.goto("/f/#/settings")
            expect(page.get_by_text("新版本已就绪")).to_be_visible()

        arrives("newer")
        button = page.get_by_role("button", name="使用新版本")
        expect(page.get_by_text("全部上传后即可更新")).to_be_visible()
        expect(button).to_be_hidden()
        assert page.evaluate("window.before")
        assert page.evaluate("caches.keys()") != ["fangxian-field-newer"]
        # The app is closed and opened again: the newer one has what waits, and sends it.
        page.goto("/static/common/icon.svg")
        comes_true(page, TAKEN)
        page.goto("/f/")
        unlock(page)
        comes_true(page, NEWEST, "newer")
        expect(page.get_by_role("link", name="1 条未传")).to_be_visible()
        page.context.unroute("**/api/field/sync/**")
        page.goto("/f/#/outbox")
        page.get_by_role("button", name="立即同步").click()
        expect(page.get_by_text("全部已上传")).to_be_visible()
        with acting(bob):
            assert Visit.objects.get().outcome == "all_well"
        # With nothing unsent it is taken when the person wants it.
        page.evaluate("window.before = true")
        arrives("newest")
        assert page.evaluate("window.before")
        button.click()
        comes_true(page, "!window.before")
        unlock(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("设置")
        comes_true(page, NEWEST, "newest")


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
        page.goto("/f/texts/zh-hans.json")
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
        # As on an iPhone: what its browser lacks is not what is told.
        page.add_init_script("delete Navigator.prototype.serviceWorker")
        page.goto("/f/#enrol=abcd-abcd-abcd-abcd")
        expect(page.get_by_role("heading", level=1)).to_have_text("请用手机浏览器打开")
        # The code is not lost on the way.
        expect(page.locator("#app .ff-address")).to_contain_text("enrol=abcd-abcd-abcd-abcd")
        expect(page.locator("#fits")).to_be_hidden()
        assert not page.evaluate("'serviceWorker' in navigator")
        axe(page)
        no_sideways_scroll(page)
        # Where no script of the app is read, the page itself tells it.
        page.context.route("**/main-*.js", lambda route: route.abort())
        page.reload()
        expect(page.locator("#fits [data-why=chat]").first).to_contain_text("在浏览器打开")
        expect(page.locator("#fits [data-address]").first).to_contain_text("enrol=abcd")
        axe(page)
        no_sideways_scroll(page)


def test_an_address_that_is_not_secure_is_told(browser: Browser, site: str, places: Any) -> None:
    """The server by its bare address in the house's network: nothing can be encrypted there."""
    with phone(browser, site, size=NARROW) as page:

        def answer(route: Route) -> None:
            found = page.request.get(route.request.url.replace(INSECURE, site))
            # Chromium complains of it at such an address, which is no defect of the page.
            without = {"cross-origin-opener-policy", "content-encoding"}
            kept = {name: value for name, value in found.headers.items() if name not in without}
            route.fulfill(status=found.status, headers=kept, body=found.body())

        page.context.route(f"{INSECURE}/**", answer)
        page.goto(f"{INSECURE}/f/")
        expect(page.get_by_text("请向社区要 https:// 开头的网址")).to_be_visible()
        # Who can't open the app can't choose its language either.
        expect(page.get_by_text("請向社區要 https://")).to_be_visible()
        expect(page.get_by_text("Ask the community for that address")).to_be_visible()
        expect(page.get_by_text("正在打开")).to_be_hidden()
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
