"""Named reads of organisations: who answers where, what is vacant, who closes a gap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Case, ExpressionWrapper, Q, QuerySet, Value, When
from django.utils import timezone

from fangxian.common import access, codes
from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.organisations.models import (
    Member,
    Organisation,
    Responsibility,
    ResponsibilityHousehold,
    Vacancy,
)
from fangxian.organisations.rules import ChainRole, ChainRules, chain_rules
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.regions.queries import above_on
from fangxian.register.queries import door_order

Holders = list[Responsibility]


@dataclass(frozen=True)
class Responsible:
    """Who answers: shown beside a gap. ``responsibility_id`` is what the phone is asked by.

    Who shows them says so (:func:`note_shown`): ``person_id`` is read with the name.
    """

    responsibility_id: UUID
    person_id: UUID | None
    name: str
    role: str
    role_name: str
    place_code: str
    has_contact: bool
    substitute: bool


@dataclass(frozen=True)
class Breach:
    """A place that lacks holders of a role (``found < role.minimum``) or has too many."""

    place_id: UUID
    place_code: str
    place_name: str
    role: ChainRole
    found: int

    @property
    def vacant(self) -> bool:
        return self.found < self.role.minimum


def in_force(on: dt.date | None = None) -> QuerySet[Responsibility]:
    """Responsibilities in force on a day, substitutions included. Scoped."""
    day = on or timezone.localdate()
    return Responsibility.objects.filter(from_date__lte=day).filter(
        Q(to_date=None) | Q(to_date__gte=day)
    )


def chain_above(code: str, on: dt.date | None = None) -> list[Responsibility]:
    """Everybody who answers for ``code`` or a place above it, nearest first. One query."""
    at = codes.ancestors(code, include_self=True)
    found = in_force(on).filter(place_code__in=at).select_related("organisation", "place")
    return sorted(found, key=lambda r: (-len(r.place_code), r.role, r.from_date))


def who_closes(code: str, on: dt.date | None = None) -> list[Responsible]:
    """Who should close a gap at ``code``: the nearest holder of each closing role, in rule order.

    A holder who is absent is shown as his substitute. Empty when the whole chain is vacant. They
    are noted as read.
    """
    found = next(iter(who_closes_many([code], on).values()))
    note_shown(found)
    return found


def who_closes_many(
    places: Sequence[str], on: dt.date | None = None
) -> dict[str, list[Responsible]]:
    """:func:`who_closes` for many codes with one query; who is shown of them is noted then."""
    rules = chain_rules(on)
    by_place = holding(places, rules.closes, rules, on)
    return {code: list(_closers(code, by_place, rules)) for code in places}


def note_shown(closers: Iterable[Responsible | None]) -> None:
    """Note the persons among those whom a page or a file names: once for all of them."""
    access.note(*{one.person_id for one in closers if one is not None and one.person_id})


def holding(
    places: Sequence[str], roles: Sequence[str], rules: ChainRules, on: dt.date | None = None
) -> dict[str, dict[str, list[Responsible]]]:
    """Who holds ``roles`` at these places and above them, by place and role. One query.

    Substitutes stand for those who are absent.
    """
    wanted = {c for code in places for c in codes.ancestors(code, include_self=True)}
    # Whether there is a number is asked of the database: opening each costs more than the query.
    rows = list(
        in_force(on)
        .filter(place_code__in=wanted, role__in=roles)
        .annotate(reachable=ExpressionWrapper(Q(contact__isnull=False), BooleanField()))
        .values_list(
            "id",
            "person_id",
            "holder_name",
            "role",
            "place_code",
            "substitute_for_id",
            "reachable",
        )
    )
    stood_in = {row[5] for row in rows}
    by_place: dict[str, dict[str, list[Responsible]]] = {}
    for id_, person, name, role, place_code, substitute_for, reachable in rows:
        if id_ not in stood_in:
            one = Responsible(
                responsibility_id=id_,
                person_id=person,
                name=name,
                role=role,
                role_name=rules.name_of(role),
                place_code=place_code,
                has_contact=reachable,
                substitute=substitute_for is not None,
            )
            by_place.setdefault(place_code, {}).setdefault(role, []).append(one)
    return by_place


def _closers(
    code: str, by_place: dict[str, dict[str, list[Responsible]]], rules: ChainRules
) -> Iterator[Responsible]:
    upward = [by_place[at] for at in codes.walk_up(code) if at in by_place]
    for role in rules.closes:
        yield from next((held[role] for held in upward if role in held), ())


def responsible(row: Responsibility, rules: ChainRules) -> Responsible:
    """The line that a page shows of a responsibility."""
    return Responsible(
        responsibility_id=row.id,
        person_id=row.person_id,
        name=row.holder_name,
        role=row.role,
        role_name=rules.name_of(row.role),
        place_code=row.place_code,
        has_contact=bool(row.contact),
        substitute=row.substitute_for_id is not None,
    )


_ALL_IN_USE = """
SELECT DISTINCT left(code, 6) FROM regions_region
WHERE level >= %s AND valid_to IS NULL AND code >= %s AND code < %s ORDER BY 1
"""
_ONE_IN_USE = """
SELECT left(code, 6) FROM regions_region
WHERE level >= %s AND valid_to IS NULL AND code >= %s AND code < %s LIMIT 1
"""


def counties_in_use(area: str) -> list[str]:
    """The counties of ``area`` (that of it, when it is smaller) in use, by code.

    A county is in use once a grid, a building or a unit stands in it: the national tree ends at the
    village, so what lies below was made by those who work there. One query.
    """
    broad = len(area) < Level.COUNTY
    lo, hi = codes.bounds(area if broad else area[: int(Level.COUNTY)])
    with connection.cursor() as cursor:
        # Of a single county the first such place answers.
        cursor.execute(_ALL_IN_USE if broad else _ONE_IN_USE, [int(Level.GRID), lo, hi])
        return [str(row[0]) for row in cursor.fetchall()]


def found_sql(wrong: str) -> str:
    """A statement: places of counties in use with how many hold a role there, where ``wrong``.

    Its values: ``lo``, ``hi``, ``day``, ``places`` (ids, None for all), ``counties`` and those of
    :func:`role_values`; it gives id, code, name and found.
    """
    return f"""
    SELECT r.id, r.code, r.name, count(h.id) AS found
    FROM regions_region r
    LEFT JOIN regions_building b ON b.region_id = r.id
    LEFT JOIN organisations_responsibility h
      ON h.place_id = r.id AND h.role = %(role)s AND h.substitute_for_id IS NULL
     AND h.from_date <= %(day)s AND (h.to_date IS NULL OR h.to_date >= %(day)s)
    WHERE r.level = %(level)s AND r.code >= %(lo)s AND r.code < %(hi)s AND r.valid_to IS NULL
      AND left(r.code, 6) = ANY (
          ARRAY(SELECT left(county, %(level)s) FROM unnest(%(counties)s::text[]) county))
      AND (NOT %(unmanaged)s OR b.managed IS FALSE)
      AND (%(places)s::uuid[] IS NULL OR r.id = ANY (%(places)s::uuid[]))
    GROUP BY r.id, r.code, r.name
    HAVING {wrong}
    """  # noqa: S608 - the condition is a constant of this package


def role_values(role: ChainRole) -> dict[str, Any]:
    """The values of :func:`found_sql` that a role gives."""
    return {
        "role": role.code,
        "level": int(role.level),
        "unmanaged": role.only == "unmanaged",
        "minimum": role.minimum,
        "maximum": role.maximum,
    }


_BREACHES = found_sql("count(h.id) < %(minimum)s OR count(h.id) > %(maximum)s") + "ORDER BY r.code"


def breaches(
    area: str, *, roles: Iterable[ChainRole] | None = None, on: dt.date | None = None
) -> list[Breach]:
    """Every place in ``area`` where a role is vacant or held too often. One query a role.

    Only counties in use are asked (:func:`counties_in_use`).
    """
    lo, hi = codes.bounds(area)
    day = on or timezone.localdate()
    where: dict[str, Any] = {"lo": lo, "hi": hi, "day": day, "places": None}
    where["counties"] = counties_in_use(area)
    found: list[Breach] = []
    for role in roles if roles is not None else chain_rules(on).roles.values():
        with connection.cursor() as cursor:
            cursor.execute(_BREACHES, where | role_values(role))
            found += [Breach(row[0], row[1], row[2], role, row[3]) for row in cursor.fetchall()]
    return found


def tree(root: Organisation | None = None) -> QuerySet[Organisation]:
    """The organisations directly below ``root`` (the topmost ones), present ones only."""
    return Organisation.objects.filter(parent=root, dissolved_on=None).select_related(
        "kind", "seat"
    )


def chain_on(place: Region, on: dt.date) -> list[tuple[Region, list[Responsibility]]]:
    """Who answered for a place and the places above it on a day, from the top down.

    By the tree as it was on that day, so it also holds for days before a redraw. Holders come in
    the order of the rules, each substitute after the one he stands in for.
    """
    above = above_on(place, on)
    rows = in_force(on).filter(place__in=above, establishment=None).select_related("organisation")
    at: dict[UUID, list[Responsibility]] = {}
    for row in in_order(rows, chain_rules(on)):
        at.setdefault(row.place_id, []).append(row)
    return [(region, at.get(region.id, [])) for region in above]


def in_order(rows: Iterable[Responsibility], rules: ChainRules) -> list[Responsibility]:
    """By role in the order of the rules, then holders before those who stand in for them."""
    order = {code: at for at, code in enumerate(rules.names)}
    return sorted(
        rows,
        key=lambda r: (order.get(r.role, 99), r.substitute_for_id is not None, r.from_date, r.id),
    )


def history_of(place: Region, limit: int = 200) -> list[Responsibility]:
    """Everybody who ever answered for exactly this place, the latest first. One query."""
    rows = Responsibility.objects.filter(place=place, establishment=None)
    return list(rows.order_by("-from_date", "-id")[:limit])


def responsibility(responsibility_id: UUID) -> Responsibility:
    """One responsibility in the area or above it. Raises OutOfScope."""
    found = (
        Responsibility.objects.select_related("place", "organisation", "establishment")
        .filter(id=responsibility_id)
        .first()
    )
    if found is None:
        raise OutOfScope(f"responsibility {responsibility_id}")
    return found


def holders_of(places: Sequence[Region], on: dt.date | None = None) -> dict[UUID, Holders]:
    """Holders in force by place, in rule order, without substitutes. One query."""
    rules = chain_rules(on)
    rows = in_force(on).filter(
        place_id__in=[p.id for p in places], substitute_for=None, role__in=list(rules.roles)
    )
    found: dict[UUID, Holders] = {place.id: [] for place in places}
    for row in in_order(rows, rules):
        found[row.place_id].append(row)
    return found


def open_vacancies(area: str) -> QuerySet[Vacancy]:
    """The listed vacancies of an area, place by place."""
    lo, hi = codes.bounds(area)
    rows = Vacancy.objects.filter(place_code__gte=lo, place_code__lt=hi)
    return rows.select_related("place").order_by("place_code", "role")


def substitutions_ending(area: str, until: dt.date) -> QuerySet[Responsibility]:
    """Substitutions of the area whose last day comes by ``until``, the nearest first."""
    lo, hi = codes.bounds(area)
    today = timezone.localdate()
    rows = Responsibility.objects.filter(
        place_code__gte=lo, place_code__lt=hi, to_date__gte=today, to_date__lte=until
    )
    return rows.exclude(substitute_for=None).select_related("place").order_by("to_date", "id")


def contacts_of(
    establishments: Iterable[UUID] | QuerySet[Any], on: dt.date
) -> QuerySet[Responsibility]:
    """Contact leaders of these establishments (ids, or a query of ids) on a day."""
    return in_force(on).filter(
        establishment_id__in=establishments, role=chain_rules(on).contact_role
    )


def organisation(organisation_id: UUID) -> Organisation:
    """One organisation. Raises OutOfScope."""
    found = (
        Organisation.objects.select_related("kind", "seat", "parent", "temporary")
        .filter(id=organisation_id)
        .first()
    )
    if found is None:
        raise OutOfScope(f"organisation {organisation_id}")
    return found


def search_organisations(
    text: str, area: str = "", *, dissolved: bool = False
) -> QuerySet[Organisation]:
    """Present organisations (or dissolved ones) by a part of the name, initials or credit code.

    Those with their seat in ``area`` come first.
    """
    text = text.replace("\x00", "").strip()[:60]
    found = Organisation.objects.filter(dissolved_on__isnull=not dissolved)
    found = found.select_related("kind", "seat", "parent")
    by_name = Q(name__icontains=text) | Q(short_name__icontains=text)
    by_code = Q(credit_code=text.upper()) if len(text) == 18 else Q(pk__in=[])
    by_initials = Q(initials__startswith=text.lower()) if text.isascii() and text else Q(pk__in=[])
    lo, hi = codes.bounds(area)
    near = Case(When(seat__code__gte=lo, seat__code__lt=hi, then=Value(0)), default=Value(1))
    return found.filter(by_name | by_code | by_initials).order_by(near, "name", "id")


def members_of(body: Organisation, *, former: bool = False) -> QuerySet[Member]:
    """Members as far as they are in scope, longest first; of former ones without their persons.

    Who was seen for his membership alone is out of sight after it (:func:`names_of`).
    """
    rows = Member.objects.filter(organisation=body)
    if former:
        return rows.exclude(to_date=None).order_by("-to_date", "id")
    return rows.filter(to_date=None).select_related("person").order_by("from_date", "id")


def member(member_id: UUID) -> Member:
    """One membership in scope. Raises OutOfScope."""
    row = Member.objects.select_related("organisation__seat", "wish").filter(id=member_id).first()
    if row is None:
        raise OutOfScope(f"member {member_id}")
    return row


def names_of(members: Iterable[Member]) -> dict[UUID, str]:
    """The names of members by membership, "" for those who are out of sight. One query."""
    rows = list(members)
    persons = Person.objects.in_bulk([row.person_id for row in rows])
    return {row.id: persons[row.person_id].name if row.person_id in persons else "" for row in rows}


def held_by(body: Organisation) -> QuerySet[Responsibility]:
    """What an organisation answers for, in force and in scope."""
    rows = in_force().filter(organisation=body).select_related("place", "establishment")
    return rows.order_by("place_code", "role")


def links_of(places: QuerySet[Region], role: str) -> QuerySet[Responsibility]:
    """The links of units with these communities, in force today."""
    return in_force().filter(place__in=places.values("id"), role=role, substitute_for=None)


def linked_units(communities: Sequence[Region], role: str) -> dict[UUID, list[Responsibility]]:
    """Linked units by community. One query."""
    rows = (
        in_force()
        .filter(place_id__in=[c.id for c in communities], role=role, substitute_for=None)
        .select_related("organisation")
        .order_by("place_code", "from_date")
    )
    by_place: dict[UUID, list[Responsibility]] = {c.id: [] for c in communities}
    for row in rows:
        by_place[row.place_id].append(row)
    return by_place


def links_from(day: dt.date) -> QuerySet[ResponsibilityHousehold]:
    """Links of households with members (1+10) that hold on a day or later. Scoped."""
    return ResponsibilityHousehold.objects.filter(Q(to_date=None) | Q(to_date__gte=day))


def links_on(on: dt.date | None = None) -> QuerySet[ResponsibilityHousehold]:
    """Links of households with members (1+10) in force on a day. Scoped."""
    day = on or timezone.localdate()
    return links_from(day).filter(from_date__lte=day)


def households_of(row: Responsibility) -> QuerySet[ResponsibilityHousehold]:
    """The households of a member's responsibility today (its first day), door by door."""
    links = links_on(max(timezone.localdate(), row.from_date)).filter(responsibility=row)
    return links.select_related("household").order_by("place_code", *door_order("household"))


def looks_after(household_ids: Iterable[UUID]) -> dict[UUID, Responsibility]:
    """Which member looks after each household today (1+10). One query."""
    links = links_on().filter(household_id__in=list(household_ids))
    return {
        link.household_id: link.responsibility for link in links.select_related("responsibility")
    }
