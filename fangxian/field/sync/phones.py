"""How long phones may work and keep what they hold, read from the rule set ``phones``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.core import shapes
from fangxian.core.rules import rule

NAME = "phones"
# What phones send again fills up a restored backup of that age, no older one.
LEAST_KEPT_DAYS: Final = 14
LONGEST_LEASE_HOURS: Final = 72


def _lease(value: Any, where: str) -> shapes.Mistakes:
    for place, mistake in shapes.number(1, LONGEST_LEASE_HOURS, whole=True)(value, where):
        yield (
            place,
            _("%(mistake)s So long a lost phone that is never online can be read by its PIN.")
            % {"mistake": mistake},
        )


def _kept(value: Any, where: str) -> shapes.Mistakes:
    for place, mistake in shapes.number(LEAST_KEPT_DAYS, 90, whole=True)(value, where):
        yield (
            place,
            _("%(mistake)s After a restore from a backup phones send again what they kept so long.")
            % {"mistake": mistake},
        )


SHAPE = shapes.record(
    {
        "enrolled_days": shapes.number(1, 366, whole=True),
        "lease_hours": _lease,
        "key_days": shapes.number(1, 90, whole=True),
        "operations_days": _kept,
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
