"""Boundaries and positions from GeoJSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.common.registries import Upload, keepers
from fangxian.regions import features, geo, nearness, queries
from fangxian.regions.coordinates import WGS84, to_wgs84
from fangxian.regions.lists import short, short_of_six
from fangxian.regions.models import Region

BATCH = 500


@dataclass(slots=True)
class Boundaries:
    """What :func:`import_boundaries` did, in places.

    ``unknown`` are names or codes of no place here; ``shapeless`` of features without an area or a
    point; ``far`` names of places whose position was taken, far from the place above.
    """

    changed: int = 0
    unchanged: int = 0
    unknown: list[str] = field(default_factory=list)
    shapeless: list[str] = field(default_factory=list)
    far: list[str] = field(default_factory=list)


@action
def import_boundaries(
    *,
    by: Actor,
    area: str,
    data: bytes,
    file_name: str = "boundaries.geojson",
    code_field: str = "",
    name_field: str = "",
    system: str = WGS84,
) -> Boundaries:
    """Take boundaries of places in ``area`` from a GeoJSON file, positions from its points.

    A feature is of the place with its code; one without a place code of the only place that has its
    name. A number too short for one, or the code of ``area`` or above it, is none beside a name.
    Several areas of one place are one boundary. ``system``: one of ``coordinates.SYSTEMS``.
    Raises Invalid with one problem a bad feature, and then nothing is written; what was taken in is
    kept as a file.
    """
    by.require("regions.edit", area)
    taken = _Taken(area, system)
    for feature in features.read(data, code_field=code_field, name_field=name_field):
        taken.add(feature)
    done = taken.written()
    keep_geojson(by, area, file_name, data)
    return done


class _Taken:
    """What the features say of each place, before anything is written."""

    def __init__(self, area: str, system: str) -> None:
        self.area, self.system = area, system
        self.places = {place.code: place for place in queries.inside(area).defer(None)}
        self.around: Mapping[str, Region] = self.places | {
            place.code: place for place in queries.path(area)
        }
        self.by_name: dict[str, list[Region]] = defaultdict(list)
        for place in self.places.values():
            self.by_name[place.name].append(place)
        # By their points: a file may have one place's areas by the thousand.
        self.areas: dict[str, dict[Any, Any]] = defaultdict(dict)
        self.lengths = Counter[str]()
        self.points: dict[str, geo.Point] = {}
        self.done, self.problems = Boundaries(), list[Problem]()

    def add(self, feature: features.Feature) -> None:
        """Take one feature in, or note what is wrong with it."""
        code = self._code(feature)
        place = self._place(code, feature.name)
        said = code or feature.name or str(feature.number)
        if place is None:
            self.done.unknown.append(said)
        elif not feature.areas and not feature.points:
            self.done.shapeless.append(said)
        else:
            for shape in feature.areas:
                self._tried(feature.number, partial(self._area, place, shape))
            for shape in feature.points[:1] if not feature.areas else ():
                self._tried(feature.number, partial(self._point, place, shape))

    def _code(self, feature: features.Feature) -> str:
        """The code of the feature's own place; empty where the name beside it must tell."""
        code, name = feature.code, feature.name
        if not code or not name:
            return code
        wide = _wide(code)
        own = next((self.places[one] for one in wide if one in self.places), None)
        if own is not None and own.name == name:
            return code
        above = any(self.area.startswith(one) for one in wide)
        return "" if above or len(code) < int(Level.COUNTY) else code

    def _place(self, code: str, name: str) -> Region | None:
        if code:
            return next((self.places[one] for one in _wide(code) if one in self.places), None)
        same_name = self.by_name.get(name, [])
        return same_name[0] if len(same_name) == 1 else None

    def _tried(self, row: int, take: Callable[[], None]) -> None:
        try:
            take()
        except Invalid as error:
            first = error.problems[0]
            self.problems.append(Problem(first.message, first.field, row=row, mend=first.mend))

    def _area(self, place: Region, shape: dict[str, Any]) -> None:
        polygons = geo.checked(shape, name=place.name, system=self.system)["coordinates"]
        known = self.areas[place.code]
        for polygon in polygons:
            points = tuple(tuple(map(tuple, ring)) for ring in polygon)
            if points not in known:
                self.lengths[place.code] += geo.points_of(polygon)
                geo.check_points(self.lengths[place.code], name=place.name)
                known[points] = polygon

    def _point(self, place: Region, shape: dict[str, Any]) -> None:
        at = geo.position(shape)
        nearness.check_in_china(*at)
        x, y = to_wgs84([at], self.system)[0]
        at = (round(x, geo.DIGITS), round(y, geo.DIGITS))
        self._near(place, at)
        if self.points.setdefault(place.code, at) != at:
            raise Invalid(
                Problem(
                    _("“%(name)s” has another position in this file.") % {"name": place.name},
                    "longitude",
                    mend=_("Leave one of them."),
                )
            )

    def _near(self, place: Region, at: geo.Point) -> None:
        """In the west a village may lie 100 km from its town: that is told, not refused."""
        above = Level(place.level).above or Level.COUNTRY
        try:
            nearness.check_near(at, place.code[: int(above)], self.around)
        except Invalid:
            if place.level >= Level.GRID:
                raise
            self.done.far.append(place.name)

    def written(self) -> Boundaries:
        """Write what differs. Raises Invalid if anything was wrong."""
        if self.problems:
            raise Invalid(*self.problems[:50])
        fresh = []
        for code in sorted(self.areas.keys() | self.points.keys()):
            place, values = self.places[code], dict[str, Any]()
            if code in self.areas:
                boundary = {"type": "MultiPolygon", "coordinates": [*self.areas[code].values()]}
                values["boundary"] = boundary
                if place.longitude is None:
                    values["longitude"], values["latitude"] = geo.middle(boundary)
            if code in self.points:
                values["longitude"], values["latitude"] = self.points[code]
            if update_fields(place, **values):
                fresh.append(place)
            else:
                self.done.unchanged += 1
        Region.objects.bulk_update(fresh, ["boundary", "longitude", "latitude"], batch_size=BATCH)
        self.done.changed = len(fresh)
        return self.done


def _wide(code: str) -> tuple[str, ...]:
    """A place code as it is written, and without the zeros that may fill it up."""
    return (code, short(code), short_of_six(code))


def keep_geojson(by: Actor, place_code: str, name: str, data: bytes) -> None:
    """Have an uploaded GeoJSON file kept, to be read by who may change places there."""
    upload = Upload(name, data, "application/geo+json", place_code, "regions.edit")
    for keep in keepers:
        keep(by, upload)
