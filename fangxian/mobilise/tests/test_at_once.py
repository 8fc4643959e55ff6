"""Fifty taps on the last place: one has it, the others stand in line, in the order they came."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from fangxian.accounts.models import Grant, User
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.mobilise import line
from fangxian.mobilise.actions import NewPattern, take_off
from fangxian.mobilise.models import Shift, Turn
from fangxian.mobilise.registered import counted
from fangxian.mobilise.tests.conftest import EARLY, enlisted, gate, shift
from fangxian.regions.models import Region
from tests.kit.cast import START, make_places

BY = Actor.system("test", "1309")
TAPS, AT_ONCE = 50, 10

pytestmark = pytest.mark.usefixtures("fresh_database")


def _people(home: Region, n: int, name: str = "测试") -> list[tuple[Client, UUID]]:
    """Volunteers there, each signed in with an account of his own."""
    made = []
    for at in range(n):
        who = enlisted(BY, home, f"{name}{at}")
        user = User.objects.create(username=f"{name}{at}", person_id=who.person_id)
        Grant.objects.create(user=user, role_id="volunteer", region=home, valid_from=START)
        client = Client()
        client.force_login(user, backend="fangxian.accounts.remembered.AccountBackend")
        made.append((client, who.id))
    return made


def _tapped(early: Shift, who: tuple[Client, UUID]) -> str:
    """What became of one tap on 我可以."""
    client, volunteer = who
    try:
        answer = client.post(reverse("mobilise:take", args=[early.id]))
        if answer.status_code != 302:
            return f"refused {answer.status_code}"
        with acting(BY):
            return Turn.objects.get(shift=early, volunteer=volunteer).state
    finally:
        connections.close_all()


@pytest.mark.slow
def test_fifty_taps_on_the_last_place() -> None:
    home = make_places()["130902001001"]
    post = gate(BY, home, NewPattern(EARLY, dt.time(8), 480, 1))
    early = shift(BY, post)
    people = _people(home, TAPS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        states = Counter(pool.map(lambda who: _tapped(early, who), people))
    assert states == {"placed": 1, "waiting": TAPS - 1}
    with acting(BY):
        numbers = list(Turn.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, TAPS + 1))
        turn = Turn.objects.get(state="placed")
    moved = take_off(by=BY, turn=turn)
    assert moved is not None
    with acting(BY):
        waiting = Turn.objects.filter(state="waiting").order_by("number")
        assert moved.number < waiting[0].number
    assert list(counted()) == []
    with connections["maintenance"].cursor() as cursor:
        cursor.execute("UPDATE mobilise_shift SET placed = 0 WHERE placed = 1")
    assert [said.split()[:2] for said in counted()] == [["shift", str(early.id)]]


def test_without_the_lock_two_believe_that_the_last_place_is_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the lock is for: the same two taps, once without it, once with it."""
    home = make_places()["130902001001"]
    post = gate(BY, home, NewPattern(EARLY, dt.time(8), 480, 1))
    both = threading.Barrier(2)
    fits, patience = line._fits, [30.0]

    def together(*args: Any) -> bool:
        found = fits(*args)
        try:
            both.wait(patience[0])
        except threading.BrokenBarrierError:
            both.reset()
        return found

    monkeypatch.setattr(line, "_fits", together)
    locked = line.locked

    def unlocked(by: Actor, shift_id: Any, right: str, **_more: Any) -> Shift:
        return Shift.objects.select_related("post").get(id=shift_id)

    for at, (how, wanted) in enumerate(((unlocked, False), (locked, True))):
        monkeypatch.setattr("fangxian.mobilise.actions.signing.locked", how)
        # Without the lock both come; with it the second waits outside until the first is done.
        patience[0] = 1.0 if wanted else 30.0
        early = shift(BY, post, at=at)
        people = _people(home, 2, f"测试{at}")
        with ThreadPoolExecutor(2) as pool:
            states = Counter(pool.map(lambda who, of=early: _tapped(of, who), people))
        assert (states == {"placed": 1, "waiting": 1}) is wanted
