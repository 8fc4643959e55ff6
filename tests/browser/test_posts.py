"""Posts and shifts as they are seen and used: from one tap on a phone to the hours credited."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from fangxian.accounts.models import Grant
from fangxian.common.scoping import acting
from fangxian.mobilise.actions import put_on
from fangxian.mobilise.models import Post, Shift, Turn
from fangxian.mobilise.tests.conftest import EARLY, LATE, as_volunteer, enlisted, gate, shift
from tests.browser.kit import PHONE, check_everywhere, settled, sign_in, visitor
from tests.kit.cast import START

pytestmark = pytest.mark.browser


@pytest.fixture
def post(alice: Any, places: Any) -> Post:
    return gate(alice, places[places.community])


@pytest.fixture
def volunteer(cast: Any, places: Any, alice: Any) -> Any:
    """The user “volunteer” serves at the community."""
    user = cast.user("volunteer")
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(
        user=user, role_id="volunteer", region=places[places.community], valid_from=START
    )
    return as_volunteer(cast, "volunteer", enlisted(alice, places[places.community], "示例志愿者"))


def test_every_page_of_posts_fits_every_screen(
    browser: Browser, site: str, client_of: Any, post: Post, alice: Any, places: Any
) -> None:
    home = places[places.community]
    people = [enlisted(alice, home, f"示例人{n}", "nurse", "driver") for n in "甲乙丙"]
    early = shift(alice, post)
    turns = [put_on(by=alice, shift=early, volunteer=one) for one in people]
    pages = [
        (reverse("mobilise:week"), "roster"),
        (reverse("mobilise:open"), "open-shifts"),
        (reverse("mobilise:mine"), ""),
        (reverse("mobilise:shift", args=[early.id]), "shift"),
        (reverse("mobilise:posts"), ""),
        (reverse("mobilise:post_new"), ""),
        (reverse("mobilise:post", args=[post.id]), ""),
        (reverse("mobilise:post_edit", args=[post.id]), ""),
        (reverse("mobilise:post_sheet", args=[post.id]), ""),
        (reverse("mobilise:check_in", args=[post.token]), ""),
        (reverse("mobilise:volunteers"), ""),
        (reverse("mobilise:volunteer_new"), ""),
        (reverse("mobilise:volunteer", args=[turns[0].volunteer_id]), ""),
    ]
    check_everywhere(browser, site, client_of("alice"), pages)


def test_from_one_tap_to_the_hours_on_a_phone(
    browser: Browser, site: str, client_of: Any, post: Post, volunteer: Any, alice: Any
) -> None:
    early, late = shift(alice, post), shift(alice, post, LATE)
    with visitor(browser, site, size=PHONE) as page:
        sign_in(page, site, client_of("volunteer"))
        page.goto(reverse("mobilise:open"))
        settled(page)
        mine = page.locator("li").filter(has_text=EARLY).first
        mine.get_by_role("button", name="我可以").click()
        expect(page.get_by_text("已排上。")).to_be_visible()
        row = page.locator("li").filter(has_text=EARLY).first
        row.get_by_role("button", name="撤销").click()
        expect(page.get_by_text("已撤销。")).to_be_visible()
        page.locator("li").filter(has_text=EARLY).first.get_by_role("button", name="我可以").click()
        expect(page.get_by_text("已排上。")).to_be_visible()
        now = timezone.now()
        with acting(alice):
            Shift.objects.filter(id=early.id).update(
                starts_at=now - dt.timedelta(minutes=5),
                ends_at=now + dt.timedelta(minutes=8),
                cut_off=now - dt.timedelta(hours=1),
            )
            Shift.objects.filter(id=late.id).update(
                starts_at=now + dt.timedelta(minutes=8),
                ends_at=now + dt.timedelta(hours=8),
                cut_off=now,
            )
        page.goto(reverse("mobilise:check_in", args=[post.token]))
        page.get_by_role("button", name="我已到岗").click()
        expect(page.get_by_text("已签到。", exact=False)).to_be_visible()
        page.get_by_label("给下一班的交代").fill("体温枪没电了")
        page.get_by_role("button", name="交班签退").click()
        expect(page.get_by_text("已交班：计入13分钟。")).to_be_visible()
        with acting(volunteer):
            turn = Turn.objects.get(state=Turn.State.PLACED)
            assert (turn.minutes, turn.note) == (13, "体温枪没电了")
        page.goto(reverse("mobilise:shift", args=[late.id]))
        expect(page.get_by_text("体温枪没电了")).to_be_visible()
