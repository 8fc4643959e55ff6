"""What browser tests share: Chromium, accessibility, layout, screenshots, signing in."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright, Request

CHECKOUT = Path(__file__).resolve().parents[2]
AXE = CHECKOUT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = CHECKOUT / "docs" / "guide" / "images"
PHONE, DESK, WALL = (375, 812), (1440, 900), (1920, 1080)
# The narrowest screen, and what a 1280 px window is at 200 % zoom.
NARROW, ZOOMED = (320, 640), (640, 450)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Maps need WebGL; without a graphics card it is drawn by the processor.
    "--enable-unsafe-swiftshader",
]
# What each page has asked for and not got yet.
_under_way: WeakKeyDictionary[Page, set[Request]] = WeakKeyDictionary()
# The line to each page over which it is told whether it is touched.
_lines: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()
# As scripts/find_chromium.py has them.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def launch(playwright: Playwright) -> Browser:
    """Start ``CHROMIUM``, the system's Chromium, or Playwright's own."""
    return playwright.chromium.launch(executable_path=program(), headless=True, args=FLAGS)


def program() -> str | None:
    """The Chromium to start; None for Playwright's own."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def visitor(
    browser: Browser, site: str, *, size: tuple[int, int] = DESK, language: str = "zh-hans"
) -> Iterator[Page]:
    """A page of a new visitor; on phones with touch. Errors of scripts or the policy fail it."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=_is_touched(size), base_url=site
    )
    speak(context, site, language)
    page = context.new_page()
    _watch(page)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console", lambda message: problems.append(message.text) if _is_defect(message) else None
    )
    try:
        yield page
    finally:
        context.close()
    assert not problems, f"the browser complained at {width} px: {problems}"


def _watch(page: Page) -> None:
    under_way = _under_way[page] = set()
    # Playwright remembers handlers by an attribute, which methods of a set can't have.
    page.on("request", lambda one: under_way.add(one))
    page.on("requestfinished", lambda one: under_way.discard(one))
    page.on("requestfailed", lambda one: under_way.discard(one))


def _is_defect(message: Any) -> bool:
    # A refused request (404, 422, 429) is often what a test is about; everything else is a defect.
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def speak(context: BrowserContext, site: str, language: str) -> None:
    """Let the visitor see pages in ``language``: zh-hans, zh-hant or en."""
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": site}])


def sign_in(page: Page, site: str, client: Client) -> None:
    """Give the page the session of a signed-in test client (``client_of("alice")``)."""
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])


def axe(page: Page, *, within: str = "html", without: Sequence[str] = ()) -> None:
    """Fail with every violation of WCAG 2.2 AA that axe-core finds."""
    with _unrolled(page):
        if not page.evaluate("'axe' in window"):
            page.evaluate(_axe_itself())
        found = page.evaluate(
            """([within, without, tags]) => axe.run(
                {include: [within], exclude: without.map(one => [one])},
                {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})""",
            [within, list(without), WCAG],
        )
    lines = [
        f"{one['id']}: {one['help']}: {node['html'][:200]}\n    {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert not lines, f"{page.url} at {_width(page)} px:\n" + "\n".join(lines)


@cache
def _axe_itself() -> str:
    return AXE.read_text("utf-8")


@contextmanager
def _unrolled(page: Page) -> Iterator[None]:
    """A window as high as the page: what a fixed bar covers at the moment is not a defect."""
    size = page.viewport_size or {"width": DESK[0], "height": DESK[1]}
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    try:
        yield
    finally:
        page.set_viewport_size({"width": size["width"], "height": size["height"]})


def no_sideways_scroll(page: Page) -> None:
    """Fail with the elements that stick out on the right."""
    outside = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth
            const kept = element => {
                for (let up = element.parentElement; up; up = up.parentElement) {
                    if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return true
                }
                return false
            }
            if (document.documentElement.scrollWidth <= width) return []
            return [...document.querySelectorAll('body *')]
                .filter(one => one.getBoundingClientRect().right > width + 1 && !kept(one))
                .slice(0, 10)
                .map(one => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)}`)
        }"""
    )
    assert not outside, f"{page.url} scrolls sideways at {_width(page)} px: {outside}"


