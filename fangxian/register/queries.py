"""Named reads of the register. Places are codes; all reads stay in the running scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Length

from fangxian.common import codes
from fangxian.common.errors import OutOfScope
from fangxian.core import counters
from fangxian.register.models import Establishment, Household, KeyGroupEntry, Residency
from fangxian.register.vocabularies import HEAD, KEY_GROUPS, SEPARATED

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


def door_order(household: str = "") -> list[Any]:
    """The order of rooms as people walk by them, 102 before 1001; ``household`` names the join."""
    room = f"{household}__room" if household else "room"
    return [Length(room), room]


def households_in(code: str) -> QuerySet[Household]:
    """Households at or below the place, door by door; closed ones left out."""
    found = Household.objects.filter(_within(code), CURRENT)
    return found.order_by("place_code", *door_order(), "id")


def lived_in(homes: Iterable[UUID]) -> frozenset[UUID]:
    """Those of these households where somebody is registered. One query."""
    found = Residency.objects.filter(OPEN, household_id__in=set(homes))
    return frozenset(found.values_list("household_id", flat=True))


def behind(last: Household) -> Q:
    """Those that come after ``last`` in :func:`households_in`, which needs ``wide`` annotated."""
    wide = len(last.room)
    return Q(place_code__gte=last.place_code) & (
        Q(place_code__gt=last.place_code)
        | Q(wide__gt=wide)
        | Q(wide=wide, room__gt=last.room)
        | Q(wide=wide, room=last.room, pk__gt=last.pk)
    )


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
_SEPARATED = Q(kind=SEPARATED)
_AWAY = ~Q(away_since=None)
_TENANT = Q(kind="tenant")

# Counters kept by the database with each change (triggers: migrations), read at once at any level.
KEY: Final = "register"
GROUP: Final = "group:"
COUNTED: Final = (
    "households", "empty", "residents", "away", "tenants", "separated", "establishments",
)  # fmt: skip
METRICS: Final = (*COUNTED, *(GROUP + code for code in KEY_GROUPS.terms))


def counts(code: str) -> dict[str, int]:
    """Households, empty ones, residents, away, tenants, separated, establishments at or below.

    Residents live there; ``separated`` are those who are but registered there.
    """
    found = counters.read([code], COUNTED, KEY)
    return {name: found[code, name] for name in COUNTED}


def count(code: str, name: str) -> int:
    """One of :func:`counts`, without the others. One query."""
    return counters.read([code], [name], KEY)[code, name]


def group_counts(code: str) -> dict[str, int]:
    """Members of each key group at or below the place; groups without any are left out."""
    found = counters.read([code], METRICS[len(COUNTED) :], KEY)
    return {metric.removeprefix(GROUP): n for (_code, metric), n in found.items() if n}


def household_counts(places: Sequence[str]) -> dict[str, int]:
    """Households at or below each of the places. One query."""
    found = counters.read(places, ["households"], KEY)
    return {code: n for (code, _metric), n in found.items()}


def counted_anew(code: str) -> Iterator[counters.Row]:
    """What the counters should hold at exactly each place at and below ``code``, from the rows."""
    own = _within(code)
    homes = Household.objects.filter(own, CURRENT)
    people = Residency.objects.filter(own, OPEN)
    bodies = Establishment.objects.filter(own, OPEN)
    tables: tuple[tuple[QuerySet[Any], dict[str, Count]], ...] = (
        (homes, {"households": Count("id"), "empty": Count("id", filter=_EMPTY)}),
        (
            people,
            {
                "residents": Count("id", filter=~_SEPARATED),
                "away": Count("id", filter=_AWAY & ~_SEPARATED),
                "tenants": Count("id", filter=_TENANT),
                "separated": Count("id", filter=_SEPARATED),
            },
        ),
        (bodies, {"establishments": Count("id")}),
    )
    for rows, sums in tables:
        found = rows.order_by().values_list("place_code").annotate(**sums)
        for place, *numbers in found.iterator(chunk_size=5_000):
            yield from ((metric, KEY, place, n) for metric, n in zip(sums, numbers, strict=True))
    members = key_groups_in(code).filter(group__in=list(KEY_GROUPS.terms))
    for group, place, n in members.values_list("group", "place_code").annotate(n=Count("id")):
        yield (GROUP + group, KEY, place, n)


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
