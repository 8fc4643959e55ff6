"""What posts, skills and duties there are, how much anybody may be asked: rule set ``posts``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.rules import Rule, rule

NAME: Final = "posts"
_HOUR: Final = 60
_DAY_HOURS: Final = 24

_CODED = {"code": shapes.code(), "zh": shapes.text, "en": shapes.text}

SHAPE = shapes.record(
    {
        "kinds": shapes.rows(
            shapes.record({**_CODED, "duties": shapes.rows(shapes.code())}), unique="code", least=1
        ),
        "duties": shapes.rows(shapes.record(_CODED), unique="code", least=1),
        "skills": shapes.rows(
            shapes.record(_CODED, {"certificate": shapes.flag}), unique="code", least=1
        ),
        "cut_off_hours": shapes.number(0, 14 * _DAY_HOURS, whole=True),
        "check_in_before_minutes": shapes.number(0, 12 * _HOUR, whole=True),
        "grace_minutes": shapes.number(0, 2 * _HOUR, whole=True),
        "record_days": shapes.number(0, 31, whole=True),
        "limits": shapes.record(
            {
                "shift_hours": shapes.number(1, _DAY_HOURS),
                "rest_hours": shapes.number(0, 2 * _DAY_HOURS),
                "week_hours": shapes.number(1, 7 * _DAY_HOURS),
                "days_in_row": shapes.number(1, 31, whole=True),
                "nights_in_row": shapes.number(1, 31, whole=True),
                "warn_share": shapes.number(0.1, 1),
            },
            {
                "rest_days": shapes.number(0, 30, whole=True),
                "rest_within": shapes.number(2, 31, whole=True),
            },
        ),
        "night": shapes.record(
            {
                "from": shapes.time,
                "until": shapes.time,
                "least_minutes": shapes.number(1, 12 * _HOUR, whole=True),
            }
        ),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)
    shapes.refuse(_unfit(data))


def _unfit(data: Mapping[str, Any]) -> shapes.Mistakes:
    known = {row["code"] for row in data["duties"]}
    for at, kind in enumerate(data["kinds"]):
        for duty in kind["duties"]:
            if duty not in known:
                yield f"kinds.{at}.duties", _("There is no duty “%(code)s”.") % {"code": duty}


@dataclass(frozen=True)
class PostKind(Named):
    """A kind of post with the duties of who stands there."""

    duties: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkillKind(Named):
    """A skill; with ``certificate`` it is proved by one, which may expire."""

    certificate: bool = False


@dataclass(frozen=True)
class Limits:
    """How much anybody may be asked. What passes one needs a second person's word.

    ``warn_share``: from this share of a limit on it is told before it is reached. ``rest_days``: of
    any ``rest_within`` days so many at least are without a shift; those rules without it ask none.
    """

    shift_hours: float
    rest_hours: float
    week_hours: float
    days_in_row: int
    nights_in_row: int
    warn_share: float
    rest_days: int = 0
    rest_within: int = 14

    @property
    def days_within(self) -> int:
        """Days of work that the days of rest leave among any ``rest_within``."""
        return self.rest_within - self.rest_days


@dataclass(frozen=True)
class Night:
    """Who works ``least_minutes`` of the hours from ``first`` to ``last`` has worked a night."""

    first: dt.time
    last: dt.time
    least_minutes: int

    def counts(self, starts_at: dt.datetime, ends_at: dt.datetime) -> bool:
        """Whether a stretch in local time is a night's."""
        day = starts_at.date() - dt.timedelta(days=1)
        minutes = 0.0
        while day <= ends_at.date():
            begins = dt.datetime.combine(day, self.first, starts_at.tzinfo)
            after = day if self.last > self.first else day + dt.timedelta(days=1)
            ends = dt.datetime.combine(after, self.last, starts_at.tzinfo)
            shared = min(ends, ends_at) - max(begins, starts_at)
            minutes += max(0.0, shared.total_seconds() / _HOUR)
            day += dt.timedelta(days=1)
        return minutes >= self.least_minutes


@dataclass(frozen=True)
class PostRules:
    """One version of the rule set; each mapping is by code.

    ``record_within``: so long after a shift it may be recorded who came, went or stayed away.
    """

    version: int
    kinds: Mapping[str, PostKind]
    duties: Mapping[str, Named]
    skills: Mapping[str, SkillKind]
    cut_off: dt.timedelta
    check_in_before: dt.timedelta
    grace: dt.timedelta
    record_within: dt.timedelta
    limits: Limits
    night: Night


def label(known: Mapping[str, Named], code: str) -> str:
    """The name of a code in the reader's language; the code itself once the rules have no such."""
    named = known.get(code)
    return named.name if named is not None else code


def _read(found: Rule) -> PostRules:
    data: Mapping[str, Any] = found.data
    return PostRules(
        version=found.version,
        kinds={
            row["code"]: PostKind(**{**row, "duties": tuple(row["duties"])})
            for row in data["kinds"]
        },
        duties={row["code"]: Named(**row) for row in data["duties"]},
        skills={row["code"]: SkillKind(**row) for row in data["skills"]},
        cut_off=dt.timedelta(hours=data["cut_off_hours"]),
        check_in_before=dt.timedelta(minutes=data["check_in_before_minutes"]),
        grace=dt.timedelta(minutes=data["grace_minutes"]),
        record_within=dt.timedelta(days=data["record_days"]),
        limits=Limits(**data["limits"]),
        night=Night(
            first=dt.time.fromisoformat(data["night"]["from"]),
            last=dt.time.fromisoformat(data["night"]["until"]),
            least_minutes=data["night"]["least_minutes"],
        ),
    )


def post_rules() -> PostRules:
    """The rules in force today. One query a transaction."""
    return _read(rule(NAME))
