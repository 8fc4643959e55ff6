"""Every read of persons is noted, set-wise, with who looked and for what purpose.

Rows note themselves when they are loaded (``Person.from_db`` calls :func:`note`); reads that go
around the models (``values()``, raw SQL) call :func:`note` with the ids they fetched. When the
outermost ``acting`` block ends, the ids are handed to the writer that ``accounts`` registers, in
the same transaction: what was not logged was not read.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from fangxian.common.actor import Actor

Writer = Callable[[Actor, str, list[UUID]], None]

_writer: Writer | None = None


class Collector:
    """The ids read in one transaction, by purpose."""

    def __init__(self, by: Actor) -> None:
        self.by = by
        self.purpose = by.purpose
        self.seen: dict[str, set[UUID]] = {}
        self.memory: dict[Hashable, Any] = {}

    def note(self, ids: Iterable[UUID]) -> None:
        self.seen.setdefault(self.purpose, set()).update(ids)


_collector: contextvars.ContextVar[Collector | None] = contextvars.ContextVar(
    "access collector", default=None
)


def set_writer(writer: Writer) -> None:
    """Register who writes the log (once, by ``accounts``)."""
    global _writer
    _writer = writer


def note(*ids: UUID) -> None:
    """Note that these persons were read. Outside an ``acting`` block nothing can be read anyway."""
    collector = _collector.get()
    if collector is not None:
        collector.note(ids)


def memory() -> dict[Hashable, Any]:
    """What this transaction keeps of reads that can't change in it (rule sets); else a new one."""
    collector = _collector.get()
    return {} if collector is None else collector.memory


def for_purpose(purpose: str) -> None:
    """From here on, reads of this transaction are for ``purpose`` (a task id or a reason)."""
    collector = _collector.get()
    if collector is not None:
        collector.purpose = purpose


@contextmanager
def collecting(by: Actor) -> Iterator[Collector]:
    """Collect the ids read in this block and write them at its end."""
    collector = Collector(by)
    token = _collector.set(collector)
    try:
        yield collector
    finally:
        _collector.reset(token)
    if _writer is not None:
        for purpose, ids in collector.seen.items():
            if ids:
                _writer(by, purpose, sorted(ids))
