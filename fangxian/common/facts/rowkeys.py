"""The hidden name of a row in a file that is taken back: by it the row is known, whatever was
corrected in it. It is signed for its table, so that none can be made up.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final
from uuid import UUID

from fangxian.common.crypto import blind_index

_COLUMN: Final = "common.facts.row"
# Ten bytes: guessing one in a sheet of 100,000 rows is out of reach.
_SIGNED: Final = 10


def row_key(table: str, key: UUID) -> str:
    """The name of a row of a table in a file."""
    return base64.b32encode(key.bytes + _signature(table, key)).decode().rstrip("=")


def opened_key(table: str, text: str) -> UUID | None:
    """The key of the row of that name; None for one that was not given here, or is another's."""
    whole = text.strip().upper()
    try:
        data = base64.b32decode(whole + "=" * (-len(whole) % 8))
    except (binascii.Error, ValueError):
        return None
    if len(data) != 16 + _SIGNED:
        return None
    key = UUID(bytes=data[:16])
    return key if hmac.compare_digest(data[16:], _signature(table, key)) else None


def _signature(table: str, key: UUID) -> bytes:
    return blind_index(f"{table} {key.hex}", _COLUMN)[:_SIGNED]
