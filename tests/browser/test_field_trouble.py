"""What goes wrong in a stairwell: no line, no room, no battery, somebody else's phone."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import APIResponse, Browser, Error, Page, Route, expect

from fangxian.accounts.actions import make_device_code, revoke_grant
from fangxian.accounts.models import Device, Grant
from fangxian.common.scoping import acting
from fangxian.field.actions import NewVisit, record_visits
from fangxian.field.actions.gates import open_gate
from fangxian.field.models import (
    Campaign,
    FieldConflict,
    GateEntry,
    HeldOperation,
    Operation,
    Photo,
    Visit,
)
from fangxian.field.tests.conftest import begin
from fangxian.regions.queries import at
from fangxian.register.actions import create_household
from fangxian.register.models import Household
from tests.browser.kit import axe, sign_in, visitor
from tests.browser.phones import (
    DOOR,
    OPENED,
    PIN,
    RECORDS,
    all_well,
    choose_pin,
    colleague,
    comes_true,
    enrol,
    in_step,
    kept,
    kill,
    offline,
    on_disk,
    online,
    phone,
    touch,
    unlock,
    until,
    write_note,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow(6), pytest.mark.timeout(300)]


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


def installable(page: Page) -> None:
    """Nothing keeps Chromium from offering the app for the home screen."""
    line = page.context.new_cdp_session(page)
    assert line.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    told = line.send("Page.getAppManifest")
    assert told["errors"] == []
    assert told["url"].endswith("/f/manifest-zh-hans.webmanifest")
    manifest = json.loads(told["data"])
    assert (manifest["name"], manifest["short_name"], manifest["lang"]) == (
        "防线·入户", "防线", "zh-Hans",
    )  # fmt: skip
    assert {manifest[name] for name in ("id", "scope", "start_url")} == {"/f/"}
    assert (manifest["display"], manifest["theme_color"]) == ("standalone", "#0052d9")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"),
    }  # fmt: skip


# Tells, and then stands still, as soon as a photo's operation is handed to the store: its photo is
# not yet. With `whole`, as soon as all of it is on the disk, before anybody is told.
STOP = """whole => {
    const stop = () => {
        console.info('stopped')
        for (;;);
    }
    const add = IDBObjectStore.prototype.add
    IDBObjectStore.prototype.add = function (...given) {
        const asked = add.apply(this, given)
        if (this.name === 'queue' && whole) this.transaction.addEventListener('complete', stop)
        else if (this.name === 'queue') stop()
        return asked
    }
}"""
COUNTS = """async () => {
    const db = await new Promise(done => {
        const request = indexedDB.open('fangxian-field')
        request.onsuccess = () => done(request.result)
    })
    const stores = ['queue', 'photos', 'boxes', 'drafts']
    const found = await Promise.all(stores.map(store => new Promise(done => {
        const request = db.transaction(store).objectStore(store).count()
        request.onsuccess = () => done(request.result)
    })))
    db.close()
    return found
}"""


def killed_when_saving(page: Page, folder: Path, *, whole: bool) -> None:
    """Tap save; the browser is killed where ``STOP`` says."""
    page.evaluate(STOP, whole)
    page.on("console", lambda one: kill(folder) if one.text == "stopped" else None)
    with suppress(Error):
        page.get_by_role("button", name="保存：有异常").tap()
        page.get_by_text("已存：").wait_for()
    assert page.is_closed() or page.wait_for_event("close")


def opened_again(page: Page, left: int) -> None:
    """The app is started where there is no signal; so many doors are left."""
    offline(page)
    page.goto("/f/")
    unlock(page)
    expect(page.get_by_text(f"还剩{left}户")).to_be_visible()


def test_a_killed_app_has_all_of_a_record_or_nothing_and_what_it_called_saved(
    browser: Browser, site: str, cast: Any, places: Any, bob: Any, tmp_path: Path
) -> None:
    """The whole browser is killed: amid a write, at its end, and as soon as 已存 is there."""
    hq = cast.actor("headquarters")
    for room in ("101", "102", "201"):
        create_household(by=hq, place_code=places.unit, room=room)
    asked = {"name": "plate", "kind": "photo", "label": "门牌照片", "required": True}
    begin(hq, places, schema={"questions": [asked]})
    with on_disk(browser, site, tmp_path) as page:
        enrol(page, bob)
        kept(page)
        installable(page)
        # Chromium writes cookies to the disk half a minute later.
        cookies: Any = page.context.cookies()
        offline(page)
        page.get_by_role("link", name="下一户").tap()
        page.get_by_role("link", name="有异常").tap()
        page.get_by_label("门牌照片").set_input_files(DOOR)
        expect(page.get_by_alt_text("已拍照片")).to_be_visible()
        # Longer than the pause after which a draft is kept.
        page.wait_for_timeout(600)
        killed_when_saving(page, tmp_path, whole=False)
    with on_disk(browser, site, tmp_path) as page:
        opened_again(page, 3)
        # What was half written, and its photo.
        assert page.evaluate(COUNTS) == [0, 0, 0, 2]
        page.get_by_role("link", name="下一户").tap()
        page.get_by_role("link", name="继续填写").tap()
        expect(page.get_by_alt_text("已拍照片")).to_be_visible()
        killed_when_saving(page, tmp_path, whole=True)
    with on_disk(browser, site, tmp_path) as page:
        opened_again(page, 2)
        assert page.evaluate(COUNTS) == [1, 1, 1, 0]
        all_well(page)
        kill(tmp_path)
    with on_disk(browser, site, tmp_path) as page:
        opened_again(page, 1)
        unsent(page, 2)
        page.context.add_cookies(cookies)
        online(page)
        in_step(page)
        assert [visit.outcome for visit in visits(bob)] == ["exceptions", "all_well"]
        with acting(bob):
            assert Photo.objects.get().visit_id == visits(bob)[0].pk


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

# As if it was opened an hour ago: the next start has a time to write down.
LATER = """() => new Promise(done => {
    const request = indexedDB.open('fangxian-field')
    request.onsuccess = () => {
        const writing = request.result.transaction('meta', 'readwrite')
        writing.objectStore('meta').delete('clock')
        writing.oncomplete = () => done(request.result.close())
    }
})"""


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
        offline(page)
        page.evaluate(FILL)
        page.get_by_role("link", name="下一户").click()
        touch(page, "全员正常")
        expect(page.get_by_text("未保存：手机存储空间已满")).to_be_visible()
        # Opened again a while later it starts all the same; a try of the PIN wants to be counted.
        page.evaluate(LATER)
        page.reload()
        page.get_by_label("六位数字密码").fill(PIN)
        expect(page.get_by_text("手机存储空间已满")).to_be_visible()
        page.evaluate("indexedDB.deleteDatabase('filler')")
        page.get_by_label("六位数字密码").press("Enter")
        touch(page, "全员正常")
        expect(page.get_by_text("已存：").first).to_be_visible()
        online(page)
        synced(page)
        assert len(visits(bob)) == 1


def test_a_network_that_answers_for_the_server_is_found_out_and_without_any_a_file_goes(
    browser: Browser, site: str, client_of: Any, campaign: Campaign, bob: Any, tmp_path: Path
) -> None:
    """What the file brought in is sent by the phone as well, and counts once."""
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
        kept(page)
        offline(page)
        all_well(page)
        page.get_by_role("link", name="1 条未传").click()
        with page.expect_download() as saving:
            page.get_by_role("button", name="未传1条，保存为文件").click()
        file = tmp_path / saving.value.suggested_filename
        saving.value.save_as(file)
        with visitor(browser, site) as desk:
            sign_in(desk, site, client_of("bob"))
            desk.goto("/field/phones/hand-in/")
            desk.get_by_label("未传记录文件").set_input_files(file)
            desk.get_by_role("button", name="上交").click()
            expect(desk.locator("#results")).to_contain_text("已入库")
        made = [one.op_id for one in visits(bob)]
        assert len(made) == 2
        with page.expect_response("**/api/field/sync/push") as pushing:
            online(page)
        assert [one["result"] for one in pushing.value.json()["answers"]] == ["duplicate"]
        synced(page)
        in_step(page)
        expect(page.get_by_text("全部已上传")).to_be_visible()
        assert [one.op_id for one in visits(bob)] == made


# Writes who passes a gate again and again, by the fields and the button of the screen. For the app
# the time goes on by itself that a hand needs between two touches.
PASS = """async plates => {
    const now = performance.now.bind(performance)
    let ahead = 0
    performance.now = () => now() + ahead
    const soon = () => new Promise(done => setTimeout(done))
    const said = () => document.querySelector('.ff-notice--ok')?.textContent ?? ''
    for (const plate of plates) {
        ahead += 1000
        const field = document.querySelector('#gate-plate')
        field.value = plate
        field.dispatchEvent(new Event('input', { bubbles: true }))
        await soon()
        document.querySelector('.ff-thumb button').click()
        while (!said().includes(plate)) await soon()
        await soon()
    }
    performance.now = now
}"""


def test_the_session_is_gone_and_the_work_is_not(
    browser: Browser, site: str, campaign: Campaign, bob: Any, cast: Any, places: Any
) -> None:
    """Neither a run-out enrolment nor lost cookies lose 200 records; each stays its maker's."""
    hq = cast.actor("headquarters")
    with acting(hq):
        open_gate(by=hq, place=at(places.grid), name="南门卡口", kind="road")
    plates = [f"演A{number:05}" for number in range(198)]
    with phone(browser, site) as page:
        enrol(page, bob)
        device = Device.objects.get()
        offline(page)
        all_well(page)
        all_well(page)
        page.goto("/f/#/gates")
        page.evaluate(PASS, plates)
        unsent(page, 200)
        Device.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
        page.context.clear_cookies()
        online(page)
        page.get_by_role("link", name="200 条未传").click()
        page.get_by_role("button", name="立即同步").click()
        page.get_by_role("link", name="需重新登记", exact=True).click()
        page.get_by_label("登记码").fill(make_device_code(by=bob, strong=False).code)
        page.get_by_role("button", name="登记", exact=True).click()
        synced(page)
        assert Device.objects.get().pk == device.pk
        assert [visit.outcome for visit in visits(bob)] == ["all_well", "all_well"]
        with acting(bob):
            assert sorted(GateEntry.objects.values_list("plate", flat=True)) == plates
            assert set(GateEntry.objects.values_list("user_id", flat=True)) == {bob.user_id}
        sent = Operation.objects.values_list("user_id", "result")
        assert Counter(sent) == {(bob.user_id, "applied"): 200}
        # What waits when somebody else takes the phone over is not made that person's.
        dora = colleague(cast, places)
        push = "**/api/field/sync/push"
        page.context.route(push, lambda route: route.abort())
        all_well(page)
        page.goto("/f/#/settings/sign-in")
        page.get_by_label("登记码").fill(make_device_code(by=dora, strong=False).code)
        page.get_by_role("button", name="登记", exact=True).click()
        choose_pin(page)
        unsent(page, 1)
        page.context.unroute(push)
        in_step(page)
        assert Device.objects.get().user_id == dora.user_id
        assert [visit.user_id for visit in visits(bob)] == [bob.user_id] * 3


