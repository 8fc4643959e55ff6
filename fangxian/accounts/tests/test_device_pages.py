"""My phones, and those that administrators look after."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.actions import (
    disable_user,
    make_device_code,
    reset_password,
    reset_second_factor,
)
from fangxian.accounts.models import Device, DeviceCode, User
from fangxian.accounts.sessions import SECOND_FACTOR
from fangxian.accounts.shared import forget_the_past
from fangxian.common.actor import Actor
from fangxian.common.ids import uuid7
from fangxian.regions.models import Region

pytestmark = pytest.mark.django_db
MINE, EVERY = reverse("accounts:devices"), reverse("accounts:every_device")


def make(user: Any, **more: Any) -> Device:
    now = timezone.now()
    return Device.objects.create(
        user=user,
        name="Red phone",
        cookie_hash=uuid7().bytes,
        pull_hash=b"",
        enrolled_at=now,
        last_seen_at=now,
        expires_at=now + dt.timedelta(days=30),
        **more,
    )


def code_on(answer: Any) -> str:
    found = re.search(r"<code>([a-z0-9-]{19})</code>", answer.content.decode())
    assert found
    return found[1]


def enrol(code: str) -> Any:
    return Client().post(
        "/api/field/sync/enrol", {"code": code, "name": "New one"}, content_type="application/json"
    )


def test_a_code_is_shown_and_followed_until_it_is_used(client_of: Any) -> None:
    bob = client_of("bob")
    shown = bob.post(reverse("accounts:device_code"))
    assert shown.status_code == 200
    assert "<svg" in shown.content.decode()
    assert shown["Cache-Control"] == "private, no-store"
    state = reverse("accounts:device_code_state", args=[DeviceCode.objects.get().pk])
    waiting = bob.get(state)
    assert state in waiting.content.decode()
    assert "HX-Retarget" not in waiting
    assert enrol(code_on(shown)).status_code == 200
    over = bob.get(state)
    assert over["HX-Retarget"] == "#device-code"
    assert "New one" in over.content.decode()
    assert "New one" in bob.get(MINE).content.decode()


def test_a_code_says_whether_its_session_had_a_second_factor(client_of: Any) -> None:
    bob = client_of("bob")
    for strong in (True, False):
        session = bob.session
        session[SECOND_FACTOR] = strong
        session.save()
        bob.post(reverse("accounts:device_code"))
        assert DeviceCode.objects.get().strong is strong


def test_it_is_said_where_phones_can_not_open_the_app(client_of: Any) -> None:
    bob = client_of("bob")
    for host, secure, told in (
        ("testserver", False, True),
        ("testserver", True, False),
        ("localhost:8000", False, False),
        ("127.0.0.1", False, False),
    ):
        page = bob.get(MINE, secure=secure, headers={"host": host})
        assert ("fx-note--warn" in page.content.decode()) is told, host


def test_codes_are_forgotten_the_day_after(client_of: Any) -> None:
    client_of("bob").post(reverse("accounts:device_code"))
    DeviceCode.objects.update(expires_at=timezone.now() - dt.timedelta(hours=23))
    assert forget_the_past()["codes"] == 0
    DeviceCode.objects.update(expires_at=timezone.now() - dt.timedelta(hours=25))
    assert forget_the_past()["codes"] == 1


@pytest.mark.parametrize("change", [reset_password, reset_second_factor, disable_user])
def test_enrolments_end_with_a_password_a_factor_or_the_account(
    change: Any, cast: Any, bob: Any
) -> None:
    """Who had the password could have enrolled a phone of his own."""
    device = make(cast.user("bob"))
    make_device_code(by=bob, strong=False)
    User.objects.filter(pk=bob.user_id).update(region=Region.objects.get(code=bob.area))
    by = Actor.system("test", "")
    change(by=by, user_id=bob.user_id, reason="told to somebody")
    device.refresh_from_db()
    assert device.state(timezone.now()) == "expired"
    assert not DeviceCode.objects.exists()


def test_the_page_of_the_account_leads_to_its_phones(client_of: Any, cast: Any) -> None:
    security = client_of("security_administrator")
    url = reverse("accounts:user", args=[cast.user("bob").pk])
    assert EVERY not in security.get(url).content.decode()
    make(cast.user("bob"))
    assert f"{EVERY}?q=bob" in security.get(url).content.decode()


def test_a_code_that_ran_out_says_so(client_of: Any) -> None:
    bob = client_of("bob")
    bob.post(reverse("accounts:device_code"))
    DeviceCode.objects.update(expires_at=timezone.now())
    answer = bob.get(reverse("accounts:device_code_state", args=[DeviceCode.objects.get().pk]))
    assert answer["HX-Reswap"] == "innerHTML"


def test_the_picture_leads_to_the_app_and_tells_no_server_the_code(client_of: Any) -> None:
    """What stands behind the # is not sent when the phone opens the address."""
    from fangxian.accounts.views.devices import APP, CODE
    from fangxian.common.ui.qr import qr

    shown = client_of("bob").post(reverse("accounts:device_code"))
    address = f"http://testserver{APP}{CODE}{code_on(shown)}"
    assert CODE.startswith("#")
    path = re.search(r' d="([^"]+)"', qr(address, "x"))
    assert path
    assert path[1] in shown.content.decode()


