"""The buildings of a community as a drawing of grids takes them: counts, positions, units.

What is not known is filled in so that a drawing is possible, and every such filling is noted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fangxian.common import registries
from fangxian.common.codes import Level
from fangxian.regions import queries
from fangxian.regions.models import Region

STEP = 0.0003  # about 30 m: buildings without any position stand in a row, in order of code


@dataclass(frozen=True, slots=True)
class SiteUnit:
    """A unit of a site."""

    id: str
    code: str
    name: str
    households: int


@dataclass(frozen=True, slots=True)
class Site:
    """A building with all its sections: what a drawing puts into one grid, or splits by unit.

    ``places`` are the places (the building and its sections) that it has now, by code.
    """

    id: str
    code: str
    name: str
    households: int
    longitude: float
    latitude: float
    units: tuple[SiteUnit, ...]
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not known and how it was filled in."""

    code: str
    count: int


def registered(community: str) -> tuple[dict[UUID, int], list[Note]]:
    """Households by place id where nobody has declared a number, from what the register knows.

    A building with a declared number keeps it, with its units. Says in how many buildings.
    """
    known: Counter[UUID] = Counter()
    for count in registries.household_counts:
        known.update(count(community))
    if not known:
        return {}, []
    places = list(queries.below(community, Level.BUILDING).select_related("building"))
    units: dict[str, list[Region]] = defaultdict(list)
    for unit in queries.below(community, Level.UNIT).select_related("unit"):
        units[unit.code[: int(Level.BUILDING)]].append(unit)
    declared = {
        _main(place)
        for place in places
        if _number(place, "building") is not None
        or any(_number(unit, "unit") is not None for unit in units[place.code])
    }
    counts: dict[UUID, int] = {}
    filled = set()
    for place in places:
        if _main(place) in declared or not known[place.id]:
            continue
        filled.add(_main(place))
        counts[place.id] = known[place.id]
        inside = {unit.id: known[unit.id] for unit in units[place.code]}
        if any(inside.values()):
            counts |= inside
    return counts, [Note("registered", len(filled))] if filled else []


def _main(place: Region) -> UUID:
    return getattr(getattr(place, "building", None), "part_of_id", None) or place.id


def _number(place: Region, of: str) -> int | None:
    found: int | None = getattr(getattr(place, of, None), "households", None)
    return found


def sites_of(
    community: str, counts: Mapping[UUID, int] | None = None
) -> tuple[list[Site], list[Note]]:
    """Return the sites of a community in the order of their codes, and the notes.

    ``counts`` are households by place id (building or unit) that replace the declared ones.
    Three queries.
    """
    counts = counts or {}
    places = list(
        queries.below(community, Level.BUILDING).select_related("building").order_by("code")
    )
    units = list(queries.below(community, Level.UNIT).select_related("unit").order_by("code"))
    by_building: dict[str, list[Region]] = defaultdict(list)
    for unit in units:
        by_building[unit.code[: int(Level.BUILDING)]].append(unit)
    groups: dict[UUID, list[Region]] = defaultdict(list)
    for place in places:
        groups[_main(place)].append(place)
    noted: dict[str, int] = defaultdict(int)
    positions = _positions([place for place in places if place.id in groups], noted)
    sites = []
    for main in places:
        if main.id not in groups:
            continue
        parts = groups[main.id]
        inside = [unit for part in parts for unit in by_building[part.code]]
        declared = _declared(parts, counts)
        filled = _units(inside, declared, counts, noted)
        if declared is None and not filled:
            noted["no_households"] += 1
        sites.append(
            Site(
                id=str(main.id),
                code=main.code,
                name=main.name,
                households=sum(u.households for u in filled) if filled else declared or 0,
                longitude=positions[main.id][0],
                latitude=positions[main.id][1],
                units=tuple(filled),
                places=tuple((part.code, str(part.id)) for part in parts),
            )
        )
    return sites, [Note(code, count) for code, count in sorted(noted.items())]


def _declared(parts: list[Region], counts: Mapping[UUID, int]) -> int | None:
    known = [counts.get(part.id, _number(part, "building")) for part in parts]
    given = [count for count in known if count is not None]
    return sum(given) if given else None


def _units(
    units: list[Region], declared: int | None, counts: Mapping[UUID, int], noted: dict[str, int]
) -> list[SiteUnit]:
    if not units:
        return []
    known = [counts.get(unit.id, _number(unit, "unit")) for unit in units]
    missing = [i for i, count in enumerate(known) if count is None]
    if missing:
        rest = max(0, (declared or 0) - sum(count for count in known if count is not None))
        share, over = divmod(rest, len(missing))
        for n, i in enumerate(missing):
            known[i] = share + (1 if n < over else 0)
        noted["units_assumed"] += 1
    elif declared is not None and declared != sum(count or 0 for count in known):
        noted["units_disagree"] += 1
    return [
        SiteUnit(str(unit.id), unit.code, unit.name, count or 0)
        for unit, count in zip(units, known, strict=True)
    ]


def _positions(places: list[Region], noted: dict[str, int]) -> dict[UUID, tuple[float, float]]:
    known = {
        place.id: (place.longitude, place.latitude)
        for place in places
        if place.longitude is not None and place.latitude is not None
    }
    lost = [place for place in places if place.id not in known]
    found: dict[UUID, tuple[float, float]] = dict(known)
    if lost:
        noted["no_position" if known else "no_positions_at_all"] = len(lost)
    if known:
        middle = (
            sum(x for x, _y in known.values()) / len(known),
            sum(y for _x, y in known.values()) / len(known),
        )
        found |= {place.id: middle for place in lost}
    else:
        found |= {place.id: (i * STEP, 0.0) for i, place in enumerate(lost)}
    return found
