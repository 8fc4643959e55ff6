"""What volunteers bring along, how long calls wait, how people are matched: rule set ``calls``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.rules import rule

NAME: Final = "calls"
ANY_TIME: Final = "any"
_MOST_KM: Final = 3_000

_CODED = shapes.record({"code": shapes.code(), "zh": shapes.text, "en": shapes.text})
_WEIGHT = shapes.number(0, 100)

SHAPE = shapes.record(
    {
        "languages": shapes.rows(_CODED, unique="code", least=1),
        "vehicles": shapes.rows(_CODED, unique="code", least=1),
        "hours": shapes.rows(_CODED, unique="code", least=1),
        "answer_hours": shapes.number(1, 14 * 24, whole=True),
        "most_wishes": shapes.number(1, 20, whole=True),
        "most_km": shapes.number(0, _MOST_KM),
        "weights": shapes.record(
            {"distance_weight": _WEIGHT, "wish_weight": _WEIGHT, "load_weight": _WEIGHT}
        ),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)


@dataclass(frozen=True)
class CallRules:
    """One version of the rule set; each mapping is by code.

    ``answer_within``: how long an echelon has to answer before the next is proposed. ``most_km``:
    nobody is sent farther, 0 for no limit. ``weights`` are those of the method of assignment.
    """

    version: int
    languages: Mapping[str, Named]
    vehicles: Mapping[str, Named]
    hours: Mapping[str, Named]
    answer_within: dt.timedelta
    most_wishes: int
    most_km: float
    weights: Mapping[str, float]


def call_rules() -> CallRules:
    """The rules in force today. One query a transaction."""
    found = rule(NAME)
    data: Mapping[str, Any] = found.data

    def by_code(name: str) -> dict[str, Named]:
        return {row["code"]: Named(**row) for row in data[name]}

    return CallRules(
        version=found.version,
        languages=by_code("languages"),
        vehicles=by_code("vehicles"),
        hours=by_code("hours"),
        answer_within=dt.timedelta(hours=data["answer_hours"]),
        most_wishes=data["most_wishes"],
        most_km=data["most_km"],
        weights=data["weights"],
    )
