"""Named reads of places. Places are public; ``by`` or an area narrows what a page may offer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.codes import Level, ancestors, bounds, contains, is_code
from fangxian.common.errors import OutOfScope
from fangxian.regions.models import GridPlan, Region, RegionCode
from fangxian.regions.search import Found
from fangxian.regions.search import search as _search

if TYPE_CHECKING:
    from fangxian.regions.solve import Roads


@dataclass(frozen=True, slots=True)
class KnownRoads:
    """Lines of longitude and latitude (WGS 84) that cut the neighbour graph of a community.

    ``given_on``: the day somebody gave them; None if nobody did.
    """

    lines: Roads
    given_on: dt.date | None


def current() -> QuerySet[Region]:
    """All places that exist now, without their boundaries."""
    return Region.objects.filter(valid_to=None).defer("boundary")


def at(code: str, *, by: Actor | None = None) -> Region:
    """The current place with this code. Raises OutOfScope if there is none (in ``by``'s area)."""
    place = current().filter(code=code).first() if is_code(code) else None
    if place is None or (by is not None and not contains(by.area, code)):
        raise OutOfScope(code)
    return place


def ended(code: str, *, by: Actor) -> Region:
    """The place that last had this code and has ended. Raises OutOfScope."""
    gone = Region.objects.filter(code=code, valid_to__isnull=False).defer("boundary")
    place = gone.order_by("-valid_to").first()
    if place is None or not contains(by.area, code):
        raise OutOfScope(code)
    return place


def by_id(place_id: UUID) -> Region:
    """The place with this id, current or ended. Raises OutOfScope."""
    place = Region.objects.defer("boundary").filter(id=place_id).first()
    if place is None:
        raise OutOfScope(str(place_id))
    return place


def inside(code: str) -> QuerySet[Region]:
    """The current places in ``code``, itself included, in the order of their codes."""
    lo, hi = bounds(code)
    return current().filter(code__gte=lo, code__lt=hi).order_by("code")


def below(code: str, level: Level | int) -> QuerySet[Region]:
    """The current places of one level in ``code``."""
    return inside(code).filter(level=int(level))


def children(code: str) -> QuerySet[Region]:
    """The current places one level below ``code`` (none below a unit)."""
    next_level = Level(len(code)).below
    return below(code, next_level) if next_level else current().none()


def path(code: str, *, include_self: bool = True) -> list[Region]:
    """The places above ``code`` from the province down, and itself. One query."""
    return list(
        current().filter(code__in=ancestors(code, include_self=include_self)).order_by("level")
    )


def names(codes: Iterable[str]) -> dict[str, str]:
    """The names of current places by code; unknown codes are left out. One query."""
    return dict(current().filter(code__in=set(codes)).values_list("code", "name"))


# The name of a unit says nothing without its building's, that of a grid without its community's.
_NAMED_WITH = {Level.UNIT: Level.BUILDING, Level.GRID: Level.VILLAGE}


def called(codes: Iterable[str]) -> dict[str, str]:
    """What current places are called by where no place above is shown, by code. One query.

    A unit with its building, a grid with its community; a code without a place is its own name.
    """
    ways = {}
    for code in codes:
        above = next((outer for inner, outer in _NAMED_WITH.items() if len(code) == inner), None)
        ways[code] = [code] if above is None else [code[:above], code]
    known = names(at for way in ways.values() for at in way) if ways else {}
    return {code: " ".join(known.get(at, at) for at in way) for code, way in ways.items()}


def full_name(code: str) -> str:
    """The names from the county down, as an address begins; above a county, the place's own."""
    way = path(code)
    named = [place.name for place in way if place.level >= Level.COUNTY]
    return "".join(named or [place.name for place in way if place.code == code])


def on_day(on: dt.date) -> Q:
    """The condition that a place existed on a day."""
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gt=on))


def code_on(place: Region, on: dt.date) -> str | None:
    """The code that a place had on a day; None if it did not exist then. One query if it moved."""
    if on < place.valid_from or (place.valid_to is not None and on >= place.valid_to):
        return None
    if place.code_from is None or on >= place.code_from:
        return str(place.code)
    former = RegionCode.objects.filter(region=place, valid_from__lte=on, valid_to__gt=on)
    row = former.only("code").first()
    return None if row is None else str(row.code)


def at_on(code: str, on: dt.date) -> Region | None:
    """The place that had ``code`` on a day, or None."""
    here = Region.objects.filter(on_day(on), code=code).defer("boundary")
    for place in here:
        if place.code_from is None or on >= place.code_from:
            return place
    former = (
        RegionCode.objects.filter(code=code, valid_from__lte=on, valid_to__gt=on)
        .select_related("region")
        .first()
    )
    if former is None or former.region.valid_from > on:
        return None
    return None if former.region.valid_to and former.region.valid_to <= on else former.region


def above_on(place: Region, on: dt.date) -> list[Region]:
    """The places above ``place`` on a day, from the province down, itself included.

    One to three queries a level: for one place's page, not for lists.
    """
    code = code_on(place, on)
    if code is None:
        return []
    found = (at_on(above, on) for above in ancestors(code))
    return [region for region in found if region is not None] + [place]


def known_roads(community: Region) -> KnownRoads:
    """The roads of the community's latest drawing, whatever became of it. One query."""
    last = (
        GridPlan.objects.filter(community=community)
        .order_by("-created_at")
        .values_list("parameters__roads", "parameters__roads_of", "created_at")
        .first()
    )
    if last is None:
        return KnownRoads((), None)
    lines, given_on, drawn = last
    if not lines:
        return KnownRoads((), None)
    day = dt.date.fromisoformat(given_on) if given_on else timezone.localdate(drawn)
    return KnownRoads(lines, day)


def search(text: str, area: str = "", limit: int = 20) -> list[Found]:
    """Find places by name, initials or code; see :func:`fangxian.regions.search.search`."""
    return _search(text, area, limit)
