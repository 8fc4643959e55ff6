"""Races and a restored server, with real commits; three phones converge to the model."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from fangxian.accounts.actions import make_device_code
from fangxian.common.history import history_of
from fangxian.common.scoping import acting
from fangxian.config.cli import backup
from fangxian.field.models import FieldConflict, Operation, Target, Visit
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household
from fangxian.register.models import Household
from tests.kit import office
from tests.kit.cast import Cast, Places, make_cast, make_places
from tests.kit.converge import World, run
from tests.kit.phone import Phone


@pytest.fixture
def ground_of_eight(fresh_database: str, django_db_blocker: Any) -> Iterator[tuple[Places, Cast]]:
    """The cast and a sweep of eight doors, committed."""
    with django_db_blocker.unblock():
        places = make_places()
        cast = make_cast(places)
        hq = cast.actor("headquarters")
        for at in range(8):
            create_household(by=hq, place_code=places.unit, room=f"{at // 2 + 1}0{at % 2 + 1}")
        begin(hq, places)
        yield places, cast


def phones_of(cast: Cast, count: int) -> list[Phone]:
    phones = []
    for _number in range(count):
        phone = Phone(Client())
        told = phone.enrol(make_device_code(by=cast.actor("bob"), strong=False).code)
        assert told.status_code == 200, told.content
        phones.append(phone)
    return phones


def test_the_same_operation_five_times_in_parallel_is_one(
    ground_of_eight: tuple[Places, Cast],
) -> None:
    _places, cast = ground_of_eight
    (phone,) = phones_of(cast, 1)
    phone.pull()
    home = phone.all("household")[0]
    phone.visit(phone.doors()[0])
    phone.visit(phone.doors()[1], "absent")
    phone.record("household", home["id"], {"note": "x"}, base=home["version"])

    def send(_number: int) -> list[str]:
        try:
            return [one["result"] for one in phone.send(phone.queue).json()["answers"]]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(send, range(5)))
    for answers in zip(*told, strict=True):
        assert sorted(answers) == ["applied"] + ["duplicate"] * 4
    with acting(cast.actor("bob")):
        assert Visit.objects.count() == 2
        assert history_of(Household).objects.filter(pgh_obj_id=home["id"]).count() == 2
    assert Operation.objects.count() == 3


def test_two_workers_in_parallel_lose_nothing(ground_of_eight: tuple[Places, Cast]) -> None:
    _places, cast = ground_of_eight
    phones = phones_of(cast, 4)
    for number, phone in enumerate(phones):
        phone.pull()
        for door in phone.doors():
            phone.visit(door, "absent")
        for home in phone.all("household"):
            phone.record("household", home["id"], {"note": f"n{number}"}, base=home["version"])

    def send(phone: Phone) -> None:
        try:
            while phone.queue:
                phone.push()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, phones))
    results = [one["result"] for phone in phones for one in phone.answers.values()]
    assert results.count("applied") == 4 * 8 + 8
    assert results.count("conflict") == 3 * 8
    with acting(cast.actor("bob")):
        assert Visit.objects.count() == 32
        assert set(Target.objects.values_list("visits", flat=True)) == {4}
        rows = FieldConflict.objects.all()
        assert len(rows) == 8
        for row in rows:
            for number in range(4):
                assert f'"n{number}"' in (row.values or "")


class InProcess:
    """A server for ``World``: the product in this process; a backup is a copy of the database."""

    def __init__(self, name: str) -> None:
        self.name, self.copy = name, f"{name}_backup"

    def phone(self) -> Phone:
        return Phone(Client())

    def call(self, name: str, *arguments: Any) -> Any:
        return json.loads(json.dumps(office.CALLS[name](*arguments)))

    def back_up(self) -> None:
        connections.close_all()
        settings.SERVER.drop_database(self.copy)
        settings.SERVER.create_database(self.copy, template=self.name)

    def restore(self) -> None:
        connections.close_all()
        settings.SERVER.drop_database(self.name)
        settings.SERVER.create_database(self.name, template=self.copy)
        backup._change_epoch(settings.SERVER.dsn("superuser", self.name))

    def falling(self) -> AbstractContextManager[None]:
        return nullcontext()

    def end_worker(self) -> None:
        """There is none."""

    def drop(self) -> None:
        settings.SERVER.drop_database(self.copy)


def converge(database: str, seed: int, operations: int) -> World:
    """One run in this process."""
    server = InProcess(database)
    world = World(server, random.Random(seed))
    try:
        run(world, operations)
    finally:
        server.drop()
    assert len(world.made) == operations
    assert world.faults > 0
    assert {"applied", "held"} <= world.told
    return world


@pytest.mark.slow(15)
@pytest.mark.parametrize("seed", [1, 2])
def test_three_phones_converge(
    ground_of_eight: tuple[Places, Cast], fresh_database: str, seed: int
) -> None:
    converge(fresh_database, seed, 150)
