"""Two who record the same at once: the second waits for the first, then is told."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.people import queue
from fangxian.people.matching import unpaired
from fangxian.people.models import MergeCandidate, PersonDocument
from fangxian.register import actions
from fangxian.register.tests.ledgers import identity
from tests.kit.cast import make_places

BY = Actor.system("test", "1309")
DAY = dt.date(2021, 3, 1)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"


def both(action: Callable[[], Any]) -> Any:
    """Run it in an open transaction and, meanwhile, in another. Returns what the other met."""
    done = threading.Event()

    def second() -> Any:
        try:
            return action()
        except Conflict as error:
            return error
        finally:
            done.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with acting(BY):
            action()
            other = pool.submit(second)
            while not done.wait(0.02):
                with connection.cursor() as cursor:
                    cursor.execute(WAITING)
                    if cursor.fetchone()[0]:
                        break
        return other.result(30)


@pytest.mark.usefixtures("fresh_database")
def test_the_second_of_two_at_once_is_told() -> None:
    places = make_places()
    door = {"by": BY, "place_code": places.unit, "room": "101"}
    assert isinstance(both(lambda: actions.create_household(**door)), Conflict)
    with acting(BY):
        homes = [
            actions.create_household(by=BY, place_code=places.unit, room=room)
            for room in ("102", "103")
        ]
    number = [("identity", identity(2))]
    at = iter(homes)
    known = {"by": BY, "on": DAY, "name": "张伟", "documents": number}
    met = both(lambda: actions.move_in(household_id=next(at).pk, **known))
    assert isinstance(met, Conflict)
    head = {"by": BY, "household_id": homes[0].pk, "on": DAY, "relation": "head"}
    assert isinstance(both(lambda: actions.move_in(name="李四", **head)), Conflict)


@pytest.mark.usefixtures("fresh_database")
def test_equal_documents_that_nobody_was_asked_about_are_paired_at_night() -> None:
    places = make_places()
    with acting(BY):
        home = actions.create_household(by=BY, place_code=places.unit, room="101")
        persons = [
            actions.move_in(by=BY, household_id=home.pk, on=DAY, name=name).person_id
            for name in ("张伟", "张炜")
        ]
        for person in persons:
            PersonDocument(person_id=person, kind="passport", number="E12345678").save()
    assert unpaired(10) == [tuple(sorted(persons))]
    assert queue.pair_equal_documents(BY) == 1
    assert unpaired(10) == []
    with acting(BY):
        assert MergeCandidate.objects.get().reason == "document"
