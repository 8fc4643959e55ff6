"""A phone of the demonstration: what it records is sealed, sent and taken in like any other's.

It speaks to the functions behind ``/api/field/sync``, not to a server: there is none yet when the
county is loaded.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Max
from django.utils import timezone

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.accounts.actions.devices import enrol_device
from fangxian.accounts.models import Device, DeviceCode, DeviceHolder
from fangxian.common.actor import Actor
from fangxian.common.ids import uuid7
from fangxian.core.queries import server_epoch
from fangxian.field.models import Operation
from fangxian.field.sync import operations, versions
from fangxian.field.sync.entities import Result
from fangxian.field.sync.exchange import EnvelopeIn, Opening, sender_of
from fangxian.field.sync.keys import current_key
from fangxian.field.sync.phones import phone_rules
from fangxian.field.sync.proofs import proof_key
from fangxian.field.sync.schemas import PRESENT
from fangxian.field.sync.sealing import seal_operation

# Of what is recorded these are not told in the patch: the envelope and the plaintext have them.
_OUTSIDE = {"op_id", "at", "visited_at"}


def enrol(by: Actor, name: str, platform: str, since: dt.datetime) -> Phone:
    """Enrol a phone to ``by`` with a code of his, as if on an earlier day."""
    code = DeviceCode.objects.get(pk=make_device_code(by=by, strong=False).id)
    valid = dt.timedelta(days=phone_rules().enrolled_days)
    enrolled = enrol_device(
        by=by,
        code=code,
        device=None,
        name=name,
        platform=platform,
        schema=PRESENT,
        valid_for=valid,
    )
    assert enrolled is not None
    device = enrolled.device
    Device.objects.filter(pk=device.pk).update(enrolled_at=since, expires_at=since + valid)
    DeviceHolder.objects.filter(device=device).update(from_at=since)
    return Phone(device)


class Phone:
    """An enrolled phone with its queue."""

    def __init__(self, device: Device) -> None:
        self.device = device
        made = Operation.objects.filter(device_id=device.pk).aggregate(last=Max("seq"))
        self._seq: int = made["last"] or 0
        self._key = current_key()
        self._queue: list[EnvelopeIn] = []

    def record(self, entity: str, new: Any) -> None:
        """Record what is only ever added, as the room's own dataclass has it (``NewVisit`` …)."""
        told = {one.name: (getattr(new, one.name), one.default) for one in dataclasses.fields(new)}
        patch = {name: value for name, (value, usual) in told.items() if value != usual}
        moment = next(patch[name] for name in ("at", "visited_at") if name in patch)
        patch = {name: value for name, value in patch.items() if name not in _OUTSIDE}
        self._seal(entity, new.op_id, uuid7(), patch, None, moment)

    def change(
        self, entity: str, object_id: UUID, patch: Mapping[str, Any], row: int | None
    ) -> None:
        """Record a change of what the phone saw as history ``row`` told it."""
        version = None if row is None else versions.told(row, server_epoch())
        self._seal(entity, uuid7(), object_id, patch, version, timezone.now())

    def _seal(
        self,
        entity: str,
        op_id: UUID,
        object_id: UUID,
        patch: Mapping[str, Any],
        version: int | None,
        moment: dt.datetime,
    ) -> None:
        self._seq += 1
        plain = {
            "op_id": op_id,
            "device": self.device.pk,
            "seq": self._seq,
            "entity": entity,
            "id": object_id,
            "base_version": version,
            "patch": patch,
            "schema": PRESENT,
            "captured_at": moment,
            "clock_offset": 0,
            "actor": self.device.user_id,
            "salt": token_urlsafe(16),
        }
        text = orjson.dumps(plain, default=str)
        key, user_id = self._key, self.device.user_id
        proof = proof_key(self.device.pk, user_id)
        envelope: Any = seal_operation(op_id, text, key.pk, bytes(key.public), proof)
        self._queue.append(EnvelopeIn(**envelope))

    def send(self) -> list[Result]:
        """Send what waits; what became of each, in its order."""
        device = Device.objects.select_related("user").get(pk=self.device.pk)
        opening = Opening(device.pk, server_epoch())
        results: list[Result] = []
        while self._queue:
            part, self._queue = (
                self._queue[: operations.MOST],
                self._queue[operations.MOST :],
            )
            told = operations.push(sender_of(device), [opening.sent(one) for one in part])
            results += [one.result for one in told]
        now = timezone.now()
        # As its next pull would be told.
        told_to_wipe = {"wipe_told_at": now} if device.wipe else {}
        Device.objects.filter(pk=device.pk).update(last_seen_at=now, **told_to_wipe)
        return results

    def lose(self, by: Actor) -> None:
        """Disable it, and have it wiped when it is next online."""
        disable_device(by=by, device_id=self.device.pk, reason="", wipe=True)


class Phones:
    """The demonstration's phones in use, each found when its holder first records something.

    Those that visitors enrolled are theirs.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._of: dict[UUID, Phone | None] = {}

    def of(self, actor: Actor) -> Phone | None:
        """The phone that ``actor`` works with, if he has one."""
        if actor.user_id is None:
            return None
        if actor.user_id not in self._of:
            mine = Device.objects.filter(user_id=actor.user_id, disabled_at=None)
            mine = mine.filter(name__in=self._names)
            device = mine.filter(expires_at__gt=timezone.now()).order_by("enrolled_at").first()
            self._of[actor.user_id] = None if device is None else Phone(device)
        return self._of[actor.user_id]

    def send(self) -> None:
        """Send what waits on each."""
        for phone in self._of.values():
            if phone is not None:
                phone.send()
