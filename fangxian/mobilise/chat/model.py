"""What goes into the reading of a chat, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True)
class Offered:
    """One shift that can be signed up for; it may pass midnight."""

    key: str
    day: date
    starts: time
    minutes: int
    name: str
    post: str = ""


@dataclass(frozen=True)
class Human:
    """Somebody known to the unit."""

    key: str
    name: str
    nicknames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What somebody seems to want: intent can, any, cannot or withdraw; wish exact or one_of.

    ``ordered``: of one_of the first are the dearest.
    """

    name: str
    human: str | None
    intent: str
    shifts: tuple[str, ...]
    wish: str
    ordered: bool = False


@dataclass(frozen=True)
class Line:
    """A pasted line: kind is proposals, noise or unclear; doubts are codes."""

    number: int
    text: str
    kind: str
    proposals: tuple[Proposal, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """All lines of a paste, in their order."""

    lines: Sequence[Line]


class Doubt(Exception):
    """The line can't be resolved; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
