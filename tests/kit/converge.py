"""Three phones, a desk and a bad network against a model in plain Python.

Requests are lost before or after the server, doubled, and come again much later; phones send at the
same moment; a phone is handed to another person, and a person to another grid; the server falls,
is started anew and is restored from a backup. Nobody tells the model what became of a request whose
answer never came: then it holds each possible course of things, until what phones are told later
leaves one (:meth:`World._learn`).
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any, Protocol

from django.db import connections

from fangxian.common.ids import uuid7
from tests.kit.office import HERE, THERE
from tests.kit.phone import DONE, MOST, Phone, Sealed
from tests.kit.phone_model import CLOSING, Key, Model, Told, seen

OUTCOMES = (CLOSING, "absent", "refused")
STATES = ("lived_in", "empty")
DAYS = ("2026-01-05", "2026-01-06", None)
TOWNS = ("沧州", "石家庄", "")
FAULTS = 0.3
PATIENCE = 60
FAULTY = ("lost", "reply lost", "doubled", "late")
# What happens, and how often beside the others.
STEPS = {
    "visit": 34,
    "home": 20,
    "resident": 8,
    "gate": 6,
    "round": 5,
    "push": 11,
    "pull": 8,
    "desk": 3,
    "decide": 2,
    "late": 5,
    "all push": 1,
}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Server(Protocol):
    """What a run stands on: in the process of the test, or served over HTTP."""

    def phone(self) -> Phone:
        """A phone that is not enrolled yet."""

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function of ``tests.kit.office`` there."""

    def back_up(self) -> None: ...

    def restore(self) -> None: ...

    def falling(self) -> AbstractContextManager[None]:
        """Requests that are made in this block may find no answer; after it there is one again."""

    def end_worker(self) -> None:
        """From now on phones are told of what they send alone."""


@dataclass
class Request:
    """A push on its way: what was sent under which epoch, and the answer if one came."""

    phone: Phone
    batch: list[Sealed]
    body: dict[str, Any]
    answer: Any = None

    @property
    def told(self) -> dict[str, Told] | None:
        if self.answer is None:
            return None
        return {
            one["op_id"]: Told(one["result"], one.get("first") or "")
            for one in self.answer["answers"]
        }


