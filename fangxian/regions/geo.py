"""GeoJSON (RFC 7946) of places: checking, hulls, and what the maps are given.

Coordinates are WGS 84 longitude and latitude; shifted ones (GCJ-02, BD-09) are converted.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.regions import queries
from fangxian.regions.coordinates import WGS84, to_wgs84
from fangxian.regions.models import Region

Point = tuple[float, float]
MOST_POINTS = 20_000
CHECKED_POINTS = 1_500  # rings longer than this are not searched for crossings
DIGITS = 6
HULL_FROM = Level.TOWN


def checked(geometry: Any, *, name: str = "", system: str = WGS84) -> dict[str, Any]:
    """Return a boundary as a MultiPolygon, rounded, outer rings counter-clockwise, in WGS 84.

    ``system``: the coordinates that it is given in, one of ``coordinates.SYSTEMS``.
    Raises Invalid saying what is wrong with it.
    """
    problem = _refused(name)
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise problem(_("it is not a Polygon or MultiPolygon"))
    polygons = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    if not isinstance(polygons, list) or not polygons:
        raise problem(_("it has no coordinates"))
    clean = []
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            raise problem(_("a polygon has no ring"))
        rings = []
        for n, ring in enumerate(polygon):
            line = _ring(ring, problem)
            if system != WGS84:
                line = [_rounded(point) for point in to_wgs84(line, system)]
            outer = n == 0
            if (_area(line) > 0) != outer:
                line.reverse()
            rings.append([list(point) for point in line])
        clean.append(rings)
    check_points(sum(map(points_of, clean)), name=name)
    return {"type": "MultiPolygon", "coordinates": clean}


def points_of(polygon: Sequence[Sequence[Any]]) -> int:
    """How many points a polygon has."""
    return sum(map(len, polygon))


def check_points(points: int, *, name: str = "") -> None:
    """Raise Invalid for a boundary of more points than are kept."""
    if points > MOST_POINTS:
        raise _refused(name)(_("it has more than %(most)s points") % {"most": MOST_POINTS})


def _rounded(point: Point) -> Point:
    return round(point[0], DIGITS), round(point[1], DIGITS)


def position(geometry: Any) -> Point:
    """Longitude and latitude of a Point, rounded.

    Raises Invalid when they are not degrees on the earth.
    """
    given = geometry.get("coordinates")
    numbers = [
        float(x)
        for x in (given[:2] if isinstance(given, list) else ())
        if isinstance(x, int | float) and not isinstance(x, bool) and -180 <= x <= 180
    ]
    if len(numbers) < 2 or not (-180 <= numbers[0] <= 180 and -90 <= numbers[1] <= 90):
        raise Invalid(
            Problem(
                _("The position is incomplete or not on the earth."),
                field="longitude",
                mend=_("Give longitude and latitude in degrees."),
            )
        )
    return round(numbers[0], DIGITS), round(numbers[1], DIGITS)


def _refused(name: str) -> Any:
    def make(reason: str) -> Invalid:
        return Invalid(
            Problem(
                _("The boundary of “%(name)s” can't be used: %(reason)s.")
                % {"name": name, "reason": reason},
                field="boundary",
                mend=_("Export it again as GeoJSON in longitude and latitude (WGS 84)."),
            )
        )

    return make


def _ring(ring: Any, problem: Any) -> list[Point]:
    if not isinstance(ring, list) or len(ring) < 4:
        raise problem(_("a ring has fewer than four points"))
    line: list[Point] = []
    for position in ring:
        numbers = isinstance(position, list) and len(position) >= 2
        if not numbers or not all(
            isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)
            for x in position[:2]
        ):
            raise problem(_("a point is not a pair of numbers"))
        x, y = float(position[0]), float(position[1])
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            raise problem(_("a point is not on the earth; degrees are expected"))
        point = (round(x, DIGITS), round(y, DIGITS))
        if not line or line[-1] != point:
            line.append(point)
    if tuple(ring[0][:2]) != tuple(ring[-1][:2]):
        raise problem(_("a ring is not closed"))
    if len(line) < 4 or _area(line) == 0:
        raise problem(_("a ring has no area"))
    if len(line) <= CHECKED_POINTS and _crosses_itself(line):
        raise problem(_("a ring crosses itself"))
    return line


def _area(line: Sequence[Point]) -> float:
    """Twice the signed area in square degrees; positive counter-clockwise."""
    x0, y0 = line[0]
    return sum(
        (ax - x0) * (by - y0) - (bx - x0) * (ay - y0) for (ax, ay), (bx, by) in pairwise(line)
    )


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])


def _crosses_itself(line: Sequence[Point]) -> bool:
    # Edges by their left end: only those that overlap in x are compared.
    edges = sorted(
        (min(a[0], b[0]), max(a[0], b[0]), i, a, b) for i, (a, b) in enumerate(pairwise(line))
    )
    active: list[tuple[float, float, int, Point, Point]] = []
    for edge in edges:
        left, _right, i, a, b = edge
        active = [other for other in active if other[1] >= left]
        for _l, _r, j, c, d in active:
            if abs(i - j) in (1, len(line) - 2):
                continue
            if _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0:
                return True
        active.append(edge)
    return False


def middle(geometry: dict[str, Any]) -> Point:
    """The middle of the largest polygon's box."""
    rings = [polygon[0] for polygon in geometry["coordinates"]]
    ring = max(rings, key=lambda line: abs(_area(line)))
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return (round((min(xs) + max(xs)) / 2, DIGITS), round((min(ys) + max(ys)) / 2, DIGITS))


