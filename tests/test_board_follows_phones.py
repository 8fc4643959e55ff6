"""The board shows what a phone sent once it asks again, and an open one asks each two seconds."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.actions import make_device_code
from fangxian.command import polling
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household
from tests.kit.phone import Phone

WITHIN = 2


def test_the_board_changes_within_two_seconds_of_a_push(
    cast: Any, places: Any, client_of: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tag also ends every five minutes; here it is what was sent that changes it.
    moment = timezone.now()
    monkeypatch.setattr(polling, "timezone", SimpleNamespace(now=lambda: moment))
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    campaign = begin(hq, places)
    client = client_of("alice")
    url = reverse("command:board_place", args=[campaign.id, places.community])
    shown = client.get(url)
    wall = client_of("headquarters").get(reverse("command:wall"))
    for region, page in (("board", shown), ("wall", wall)):
        every = re.search(rf'id="{region}"[^>]* data-every="(\d+)"', page.content.decode())
        assert every is not None
        assert int(every[1]) < WITHIN
    poll = {"HX-Request": "true", "If-None-Match": shown["ETag"]}
    assert client.get(url, headers=poll).status_code == 304
    phone = Phone(Client())
    assert phone.enrol(make_device_code(by=bob, strong=False).code).status_code == 200
    phone.pull()
    phone.visit(phone.doors()[0])
    assert phone.push()[0]["result"] == "applied"
    changed = client.get(url, headers=poll)
    assert changed.status_code == 200
    assert changed["ETag"] != shown["ETag"]
    assert [_tiles(shown)[:4], _tiles(changed)[:4]] == [["1", "0", "0", "1"], ["1", "1", "0", "0"]]


def _tiles(page: Any) -> list[str]:
    """Households to visit, visited, exempt, not covered."""
    return re.findall(r"fx-tile__value[^>]*>\s*(?:<a [^>]*>)?([\d,]+)", page.content.decode())