@dataclass
class World:
    """One run. ``models``: each course that things may have taken."""

    server: Server
    chance: random.Random
    phones: list[Phone] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    saved: list[Model] = field(default_factory=list)
    users: dict[str, str] = field(default_factory=dict)
    made: dict[str, dt.datetime] = field(default_factory=dict)
    late: list[Callable[[], None]] = field(default_factory=list)
    faults: int = 0
    requests: int = 0
    unanswered: int = 0
    most_models: int = 1
    # What phones were ever told; how many have which result in the end.
    told: set[str] = field(default_factory=set)
    results: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        """Three phones of two officers are enrolled and fetch; the model learns what is there."""
        there = self.server.call("lay")
        self.users = there["users"]
        model = Model(there["reach"], posts=there["posts"], lived_in=frozenset(there["lived_in"]))
        for thing in there["things"]:
            model.begin(thing, now())
        self.models = [model]
        for user in ("erik", "erik", "dora"):
            phone = self.server.phone()
            told = phone.enrol(self.server.call("code", user))
            assert told.status_code == 200, told.content
            self.phones.append(phone)
            self.fetch(phone)

    @property
    def model(self) -> Model:
        """The one course that is left."""
        (model,) = self.models
        return model

    # --- what happens

    def step(self) -> int:
        """One thing happens. Returns how many operations were recorded."""
        phone = self.chance.choice(self.phones)
        (what,) = self.chance.choices([*STEPS], [*STEPS.values()])
        if what in ("visit", "home", "resident", "gate", "round"):
            return getattr(self, f"_{what}")(phone)
        if what == "push":
            self.push(phone)
        elif what == "pull":
            self.pull(phone)
        elif what == "all push":
            self.all_push()
        elif what == "desk":
            self._desk()
        elif what == "decide":
            self._decide()
        elif self.late:
            self.late.pop(self.chance.randrange(len(self.late)))()
        return 0

    def _made(self, one: Sealed) -> int:
        self.made[one.op_id] = now()
        return 1

    def _visit(self, phone: Phone) -> int:
        doors = phone.doors()
        if not doors:
            return 0
        return self._made(phone.visit(self.chance.choice(doors), self.chance.choice(OUTCOMES)))

    def _home(self, phone: Phone) -> int:
        homes = phone.all("household")
        patch: dict[str, Any] = {}
        if self.chance.random() < 0.6:
            patch["note"] = self.chance.choice("abcdefgh")
        if not patch or self.chance.random() < 0.5:
            patch["state"] = self.chance.choice(STATES)
        return self._change(phone, "household", homes, patch)

    def _resident(self, phone: Phone) -> int:
        day, where = self.chance.choice(DAYS), self.chance.choice(TOWNS)
        patch: dict[str, Any] = {"away_since": day, "away_where": where if day else ""}
        if self.chance.random() < 0.2:
            patch = {"away_where": where}
        return self._change(phone, "residency", phone.all("resident"), patch)

    def _change(
        self, phone: Phone, entity: str, found: Sequence[dict[str, Any]], patch: dict[str, Any]
    ) -> int:
        if not found:
            return 0
        one = self.chance.choice(found)
        return self._made(phone.record(entity, one["id"], patch, base=one["version"]))

    def _gate(self, phone: Phone) -> int:
        return self._duty(phone, "gate_entry", [one["id"] for one in phone.all("gate")])

    def _round(self, phone: Phone) -> int:
        points = [point["id"] for one in phone.all("round") for point in one["points"]]
        return self._duty(phone, "round_check", points)

    def _duty(self, phone: Phone, entity: str, posts: Sequence[str]) -> int:
        if not posts:
            return 0
        at = self.chance.choice(posts)
        patch: dict[str, Any] = {"point_id": at, "found": "fine"}
        if entity == "gate_entry":
            patch = {"gate_id": at, "direction": "in", "decision": "pass"}
        return self._made(phone.record(entity, str(uuid7()), patch))

    def _desk(self) -> None:
        model = self.models[0]
        entity, id_ = self.chance.choice(sorted(model.things))
        values: dict[str, Any] = {"note": self.chance.choice("xyz")}
        if entity == "residency":
            day = self.chance.choice(DAYS)
            values = {"away_since": day, "away_where": self.chance.choice(TOWNS) if day else ""}
        self.server.call("change", entity, id_, values)
        at = now()
        for one in self.models:
            one.at_desk(entity, id_, values, at)

    def _decide(self) -> None:
        """Somebody decides on what is held, where it is known that it is."""
        sure = set.intersection(*({*one.held} for one in self.models))
        if not sure:
            return
        op_id, take = self.chance.choice(sorted(sure)), self.chance.random() < 0.7
        result = self.server.call("decide", op_id, take)
        at = now()
        self._keep(one for one in self.models if one.decide(op_id, take=take, at=at) == result)

    def move(self, user: str, place: str) -> None:
        """An officer is given another grid."""
        self.server.call("move", user, place)
        for one in self.models:
            one.reach[self.users[user]] = place

    def hand_on(self, phone: Phone, user: str) -> None:
        """A phone is another person's from now on; its queue stays."""
        told = phone.enrol(self.server.call("code", user), device_id=phone.device_id)
        assert told.status_code == 200, told.content
        self.fetch(phone)

    # --- the network

    def _fault(self) -> str:
        self.requests += 1
        if self.chance.random() >= FAULTS:
            return ""
        self.faults += 1
        return self.chance.choice(FAULTY)

    def push(self, phone: Phone) -> None:
        """One phone sends; the network does what it likes."""
        if not phone.queue:
            return
        fault, one = self._fault(), self._request(phone)
        if fault == "late":
            self.late.append(lambda: self._arrive([one]))
        elif fault == "doubled":
            again = Request(phone, one.batch, one.body)
            self._arrive([one, again])
            self._answered(again if self.chance.random() < 0.5 else one)
        elif fault != "lost":
            self._arrive([one])
            if fault != "reply lost":
                self._answered(one)

    def all_push(self) -> None:
        """All phones send at the same moment."""
        requests = [self._request(phone) for phone in self.phones if phone.queue]
        self._arrive(requests)
        for one in requests:
            self._answered(one)

    def fall(self) -> None:
        """The server falls while phones send, again and again until one finds no answer."""
        until = time.monotonic() + PATIENCE
        with self.server.falling():
            requests: list[Request] = []
            while all(one.answer is not None for one in requests):
                assert time.monotonic() < until, "nothing has fallen"
                senders = [phone for phone in self.phones if phone.queue or phone.sent]
                requests = [self._request(phone) for phone in senders]
                self._arrive(requests)
        for one in requests:
            self._answered(one)

    def _request(self, phone: Phone) -> Request:
        # Where nothing waits, what was answered long ago is sent once more.
        batch = phone.queue[:MOST] or phone.sent[-5:]
        return Request(phone, batch, phone.body_of(batch))

    def _answered(self, one: Request) -> None:
        if one.answer is not None:
            one.phone.take_answers(one.answer)

    def _arrive(self, requests: Sequence[Request]) -> None:
        """Pushes reach the server, several at the same moment; the model learns of it."""
        if len(requests) == 1:
            self._send(requests[0])
        elif requests:
            with ThreadPoolExecutor(len(requests)) as pool:
                list(pool.map(self._send_apart, requests))
        self._learn(requests)

    def _send_apart(self, one: Request) -> None:
        try:
            self._send(one)
        finally:
            # Where the server is this process, it has opened some for the thread.
            connections.close_all()

    def _send(self, one: Request) -> None:
        try:
            answer = _patiently(lambda: one.phone.post("push", one.body))
        except OSError:
            return
        if answer.status_code < 500:
            assert answer.status_code == 200, answer.content
            one.phone.check(one.batch, answer)
            one.answer = answer.json()

    def _learn(self, requests: Sequence[Request]) -> None:
        """Keep the courses that explain the answers.

        A push is applied as a whole or not at all, and those that come together in some order. One
        that was told to come again was not applied; of one that was not answered nobody knows.
        """
        at = now()
        sure, maybe = [], []
        for one in requests:
            told = one.told
            self.told.update(result for result, _first in (told or {}).values())
            if told is None:
                self.unanswered += 1
                maybe.append(one)
            elif {result for result, _first in told.values()} == {"retry"}:
                restored = one.answer["epoch"] != one.body["epoch"]
                assert restored or len(requests) > 1, "nothing was in the way"
            else:
                sure.append(one)
        orders = [*_orders(sure, maybe)]
        if len(orders) == len(self.models) == 1:
            wrong = self._differences(self.model, orders[0], at)
            assert not wrong, wrong
            return
        self._keep(
            trial
            for model in self.models
            for order in orders
            if not self._differences(trial := model.copy(), order, at)
        )

    def _keep(self, models: Iterator[Model]) -> None:
        kept: list[Model] = []
        for one in models:
            if not any(one.like(other) for other in kept):
                kept.append(one)
        assert kept, "no course of things explains what was told"
        self.most_models = max(self.most_models, len(kept))
        self.models = kept

    def _differences(
        self, model: Model, order: Sequence[Request], at: dt.datetime
    ) -> list[tuple[Any, ...]]:
        """Apply pushes in this order; what was answered otherwise than the model says."""
        wrong = []
        for request in order:
            told = request.told
            for one in sorted(request.batch, key=lambda one: one.plain["seq"]):
                plain = {**one.plain, "made": self.made[one.op_id]}
                wanted = model.apply(request.phone.device_id, plain, at)
                if told is not None and told[one.op_id] != wanted:
                    key = plain["entity"], plain["id"]
                    log = model.things[key].log if key in model.things else []
                    wrong.append((told[one.op_id], wanted, plain, log))
        return wrong

    def pull(self, phone: Phone) -> None:
        """One phone asks for a page; the network does what it likes."""
        fault = self._fault()
        if fault == "late":
            body, token = phone.asking()
            self.late.append(lambda: self._page(phone, body, token))
        elif fault != "lost":
            page = self._page(phone, *phone.asking())
            if fault == "doubled":
                page = self._page(phone, *phone.asking())
            if page is not None and fault != "reply lost":
                self._take(phone, page)

    def fetch(self, phone: Phone) -> None:
        """All pages, and nothing is lost."""
        while True:
            page = self._page(phone, *phone.asking())
            assert page is not None
            self._take(phone, page)
            if not page["more"]:
                return

    def _page(self, phone: Phone, body: dict[str, Any], token: str) -> Any:
        answer = _patiently(lambda: phone.post("pull", body, Authorization=token))
        if answer.status_code == 401 and token != phone.asking()[1]:
            # It was on its way while the phone was handed on.
            return None
        assert answer.status_code == 200, answer.content
        page, at = answer.json(), now()
        for model in self.models:
            model.asked(phone.device_id, body["seq"], at)
            for record in page["records"]:
                model.learn(record)
        return page

    def _take(self, phone: Phone, page: Any) -> None:
        phone.take_page(page)
        if page["more"]:
            return
        shown = seen(phone.records)
        if len(self.models) == 1:
            wanted = self.model.view(phone.user_id)
            assert not (wrong := _unlike(shown, wanted)), (wrong, self.explain(wrong))
        else:
            self._keep(one for one in self.models if one.view(phone.user_id) == shown)

    def explain(self, wrong: dict[Key, Any]) -> list[Any]:
        """All that was recorded of what went wrong, in order, and what the model made of it."""
        ids = {id_ for _name, id_ in wrong}
        every = [one for phone in self.phones for one in (*phone.sent, *phone.queue)]
        return [
            (one.plain["entity"], one.plain["patch"], self.model.results.get(one.op_id))
            for one in sorted(every, key=lambda one: self.made[one.op_id])
            if ids & {one.plain["id"], one.plain["patch"].get("household_id")}
        ]

    # --- backups

    def back_up(self) -> None:
        if len(self.models) > 1:
            # What is not known is asked for, as long as phones can be asked.
            self.settle()
            for phone in self.phones:
                self.fetch(phone)
        self.server.back_up()
        self.saved = [one.copy() for one in self.models]

    def restore(self) -> None:
        assert self.saved
        self.server.restore()
        self.models = [one.copy() for one in self.saved]
        for one in self.models:
            # Numbers of another life of the database mean nothing to it.
            one.versions.clear()

    # --- the end

    def settle(self) -> None:
        """Everything that waits on phones is sent, so that it is known what became of it."""
        for phone in self.phones:
            # An answer may tell of a restored server, and then all of it is sent again.
            while phone.queue:
                one = self._request(phone)
                self._arrive([one])
                self._answered(one)

    def end(self) -> None:
        """The network is well again: everything is sent and fetched."""
        self.server.end_worker()
        for late in self.late:
            late()
        self.late.clear()
        for _round in range(3):
            self.settle()
            for phone in self.phones:
                self.fetch(phone)

    def assert_converged(self) -> None:
        """All phones and all tables hold the same, and that is what the model holds.

        Where more than one course is left, phones were told nothing that sets them apart (of two
        who wrote the same at the same moment, say): one of them has to be that of the tables.
        """
        first = self.phones[0].records
        for phone in self.phones:
            assert phone.records == first
            assert not phone.queue
            assert {one["result"] for one in phone.answers.values()} <= DONE
        sent = {one.op_id for phone in self.phones for one in phone.sent}
        assert sent == self.made.keys()
        kept = self.server.call("tables")
        assert not kept.pop("broken")
        kept = {**kept, "disputed": {tuple(one) for one in kept["disputed"]}}
        kept["held"] = {*kept["held"]}
        tables = [_tables(one) for one in self.models]
        assert kept in tables, [_unlike(kept, one) for one in tables]
        for result in kept["results"].values():
            self.results[result] = self.results.get(result, 0) + 1
        assert sum(self.results.values()) == len(sent)


