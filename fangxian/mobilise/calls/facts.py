"""What is wanted by calls, of whom, and who goes where, as facts for ledgers."""

from __future__ import annotations

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import Level
from fangxian.common.facts import Choices, Column, FactTable, Sensitivity, place_columns, tables
from fangxian.mobilise.facts import CALLS, PERSONS, rows_of, table
from fangxian.mobilise.models import Call, CallLine, CallUnit, Placement
from fangxian.people.facts import person_columns


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    for at, one in enumerate((_lines(), _units(), _placements())):
        tables.register(one.name, one, order=530 + at)


def _call(path: str = "call") -> tuple[Column, ...]:
    return (
        Column("call", pgettext_lazy("for people", "Call"), path=f"{path}__title", width=28),
        Column("call_state", _("State of the call"), "code", path=f"{path}__state",
               codes=Choices(Call.State.choices)),
    )  # fmt: skip


def _lines() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        *_call(),
        Column("counts", _("Counts"), "code", path="call__counts",
               codes=Choices(Call.Counts.choices)),
        Column("number", pgettext_lazy("column", "Line"), "number", path="number"),
        Column("where", _("Where people go"), path="place__name", width=24),
        Column("name", _("For what"), path="name"),
        Column("heads", _("Needed"), "number", path="heads", unit=PERSONS),
        Column("placed", pgettext_lazy("a call", "Placed"), "number", path="placed", unit=PERSONS),
        Column("lacking", _("Lacking"), "number", expression=F("heads") - F("placed"),
               unit=PERSONS),
        Column("key", _("Key post"), "yes_no", path="key"),
    )  # fmt: skip
    return table(
        "call_lines", _("Lines of calls"), _("What a call wants at one place."), CallLine, columns,
        rows_of(CallLine), right=CALLS, order=("call_id", "number", "pk"),
        first=("call", "call_state", "where", "name", "heads", "placed", "lacking", "key"),
    )  # fmt: skip


def _units() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        *_call(),
        Column("organisation", _("Organisation"), path="organisation__name", width=24,
               synonyms="organisation"),
        Column("below", _("With all units below it"), "yes_no", path="below"),
        Column("quota", _("Heads asked of it"), "number", path="quota", unit=PERSONS),
        Column("pledged", pgettext_lazy("column", "Pledged"),
               "number", path="pledged", unit=PERSONS),
    )  # fmt: skip
    return table(
        "call_units", _("Units of calls"), _("A unit that a call is sent to."), CallUnit, columns,
        rows_of(CallUnit), right=CALLS, order=("call_id", "organisation_id", "pk"),
        first=("call", "call_state", "organisation", "below", "quota", "pledged"),
    )  # fmt: skip


def _placements() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        *_call("line__call"),
        Column("where", _("Where people go"), path="line__place__name", width=24),
        Column("line", _("For what"), path="line__name"),
        *person_columns("pledge__volunteer__person"),
        Column("organisation", _("Organisation"), path="pledge__organisation__name", width=24),
        Column("heads", _("Heads"), "number", path="heads", unit=PERSONS),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="pledge__from_date"),
        Column("until", pgettext_lazy("column", "Until"), "date", path="pledge__until"),
        Column("source", _("How it came"), "code", path="source",
               codes=Choices(Placement.Source.choices)),
        Column("state", _("State"), "code", path="state", codes=Choices(Placement.State.choices)),
        Column("decided_by", pgettext_lazy("column", "Decided by"),
               "account", path="decided_by", sensitivity=Sensitivity.STAFF),
        Column("decided_at", pgettext_lazy("column", "Decided"), "datetime", path="decided_at"),
    )  # fmt: skip
    return table(
        "placements", _("Who goes where by calls"),
        _("Somebody, or heads of a unit, has a line of a call; claims to be confirmed too."),
        Placement, columns, rows_of(Placement), right=CALLS, order=("line_id", "state", "pk"),
        person="pledge__volunteer__person_id",
        first=("call", "where", "line", "name", "organisation", "heads", "from_date", "until",
               "state"),
    )  # fmt: skip
