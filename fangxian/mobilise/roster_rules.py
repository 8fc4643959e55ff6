"""What weighs how much in a roster, and the parts of the day: rule set ``rosters``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.rules import rule

NAME: Final = "rosters"
MOST_POINTS: Final = 100_000
# Further back nobody's shifts are read.
MOST_FAIR_DAYS: Final = 31
_POINTS = ("short", "likes", "avoids", "waits", "night", "weekend", "change", "repair")

SHAPE = shapes.record(
    {
        "days": shapes.number(1, 62, whole=True),
        "most_days": shapes.number(1, 62, whole=True),
        "fair_days": shapes.number(0, MOST_FAIR_DAYS, whole=True),
        "most_shifts": shapes.number(1, 100_000, whole=True),
        "seconds": shapes.number(1, 3600, whole=True),
        "rounds": shapes.number(0, 10_000, whole=True),
        "patience": shapes.number(1, 10_000, whole=True),
        "why_days": shapes.number(0, 14, whole=True),
        "why_people": shapes.number(1, 500, whole=True),
        "points": shapes.record({name: shapes.number(0, MOST_POINTS) for name in _POINTS}),
        "parts": shapes.rows(
            shapes.record(
                {
                    "code": shapes.code(),
                    "zh": shapes.text,
                    "en": shapes.text,
                    "from": shapes.time,
                    "until": shapes.time,
                }
            ),
            unique="code",
            least=1,
        ),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)
    shapes.refuse(_unfit(data))


def _unfit(data: Mapping[str, Any]) -> shapes.Mistakes:
    if data["days"] > data["most_days"]:
        yield "days", _("A roster has no more days than most_days says.")
    for name, points in data["points"].items():
        if name != "short" and points >= data["points"]["short"]:
            yield f"points.{name}", _("Nothing weighs as much as a place that nobody has.")


@dataclass(frozen=True)
class Part(Named):
    """A part of the day, ``first`` to ``last``; over midnight where it ends before it begins."""

    first: dt.time = dt.time(0)
    last: dt.time = dt.time(0)

    def on(self, day: dt.date, zone: dt.tzinfo | None) -> tuple[dt.datetime, dt.datetime]:
        """From when to when it lasts on a day."""
        after = day if self.last > self.first else day + dt.timedelta(days=1)
        return (
            dt.datetime.combine(day, self.first, zone),
            dt.datetime.combine(after, self.last, zone),
        )


@dataclass(frozen=True)
class Points:
    """What a roster costs: a place that nobody has, a wish that is not met (``waits``: of who
    stands in a line), a night or a weekend above the fair share, a day that is not as published
    (``repair``: while absences are mended).
    """

    short: float
    likes: float
    avoids: float
    waits: float
    night: float
    weekend: float
    change: float
    repair: float


@dataclass(frozen=True)
class RosterRules:
    """One version. Nights and weekends of ``fair_days`` before the first day are made up for.

    ``seconds``, ``rounds``: how long is searched; it ends after ``patience``
    rounds that bring nothing. ``why_days``, ``why_people``: how far around a shift is looked when
    it is asked why it can't be filled.
    """

    version: int
    days: int
    most_days: int
    fair_days: int
    most_shifts: int
    seconds: int
    rounds: int
    patience: int
    why_days: int
    why_people: int
    points: Points
    parts: Mapping[str, Part]


def roster_rules() -> RosterRules:
    """The rules in force today. One query a transaction."""
    found = rule(NAME)
    data: Mapping[str, Any] = found.data
    return RosterRules(
        version=found.version,
        days=data["days"],
        most_days=data["most_days"],
        fair_days=data["fair_days"],
        most_shifts=data["most_shifts"],
        seconds=data["seconds"],
        rounds=data["rounds"],
        patience=data["patience"],
        why_days=data["why_days"],
        why_people=data["why_people"],
        points=Points(**data["points"]),
        parts={
            row["code"]: Part(
                row["code"],
                row["zh"],
                row["en"],
                dt.time.fromisoformat(row["from"]),
                dt.time.fromisoformat(row["until"]),
            )
            for row in data["parts"]
        },
    )
