"""Named reads of the register. Places are codes; all reads stay in the running scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Left

from fangxian.common import codes
from fangxian.common.errors import OutOfScope
from fangxian.register.models import Establishment, Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD

OPEN = Q(to_date=None)
CURRENT = ~Q(state=Household.State.CLOSED)


def _within(area: str, column: str = "place_code") -> Q:
    lo, hi = codes.bounds(area)
    return Q(**{f"{column}__gte": lo, f"{column}__lt": hi})


def as_of(day: dt.date | None) -> Q:
    """Rows with from_date and to_date in force on ``day`` (None: open ones).

    The day of an end is the first day on which it no longer holds.
    """
    if day is None:
        return OPEN
    return Q(from_date__lte=day) & (Q(to_date=None) | Q(to_date__gt=day))


def households_in(code: str) -> QuerySet[Household]:
    """Households at or below the place, door by door; closed ones left out."""
    return Household.objects.filter(_within(code), CURRENT).order_by("place_code", "room", "id")


def household(household_id: UUID) -> Household:
    """The household. Raises OutOfScope."""
    found = Household.objects.filter(pk=household_id).select_related("building", "unit").first()
    if found is None:
        raise OutOfScope(f"household {household_id}")
    return found


def residents_of(households: Iterable[UUID], on: dt.date | None = None) -> QuerySet[Residency]:
    """Residencies of the households with their persons, the head first. One query."""
    return (
        Residency.objects.filter(as_of(on), household_id__in=list(households))
        .select_related("person")
        .annotate(rank=Case(When(relation=HEAD, then=Value(0)), default=Value(1)))
        .order_by("household_id", "rank", "from_date", "id")
    )


def residencies_in(code: str, on: dt.date | None = None) -> QuerySet[Residency]:
    """Residencies at or below the place (where the place lies now), in force on the day."""
    return Residency.objects.filter(_within(code), as_of(on))


def establishments_in(code: str, on: dt.date | None = None) -> QuerySet[Establishment]:
    """Establishments at or below the place."""
    return Establishment.objects.filter(_within(code), as_of(on)).order_by(
        "place_code", "name", "id"
    )


def establishment(establishment_id: UUID) -> Establishment:
    """The establishment. Raises OutOfScope."""
    found = Establishment.objects.filter(pk=establishment_id).first()
    if found is None:
        raise OutOfScope(f"establishment {establishment_id}")
    return found


def key_groups_in(code: str, on: dt.date | None = None) -> QuerySet[KeyGroupEntry]:
    """Members of key groups at or below the place."""
    return KeyGroupEntry.objects.filter(_within(code), as_of(on))


_EMPTY = Q(state=Household.State.EMPTY)
_AWAY = ~Q(away_since=None)
_TENANT = Q(kind="tenant")


def counts(code: str) -> dict[str, int]:
    """Households, empty ones, residents, away, tenants, establishments at or below the place."""
    homes = Household.objects.filter(_within(code), CURRENT).aggregate(
        households=Count("id"), empty=Count("id", filter=_EMPTY)
    )
    people = Residency.objects.filter(_within(code), OPEN).aggregate(
        residents=Count("id"),
        away=Count("id", filter=_AWAY),
        tenants=Count("id", filter=_TENANT),
    )
    bodies = Establishment.objects.filter(_within(code), OPEN).count()
    return {**homes, **people, "establishments": bodies}


def count(code: str, name: str) -> int:
    """One of :func:`counts`, without the others. One query."""
    rows: dict[str, QuerySet[Any]] = {
        "households": Household.objects.filter(CURRENT),
        "empty": Household.objects.filter(_EMPTY),
        "residents": Residency.objects.filter(OPEN),
        "away": Residency.objects.filter(OPEN, _AWAY),
        "tenants": Residency.objects.filter(OPEN, _TENANT),
        "establishments": Establishment.objects.filter(OPEN),
    }
    return rows[name].filter(_within(code)).count()


def group_counts(code: str) -> dict[str, int]:
    """Members of each key group at or below the place."""
    rows = key_groups_in(code).values_list("group").annotate(n=Count("id"))
    return dict(rows)


def household_counts(places: Sequence[str]) -> dict[str, int]:
    """Households at or below each of the places (all of one level). One query."""
    if not places:
        return {}
    span = Q(place_code__gte=min(places), place_code__lt=max(places) + codes.AFTER_DIGITS)
    rows = (
        Household.objects.filter(span, CURRENT)
        .annotate(at=Left(F("place_code"), len(places[0])))
        .filter(at__in=list(places))
        .values_list("at")
        .annotate(n=Count("id"))
    )
    return dict.fromkeys(places, 0) | dict(rows)


def homes_of(person_id: UUID, on: dt.date | None = None) -> QuerySet[Residency]:
    """Where the person lives, or lived on a day, as far as it is in scope."""
    return homes_of_all([person_id], on)


def homes_of_all(persons: Iterable[UUID], on: dt.date | None = None) -> QuerySet[Residency]:
    """Where the persons live, or lived on a day, each one's latest first. One query."""
    return (
        Residency.objects.filter(as_of(on), person_id__in=list(persons))
        .select_related("household")
        .order_by("-from_date", "id")
    )
