"""How long phones may work and keep what they hold, read from the rule set ``phones``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fangxian.core import shapes
from fangxian.core.rules import rule

NAME = "phones"

SHAPE = shapes.record(
    {
        "enrolled_days": shapes.number(1, 366, whole=True),
        "lease_hours": shapes.number(1, 24 * 14, whole=True),
        "key_days": shapes.number(1, 90, whole=True),
        "operations_days": shapes.number(1, 90, whole=True),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)


@dataclass(frozen=True)
class PhoneRules:
    """One version of the rule set.

    ``enrolled_days``: an enrolment lasts so long; ``lease_hours``: what was pulled may be read so
    long; ``key_days``: a new seal key after so many; ``operations_days``: what was recorded is
    taken at least so long, and phones keep what was acknowledged so long to send it again.
    """

    enrolled_days: int
    lease_hours: int
    key_days: int
    operations_days: int


def phone_rules(on: dt.date | None = None) -> PhoneRules:
    """The rules in force on a day (today). One query."""
    data: Mapping[str, Any] = rule(NAME, on=on).data
    return PhoneRules(**data)
