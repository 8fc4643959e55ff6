"""Identifiers: time-ordered UUIDs (RFC 9562, version 7), made by whoever makes the row."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new time-ordered UUID; rows made one after another stay close in an index."""
    return _uuid7()
