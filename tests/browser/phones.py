"""A phone with the field app in Chromium: enrolled, opened by its PIN, its store read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, expect

from fangxian.accounts.actions import make_device_code
from tests.browser.kit import FLAGS, PHONE, program

PIN = "135790"
# All that the browser keeps of the app, as latin-1 and as UTF-8 text.
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
    const found = [text(localStorage)]
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
# Paths of all that the service worker keeps.
CACHED = """() => caches.keys()
    .then(names => Promise.all(names.map(name => caches.open(name).then(kept => kept.keys()))))
    .then(all => all.flat().map(request => new URL(request.url).pathname))"""
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


def enrol(page: Page, by: Any) -> None:
    """Scan the code, choose the PIN, wait for the first pull."""
    page.goto(f"/f/#enrol={make_device_code(by=by, strong=False).code}")
    page.get_by_label("六位数字密码").fill(PIN)
    page.get_by_label("再输一遍").fill(PIN)
    page.get_by_role("button", name="使用此密码").click()
    expect(page.get_by_role("link", name="已同步")).to_be_visible()


def kept(page: Page) -> None:
    """Wait until the service worker has everything."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def unlock(page: Page) -> None:
    """Open the app by its PIN."""
    page.get_by_label("六位数字密码").fill(PIN)
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()


def touch(page: Page, name: str) -> None:
    """Tap a button as somebody does who has read it: what comes sooner is taken for a tremble."""
    button = page.get_by_role("button", name=name)
    expect(button).to_be_visible()
    page.wait_for_timeout(400)
    button.click()


def all_well(page: Page) -> None:
    """At the next door everybody is well: two taps from the landing screen."""
    page.get_by_role("link", name="今日", exact=True).click()
    page.get_by_role("link", name="下一户").click()
    touch(page, "全员正常")
    expect(page.get_by_text("已存：").first).to_be_visible()
