"""Roles, counters, quarantine after return and what else aid is told by: rule set ``aid``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fangxian.common.vocabulary import Named, in_language
from fangxian.core import shapes
from fangxian.core.rules import Rule, rule

NAME: Final = "aid"
MOST_DAYS: Final = 60

_CODED = {"code": shapes.code(), "zh": shapes.text, "en": shapes.text}
_UNIT = shapes.record({"zh": shapes.text, "en": shapes.text})
_KINDS = shapes.rows(shapes.record(_CODED), unique="code", least=1)

SHAPE = shapes.record(
    {
        "roles": _KINDS,
        "programmes": _KINDS,
        "modes": _KINDS,
        "counters": shapes.rows(
            shapes.record({**_CODED, "unit": _UNIT}, {"usual": shapes.flag}),
            unique="code",
            least=1,
        ),
        "results": shapes.rows(
            shapes.record({**_CODED, "unit": _UNIT}, {"by_name": shapes.flag}),
            unique="code",
            least=1,
        ),
        "thanks": _KINDS,
        "quarantine": shapes.record(
            {"days": shapes.number(0, MOST_DAYS, whole=True), "kinds": _KINDS}
        ),
        "report": shapes.record(
            {
                "due": shapes.time,
                "asked": shapes.code(),
                "correct_days": shapes.number(0, 366, whole=True),
            }
        ),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)


@dataclass(frozen=True)
class Counted(Named):
    """What is counted; ``usual`` ones are offered to a new batch, ``by_name`` ones are trainees."""

    unit: Mapping[str, str]
    usual: bool = False
    by_name: bool = False

    @property
    def unit_name(self) -> str:
        """The unit in the reader's language."""
        return in_language(en=self.unit["en"], zh=self.unit["zh"])


@dataclass(frozen=True)
class AidRules:
    """One version of the rule set; each mapping is by code.

    ``quarantine_days`` after return, 0: none. ``due``: by then the progress of a day is entered;
    ``asked``: the role that a missing day is raised with where the leader has no account.
    """

    version: int
    roles: Mapping[str, Named]
    programmes: Mapping[str, Named]
    modes: Mapping[str, Named]
    counters: Mapping[str, Counted]
    results: Mapping[str, Counted]
    thanks: Mapping[str, Named]
    quarantine_days: int
    quarantines: Mapping[str, Named]
    due: dt.time
    asked: str
    correct_within: dt.timedelta


def _named(rows: Any) -> dict[str, Named]:
    return {row["code"]: Named(**row) for row in rows}


def _read(found: Rule) -> AidRules:
    data: Mapping[str, Any] = found.data
    return AidRules(
        version=found.version,
        roles=_named(data["roles"]),
        programmes=_named(data["programmes"]),
        modes=_named(data["modes"]),
        counters={row["code"]: Counted(**row) for row in data["counters"]},
        results={row["code"]: Counted(**row) for row in data["results"]},
        thanks=_named(data["thanks"]),
        quarantine_days=data["quarantine"]["days"],
        quarantines=_named(data["quarantine"]["kinds"]),
        due=dt.time.fromisoformat(data["report"]["due"]),
        asked=data["report"]["asked"],
        correct_within=dt.timedelta(days=data["report"]["correct_days"]),
    )


def aid_rules() -> AidRules:
    """The rules in force today. One query a transaction."""
    return _read(rule(NAME))
