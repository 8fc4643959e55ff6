"""Identifiers: time-ordered UUIDs (RFC 9562, version 7), made by whoever makes the row."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7

# Letters and digits that nobody takes for others when they are typed from the sheet (RFC 4648).
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TOKEN: Final = 20


def new_token() -> str:
    """What a QR on a wall or a badge holds: 100 random bits, to be typed where it can't be read."""
    return "".join(secrets.choice(_ALPHABET) for _n in range(_TOKEN))


def uuid7() -> UUID:
    """Return a new time-ordered UUID; rows made one after another stay close in an index."""
    return _uuid7()


def first_id(moment: dt.datetime) -> UUID:
    """The least id that :func:`uuid7` can make at ``moment`` (its first 48 bits: milliseconds)."""
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62))