def touch_targets(page: Page, at_least: int = 44) -> None:
    """Fail with the controls lower than ``at_least`` px; links inside sentences are exempt."""
    small = page.evaluate(
        """least => [...document.querySelectorAll(
                'a[href], button, input, select, textarea, summary')]
            .map(one => [one, one.matches('[type=checkbox], [type=radio]')
                ? one.closest('label, td, th') ?? one : one])
            .filter(([one, area]) => {
                const box = area.getBoundingClientRect()
                const covers = getComputedStyle(one, '::after').position === 'absolute'
                const hidden = one.closest('.visually-hidden, .fx-skip, dialog:not([open])')
                return box.width && box.height && box.height < least - 0.5
                    && !covers && !hidden && !one.closest('p, li > span, dd, .fx-prose')
            })
            .map(([one, area]) => `${one.tagName}.${one.className} `
                + `"${one.textContent.trim().slice(0, 30)}" `
                + `${Math.round(area.getBoundingClientRect().height)} px`)""",
        at_least,
    )
    assert not small, f"{page.url} at {_width(page)} px: {small}"


def screenshot(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture for the guide as ``name-<width>.png``, when FANGXIAN_SCREENSHOTS=1."""
    if os.environ.get("FANGXIAN_SCREENSHOTS") != "1":
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(
        path=PICTURES / f"{name}-{_width(page)}.png", full_page=whole, animations="disabled"
    )


QUIET = """() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done(
    document.readyState === 'complete'
    && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')
    && ![...document.querySelectorAll('[data-island~=map]:not([data-ready])')].some(map =>
        !map.parentElement.querySelector('[data-map-status]')?.textContent.trim())), 0)))"""


def settled(page: Page, within: float = 30) -> None:
    """Wait until scripts have run, nothing is asked for any more, maps are drawn, htmx is quiet.

    Twice in a row: a script that has just come may ask for the next. Playwright's own
    "networkidle" lasts half a second each time.
    """
    page.wait_for_load_state("load")
    quiet, end = 0, time.monotonic() + within
    while quiet < 2:
        under_way = _under_way[page]
        assert time.monotonic() < end, (
            f"{page.url} still waits for {[one.url for one in under_way]}"
        )
        quiet = quiet + 1 if page.evaluate(QUIET) and not under_way else 0
        page.wait_for_timeout(20)


def resized(page: Page, size: tuple[int, int]) -> None:
    """Show the page on another screen, phones touched, others with a mouse; wait for its layout."""
    _shape(page, size)
    page.evaluate("window.scrollTo(0, 0)")
    settled(page)
    coarse = page.evaluate("matchMedia('(pointer: coarse)').matches")
    assert coarse == _is_touched(size), f"{page.url} is not on a screen of {size}"


def _shape(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    if page not in _lines:
        _lines[page] = page.context.new_cdp_session(page)
    touched = {"enabled": _is_touched(size)}
    _lines[page].send("Emulation.setTouchEmulationEnabled", touched)


def _is_touched(size: tuple[int, int]) -> bool:
    return size[0] < 768


def check_everywhere(
    browser: Browser, site: str, client: Client, pages: Iterable[tuple[str, str]]
) -> None:
    """Pages as (path, name): layout in both languages at 375 and 1440 px, at 320 px and 200 % zoom.

    In Chinese a page is loaded on a phone, in English at a desk, where axe looks at it; then it is
    shown on the other screens without being loaded again. The journeys run axe everywhere.
    ``name`` ("" for none) keeps Chinese screenshots at 375 and 1440 px.
    """
    pages = list(pages)
    screens = {"zh-hans": (PHONE, NARROW, ZOOMED, DESK), "en": (DESK, ZOOMED, NARROW, PHONE)}
    with visitor(browser, site, size=PHONE) as page:
        sign_in(page, site, client)
        for language, sizes in screens.items():
            speak(page.context, site, language)
            for path, name in pages:
                _shape(page, sizes[0])
                open_page(page, path)
                for size in sizes:
                    resized(page, size)
                    no_sideways_scroll(page)
                    if size == sizes[0]:
                        axe(page)
                    if size in (PHONE, NARROW):
                        touch_targets(page)
                    if name and language == "zh-hans" and size in (PHONE, DESK):
                        screenshot(page, name)


def open_page(page: Page, path: str) -> None:
    """Go to a path of the site; fail if it isn't answered, or by another page."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, f"{path} answered {answer.status}"
    assert urlsplit(page.url).path == urlsplit(path).path, f"{path} led to {page.url}"


def _width(page: Page) -> int:
    size = page.viewport_size
    return size["width"] if size else 0
