"""The signs of boxes to tick, as forms write them."""

from __future__ import annotations

import re
from typing import Final

BOXES: Final = "\u25a1\u2610\u25a2\u25fb\u2b1c"
# A box that somebody has ticked, or what stands in its place.
MARKS: Final = "\u2611\u2612\u25a0\u221a\u2713\u2714"
_BOX: Final = re.compile(f"[{BOXES}]")


def boxes_of(text: str) -> list[int]:
    """Where the open boxes of a text are."""
    return [match.start() for match in _BOX.finditer(text)]
