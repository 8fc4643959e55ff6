"""The register in the browser: readable everywhere, numbers behind a reason, import by keyboard."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from fangxian.common.scoping import acting
from fangxian.core.tests.working import working
from fangxian.people.actions import propose_merge
from fangxian.people.models import PersonDocument
from fangxian.register import actions
from fangxian.register.models import Residency
from fangxian.register.tests.ledgers import identity, person, workbook
from tests.browser.kit import (
    DESK,
    PHONE,
    axe,
    check_everywhere,
    no_sideways_scroll,
    resized,
    settled,
    sign_in,
    touch_targets,
    visitor,
)
from tests.browser.test_journey import tab_to

pytestmark = [pytest.mark.browser, pytest.mark.slow(8), pytest.mark.timeout(300)]

DAY = dt.date(2021, 3, 1)
LOOKS = [(PHONE, "zh-hans"), (DESK, "en")]


@pytest.fixture
def family(cast: Any, places: Any) -> Any:
    """A household of three with a past, a namesake next door, a pharmacy: ids by page."""
    by = cast.actor("alice")
    home, next_door, empty = (
        actions.create_household(by=by, place_code=places.unit, room=room, number=number)
        for room, number in (("101", "0001"), ("102", ""), ("103", ""))
    )
    actions.change_household(by=by, household_id=empty.id, state="empty")
    head = actions.move_in(
        by=by, household_id=home.id, on=DAY, name="示例户主", relation="head",
        documents=[("identity", identity(2))], phones=["13800001234"],
        employer="示例市第一中学", ethnicity="01",
    )  # fmt: skip
    wife = actions.move_in(by=by, household_id=home.id, on=DAY, name="欧阳示例", relation="spouse")
    child = actions.birth(by=by, household_id=home.id, name="示例宝", sex="1", on=DAY)
    actions.move_out(by=by, residency_id=child.id, on=DAY + dt.timedelta(days=90))
    actions.go_away(by=by, residency_id=wife.id, since=DAY, where="示例省会")
    actions.join_group(by=by, person_id=wife.person_id, group="dialysis", since=DAY)
    twin = actions.move_in(
        by=by, household_id=next_door.id, on=DAY, name="示例户主", relation="head", kind="tenant",
        documents=[("passport", "E12345678")], phones=["13800001234"],
    )  # fmt: skip
    shop = actions.create_establishment(
        by=by, place_code=places.grid, name="示例大药房", kind="pharmacy",
        credit_code="91350100M000100Y43", contact_name="示例店主", contact_phone="13800009999",
    )  # fmt: skip
    pair = propose_merge(by=by, first_id=head.person_id, second_id=twin.person_id, reason="phone")
    return {"home": home.id, "empty": empty.id, "head": head, "shop": shop.id, "pair": pair}


def test_the_register_is_readable_everywhere(
    browser: Browser, site: str, places: Any, family: Any, client_of: Any
) -> None:
    pages = (
        ("register:place", places.community),
        ("register:household", family["home"]),
        ("register:household", family["empty"]),
        ("people:person", family["head"].person_id),
    )
    paths = [(reverse(name, args=[argument]), "") for name, argument in pages]
    check_everywhere(browser, site, client_of("alice"), paths)


def test_forms_and_lists_are_readable_everywhere(
    browser: Browser, site: str, places: Any, family: Any, client_of: Any
) -> None:
    head = family["head"]
    pages = (
        ("people:merge", family["pair"]),
        ("register:move_in", family["home"]),
        ("register:residency_change", head.id),
        ("register:establishments", places.community),
        ("register:establishment", family["shop"]),
        ("people:propose", head.person_id),
    )
    paths = [(reverse(name, args=[argument]), "") for name, argument in pages]
    check_everywhere(browser, site, client_of("alice"), paths)


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_a_full_number_asks_for_a_reason_first(
    browser: Browser,
    site: str,
    family: Any,
    client_of: Any,
    size: tuple[int, int],
    language: str,
) -> None:
    number, person_id = identity(2), family["head"].person_id
    with visitor(browser, site, size=size, language=language) as page:
        sign_in(page, site, client_of("alice"))
        page.goto(reverse("people:person", args=[person_id]))
        settled(page)
        assert number not in page.content()
        tab_to(page, page.locator("#numbers .fx-masked a").first)
        page.keyboard.press("Enter")
        dialog = page.locator("dialog[open]")
        expect(dialog).to_be_visible()
        axe(page)
        no_sideways_scroll(page)
        if language == "zh-hans":
            for other in (DESK, PHONE):
                resized(page, other)
                no_sideways_scroll(page)
                axe(page)
        tab_to(page, dialog.locator("#fx-reveal-purpose"))
        page.keyboard.press("ArrowDown")
        tab_to(page, dialog.locator("#fx-reveal-reason"))
        page.keyboard.type("核对证件信息")
        page.keyboard.press("Enter")
        expect(page.locator("#numbers")).to_contain_text(number)
        settled(page)
        axe(page)


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_a_ledger_by_keyboard_alone(
    browser: Browser,
    site: str,
    cast: Any,
    places: Any,
    client_of: Any,
    size: tuple[int, int],
    language: str,
) -> None:
    rows = [person(n) for n in range(5)] + [person(9, 身份证号="123")]
    with working(), visitor(browser, site, size=size, language=language) as page:
        sign_in(page, site, client_of("alice"))
        page.goto(f"{reverse('register:import')}?place={places.grid}")
        _stop(page, size)
        tab_to(page, page.locator("input[type=file]"))
        # The dialog of the system is beyond the page: the file is put where it would put it.
        page.locator("input[type=file]").set_input_files(
            {"name": "台账.xlsx", "mimeType": "", "buffer": workbook(rows)}
        )
        _press(page, "main form button.btn-primary")
        expect(page).to_have_url(re.compile("/columns/"), timeout=30_000)
        _stop(page, size)
        _press(page, "[data-mapping-submit]")
        expect(page.locator("#problems")).to_be_visible(timeout=60_000)
        _stop(page, size)
        _press(page, "main form:not([action]) button.btn-primary")
        expect(page.locator("a[href*='/core/files/']")).to_be_visible(timeout=60_000)
        _stop(page, size)
    with acting(cast.actor("alice")):
        assert Residency.objects.count() == PersonDocument.objects.count() == 5


def _stop(page: Page, size: tuple[int, int]) -> None:
    settled(page)
    no_sideways_scroll(page)
    axe(page)
    if size == PHONE:
        touch_targets(page)


def _press(page: Page, selector: str) -> None:
    tab_to(page, page.locator(selector).first)
    page.keyboard.press("Enter")
