"""Several requests of phones at the same moment, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from fangxian.accounts.actions import make_device_code
from fangxian.accounts.models import Device, DeviceHolder
from fangxian.common.scoping import acting
from fangxian.core.models import File
from fangxian.field.models import Photo
from fangxian.field.tests.conftest import begin
from fangxian.field.tests.test_photos import SCHEMA, announce, put, with_photo
from fangxian.register.actions import create_household
from tests.kit.cast import make_cast, make_places
from tests.kit.phone import Phone

AT_ONCE = 5


def together(ask: Callable[[], Any]) -> list[Any]:
    """What ``AT_ONCE`` threads got that asked at the same moment."""
    ready = threading.Barrier(AT_ONCE)

    def one(_n: int) -> Any:
        try:
            ready.wait(20)
            return ask()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


@pytest.mark.slow
def test_a_code_scanned_by_five_phones_enrols_one(fresh_database: str) -> None:
    bob = make_cast(make_places()).actor("bob")
    code = make_device_code(by=bob, strong=False).code
    told = together(lambda: Phone(Client()).enrol(code))
    assert sorted(answer.status_code for answer in told) == [200, 403, 403, 403, 403]
    assert {answer.json().get("code") for answer in told} == {None, "code_used"}
    assert (Device.objects.count(), DeviceHolder.objects.count()) == (1, 1)


@pytest.mark.slow
def test_a_photo_whose_last_part_comes_five_times_is_stored_once(fresh_database: str) -> None:
    places = make_places()
    cast = make_cast(places)
    hq, bob = cast.actor("headquarters"), cast.actor("bob")
    create_household(by=hq, place_code=places.unit, room="101")
    begin(hq, places, schema=SCHEMA, every_door=True)
    phone = Phone(Client())
    phone.enrol(make_device_code(by=bob, strong=False).code)
    phone.pull()
    shot, _one = with_photo(phone)
    assert {answer.json()["state"] for answer in together(lambda: announce(phone, shot))} == {
        "receiving"
    }
    put(phone, shot, 0, shot.box[:500])
    told = together(lambda: put(phone, shot, 500, shot.box[500:]))
    assert [answer.json()["state"] for answer in told] == ["stored"] * AT_ONCE
    with acting(bob):
        assert (Photo.objects.count(), File.objects.count()) == (1, 1)
