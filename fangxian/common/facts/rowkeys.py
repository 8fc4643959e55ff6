"""The hidden name of a row in a file that is taken back: by it the row is known, whatever was
corrected in it. It is signed for its table, so that none can be made up.

It bears a mark of each cell as it went out, by which a cell that was corrected is told from one
that only reads otherwise today. A mark says nothing that the cell beside it doesn't.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID
from zlib import crc32

from fangxian.common.crypto import blind_index
from fangxian.common.sheets.cells import cell_text

_COLUMN: Final = "common.facts.row"
# Ten bytes: guessing one in a sheet of 100,000 rows is out of reach.
_SIGNED: Final = 10
# Three bytes a cell: of a million corrected ones with twenty beside them one would go unseen.
_MARK: Final = 3


class RowName(NamedTuple):
    """What a row's name says: the row's key, and the marks of its cells in no order."""

    key: UUID
    marks: frozenset[bytes]

    def had(self, label: str, cell: Any) -> bool:
        """Whether the row went out with this in the column of that label; True without marks."""
        return not self.marks or mark(seed(label), cell) in self.marks


def row_key(table: str, key: UUID, marks: Iterable[bytes] = ()) -> str:
    """The name of a row of a table in a file; ``marks``: those of its cells."""
    said = key.bytes + b"".join(marks)
    return base64.b32encode(said + _signature(table, said)).decode().rstrip("=")


def opened_key(table: str, text: str) -> UUID | None:
    """The key of the row of that name; None for one that was not given here, or is another's."""
    name = opened_name(table, text)
    return name.key if name is not None else None


def opened_name(table: str, text: str) -> RowName | None:
    """What a name says; None for one that was not given here, or is of another table."""
    whole = text.strip().upper()
    try:
        data = base64.b32decode(whole + "=" * (-len(whole) % 8))
    except (binascii.Error, ValueError):
        return None
    said, signature = data[:-_SIGNED], data[-_SIGNED:]
    if len(said) < 16 or (len(said) - 16) % _MARK:
        return None
    if not hmac.compare_digest(signature, _signature(table, said)):
        return None
    marks = (said[at : at + _MARK] for at in range(16, len(said), _MARK))
    return RowName(UUID(bytes=said[:16]), frozenset(marks))


def marker(labels: Sequence[str]) -> Callable[[Sequence[Any]], list[bytes]]:
    """What gives the marks of rows whose columns have these labels in the file."""
    seeds = [seed(label) for label in labels]
    return lambda cells: [mark(at, cell) for at, cell in zip(seeds, cells, strict=True)]


def seed(label: str) -> int:
    """What makes the marks of a column its own: its label as the file has it."""
    return crc32("".join(label.split()).encode())


def mark(column: int, cell: Any) -> bytes:
    """The mark of a cell in the column of a seed; blanks don't count, a program may drop some."""
    text = cell if isinstance(cell, str) else cell_text(cell)
    # Most cells are words without a blank, and there are millions of them.
    compact = text if text.isalnum() else "".join(text.split())
    return crc32(compact.encode(errors="replace"), column).to_bytes(4)[1:]


def _signature(table: str, said: bytes) -> bytes:
    return blind_index(f"{table} {said.hex()}", _COLUMN)[:_SIGNED]
