"""A phone with the field app in Chromium: enrolled, opened by its PIN, its store read."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, Route, expect

from fangxian.accounts.actions import make_device_code
from fangxian.accounts.models import Grant, User
from tests.browser.kit import CHECKOUT, FLAGS, PHONE, program
from tests.kit.cast import START

PIN = "135790"
# All that the app asks of the server but its own files.
API = "**/api/**"
# A photo as a camera takes it.
DOOR = CHECKOUT / "tests" / "corpus" / "pictures" / "door.jpg"
# What the browser keeps of the app but its own files, as latin-1 and as UTF-8 text.
DUMP = """async () => {
    const asked = request => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result)
        request.onerror = () => failed(request.error)
    })
    const text = value => {
        if (value instanceof ArrayBuffer) value = new Uint8Array(value)
        if (value instanceof Uint8Array) {
            return new TextDecoder('latin1').decode(value) + new TextDecoder().decode(value)
        }
        if (value instanceof CryptoKey) return 'key'
        if (Array.isArray(value)) return value.map(text).join(' ')
        if (value && typeof value === 'object') {
            return Object.entries(value).map(([name, one]) => name + ' ' + text(one)).join(' ')
        }
        return String(value)
    }
    const found = [text(localStorage), text(sessionStorage)]
    for (const { name } of await indexedDB.databases()) {
        const db = await asked(indexedDB.open(name))
        for (const store of db.objectStoreNames) {
            const reading = db.transaction(store).objectStore(store)
            found.push(store, text(await asked(reading.getAllKeys())))
            found.push(text(await asked(reading.getAll())))
        }
        db.close()
    }
    return found.join(' ')
}"""
# All that the service worker keeps: paths, and those with their texts.
PATHS = """() => caches.keys()
    .then(names => Promise.all(names.map(name => caches.open(name).then(kept => kept.keys()))))
    .then(all => all.flat().map(request => new URL(request.url).pathname))"""
CACHED = """async () => {
    const found = []
    for (const name of await caches.keys()) {
        const kept = await caches.open(name)
        for (const request of await kept.keys()) {
            const reply = await kept.match(request)
            found.push([new URL(request.url).pathname, await reply.text()])
        }
    }
    return found
}"""
# What somebody reads there who has the phone and knows its PIN (docs/methods/sync.md): all that the
# view key opens.
OPENED = """async pin => {
    const asked = request => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result)
        request.onerror = () => failed(request.error)
    })
    const db = await asked(indexedDB.open('fangxian-field'))
    const all = async store => {
        const reading = db.transaction(store).objectStore(store)
        const [names, values] = await Promise.all([
            asked(reading.getAllKeys()), asked(reading.getAll())])
        return names.map((name, at) => [name, values[at]])
    }
    const utf8 = text => new TextEncoder().encode(text)
    const raw = (bytes, how, use) => crypto.subtle.importKey('raw', bytes, how, false, use)
    const { wrapped, device_key, secrets } = Object.fromEntries(await all('meta'))
    const slow = await crypto.subtle.deriveBits(
        { name: 'PBKDF2', hash: 'SHA-256', salt: wrapped.salt, iterations: wrapped.rounds },
        await raw(utf8(pin), 'PBKDF2', ['deriveBits']), 256)
    const mixed = await crypto.subtle.sign('HMAC', device_key, slow)
    const secret = await crypto.subtle.decrypt(
        { name: 'AES-GCM', iv: wrapped.nonce }, await raw(mixed, 'AES-GCM', ['decrypt']),
        wrapped.bytes)
    const view = await crypto.subtle.deriveKey(
        { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8('records') },
        await raw(secret, 'HKDF', ['deriveKey']), { name: 'AES-GCM', length: 256 }, false,
        ['decrypt'])
    const open = async ([place, { nonce, bytes }]) => JSON.parse(new TextDecoder().decode(
        await crypto.subtle.decrypt(
            { name: 'AES-GCM', iv: nonce, additionalData: utf8(place) }, view, bytes)))
    const found = { secrets: await open(['secrets', secrets]) }
    for (const store of ['records', 'drafts']) {
        found[store] = await Promise.all((await all(store)).map(open))
    }
    const own = (await all('queue')).filter(([, item]) => item.own)
        .map(([, item]) => [`queue ${item.op_id}`, item.own])
    found.own = await Promise.all(own.map(open))
    db.close()
    return found
}"""
# When all went through last is after a moment.
IN_STEP = """async since => {
    const db = await new Promise(done => {
        const request = indexedDB.open('fangxian-field')
        request.onsuccess = () => done(request.result)
    })
    const last = await new Promise(done => {
        const request = db.transaction('meta').objectStore('meta').get('synced_at')
        request.onsuccess = () => done(request.result)
    })
    db.close()
    return last > since
}"""
RECORDS = """async () => {
    const db = await new Promise(done => {
        const request = indexedDB.open('fangxian-field')
        request.onsuccess = () => done(request.result)
    })
    const count = await new Promise(done => {
        const request = db.transaction('records').objectStore('records').count()
        request.onsuccess = () => done(request.result)
    })
    db.close()
    return count
}"""


@contextmanager
def phone(browser: Browser, site: str, *, size: Any = PHONE, **options: Any) -> Iterator[Page]:
    """A phone's browser; errors of scripts or the policy fail it."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=True,
        base_url=site,
        locale=options.pop("locale", "zh-CN"),
        **options,
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda one: (
            problems.append(one.text)
            if one.type == "error" and not one.text.startswith("Failed to load resource")
            else None
        ),
    )
    try:
        yield page
    finally:
        context.close()
    assert not problems, problems


