"""Outcomes, target groups, exemptions and reports of sweeps, read from the rule set ``field``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.escalation import role_codes
from fangxian.core.rules import Rule, rule, rule_version
from fangxian.register.vocabularies import KEY_GROUPS, RESIDENCY_KINDS

NAME = "field"
# Of a report after the set time, at most: the one of the next day is not owed yet.
MOST_MINUTES = 12 * 60

_NAMES = {"zh": shapes.text, "en": shapes.text}
_DAYS = shapes.number(0, 366, whole=True)
_LEVEL = shapes.one_of([str(int(one)) for one in Level if one])
SHAPE = shapes.record(
    {
        "outcomes": shapes.rows(
            shapes.record(
                {"code": shapes.code(12), **_NAMES, "closes": shapes.flag},
                {
                    "key": shapes.text,
                    "revisit_days": _DAYS,
                    "asks": shapes.flag,
                    "met": shapes.flag,
                    "exception": shapes.flag,
                },
            ),
            unique="code",
            least=1,
        ),
        "groups": shapes.rows(
            shapes.record(
                {"code": shapes.code(), **_NAMES},
                {
                    "residency_kinds": shapes.rows(
                        shapes.one_of(lambda: list(RESIDENCY_KINDS.terms))
                    ),
                    "any_key_group": shapes.flag,
                    "key_groups": shapes.rows(shapes.one_of(lambda: list(KEY_GROUPS.terms))),
                    "age_from": shapes.number(0, 150, whole=True),
                },
            ),
            unique="code",
            least=1,
        ),
        "exemptions": shapes.rows(
            shapes.record({"code": shapes.code(), **_NAMES}), unique="code", least=1
        ),
        "report": shapes.record(
            {
                "levels": shapes.rows(shapes.level, least=1),
                "due": shapes.time,
                "roles": shapes.table(_LEVEL, shapes.one_of(role_codes)),
            },
            {
                "day_from": shapes.time,
                "minutes_after": shapes.table(_LEVEL, shapes.number(1, MOST_MINUTES, whole=True)),
            },
        ),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)
    shapes.refuse(_unfit(data))


def _unfit(data: Mapping[str, Any]) -> shapes.Mistakes:
    if not any(row["closes"] for row in data["outcomes"]):
        yield "outcomes", _("One outcome at least has to close a visit.")
    report = data["report"]
    for level in report["levels"]:
        if str(level) not in report["roles"]:
            yield f"report.roles.{level}", _("This is missing.")
    if "minutes_after" in report:
        yield from _unfit_minutes(report["levels"], report["minutes_after"])


def _unfit_minutes(levels: Sequence[int], minutes: Mapping[str, int]) -> shapes.Mistakes:
    """Each level adds up the one below, so it has to be due later; the lowest at the set time."""
    lowest, *above = sorted(set(levels), reverse=True)
    for level in minutes:
        if int(level) not in above:
            named = ", ".join(map(str, above))
            yield (
                f"report.minutes_after.{level}",
                _("Only levels that report of those below stand here: %(levels)s.")
                % {"levels": named},
            )
    below, least = lowest, 0
    for one in above:
        where, given = f"report.minutes_after.{one}", minutes.get(str(one))
        if given is None:
            yield where, _("This is missing.")
        elif given <= least:
            yield (
                where,
                _("Write more than %(least)d: it adds up the reports of level %(level)d.")
                % {"least": least, "level": below},
            )
        below, least = one, max(least, given or 0)


@dataclass(frozen=True)
class Outcome(Named):
    """What was found at a door. ``closes``: the household counts as visited.

    ``revisit_days``: come back after so many days (None: no need). ``key``: the keyboard's key.
    ``asks``: the form's questions are shown, whatever the sweep says; ``met``: somebody answered,
    so that a sweep which asks its form at every door asks it here. ``exception``: there is one.
    """

    closes: bool = False
    key: str = ""
    revisit_days: int | None = None
    asks: bool = False
    met: bool = False
    exception: bool = False

    def asked(self, *, every_door: bool) -> bool:
        """Whether the form is asked, in a sweep that asks it at every door or not."""
        return self.asks or (every_door and self.met)


@dataclass(frozen=True)
class Group(Named):
    """Which households a campaign visits; empty criteria take all."""

    residency_kinds: tuple[str, ...] = ()
    any_key_group: bool = False
    key_groups: tuple[str, ...] = ()
    age_from: int | None = None


@dataclass(frozen=True)
class ReportRules:
    """Which levels report, by when at the latest, and whose task an overdue report is.

    ``due`` is the time of the lowest level, before ``day_from`` one of the next morning; the levels
    above, which add up those below, are due so long ``after`` it.
    """

    levels: tuple[Level, ...]
    due: dt.time
    after: Mapping[Level, dt.timedelta]
    day_from: dt.time
    roles: Mapping[Level, str]


@dataclass(frozen=True)
class FieldRules:
    """One version of the rule set."""

    version: int
    outcomes: Mapping[str, Outcome]
    groups: Mapping[str, Group]
    exemptions: Mapping[str, Named]
    report: ReportRules

    @property
    def closing(self) -> list[str]:
        """Codes of the outcomes by which a household counts as visited."""
        return [outcome.code for outcome in self.outcomes.values() if outcome.closes]

    def group(self, code: str) -> Group:
        """Return a target group. Raises Invalid naming those there are."""
        if code not in self.groups:
            names = "、".join(f"{g.name} ({g.code})" for g in self.groups.values())
            raise Invalid(
                Problem(
                    _("“%(code)s” is not a target group.") % {"code": code},
                    field="group",
                    mend=_("Take one of: %(names)s.") % {"names": names},
                    code="unknown_group",
                )
            )
        return self.groups[code]


def _outcome(row: Mapping[str, Any]) -> Outcome:
    # A version that says nothing of exceptions had them wherever it asked.
    return Outcome(**{"exception": row.get("asks", False), **row})


def _read(found: Rule) -> FieldRules:
    data: Mapping[str, Any] = found.data
    groups = {}
    for row in data["groups"]:
        values: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in row.items()
        }
        groups[row["code"]] = Group(**values)
    report = data["report"]
    return FieldRules(
        version=found.version,
        outcomes={row["code"]: _outcome(row) for row in data["outcomes"]},
        groups=groups,
        exemptions={row["code"]: Named(**row) for row in data["exemptions"]},
        report=ReportRules(
            levels=tuple(Level(level) for level in report["levels"]),
            due=dt.time.fromisoformat(report["due"]),
            # Versions that say nothing of it had one time for all levels.
            after={
                Level(int(level)): dt.timedelta(minutes=minutes)
                for level, minutes in report.get("minutes_after", {}).items()
            },
            day_from=dt.time.fromisoformat(report.get("day_from", "00:00")),
            roles={Level(int(level)): role for level, role in report["roles"].items()},
        ),
    )


def field_rules(on: dt.date | None = None) -> FieldRules:
    """The rules in force on a day (today). One query."""
    return _read(rule(NAME, on=on))


def field_rules_version(version: int) -> FieldRules:
    """The rules a campaign was started under. One query."""
    return _read(rule_version(NAME, version))
