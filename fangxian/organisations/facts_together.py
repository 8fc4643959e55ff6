"""What those who stand together and who reported in have done, as facts for ledgers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import Level
from fangxian.common.facts import (
    Choices,
    Column,
    FactTable,
    Sensitivity,
    place_columns,
    tables,
    within,
)
from fangxian.organisations.facts import body, dates, in_force_on, of_rules, table
from fangxian.organisations.models import (
    Ally,
    Claim,
    Feedback,
    FiveOneEvidence,
    PairingEntry,
    SharedTask,
)
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.organisations.rules import five_ones
from fangxian.organisations.together_rules import together_rules
from fangxian.people.facts import person_columns

STAFF = Sensitivity.STAFF


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    made = (_claims(), _feedback(), _five_ones(), _allies(), _shared_tasks(), _entries())
    for at, one in enumerate(made):
        tables.register(one.name, one, order=440 + at)


def _rows(model: Any) -> Any:
    def rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
        found: QuerySet[Any] = model.objects.filter(within(place))
        return found

    return rows


def _reported() -> tuple[Column, ...]:
    """Who reported in: a unit by its name, a member as a person."""
    wanted = ("name", "sex", "phone")
    return (
        body("organisation", _("Organisation that reported in"), "report__organisation"),
        *(one for one in person_columns("report__person") if one.name in wanted),
    )


def _claims() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("kind", _("List"), "code", path="item__kind",
               codes=of_rules(lambda: reporting_rules().lists)),
        Column("item", _("What it is"), path="item__title", width=28),
        Column("due", _("By when"), "date", path="item__due"),
        *_reported(),
        Column("claimed_on", _("Claimed on"), "date", path="claimed_on"),
        Column("waits", _("Waits for the community"), "yes_no", path="waits"),
        Column("done_on", _("Done on"), "date", path="done_on"),
        Column("given_up_on", _("Given up on"), "date", path="given_up_on"),
        Column("result", pgettext_lazy("column", "Result"),
               path="result", sensitivity=STAFF, width=28),
    )  # fmt: skip
    return table(
        "claims", _("Claims of items"),
        _("Who reported in has taken on an item of a community; given up ones are marked."),
        Claim, columns, _rows(Claim), person="report__person_id",
        first=("community", "kind", "item", "organisation", "name", "claimed_on", "done_on",
               "result"),
    )  # fmt: skip


def _feedback() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        *_reported(),
        Column("quarter", _("First day of the quarter"), "date", path="quarter"),
        Column("grade", _("Grade"), "code", path="grade", sensitivity=STAFF,
               codes=of_rules(lambda: reporting_rules().grades)),
        Column("text", _("Feedback"), path="text", sensitivity=STAFF, width=28),
        Column("given_on", _("Given on"), "date", path="given_on"),
    )  # fmt: skip
    return table(
        "feedback", _("Feedback of communities"),
        _("What a community says of one who reported in, for a quarter."),
        Feedback, columns, _rows(Feedback), person="report__person_id",
        first=("community", "organisation", "name", "quarter", "grade", "text", "given_on"),
    )  # fmt: skip


def _five_ones() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("item", _("Item of the five ones"), "code", path="item",
               codes=Choices(lambda: [(one.code, one.name) for one in five_ones().items])),
        Column("evidence", _("Evidence"), path="label", sensitivity=STAFF, width=28),
        body("organisation", _("Organisation"), "organisation"),
        Column("note", pgettext_lazy("column", "Note"), path="note", sensitivity=STAFF, width=24),
        *dates(),
    )  # fmt: skip
    return table(
        "five_ones", _("Evidence of the five ones"),
        _("What shows that an item of the five ones is in place in a community."),
        FiveOneEvidence, columns, _rows(FiveOneEvidence),
        first=("town", "community", "item", "evidence", "from_date", "to_date"),
    )  # fmt: skip


def _allies() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("alliance", _("Alliance"), path="alliance__name", width=28),
        body("organisation", _("Organisation"), "organisation"),
        Column("role", _("Role in the alliance"), "code", path="role",
               codes=of_rules(lambda: together_rules().roles)),
        *dates(),
    )  # fmt: skip
    return table(
        "allies", _("Members of alliances"), _("An organisation that is in an alliance."), Ally,
        columns, in_force_on(Ally), dated=True,
        as_of=_("as it is now, or as it was on a day"),
        first=("alliance", "organisation", "role", "town", "community", "from_date"),
    )  # fmt: skip


def _shared_tasks() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("alliance", _("Alliance"), path="alliance__name", width=28),
        Column("title", _("What is done together"), path="title", width=28),
        body("organisation", _("Organisation that sees to it"), "organisation"),
        Column("due", _("By when"), "date", path="due"),
        Column("done_on", _("Done on"), "date", path="done_on"),
        Column("result", pgettext_lazy("column", "Result"), path="result", width=28),
    )
    return table(
        "shared_tasks", _("Tasks of alliances"),
        _("What an alliance does together; done ones are marked."), SharedTask, columns,
        _rows(SharedTask),
        first=("alliance", "title", "organisation", "due", "done_on", "result"),
    )  # fmt: skip


def _entries() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        body("organisation", _("Organisation"), "pairing__organisation"),
        body("partner", _("Paired with"), "pairing__partner"),
        Column("partner_place", _("Place it is paired with"), path="pairing__place__name"),
        Column("on", _("Day"), "date", path="on"),
        Column("kind", _("Kind"), "code", path="kind",
               codes=of_rules(lambda: together_rules().entries)),
        Column("text", _("What was given or done"), path="text", width=36),
    )  # fmt: skip
    return table(
        "pairing_entries", _("What pairs have done"),
        _("What the two of a pair have given or done for each other on a day."), PairingEntry,
        columns, _rows(PairingEntry),
        first=("organisation", "partner", "partner_place", "on", "kind", "text"),
    )  # fmt: skip
