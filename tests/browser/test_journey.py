"""From signing in to a closed gap, through an import to the merge queue, as offices walk it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.config.demo.recipe import recipe
from fangxian.core.tests.working import working
from fangxian.field.models import Target, Visit
from fangxian.people.models import MergeCandidate
from fangxian.register.models import Household, Residency
from fangxian.register.tests.ledgers import identity, workbook
from tests.browser.county import copied, make_template
from tests.browser.kit import (
    DESK,
    PHONE,
    axe,
    no_sideways_scroll,
    resized,
    screenshot,
    settled,
    touch_targets,
    visitor,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow(20), pytest.mark.timeout(300)]

LOOKS = [
    pytest.param(PHONE, "zh-hans", id="phone-zh"),
    pytest.param(DESK, "en", id="desk-en"),
]
LEVELS = [6, 9, 12, 15, 18]


@pytest.fixture(scope="session")
def county(template_database: str, django_db_blocker: Any) -> str:
    with django_db_blocker.unblock():
        return make_template(template_database)


@pytest.fixture
def fresh_database(
    django_db_setup: None, county: str, django_db_blocker: Any, worker_id: str
) -> Iterator[str]:
    """Instead of an empty database: the county."""
    with (
        django_db_blocker.unblock(),
        copied(county, f"fx_{os.getpid()}_{worker_id}_county") as name,
    ):
        yield name


@pytest.fixture(autouse=True)
def _one_factor(settings: Any) -> None:
    # As in the demonstration; the second factor has its own journey.
    settings.FANGXIAN_SECOND_FACTOR = False


class Walk:
    """A page that is checked wherever it stops."""

    def __init__(self, page: Page, size: tuple[int, int], language: str) -> None:
        self.page, self.size, self.language = page, size, language

    def stop(self, name: str = "") -> None:
        """Where a person looks around: readable on a phone and at a desk; kept for the guide."""
        for size in sorted((PHONE, DESK), key=lambda one: one == self.size):
            resized(self.page, size)
            no_sideways_scroll(self.page)
            axe(self.page)
            if size == PHONE:
                touch_targets(self.page)
            if name and self.language == "zh-hans":
                screenshot(self.page, name)

    def sign_in(self, username: str, name: str = "") -> None:
        self.page.goto("/")
        expect(self.page).to_have_url(re.compile("/sign-in/"))
        if name:
            self.stop(name)
        self.page.locator("input[name=login]").fill(username)
        self.page.locator("input[name=password]").fill(recipe()["password"])
        self.page.locator("main form button[type=submit], main form .btn-primary").first.click()
        expect(self.page).to_have_url(re.compile(r"//[^/]+/$"))


@contextmanager
def walking(browser: Browser, site: str, size: tuple[int, int], language: str) -> Iterator[Walk]:
    with visitor(browser, site, size=size, language=language) as page:
        yield Walk(page, size, language)


def gaps(page: Page) -> int:
    """What the board says is not covered: the fourth tile."""
    text = page.locator(".fx-tile").nth(3).inner_text()
    return int(re.sub(r"\D", "", text))


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_from_signing_in_to_a_closed_gap(
    browser: Browser, site: str, size: tuple[int, int], language: str
) -> None:
    with walking(browser, site, size, language) as walk:
        page = walk.page
        walk.sign_in("zhihuibu", "sign-in")
        expect(page.locator("#today")).to_be_visible()
        walk.stop("today")
        page.locator("a[href='/board/']:visible").first.click()
        expect(page.locator("#board")).to_be_visible()
        walk.stop("board")
        before = gaps(page)
        for level in LEVELS[1:]:
            page.locator("#board .fx-drill a").first.click()
            expect(page).to_have_url(re.compile(rf"/\d{{{level}}}/"))
            walk.stop({12: "board-community", 18: "board-building"}.get(level, ""))
        if page.locator("#doors tbody tr").count() == 0:
            page.locator("#board .fx-drill a").first.click()
        door = page.locator("#doors tbody tr").first
        call = page.locator("#board .fx-closer [hx-post]").first
        expect(call).to_be_visible()
        call.click()
        expect(page.locator("#board a[href^='tel:']").first).to_be_visible()
        walk.stop("who-closes")
        board_url = page.url
        # Two taps of the four that are allowed.
        door.locator("a").first.click()
        expect(page.locator("button[name=outcome][value=all_well]")).to_be_visible()
        walk.stop("door")
        page.locator("button[name=outcome][value=all_well]").click()
        expect(page.locator(".fx-note--ok, .fx-toast, [role=status]").first).to_be_visible()
        walk.stop("door-saved")
        page.goto(board_url)
        settled(page)
        page.goto(re.sub(r"\d{18,20}/.*$", "", board_url))
        assert gaps(page) == before - 1
    with acting(Actor.system("kit", "")):
        latest = Visit.objects.latest("created_at")
        assert (latest.outcome, latest.actor) == ("all_well", "zhihuibu")
        assert Target.objects.get(id=latest.target_id).state == "visited"


def a_door(community: str) -> tuple[str, str]:
    """Building and unit of a home in the community, as its ledger writes them."""
    with acting(Actor.system("kit", community)):
        home = (
            Household.objects.filter(place_code__startswith=community)
            .exclude(unit=None)
            .select_related("building", "unit")
            .order_by("place_code")[0]
        )
        return home.building.name, home.unit.name


def ledger(door: tuple[str, str], *, right: bool) -> bytes:
    rows = []
    for number in range(9):
        rows.append(
            {
                "姓名": "赵钱孙李周吴郑王冯"[number] + "示例",
                "身份证号": identity(number * 2, male=True)
                if right or number != 4
                else identity(number * 2)[:17] + "a",
                "性别": "男",
                "手机号": f"154990000{number:02d}",
                "与户主关系": ("户主", "儿子", "其他")[number % 3],
                "现住址": f"{door[0]}{door[1]}99{number // 3 + 1:02d}室"
                if right or number != 7
                else "",
            }
        )
    return workbook(rows, title="居民台账（演示）", notes=("填表人：示例",))


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_a_ledger_comes_in(
    browser: Browser, site: str, size: tuple[int, int], language: str
) -> None:
    from fangxian.accounts.models import Grant

    community = Grant.objects.get(user__username="shequ").region.code
    door = a_door(community)
    with working(), walking(browser, site, size, language) as walk:
        page = walk.page
        walk.sign_in("shequ")
        page.goto("/register/import/")
        walk.stop("import")
        send(page, ledger(door, right=False))
        walk.stop("import-columns")
        page.locator("[data-mapping-submit]").click()
        confirm = page.locator("main form:not([action]) button.btn-primary")
        expect(page.locator("#problems")).to_be_visible(timeout=60_000)
        walk.stop("import-preview")
        confirm.first.click()
        with page.expect_download(timeout=60_000) as download:
            page.locator("a[href*='/core/files/']").first.click(timeout=60_000)
        assert tiles(page)[:3] == [9, 7, 2]
        walk.stop("import-result")
        book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
        sheet = book.worksheets[0]
        heads = [cell.value for cell in sheet[2]]
        told = [row[heads.index("错误")] for row in sheet.iter_rows(min_row=3, values_only=True)]
        assert [bool(text) for text in told] == [n in (4, 7) for n in range(len(told))]
        corrected = correct(book, heads, door)
        page.goto("/register/import/")
        send(page, corrected)
        page.locator("[data-mapping-submit]").click()
        confirm.first.click(timeout=60_000)
        expect(page.locator(".fx-note--ok")).to_be_visible(timeout=60_000)
        assert tiles(page)[:3] == [9, 9, 0]
    with acting(Actor.system("kit", community)):
        homes = Household.objects.filter(room__in=["9901", "9902", "9903"])
        assert homes.count() == 3
        assert Residency.objects.filter(household__in=homes).count() == 9
        # New households are gaps of the running sweep at once.
        assert Target.objects.filter(household__in=homes, state="open").count() == 3


def send(page: Page, data: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {
            "name": "居民台账.xlsx",
            "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "buffer": data,
        }
    )
    page.locator("main form button.btn-primary").click()
    expect(page).to_have_url(re.compile("/columns/"), timeout=30_000)


def tiles(page: Page) -> list[int]:
    expect(page.locator(".fx-tile").first).to_be_visible(timeout=60_000)
    return [int(re.sub(r"\D", "", text)) for text in page.locator(".fx-tile").all_inner_texts()]


def correct(book: Any, heads: list[Any], door: tuple[str, str]) -> bytes:
    """What an office does with the workbook that came back: two cells."""
    sheet = book.worksheets[0]
    number, address = heads.index("身份证号") + 1, heads.index("现住址") + 1
    sheet.cell(3 + 4, number).value = identity(8, male=True)
    sheet.cell(3 + 7, address).value = f"{door[0]}{door[1]}9903室"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Reach a control by the keyboard alone."""
    for _press in range(120):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} is not reached by {key}")


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_the_merge_queue_by_keyboard_alone(
    browser: Browser, site: str, size: tuple[int, int], language: str
) -> None:
    with walking(browser, site, size, language) as walk:
        page = walk.page
        walk.sign_in("shequ")
        page.goto("/people/merges/")
        walk.stop("merges")
        tab_to(page, page.locator("#pairs tbody a").first)
        page.keyboard.press("Enter")
        expect(page.locator("input[name=keep]").first).to_be_visible()
        walk.stop("merge")
        keep = page.locator("input[name=keep]")
        tab_to(page, keep.first)
        page.keyboard.press("ArrowDown")
        expect(keep.nth(1)).to_be_checked()
        tab_to(page, page.locator("button[name=merge]"))
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/people/merges/$"))
        states = lambda: set(MergeCandidate.objects.values_list("state", flat=True))  # noqa: E731
        with acting(Actor.system("kit", "")):
            assert states() == {"merged"}
        page.goto("/people/merges/?state=merged")
        walk.stop()
        tab_to(page, page.locator("main form[action*=undo] button").first)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/people/merges/$"))
        expect(page.locator("#pairs tbody tr")).to_have_count(1)
        with acting(Actor.system("kit", "")):
            assert states() == {"open"}
