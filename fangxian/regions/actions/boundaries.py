"""Boundaries and positions from GeoJSON."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.common.registries import Upload, keepers
from fangxian.common.uploads import UnreadableJson, read_json
from fangxian.regions import geo, queries
from fangxian.regions.lists import short
from fangxian.regions.models import Region

MOST_FEATURES = 20_000
BATCH = 500
CODES = ("code", "adcode", "id")
NAMES = ("name", "NAME")


@dataclass(slots=True)
class Boundaries:
    """What :func:`import_boundaries` did; ``unknown`` are names or codes of no place here."""

    changed: int = 0
    unchanged: int = 0
    unknown: list[str] = field(default_factory=list)


@action
def import_boundaries(
    *,
    by: Actor,
    area: str,
    data: bytes,
    file_name: str = "boundaries.geojson",
    code_field: str = "",
    name_field: str = "",
) -> Boundaries:
    """Take boundaries of places in ``area`` from a GeoJSON file, matched by code, else by name.

    A Point is the position of a place, as a rule of a building. A name must be that of one place
    only. Raises Invalid with one problem a bad feature, and then
    nothing is written; what was taken in is kept as a file.
    """
    by.require("regions.edit", area)
    features = _features(data)
    places = {place.code: place for place in queries.inside(area).defer(None)}
    by_name: dict[str, list[Region]] = defaultdict(list)
    for place in places.values():
        by_name[place.name].append(place)
    done, problems, fresh = Boundaries(), [], []
    for number, item in enumerate(features, start=1):
        given = item.get("properties") or {}
        code = _first(given, (code_field,) if code_field else CODES) or str(item.get("id", ""))
        name = _first(given, (name_field,) if name_field else NAMES)
        same_name = by_name.get(name, [])
        known = places.get(short(code)) or (same_name[0] if len(same_name) == 1 else None)
        if known is None:
            done.unknown.append(code or name or str(number))
            continue
        place = known
        try:
            if (position := geo.position(item.get("geometry"))) is not None:
                if update_fields(place, longitude=position[0], latitude=position[1]):
                    fresh.append(place)
                else:
                    done.unchanged += 1
                continue
            boundary = geo.checked(item.get("geometry"), name=place.name)
        except Invalid as error:
            first = error.problems[0]
            problems.append(Problem(first.message, first.field, row=number, mend=first.mend))
            continue
        if place.boundary == boundary:
            done.unchanged += 1
            continue
        place.boundary = boundary
        if place.longitude is None:
            place.longitude, place.latitude = geo.middle(boundary)
        fresh.append(place)
    if problems:
        raise Invalid(*problems[:50])
    Region.objects.bulk_update(fresh, ["boundary", "longitude", "latitude"], batch_size=BATCH)
    done.changed = len(fresh)
    keep_geojson(by, area, file_name, data)
    return done


def keep_geojson(by: Actor, place_code: str, name: str, data: bytes) -> None:
    """Have an uploaded GeoJSON file kept, to be read by who may change places there."""
    upload = Upload(name, data, "application/geo+json", place_code, "regions.edit")
    for keep in keepers:
        keep(by, upload)


def _first(given: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(given[name]).strip() for name in names if given.get(name)), "")


def _features(data: bytes) -> list[dict[str, Any]]:
    try:
        found = read_json(data)
    except UnreadableJson as error:
        if error.too_much:
            raise Invalid(
                Problem(
                    _("The file holds more than can be read at once."),
                    "file",
                    mend=_("Divide it, or simplify the lines before exporting."),
                )
            ) from error
        raise Invalid(
            Problem(_("The file is not JSON."), "file", mend=_("Export it again as GeoJSON."))
        ) from error
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise Invalid(
            Problem(
                _("The file has no features."), "file", mend=_("Export it as a FeatureCollection.")
            )
        )
    if len(features) > MOST_FEATURES:
        raise Invalid(
            Problem(
                _("The file has %(count)s features.") % {"count": len(features)},
                "file",
                mend=_("Divide it; at most %(most)s are read at once.") % {"most": MOST_FEATURES},
            )
        )
    return features
