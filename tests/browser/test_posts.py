"""Posts and shifts as they are seen and used: from one tap on a phone to the certificate."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from fangxian.accounts.models import Grant
from fangxian.common.scoping import acting
from fangxian.mobilise import links
from fangxian.mobilise.actions import (
    ask_why,
    draft_roster,
    make_wish,
    put_on,
    take_off,
)
from fangxian.mobilise.asking import task_of
from fangxian.mobilise.models import Certificate, Obstacle, Post, Shift, Turn
from fangxian.mobilise.solve import answered
from fangxian.mobilise.tests.conftest import DAY, EARLY, LATE, as_volunteer, enlisted, gate, shift
from fangxian.mobilise.tests.test_drafts import ready
from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import OrganisationKind
from tests.browser.kit import (
    PHONE,
    check_everywhere,
    no_sideways_scroll,
    settled,
    sign_in,
    touch_targets,
    visitor,
)
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
    gone = put_on(by=alice, shift=shift(alice, post, LATE, at=1), volunteer=people[0])
    take_off(by=alice, turn=gone)

    day = early.day
    draft = ready(alice, draft_roster(by=alice, place=home, first=day, last=day + DAY))
    make_wish(by=alice, volunteer=people[0], kind="off", weekday=1, part="night")
    obstacle = ask_why(by=alice, shift=shift(alice, post, LATE), draft=draft)
    with acting(alice):
        task = task_of(obstacle)
        assert task is not None
        answer = answered(task, obstacle.shift_id)
        Obstacle.objects.update(answer=answer, answered_at=timezone.now())
    pages = [
        (reverse("mobilise:drafts"), ""),
        (reverse("mobilise:draft_new"), ""),
        (reverse("mobilise:draft_repair"), ""),
        (reverse("mobilise:draft", args=[draft.id]), "roster-draft"),
        (reverse("mobilise:draft", args=[draft.id]) + "?by=person", ""),
        (reverse("mobilise:obstacle", args=[obstacle.id]), ""),
        (reverse("mobilise:wishes_of", args=[people[0].id]), "wishes"),
        (reverse("mobilise:week"), "roster"),
        (f"{reverse('mobilise:gantt')}?day={early.day}", "roster-hours"),
        (f"{reverse('mobilise:month')}?day={early.day}", ""),
        (f"{reverse('mobilise:month')}?day={early.day}&span=week", ""),
        (reverse("mobilise:load"), ""),
        (reverse("mobilise:certificate_new", args=[turns[0].volunteer_id]), ""),
        (f"{reverse('mobilise:my_calendar')}?day={early.day}", ""),
        (f"{reverse('mobilise:my_calendar')}?day={early.day}&span=month", ""),
        (reverse("mobilise:open"), "open-shifts"),
        (reverse("mobilise:mine"), ""),
        (reverse("mobilise:shift", args=[early.id]), "shift"),
        (reverse("mobilise:shift", args=[gone.shift_id]), ""),
        (reverse("mobilise:replace", args=[gone.id]), ""),
        (reverse("mobilise:heads", args=[early.id]), ""),
        (reverse("mobilise:posts"), ""),
        (reverse("mobilise:post_new"), ""),
        (reverse("mobilise:post", args=[post.id]), ""),
        (reverse("mobilise:post_edit", args=[post.id]), ""),
        (reverse("mobilise:post_sheet", args=[post.id]), ""),
        (reverse("mobilise:check_in", args=[post.token]), ""),
        (reverse("mobilise:volunteers"), ""),
        (reverse("mobilise:volunteer_new"), ""),
        (reverse("mobilise:volunteer_known"), ""),
        (reverse("mobilise:volunteer", args=[turns[0].volunteer_id]), ""),
    ]
    check_everywhere(browser, site, client_of("alice"), pages)


def test_from_the_call_to_the_certificate_on_a_phone(
    browser: Browser,
    site: str,
    client_of: Any,
    post: Post,
    volunteer: Any,
    alice: Any,
    places: Any,
) -> None:
    with acting(alice):
        kind = OrganisationKind.objects.get(code="department")
    create_organisation(by=alice, name="示例居委会", kind=kind, seat=places[places.community])
    early, late = shift(alice, post), shift(alice, post, LATE)
    with (
        visitor(browser, site, size=PHONE) as staff,
        visitor(browser, site, size=PHONE) as page,
    ):
        sign_in(staff, site, client_of("alice"))
        sign_in(page, site, client_of("volunteer"))
        _called_and_placed(staff, page, places)

        page.goto(reverse("mobilise:open"))
        settled(page)
        mine = page.locator("li").filter(has_text=EARLY).first
        mine.get_by_role("button", name="我可以").click()
        expect(page.get_by_text("已排上。")).to_be_visible()
        row = page.locator("li").filter(has_text=EARLY).first
        row.get_by_role("button", name="取消报名").click()
        expect(page.get_by_text("已取消报名。")).to_be_visible()
        page.locator("li").filter(has_text=EARLY).first.get_by_role("button", name="我可以").click()
        expect(page.get_by_text("已排上。")).to_be_visible()
        # On the roster it stands in the week of the day, with one's own name in the bar of hours.
        page.goto(f"{reverse('mobilise:my_calendar')}?day={early.day}")
        expect(page.get_by_role("link", name=EARLY)).to_be_visible()
        page.goto(f"{reverse('mobilise:gantt')}?day={early.day}")
        expect(page.locator(".fx-gantt__bar").filter(has_text="示例志愿者")).to_be_visible()
        _begun(alice, early, late)
        _in_and_out(staff, page, post)
        with acting(volunteer):
            turns = Turn.objects.select_related("shift", "volunteer")
            turn = turns.get(state=Turn.State.PLACED)
            assert (turn.minutes, turn.note) == (13, "体温枪没电了")
        page.goto(reverse("mobilise:shift", args=[late.id]))
        expect(page.get_by_text("体温枪没电了")).to_be_visible()

        staff.goto(reverse("mobilise:volunteer", args=[turn.volunteer_id]))
        staff.get_by_role("link", name="出具证明").click()
        expect(staff.get_by_label("出具单位")).to_have_value("示例居委会")
        staff.locator("main form button.btn-primary").click()
        expect(staff.get_by_text("已出具，编号", exact=False)).to_be_visible()
        with acting(alice):
            certificate = Certificate.objects.get(volunteer=turn.volunteer_id)
        page.goto(reverse("mobilise:mine"))
        with page.expect_download() as fetched:
            page.get_by_role("link", name=f"下载PDF：{certificate.number}").click()
        assert fetched.value.suggested_filename == f"{certificate.number}.pdf"
        assert Path(fetched.value.path()).read_bytes().startswith(b"%PDF-")
    # Whoever holds the paper reads its QR, without an account.
    with visitor(browser, site, size=PHONE) as page:
        page.goto(reverse("mobilise:proof", args=[links.seal_of(certificate)]))
        expect(page.get_by_text("本证明有效。")).to_be_visible()
        expect(page.get_by_text("13分钟")).to_be_visible()


def _called_and_placed(staff: Page, page: Page, places: Any) -> None:
    """Staff call, the volunteer pledges by one tap, a proposal is accepted: he has a place."""
    staff.goto(reverse("mobilise:call_new"))
    staff.get_by_label("标题").fill("示例卡口征召")
    staff.locator("[name=line-0-place]").fill(places.community)
    staff.locator("[name=line-0-heads]").fill("1")
    _fits(staff)
    staff.get_by_role("button", name="保存", exact=True).click()
    staff.get_by_role("link", name="再看一遍并发出").click()
    _fits(staff)
    staff.get_by_role("button", name="照此发出").click()
    expect(staff.get_by_text("已发出，联络员和志愿者已收到通知。")).to_be_visible()
    at = urlsplit(staff.url).path

    page.goto("/")
    page.locator("main").get_by_role("link", name="征召志愿者").first.click()
    page.get_by_role("button", name="我请战").click()
    expect(page.get_by_text("已请战。有岗位时会通知您。")).to_be_visible()
    _fits(page)

    staff.goto(at)
    staff.get_by_role("button", name="计算谁去何处").click()
    _fits(staff)
    staff.get_by_role("button", name="采用此方案").click()
    expect(staff.get_by_text("已落位并通知1人。")).to_be_visible()
    _fits(staff)
    page.goto(reverse("mobilise:my_calls"))
    expect(page.locator("main").get_by_text("已确认")).to_be_visible()
    _fits(page)


def _begun(by: Any, early: Shift, late: Shift) -> None:
    """The early shift is under way and nearly over, the late one follows it."""
    now = timezone.now()
    with acting(by):
        Shift.objects.filter(id=early.id).update(
            day=timezone.localdate(),
            starts_at=now - dt.timedelta(minutes=5),
            ends_at=now + dt.timedelta(minutes=8),
            cut_off=now - dt.timedelta(hours=1),
        )
        Shift.objects.filter(id=late.id).update(
            starts_at=now + dt.timedelta(minutes=8),
            ends_at=now + dt.timedelta(hours=8),
            cut_off=now,
        )


def _in_and_out(staff: Page, page: Page, post: Post) -> None:
    """The letters below the QR that hangs at the post lead where it leads."""
    staff.goto(reverse("mobilise:post_sheet", args=[post.id]))
    expect(staff.locator("main svg").first).to_be_visible()
    letters = staff.locator("main code").inner_text()
    page.goto(reverse("mobilise:mine"))
    page.get_by_text("二维码扫不了？").click()
    page.get_by_label("二维码下面的字母").fill(letters)
    page.get_by_role("button", name="签到").click()
    page.get_by_role("button", name="我已到岗").click()
    expect(page.get_by_text("已签到。", exact=False)).to_be_visible()
    page.get_by_label("给下一班的交代").fill("体温枪没电了")
    page.get_by_role("button", name="交班签退").click()
    expect(page.get_by_text("已交班：计入13分钟。")).to_be_visible()


def _fits(page: Page) -> None:
    no_sideways_scroll(page)
    touch_targets(page)
