"""How much may be taken away without a second person, and for how long it is kept: ``exports``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fangxian.core import shapes
from fangxian.core.rules import rule

NAME: Final = "exports"
_MOST_ROWS: Final = 100_000_000

SHAPE = shapes.record(
    {
        "approve_rows": shapes.number(0, _MOST_ROWS, whole=True),
        "approve_clear_rows": shapes.number(0, _MOST_ROWS, whole=True),
        "approval_days": shapes.number(1, 31, whole=True),
        "kept_days": shapes.number(1, 366, whole=True),
        "watched_rows": shapes.number(1, 1_000_000, whole=True),
    },
    {"approve_day_times": shapes.number(1, 1_000, whole=True)},
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)


@dataclass(frozen=True)
class ExportRules:
    """``approve_rows``: from so many rows that name persons a second person approves.

    ``approve_clear_rows``: the same where numbers stand in full. An approval holds for
    ``approval_days``; files are kept for ``kept_days``. ``watched_rows``: a ledger with more is not
    compared with the last time. ``approve_day_times``: many small files are a large one: from so
    many times the rows that one person has taken within a day, a second person approves too.
    """

    version: int
    approve_rows: int
    approve_clear_rows: int
    approval_days: int
    kept_days: int
    watched_rows: int
    approve_day_times: int = 5

    def most(self, *, clear: bool) -> int:
        """From how many rows a file waits for a second person."""
        return self.approve_clear_rows if clear else self.approve_rows


def export_rules() -> ExportRules:
    """The rules in force. One query a transaction."""
    found = rule(NAME)
    return ExportRules(found.version, **found.data)
