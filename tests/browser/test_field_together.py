"""Several phones at the same doors: one note that two change, and a server that was restored."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from fangxian.common.scoping import acting
from fangxian.field.models import FieldConflict, Visit
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import close_household, create_household
from fangxian.register.models import Household
from tests.browser.kit import DESK, PHONE, axe, settled, sign_in, touch_targets, visitor
from tests.browser.phones import (
    OPENED,
    PIN,
    all_well,
    colleague,
    enrol,
    in_step,
    offline,
    online,
    phone,
    touch,
    write_note,
)
from tests.test_phones_converge import InProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow(20), pytest.mark.timeout(300)]
# One household is closed on the way. A phone may know of the others' visits before its own: there
# is a door left for each visit all the same.
ROOMS = ("101", "102", "201", "202", "301", "302")
BOBS, DORAS = "独居老人", "养狗"


def to_door(page: Page, room: str) -> None:
    page.get_by_role("link", name="今日", exact=True).click()
    page.get_by_role("link", name="入户", exact=True).click()
    page.get_by_role("link", name="全部").click()
    page.get_by_role("link", name=room).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(room)


def note_on(page: Page, room: str, note: str) -> None:
    to_door(page, room)
    write_note(page, note)


def note_of(by: Any, room: str) -> str:
    with acting(by):
        return str(Household.objects.get(room=room).note)


def visits(by: Any) -> list[Visit]:
    with acting(by):
        return list(Visit.objects.all())


def nobody_in(database: str) -> None:
    """End the server's sessions: a database is copied while nobody is in it."""
    address = settings.SERVER.dsn("superuser", "postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [database],
        )


def entry(page: Page, state: str) -> Any:
    return page.locator(f".ff-entry[data-state={state}]")


def two_change_one_note(bobs: Page, doras: Page, cast: Any, ids: dict[str, Any]) -> None:
    """Bob's arrives first, Dora's later: hers shows, both are told in her sync box."""
    offline(doras)
    note_on(bobs, "101", BOBS)
    to_door(bobs, "102")
    bobs.get_by_role("link", name="修改住户情况").click()
    bobs.locator("input[value=empty]").check()
    touch(bobs, "保存", exact=True)
    expect(bobs.get_by_text("已存。")).to_be_visible()
    in_step(bobs)
    close_household(by=cast.actor("alice"), household_id=ids["301"])
    for room in ("101", "102", "301"):
        note_on(doras, room, DORAS)
    online(doras)
    in_step(doras)
    # One more waits, so that the box has something of everything.
    offline(doras)
    all_well(doras)
    expect(doras.get_by_role("link", name="更多 3")).to_be_visible()
    doras.goto("/f/#/outbox")
    expect(entry(doras, "conflict")).to_contain_text(f"您填的是“{DORAS}”，他人填的是“{BOBS}”")
    expect(entry(doras, "merged")).to_contain_text("与他人的修改合并")
    expect(entry(doras, "rejected")).to_contain_text("已注销")
    expect(entry(doras, "waiting")).to_have_count(1)
    axe(doras)
    touch_targets(doras)
    online(doras)
    in_step(doras)


def chosen_at_the_desk(browser: Browser, site: str, client: Any) -> None:
    """Alice sees both notes and who wrote them, and chooses Bob's."""
    with visitor(browser, site, size=DESK) as desk:
        sign_in(desk, site, client)
        desk.goto(f"{reverse('field:phones')}?show=disputes")
        desk.locator("tbody a").click()
        settled(desk)
        rows = desk.locator("tbody tr")
        expect(rows.filter(has_text=DORAS)).to_contain_text("Dora")
        bobs = rows.filter(has_text=BOBS)
        expect(bobs).to_contain_text("Bob")
        axe(desk)
        bobs.get_by_role("button").click()
        expect(desk.get_by_text("今后以此内容为准")).to_be_visible()


def at_the_doors(page: Page) -> dict[str, Any]:
    """What the phone holds of doors and households."""
    records = page.evaluate(OPENED, PIN)["records"]
    return {
        f"{one['entity']} {one['id']}": one["data"]
        for one in records
        if one["entity"] in ("door", "household")
    }


def test_phones_agree_over_one_note_and_after_the_server_was_restored(
    browser: Browser,
    site: str,
    fresh_database: str,
    cast: Any,
    places: Any,
    client_of: Any,
    bob: Any,
) -> None:
    hq, dora = cast.actor("headquarters"), colleague(cast, places)
    homes = {room: create_household(by=hq, place_code=places.unit, room=room).id for room in ROOMS}
    begin(hq, places)
    backup = InProcess(fresh_database)
    with ExitStack() as stack:
        phones = [stack.enter_context(phone(browser, site, size=PHONE)) for _number in range(3)]
        stack.callback(backup.drop)
        for page, by in zip(phones, (bob, dora, bob), strict=True):
            enrol(page, by)
        bobs, doras, other = phones

        two_change_one_note(bobs, doras, cast, homes)
        assert note_of(bob, "101") == DORAS
        chosen_at_the_desk(browser, site, client_of("alice"))
        for page in phones:
            in_step(page)
            to_door(page, "101")
            expect(page.locator(".ff-remark")).to_have_text(BOBS)
        assert note_of(bob, "102") == DORAS

        for page in phones:
            offline(page)
        nobody_in(fresh_database)
        backup.back_up()
        for page in phones:
            online(page)
            all_well(page)
            in_step(page)
        note_on(bobs, "201", "走后门")
        in_step(bobs)
        for page in phones:
            offline(page)
        all_well(other)
        before = {str(visit.op_id) for visit in visits(bob)}
        assert len(before) == 4
        backup.restore()
        assert len(visits(bob)) == 1
        for page in (*phones, bobs, doras):
            online(page)
            in_step(page)
        after = {str(visit.op_id) for visit in visits(bob)}
        assert after > before
        assert len(after) == len(visits(bob)) == 5
        assert note_of(bob, "101") == BOBS
        assert note_of(bob, "201") == "走后门"
        with acting(bob):
            assert [one.state for one in FieldConflict.objects.all()] == ["settled"]
        first, *others = [at_the_doors(page) for page in phones]
        assert len(first) >= 8
        assert others == [first, first]
