"""Which diseases are notifiable until when, and the codes of report cards: rule data with dates.

The rule set ``diseases`` has a version for each change of the law; a card keeps the version under
which it was written. ``disease_reports`` holds classifications, sources and clocks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.errors import Invalid, Problem
from fangxian.common.vocabulary import Named, in_language
from fangxian.core import shapes
from fangxian.core.rules import Rule, rule, rule_version

DISEASES: Final = "diseases"
REPORTS: Final = "disease_reports"
CLASSES: Final = {
    "A": gettext_lazy("Class A"),
    "B": gettext_lazy("Class B"),
    "C": gettext_lazy("Class C"),
    "other": gettext_lazy("Not of the list"),
}
# A case that was diagnosed longer ago isn't news any more, and most often a slip of the pen.
MOST_HOURS: Final = 31 * 24

_CODED = {"code": shapes.code(), "zh": shapes.text, "en": shapes.text}
_DISEASE = shapes.record(
    {
        **_CODED,
        "class": shapes.one_of(list(CLASSES)),
        "hours": shapes.number(1, MOST_HOURS, whole=True),
    },
    {"managed_as": shapes.one_of(["A", "B"]), "of": shapes.code()},
)
DISEASES_SHAPE = shapes.record({"diseases": shapes.rows(_DISEASE, unique="code", least=1)})
_CODES = shapes.rows(shapes.record(_CODED), unique="code", least=1)
REPORTS_SHAPE = shapes.record(
    {
        "verify_hours": shapes.number(1, 24 * 7, whole=True),
        "same_days": shapes.number(0, 366, whole=True),
        "classifications": _CODES,
        "sources": _CODES,
        "belongs": _CODES,
        "occupations": _CODES,
    }
)


def check_diseases(data: Any) -> None:
    """Raise Invalid for data that is no list of diseases."""
    shapes.check(DISEASES_SHAPE, data)
    known = {row["code"] for row in data["diseases"]}
    shapes.refuse(
        (f"diseases.{at}.of", _("This is no disease of the list."))
        for at, row in enumerate(data["diseases"])
        if row.get("of", row["code"]) not in known
    )


def check_reports(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(REPORTS_SHAPE, data)


@dataclass(frozen=True)
class Disease:
    """A disease of the catalogue; ``of``: the disease that it is a form of.

    ``klass`` is the class of the law, ``managed_as`` the one whose measures are taken; a case is
    reported within ``hours`` of its diagnosis.
    """

    code: str
    zh: str
    en: str
    klass: str
    managed_as: str
    hours: int
    of: str

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return in_language(en=self.en, zh=self.zh)


@dataclass(frozen=True)
class Catalogue:
    """The diseases that are reported under a version of the rule set."""

    version: int
    source: str
    valid_from: dt.date
    diseases: Mapping[str, Disease]

    def named(self, code: str) -> Disease:
        """The disease of a code. Raises Invalid naming the mend."""
        try:
            return self.diseases[code]
        except KeyError:
            raise Invalid(
                Problem(
                    _("This is no disease of the list in force then."),
                    "disease",
                    mend=_("Choose one of the list."),
                    code="disease",
                )
            ) from None

    def due(self, code: str, diagnosed_at: dt.datetime) -> dt.datetime:
        """Until when a case of the disease is to be reported. Raises Invalid."""
        return diagnosed_at + dt.timedelta(hours=self.named(code).hours)


@dataclass(frozen=True)
class ReportRules:
    """Codes of report cards; verification is due ``verify_hours`` after the report.

    Two cards of a human for a disease within ``same_days`` are taken for one case.
    """

    version: int
    verify_hours: int
    same_days: int
    classifications: Mapping[str, Named]
    sources: Mapping[str, Named]
    belongs: Mapping[str, Named]
    occupations: Mapping[str, Named]


def _catalogue(found: Rule) -> Catalogue:
    rows = (
        Disease(
            row["code"], row["zh"], row["en"], row["class"],
            row.get("managed_as", row["class"]), row["hours"], row.get("of", ""),
        )
        for row in found.data["diseases"]
    )  # fmt: skip
    return Catalogue(found.version, found.source, found.valid_from, {one.code: one for one in rows})


def catalogue(on: dt.date | None = None) -> Catalogue:
    """The diseases that are notifiable on a day (today). One query a transaction."""
    return _catalogue(rule(DISEASES, on=on))


def catalogue_version(version: int) -> Catalogue:
    """The list under which a card was written. One query."""
    return _catalogue(rule_version(DISEASES, version))


def catalogue_at(moment: dt.datetime) -> Catalogue:
    """The list in force when a case was diagnosed."""
    return catalogue(timezone.localdate(moment))


def report_rules() -> ReportRules:
    """The codes and clocks of report cards in force today. One query a transaction."""
    found = rule(REPORTS)
    data = found.data
    lists = {
        name: {row["code"]: Named(**row) for row in data[name]}
        for name in ("classifications", "sources", "belongs", "occupations")
    }
    return ReportRules(
        version=found.version, verify_hours=data["verify_hours"], same_days=data["same_days"],
        **lists,
    )  # fmt: skip
