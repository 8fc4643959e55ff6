"""Identifiers: time-ordered UUIDs (RFC 9562, version 7), made by whoever makes the row."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new time-ordered UUID; rows made one after another stay close in an index."""
    return _uuid7()


def first_id(moment: dt.datetime) -> UUID:
    """The least id that :func:`uuid7` can make at ``moment`` (its first 48 bits: milliseconds)."""
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62))
