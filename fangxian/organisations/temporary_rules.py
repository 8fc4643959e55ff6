"""What temporary units may look like, read from versioned data.

Rule set ``temporary_units`` (``data/temporary_rules.json``): the forms with how many members each
takes and which offices it has, where units serve, the longest term, who decides within how many
days, and what such a unit normally does not do. Nothing here is a number of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.escalation import role_codes
from fangxian.organisations.rules import in_force

TEMPORARY = "temporary_units"

_NAMED = {"code": shapes.code(), "zh": shapes.text, "en": shapes.text}
_COUNT = shapes.number(0, 100_000, whole=True)
_DAYS = shapes.number(1, 3660, whole=True)
_RANGE = shapes.record({"min": _COUNT, "max": _COUNT})
SHAPE = shapes.record(
    {
        "offices": shapes.rows(
            shapes.record({**_NAMED, "committee": shapes.flag, "party": shapes.flag}),
            unique="code",
            least=1,
        ),
        "forms": shapes.rows(
            shapes.record(
                {
                    "kind": shapes.code(),
                    "offices": shapes.rows(
                        shapes.record({"office": shapes.code(), "min": _COUNT, "max": _COUNT}),
                        unique="office",
                        least=1,
                    ),
                },
                {
                    "full": _RANGE,
                    "members": _RANGE,
                    "committee": shapes.record({"from": _COUNT, "min": _COUNT, "max": _COUNT}),
                },
            ),
            unique="kind",
            least=1,
        ),
        "settings": shapes.rows(shapes.record(_NAMED), unique="code", least=1),
        "usual_days": _DAYS,
        "most_days": _DAYS,
        "ending_days": _DAYS,
        "decide_days": _DAYS,
        "decided_by": shapes.one_of(role_codes),
        "normally_not": shapes.rows(shapes.record(_NAMED), unique="code"),
        "exceptions": shapes.rows(
            shapes.record({**_NAMED, "of": shapes.code(), "from": shapes.text}), unique="code"
        ),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is no rule set of temporary units."""
    shapes.check(SHAPE, data)
    shapes.refuse(_unfit(data))


def _unfit(data: Mapping[str, Any]) -> shapes.Mistakes:
    """What the parts of well-shaped rules say against each other."""
    office = shapes.one_of([row["code"] for row in data["offices"]])
    for at, form in enumerate(data["forms"]):
        where = f"forms[{at}]"
        if ("full" in form) == ("members" in form):
            yield where, _("Write either “full” or “members”.")
        ranges = {name: form[name] for name in ("full", "members", "committee") if name in form}
        for number, row in enumerate(form["offices"]):
            yield from office(row["office"], f"{where}.offices[{number}].office")
            ranges[f"offices[{number}]"] = row
        for name, row in ranges.items():
            if row["min"] > row["max"]:
                yield f"{where}.{name}.max", _("This is less than “min”.")
    normally = shapes.one_of([row["code"] for row in data["normally_not"]])
    for at, row in enumerate(data["exceptions"]):
        yield from normally(row["of"], f"exceptions[{at}].of")
        try:
            dt.date.fromisoformat(row["from"])
        except ValueError:
            yield f"exceptions[{at}].from", _("Write a day, like 2020-02-23.")


@dataclass(frozen=True)
class Office(Named):
    """An office of a unit: whether it belongs to the committee, whether only members of the party
    hold it."""

    committee: bool
    party: bool


@dataclass(frozen=True)
class Range:
    """From how many to how many."""

    least: int
    most: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.least <= number <= self.most


@dataclass(frozen=True)
class Form:
    """A kind of unit: how many it takes, which offices it has.

    ``party``: the number counts full members of the party, else everybody. ``committee``: from
    ``committee_from`` members on so many hold its offices (None: not asked).
    """

    kind: str
    party: bool
    size: Range
    offices: Mapping[str, Range]
    committee_from: int = 0
    committee: Range | None = None


@dataclass(frozen=True)
class TemporaryRules:
    """The rule set in force."""

    version: int
    offices: Mapping[str, Office]
    forms: Mapping[str, Form]
    settings: Mapping[str, Named]
    usual_days: int
    most_days: int
    ending_days: int
    decide_days: int
    decided_by: str
    normally_not: tuple[Named, ...]
    exceptions: tuple[tuple[Named, dt.date], ...]

    def form(self, kind: str) -> Form:
        """The form of a kind. Raises Invalid for a kind that is no temporary unit's."""
        found = self.forms.get(kind)
        if found is None:
            raise Invalid(
                Problem(
                    _("No temporary unit is of this kind."),
                    field="kind",
                    mend=_("Choose one of the kinds that are offered."),
                    code="kind",
                )
            )
        return found

    def fitting(self, full: int) -> list[str]:
        """The kinds of party units that fit a number of full members."""
        return [one.kind for one in self.forms.values() if one.party and full in one.size]

    def office_name(self, code: str) -> str:
        """The office as people say it, "" for none."""
        found = self.offices.get(code)
        return found.name if found else code

    def setting_name(self, code: str) -> str:
        """Where a unit serves, as people say it."""
        found = self.settings.get(code)
        return found.name if found else code


def temporary_rules(on: dt.date | None = None) -> TemporaryRules:
    """The rules of temporary units in force on a day (today). One cached read."""
    found = in_force(TEMPORARY, on)
    data = found.data
    return TemporaryRules(
        version=found.version,
        offices={row["code"]: Office(**row) for row in data["offices"]},
        forms={row["kind"]: _form(row) for row in data["forms"]},
        settings={row["code"]: Named(**row) for row in data["settings"]},
        usual_days=data["usual_days"],
        most_days=data["most_days"],
        ending_days=data["ending_days"],
        decide_days=data["decide_days"],
        decided_by=data["decided_by"],
        normally_not=tuple(Named(**row) for row in data["normally_not"]),
        exceptions=tuple(
            (Named(row["code"], row["zh"], row["en"]), dt.date.fromisoformat(row["from"]))
            for row in data["exceptions"]
        ),
    )


def _form(row: Mapping[str, Any]) -> Form:
    size, committee = row.get("full") or row["members"], row.get("committee")
    return Form(
        kind=row["kind"],
        party="full" in row,
        size=Range(size["min"], size["max"]),
        offices={one["office"]: Range(one["min"], one["max"]) for one in row["offices"]},
        committee_from=committee["from"] if committee else 0,
        committee=Range(committee["min"], committee["max"]) if committee else None,
    )
