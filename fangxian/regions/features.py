"""Features of an uploaded GeoJSON file (RFC 7946): what each speaks of, and its shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.codes import Level, is_code
from fangxian.common.errors import Invalid, Problem
from fangxian.common.uploads import UnreadableJson, read_json

MOST_FEATURES = 20_000
DEEPEST = 8  # collections of geometries inside each other
CODES = ("code", "adcode", "id")
NAMES = ("name", "NAME")
AREAS = frozenset({"Polygon", "MultiPolygon"})


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its number in the file, what it says of its place, its areas and points.

    ``code`` is a place code, filled up with zeros or not; other identifiers don't count.
    """

    number: int
    code: str
    name: str
    areas: tuple[dict[str, Any], ...]
    points: tuple[dict[str, Any], ...]


def read(data: bytes, *, code_field: str = "", name_field: str = "") -> list[Feature]:
    """The features of a FeatureCollection, or the one of a Feature.

    Raises Invalid for what is no GeoJSON, with a problem for each feature that is none.
    """
    found, problems = [], []
    codes = (code_field,) if code_field else CODES
    names = (name_field,) if name_field else NAMES
    for number, item in enumerate(_items(data), start=1):
        given = item.get("properties") if isinstance(item, dict) else ()
        given = {} if given is None else given
        if not isinstance(given, dict):
            problems.append(
                Problem(
                    _("This is not a feature: its properties are not names with values."),
                    "file",
                    row=number,
                    mend=_("Export it again as GeoJSON."),
                )
            )
            continue
        said = [c for c in (_text(given.get(key)) for key in codes) if c and is_code(c)]
        # A short number may be that of a row.
        code = next((c for c in said if len(c) >= int(Level.COUNTY)), said[0] if said else "")
        if not code and is_code(own := _text(item.get("id"))):
            code = own
        shapes = list(_shapes(item.get("geometry")))
        found.append(
            Feature(
                number,
                code,
                next((text for key in names if (text := _text(given.get(key)))), ""),
                tuple(shape for shape in shapes if shape["type"] in AREAS),
                tuple(shape for shape in shapes if shape["type"] == "Point"),
            )
        )
    if problems:
        raise Invalid(*problems[:50])
    return found


def _text(value: Any) -> str:
    """A text or a number as a text; spreadsheets write codes as decimal numbers."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if isinstance(value, str | int) else ""


def _shapes(geometry: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The geometry, or those of a collection."""
    if not isinstance(geometry, dict) or depth > DEEPEST:
        return
    if geometry.get("type") == "GeometryCollection":
        parts = geometry.get("geometries")
        for part in parts if isinstance(parts, list) else ():
            yield from _shapes(part, depth + 1)
    elif isinstance(geometry.get("type"), str):
        yield geometry


def _items(data: bytes) -> list[Any]:
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
    items = found.get("features") if isinstance(found, dict) else None
    if items is None and isinstance(found, dict) and found.get("type") == "Feature":
        items = [found]
    if not isinstance(items, list):
        raise Invalid(
            Problem(
                _("The file has no features."), "file", mend=_("Export it as a FeatureCollection.")
            )
        )
    if len(items) > MOST_FEATURES:
        raise Invalid(
            Problem(
                _("The file has %(count)s features.") % {"count": len(items)},
                "file",
                mend=_("Divide it; at most %(most)s are read at once.") % {"most": MOST_FEATURES},
            )
        )
    return items
