"""What sweeps and duties offer to ledgers, exports, templates and bulletins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.facts import (
    Choices,
    Column,
    FactTable,
    Filter,
    Growing,
    Measure,
    Sensitivity,
    measures,
    place_columns,
    tables,
    withhold,
    within,
)
from fangxian.field import queries, questions
from fangxian.field.duties.rules import duty_rules
from fangxian.field.measures import MEASURES
from fangxian.field.models import (
    Campaign,
    DailyReport,
    Disinfection,
    Exemption,
    Gate,
    GateEntry,
    Message,
    Outreach,
    Point,
    ReportCorrection,
    RoundCheck,
    Target,
    Visit,
)
from fangxian.field.rules import field_rules
from fangxian.register.facts import home_columns

VIEW = "field.view"
WATCH = "field.watch"
STAFF = Sensitivity.STAFF
PERSONAL = Sensitivity.PERSONAL
SEALED = Sensitivity.SEALED
_SWEEPS = _("sweeps and visits")
_DUTIES = _("gates, rounds, disinfection, publicity")
_NOW = _("as it is now")
_HOUSEHOLDS = pgettext_lazy("unit", "households")
_TIMES = pgettext_lazy("unit", "times")


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    made = (
        _sweeps(), _targets(), _visits(), _exemptions(), _reports(), _corrections(),
        _gates(), _entries(),
        _points(), _checks(), _disinfections(), _messages(), _outreach(),
    )  # fmt: skip
    for at, table in enumerate(made):
        tables.register(table.name, table, order=600 + at)
    for at, measure in enumerate((*_measures(), *MEASURES)):
        measures.register(measure.name, measure, order=600 + at)
    withhold(_WITHHELD)


_LOG = {
    "op_id": "by which a record that arrives twice is one",
    "digest": "by which a record that arrives twice is one",
    "corrects": "a record that was corrected is left out",
    "emergency_id": "names the key that seals the record",
    "user_id": "the account stands in its own column",
    "source": "from where it was recorded: kept for the audit",
}
_WITHHELD: Mapping[str, Mapping[str, str] | str] = {
    "field.Campaign": {
        "every_door": "a setting of the sweep, on its page",
        "emergency": "on the page of the sweep",
        "report_at": "a setting of the sweep, on its page",
        "settled_at": "when its last visits were in a report: machinery of reports",
        "rule_version": "which rules it runs by: on its page",
    },
    "field.FormDefinition": "forms and their questions: on the page of forms",
    "field.Visit": {
        **_LOG,
        "target": "the door of a visit is shown by its household",
        "code_then": "where the door lay then, by which reports count",
    },
    "field.Exemption": {
        "emergency_id": "names the key that seals the note",
        "ended_by": "the visit that ended it",
    },
    "field.Photo": "pictures: on the page of the household",
    "field.PhotoUpload": "pictures on their way",
    "field.PhotoPart": "pictures on their way",
    "field.DailyReport": {
        "figures": "the figures as they were sent: on the page of the report",
        "counted_from": "from where the report counts: on its page",
        "counted_to": "until where the report counts: on its page",
        "place": "shown as the columns of the place",
    },
    "field.ReportCorrection": {
        "report": "shown by its sweep and day",
        "figures": "the figures as corrected: on the page of the report",
    },
    "field.Gate": {
        "emergency": "on the page of the gate",
        "made_by": "on the page of the gate",
    },
    "field.Round": {"emergency": "on the page of the round"},
    "field.Point": {"token": "what the code at the point says: never shown"},
    "field.Message": {"emergency": "on the page of messages"},
    "field.GateEntry": {
        **_LOG,
        "gate": "shown by its name",
        "plate_index": "a blind index for searching",
        "identity_index": "a blind index for searching",
        "phone_index": "a blind index for searching",
    },
    "field.RoundCheck": _LOG,
    "field.Disinfection": _LOG,
    "field.Outreach": _LOG,
    "field.Operation": "what phones have sent: machinery of the synchronisation",
    "field.HeldOperation": "what phones have sent and waits: on the page of phones",
    "field.FieldConflict": "what two have changed at once: on the page of phones",
    "field.PhoneManifest": "what phones have: machinery of the synchronisation",
    "field.SealKey": "keys of the synchronisation",
}


def rows_of(model: Any, **only: Any) -> Callable[[str, dt.date | None], QuerySet[Any]]:
    def rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
        found: QuerySet[Any] = model.objects.filter(within(place), **only)
        return found

    return rows


def _target_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Target.objects.filter(within(place)).exclude(state=Target.State.GONE)


def _sweep_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Campaign.objects.filter(within(place, "area__code"))


def _campaigns() -> list[tuple[str, Any]]:
    return [(str(pk), name) for pk, name in Campaign.objects.values_list("id", "name")]


def _of_rules(read: Callable[[], Mapping[str, Any]]) -> Choices:
    return Choices(lambda: [(code, one.name) for code, one in read().items()])


_OUTCOMES = Choices(lambda: [(one.code, one.name) for one in field_rules().outcomes.values()])
_REASONS = _of_rules(lambda: field_rules().exemptions)


def _campaign() -> Column:
    return Column(
        "campaign", _("Sweep"), "code", path="campaign_id", codes=Choices(_campaigns), width=24
    )


def by_whom(path: str = "actor", label: Any = None) -> Column:
    return Column("by", label or _("Recorded by"), "account", path=path, sensitivity=STAFF)


def _table(
    name: str, label: Any, about: Any, model: Any, columns: Sequence[Column], rows: Any,
    **more: Any,
) -> FactTable:  # fmt: skip
    given: dict[str, Any] = {"right": VIEW, "source": _SWEEPS, "as_of": _NOW}
    return FactTable(
        name=f"field.{name}", label=label, about=about, model=model, rows=rows, columns=columns,
        **(given | more),
    )  # fmt: skip


def _sweeps() -> FactTable:
    columns = (
        *place_columns("area__code", codes.Level.GRID),
        Column("name", pgettext_lazy("a sweep", "Name"), path="name", width=24),
        Column(
            "group",
            _("Target group"),
            "code",
            path="group",
            codes=_of_rules(lambda: field_rules().groups),
        ),
        Column("starts_on", _("Starts on"), "date", path="starts_on", synonyms="start_date"),
        Column(
            "ends_on",
            pgettext_lazy("column", "Ends on"),
            "date",
            path="ends_on",
            synonyms="end_date",
        ),
        Column("state", _("State"), "code", path="state", codes=Choices(Campaign.State.choices)),
        Column("started_at", pgettext_lazy("column", "Started"), "datetime", path="started_at"),
        Column("closed_at", pgettext_lazy("a sweep", "Closed"), "datetime", path="closed_at"),
        Column("form", _("Form"), path="form__name"),
        by_whom("made_by", _("Made by")),
    )
    return _table(
        "sweeps", _("Sweeps"), _("A sweep: an area whose households are visited."), Campaign,
        columns, _sweep_rows, order=("area__code", "pk"), place="area__code",
        link=lambda key: reverse("field:campaign", args=[key]),
        first=("name", "town", "community", "starts_on", "ends_on", "state"),
    )  # fmt: skip


def _targets() -> FactTable:
    columns = (
        *place_columns(),
        *(one for one in home_columns("household") if one.name != "state"),
        _campaign(),
        Column("state", _("State"), "code", path="state", codes=Choices(Target.State.choices)),
        Column("outcome", _("Last outcome"), "code", path="outcome", codes=_OUTCOMES,
               sensitivity=PERSONAL),
        Column("visits", pgettext_lazy("column", "Visits"), "number", path="visits", unit=_TIMES),
        Column("last_visit_at", _("Last visit"), "datetime", path="last_visit_at",
               synonyms="visit_date"),
        Column("due_on", _("Due"), "date", path="due_on"),
    )  # fmt: skip
    return _table(
        "targets", pgettext_lazy("ledger", "Households to visit"),
        _("A household that a sweep has to visit."), Target,
        columns, _target_rows, order=("campaign_id", "place_code", "pk"),
        first=("community", "grid", "building", "unit", "room", "campaign", "state", "outcome",
               "last_visit_at", "due_on"),
    )  # fmt: skip


def _visits() -> FactTable:
    columns = (
        *place_columns(),
        *(one for one in home_columns("household") if one.name != "state"),
        _campaign(),
        Column("outcome", pgettext_lazy("column", "Outcome"),
               "code", path="outcome", codes=_OUTCOMES,
               sensitivity=PERSONAL),
        Column("exceptions", _("Exceptions"), "number", path="exceptions", sensitivity=PERSONAL),
        Column("visited_at", pgettext_lazy("column", "Visited"),
               "datetime", path="visited_at", synonyms="visit_date"),
        Column("revisit_on", _("Come back on"), "date", path="revisit_on", sensitivity=PERSONAL),
        Column("note", pgettext_lazy("column", "Note"), path="note", opaque=True,
               sensitivity=PERSONAL, synonyms="note", width=24),
        Column("by", _("Recorded by"), "account", path="actor", sensitivity=STAFF,
               synonyms="visitor"),
        *questions.fixed_columns(),
    )  # fmt: skip
    return _table(
        "visits", _("Visits"), _("A visit at a household; one that was corrected is left out."),
        Visit, Growing(columns, questions.columns), rows_of(Visit, corrected_by=None),
        order=("campaign_id", "place_code", "visited_at", "pk"),
        first=("community", "grid", "building", "unit", "room", "campaign", "visited_at",
               "outcome", "exceptions", "by"),
    )  # fmt: skip


def _exemptions() -> FactTable:
    columns = (
        *place_columns(),
        *(one for one in home_columns("target__household") if one.name != "state"),
        Column("campaign", _("Sweep"), "code", path="target__campaign_id",
               codes=Choices(_campaigns)),
        Column("reason", _("Reason"), "code", path="reason", codes=_REASONS, sensitivity=PERSONAL),
        Column("note", pgettext_lazy("column", "Note"), path="note", opaque=True,
               sensitivity=PERSONAL, synonyms="note"),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("until", pgettext_lazy("column", "Until"), "date", path="until"),
        Column("ended_on", _("Ended on"), "date", path="ended_on"),
        by_whom("granted_by", _("Granted by")),
    )  # fmt: skip
    return _table(
        "exemptions", _("Exemptions"), _("A household that need not be visited, for a reason."),
        Exemption, columns, rows_of(Exemption),
        first=("community", "grid", "building", "room", "campaign", "reason", "from_date", "until"),
    )  # fmt: skip


def _reports() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        _campaign(),
        Column(
            "level",
            _("Level"),
            "code",
            path="place__level",
            codes=Choices([(str(int(one)), one.label) for one in codes.Level]),
        ),
        Column("day", _("Day"), "date", path="day"),
        Column("due_at", _("Due"), "datetime", path="due_at"),
        Column("sent_at", pgettext_lazy("column", "Sent"), "datetime", path="sent_at"),
        Column("zero", _("Zero report"), "yes_no", path="zero"),
        Column("closing", _("Closing report"), "yes_no", path="closing"),
        by_whom("sent_by", pgettext_lazy("column", "Sent by")),
    )
    return _table(
        "reports", _("Daily reports"), _("The report of a place for a day of a sweep."),
        DailyReport, columns, rows_of(DailyReport),
        link=lambda key: reverse("field:report", args=[key]),
        first=("community", "grid", "campaign", "day", "due_at", "sent_at", "zero"),
    )  # fmt: skip


def _corrections() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        Column("campaign", _("Sweep"), "code", path="report__campaign_id",
               codes=Choices(_campaigns), width=24),
        Column("day", _("Day"), "date", path="report__day"),
        Column("reason", _("Reason"), path="reason", sensitivity=STAFF, width=28),
        by_whom("corrected_by", _("Corrected by")),
        Column("at", _("Time"), "datetime", path="created_at"),
    )  # fmt: skip
    return _table(
        "corrections", _("Corrections of daily reports"),
        _("A sent report was corrected; the report itself stays."), ReportCorrection, columns,
        rows_of(ReportCorrection),
    )  # fmt: skip


duty = partial(_table, right=WATCH, source=_DUTIES)


def _gates() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        Column("name", _("Gate"), path="name", width=20),
        Column("kind", _("Kind of gate"), "code", path="kind",
               codes=_of_rules(lambda: duty_rules().gates)),
        Column("opened_on", _("Opened on"), "date", path="opened_on"),
        Column("closed_on", _("Closed on"), "date", path="closed_on"),
    )  # fmt: skip
    return duty("gates", _("Gates"), _("A gate or checkpoint."), Gate, columns, rows_of(Gate))


def _entries() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        Column("gate", _("Gate"), path="gate__name"),
        Column("at", _("Time"), "datetime", path="at"),
        Column("direction", _("Direction"), "code", path="direction",
               codes=Choices(GateEntry.Direction.choices)),
        Column("people", pgettext_lazy("column", "People"), "number", path="people",
               unit=pgettext_lazy("unit", "persons")),
        Column("decision", _("Decision"), "code", path="decision",
               codes=_of_rules(lambda: duty_rules().decisions)),
        Column("fever", _("Fever"), "yes_no", path="fever", sensitivity=PERSONAL),
        Column("temperature", _("Temperature"), path="temperature", opaque=True, unit="°C",
               sensitivity=PERSONAL, right="field.gate_log", synonyms="temperature"),
        Column("who", pgettext_lazy("person", "Name"), "name", path="who", opaque=True,
               sensitivity=PERSONAL, right="field.gate_log", synonyms="name"),
        Column("identity", _("Number of identity document"), "identity", path="identity",
               sensitivity=SEALED, right="field.gate_log", synonyms="identity"),
        Column("phone", _("Phone"), "phone", path="phone", sensitivity=SEALED,
               right="field.gate_log", synonyms="phone"),
        Column("plate", _("Plate"), "identity", path="plate", sensitivity=SEALED,
               right="field.gate_log", synonyms="plate"),
        Column("origin", _("Coming from"), path="origin", opaque=True, sensitivity=PERSONAL,
               right="field.gate_log"),
        Column("note", pgettext_lazy("column", "Note"), path="note", opaque=True,
               sensitivity=PERSONAL, right="field.gate_log", synonyms="note"),
        by_whom(),
    )  # fmt: skip
    return duty(
        "entries", _("Gate entries"),
        _("Somebody passed a gate, or did not; one that was corrected is left out."),
        GateEntry, columns, rows_of(GateEntry, corrected_by=None),
        first=("community", "gate", "at", "direction", "people", "decision", "fever", "who"),
    )  # fmt: skip


def _points() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        Column("round", _("Round"), path="round__name"),
        Column("name", _("Point"), path="name"),
        Column("position", _("Order"), "number", path="position"),
        Column("times", _("Times a day"), "number", path="round__times", unit=_TIMES),
        Column("first_at", pgettext_lazy("column", "From"), path="round__first_at", shown=str),
        Column("last_at", pgettext_lazy("column", "Until"), path="round__last_at", shown=str),
        Column("started_on", _("Started on"), "date", path="round__started_on"),
        Column("ended_on", _("Ended on"), "date", path="round__ended_on"),
        Column("removed_on", _("Removed on"), "date", path="removed_on"),
        Column("longitude", _("Longitude"), "number", path="longitude", synonyms="longitude"),
        Column("latitude", _("Latitude"), "number", path="latitude", synonyms="latitude"),
    )
    return duty(
        "points", _("Points of rounds"),
        _("A point that a round passes; those removed and rounds that ended are marked."), Point,
        columns, rows_of(Point),
        first=("community", "grid", "round", "name", "times", "first_at", "last_at", "ended_on",
               "removed_on"),
    )  # fmt: skip


def _checks() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        Column("round", _("Round"), path="point__round__name"),
        Column("point", _("Point"), path="point__name"),
        Column("at", _("Time"), "datetime", path="at"),
        Column("found", pgettext_lazy("column", "Found"), "code", path="found",
               codes=_of_rules(lambda: duty_rules().found)),
        Column("exception", _("Exception"), "yes_no", path="exception"),
        Column("scanned", _("QR read"), "yes_no", path="scanned"),
        Column("metres", _("Metres from the point"), "number", path="metres", unit=_("metres")),
        Column("note", pgettext_lazy("column", "Note"), path="note", opaque=True,
               sensitivity=PERSONAL, synonyms="note"),
        by_whom(),
    )  # fmt: skip
    return duty(
        "checks", _("Checks of points"), _("A point was passed on a round."), RoundCheck, columns,
        rows_of(RoundCheck, corrected_by=None),
        first=("community", "round", "point", "at", "found", "exception", "by"),
    )  # fmt: skip


def _disinfections() -> FactTable:
    columns = (
        *place_columns(),
        Column("at", _("Time"), "datetime", path="at"),
        Column("site", _("What was disinfected"), "code", path="site",
               codes=_of_rules(lambda: duty_rules().sites)),
        Column("agent", _("Agent"), "code", path="agent",
               codes=_of_rules(lambda: duty_rules().agents)),
        Column("concentration", _("Concentration"), "number", path="concentration", unit="mg/L"),
        Column("minutes", _("Minutes"), "number", path="minutes",
               unit=pgettext_lazy("unit", "minutes")),
        Column("area", _("Area treated"), "number", path="area", unit="m²"),
        Column("operator", _("Operator"), path="operator", opaque=True, sensitivity=PERSONAL),
        Column("note", pgettext_lazy("column", "Note"), path="note", opaque=True,
               sensitivity=PERSONAL, synonyms="note"),
        by_whom(),
    )  # fmt: skip
    return duty(
        "disinfections", _("Disinfections"), _("Something was disinfected."), Disinfection,
        columns, rows_of(Disinfection, corrected_by=None),
        first=("community", "grid", "at", "site", "agent", "concentration", "minutes", "area"),
    )  # fmt: skip


def _messages() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        Column("text", pgettext_lazy("column", "Message"), path="text", width=40),
        Column("kind", _("Kind of message"), "code", path="kind",
               codes=_of_rules(lambda: duty_rules().messages)),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("to_date", pgettext_lazy("column", "Until"), "date", path="to_date"),
        by_whom("made_by", _("Made by")),
    )  # fmt: skip
    return duty(
        "messages", _("Messages to tell"), _("A message that is told to residents."), Message,
        columns, rows_of(Message),
    )  # fmt: skip


def _reached() -> list[tuple[str, Any]]:
    """The outcomes of all kinds of publicity; kinds that share one call it alike."""
    kinds = duty_rules().outreach.values()
    return list({code: one.name for kind in kinds for code, one in kind.outcomes.items()}.items())


def _outreach() -> FactTable:
    columns = (
        *place_columns(deepest=codes.Level.GRID),
        Column("at", _("Time"), "datetime", path="at"),
        Column("kind", _("Kind of publicity"), "code", path="kind",
               codes=_of_rules(lambda: duty_rules().outreach)),
        Column("message", pgettext_lazy("column", "Message"), path="message__text"),
        Column("people", _("People reached"), "number", path="people",
               unit=pgettext_lazy("unit", "persons")),
        Column("outcome", pgettext_lazy("column", "Outcome"),
               "code", path="outcome", codes=Choices(_reached)),
        Column("done", _("Done"), "yes_no", path="done"),
        Column("note", pgettext_lazy("column", "Note"), path="note", opaque=True,
               sensitivity=PERSONAL, synonyms="note"),
        by_whom(),
    )  # fmt: skip
    return duty(
        "outreach", _("Publicity"), _("Something was told, talked over, answered or dispersed."),
        Outreach, columns, rows_of(Outreach, corrected_by=None),
        first=("community", "at", "kind", "message", "people", "outcome", "done", "by"),
    )  # fmt: skip


def _sweep_at(place: str, which: str, *more: Filter) -> tuple[Filter, ...] | None:
    """The doors of a sweep; of the earliest that runs at the place where none is named."""
    if which:
        return (Filter("campaign", "is", which), *more)
    found = queries.running(place).first()
    return None if found is None else (Filter("campaign", "is", str(found.id)), *more)


def _covered(name: str) -> Callable[[Actor, Sequence[str]], dict[str, int]]:
    def read(_by: Actor, places: Sequence[str]) -> dict[str, int]:
        whole = codes_above(places)
        running = [(one, one.area.code) for one in queries.running(whole)]
        at: dict[Campaign, list[str]] = {}
        for place in dict.fromkeys(places):
            for one, area in running:
                if codes.contains(area, place) or codes.contains(place, area):
                    at.setdefault(one, []).append(place)
                    break
        found = queries.coverage_of(at) if at else {}
        return {place: int(getattr(one, name)) for (_id, place), one in found.items()}

    return read


def codes_above(places: Sequence[str]) -> str:
    """The place that holds all of these."""
    first, last = min(places), max(places)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    shared = first[: min(len(first), len(last)) if same is None else same]
    fits = (shared[: int(level)] for level in codes.Level if int(level) <= len(shared))
    return max(fits, key=len)


def _sweep(name: str, label: Any, about: Any, *more: Filter) -> Measure:
    return Measure(
        f"field.{name}", label, about, "field.targets", _HOUSEHOLDS,
        lambda _by, place, which: _sweep_at(place, which, *more), counted=_covered(name),
        source=_SWEEPS, as_of=_NOW,
    )  # fmt: skip


def _today(name: str, label: Any, about: Any, table: str, unit: Any, *more: Filter,
           sums: str = "") -> Measure:  # fmt: skip
    return Measure(
        f"field.{name}", label, about, f"field.{table}", unit,
        (Filter("at", "since", "1"), *more), sums=sums, source=_DUTIES, as_of=_("today"),
    )  # fmt: skip


def _stopped(_by: Actor, _place: str, _which: str) -> tuple[Filter, ...]:
    passing = [one.code for one in duty_rules().decisions.values() if one.passes]
    halted = [code for code in duty_rules().decisions if code not in passing]
    return (Filter("at", "since", "1"), Filter("decision", "in", halted))


def _measures() -> tuple[Measure, ...]:
    return (
        _sweep("target", _("Households to visit"), _("All households of the running sweep.")),
        _sweep("visited", _("Households visited"),
               _("Households of the running sweep where a visit has covered them."),
               Filter("state", "is", "visited")),
        _sweep("exempt", _("Households exempt"),
               _("Households of the running sweep that need not be visited, for a reason."),
               Filter("state", "is", "exempt")),
        _sweep("gap", _("Households not covered"),
               _("Households of the running sweep that are neither visited nor exempt."),
               Filter("state", "is", "open")),
        Measure("field.visits_today", _("Visits today"), _("Visits made today, in vain too."),
                "field.visits", _TIMES, (Filter("visited_at", "since", "1"),), source=_SWEEPS,
                as_of=_("today")),
        Measure("field.reports_late", _("Daily reports not sent"),
                _("Daily reports whose day has come and which aren't sent."), "field.reports",
                "", (Filter("sent_at", "empty"), Filter("day", "to", "today")), source=_SWEEPS),
        Measure("field.gates_open", _("Gates open"), _("Gates that aren't closed."), "field.gates",
                "", (Filter("closed_on", "empty"),), source=_DUTIES),
        _today("gate_entries", _("Entries at gates today"), _("Everything logged at gates today."),
               "entries", _TIMES),
        Measure("field.gate_stopped", _("Not let through at gates today"),
                _("Entries of those who were not let through, turned back or handed over."),
                "field.entries", _TIMES, _stopped, source=_DUTIES, as_of=_("today")),
        _today("points_checked", _("Points of rounds checked today"),
               _("Checks of points of rounds today."), "checks", _TIMES),
        _today("disinfections", _("Disinfections today"), _("Everything disinfected today."),
               "disinfections", _TIMES),
        Measure("field.point_exceptions", _("Exceptions on rounds today"),
                _("Checks of points today at which something was found."), "field.checks", _TIMES,
                (Filter("at", "since", "1"), Filter("exception", "is", "yes")), source=_DUTIES,
                as_of=_("today")),
        Measure("field.fevers", _("Fevers at gates today"),
                _("Entries at gates today with fever."), "field.entries", _TIMES,
                (Filter("at", "since", "1"), Filter("fever", "is", "yes")), source=_DUTIES,
                as_of=_("today")),
        _today("people_told", _("People reached today"), _("People reached by publicity today."),
               "outreach", pgettext_lazy("unit", "persons"), sums="people"),
    )  # fmt: skip
