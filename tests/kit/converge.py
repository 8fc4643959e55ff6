"""Three phones, a desk and a bad network against a model in plain Python.

The model knows the rules of ``docs/methods/sync.md`` and nothing of the server: which operation
reached it first, what each phone had seen, which value shows. Requests are lost before or after the
server, doubled, and come again much later; in between the server is restored from a backup.
"""

from __future__ import annotations

import copy
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.kit.phone import DONE, MOST, Phone, Sealed

OUTCOMES = ("all_well", "absent", "refused")
STATES = ("lived_in", "empty")
FAULTS = 0.3
FAULTY = ("lost", "reply lost", "doubled", "late")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Home:
    """A household: every change of it that was written, with its writer and moment."""

    log: list[tuple[str, dt.datetime, dict[str, Any]]] = field(default_factory=list)

    def value(self, name: str, until: int | None = None) -> Any:
        values = [change[name] for _who, _at, change in self.log[:until] if name in change]
        return values[-1]


@dataclass
class Model:
    """What the server should hold."""

    homes: dict[str, Home] = field(default_factory=dict)
    visits: dict[str, tuple[str, str]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    # By household and version as a phone was told it: how much of the log that was.
    versions: dict[tuple[str, int], int] = field(default_factory=dict)
    disputed: set[tuple[str, str]] = field(default_factory=set)

    def apply(self, device: str, plain: dict[str, Any]) -> str:
        """Apply an operation that the server gets; the result it should have."""
        op_id = plain["op_id"]
        if op_id in self.results:
            return "duplicate"
        if plain["entity"] == "visit":
            patch = plain["patch"]
            self.visits[op_id] = patch["household_id"], patch["outcome"]
            result = "applied"
        else:
            result = self._merge(device, plain)
        self.results[op_id] = result
        return result

    def _merge(self, device: str, plain: dict[str, Any]) -> str:
        home = self.homes[plain["id"]]
        known = self.versions.get((plain["id"], plain["base_version"]))
        if known is None:
            made = plain["made"]
            known = max(1, sum(at <= made for _who, at, _change in home.log))
        since = home.log[known:]
        changes: dict[str, Any] = {}
        conflict = False
        for name, mine in plain["patch"].items():
            own = [change[name] for who, _at, change in since if who == device and name in change]
            base = own[-1] if own else home.value(name, known)
            theirs = home.value(name)
            if mine == theirs:
                continue
            if theirs == base:
                changes[name] = mine
            elif mine != base:
                changes[name] = mine
                conflict = True
                self.disputed.add((plain["id"], name))
        others = any(who != device for who, _at, _change in since)
        if changes:
            home.log.append((device, now(), changes))
        return "conflict" if conflict else "merged" if others else "applied"


@dataclass
class World:
    """One run. ``desk`` changes a household without a phone."""

    phones: list[Phone]
    chance: random.Random
    desk: Callable[[str, dict[str, Any]], None]
    model: Model = field(default_factory=Model)
    saved: Model | None = None
    made: dict[str, dt.datetime] = field(default_factory=dict)
    late: list[Callable[[], None]] = field(default_factory=list)
    faults: int = 0
    requests: int = 0

    def begin(self) -> None:
        """All phones fetch for the first time; the model learns what is there."""
        for phone in self.phones:
            phone.pull()
        for home in self.phones[0].all("household"):
            first = {"state": home["state"], "note": home["note"]}
            self.model.homes[home["id"]] = Home([("", now(), first)])
        for phone in self.phones:
            for home in phone.all("household"):
                self.model.versions[home["id"], home["version"]] = 1

    # --- what happens

    def step(self) -> int:
        """One thing happens. Returns how many operations were recorded."""
        phone = self.chance.choice(self.phones)
        (what,) = self.chance.choices(
            ("visit", "change", "push", "pull", "desk", "late"), (40, 25, 14, 10, 5, 6)
        )
        if what == "visit":
            door = self.chance.choice(phone.doors())
            self._made(phone.visit(door, self.chance.choice(OUTCOMES)))
            return 1
        if what == "change":
            self._change(phone)
            return 1
        if what == "push":
            self.push(phone)
        elif what == "pull":
            self.pull(phone)
        elif what == "desk":
            self._desk()
        elif self.late:
            self.late.pop(self.chance.randrange(len(self.late)))()
        return 0

    def _made(self, one: Sealed) -> None:
        self.made[one.op_id] = now()

    def _change(self, phone: Phone) -> None:
        home = self.chance.choice(phone.all("household"))
        patch: dict[str, Any] = {}
        if self.chance.random() < 0.6:
            patch["note"] = self.chance.choice("abcdefgh")
        if not patch or self.chance.random() < 0.5:
            patch["state"] = self.chance.choice(STATES)
        self._made(phone.record("household", home["id"], patch, base=home["version"]))

    def _desk(self) -> None:
        id_ = self.chance.choice(sorted(self.model.homes))
        change = {"note": self.chance.choice("xyz")}
        if self.model.homes[id_].value("note") != change["note"]:
            self.desk(id_, change)
            self.model.homes[id_].log.append(("desk", now(), change))

    # --- the network

    def _fault(self) -> str:
        self.requests += 1
        if self.chance.random() >= FAULTS:
            return ""
        self.faults += 1
        return self.chance.choice(FAULTY)

    def push(self, phone: Phone) -> None:
        batch = phone.queue[:MOST]
        if not batch:
            return
        fault = self._fault()
        if fault in ("lost", "late"):
            if fault == "late":
                self.late.append(lambda: self._arrives(phone, batch))
            return
        told = self._arrives(phone, batch)
        if fault == "doubled":
            told = self._arrives(phone, batch)
        if fault != "reply lost":
            phone.take_answers(told)

    def _arrives(self, phone: Phone, batch: list[Sealed]) -> Any:
        """A push reaches the server: each answer is what the model says."""
        epoch = phone.epoch
        answer = phone.send(batch)
        assert answer.status_code == 200, answer.content
        if answer.json()["epoch"] != epoch:
            # It was restored: nothing is taken before the phone knows that.
            assert {one["result"] for one in answer.json()["answers"]} == {"retry"}
            return answer.json()
        wanted = [
            self.model.apply(phone.device_id, {**one.plain, "made": self.made[one.op_id]})
            for one in sorted(batch, key=_together)
        ]
        told = {one["op_id"]: one["result"] for one in answer.json()["answers"]}
        expected = {
            one.op_id: result
            for one, result in zip(sorted(batch, key=_together), wanted, strict=True)
        }
        wrong = {
            (one.plain["entity"], one.plain["seq"], str(one.plain["patch"])): (
                told[one.op_id],
                want,
            )
            for one in batch
            if told[one.op_id] != (want := expected[one.op_id])
        }
        assert not wrong, (wrong, self.explain(batch, wrong))
        return answer.json()

    def explain(self, batch: list[Sealed], wrong: Any) -> list[Any]:
        """The logs of the households that went wrong."""
        seqs = {seq for _entity, seq, _patch in wrong}
        return [
            (one.plain["base_version"], self.made[one.op_id], self.model.homes[one.plain["id"]].log)
            for one in batch
            if one.plain["seq"] in seqs and one.plain["entity"] == "household"
        ]

    def pull(self, phone: Phone) -> None:
        fault = self._fault()
        if fault == "lost":
            return
        if fault == "late":
            cursor, epoch = phone.cursor, phone.epoch
            self.late.append(lambda: self._asks_late(phone, cursor, epoch))
            return
        page = self._page(phone)
        if fault == "doubled":
            page = self._page(phone)
        if fault != "reply lost":
            phone.take_page(page)

    def _page(self, phone: Phone) -> Any:
        answer = phone.ask()
        assert answer.status_code == 200, answer.content
        page = answer.json()
        for one in page["records"]:
            if one["entity"] == "household":
                key = one["id"], one["version"]
                self.model.versions.setdefault(key, len(self.model.homes[one["id"]].log))
        return page

    def _asks_late(self, phone: Phone, cursor: str | None, epoch: str) -> None:
        """A request of long ago reaches the server; nobody waits for the answer any more."""
        known = phone.cursor, phone.epoch
        phone.cursor, phone.epoch = cursor, epoch
        self._page(phone)
        phone.cursor, phone.epoch = known

    # --- backups

    def backed_up(self) -> None:
        self.saved = copy.deepcopy(self.model)

    def restored(self) -> None:
        assert self.saved is not None
        self.model = copy.deepcopy(self.saved)
        # Numbers of another life of the database mean nothing to it.
        self.model.versions.clear()

    # --- the end

    def settle(self) -> None:
        """The network is well again: everything is sent and fetched."""
        for late in self.late:
            late()
        self.late.clear()
        for _round in range(3):
            for phone in self.phones:
                # An answer may tell of a restored server, and then all of it is sent again.
                while phone.queue:
                    phone.take_answers(self._arrives(phone, phone.queue[:MOST]))
                while True:
                    page = self._page(phone)
                    phone.take_page(page)
                    if not page["more"]:
                        break

    def assert_converged(self) -> None:
        """All phones hold the same, and that is what the model holds."""
        first = self.phones[0].records
        for phone in self.phones[1:]:
            assert phone.records == first
        for home in self.phones[0].all("household"):
            model = self.model.homes[home["id"]]
            assert (home["state"], home["note"]) == (model.value("state"), model.value("note"))
        made: dict[str, list[str]] = {}
        for household, outcome in self.model.visits.values():
            made.setdefault(household, []).append(outcome)
        for door in self.phones[0].doors():
            outcomes = made.get(door["household_id"], [])
            assert door["visits"] == len(outcomes)
            assert (door["state"] == "visited") == ("all_well" in outcomes)
        sent = {one.op_id for phone in self.phones for one in phone.sent}
        assert sent == set(self.made) == set(self.model.results)
        for phone in self.phones:
            assert not phone.queue
            assert {one["result"] for one in phone.answers.values()} <= DONE


def _together(one: Sealed) -> tuple[bool, int]:
    """Visits of a push are recorded together, before the rest, unless the rest comes first."""
    return one.plain["entity"] != "visit", one.plain["seq"]
