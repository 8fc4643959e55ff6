"""The elders' edition goes with the account: without scripts, and on another device."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from fangxian.accounts.models import User

TODAY = reverse("command:today")
SWITCH = reverse("accounts:elders")


def large(client: Any) -> bool:
    return 'class="fx-elders"' in client.get(TODAY).content.decode()


def test_large_text_goes_with_the_account(client_of: Any, cast: Any) -> None:
    client = client_of("alice")
    assert not large(client)
    answer = client.post(SWITCH, {"on": "1", "next": reverse("core:tasks")})
    assert answer.url == reverse("core:tasks")
    assert User.objects.get(username="alice").elders_edition
    assert large(client)
    assert large(client_of("alice")), "another device"
    assert not large(client_of("bob"))
    client.cookies["fangxian_elders"] = "22"
    assert 'data-fx-text="22"' in client.get(TODAY).content.decode()
    off = client.post(SWITCH, {"on": ""})
    assert off.cookies["fangxian_elders"].value == ""
    assert not large(client)


def test_a_script_is_answered_shortly_and_nobody_is_led_elsewhere(client_of: Any) -> None:
    client = client_of("alice")
    answer = client.post(SWITCH, {"on": "1"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    elsewhere = client.post(SWITCH, {"on": "1", "next": "https://example.org/"})
    assert elsewhere.url == "/"
