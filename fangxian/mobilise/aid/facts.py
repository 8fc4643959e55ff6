"""What standing programmes and batches have done, as facts for ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import Level
from fangxian.common.facts import Choices, Column, FactTable, Sensitivity, place_columns, tables
from fangxian.common.masks import mask_name
from fangxian.mobilise.aid import queries
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.facts import AID, AID_KEEP, PERSONS, rows_of, table
from fangxian.mobilise.models import (
    AidCounter,
    AidFigure,
    AidLeg,
    AidProgramme,
    AidResult,
    AidThanks,
    AidTrainee,
)

PERSONAL = Sensitivity.PERSONAL


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    made = (_programmes(), _results(), _trainees(), _legs(), _thanks(), _figures())
    for at, one in enumerate(made):
        tables.register(one.name, one, order=540 + at)


def _batch(path: str = "batch") -> tuple[Column, ...]:
    return (
        Column("batch", _("Aid batch"), path=f"{path}__name", synonyms="aid_batch", width=24),
        Column("number", _("Batch number"), "number", path=f"{path}__number"),
    )


def _programme() -> tuple[Column, ...]:
    return (
        Column("programme", _("Standing programme"), path="programme__name", width=24),
        Column("term", _("Term of the programme"), "number", path="term__number"),
    )


def _programmes() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("name", _("Standing programme"), path="name", width=24),
        Column("kind", _("Kind of programme"), "code", path="kind",
               codes=Choices(lambda: [(c, n.name) for c, n in aid_rules().programmes.items()])),
        Column("destination", _("Destination"), path="destination__name"),
        Column("elsewhere", _("Destination elsewhere"), path="elsewhere"),
        Column("purpose", pgettext_lazy("column", "Purpose"), path="purpose", width=24),
        Column("organisation", _("Organisation"), path="organisation__name", width=24),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("ended_on", _("Ended on"), "date", path="ended_on"),
        Column("made_by", _("Made by"), "account", path="made_by", sensitivity=Sensitivity.STAFF),
    )  # fmt: skip
    return table(
        "aid_programmes", _("Standing programmes of aid"),
        _("A programme by which a place elsewhere is helped for years; its terms are batches."),
        AidProgramme, columns, rows_of(AidProgramme), right=AID,
        link=lambda key: reverse("mobilise:aid_programme", args=[key]),
        first=("name", "kind", "destination", "elsewhere", "organisation", "from_date",
               "ended_on"),
    )  # fmt: skip


def _results() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        *_programme(),
        Column("kind", _("Kind of result"), "code", path="kind",
               codes=Choices(lambda: [(c, n.name) for c, n in aid_rules().results.items()])),
        Column("day", _("Day"), "date", path="day"),
        Column("what", pgettext_lazy("column", "Result"), path="what", width=36),
        Column("count", _("How many"), "number", path="number"),
    )  # fmt: skip
    return table(
        "aid_results", _("Results of aid programmes"),
        _("What a standing programme has left there; trainees by name have their own ledger."),
        AidResult, columns, rows_of(AidResult), right=AID, order=("programme_id", "day", "pk"),
        first=("programme", "term", "kind", "day", "what", "count"),
    )  # fmt: skip


def _trainees() -> FactTable:
    # Of people elsewhere, whom the register doesn't know: shown to who keeps the programme.
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        *_programme(),
        Column("name", pgettext_lazy("person", "Name"), "name", path="name", sensitivity=PERSONAL,
               right=AID_KEEP, mask=mask_name, synonyms="name"),
        Column("organisation", _("Workplace there"), path="organisation", sensitivity=PERSONAL,
               right=AID_KEEP, synonyms="employer", width=24),
        Column("position", pgettext_lazy("column", "Position"),
               path="position", sensitivity=PERSONAL, right=AID_KEEP,
               synonyms="position"),
        Column("topic", _("Trained in"), path="topic", width=24),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("until", pgettext_lazy("column", "Until"), "date", path="until"),
        Column("passed", _("What was passed"), path="passed", sensitivity=PERSONAL,
               right=AID_KEEP),
        Column("passed_on", _("Passed on"), "date", path="passed_on", sensitivity=PERSONAL,
               right=AID_KEEP),
    )  # fmt: skip
    return table(
        "aid_trainees", _("Trainees of aid programmes"),
        _("Somebody of the place helped whom a standing programme trains."), AidTrainee, columns,
        rows_of(AidTrainee), right=AID, order=("programme_id", "from_date", "pk"),
        link=lambda key: reverse("mobilise:aid_trainee", args=[key]),
        first=("programme", "term", "name", "organisation", "position", "topic", "from_date",
               "until", "passed"),
    )  # fmt: skip


def _legs() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        *_batch(),
        Column("kind", _("Direction"), "code", path="kind", codes=Choices(AidLeg.Kind.choices)),
        Column("mode", _("Travels by"), "code", path="mode",
               codes=Choices(lambda: [(c, n.name) for c, n in aid_rules().modes.items()])),
        Column("service", _("Train, flight or plate"), path="service"),
        Column("origin", pgettext_lazy("column", "From where"), path="origin"),
        Column("target", pgettext_lazy("column", "To where"), path="target"),
        Column("departs_at", pgettext_lazy("column", "Departs"), "datetime", path="departs_at"),
        Column("arrives_at", pgettext_lazy("column", "Arrives"), "datetime", path="arrives_at"),
        Column("people", pgettext_lazy("column", "People"), "number", path="people", unit=PERSONS),
    )  # fmt: skip
    return table(
        "aid_legs", _("Journeys of aid batches"), _("A leg of the way of an aid batch."), AidLeg,
        columns, rows_of(AidLeg), right=AID, order=("batch_id", "departs_at", "pk"),
        first=("batch", "number", "kind", "mode", "service", "origin", "target", "departs_at",
               "arrives_at", "people"),
    )  # fmt: skip


def _thanks() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        *_batch(),
        Column("kind", _("Kind"), "code", path="kind",
               codes=Choices(lambda: [(c, n.name) for c, n in aid_rules().thanks.items()])),
        Column("day", _("Day"), "date", path="day"),
        Column("giver", _("By whom"), path="giver", width=24),
        Column("what", _("With what"), path="what", width=36),
    )  # fmt: skip
    return table(
        "aid_thanks", _("Thanks to aid batches"),
        _("How an aid batch was seen off, welcomed or thanked."), AidThanks, columns,
        rows_of(AidThanks), right=AID, order=("batch_id", "day", "pk"),
        first=("batch", "number", "kind", "day", "giver", "what"),
    )  # fmt: skip


def _units(keys: Sequence[UUID], _clear: bool) -> dict[UUID, str]:
    rules = aid_rules()
    rows = AidCounter.objects.filter(pk__in=list(keys))
    return {row.id: queries.counted(row, rules)[1] for row in rows}


def _figures() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        *_batch("day__batch"),
        Column("day", _("Day"), "date", path="day__day"),
        Column("counter", _("What is counted"), "code", path="counter__code",
               codes=Choices(lambda: [(c, n.name) for c, n in aid_rules().counters.items()])),
        Column("own", _("Counted by a name of its own"), path="counter__name"),
        Column("value", pgettext_lazy("column", "Value"), "number", path="value"),
        Column("unit", _("Unit of measurement"), path="counter_id", load=_units,
               covers=("mobilise.AidCounter.unit",)),
    )  # fmt: skip
    return table(
        "aid_figures", _("What aid batches have done"),
        _("What an aid batch has counted on a day: samples, patients, beds."), AidFigure, columns,
        rows_of(AidFigure), right=AID, order=("day_id", "counter_id", "pk"),
        first=("batch", "number", "day", "counter", "own", "value", "unit"),
    )  # fmt: skip
