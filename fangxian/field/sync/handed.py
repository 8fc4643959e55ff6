"""A file of unsent work, for the day on which a phone can send no more.

The phone writes what waits as it is, sealed (``frontend/field/outbox.ts``); its maker hands the
file in at a desk. No cookie vouches for the phone then, so only what the person who is signed in
made himself is applied; what others made is held for a decision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ValidationError

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.core.queries import server_epoch
from fangxian.field.sync import operations
from fangxian.field.sync.exchange import EnvelopeIn, Opening
from fangxian.field.sync.operations import Answer, Sender

FORMAT: Final = "fangxian operations 1"
MOST_BYTES: Final = 10 * 1024 * 1024
MOST: Final = 5_000


class HandedIn(Schema):
    """The file: which phone made it, and its envelopes."""

    format: str
    device: UUID
    exported_at: dt.datetime
    operations: list[EnvelopeIn]


def take_in(*, by: Actor, data: bytes) -> list[Answer]:
    """Apply a file of unsent work; one answer for each operation. Taking it in twice is safe.

    Raises Invalid where it is no such file.
    """
    handed = _read(data)
    opener = Opening(handed.device, server_epoch())
    opener.read({one.key for one in handed.operations})

    def actors(user_id: UUID, _captured_at: dt.datetime) -> Sequence[Actor]:
        return [by] if user_id == by.user_id else []

    sender = Sender(handed.device, by.user_id or handed.device, False, actors)
    answers: list[Answer] = []
    for begin in range(0, len(handed.operations), operations.MOST):
        part = handed.operations[begin : begin + operations.MOST]
        answers += operations.push(sender, [opener.sent(one) for one in part])
    return answers


def _read(data: bytes) -> HandedIn:
    if len(data) > MOST_BYTES:
        raise Invalid(_no_such_file())
    try:
        handed = HandedIn.model_validate(orjson.loads(data))
    except (orjson.JSONDecodeError, ValidationError):
        raise Invalid(_no_such_file()) from None
    if handed.format != FORMAT:
        raise Invalid(_no_such_file())
    if not 0 < len(handed.operations) <= MOST:
        raise Invalid(
            Problem(
                _("The file has %(n)d records.") % {"n": len(handed.operations)},
                field="file",
                mend=_("From 1 to %(n)d can be handed in at once.") % {"n": MOST},
                code="size",
            )
        )
    return handed


def _no_such_file() -> Problem:
    return Problem(
        _("This is no file of unsent work."),
        field="file",
        mend=_("Take the file that the app’s sync box wrote, unchanged."),
        code="file",
    )
