"""Where members said that they wish to serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection
from django.db.models import F

from fangxian.regions.models import Region, RegionCode


def standing(places: Collection[UUID]) -> dict[UUID, Region]:
    """The current place for each id: itself, or what took it over; others are left out.

    A wish names the place by id, so that it goes along when codes move. Two queries.
    """
    rows = list(Region.objects.filter(id__in=places).only("id", "code", "name", "valid_to"))
    found = {place.id: place for place in rows if place.valid_to is None}
    gone = {place.code: place for place in rows if place.valid_to is not None}
    if not gone:
        return found
    # Of no length: the code leads to the place that took it over.
    heirs = RegionCode.objects.filter(
        code__in=gone, valid_from=F("valid_to"), region__valid_to=None
    )
    for heir in heirs.select_related("region").order_by("valid_from", "id"):
        ended = gone[heir.code]
        if ended.valid_to is not None and heir.valid_from >= ended.valid_to:
            found.setdefault(ended.id, heir.region)
    return found


def wishes_of_residents(residents: Collection[UUID]) -> Mapping[UUID, tuple[str, ...]]:
    """The codes of places where residents in scope wish to serve, by person.

    A database function tells it of who lives in the actor's area, wherever their organisation is,
    and of wishes that are about the area alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM organisations_wishes(%s::uuid[])", [list(residents)])
        rows = cursor.fetchall()
    places = standing({place for _person, place in rows})
    found: defaultdict[UUID, tuple[str, ...]] = defaultdict(tuple)
    for person, place in rows:
        if place in places:
            found[person] += (places[place].code,)
    return found
