"""The phone app's start on a slow processor: offline, from the service worker, with a grid in it.

A grid of 300 doors is enrolled and fetched over HTTP, then the network is cut. Each run stops the
service workers and opens the app in a new page whose processor is slowed down four times
(``Emulation.setCPUThrottlingRate``: the page's own thread, as browsers' tools do). ``unlock_ms`` is
from the begin of the navigation to the frame in which the PIN can be entered; ``today_ms`` from the
sixth digit to the frame in which 今日任务 names the next door, without ``pin_ms``: the PIN is
derived slowly on purpose (PBKDF2), in a thread of the browser that is not slowed down. The
reference, in the same run: the app's files and a grid on a processor that is not slowed down.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import _http
from _database import database
from _report import percentile, report

HERE = Path(__file__).resolve().parent
DOORS = 300
SLOWER = 4
PATIENCE = 60
PIN = "135790"
CACHED = """caches.keys().then(names => caches.open(names[0]))
    .then(kept => kept.keys()).then(keys => keys.length)"""
# In every page from its first moment: when a place to type, and then the next door, was drawn.
WATCH = """(() => {
    const drawn = (name) => requestAnimationFrame(() => setTimeout(() => {
        told[name] ??= performance.now()
    }))
    const told = window.__told = {}
    const derive = SubtleCrypto.prototype.deriveBits
    SubtleCrypto.prototype.deriveBits = async function (how, ...more) {
        const begun = performance.now()
        try {
            return await derive.call(this, how, ...more)
        } finally {
            if (how.name === 'PBKDF2') told.derived = performance.now() - begun
        }
    }
    const look = () => {
        if (document.querySelector('main input')) drawn('unlock')
        if (document.querySelector('.ff-next__label')) drawn('today')
        if (!('today' in told)) requestAnimationFrame(look)
    }
    document.addEventListener('input', ({ target }) => {
        if (target.value.length === 6) told.typed = performance.now()
    }, true)
    requestAnimationFrame(look)
})()"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=15)
    given = options.parse_args()
    # The browser's loop runs in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with database():
        run(given.runs)


def run(runs: int) -> None:
    import _county
    import _sweep

    sweep = _sweep.make(int(DOORS * _county.RESIDENTS_A_HOUSEHOLD), 0)
    code, doors = _code(sweep.campaign_id)
    from playwright.sync_api import sync_playwright

    sys.path.insert(0, str(HERE.parent))
    from tests.browser import kit

    with (
        _http.granian("fangxian.config.wsgi:application", HERE.parent) as (port, _pid),
        sync_playwright() as playwright,
    ):
        browser = kit.launch(playwright)
        width, height = kit.PHONE
        context = browser.new_context(
            viewport={"width": width, "height": height},
            has_touch=True,
            base_url=f"http://localhost:{port}",
            locale="zh-CN",
        )
        _enrol(context, code)
        context.add_init_script(WATCH)
        context.set_offline(True)
        slow = [_start(context, SLOWER) for _run in range(runs)]
        plain = [_start(context, 1) for _run in range(runs)]
        browser.close()
    ours, reference = _figures(slow), _figures(plain)
    report(
        "start",
        {**ours, "slower": SLOWER, "doors": doors, "runs": runs},
        reference={"name": "the same on a processor that is not slowed down", **reference},
        ratio={
            name: round(reference[name] / ours[name], 3)
            for name in ("unlock_p50_ms", "today_p50_ms")
        },
    )


def _code(campaign_id: Any) -> tuple[str, int]:
    """A code by which the officer of the only grid enrols a phone; how many doors it has."""
    import _sweep

    from fangxian.accounts.actions import make_device_code
    from fangxian.accounts.models import User
    from fangxian.accounts.queries import actor_of, grants_of
    from fangxian.common.scoping import acting
    from fangxian.field.models import Target
    from fangxian.regions.models import Region

    grid = Region.objects.get(level=15)
    _sweep.sign_in("officer", {grid.code: grid.id}, [grid.code], grid.code)
    grant = grants_of(User.objects.get(username="officer"))[0]
    by = actor_of(grant, source="benchmark", purpose="benchmark")
    with acting(by):
        doors = Target.objects.filter(campaign_id=campaign_id).count()
    return str(make_device_code(by=by, strong=False).code), doors


def _enrol(context: Any, code: str) -> None:
    """Enrol, fetch, and wait until the service worker keeps everything."""
    page = context.new_page()
    page.goto(f"/f/#enrol={code}")
    page.get_by_label("六位数字密码").fill(PIN)
    page.get_by_label("再输一遍").fill(PIN)
    page.get_by_role("button", name="使用此密码").click()
    page.get_by_role("link", name="已同步").wait_for(timeout=60_000)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    _until(page, f"{CACHED}.then(kept => kept > 5)")
    page.close()


def _start(context: Any, slower: int) -> dict[str, float]:
    """One cold start; the moments that :data:`WATCH` has noted, in milliseconds."""
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("ServiceWorker.enable")
    line.send("ServiceWorker.stopAllWorkers")
    line.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto("/f/")
    _until(page, "'unlock' in window.__told")
    page.get_by_label("六位数字密码").fill(PIN)
    _until(page, "'today' in window.__told")
    told: dict[str, float] = page.evaluate("window.__told")
    page.close()
    return {
        "unlock": told["unlock"],
        "today": told["today"] - told["typed"] - told["derived"],
        "pin": told["derived"],
    }


def _until(page: Any, true: str) -> None:
    """Wait; asked from outside, since the page's policy lets nobody evaluate text in it."""
    until = time.monotonic() + PATIENCE
    while not page.evaluate(true):
        if time.monotonic() > until:
            raise SystemExit(f"still not so: {true}")
        time.sleep(0.1)


def _figures(runs: list[dict[str, float]]) -> dict[str, int]:
    return {
        f"{name}_{called}_ms": round(percentile([one[name] for one in runs], share))
        for name in ("unlock", "today", "pin")
        # The best is what the machine's other work disturbed least.
        for called, share in (("best", 0.0), ("p50", 0.5), ("p95", 0.95))
    }


if __name__ == "__main__":
    main()