@contextmanager
def on_disk(browser: Browser, site: str, folder: Path) -> Iterator[Page]:
    """A phone that keeps its store in a folder, in a browser of its own that a test may kill."""
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=program(),
        headless=True,
        args=FLAGS,
        base_url=site,
        locale="zh-CN",
        viewport={"width": PHONE[0], "height": PHONE[1]},
        has_touch=True,
    )
    try:
        yield context.new_page()
    finally:
        with suppress(Error):
            context.close()


def kill(folder: Path) -> None:
    """End the browser over a folder as an empty battery does: it comes to nothing more."""
    mine = b"--user-data-dir=" + os.fsencode(folder)
    found: list[tuple[bool, int]] = []
    for said in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = said.read_bytes().split(b"\0")
            if mine in words:
                helper = any(word.startswith(b"--type=") for word in words)
                found.append((helper, int(said.parent.name)))
    assert found, f"no browser runs over {folder}"
    for _helper, process in sorted(found):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def on_disk_in_plain(folder: Path, words: Iterable[str | bytes]) -> set[str | bytes]:
    """Those of the words that stand in some file there, in the ways in which browsers write."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {
        word
        for word in words
        for written in (
            [word.encode(), word.encode("utf-16-le")] if isinstance(word, str) else [word]
        )
        if any(written in one for one in files)
    }


def offline(page: Page) -> None:
    """Cut the network. A page that is just being left or begun may not know of it: nothing of the
    app reaches the server all the same.
    """
    page.context.route(API, _cut)
    page.context.set_offline(True)


def online(page: Page) -> None:
    """The network is back."""
    page.context.unroute(API, _cut)
    page.context.set_offline(False)


def _cut(route: Route) -> None:
    route.abort("internetdisconnected")


def until(page: Page, what: Callable[[], Any], within: float = 30) -> None:
    """Wait for what the page does not tell."""
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, f"{page.url}: it does not come"
        page.wait_for_timeout(20)


def comes_true(page: Page, script: str, argument: Any = None, within: float = 30) -> None:
    """Ask the page again and again until it says so.

    Playwright's own waiting evaluates text in the page's timers, which the policy refuses.
    """
    end = time.monotonic() + within
    while time.monotonic() < end:
        # A page that is being left can't be asked; the next one can.
        with suppress(Error):
            if page.evaluate(script, argument):
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"{page.url}: {script}")


def in_step(page: Page) -> None:
    """Have everything sent and fetched from now on; the screen stays."""
    # One that is under way began with less.
    expect(page.get_by_role("link", name="正在同步")).to_have_count(0, timeout=20_000)
    asked = page.evaluate("dispatchEvent(new Event('online')) && Date.now()")
    comes_true(page, IN_STEP, asked)


def colleague(cast: Any, places: Any) -> Any:
    """Another officer of the same grid."""
    user = User(username="dora", display_name="Dora", staff_number="S-dora")
    user.set_unusable_password()
    user.save()
    grid = places[places.grid]
    Grant.objects.create(user=user, role_id="grid_officer", region=grid, valid_from=START)
    cast.users["dora"] = user
    return cast.actor("dora")


def enrol(page: Page, by: Any) -> None:
    """Scan the code, choose the PIN, wait for the first pull."""
    page.goto(f"/f/#enrol={make_device_code(by=by, strong=False).code}")
    choose_pin(page)
    expect(page.get_by_role("link", name="已同步")).to_be_visible()


def choose_pin(page: Page) -> None:
    """Choose the PIN of a phone that was just enrolled."""
    page.get_by_label("六位数字密码").fill(PIN)
    page.get_by_label("再输一遍").fill(PIN)
    page.get_by_role("button", name="使用此密码").click()


def kept(page: Page) -> None:
    """Wait until the service worker has everything."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def unlock(page: Page) -> None:
    """Open the app by its PIN."""
    page.get_by_label("六位数字密码").fill(PIN)
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()


def touch(page: Page, name: str, *, exact: bool = False) -> None:
    """Tap a button as somebody does who has read it: what comes sooner is taken for a tremble."""
    button = page.get_by_role("button", name=name, exact=exact)
    expect(button).to_be_visible()
    page.wait_for_timeout(400)
    button.click()


def all_well(page: Page) -> None:
    """At the next door everybody is well: two taps from the landing screen."""
    page.get_by_role("link", name="今日", exact=True).click()
    page.get_by_role("link", name="下一户").click()
    expect(page.get_by_role("button", name="全员正常")).to_be_visible()
    door = page.get_by_role("heading", level=1).inner_text()
    touch(page, "全员正常")
    expect(page.get_by_text(f"已存：{door}")).to_be_visible()


def write_note(page: Page, note: str) -> None:
    """From the door go to its household and save a note on it."""
    page.get_by_role("link", name="修改住户情况").click()
    page.get_by_label("住户备注").fill(note)
    touch(page, "保存", exact=True)
    expect(page.get_by_text("已存。")).to_be_visible()
