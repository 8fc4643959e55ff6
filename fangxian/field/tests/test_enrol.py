"""Enrolling a phone, and what a thief with it can do."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from fangxian.accounts import devices
from fangxian.accounts.actions import (
    disable_device,
    enable_device,
    make_device_code,
)
from fangxian.accounts.devices import COOKIE, DeviceRefused
from fangxian.accounts.models import Device, DeviceCode, DeviceHolder, SecurityAlert, User
from fangxian.common.errors import Forbidden, OutOfScope, TooMany
from fangxian.common.ids import uuid7
from tests.kit.phone import Phone

ENROL = "/api/field/sync/enrol"
pytestmark = pytest.mark.django_db


def enrol(client: Client, code: str, **more: Any) -> Any:
    body = {"code": code, "device_id": None, "name": "Phone", "platform": "Test", "schema": 1}
    return client.post(ENROL, body | more, content_type="application/json")


def phone(by: Any, **more: Any) -> tuple[Client, dict[str, Any]]:
    client = Client()
    answer = enrol(client, make_device_code(by=by, strong=False).code, **more)
    assert answer.status_code == 200, answer.content
    return client, answer.json()


def asked(client: Client, token: str = "") -> Any:
    """A request as the client's phone would send it."""
    from django.test import RequestFactory

    request = RequestFactory().post("/", headers={"Authorization": f"Bearer {token}"})
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    return request


def refusal(client: Client, token: str) -> DeviceRefused:
    request = asked(client, token)
    device = devices.device_of(request)
    assert device is not None
    with pytest.raises(DeviceRefused) as refused:
        devices.require_pull(request, device)
    return refused.value


def test_a_code_enrols_a_phone(bob: Any) -> None:
    client, told = phone(bob)
    device = Device.objects.get()
    assert told["device_id"] == str(device.pk)
    assert told["user_id"] == str(bob.user_id)
    assert told["user_name"] == "Bob"
    assert told["lease_hours"] == 72
    assert told["seal_key"]["id"]
    assert told["grids"] == [{"code": bob.area, "name": "第1网格"}]
    cookie = client.cookies[COOKIE]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == (
        "/api/field/sync",
        "Strict",
        True,
    )
    request = asked(client, told["pull_token"])
    assert devices.device_of(request) == device
    devices.require_pull(request, device)
    # Neither secret is kept.
    row = str(Device.objects.values().get())
    assert cookie.value not in row
    assert told["pull_token"] not in row


def test_every_answer_is_marked(bob: Any) -> None:
    code = make_device_code(by=bob, strong=False).code
    answers = [enrol(Client(), code), enrol(Client(), code), enrol(Client(), "", name="x")]
    assert [answer.status_code for answer in answers] == [200, 403, 422]
    assert {answer["X-Fangxian"] for answer in answers} == {"sync"}
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-hant", "本設備未登記。"), ("en", "This phone is not enrolled."), ("", "本设备未登记。")],
)
def test_reasons_are_in_the_language_of_the_app_not_of_the_web(language: str, said: str) -> None:
    phone = Phone(Client())
    phone.client.cookies["fangxian_language"] = "en" if language != "en" else "zh-hans"
    body = {"device": str(uuid7()), "epoch": "", "operations": []}
    told = phone.post("push", body, **{"Accept-Language": language} if language else {})
    assert told.status_code == 401
    assert told.json()["message"] == said


def test_a_code_is_read_however_it_was_typed(bob: Any) -> None:
    code = make_device_code(by=bob, strong=False).code
    assert enrol(Client(), f" {code.upper().replace('-', ' ')} ").status_code == 200


def test_a_code_is_good_once(bob: Any) -> None:
    code = make_device_code(by=bob, strong=False).code
    assert enrol(Client(), code).status_code == 200
    again = enrol(Client(), code)
    assert (again.status_code, again.json()["code"]) == (403, "code_used")
    assert "mend" in again.json()
    assert Device.objects.count() == 1


def test_a_code_runs_out(bob: Any) -> None:
    code = make_device_code(by=bob, strong=False).code
    DeviceCode.objects.update(expires_at=timezone.now())
    answer = enrol(Client(), code)
    assert (answer.status_code, answer.json()["code"]) == (403, "code_expired")


def test_a_new_code_ends_the_one_before(bob: Any) -> None:
    first = make_device_code(by=bob, strong=False).code
    make_device_code(by=bob, strong=False)
    assert enrol(Client(), first).json()["code"] == "code_unknown"


def test_a_phone_that_lost_its_cookie_is_its_holders_still(bob: Any, alice: Any) -> None:
    """What waits on it is sealed under its id; nobody else can take that id over."""
    _client, told = phone(bob)
    _anew, again = phone(bob, device_id=told["device_id"])
    assert again["device_id"] == told["device_id"]
    _other, hers = phone(alice, device_id=told["device_id"])
    assert hers["device_id"] != told["device_id"]


def test_codes_that_do_not_hold_raise_an_alert(cast: Any) -> None:
    for _n in range(20):
        assert enrol(Client(), "abcd-abcd").status_code == 403
    assert SecurityAlert.objects.get().kind == "enrolment"


