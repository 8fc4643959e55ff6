"""What reports of diseases offer to ledgers, exports, templates and bulletins."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.facts import (
    Choices,
    Column,
    FactTable,
    Filter,
    Measure,
    Sensitivity,
    measures,
    place_columns,
    tables,
    withhold,
    within,
)
from fangxian.people.facts import person_columns
from fangxian.surveillance.models import ReportCard
from fangxian.surveillance.rules import catalogue, report_rules

VIEW = "surveillance.view"
PERSONAL = Sensitivity.PERSONAL
_SOURCE = _("report cards")
_NOW = _("as it is now")
_CASES = pgettext_lazy("unit", "cases")


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    table = _cards()
    tables.register(table.name, table, order=650)
    for at, measure in enumerate(_MEASURES):
        measures.register(measure.name, measure, order=650 + at)
    withhold(
        {
            "surveillance.ReportCard": {
                "name": "shown as the person's name",
                "catalogue_version": "under which list it was written: on the page of the card",
                "revised_for": "on the page of the card",
                "withdrawn_for": "on the page of the card",
            }
        }
    )


def _rows(place: str, _day: dt.date | None) -> QuerySet[ReportCard]:
    return ReportCard.objects.filter(within(place))


def _diseases() -> list[tuple[str, Any]]:
    return [(one.code, one.name) for one in catalogue().diseases.values()]


def _of(name: str) -> Choices:
    return Choices(lambda: [(c, one.name) for c, one in getattr(report_rules(), name).items()])


_LATE = Q(reported_at__gt=F("due_at"))


def _cards() -> FactTable:
    columns = (
        *place_columns(),
        Column("number", _("Number of the card"), path="number", width=22),
        *person_columns(),
        Column("disease", _("Disease"), "code", path="disease", codes=Choices(_diseases),
               sensitivity=PERSONAL),
        Column("classification", _("Classification"), "code", path="classification",
               codes=_of("classifications"), sensitivity=PERSONAL),
        Column("onset_on", _("Onset"), "date", path="onset_on", sensitivity=PERSONAL),
        Column("diagnosed_at", _("Diagnosed"), "datetime", path="diagnosed_at"),
        Column("died_on", _("Died, as the card says"), "date", path="died_on",
               sensitivity=PERSONAL),
        Column("reported_at", pgettext_lazy("column", "Reported"), "datetime", path="reported_at"),
        Column("due_at", _("To be reported until"), "datetime", path="due_at"),
        Column("late", _("Reported late"), "yes_no", expression=_LATE),
        Column("source", _("Source of the report"), "code", path="source", codes=_of("sources")),
        Column("organisation", _("Reporting unit"), path="organisation__name",
               synonyms="organisation", width=24),
        Column("doctor", _("Reporting doctor"), path="doctor", sensitivity=Sensitivity.STAFF),
        Column("belongs", _("The case lives in"), "code", path="belongs", codes=_of("belongs")),
        Column("occupation", _("Occupation"), "code", path="occupation",
               codes=_of("occupations"), sensitivity=PERSONAL),
        Column("address", _("Present address"), path="address", opaque=True,
               sensitivity=PERSONAL, width=28),
        Column("note", pgettext_lazy("column", "Note"), path="note", opaque=True,
               sensitivity=PERSONAL, synonyms="note", width=24),
        Column("state", _("State"), "code", path="state",
               codes=Choices(ReportCard.State.choices)),
        Column("verified_at", _("Verified"), "datetime", path="verified_at"),
        Column("verified_by", _("Verified by"), "account", path="verified_by",
               sensitivity=Sensitivity.STAFF),
        Column("by", _("Reported by"), "account", path="made_by",
               sensitivity=Sensitivity.STAFF),
    )  # fmt: skip
    return FactTable(
        name="surveillance.cards", label=_("Report cards"),
        about=_("A case of a notifiable disease as it was reported; withdrawn ones say so."),
        right=VIEW, model=ReportCard, rows=_rows, columns=columns,
        order=("place_code", "diagnosed_at", "pk"), person="person_id", as_of=_NOW,
        source=_SOURCE, link=lambda key: reverse("surveillance:card", args=[key]),
        first=("community", "name", "sex", "age", "disease", "classification", "onset_on",
               "diagnosed_at", "reported_at", "late", "state"),
    )  # fmt: skip


_COUNTED = Filter("state", "not", ReportCard.State.WITHDRAWN.value)
_MEASURES = (
    Measure("surveillance.cards_today", _("Cases reported today"),
            _("Report cards that were written today and aren't withdrawn."), "surveillance.cards",
            _CASES, (_COUNTED, Filter("reported_at", "since", "1")), source=_SOURCE,
            as_of=_("today")),
    Measure("surveillance.cards_open", _("Report cards to verify"),
            _("Report cards that nobody has verified yet."), "surveillance.cards", _CASES,
            (Filter("state", "is", ReportCard.State.REPORTED.value),), source=_SOURCE),
    Measure("surveillance.cards_late", _("Cases reported late"),
            _("Report cards of the last seven days that were written after the deadline of the"
              " law."), "surveillance.cards", _CASES,
            (_COUNTED, Filter("late", "is", "yes"), Filter("reported_at", "since", "7")),
            source=_SOURCE),
)  # fmt: skip
