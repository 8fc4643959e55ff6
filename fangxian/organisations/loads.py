"""Who may hold how many: asked of each appointment, or of a whole ledger after its last row.

Two who change posts have too much as long as only one of them has moved. Whoever writes such rows
together does so inside :func:`judged_last`, and judges what everybody has then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

DAY = dt.timedelta(days=1)

_last: ContextVar[bool] = ContextVar("organisations_loads_judged_last", default=False)


@contextmanager
def judged_last() -> Iterator[None]:
    """Refuse nobody for having too much; the caller judges it when all is written."""
    before = _last.set(True)
    try:
        yield
    finally:
        _last.reset(before)


def are_judged_last() -> bool:
    """Whether the caller judges loads after the last row."""
    return _last.get()


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both included; None: open."""

    first: dt.date
    last: dt.date | None = None

    def covers(self, day: dt.date) -> bool:
        """Tell whether a day is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)

    def meets(self, other: Span) -> bool:
        """Tell whether they share a day."""
        return (self.last is None or other.first <= self.last) and (
            other.last is None or self.first <= other.last
        )


def most_at_once(spans: Iterable[Span], window: Span, without: Iterable[Span] = ()) -> int:
    """The greatest number of ``spans`` that hold on one day of ``window``.

    Each of ``without`` takes the days of one of them away.
    """
    near = [span for span in spans if span.meets(window)]
    less = [span for span in without if span.meets(window)]
    days = {window.first} | {span.first for span in near if window.covers(span.first)}
    days |= {span.last + DAY for span in less if span.last and window.covers(span.last + DAY)}
    return max(
        sum(span.covers(day) for span in near) - sum(span.covers(day) for span in less)
        for day in days
    )


# Days only: how much somebody has elsewhere, not what.
_ELSEWHERE = (
    "SELECT holder, role, first, last, responsibility FROM organisations_load(%s::uuid[], %s)"
)


def held_by(holders: Iterable[UUID], roles: Iterable[str]) -> list[tuple[UUID, str, Span, UUID]]:
    """Holder, role, days and id of everything that these hold, also outside the reader's area.

    One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE, [sorted(set(holders)), sorted(set(roles))])
        return [
            (holder, role, Span(first, last), responsibility)
            for holder, role, first, last, responsibility in cursor.fetchall()
        ]


def spans_of(holders: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], list[Span]]:
    """The days of what each of these (holder, role) has, everywhere. One query."""
    wanted = list(holders)
    found: dict[tuple[UUID, str], list[Span]] = {key: [] for key in wanted}
    rows = held_by((who for who, _role in wanted), (role for _who, role in wanted))
    for holder, role, span, _responsibility in rows:
        if (holder, role) in found:
            found[holder, role].append(span)
    return found
