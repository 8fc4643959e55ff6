"""Who staffs gates and which rounds are walked, as facts for ledgers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import Level
from fangxian.common.facts import Column, FactTable, place_columns, tables
from fangxian.field.facts import by_whom, duty, rows_of
from fangxian.field.models import GateUnit, Round


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    for at, one in enumerate((_staffed(), _rounds())):
        tables.register(one.name, one, order=640 + at)


def _staffed() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        Column("gate", _("Gate"), path="gate__name", width=20),
        Column("organisation", _("Organisation"), path="organisation__name", width=28,
               synonyms="organisation"),
        Column("opened_on", _("Opened on"), "date", path="gate__opened_on"),
        Column("closed_on", _("Closed on"), "date", path="gate__closed_on"),
    )  # fmt: skip
    return duty(
        "gate_units", _("Units at gates"), _("A unit that staffs a gate, alone or with others."),
        GateUnit, columns, rows_of(GateUnit), order=("gate_id", "organisation_id", "pk"),
        first=("town", "community", "gate", "organisation", "opened_on", "closed_on"),
    )  # fmt: skip


def _rounds() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        Column("name", _("Round"), path="name", width=20),
        Column("times", _("Times a day"), "number", path="times",
               unit=pgettext_lazy("unit", "times")),
        Column("first_at", pgettext_lazy("column", "From"), path="first_at", shown=str),
        Column("last_at", pgettext_lazy("column", "Until"), path="last_at", shown=str),
        Column("started_on", _("Started on"), "date", path="started_on"),
        Column("ended_on", _("Ended on"), "date", path="ended_on"),
        by_whom("made_by", _("Made by")),
    )  # fmt: skip
    return duty(
        "rounds", _("Rounds"), _("A round that is walked past its points; ended ones are marked."),
        Round, columns, rows_of(Round),
        first=("town", "community", "grid", "name", "times", "first_at", "last_at", "started_on",
               "ended_on"),
    )  # fmt: skip
