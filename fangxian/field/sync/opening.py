"""From the plaintext of a phone to an operation: nothing of it is believed before it is checked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from fangxian.common.errors import Problem
from fangxian.field.sync import schemas
from fangxian.field.sync.entities import Operation
from fangxian.field.sync.versions import row_of

MOST_BYTES: Final = 262_144
DEEPEST: Final = 32
# Sixteen bytes or more, in base64url: without it the hash of a short plaintext could be guessed.
_SALT: Final = re.compile(r"[A-Za-z0-9_-]{22,200}")
_NULL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_MILLISECONDS: Final = dt.timedelta(milliseconds=1)
# By so many a phone may be ahead of the last operation that is known of it.
FURTHEST_AHEAD: Final = 1_000_000
_MOST_SEQ: Final = 2**53
# An operation is not older: phones keep what is unsent for weeks, not for years.
_LONGEST: Final = dt.timedelta(days=366)
# Of a phone's clock against ours: beyond this its offset is no offset.
_FURTHEST: Final = dt.timedelta(days=3_660) / _MILLISECONDS


class Unopened(Exception):
    """A plaintext that is no operation, with what to tell the phone.

    ``later``: a newer version of this server may be able to read it.
    """

    def __init__(self, problem: Problem, *, later: bool = False) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.later = later


def jumps(seq: int, last: int) -> bool:
    """Whether a phone that is known to have counted to ``last`` can't have come to ``seq``."""
    return seq > last + FURTHEST_AHEAD


def too_far() -> Problem:
    """What is told of an operation whose number jumps."""
    return Problem(
        _("The count of this phone’s operations jumps."),
        field="seq",
        mend=_("Send what was made before it first, or record it again in the app of today."),
        code="seq",
    )


def _bad(where: str) -> Unopened:
    return Unopened(
        Problem(
            _("“%(field)s” is missing or not what the protocol says.") % {"field": where},
            field=where,
            mend=_("Update the app, then record it again."),
            code="malformed",
        )
    )


def opened(
    plain: bytes,
    *,
    op_id: UUID,
    device_id: UUID,
    digest: bytes,
    now: dt.datetime,
    epoch: str,
    pulls: Sequence[tuple[int, dt.datetime]] = (),
    held: bool = False,
) -> Operation:
    """Read a plaintext. Raises Unopened.

    ``epoch`` is the server's; a version of another one is none. ``pulls`` are when the phone last
    asked for records, each with the number of its last operation then: what came after was made
    after. ``held``: it was taken in before.
    """
    # PostgreSQL takes no null byte in a text, so nobody meets one further in.
    if len(plain) > MOST_BYTES or _NULL.search(plain):
        raise _bad("patch")
    try:
        body = orjson.loads(plain)
    except orjson.JSONDecodeError:
        raise _bad("") from None
    if not isinstance(body, dict):
        raise _bad("")
    try:
        body = schemas.upgraded(body, held=held)
    except schemas.UnknownSchema as error:
        raise Unopened(
            Problem(
                _("This server does not take the form of that app version."),
                field="schema",
                mend=_("Update the app (this server takes version %(version)d).")
                % {"version": schemas.PRESENT},
                code="schema",
            ),
            later=error.newer,
        ) from None
    if _uuid(body, "op_id") != op_id or _uuid(body, "device") != device_id:
        raise _bad("op_id")
    salt = body.get("salt")
    if not isinstance(salt, str) or not _SALT.fullmatch(salt):
        raise _bad("salt")
    patch, entity, seq = body.get("patch"), body.get("entity"), _whole(body, "seq", 0)
    if seq >= _MOST_SEQ:
        raise _bad("seq")
    if not isinstance(patch, dict) or _is_deep(patch):
        raise _bad("patch")
    if not isinstance(entity, str) or not 0 < len(entity) <= 40:
        raise _bad("entity")
    version = None if body.get("base_version") is None else _whole(body, "base_version", 0)
    offset = None if body.get("clock_offset") is None else _whole(body, "clock_offset", None)
    return Operation(
        op_id=op_id,
        device_id=device_id,
        seq=seq,
        entity=entity,
        object_id=_uuid(body, "id"),
        base_version=row_of(version, epoch),
        patch=patch,
        captured_at=_estimate(_moment(body), offset, seq, now, pulls),
        user_id=_uuid(body, "actor"),
        digest=digest,
    )


def _uuid(body: Mapping[str, Any], name: str) -> UUID:
    value = body.get(name)
    try:
        return UUID(value) if isinstance(value, str) else _refuse(name)
    except ValueError:
        raise _bad(name) from None


def _refuse(name: str) -> UUID:
    raise _bad(name)


def _whole(body: Mapping[str, Any], name: str, least: int | None) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**62:
        raise _bad(name)
    if least is not None and value < least:
        raise _bad(name)
    return value


def _moment(body: Mapping[str, Any]) -> dt.datetime:
    value = body.get("captured_at")
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _bad("captured_at")
    return moment


def _estimate(
    said: dt.datetime,
    offset: int | None,
    seq: int,
    now: dt.datetime,
    pulls: Sequence[tuple[int, dt.datetime]],
) -> dt.datetime:
    """When it was made: the phone's clock, corrected; after its last pull before it, never later
    than its arrival. A clock that is years off says nothing.
    """
    moment = said
    try:
        if offset is not None and abs(offset) < _FURTHEST:
            moment = said + offset * _MILLISECONDS
        moment = moment.astimezone(dt.UTC)
    except OverflowError:
        moment = now
    earliest = max((at for last, at in pulls if last < seq), default=None)
    if earliest is not None:
        moment = max(moment, earliest)
    elif moment < now - _LONGEST:
        moment = now
    return min(moment, now)


def _is_deep(value: Any) -> bool:
    """Whether lists and members stand in each other deeper than any form has them."""
    level = [value]
    for _depth in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
