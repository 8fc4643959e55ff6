"""How reporting in goes, read from versioned data.

Rule set ``reporting`` (``data/reporting_rules.json``): the level of place to which one reports in,
its lists, the grades of the feedback, and within how many days who has to receive and to give it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fangxian.common.codes import Level
from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.escalation import role_codes
from fangxian.organisations.rules import in_force

REPORTING = "reporting"

_NAMED = shapes.record({"code": shapes.code(20), "zh": shapes.text, "en": shapes.text})
_DAYS = shapes.number(0, 366, whole=True)
SHAPE = shapes.record(
    {
        "level": shapes.level,
        "asked": shapes.one_of(role_codes),
        "receive_days": _DAYS,
        "feedback_days": _DAYS,
        "least_days": _DAYS,
        "lists": shapes.rows(_NAMED, unique="code", least=1),
        "grades": shapes.rows(_NAMED, unique="code", least=1),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is no rule set of reporting in."""
    shapes.check(SHAPE, data)


@dataclass(frozen=True)
class ReportingRules:
    """The rule set in force.

    ``least_days``: feedback is asked for a quarter in which one was received for so many days.
    """

    version: int
    level: Level
    asked: str
    receive_days: int
    feedback_days: int
    least_days: int
    lists: Mapping[str, Named]
    grades: Mapping[str, Named]

    def list_name(self, code: str) -> str:
        """A list as people call it."""
        return self.lists[code].name if code in self.lists else code

    def grade_name(self, code: str) -> str:
        """A grade as people call it."""
        return self.grades[code].name if code in self.grades else code


def reporting_rules(on: dt.date | None = None) -> ReportingRules:
    """The rules of reporting in in force on a day (today). One cached read."""
    found = in_force(REPORTING, on)
    data = found.data
    return ReportingRules(
        version=found.version,
        level=Level(data["level"]),
        asked=data["asked"],
        receive_days=data["receive_days"],
        feedback_days=data["feedback_days"],
        least_days=data["least_days"],
        lists={row["code"]: Named(**row) for row in data["lists"]},
        grades={row["code"]: Named(**row) for row in data["grades"]},
    )