def test_fifty_enrolments_a_minute_are_too_many(cast: Any) -> None:
    statuses = [enrol(Client(), "abcd").status_code for _n in range(50)]
    assert statuses == [403] * 30 + [429] * 20
    last = enrol(Client(), "abcd")
    assert last.json()["code"] == "too_many"
    assert last["Retry-After"] == "60"


def test_codes_asked_for_are_limited(bob: Any) -> None:
    for _n in range(20):
        make_device_code(by=bob, strong=False)
    with pytest.raises(TooMany):
        make_device_code(by=bob, strong=False)


def test_who_may_not_work_with_a_phone_gets_no_code(cast: Any) -> None:
    with pytest.raises(Forbidden):
        make_device_code(by=cast.actor("resident"), strong=False)


def test_an_account_that_was_closed_enrols_nothing(bob: Any) -> None:
    code = make_device_code(by=bob, strong=False).code
    User.objects.filter(pk=bob.user_id).update(is_active=False)
    assert enrol(Client(), code).json()["code"] == "no_right"


# The thief


def test_the_cookie_alone_does_not_read(bob: Any) -> None:
    client, _told = phone(bob)
    for token in ("", "guess"):
        told = refusal(client, token)
        assert (told.status, told.code) == (401, "sign_in_again")
    assert devices.device_of(asked(client)) is not None


def pulled(phone: Phone) -> tuple[int, str, bool | None]:
    answer = phone.ask()
    told = answer.json()
    assert "records" not in told or answer.status_code == 200
    return answer.status_code, told.get("code", ""), told.get("wipe")


def test_the_thief_of_an_unlocked_phone_pulls_nothing(bob: Any) -> None:
    """He has its cookie; the token is locked by the PIN. Later the phone is disabled and wiped."""
    mine = Phone(Client())
    mine.enrol(make_device_code(by=bob, strong=False).code)
    assert pulled(mine) == (200, "", None)
    thief = Phone(mine.client, mine.device_id, mine.user_id, epoch=mine.epoch)
    for token in ("", "guess", mine.client.cookies[COOKIE].value):
        thief.token = token
        assert pulled(thief) == (401, "sign_in_again", None)
    # Nor with the token and another phone's cookie.
    elsewhere = Phone(Client(), mine.device_id, mine.user_id, mine.token, mine.epoch)
    assert pulled(elsewhere) == (401, "not_enrolled", None)
    Device.objects.update(expires_at=timezone.now())
    assert pulled(mine) == (401, "sign_in_again", None)
    disable_device(by=bob, device_id=UUID(mine.device_id), reason="")
    assert pulled(mine) == (403, "device_disabled", False)
    disable_device(by=bob, device_id=UUID(mine.device_id), reason="", wipe=True)
    assert pulled(mine) == (403, "device_disabled", True)
    assert Device.objects.get().state(timezone.now()) == "wiped"


def test_a_token_is_that_of_its_phone(bob: Any, alice: Any) -> None:
    client, _told = phone(bob)
    _other, told = phone(alice)
    assert refusal(client, told["pull_token"]).code == "sign_in_again"


def test_a_phone_disabled_by_its_holder_reads_nothing(bob: Any) -> None:
    client, told = phone(bob)
    disable_device(by=bob, device_id=Device.objects.get().pk, reason="stolen", wipe=True)
    refused = refusal(client, told["pull_token"])
    assert (refused.status, refused.code, refused.wipe) == (403, "device_disabled", True)
    device = devices.device_of(asked(client))
    assert device is not None
    assert device.wipe_told_at is not None


def test_a_wrong_token_does_not_say_that_it_was_wiped(bob: Any) -> None:
    """Only what can be read is at stake: also without the token the phone is told to wipe."""
    client, _told = phone(bob)
    disable_device(by=bob, device_id=Device.objects.get().pk, reason="stolen", wipe=True)
    assert refusal(client, "").wipe is True


def test_an_enrolment_runs_out(bob: Any) -> None:
    client, told = phone(bob)
    Device.objects.update(expires_at=timezone.now())
    refused = refusal(client, told["pull_token"])
    assert (refused.status, refused.code) == (401, "sign_in_again")
    # What it sends is still taken.
    device = devices.device_of(asked(client))
    assert device is not None
    assert devices.actors_of(device, bob.user_id)


def test_enrolling_again_in_place_keeps_the_device(bob: Any) -> None:
    client, told = phone(bob)
    Device.objects.update(expires_at=timezone.now())
    before = client.cookies[COOKIE].value
    code = make_device_code(by=bob, strong=False).code
    again = enrol(client, code, device_id=told["device_id"]).json()
    assert again["device_id"] == told["device_id"]
    assert again["pull_token"] != told["pull_token"]
    assert client.cookies[COOKIE].value != before
    assert DeviceHolder.objects.count() == 1
    assert refusal(client, told["pull_token"]).code == "sign_in_again"