def _tables(model: Model) -> dict[str, Any]:
    """What ``office.tables`` tells, as the model has it."""
    return {
        "visits": {key: [*one] for key, one in model.visits.items()},
        "duties": {key: [*one] for key, one in model.duties.items()},
        "disputed": model.disputed,
        "held": {*model.held},
        "results": model.results,
    }


def _orders(sure: Sequence[Request], maybe: Sequence[Request]) -> Iterator[tuple[Request, ...]]:
    """All orders of those that were applied and of any of those that may have been."""
    for count in range(len(maybe) + 1):
        for applied in combinations(maybe, count):
            yield from permutations([*sure, *applied])


def _unlike(shown: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """By key: what is shown and what the model says, where they differ."""
    keys = shown.keys() | wanted.keys()
    pairs = {key: (shown.get(key), wanted.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _patiently(ask: Callable[[], Any]) -> Any:
    """Ask again where it was too often within a minute: nothing was done then."""
    while (answer := ask()).status_code == 429:
        time.sleep(1)
    return answer


def run(world: World, operations: int, falls: int = 0) -> None:
    """One run of so many operations; in fifths of it, see :func:`_happenings`."""
    world.begin()
    chance, done = world.chance, 0
    happenings = _happenings(world, chance, falls)
    while done < operations or happenings:
        if happenings and done >= happenings[0][0] * operations:
            happenings.pop(0)[1]()
        else:
            done += world.step()
    world.end()
    world.assert_converged()


def _happenings(
    world: World, chance: random.Random, falls: int
) -> list[tuple[float, Callable[[], None]]]:
    """What happens once, each when so much of the run is over.

    Dora's grant is moved and moved back twice; in half of the runs the backup falls in between, so
    that the restored server takes hers for another grid's. A phone is handed on and back.
    """
    phone = world.phones[1]
    away = chance.uniform(0.2, 0.35)
    back = chance.choice((away + 0.04, chance.uniform(0.45, 0.55)))
    found: list[tuple[float, Callable[[], None]]] = [
        (0.1, lambda: world.hand_on(phone, "dora")),
        (away, lambda: world.move("dora", THERE)),
        (back, lambda: world.move("dora", HERE)),
        (0.4, world.back_up),
        (0.6, world.restore),
        (0.7, lambda: world.move("dora", HERE)),
        (0.75, lambda: world.move("dora", THERE)),
        (0.8, lambda: world.move("dora", HERE)),
        (0.85, lambda: world.hand_on(phone, "erik")),
    ]
    found += [(chance.uniform(0.05, 0.95), world.fall) for _each in range(falls)]
    return sorted(found, key=lambda one: one[0])
