"""Versions as phones are told them: the number of a history row, and the server's epoch before it.

A database that was restored gives the same numbers again to other rows; with the epoch in front, a
phone that names one of before is known to.
"""

from __future__ import annotations

import hashlib

# A history row's number is an integer of PostgreSQL; JSON's numbers are exact up to 53 bits.
_ROW_BITS, _EPOCH_BITS = 31, 21


def _part(epoch: str) -> int:
    digest = hashlib.blake2b(epoch.encode(), digest_size=4).digest()
    return (int.from_bytes(digest) & ((1 << _EPOCH_BITS) - 1)) << _ROW_BITS


def told(row: int, epoch: str) -> int:
    """The version that phones are told of a history row."""
    return _part(epoch) | row


def row_of(version: int | None, epoch: str) -> int | None:
    """The history row of a version; None if it is of another life of the database, or none."""
    if version is None or version >> _ROW_BITS << _ROW_BITS != _part(epoch):
        return None
    return version & ((1 << _ROW_BITS) - 1)
