"""The signs of boxes to tick, as forms write them, and brackets that are ticked within."""

from __future__ import annotations

import re
from typing import Final

BOXES: Final = "\u25a1\u2610\u25a2\u25fb\u2b1c"
# A box that somebody has ticked, or what stands in its place.
MARKS: Final = "\u2611\u2612\u25a0\u221a\u2713\u2714"
BRACKET_MARK: Final = "\u221a"
_OPEN: Final = "(\uff08\\[\uff3b\u3010\u3014"
_CLOSE: Final = ")\uff09\\]\uff3d\u3011\u3015"
# What lies within brackets that hold nothing; a line to write on is no place for a tick.
BRACKETS: Final = re.compile(rf"(?<=[{_OPEN}])[ \t\u00a0\u3000]*(?=[{_CLOSE}])")
_BOX: Final = re.compile(f"[{BOXES}]")


def boxes_of(text: str) -> list[tuple[int, int]]:
    """What a tick replaces in a text: its open boxes, else what lies within its empty brackets."""
    boxes = [match.span() for match in _BOX.finditer(text)]
    return boxes or [match.span() for match in BRACKETS.finditer(text)]
