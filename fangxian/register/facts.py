"""What the register offers to ledgers, exports, templates and bulletins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
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
    Subject,
    measures,
    place_columns,
    tables,
    withhold,
    within,
)
from fangxian.common.facts.declared import place_names
from fangxian.core import counters
from fangxian.people.facts import person_columns
from fangxian.register import queries
from fangxian.register.models import Establishment, Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import (
    ESTABLISHMENT_KINDS,
    HEAD,
    KEY_GROUPS,
    RELATIONS,
    RESIDENCY_KINDS,
    SEPARATED,
)

VIEW = "register.view"
PERSONAL = Sensitivity.PERSONAL
PERSONS = pgettext_lazy("unit", "persons")
_NOW = _("as it is now, or as it was on a day")


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    # The whole before its parts: what fits several is taken for the first.
    for at, table in enumerate((_residents(), _households(), _establishments(), _groups())):
        tables.register(table.name, table, order=200 + at)
    for at, measure in enumerate(_MEASURES):
        measures.register(measure.name, measure, order=200 + at)
    withhold(
        {
            "register.Household": {
                "building": "shown as the columns of the place",
                "unit": "shown as the columns of the place",
            },
            "register.KeyGroupEntry": {
                "ended_by_death": "lets a death taken back reopen the entry",
                "emergency_id": "names the key that seals the note",
            },
            "register.Establishment": {"contact_phone_index": "a blind index for searching"},
        }
    )


def _at(model: Any) -> Callable[[str, dt.date | None], QuerySet[Any]]:
    """The rows of a model with ``from_date`` and ``to_date`` in force at and below a place."""

    def rows(place: str, day: dt.date | None) -> QuerySet[Any]:
        found: QuerySet[Any] = model.objects.filter(within(place), queries.as_of(day))
        return found

    return rows


def _homes(place: str, _day: dt.date | None) -> QuerySet[Household]:
    return Household.objects.filter(within(place), queries.CURRENT)


def _groups_of(persons: Sequence[UUID], _clear: bool) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    entries = KeyGroupEntry.objects.filter(queries.OPEN, person_id__in=[p for p in persons if p])
    for person, group in entries.order_by("group").values_list("person_id", "group"):
        found.setdefault(person, []).append(group)
    return found


def _doors_of(persons: Sequence[UUID], _clear: bool) -> dict[UUID, str]:
    """Where persons live: building, unit and room, or the address of a house."""
    rows = (
        Residency.objects.filter(queries.OPEN, person_id__in=[p for p in persons if p])
        .exclude(kind=SEPARATED)
        .order_by("from_date", "id")
        .values_list("person_id", "place_code", "household__room", "household__address")
    )
    lives = {person: (code, room, address) for person, code, room, address in rows}
    levels = (Level.BUILDING, Level.UNIT)
    names = place_names(
        {code[: int(level)] for code, _r, _a in lives.values() for level in levels
         if len(code) >= level}
    )  # fmt: skip
    found = {}
    for person, (code, room, address) in lives.items():
        parts = [names.get(code[: int(level)], "") for level in levels if len(code) >= level]
        door = "".join([*parts, room])
        found[person] = door if room or not address else address
    return found


def _heads(households: Sequence[UUID], _clear: bool) -> dict[UUID, str]:
    from fangxian.common import access

    rows = Residency.objects.filter(queries.OPEN, relation=HEAD, household_id__in=list(households))
    found: dict[UUID, str] = {}
    for household, person, name in rows.values_list("household_id", "person_id", "person__name"):
        access.note(person)
        found[household] = name
    return found


def _size() -> Any:
    """Who is registered in the household."""
    counted = (
        Residency.objects.filter(queries.OPEN, household=OuterRef("pk"))
        .order_by()
        .values("household")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(counted), Value(0))


def _household_url(key: Any) -> str:
    return reverse("register:household", args=[key])


def home_columns(path: str = "") -> tuple[Column, ...]:
    """What a row tells of its household; ``path``: the look-up of it, none where it is one."""
    dot = f"{path}__" if path else ""
    return (
        Column("room", _("Room"), path=f"{dot}room", synonyms="room", width=10),
        Column(
            "household_number", _("Household number"), "identity", path=f"{dot}number",
            synonyms="household_number", width=14,
        ),
        Column("address", _("Address"), path=f"{dot}address", synonyms="address", width=28),
        Column(
            "household_kind", _("Kind of household"), "code", path=f"{dot}kind",
            codes=Choices(Household.Kind.choices), synonyms="household_kind",
        ),
        Column(
            "state", _("State"), "code", path=f"{dot}state",
            codes=Choices(Household.State.choices),
        ),
    )  # fmt: skip


def _residents() -> FactTable:
    return FactTable(
        name="register.residents",
        label=pgettext_lazy("ledger", "Residents"),
        about=_("A person in a household; also those registered here who live elsewhere."),
        right=VIEW,
        model=Residency,
        rows=_at(Residency),
        columns=(
            *place_columns(),
            *home_columns("household"),
            *person_columns(),
            Column(
                "relation", _("Relation to the head"), "code", path="relation", codes=RELATIONS,
                sensitivity=PERSONAL, synonyms="relation",
            ),
            Column(
                "kind", _("Lives here as"), "code", path="kind", codes=RESIDENCY_KINDS,
                synonyms="residence_status",
            ),
            Column(
                "groups", _("Key groups"), "code", path="person_id", load=_groups_of,
                codes=KEY_GROUPS, sensitivity=PERSONAL, synonyms="person_category", as_of=_("now"),
            ),
            Column("from_date", _("Here since"), "date", path="from_date", synonyms="move_in_date"),
            Column(
                "to_date", pgettext_lazy("column", "Until"), "date", path="to_date",
                synonyms="move_out_date",
            ),
            Column(
                "ended", _("Ended by"), "code", path="ended", codes=Choices(Residency.Ended.choices)
            ),
            Column(
                "away_since", _("Away since"), "date", path="away_since", sensitivity=PERSONAL
            ),
            Column(
                "away_where", _("Away to"), path="away_where", sensitivity=PERSONAL,
                synonyms="away",
            ),
            Column("head", _("Name of the head"), "name", path="household_id", load=_heads,
                   sensitivity=PERSONAL, right="people.view", synonyms="head_name"),
        ),
        order=("place_code", "pk"),
        person="person_id",
        dated=True,
        as_of=_NOW,
        source=_("register of households and residents"),
        taken_back="register",
        keyed=True,
        link=None,
        first=(
            "community", "grid", "building", "unit", "room", "name", "sex", "age", "relation",
            "kind", "phone", "groups",
        ),
        subject=Subject(
            "person", ("name",), ("name", "sex", "age", "identity", "community", "building", "room")
        ),
    )  # fmt: skip


def _households() -> FactTable:
    return FactTable(
        name="register.households",
        label=pgettext_lazy("ledger", "Households"),
        about=_("A household in its dwelling; closed ones are left out."),
        right=VIEW,
        model=Household,
        rows=_homes,
        columns=(
            *place_columns(),
            *home_columns(),
            Column("note", pgettext_lazy("column", "Note"), path="note", synonyms="note", width=24),
            Column(
                "head", _("Name of the head"), "name", path="pk", load=_heads,
                sensitivity=PERSONAL, right="people.view", synonyms="head_name",
            ),
            Column(
                "residents", _("Residents"), "number", expression=_size(), unit=PERSONS,
                synonyms="household_size", covers=("register.Residency.household",),
            ),
        ),
        order=("place_code", "pk"),
        as_of=_("as it is now"),
        source=_("register of households and residents"),
        subject=Subject(
            "household", ("room", "address", "household_number"),
            ("community", "building", "unit", "room", "address", "head"),
        ),
        link=_household_url,
        first=(
            "community", "grid", "building", "unit", "room", "household_number", "head",
            "residents", "state",
        ),
    )  # fmt: skip


def _establishments() -> FactTable:
    return FactTable(
        name="register.establishments",
        label=_("Establishments"),
        about=_("A body at a place: an enterprise, a hospital, a school, a shop."),
        right=VIEW,
        model=Establishment,
        rows=_at(Establishment),
        columns=(
            *place_columns(),
            Column(
                "establishment", _("Establishment"), path="name",
                synonyms="establishment_name", width=28,
            ),
            Column(
                "kind", _("Kind of establishment"), "code", path="kind", codes=ESTABLISHMENT_KINDS,
                synonyms="establishment_kind",
            ),
            Column(
                "credit_code", _("Unified social credit code"), "identity", path="credit_code",
                synonyms="credit_code",
            ),
            Column("address", _("Address"), path="address", synonyms="address", width=28),
            Column(
                "contact", _("Contact"), "name", path="contact_name", sensitivity=PERSONAL,
                synonyms="legal_person",
            ),
            Column(
                "contact_phone", _("Contact's phone"), "phone", path="contact_phone",
                sensitivity=Sensitivity.SEALED, synonyms="legal_person_phone",
            ),
            Column(
                "staff", _("Staff"), "number", path="staff_count", unit=PERSONS,
                synonyms="staff_count",
            ),
            Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date",
                   synonyms="start_date"),
            Column("to_date", pgettext_lazy("column", "Until"), "date", path="to_date",
                   synonyms="end_date"),
        ),
        order=("place_code", "name", "pk"),
        dated=True,
        as_of=_NOW,
        source=_("register of households and residents"),
        link=lambda key: reverse("register:establishment", args=[key]),
    )  # fmt: skip


def _groups() -> FactTable:
    return FactTable(
        name="register.key_groups",
        label=_("Members of key groups"),
        about=_("A person in a key group: who needs care or a second look."),
        right=VIEW,
        model=KeyGroupEntry,
        rows=_at(KeyGroupEntry),
        columns=(
            *place_columns(),
            *person_columns(),
            Column(
                "group", _("Key group"), "code", path="group", codes=KEY_GROUPS,
                sensitivity=PERSONAL, synonyms="person_category",
            ),
            Column(
                "address", _("Address"), path="person_id", load=_doors_of, sensitivity=PERSONAL,
                synonyms="address", width=28, as_of=_("now"),
            ),
            Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date",
                   synonyms="start_date"),
            Column("to_date", pgettext_lazy("column", "Until"), "date", path="to_date",
                   synonyms="end_date"),
            Column(
                "note", pgettext_lazy("column", "Note"), path="note", opaque=True,
                sensitivity=PERSONAL, synonyms="note", width=24,
            ),
        ),
        person="person_id",
        dated=True,
        as_of=_NOW,
        source=_("register of households and residents"),
        first=(
            "community", "grid", "building", "name", "sex", "age", "phone", "group", "from_date",
        ),
    )  # fmt: skip


def _counted(metric: str) -> Callable[[Actor, Sequence[str]], dict[str, int]]:
    def read(_by: Actor, places: Sequence[str]) -> dict[str, int]:
        found = counters.read(places, [metric], queries.KEY)
        return {code: n for (code, _metric), n in found.items()}

    return read


def _of_residents(
    name: str, label: Any, about: Any, *filters: Filter, past: bool = True
) -> Measure:
    return Measure(
        f"register.{name}", label, about, "register.residents", PERSONS, filters,
        counted=_counted(name), source=_("register of households and residents"), past=past,
    )  # fmt: skip


_HERE = Filter("kind", "not", SEPARATED)
_MEASURES = (
    Measure(
        "register.households", _("Households"),
        _("All households in their dwellings, empty ones too; closed ones are left out."),
        "register.households", pgettext_lazy("unit", "households"),
        counted=_counted("households"), source=_("register of households and residents"),
    ),
    Measure(
        "register.empty", _("Empty dwellings"), _("Households where nobody lives now."),
        "register.households", pgettext_lazy("unit", "households"),
        (Filter("state", "is", Household.State.EMPTY.value),),
        counted=_counted("empty"), source=_("register of households and residents"),
    ),
    _of_residents("residents", _("Residents"), _("Everybody who lives here now."), _HERE),
    _of_residents(
        "away", _("Residents away"), _("Who lives here and is away for a time."),
        Filter("away_since", "filled"), _HERE, past=False,
    ),
    _of_residents(
        "tenants", _("Tenants"), _("Who lives here as a tenant."), Filter("kind", "is", "tenant")
    ),
    _of_residents(
        "separated", _("Registered here, living elsewhere"),
        _("Who is registered here and lives elsewhere."), Filter("kind", "is", SEPARATED),
    ),
    Measure(
        "register.establishments", _("Establishments"),
        _("All bodies at the place that exist now."),
        "register.establishments", pgettext_lazy("unit", "establishments"),
        counted=_counted("establishments"), source=_("register of households and residents"),
    ),
    Measure(
        "register.key_members", _("Members of key groups"),
        _("Everybody in a key group now, once for each group."), "register.key_groups", PERSONS,
        source=_("register of households and residents"),
    ),
    *(
        Measure(
            f"register.group.{code}", KEY_GROUPS.choices()[at][1],
            _("Everybody who is in this key group now."), "register.key_groups", PERSONS,
            (Filter("group", "is", code),), counted=_counted(queries.GROUP + code),
            source=_("register of households and residents"), past=True,
        )
        for at, code in enumerate(KEY_GROUPS.terms)
    ),
)  # fmt: skip
