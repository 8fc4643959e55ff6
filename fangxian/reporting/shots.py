"""What has changed in a ledger since the last time, without keeping what stood in it.

A shot holds for each row its key and for each cell a keyed digest of 4 bytes. Two shots tell which
rows are new, gone or changed and in which cells; what stood there before is told by the history of
the fact itself.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fangxian.common import crypto
from fangxian.common.sheets import cell_text

KEY_BYTES: Final = 16
CELL_BYTES: Final = 4
SHOWN: Final = 200
# How rows of tables without a UUID as their key are told apart.
_PURPOSE: Final = b"fangxian reporting shot"

Digests = dict[bytes, bytes]


def _key(key: Any) -> bytes:
    if isinstance(key, UUID):
        return key.bytes
    return hashlib.blake2b(str(key).encode(), digest_size=KEY_BYTES).digest()


def taken(rows: Iterable[tuple[Any, Sequence[Any]]], ledger_id: UUID) -> Digests:
    """The digests of rows given as ``(key, cells)``; keyed, so that no value can be guessed."""
    secret = crypto.derived_key(_PURPOSE, ledger_id.bytes)
    found: Digests = {}
    for key, cells in rows:
        digests = [
            hashlib.blake2b(cell_text(cell).encode(), digest_size=CELL_BYTES, key=secret).digest()
            for cell in cells
        ]
        found[_key(key)] = b"".join(digests)
    return found


def packed(digests: Digests) -> bytes:
    """As a file keeps them: the number of cells, then keys and digests."""
    width = len(next(iter(digests.values()), b""))
    body = b"".join(key + cells for key, cells in digests.items())
    return zlib.compress(width.to_bytes(2, "big") + body, 6)


def unpacked(data: bytes) -> Digests:
    """What :func:`packed` wrote. Raises ValueError."""
    body = zlib.decompress(data)
    width = int.from_bytes(body[:2], "big")
    step = KEY_BYTES + width
    if (len(body) - 2) % step:
        raise ValueError("not the digests of a ledger")
    return {
        body[at : at + KEY_BYTES]: body[at + KEY_BYTES : at + step]
        for at in range(2, len(body), step)
    }


@dataclass(frozen=True)
class Difference:
    """Rows by their packed keys; of changed ones the positions of the cells that differ."""

    added: frozenset[bytes]
    gone: frozenset[bytes]
    changed: Mapping[bytes, frozenset[int]]


def between(before: Digests, after: Digests) -> Difference:
    """What is new, gone and changed."""
    changed = {
        key: frozenset(
            at // CELL_BYTES
            for at in range(0, len(cells), CELL_BYTES)
            if cells[at : at + CELL_BYTES] != before[key][at : at + CELL_BYTES]
        )
        for key, cells in after.items()
        if key in before and before[key] != cells
    }
    return Difference(
        frozenset(after.keys() - before.keys()), frozenset(before.keys() - after.keys()), changed
    )


def key_of(key: Any) -> bytes:
    """How a row is called in digests."""
    return _key(key)
