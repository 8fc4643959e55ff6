"""Takes the guide's pictures from a demonstration that runs:  pictures.py http://127.0.0.1:8000

Those that the journey passes (sign-in, board, import, merge …) are kept by its test, with
FANGXIAN_SCREENSHOTS=1. What the county lacks is made in the demonstration: a drawing of grids, and
a form that asks for a position.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
from find_chromium import WINDOWED, WINDOWLESS, first_of
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright

CHECKOUT = Path(__file__).absolute().parent.parent
PICTURES = CHECKOUT / "docs" / "guide" / "images"
RECIPE = json.loads((CHECKOUT / "fangxian" / "config" / "demo" / "county.json").read_text("utf-8"))
RULES = json.loads((CHECKOUT / "fangxian" / "field" / "data" / "rules.json").read_text("utf-8"))
PHONE, DESK = (375, 812), (1440, 900)
PATIENCE = 90_000
BEIJING = dt.timezone(dt.timedelta(hours=8))
# Maps need WebGL; without a graphics card it is drawn by the processor.
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
ROW = r"[0-9a-f-]{36}/"
Take = Callable[..., None]


@contextmanager
def visitor(browser: Browser, site: str, username: str) -> Iterator[tuple[Page, Take]]:
    """A page of who holds an account, and what keeps it as a picture in the sizes given."""
    context = browser.new_context(base_url=site, locale="zh-CN")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/sign-in/")
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(RECIPE["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)

    def take(name: str, *sizes: tuple[int, int], down_to: str = "") -> None:
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_load_state("load")
            page.evaluate("window.scrollTo(0, 0)")
            if down_to:
                page.locator(down_to).first.evaluate("one => one.scrollIntoView()")
            # Maps and what htmx brings are drawn by then.
            page.wait_for_timeout(1500)
            page.screenshot(path=PICTURES / f"{name}-{width}.png", animations="disabled")

    yield page, take
    context.close()


def link(page: Page, pattern: str) -> str:
    """Where the first link leads whose address begins so."""
    found = page.eval_on_selector_all("main a[href]", "all => all.map(a => a.getAttribute('href'))")
    return str(next(one for one in found if re.match(pattern, one)))


def sweep(page: Page) -> str:
    """The address of the sweep under way."""
    page.goto("/field/")
    return link(page, rf"/field/{ROW}$")


def of_an_officer(page: Page, take: Take) -> None:
    at = sweep(page)
    page.goto(f"{at}doors/")
    take("doors", PHONE, DESK)
    door = link(page, rf"{at}doors/{ROW}").split("?")[0]
    page.goto(f"{door}?outcome=exceptions")
    take("door-form", PHONE)
    page.goto(f"{at}visits/")
    (found,) = (one["zh"] for one in RULES[0]["data"]["outcomes"] if one.get("asks"))
    page.goto(str(page.locator(f"main tr:has-text('{found}') a").first.get_attribute("href")))
    take("answers", PHONE, DESK)


def of_community_staff(page: Page, take: Take) -> None:
    page.goto("/organisations/at/")
    code = page.url.rstrip("/").rsplit("/", 1)[1]
    take("chain", PHONE, DESK)
    page.goto(link(page, rf"/organisations/responsibilities/{ROW}"))
    take("responsibility", DESK)
    page.goto(f"/places/{code}/grids/")
    page.locator("main form button.btn-primary").first.click()
    page.wait_for_url("**/plans/**")
    take("grids", DESK)
    page.goto(f"{sweep(page)}doors/?show=all")
    home = link(page, rf"/field/{ROW}doors/{ROW}").split("/")[4]
    page.goto(f"/register/households/{home}/")
    take("household", DESK)
    page.goto("/field/phones/")
    take("queue", DESK)
    page.goto(link(page, rf"/field/phones/held/{ROW}"))
    take("held", DESK)
    page.goto("/field/phones/?show=disputes")
    page.goto(link(page, rf"/field/phones/disputes/{ROW}"))
    take("dispute", DESK)

    opened(page, "/mobilise/calls/", RECIPE["calls"]["community"]["title"])
    take("call", DESK)
    page.goto("/mobilise/load/")
    take("load", DESK)
    page.goto("/mobilise/drafts/")
    # The newest is a roster of its own, the one before it mends what is published.
    page.locator("main tbody tr").nth(1).locator("a").first.click()
    take("draft", DESK)


def opened(page: Page, at: str, name: str) -> None:
    """Follow the link of that name on a page."""
    page.goto(at)
    page.locator("main").get_by_role("link", name=name).first.click()
    page.wait_for_load_state("load")


def of_headquarters(page: Page, take: Take) -> None:
    at = sweep(page)
    page.goto(f"{at}visits/")
    take("visits", DESK)
    page.goto(f"{at}reports/?day={dt.datetime.now(BEIJING).date() - dt.timedelta(days=1)}")
    take("reports", DESK)
    page.goto(link(page, rf"/field/reports/{ROW}"))
    take("report", DESK)
    page.goto(f"/organisations/at/{RECIPE['county']}/five-ones/")
    take("five-ones", DESK)
    page.goto(f"/organisations/?q={RECIPE['departments'][-1]}")
    page.goto(link(page, rf"/organisations/{ROW}"))
    take("organisation", DESK)
    page.goto("/core/tasks/")
    take("tasks", DESK)
    page.goto("/wall/")
    take("wall", DESK)
    opened(page, "/mobilise/calls/", RECIPE["calls"]["county"]["title"])
    page.goto(link(page, rf"/mobilise/calls/matches/{ROW}"))
    take("match", DESK)
    page.goto("/mobilise/aid/")
    take("aid", DESK)
    page.goto(link(page, rf"/mobilise/aid/{ROW}$"))
    take("aid-batch", DESK)
    page.goto("/field/forms/import/")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    for row in RECIPE["position_form"]["survey"]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    sent = FilePayload(name="form.xlsx", mimeType="application/octet-stream", buffer=out.getvalue())
    page.locator("input[name=code]").fill("position")
    page.locator("input[name=name]").fill(RECIPE["position_form"]["name"])
    page.locator("input[type=file]").set_input_files(sent)
    page.locator("main form button.btn-primary").first.click()
    page.wait_for_url(re.compile(rf"/field/forms/{ROW}$"))
    take("position", PHONE)


def of_a_volunteer(page: Page, take: Take) -> None:
    page.goto("/mobilise/calls/mine/")
    take("my-calls", PHONE)
    page.goto("/mobilise/mine/calendar/")
    take("my-calendar", PHONE)


def of_the_auditor(page: Page, take: Take) -> None:
    page.goto("/accounts/access/")
    take("access", DESK)


ROUND = {
    "wangge": of_an_officer,
    "shequ": of_community_staff,
    "zhihuibu": of_headquarters,
    "zhiyuan": of_a_volunteer,
    "shenji": of_the_auditor,
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0].startswith("http"):
        print(__doc__, file=sys.stderr)
        return 2
    program = os.environ.get("CHROMIUM") or first_of(*WINDOWED, *WINDOWLESS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for username, walk in ROUND.items():
            with visitor(browser, arguments[0], username) as (page, take):
                walk(page, take)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
