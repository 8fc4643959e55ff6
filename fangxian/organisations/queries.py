"""Named reads of organisations: who answers where, what is vacant, who closes a gap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.organisations.models import Organisation, Responsibility
from fangxian.organisations.rules import ChainRole, ChainRules, chain_rules
from fangxian.regions.models import Region


@dataclass(frozen=True)
class Responsible:
    """Who answers: shown beside a gap. ``responsibility_id`` is what the phone is asked by."""

    responsibility_id: UUID
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


def responsible_for(place: Region, on: dt.date | None = None) -> list[Responsibility]:
    """Who answers for exactly this place on a day: by role, then since when. Two queries at most.

    A day before a redraw asks for the place as it was: responsibilities hang on its id.
    """
    found = in_force(on).filter(place=place).select_related("organisation", "person")
    order = {code: at for at, code in enumerate(chain_rules(on).roles)}
    return sorted(found, key=lambda r: (order.get(r.role, 99), r.from_date))


def chain_above(code: str, on: dt.date | None = None) -> list[Responsibility]:
    """Everybody who answers for ``code`` or a place above it, nearest first. One query."""
    at = codes.ancestors(code, include_self=True)
    found = in_force(on).filter(place_code__in=at).select_related("organisation", "place")
    return sorted(found, key=lambda r: (-len(r.place_code), r.role, r.from_date))


def who_closes(code: str, on: dt.date | None = None) -> list[Responsible]:
    """Who should close a gap at ``code``: the nearest holder of each closing role, in rule order.

    A holder who is absent is shown as his substitute. Empty when the whole chain is vacant.
    """
    return next(iter(who_closes_many([code], on).values()))


def who_closes_many(
    places: Sequence[str], on: dt.date | None = None
) -> dict[str, list[Responsible]]:
    """:func:`who_closes` for many codes with one query."""
    rules = chain_rules(on)
    wanted = {c for code in places for c in codes.ancestors(code, include_self=True)}
    rows = list(in_force(on).filter(place_code__in=wanted, role__in=rules.closes))
    stood_in = {r.substitute_for_id for r in rows if r.substitute_for_id}
    by_place: dict[str, list[Responsibility]] = {}
    for row in rows:
        if row.id not in stood_in:
            by_place.setdefault(row.place_code, []).append(row)
    return {code: list(_closers(code, by_place, rules)) for code in places}


def _closers(
    code: str, by_place: dict[str, list[Responsibility]], rules: ChainRules
) -> Iterator[Responsible]:
    for role in rules.closes:
        for at in codes.walk_up(code):
            holders = [r for r in by_place.get(at, ()) if r.role == role]
            for holder in holders:
                yield responsible(holder, rules)
            if holders:
                break


def responsible(row: Responsibility, rules: ChainRules) -> Responsible:
    """The line that a page shows of a responsibility."""
    return Responsible(
        responsibility_id=row.id,
        name=row.holder_name,
        role=row.role,
        role_name=rules.name_of(row.role),
        place_code=row.place_code,
        has_contact=bool(row.contact),
        substitute=row.substitute_for_id is not None,
    )


_BREACHES = """
SELECT r.id, r.code, r.name, count(h.id) AS found
FROM regions_region r
LEFT JOIN regions_building b ON b.region_id = r.id
LEFT JOIN organisations_responsibility h
  ON h.place_id = r.id AND h.role = %(role)s AND h.substitute_for_id IS NULL
 AND h.from_date <= %(day)s AND (h.to_date IS NULL OR h.to_date >= %(day)s)
WHERE r.level = %(level)s AND r.code >= %(lo)s AND r.code < %(hi)s AND r.valid_to IS NULL
  AND (NOT %(unmanaged)s OR b.managed IS FALSE)
GROUP BY r.id, r.code, r.name
HAVING count(h.id) < %(minimum)s OR count(h.id) > %(maximum)s
ORDER BY r.code
"""


def breaches(
    area: str, *, roles: Iterable[ChainRole] | None = None, on: dt.date | None = None
) -> list[Breach]:
    """Every place in ``area`` where a role is vacant or held too often. One query a role."""
    lo, hi = codes.bounds(area)
    day = on or timezone.localdate()
    found: list[Breach] = []
    for role in roles if roles is not None else chain_rules(on).roles.values():
        parameters = {
            "role": role.code,
            "day": day,
            "level": int(role.level),
            "lo": lo,
            "hi": hi,
            "unmanaged": role.only == "unmanaged",
            "minimum": role.minimum,
            "maximum": role.maximum,
        }
        with connection.cursor() as cursor:
            cursor.execute(_BREACHES, parameters)
            found += [Breach(*row[:3], role, row[3]) for row in cursor.fetchall()]
    return found


def vacancies(area: str, on: dt.date | None = None) -> list[Breach]:
    """Every vacancy in ``area``: a place and the role that nobody holds there."""
    return [breach for breach in breaches(area, on=on) if breach.vacant]


def tree(root: Organisation | None = None) -> QuerySet[Organisation]:
    """The organisations directly below ``root`` (the topmost ones), present ones only."""
    return Organisation.objects.filter(parent=root, dissolved_on=None).select_related(
        "kind", "seat"
    )


def load_of(
    role: ChainRole, *, person_id: UUID | None, organisation_id: UUID | None, on: dt.date
) -> int:
    """How many places a holder has in a role, within the viewer's area. One query."""
    held = in_force(on).filter(role=role.code, substitute_for=None)
    if person_id is not None:
        return held.filter(person_id=person_id).count()
    return held.filter(organisation_id=organisation_id).count()


def level_of(place: Region) -> Level:
    """The level of a place."""
    return Level(place.level)