def test_what_is_changed_while_it_is_on_its_way_is_sent_as_well(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    """The server has a visit and a note, the phone not yet its answer, when both are changed."""
    with phone(browser, site) as page:
        enrol(page, bob)
        offline(page)
        page.get_by_role("link", name="下一户").click()
        write_note(page, "养狗")
        page.get_by_role("link", name="返回入户").click()
        touch(page, "全员正常")
        unsent(page, 2)
        on_their_way: list[tuple[Route, APIResponse]] = []

        def hold_the_first(route: Route) -> None:
            if on_their_way:
                route.fallback()
            else:
                on_their_way.append((route, route.fetch()))

        # Without any route Chromium would let go what is held: this one stays.
        page.context.route("**/api/field/sync/push", hold_the_first)
        online(page)
        until(page, lambda: on_their_way)
        assert [visit.outcome for visit in visits(bob)] == ["all_well"]
        page.get_by_role("link", name="记错了").click()
        touch(page, "无人在家")
        page.get_by_role("link", name="记错了").click()
        write_note(page, "养狗，两只")
        expect(page.get_by_role("link", name="正在同步")).to_be_visible()
        ((route, answer),) = on_their_way
        route.fulfill(response=answer)
        synced(page)
        in_step(page)
        first, second = visits(bob)
        assert (second.outcome, second.corrects_id) == ("absent", first.op_id)
        with acting(bob):
            assert Household.objects.get(room="101").note == "养狗，两只"
            assert not FieldConflict.objects.exists()
        sent = Operation.objects.values_list("entity", "result")
        assert Counter(sent) == {("visit", "applied"): 2, ("household", "applied"): 2}
        expect(page.get_by_label("住户备注")).to_have_value("养狗，两只")
        page.goto("/f/#/outbox")
        expect(page.get_by_text("全部已上传")).to_be_visible()


def test_what_was_refused_is_written_again(
    browser: Browser, site: str, campaign: Campaign, bob: Any
) -> None:
    """A visit is corrected on the phone that has been corrected at a desk meanwhile."""
    with phone(browser, site) as page:
        enrol(page, bob)
        all_well(page)
        synced(page)
        (first,) = visits(bob)
        with acting(bob):
            household = first.target.household_id
        offline(page)
        desk = NewVisit(
            op_id=uuid4(),
            campaign_id=campaign.id,
            household_id=household,
            outcome="refused",
            corrects=first.op_id,
        )
        assert [one.result for one in record_visits(by=bob, visits=[desk])] == ["applied"]
        page.get_by_role("link", name="记错了").click()
        page.get_by_text("备注、再访日期").click()
        page.get_by_label("备注").fill("门口有狗")
        touch(page, "无人在家")
        unsent(page, 1)
        online(page)
        page.goto("/f/#/outbox")
        expect(page.get_by_text("被退回：未入库")).to_be_visible(timeout=20_000)
        assert len(visits(bob)) == 2
        page.get_by_role("button", name="重新填写").click()
        expect(page.get_by_text("退回原因：")).to_contain_text("已经更正过")
        expect(page.get_by_label("备注")).to_have_value("门口有狗")
        axe(page)
        page.get_by_role("button", name="作为新记录登记").click()
        touch(page, "无人在家")
        expect(page.get_by_role("heading", level=1)).to_have_text("同步箱")
        expect(page.get_by_text("已存：")).to_be_visible()
        expect(page.get_by_text("全部已上传")).to_be_visible()
        *_, fresh = visits(bob)
        assert (fresh.outcome, fresh.corrects_id) == ("absent", None)


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
        all_well(page)
        synced(page)
        offline(page)
        all_well(page)
        unsent(page, 1)
        page.get_by_text("备注、再访日期").click()
        page.get_by_label("备注", exact=True).fill("说要等女儿回来")
        until(page, lambda: "女儿" in str(page.evaluate(OPENED, PIN)["drafts"]))
        grant = Grant.objects.get(user_id=bob.user_id)
        revoke_grant(
            by=cast.actor("security_administrator"), grant_id=grant.pk, reason="调到别的网格"
        )
        page.get_by_role("link", name="1 条未传").click()
        online(page)
        expect(page.get_by_text("待核定：由负责人决定是否采用")).to_be_visible()
        comes_true(page, f"async () => (await ({RECORDS})()) === 0")
        # What is half written, and what was taken over, goes with its household; what is held is
        # told until somebody has looked at it.
        until(page, lambda: page.evaluate(OPENED, PIN)["drafts"] == [])
        with acting(alice):
            held = HeldOperation.objects.get()
            assert held.user_id == bob.user_id
            taken = Visit.objects.get()
        until(page, lambda: len(page.evaluate(OPENED, PIN)["own"]) == 1)
        own = page.evaluate(OPENED, PIN)["own"][0]
        assert own["patch"]["household_id"] != str(taken.household_id)