def test_a_device_is_not_taken_over_without_its_cookie(bob: Any, alice: Any) -> None:
    _client, told = phone(bob)
    _thief, other = phone(alice, device_id=told["device_id"])
    assert other["device_id"] != told["device_id"]
    assert Device.objects.get(pk=told["device_id"]).user_id == bob.user_id


def test_a_phone_that_a_restored_server_does_not_know_keeps_its_id(bob: Any) -> None:
    """What waits on it was sealed under that id."""
    client, told = phone(bob)
    Device.objects.all().delete()
    code = make_device_code(by=bob, strong=False).code
    again = enrol(client, code, device_id=told["device_id"]).json()
    assert again["device_id"] == told["device_id"]
    assert Device.objects.get().user_id == bob.user_id


def test_a_phone_that_is_handed_on(bob: Any, alice: Any) -> None:
    client, told = phone(bob)
    code = make_device_code(by=alice, strong=False).code
    handed = enrol(client, code, device_id=told["device_id"]).json()
    assert handed["device_id"] == told["device_id"]
    device = Device.objects.get()
    assert device.user_id == alice.user_id
    now = timezone.now()
    # Each operation names its own actor: what Bob had recorded still goes out as his.
    (bobs,) = devices.actors_of(device, bob.user_id, now)
    assert (bobs.name, bobs.area, bobs.source) == ("bob", bob.area, f"device {device.pk}")
    assert devices.actors_of(device, alice.user_id, now)
    # Not what he can't have recorded any more.
    assert devices.actors_of(device, bob.user_id, now + dt.timedelta(days=2)) == []


def test_who_acts_by_a_phone(bob: Any, charlie: Any) -> None:
    _client, _told = phone(bob)
    device = Device.objects.get()
    (acts,) = devices.actors_of(device, bob.user_id)
    assert (acts.grant_id, acts.area, acts.rights) == (bob.grant_id, bob.area, bob.rights)
    assert devices.actors_of(device, charlie.user_id) == []
    User.objects.filter(pk=bob.user_id).update(is_active=False)
    assert devices.actors_of(device, bob.user_id) == []


def test_wide_roles_need_the_second_factor_on_the_phone_too(cast: Any, settings: Any) -> None:
    settings.FANGXIAN_SECOND_FACTOR = True
    by = cast.actor("headquarters")
    weak = enrol(Client(), make_device_code(by=by, strong=False).code)
    assert weak.json()["code"] == "no_right"
    strong = enrol(Client(), make_device_code(by=by, strong=True).code)
    assert strong.status_code == 200
    device = Device.objects.get()
    assert devices.actors_of(device, by.user_id)
    DeviceHolder.objects.update(strong=False)
    assert devices.actors_of(device, by.user_id) == []


def test_only_administrators_of_the_area_disable_anothers(
    bob: Any, alice: Any, charlie: Any, cast: Any
) -> None:
    phone(bob)
    device = Device.objects.get()
    with pytest.raises(Forbidden):
        disable_device(by=alice, device_id=device.pk, reason="not mine")
    with pytest.raises(OutOfScope):
        disable_device(by=charlie, device_id=device.pk, reason="not mine")
    disable_device(by=cast.actor("security_administrator"), device_id=device.pk, reason="lost")


def test_what_administrators_disabled_its_holder_does_not_enable(bob: Any, cast: Any) -> None:
    client, told = phone(bob)
    by = cast.actor("security_administrator")
    device_id = Device.objects.get().pk
    disable_device(by=by, device_id=device_id, reason="lost", wipe=True)
    # Nor by disabling it once more himself.
    disable_device(by=bob, device_id=device_id, reason="mine")
    code = make_device_code(by=bob, strong=False).code
    refused = enrol(client, code, device_id=told["device_id"])
    assert (refused.status_code, refused.json()["code"]) == (403, "device_disabled")
    enable_device(by=by, device_id=device_id, reason="found again")
    # What was told to wipe holds nothing: only a code opens it.
    assert refusal(client, told["pull_token"]).code == "sign_in_again"
    assert enrol(client, code, device_id=told["device_id"]).status_code == 200


def test_what_the_holder_disabled_he_enrols_again(bob: Any) -> None:
    client, told = phone(bob)
    disable_device(by=bob, device_id=Device.objects.get().pk, reason="mislaid")
    code = make_device_code(by=bob, strong=False).code
    assert enrol(client, code, device_id=told["device_id"]).status_code == 200
    assert Device.objects.get().disabled_at is None


def test_no_secret_gets_into_the_history(bob: Any) -> None:
    from django.apps import apps

    phone(bob)
    history: Any = apps.get_model("accounts", "DeviceHistory")
    row = history.objects.values().get()
    assert not {"cookie_hash", "pull_hash"} & row.keys()
    assert row["pgh_context"]["who"] == "bob"


def test_no_session_of_the_web_is_asked_and_none_helps(client_of: Any) -> None:
    """A page of another site can't enrol by somebody's session: it is not looked at."""
    assert enrol(client_of("alice"), "abcd").json()["code"] == "code_unknown"
