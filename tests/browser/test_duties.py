"""The pages of gates, rounds, disinfection and publicity as they are seen and used."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from fangxian.common.scoping import acting
from fangxian.field.actions import (
    NewDisinfection,
    NewGateEntry,
    NewOutreach,
    NewPoint,
    NewRoundCheck,
    open_gate,
    plan_round,
    record_disinfection,
    record_gate_entry,
    record_outreach,
    record_round_check,
    write_message,
)
from fangxian.field.models import Gate, GateEntry, Point, Round
from tests.browser.kit import PHONE, check_everywhere, settled, sign_in, visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def gate(alice: Any, places: Any) -> Gate:
    return open_gate(by=alice, place=places[places.grid], name="东门卡口", kind="road")


@pytest.fixture
def walk(alice: Any, places: Any) -> Round:
    points = [NewPoint(name) for name in ("东门", "健身广场", "垃圾投放点", "车棚")]
    return plan_round(
        by=alice,
        place=places[places.grid],
        name="小区巡查",
        times=24,
        first_at=dt.time(0),
        last_at=dt.time(23, 59),
        points=points,
    )


def test_every_page_of_duties_fits_every_screen(
    browser: Browser,
    site: str,
    client_of: Any,
    gate: Gate,
    walk: Round,
    alice: Any,
    bob: Any,
    places: Any,
) -> None:
    today = timezone.localdate()
    for number in range(8):
        entry = NewGateEntry(
            op_id=uuid4(),
            gate_id=gate.id,
            direction="in" if number % 2 else "out",
            decision="refused" if number == 3 else "pass",
            temperature=Decimal("38.1") if number == 5 else Decimal("36.5"),
            plate=f"演示A10{number}",
            who="示例人",
            phone="15400000001",
            origin="邻县",
        )
        record_gate_entry(by=bob, entry=entry)
    with acting(bob):
        point = Point.objects.order_by("position")[0]
    check = NewRoundCheck(uuid4(), "gathering", point_id=point.id, token=point.token)
    record_round_check(by=bob, check=check)
    message = write_message(
        by=alice,
        place=places[places.community],
        text="出门戴口罩，回家先洗手；不串门、不聚集。",
        kind="loudspeaker",
        from_date=today,
        to_date=today + dt.timedelta(days=3),
    )
    said = NewOutreach(
        uuid4(), places.grid, "told", "said", people=40, message_id=message.id, note="南侧"
    )
    record_outreach(by=bob, outreach=said)
    done = NewDisinfection(uuid4(), places.building, "lift", "chlorine", 500, 30, area=12)
    record_disinfection(by=bob, disinfection=done)
    with acting(bob):
        first = GateEntry.objects.order_by("id")[0]
    pages = [
        (reverse("field:duties"), "duties"),
        (reverse("field:gates"), "gates"),
        (reverse("field:gate_new"), ""),
        (reverse("field:gate", args=[gate.id]), "gate"),
        (reverse("field:gate_edit", args=[gate.id]), ""),
        (reverse("field:gate_log"), "gate-log"),
        (reverse("field:gate_entry", args=[first.id]), ""),
        (reverse("field:rounds"), ""),
        (reverse("field:round_new"), ""),
        (reverse("field:round", args=[walk.id]), "round"),
        (reverse("field:round_sheet", args=[walk.id]), "round-codes"),
        (reverse("field:disinfections"), ""),
        (reverse("field:outreach"), "outreach"),
        (reverse("field:message_new"), ""),
    ]
    check_everywhere(browser, site, client_of("alice"), pages)


def test_an_entry_is_logged_found_and_shown_in_full(
    browser: Browser, site: str, client_of: Any, gate: Gate
) -> None:
    with visitor(browser, site, size=PHONE, language="en") as page:
        sign_in(page, site, client_of("bob"))
        page.goto(reverse("field:gate", args=[gate.id]))
        settled(page)
        page.get_by_label("Plate").fill("演示A1234")
        page.get_by_label("Temperature").fill("36.6")
        page.get_by_label("Phone").fill("15400000001")
        page.get_by_role("button", name="Log", exact=True).click()
        expect(page.get_by_text("Logged.")).to_be_visible()
        page.goto(reverse("field:gate_log"))
        page.get_by_label("Plate, identity number or phone").fill("演示a1234")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_text("154****0001")).to_be_visible()
        # What was looked for is in no address, so in no log and in no history.
        assert "1234" not in page.url
        page.get_by_role("cell").or_(page.get_by_role("rowheader")).get_by_role(
            "link"
        ).first.click()
        expect(page.get_by_role("heading", name="Gate entry")).to_be_visible()
        assert "15400000001" not in page.content()


def test_codes_are_printed_on_a_sheet(
    browser: Browser, site: str, client_of: Any, walk: Round
) -> None:
    with visitor(browser, site, size=(1440, 900), language="en") as page:
        sign_in(page, site, client_of("bob"))
        page.goto(reverse("field:round_sheet", args=[walk.id]))
        settled(page)
        page.emulate_media(media="print")
        labels = page.locator(".fx-labels__one")
        expect(labels).to_have_count(4)
        boxes = [labels.nth(at).bounding_box() for at in range(4)]
        assert all(box is not None and box["width"] > 180 for box in boxes)
        # Several on a row, so that a sheet is not wasted.
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["y"] == boxes[1]["y"]