def test_ones_own_phone_is_disabled_without_a_word(client_of: Any, cast: Any) -> None:
    device = make(cast.user("bob"))
    answer = client_of("bob").post(reverse("accounts:device_wipe", args=[device.pk]))
    assert answer["Location"] == MINE
    device.refresh_from_db()
    assert (device.wipe, device.disabled_by_id) == (True, cast.user("bob").pk)


def test_anothers_phone_is_none_of_mine(client_of: Any, cast: Any) -> None:
    device = make(cast.user("bob"))
    alice = client_of("alice")
    assert alice.post(reverse("accounts:device_wipe", args=[device.pk])).status_code == 404
    assert alice.get(EVERY).status_code == 403
    assert "Red phone" not in alice.get(MINE).content.decode()


def test_the_way_there_is_shown_to_who_may_go(client_of: Any) -> None:
    assert MINE in client_of("bob").get("/").content.decode()
    assert MINE not in client_of("resident").get("/").content.decode()
    assert EVERY in client_of("security_administrator").get("/accounts/").content.decode()


def test_administrators_see_the_phones_of_their_area(client_of: Any, cast: Any) -> None:
    make(cast.user("bob"))
    make(cast.user("charlie"), disabled_at=timezone.now())
    security = client_of("security_administrator")
    page = security.get(EVERY)
    assert page.content.decode().count("Red phone") == 1
    assert "Bob" in page.content.decode()
    assert security.get(EVERY, {"state": "disabled"}).context["count"] == 0
    assert security.get(EVERY, {"q": "bob", "state": "working"}).context["count"] == 1
    assert security.get(EVERY, {"q": "\x00", "after": "x"}).status_code == 200


def test_an_administrator_disables_wipes_and_enables_with_a_reason(
    client_of: Any, cast: Any
) -> None:
    device = make(cast.user("bob"))
    security = client_of("security_administrator")
    for name, reason, status in (
        ("phone_disable", "no", 422),
        ("phone_disable", "reported lost", 302),
        ("phone_wipe", "reported stolen", 302),
    ):
        url = reverse(f"accounts:{name}", args=[device.pk])
        assert security.post(url, {"reason": reason}).status_code == status, (name, reason)
    device.refresh_from_db()
    assert (device.wipe, device.reason) == (True, "reported stolen")
    assert "reported stolen" in client_of("bob").get(MINE).content.decode()
    url = reverse("accounts:phone_enable", args=[device.pk])
    assert security.post(url, {"reason": "was found"}).status_code == 302
    assert security.post(url, {"reason": "was found"}).status_code == 409
    device.refresh_from_db()
    assert (device.disabled_at, device.wipe) == (None, False)


def test_an_administrator_of_elsewhere_finds_no_phone(client_of: Any, cast: Any) -> None:
    device = make(cast.user("charlie"))
    url = reverse("accounts:phone_wipe", args=[device.pk])
    answer = client_of("security_administrator").post(url, {"reason": "reported stolen"})
    assert answer.status_code == 404


def test_the_list_is_paged(client_of: Any, cast: Any) -> None:
    for _n in range(51):
        make(cast.user("bob"))
    security = client_of("security_administrator")
    first = security.get(EVERY)
    assert (len(first.context["rows"]), first.context["count"]) == (50, 51)
    rest = security.get(EVERY, {"after": first.context["next_after"]})
    assert len(rest.context["rows"]) == 1
