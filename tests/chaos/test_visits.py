"""Visits that were acknowledged are there, once, whoever falls while they are sent."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from tests.chaos.ground import HOUSEHOLDS
from tests.chaos.site import Site, kill
from tests.chaos.visitor import Answer, Refused, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SENDERS = 4
KILLS = 6
DATABASE_KILLS = 3
OUTCOMES = ("all_well", "absent")
PATIENCE = 90


@dataclass
class Sweep:
    """What is sent, and what was acknowledged."""

    site: Site
    acknowledged: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    unanswered: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        ((self.campaign,),) = self.site.sql("SELECT id FROM field_campaign")
        rows = self.site.sql("SELECT household_id FROM field_target ORDER BY household_id")
        self.doors = [row[0] for row in rows]

    def batch(self, chance: random.Random, size: int) -> list[dict[str, Any]]:
        return [
            {
                "op_id": str(uuid4()),
                "campaign_id": str(self.campaign),
                "household_id": str(chance.choice(self.doors)),
                "outcome": chance.choice(OUTCOMES),
            }
            for _visit in range(size)
        ]

    def send_on(self, number: int, visitor: Visitor) -> None:
        """Send batches; what has no answer is sent again, as a phone does."""
        chance = random.Random(number)
        try:
            while not self.stop.is_set():
                self.until_answered(visitor, self.batch(chance, chance.randint(1, 5)))
        except Exception as error:
            self.faults.append(repr(error))
            self.stop.set()
            raise

    def until_answered(self, visitor: Visitor, visits: list[dict[str, Any]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = post(visitor, visits)
            except Refused:
                answer = None
            if answer is None or answer.status >= 500:
                self.unanswered += 1
                time.sleep(0.05)
                continue
            if answer.status != 200:
                self.faults.append(f"{answer.status} {answer.location} {answer.text[:300]}")
                self.stop.set()
                return
            said = {one["result"] for one in json.loads(answer.body)["answers"]}
            if said - {"applied", "duplicate"}:
                self.faults.append(answer.text[:300])
            self.acknowledged |= {UUID(visit["op_id"]): visit for visit in visits}
            return
        self.faults.append(f"no answer in {PATIENCE} s")

    def assert_kept(self) -> None:
        """Each acknowledged visit is there once, its door and all counters tell the same."""
        assert not self.faults, self.faults[:3]
        rows = self.site.sql("SELECT op_id, household_id::text, outcome FROM field_visit")
        kept = {op_id: (household, outcome) for op_id, household, outcome in rows}
        assert len(kept) == len(rows)
        sent = {
            op_id: (visit["household_id"], visit["outcome"])
            for op_id, visit in self.acknowledged.items()
        }
        assert kept == sent
        (half,) = self.site.sql(
            "SELECT count(*) FROM field_target t WHERE t.visits <>"
            " (SELECT count(*) FROM field_visit v WHERE v.target_id = t.id)"
            " OR (t.state = 'visited') <> EXISTS (SELECT 1 FROM field_visit v"
            "  WHERE v.target_id = t.id AND v.outcome = 'all_well')"
        )
        assert half == (0,)
        closed = {visit["household_id"] for visit in sent_as(sent, "all_well")}
        visitor = self.site.visitor("bob")
        url = reverse("api:doors", args=[self.campaign, "130902001001001"])
        board = json.loads(visitor.get(url).body)
        assert board["visited"] == len(closed)
        assert board["target"] == board["visited"] + board["exempt"] + board["gap"] == HOUSEHOLDS
        self.site.check()


def sent_as(sent: dict[UUID, tuple[str, str]], outcome: str) -> list[dict[str, str]]:
    return [{"household_id": door} for door, said in sent.values() if said == outcome]


def post(visitor: Visitor, visits: list[dict[str, Any]]) -> Answer:
    return visitor.post_json(reverse("api:record"), json.dumps({"visits": visits}).encode())


def fall_of_a_web_process(site: Site, chance: random.Random) -> None:
    if found := site.web_processes():
        kill(chance.choice(found))


def fall_of_the_web_server(site: Site, chance: random.Random) -> None:
    """The server with all its processes; its watchdog starts it again."""
    for pid in [*site.masters(), *site.web_processes()]:
        kill(pid)
    site.wait_until_it_answers(60)


def fall_of_the_database(site: Site, chance: random.Random) -> None:
    kill(site.ground.postmaster())
    site.ground.start_again()


@pytest.mark.parametrize(
    ("fall", "times"),
    [
        (fall_of_a_web_process, KILLS),
        (fall_of_the_web_server, 2),
        (fall_of_the_database, DATABASE_KILLS),
    ],
    ids=["web process", "web server", "database"],
)
def test_no_acknowledged_visit_is_lost(
    site: Site, fall: Callable[[Site, random.Random], None], times: int
) -> None:
    chance = random.Random(20200201)
    sweep = Sweep(site)
    visitors = [site.visitor("bob") for _sender in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [
            pool.submit(sweep.send_on, number, visitor) for number, visitor in enumerate(visitors)
        ]
        try:
            for _fall in range(times):
                # In the middle of writes: more than before must have been acknowledged.
                before = len(sweep.acknowledged)
                deadline = time.monotonic() + PATIENCE
                while len(sweep.acknowledged) < before + 20 and time.monotonic() < deadline:
                    assert not sweep.stop.is_set(), sweep.faults
                    time.sleep(chance.uniform(0.02, 0.2))
                fall(site, chance)
        finally:
            sweep.stop.set()
        for sender in senders:
            sender.result(PATIENCE + 30)
    assert len(sweep.acknowledged) >= 20 * times
    assert sweep.unanswered > 0, "no fall met a request on its way"
    # The last fall may have taken the only process that answered.
    site.wait_until_it_answers(60)
    sweep.assert_kept()


def test_one_submission_sent_a_hundred_times_is_one_visit(site: Site) -> None:
    sweep = Sweep(site)
    visit = sweep.batch(random.Random(1), 1)
    names = threading.local()

    def again(_number: int) -> tuple[int, str]:
        if not hasattr(names, "visitor"):
            names.visitor = site.visitor("bob")
        answer = post(names.visitor, visit)
        return answer.status, json.loads(answer.body)["answers"][0]["op_id"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(again, range(100)))
    assert set(answers) == {(200, visit[0]["op_id"])}
    assert site.sql(
        "SELECT count(*), min(visits) FROM field_visit, field_target t WHERE t.id = target_id"
    ) == [(1, 1)]
    other = [visit[0] | {"outcome": "refused"}]
    refused = json.loads(post(site.visitor("bob"), other).body)["answers"][0]
    assert (refused["result"], refused["problems"][0]["code"]) == ("rejected", "op_id")
    assert site.sql("SELECT count(*) FROM field_visit") == [(1,)]
    site.check()
