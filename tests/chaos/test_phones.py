"""Phones at the door while web processes fall and the server is restored from a backup.

Nothing that was recorded is lost or doubled, and all phones end with the same records.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any

import pytest

from tests.chaos.site import Site, kill, until
from tests.kit.phone import MOST, Phone, Sealed

pytestmark = [pytest.mark.slow(60), pytest.mark.timeout(400)]

PHONES = 3
LOST = 0.3
PATIENCE = 120
CODE = re.compile(r"fx-device-code__letters\"><code>([^<]+)</code>")
OUTCOMES = ("all_well", "absent", "refused")


@dataclass(frozen=True)
class Reply:
    status_code: int
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


class OverHttp:
    """What a phone's browser does: posts JSON, keeps the cookie."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        ).open

    def post(self, path: str, data: str, *, content_type: str, headers: Mapping[str, str]) -> Reply:
        sent = {"Content-Type": content_type, **headers}
        request = urllib.request.Request(self.address + path, data.encode(), sent)
        try:
            with self._open(request, timeout=30) as answer:
                assert answer.headers["X-Fangxian"] == "sync"
                return Reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read())
        except HTTPException as error:
            raise ConnectionError(str(error)) from None


@dataclass
class Holder:
    """One phone and what was recorded on it: every visit, and the last note of each home."""

    phone: Phone
    chance: random.Random
    homes: list[str] = field(default_factory=list)
    visits: dict[str, tuple[str, str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    unanswered: int = 0
    faults: list[str] = field(default_factory=list)

    def work(self, stop: threading.Event) -> None:
        """Record, send and fetch, over a network that loses a third of all answers."""
        while not stop.is_set():
            for _each in range(self.chance.randint(1, 6)):
                self._record()
            self._exchange()
            # Below what a broken phone is stopped at.
            time.sleep(0.2)

    def _record(self) -> None:
        if self.chance.random() < 0.7:
            door = self.chance.choice(self.phone.doors())
            one = self.phone.visit(door, self.chance.choice(OUTCOMES))
            self.visits[one.op_id] = door["household_id"], one.plain["patch"]["outcome"]
            return
        # Each phone has homes of its own here: what two change at once is tested elsewhere.
        id_ = self.chance.choice(self.homes)
        version = self.phone.records["household", id_]["version"]
        self.notes[id_] = f"note {self.chance.randrange(1_000)}"
        self.phone.record("household", id_, {"note": self.notes[id_]}, base=version)

    def _exchange(self) -> None:
        batch: list[Sealed] = self.phone.queue[:MOST]
        try:
            told = self.phone.send(batch)
            if self._arrived(told):
                self.phone.take_answers(told.json())
                page = self.phone.ask()
                if self._arrived(page):
                    self.phone.take_page(page.json())
        except OSError:
            self.unanswered += 1
            time.sleep(0.05)

    def _arrived(self, reply: Reply) -> bool:
        if reply.status_code >= 500:
            self.unanswered += 1
            time.sleep(0.05)
            return False
        if reply.status_code != 200:
            self.faults.append(f"{reply.status_code} {reply.content[:200]!r}")
        return reply.status_code == 200 and self.chance.random() >= LOST

    def settle(self) -> bool:
        """Send and fetch all that is left; whether nothing is."""
        for _batch in range(200):
            if self.phone.queue:
                told = self.phone.send(self.phone.queue[:MOST])
                assert told.status_code == 200, told.content
                self.phone.take_answers(told.json())
                continue
            page = self.phone.ask().json()
            self.phone.take_page(page)
            if not page["more"] and not self.phone.queue:
                return True
        return False


def enrolled(site: Site, number: int) -> Holder:
    visitor = site.visitor("bob")
    visitor.get("/accounts/devices/")
    shown = visitor.post("/accounts/devices/code/", {})
    code = CODE.search(shown.text)
    assert code is not None, shown.text[:500]
    client: Any = OverHttp(site.address)
    holder = Holder(Phone(client), random.Random(number))
    told = holder.phone.enrol(code[1])
    assert told.status_code == 200, told.content
    holder.phone.pull()
    every = sorted(one["id"] for one in holder.phone.all("household"))
    holder.homes = every[number::PHONES]
    return holder


def test_three_phones_lose_nothing_while_the_server_falls_and_is_restored(site: Site) -> None:
    chance = random.Random(20200201)
    holders = [enrolled(site, number) for number in range(PHONES)]
    stop = threading.Event()
    kept = site.ground.folder / "phones.dump"
    with ThreadPoolExecutor(PHONES) as pool:
        working = [pool.submit(holder.work, stop) for holder in holders]
        try:
            _fall(site, chance, holders, times=3)
            _run(site, "db", "backup", str(kept))
            _fall(site, chance, holders, times=2)
            _acknowledged(holders, 30)
            # As the guide has it: the server is stopped, and is started again afterwards.
            site.stop()
            _run(site, "db", "restore", str(kept), "--yes")
            site.start()
            _acknowledged(holders, 30)
            _fall(site, chance, holders, times=1)
        finally:
            stop.set()
        for one in working:
            one.result(PATIENCE)
    site.wait_until_it_answers(60)
    for _round in range(2):
        assert all(holder.settle() for holder in holders)
    assert not [fault for holder in holders for fault in holder.faults]
    assert sum(holder.unanswered for holder in holders) > 0, "no fall met a request on its way"
    _assert_kept(site, holders)


def _run(site: Site, *command: str) -> None:
    site.ground.run("fangxian.config.cli", *command, database=site.database)


def _acknowledged(holders: list[Holder], more: int) -> None:
    """Wait until so many more operations were acknowledged."""
    before = sum(len(holder.phone.answers) for holder in holders)
    until(
        lambda: sum(len(holder.phone.answers) for holder in holders) >= before + more,
        PATIENCE,
        "phones are answered",
    )


def _fall(site: Site, chance: random.Random, holders: list[Holder], *, times: int) -> None:
    for _time in range(times):
        _acknowledged(holders, 15)
        if found := site.web_processes():
            kill(chance.choice(found))


def _assert_kept(site: Site, holders: list[Holder]) -> None:
    wanted: dict[str, tuple[str, str]] = {}
    for holder in holders:
        wanted |= holder.visits
        results = {one["result"] for one in holder.phone.answers.values()}
        assert results <= {"applied", "merged", "duplicate"}, results
    rows = site.sql("SELECT op_id::text, household_id::text, outcome FROM field_visit")
    assert len(rows) == len(wanted)
    assert {op_id: (home, outcome) for op_id, home, outcome in rows} == wanted
    first = holders[0].phone
    for holder in holders:
        assert holder.phone.records == first.records
        for id_, note in holder.notes.items():
            assert first.records["household", id_]["data"]["note"] == note
    assert site.sql("SELECT count(*) FROM field_fieldconflict") == [(0,)]
    site.check()
