"""What a channel is: it sends one letter to one target or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID


class ChannelError(Exception):
    """A letter was not taken. ``code`` holds no personal data; ``final``: trying again is vain."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


@dataclass(frozen=True)
class Letter:
    """One delivery, ready to be sent. ``id`` stays the same however often it is tried."""

    id: UUID
    target: str
    template: str
    text: str
    context: dict[str, Any]
    url: str = ""


class Channel(Protocol):
    """``idempotent``: the receiver drops a letter whose id it has seen, so one whose sending was
    interrupted may be sent again; otherwise it is given up rather than sent twice."""

    name: str
    idempotent: bool

    def send(self, letter: Letter) -> None:
        """Send, or raise ChannelError."""
