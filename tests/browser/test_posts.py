"""Posts and shifts as they are seen and used: from one tap on a phone to the certificate."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from fangxian.accounts.models import Grant
from fangxian.common.scoping import acting
from fangxian.mobilise import links
from fangxian.mobilise.actions import (
    ask_why,
    draft_roster,
    issue_certificate,
    make_wish,
    put_on,
    take_off,
)
from fangxian.mobilise.asking import task_of
from fangxian.mobilise.models import Obstacle, Post, Shift, Turn
from fangxian.mobilise.solve import answered
from fangxian.mobilise.tests.conftest import DAY, EARLY, LATE, as_volunteer, enlisted, gate, shift
from fangxian.mobilise.tests.test_drafts import ready
from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import OrganisationKind
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
        (reverse("mobilise:volunteer", args=[turns[0].volunteer_id]), ""),
    ]
    check_everywhere(browser, site, client_of("alice"), pages)


def test_from_one_tap_to_the_certificate_on_a_phone(
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
    office = create_organisation(
        by=alice, name="示例居委会", kind=kind, seat=places[places.community]
    )
    early, late = shift(alice, post), shift(alice, post, LATE)
    with visitor(browser, site, size=PHONE) as page:
        sign_in(page, site, client_of("volunteer"))
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
        now = timezone.now()
        with acting(alice):
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
        page.goto(reverse("mobilise:check_in", args=[post.token]))
        page.get_by_role("button", name="我已到岗").click()
        expect(page.get_by_text("已签到。", exact=False)).to_be_visible()
        page.get_by_label("给下一班的交代").fill("体温枪没电了")
        page.get_by_role("button", name="交班签退").click()
        expect(page.get_by_text("已交班：计入13分钟。")).to_be_visible()
        with acting(volunteer):
            turns = Turn.objects.select_related("shift", "volunteer")
            turn = turns.get(state=Turn.State.PLACED)
            assert (turn.minutes, turn.note) == (13, "体温枪没电了")
        page.goto(reverse("mobilise:shift", args=[late.id]))
        expect(page.get_by_text("体温枪没电了")).to_be_visible()
        certificate = issue_certificate(
            by=alice,
            volunteer=turn.volunteer,
            first=turn.shift.day,
            last=turn.shift.day,
            issuer=office,
        )
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