def hull(points: Iterable[Point]) -> dict[str, Any] | None:
    """The convex hull of positions as a geometry (Andrew's monotone chain); None for no point."""
    unique = sorted(set(points))
    if not unique:
        return None
    if len(unique) == 1:
        return {"type": "Point", "coordinates": list(unique[0])}

    def half(line: Iterable[Point]) -> list[Point]:
        chain: list[Point] = []
        for point in line:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    ring = half(unique) + half(reversed(unique))
    if len(ring) < 3:
        return {"type": "LineString", "coordinates": [list(unique[0]), list(unique[-1])]}
    ring.append(ring[0])
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def children(code: str) -> dict[str, Any]:
    """The places one level below ``code`` as a FeatureCollection.

    A place without a boundary gets the hull of the buildings in it, marked ``approximate``; one of
    which no position is known has a null geometry. Two queries.
    """
    places = list(queries.children(code).defer(None))
    level = Level(len(code)).below or Level.UNIT
    needed = {
        place.code for place in places if place.boundary is None and HULL_FROM <= level < Level.UNIT
    }
    points = _points(code, level, needed) if needed else {}
    return {
        "type": "FeatureCollection",
        "features": [feature(place, points.get(place.code, ())) for place in places],
    }


def _points(code: str, level: Level, needed: set[str]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = defaultdict(list)
    rows = queries.below(code, Level.BUILDING).filter(longitude__isnull=False)
    for at, x, y in rows.values_list("code", "longitude", "latitude"):
        if at[: int(level)] in needed and x is not None and y is not None:
            found[at[: int(level)]].append((round(x, DIGITS), round(y, DIGITS)))
    return found


def feature(place: Region, points: Iterable[Point] = ()) -> dict[str, Any]:
    """One place as a feature: its boundary, else its position, else the hull of ``points``."""
    geometry, approximate = place.boundary, False
    if geometry is None:
        geometry, approximate = hull(points), True
    if (geometry is None or place.level >= Level.BUILDING) and place.longitude is not None:
        geometry, approximate = (
            {"type": "Point", "coordinates": [place.longitude, place.latitude]},
            place.level < Level.BUILDING,
        )
    kind = {Level.GRID: "grid", Level.BUILDING: "building", Level.UNIT: "building"}
    return {
        "type": "Feature",
        "id": place.code,
        "geometry": geometry,
        "properties": {
            "id": place.code,
            "code": place.code,
            "name": place.name,
            "level": place.level,
            "kind": kind.get(Level(place.level), "place"),
            "grid": place.code[: int(Level.GRID)] if place.level >= Level.GRID else "",
            "approximate": approximate and geometry is not None,
            "url": reverse("regions:place", args=[place.code]),
        },
    }
