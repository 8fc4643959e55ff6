"""A phone as the protocol knows it: speaks the real endpoints, keeps what an app keeps.

``docs/methods/sync.md`` is followed to the letter and nothing of the server is imported but what
seals: whatever this can do, another app can do. Whatever it sends and gets is held to the
protocol's OpenAPI document.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from django.test import Client

from fangxian.common.ids import uuid7
from fangxian.field.sync.sealing import decode, seal_operation
from tests.kit import protocol

SYNC = "/api/field/sync"
MOST = 100
DONE = {"applied", "merged", "conflict", "held", "rejected", "duplicate"}


@dataclass
class Sealed:
    """An operation in the queue: its open part and what travels."""

    op_id: str
    plain: dict[str, Any]
    envelope: dict[str, str]


@dataclass
class Phone:
    """One enrolled phone with its queue and its records."""

    client: Client
    device_id: str = ""
    user_id: str = ""
    token: str = ""
    epoch: str = ""
    cursor: str | None = None
    key: dict[str, str] = field(default_factory=dict)
    # By which its holder proves what he made.
    proof_key: str = ""
    seq: int = 0
    # Whether a pull names it: another app may leave it out.
    names_seq: bool = True
    offset: int | None = 0
    # How far its clock is off.
    clock: dt.timedelta = dt.timedelta()
    queue: list[Sealed] = field(default_factory=list)
    sent: list[Sealed] = field(default_factory=list)
    records: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def enrol(self, code: str, **more: Any) -> Any:
        body = {"code": code, "device_id": None, "name": "P", "platform": "Test", "schema": 1}
        answer = self.post("enrol", body | more)
        told = answer.json()
        if answer.status_code == 200:
            again = told["device_id"] == self.device_id
            self.device_id, self.user_id = told["device_id"], told["user_id"]
            self.token, self.key = told["pull_token"], told["seal_key"]
            self.proof_key = told["proof_key"]
            if again:
                self.see_epoch(told["epoch"])
            else:
                self.epoch = told["epoch"]
        return answer

    def post(self, name: str, body: Mapping[str, Any], **headers: str) -> Any:
        answer = self.client.post(
            f"{SYNC}/{name}", json.dumps(body), content_type="application/json", headers=headers
        )
        if answer.status_code < 500:
            packed = answer.content[:2] == b"\x1f\x8b"
            told = gzip.decompress(answer.content) if packed else answer.content
            protocol.check_exchange(name, body, answer.status_code, json.loads(told))
        return answer

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.clock

    def record(
        self,
        entity: str,
        object_id: str,
        patch: Mapping[str, Any],
        *,
        base: int | None = None,
        **more: Any,
    ) -> Sealed:
        """Record an operation: into the queue, sealed once and for all."""
        self.seq += 1
        plain = {
            "op_id": str(uuid7()),
            "device": self.device_id,
            "seq": self.seq,
            "entity": entity,
            "id": object_id,
            "base_version": base,
            "patch": dict(patch),
            "schema": 1,
            "captured_at": self.now().isoformat(),
            "clock_offset": self.offset,
            "actor": self.user_id,
            "salt": token_urlsafe(16),
        }
        one = self.seal(plain | more)
        self.queue.append(one)
        return one

    def seal(self, plain: dict[str, Any]) -> Sealed:
        text = json.dumps(plain, ensure_ascii=False).encode()
        op_id = UUID(plain["op_id"])
        key = UUID(self.key["id"]), decode(self.key["public"]), decode(self.proof_key)
        return Sealed(plain["op_id"], plain, seal_operation(op_id, text, *key))

    def visit(self, door: Mapping[str, Any], outcome: str = "all_well", **more: Any) -> Sealed:
        """Record a visit at a door record."""
        patch = {
            "campaign_id": door["campaign_id"],
            "household_id": door["household_id"],
            "outcome": outcome,
        }
        return self.record("visit", str(uuid7()), patch | more)

    def body_of(self, batch: Sequence[Sealed]) -> dict[str, Any]:
        """What is pushed."""
        return {
            "device": self.device_id,
            "epoch": self.epoch,
            "operations": [one.envelope for one in batch],
        }

    def send(self, batch: Sequence[Sealed]) -> Any:
        """The bare request."""
        answer = self.post("push", self.body_of(batch))
        self.check(batch, answer)
        return answer

    @staticmethod
    def check(batch: Sequence[Sealed], answer: Any) -> None:
        """What was taken in and refused is what the protocol's document says."""
        plains = {one.op_id: one.plain for one in batch}
        for one in answer.json().get("answers", ()) if answer.status_code == 200 else ():
            protocol.check_operation(plains[one["op_id"]], one)

    def push(self) -> list[dict[str, Any]]:
        """Send the queue; what has an answer leaves it. Returns the answers."""
        told: list[dict[str, Any]] = []
        waiting = list(self.queue)
        for at in range(0, len(waiting), MOST):
            answer = self.send(waiting[at : at + MOST])
            assert answer.status_code in (200, 422), answer.content
            told += self.take_answers(answer.json())
        return told

    def take_answers(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = body["answers"]
        done: set[str] = set()
        for one in answers:
            self.answers[one["op_id"]] = one
            if one["result"] in DONE:
                done.add(one["op_id"])
        self.sent += [sealed for sealed in self.queue if sealed.op_id in done]
        self.queue = [sealed for sealed in self.queue if sealed.op_id not in done]
        self.see_epoch(body["epoch"])
        return answers

    def see_epoch(self, epoch: str) -> None:
        """A restored server: what was acknowledged is sent again, the records begin anew."""
        if epoch != self.epoch:
            self.epoch, self.cursor = epoch, None
            self.queue, self.sent = [*self.sent, *self.queue], []

    def asking(self) -> tuple[dict[str, Any], str]:
        """What a page is asked for with: the body, and the header that shows the pull token."""
        body = {
            "device": self.device_id,
            "cursor": self.cursor,
            "epoch": self.epoch,
            "seq": self.seq if self.names_seq else None,
        }
        return body, f"Bearer {self.token}"

    def ask(self) -> Any:
        """The bare request for a page."""
        body, token = self.asking()
        return self.post("pull", body, Authorization=token)

    def take_page(self, page: Mapping[str, Any]) -> None:
        if page["epoch"] != self.epoch:
            self.see_epoch(page["epoch"])
        if page["reset"]:
            self.records.clear()
        for one in page["gone"]:
            self.records.pop((one["entity"], one["id"]), None)
        for one in page["records"]:
            self.records[one["entity"], one["id"]] = one
        for one in page["answers"]:
            self.answers[one["op_id"]] = one
        self.cursor, self.key = page["cursor"], page["seal_key"]
        self.proof_key = page["proof_key"]

    def pull(self, lose: Callable[[], bool] = lambda: False) -> list[dict[str, Any]]:
        """Fetch until nothing is left. Returns the pages that arrived."""
        pages: list[dict[str, Any]] = []
        while True:
            answer = self.ask()
            assert answer.status_code == 200, answer.content
            if lose():
                continue
            page = answer.json()
            self.take_page(page)
            pages.append(page)
            if not page["more"]:
                return pages

    def all(self, entity: str) -> list[dict[str, Any]]:
        """The records of an entity, with their ids and versions in them."""
        return [
            {**one["data"], "id": one["id"], "version": one["version"]}
            for (kind, _id), one in self.records.items()
            if kind == entity
        ]

    def doors(self) -> list[dict[str, Any]]:
        """The doors in walking order."""
        return sorted(self.all("door"), key=lambda door: door["order"])
