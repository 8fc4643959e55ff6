"""What standing party bodies look like, read from versioned data.

Rule set ``standing_bodies`` (``data/standing_rules.json``): of each form how many members of the
party it takes, from how many on it has a committee, for how many years its leadership is elected;
which duties are the committee's, and how many days before the end of a term one is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fangxian.core import shapes
from fangxian.organisations.rules import in_force
from fangxian.organisations.temporary_rules import Range

STANDING = "standing_bodies"

_COUNT = shapes.number(0, 1_000_000, whole=True)
_YEARS = shapes.number(1, 20, whole=True)
SHAPE = shapes.record(
    {
        "forms": shapes.rows(
            shapes.record(
                {
                    "kind": shapes.code(),
                    "members": shapes.record({"min": _COUNT, "max": _COUNT}),
                    "term_years": _YEARS,
                },
                {"committee": shapes.record({"from": _COUNT, "min": _COUNT, "max": _COUNT})},
            ),
            unique="kind",
            least=1,
        ),
        "parts": shapes.rows(shapes.code()),
        "committee_duties": shapes.rows(shapes.text),
        "village_term_years": _YEARS,
        "warn_days": shapes.number(0, 366, whole=True),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is no rule set of standing bodies."""
    shapes.check(SHAPE, data)
    shapes.refuse(
        (f"forms[{at}].{name}.max", _("This is less than “min”."))
        for at, form in enumerate(data["forms"])
        for name in ("members", "committee")
        if name in form and form[name]["min"] > form[name]["max"]
    )


@dataclass(frozen=True)
class StandingForm:
    """A kind of body: how many members of the party it takes, how long its leadership is elected.

    From ``committee_from`` members on so many hold the committee's duties (None: not asked).
    """

    kind: str
    size: Range
    years: int
    committee_from: int = 0
    committee: Range | None = None


@dataclass(frozen=True)
class StandingRules:
    """The rule set in force.

    ``parts``: kinds of bodies that have no form of their own and count with the body above them.
    """

    version: int
    forms: Mapping[str, StandingForm]
    parts: tuple[str, ...]
    duties: frozenset[str]
    village_years: int
    warn_days: int


def standing_rules(on: dt.date | None = None) -> StandingRules:
    """The rules of standing bodies in force on a day (today). One cached read."""
    found = in_force(STANDING, on)
    data = found.data
    return StandingRules(
        version=found.version,
        forms={row["kind"]: _form(row) for row in data["forms"]},
        parts=tuple(data["parts"]),
        duties=frozenset(data["committee_duties"]),
        village_years=data["village_term_years"],
        warn_days=data["warn_days"],
    )


def _form(row: Mapping[str, Any]) -> StandingForm:
    size, committee = row["members"], row.get("committee")
    return StandingForm(
        kind=row["kind"],
        size=Range(size["min"], size["max"]),
        years=row["term_years"],
        committee_from=committee["from"] if committee else 0,
        committee=Range(committee["min"], committee["max"]) if committee else None,
    )
