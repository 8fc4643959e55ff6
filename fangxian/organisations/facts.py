"""What organisations offer to ledgers, exports, templates and bulletins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
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
from fangxian.core import counters
from fangxian.organisations import queries, reporting, units, vacancies
from fangxian.organisations.models import (
    Alliance,
    Claim,
    CommunityItem,
    Member,
    Organisation,
    OrganisationKind,
    Pairing,
    ReportIn,
    Responsibility,
    ResponsibilityHousehold,
    Secondment,
    TemporaryUnit,
    Vacancy,
)
from fangxian.organisations.models.member import EndedBy
from fangxian.organisations.models.temporary import Standing, UnitState
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.temporary_rules import temporary_rules
from fangxian.organisations.together_rules import together_rules
from fangxian.people.facts import person_columns
from fangxian.register.facts import home_columns

VIEW = "organisations.view"
PERSONAL = Sensitivity.PERSONAL
_PERSONS = pgettext_lazy("unit", "persons")
_SOURCE = _("organisations and who answers")
_NOW = _("as it is now")
_DAY = _("as it is now, or as it was on a day")


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    made = (
        _organisations(), _members(), _responsibilities(), _households(), _vacancies(), _units(),
        _seconded(), _reports_in(), _items(), _alliances(), _pairings(),
    )  # fmt: skip
    for at, table in enumerate(made):
        tables.register(table.name, table, order=400 + at)
    for at, measure in enumerate(_MEASURES):
        measures.register(measure.name, measure, order=400 + at)
    withhold(
        {
            "organisations.OrganisationKind": {
                "permanent": "a setting of the kind",
                "en": "the kind is shown in the reader's language",
            },
            "organisations.Organisation": {
                "initials": "made from the name for searching",
                "dissolved_on": "those that were dissolved are left out",
            },
            "organisations.Responsibility": {
                "place": "shown as the columns of the place",
                "cut_for": "lets a hand-over be taken back",
                "cut_until": "lets a hand-over be taken back",
                "rule_version": "by which rules it was named",
            },
            "organisations.ResponsibilityHousehold": {
                "household": "shown as the columns of the household"
            },
            "organisations.FiveOneEvidence": {
                "community": "shown as the columns of the place",
                "file": "the file itself: on the page of the five ones",
                "responsibility": "shown by what the evidence is called",
                "member": "shown by what the evidence is called",
                "rule_version": "by which rules it was asked",
            },
            "organisations.Ally": {"with_alliance": "lets an end taken back reopen it"},
            "organisations.ReportIn": {"community": "shown as the columns of the place"},
            "organisations.CommunityItem": {"community": "shown as the columns of the place"},
            "organisations.TemporaryUnit": {
                "place": "shown as the columns of the place",
                "proposer_id": "the account stands in its own column",
                "rule_version": "by which rules it was set up",
                "emergency": "on the page of the unit",
            },
            "organisations.Secondment": {"home": "shown by the home organisation"},
            "organisations.Alliance": {"place": "shown as the columns of the place"},
            "organisations.Pairing": {"place": "shown by its name"},
            "organisations.Vacancy": {"place": "shown as the columns of the place"},
        }
    )


def in_force_on(model: Any) -> Callable[[str, dt.date | None], QuerySet[Any]]:
    """The rows of a model with ``from_date`` and ``to_date`` in force on a day, the last included.

    Without a day they are those of today.
    """

    def rows(place: str, day: dt.date | None) -> QuerySet[Any]:
        on = day or timezone.localdate()
        held = Q(to_date=None) | Q(to_date__gte=on)
        found: QuerySet[Any] = model.objects.filter(within(place), held, from_date__lte=on)
        return found

    return rows


def _organisation_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Organisation.objects.filter(within(place, "seat__code"), dissolved_on=None)


def _in_force(place: str, day: dt.date | None) -> QuerySet[Any]:
    return queries.in_force(day).filter(within(place))


def _linked(place: str, day: dt.date | None) -> QuerySet[Any]:
    return queries.links_on(day).filter(within(place))


def _kinds() -> list[tuple[str, Any]]:
    return [(one.code, str(one)) for one in OrganisationKind.objects.all()]


def of_rules(read: Callable[[], Mapping[str, Any]]) -> Choices:
    """A code list of the rules in force."""
    return Choices(lambda: [(code, one.name) for code, one in read().items()])


def _roles() -> list[tuple[str, Any]]:
    rules = chain_rules()
    return [(role, rules.name_of(role)) for role in rules.names]


def dates() -> tuple[Column, Column]:
    return (
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date",
               synonyms="start_date"),
        Column("to_date", pgettext_lazy("column", "Until"), "date", path="to_date",
               synonyms="end_date"),
    )  # fmt: skip


def body(name: str, label: Any, path: str, synonyms: str = "organisation") -> Column:
    return Column(name, label, path=f"{path}__name", synonyms=synonyms, width=28)


def table(
    name: str, label: Any, about: Any, model: Any, columns: tuple[Column, ...], rows: Any,
    **more: Any,
) -> FactTable:  # fmt: skip
    given: dict[str, Any] = {"right": VIEW, "source": _SOURCE, "as_of": _NOW}
    return FactTable(
        name=f"organisations.{name}", label=label, about=about, model=model, rows=rows,
        columns=columns, **(given | more),
    )  # fmt: skip


def _organisations() -> FactTable:
    columns = (
        *place_columns("seat__code", Level.GRID),
        Column("name", _("Organisation"), path="name", synonyms="organisation", width=28),
        Column("short_name", _("Short name"), path="short_name"),
        Column("kind", _("Kind of organisation"), "code", path="kind_id", codes=Choices(_kinds),
               synonyms="organisation_kind", covers=("organisations.OrganisationKind.code",
               "organisations.OrganisationKind.zh")),
        body("parent", _("Parent organisation"), "parent", "organisation_parent"),
        Column("credit_code", _("Unified social credit code"), "identity", path="credit_code",
               synonyms="credit_code"),
        Column("founded_on", _("Founded on"), "date", path="founded_on"),
        Column("elected_on", _("Leadership elected on"), "date", path="elected_on"),
    )  # fmt: skip
    return table(
        "organisations", _("Organisations"), _("An organisation that exists now."), Organisation,
        columns, _organisation_rows, place="seat__code", order=("seat__code", "name", "pk"),
        taken_back="organisations", keyed=True,
        link=lambda key: reverse("organisations:organisation", args=[key]),
        first=("name", "kind", "parent", "credit_code", "town", "community"),
    )  # fmt: skip


_STANDING = Case(
    When(probationary=True, then=Value(Standing.PROBATIONARY.value)),
    When(party_member=True, then=Value(Standing.FULL.value)),
    default=None,
    output_field=CharField(),
)
# With its code, so that a sheet that comes back says which of two of the same name is meant.
_WISH = Case(
    When(
        wish__isnull=False,
        then=Concat("wish__name", Value(" "), "wish__code", output_field=CharField()),
    ),
    default=None,
    output_field=CharField(),
)


def _members() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        body("organisation", _("Organisation"), "organisation"),
        *person_columns(),
        Column("duty", _("Duty"), path="duty", synonyms="position", sensitivity=PERSONAL),
        Column("rank", _("Rank"), path="rank", sensitivity=PERSONAL),
        Column("standing", _("Standing in the party"), "code", expression=_STANDING,
               codes=Choices(Standing.choices), sensitivity=PERSONAL, synonyms="political_status"),
        Column("party_member", _("Party member"), "yes_no", path="party_member",
               sensitivity=PERSONAL),
        Column("probationary", _("Probationary party member"), "yes_no", path="probationary",
               sensitivity=PERSONAL),
        Column("wish", _("Wants to serve at"), expression=_WISH, synonyms="wish_place",
               sensitivity=PERSONAL, covers=("organisations.Member.wish",), width=28),
        *dates(),
        Column("ended_by", _("Ended by"), "code", path="ended_by", codes=Choices(EndedBy.choices)),
    )  # fmt: skip
    return table(
        "members", _("Members of organisations"), _("A member of an organisation."), Member,
        columns, in_force_on(Member), person="person_id", dated=True, as_of=_DAY,
        taken_back="organisations", keyed=True,
        first=("organisation", "name", "sex", "duty", "rank", "party_member", "phone", "from_date"),
    )  # fmt: skip


def _responsibilities() -> FactTable:
    columns = (
        *place_columns(),
        Column("role", _("Role"), "code", path="role", codes=Choices(_roles), synonyms="role"),
        Column("holder", pgettext_lazy("column", "Who answers"),
               "name", path="holder_name", synonyms="responsible",
               sensitivity=PERSONAL),
        *(one for one in person_columns() if one.name in ("identity", "phone")),
        body("member_of", _("Organisation of who answers"), "member__organisation"),
        body("organisation", _("Organisation that answers"), "organisation", "linked_unit"),
        body("establishment", _("Establishment"), "establishment", "establishment_name"),
        Column("contact", _("Work phone"), "phone", path="contact",
               sensitivity=Sensitivity.SEALED, synonyms="responsible_phone"),
        *dates(),
        Column("stands_in_for", _("Stands in for"), path="substitute_for__holder_name",
               sensitivity=PERSONAL),
        Column("ended_by", _("Ended by"), "code", path="ended_by", codes=Choices(EndedBy.choices)),
        Column("reason", _("Reason"), path="reason", sensitivity=Sensitivity.STAFF),
    )  # fmt: skip
    return table(
        "responsibilities", _("Who answers"), _("Somebody answers for a place in a role."),
        Responsibility, columns, _in_force, person="person_id", dated=True, as_of=_DAY,
        taken_back="responsibilities", keyed=True,
        first=("community", "grid", "building", "unit", "role", "holder", "member_of", "contact",
               "from_date"),
    )  # fmt: skip


def _households() -> FactTable:
    columns = (
        *place_columns(),
        *home_columns("household"),
        Column("holder", pgettext_lazy("column", "Who answers"),
               "name", path="responsibility__holder_name",
               synonyms="responsible", sensitivity=PERSONAL),
        body("organisation", _("Organisation"), "responsibility__member__organisation"),
        *dates(),
    )  # fmt: skip
    return table(
        "member_households", _("Households of members"),
        _("A household that a member looks after."), ResponsibilityHousehold, columns, _linked,
        person="responsibility__person_id", dated=True, as_of=_DAY,
        taken_back="member_households", keyed=True,
        first=("community", "building", "unit", "room", "holder", "organisation", "from_date"),
    )  # fmt: skip


def _vacancy_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Vacancy.objects.filter(within(place))


def _vacancies() -> FactTable:
    columns = (
        *place_columns(),
        Column("role", _("Role"), "code", path="role", codes=Choices(_roles), synonyms="role"),
        Column("missing", _("Missing"), "number", path="missing", unit=_PERSONS),
        Column("since", _("Vacant since"), "date", path="since"),
    )
    return table(
        "vacancies", _("Vacancies"),
        _("A role that nobody holds at a place though the rules ask it."),
        Vacancy, columns, _vacancy_rows,
        first=("community", "grid", "building", "unit", "role", "missing", "since"),
    )  # fmt: skip


def _unit_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return TemporaryUnit.objects.filter(within(place))


_STANDS = Case(
    When(units.STANDING, then=Value(True)), default=Value(False), output_field=BooleanField()
)


def _units() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        Column("name", _("Temporary unit"), path="name", synonyms="temporary_unit", width=28),
        Column("kind", _("Kind of organisation"), "code", path="kind_id", codes=Choices(_kinds)),
        Column("setting", _("Where it serves"), "code", path="setting",
               codes=of_rules(lambda: temporary_rules().settings)),
        Column("task", _("Task"), path="task", width=28),
        Column("where", _("Post"), path="where"),
        body("superior", _("Under"), "superior"),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("until", pgettext_lazy("column", "Until"), "date", path="until"),
        Column("state", _("State"), "code", path="state", codes=Choices(UnitState.choices)),
        body("organisation", _("Organisation"), "organisation"),
        Column("standing", _("Stands now"), "yes_no", expression=_STANDS),
        Column("proposed_by", _("Proposed by"), "account", path="proposed_by",
               sensitivity=Sensitivity.STAFF),
        Column("proposed_at", _("Proposed on"), "datetime", path="proposed_at"),
        Column("decided_by", pgettext_lazy("column", "Decided by"),
               "account", path="decided_by", sensitivity=Sensitivity.STAFF),
        Column("decided_at", pgettext_lazy("column", "Decided"), "datetime", path="decided_at"),
        Column("reason", _("Reason"), path="reason", sensitivity=Sensitivity.STAFF),
    )  # fmt: skip
    return table(
        "temporary_units", _("Temporary units"), _("A temporary unit, whatever its state."),
        TemporaryUnit, columns, _unit_rows,
        first=("name", "town", "community", "setting", "task", "from_date", "until", "state"),
    )  # fmt: skip


def _seconded_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Secondment.objects.filter(within(place), member__to_date=None).exclude(member=None)


def _seconded() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        body("unit", _("Temporary unit"), "unit", "temporary_unit"),
        *person_columns(),
        body("home", _("Home organisation"), "home_body"),
        Column("duty", _("Duty"), path="duty", sensitivity=PERSONAL, synonyms="position"),
        Column("office", _("Office in the unit"), "code", path="office",
               codes=of_rules(lambda: temporary_rules().offices), synonyms="unit_office"),
        Column("standing", _("Standing in the party"), "code", path="standing",
               codes=Choices(Standing.choices), sensitivity=PERSONAL),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="member__from_date"),
    )  # fmt: skip
    return table(
        "seconded", _("Members of temporary units"), _("A member who serves in a temporary unit."),
        Secondment, columns, _seconded_rows, person="person_id", taken_back="seconded", keyed=True,
        first=("unit", "name", "home", "duty", "office", "standing", "phone", "from_date"),
    )  # fmt: skip


def _report_rows(place: str, day: dt.date | None) -> QuerySet[Any]:
    """Who is with a community on a day; on the day of the end nobody is any more."""
    on = day or timezone.localdate()
    held = Q(ended_on=None) | Q(ended_on__gt=on)
    return ReportIn.objects.filter(within(place), held, reported_on__lte=on)


def _reports_in() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        body("organisation", _("Organisation that reported in"), "organisation"),
        *person_columns(),
        Column("offers", _("What it can do"), path="offers", width=28),
        Column("reported_on", _("Reported in on"), "date", path="reported_on"),
        Column("received_on", _("Received on"), "date", path="received_on"),
        Column("ended_on", pgettext_lazy("column", "Until"), "date", path="ended_on"),
    )
    return table(
        "reports_in", _("Who reported in"),
        _("A unit or member that reported in to a community."),
        ReportIn, columns, _report_rows, person="person_id", dated=True, as_of=_DAY,
        first=("community", "organisation", "name", "offers", "reported_on", "received_on"),
    )  # fmt: skip


def _item_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return reporting.items_in(place)


# Those given up count for nothing: who gave up an item has left it to others.
_CLAIMED = Claim.objects.filter(item=OuterRef("pk"), given_up_on=None)
_ITEM_STATE = Case(
    When(withdrawn_on__isnull=False, then=Value("withdrawn")),
    When(Exists(_CLAIMED.exclude(done_on=None)), then=Value("done")),
    When(Exists(_CLAIMED), then=Value("claimed")),
    default=Value("open"),
    output_field=CharField(),
)
_ITEM_STATES = Choices(
    [
        ("open", pgettext_lazy("an item of a list", "open")),
        ("claimed", pgettext_lazy("an item of a list", "claimed")),
        ("done", pgettext_lazy("an item of a list", "done")),
        ("withdrawn", pgettext_lazy("an item of a list", "withdrawn")),
    ]
)


def _items() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column(
            "kind", _("List"), "code", path="kind", codes=of_rules(lambda: reporting_rules().lists)
        ),
        Column("title", _("What it is"), path="title", width=28),
        Column("detail", _("Details"), path="detail", width=28),
        Column("due", _("By when"), "date", path="due"),
        Column("state", _("State"), "code", expression=_ITEM_STATE, codes=_ITEM_STATES),
        Column("withdrawn_on", _("Withdrawn on"), "date", path="withdrawn_on"),
    )
    return table(
        "items", _("Items of the communities’ lists"),
        _("Something a community needs or offers: whether it is open, claimed, done."),
        CommunityItem, columns, _item_rows,
        first=("community", "kind", "title", "detail", "due", "state"),
    )  # fmt: skip


def _alliances() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("name", _("Alliance"), path="name", width=28),
        Column(
            "kind",
            _("Kind"),
            "code",
            path="kind",
            codes=of_rules(lambda: together_rules().alliances),
        ),
        body("lead", _("Led by"), "lead"),
        *dates(),
    )
    return table(
        "alliances", _("Alliances"), _("An alliance of organisations in a place."), Alliance,
        columns, in_force_on(Alliance), dated=True, as_of=_DAY,
        link=lambda key: reverse("organisations:alliance", args=[key]),
        first=("name", "kind", "lead", "town", "community", "from_date"),
    )  # fmt: skip


def _pairings() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        body("organisation", _("Organisation"), "organisation"),
        body("partner", _("Paired with"), "partner"),
        Column("partner_place", _("Place it is paired with"), path="place__name"),
        Column("unit_there", _("Unit there"), path="unit_there"),
        Column("linked", _("Linked unit"), "yes_no", path="linked"),
        Column("purpose", pgettext_lazy("column", "Purpose"), path="purpose", width=28),
        *dates(),
    )
    return table(
        "pairings", _("Pairs of units with units or places"),
        _("A unit that stands by another one, or by a place."),
        Pairing, columns, in_force_on(Pairing), dated=True, as_of=_DAY,
        link=lambda key: reverse("organisations:pairing", args=[key]),
        first=("organisation", "partner", "partner_place", "purpose", "from_date"),
    )  # fmt: skip


def _vacant(_by: Actor, places: Sequence[str]) -> dict[str, int]:
    found = counters.read(places, [vacancies.METRIC], vacancies.KEY)
    return {code: n for (code, _metric), n in found.items()}


def _held(name: str, label: Any, about: Any, role: str, unit: Any = "") -> Measure:
    return Measure(
        f"organisations.{name}", label, about, "organisations.responsibilities", unit,
        (Filter("role", "is", role), Filter("stands_in_for", "empty")), source=_SOURCE, past=True,
    )  # fmt: skip


def _whole(name: str, label: Any, table: str, unit: Any = "", *filters: Filter,
           about: Any = "") -> Measure:  # fmt: skip
    return Measure(
        f"organisations.{name}", label, about or _("All rows of the ledger of this name."),
        f"organisations.{table}", unit, filters, source=_SOURCE,
    )  # fmt: skip


def _ending(_by: Actor, _place: str, _which: str) -> tuple[Filter, ...]:
    last = timezone.localdate() + dt.timedelta(days=temporary_rules().ending_days)
    return (Filter("standing", "is", "yes"), Filter("until", "to", str(last)))


def _contact_bodies(_by: Actor, _place: str, which: str) -> tuple[Filter, ...]:
    """``which``: one of the kinds alone."""
    return (Filter("kind", "in", [which] if which else list(chain_rules().contact_kinds)),)


_MEASURES = (
    Measure("organisations.vacancies", _("Vacant posts"),
            _("How many holders are missing at all places, by the rules."),
            "organisations.vacancies", _PERSONS, sums="missing", counted=_vacant, source=_SOURCE),
    _held("grid_officers", _("Grid officers"),
          _("Who answers for grids now, substitutes left out."),
          "grid_officer", _PERSONS),
    _held("building_heads", _("Building heads"),
          _("Who answers for buildings now, substitutes left out."), "building_head", _PERSONS),
    _held("linked_units", _("Links of units with communities"),
          _("Units that are linked with a community now."), "linked_unit"),
    _whole("organisations", _("Organisations"), "organisations"),
    _whole("members", _("Members of organisations"), "members", _PERSONS),
    _whole("alliances", _("Alliances"), "alliances"),
    _whole("pairings", _("Pairs of units with units or places"), "pairings"),
    _whole("units_reported", _("Units that reported in"), "reports_in", "",
           Filter("organisation", "filled")),
    _whole("members_reported", _("Members who reported in"), "reports_in", _PERSONS,
           Filter("organisation", "empty")),
    _whole("open_items", _("Open items of the communities’ lists"), "items", "",
           Filter("state", "is", "open"),
           about=_("Items that nobody has claimed and that weren’t withdrawn.")),
    _whole("claimed_items", _("Claimed items of the communities’ lists"), "items", "",
           Filter("state", "is", "claimed"),
           about=_("Items that somebody has taken on and hasn’t done yet.")),
    _whole("done_items", _("Items done of the communities’ lists"), "items", "",
           Filter("state", "is", "done"), about=_("Items that somebody has done.")),
    Measure("organisations.temporary_units", _("Temporary units"),
            _("Temporary units that stand now."), "organisations.temporary_units", "",
            (Filter("standing", "is", "yes"),), source=_SOURCE),
    _whole("seconded", _("Members who serve in temporary units"), "seconded", _PERSONS),
    _whole("proposed_units", _("Temporary units that wait for a decision"), "temporary_units", "",
           Filter("state", "is", UnitState.PROPOSED.value)),
    Measure("organisations.units_ending", _("Temporary units whose term ends soon"),
            _("Temporary units that stand and whose last day comes within the days of the rules."),
            "organisations.temporary_units", "", _ending, source=_SOURCE),
    _whole("to_receive", _("Reported in, to be received"), "reports_in", "",
           Filter("received_on", "empty"),
           about=_("Who reported in to a community and was not received yet.")),
    Measure("organisations.contact_bodies", _("Bodies that need a contact leader"),
            _("Hospitals, enterprises and schools that exist now."), "register.establishments",
            pgettext_lazy("unit", "establishments"), _contact_bodies, source=_SOURCE),
)  # fmt: skip
