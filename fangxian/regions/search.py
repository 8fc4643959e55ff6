"""Finding places by name, pinyin initials or code, present or former.

Three index reads each: under C collation a prefix is a range; a substring is narrowed by the index
of characters. Source of the target (p95 ≤ 20 ms at 665,000 places): ``benchmarks/places.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connections
from django.db.models import Q

from fangxian.common.codes import Level, bounds
from fangxian.regions.lists import short, short_of_six
from fangxian.regions.models import Region, RegionChange, RegionCode

LONGEST = 40
AFTER_LETTERS = "{"
FEW_LEVELS = int(Level.COUNTY)


@dataclass(frozen=True, slots=True)
class Found:
    """A place that was found.

    ``old_code`` or ``old_name``: the former one by which, until the year ``year``.
    """

    place: Region
    old_code: str = ""
    year: int | None = None
    old_name: str = ""


def search(text: str, area: str = "", limit: int = 20) -> list[Found]:
    """Find current places in ``area``: digits are a code, Latin letters initials, others a name.

    A former or ended code gives the present place or places that came of it, a whole former name
    the place that had it. Exact names come first, then names that begin with the text, then others;
    within these the wider place first; former names last.
    """
    text = " ".join(text.split())[:LONGEST]
    if not text or limit < 1:
        return []
    if text.isascii() and text.isdigit():
        return _by_code(text, area, limit)
    places = _by_name(text, area, limit)
    if text.isascii() and text.isalnum() and len(places) < limit:
        known = {place.id for place in places}
        letters = _by_initials(text.lower(), area, limit - len(places))
        places += [place for place in letters if place.id not in known]
    found = [Found(place) for place in places[:limit]]
    return found + _by_old_name(text, area, found, limit - len(found))


def _by_old_name(text: str, area: str, found: list[Found], limit: int) -> list[Found]:
    """Places that were renamed and are not found already."""
    if limit < 1:
        return []
    lo, hi = bounds(area)
    changes = (
        RegionChange.objects.filter(
            kind=RegionChange.Kind.RENAME,
            from_name=text,
            to_place__valid_to=None,
            to_place__code__gte=lo,
            to_place__code__lt=hi,
        )
        .exclude(to_place__in=[hit.place.id for hit in found])
        .select_related("to_place")
        .order_by("-on", "to_place__code")[: 2 * limit]
    )
    hits: dict[object, Found] = {}
    for change in changes:
        if change.to_place is not None:
            hit = Found(change.to_place, year=change.year, old_name=text)
            hits.setdefault(change.to_place_id, hit)
    return list(hits.values())[:limit]


def _rows(statement: str, values: dict[str, str | int]) -> list[Region]:
    # The statements differ by fixed parts only; every text is a parameter.
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, values)
        ids = [row[0] for row in cursor.fetchall()]
    places = Region.objects.defer("boundary").in_bulk(ids)
    return [places[place_id] for place_id in dict.fromkeys(ids)]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# A substring that many places have is found soon by walking the codes, a rare one by its
# characters: the planner knows from its statistics which is which, as long as the order is that
# of the codes. Whole names and beginnings are therefore looked up apart.
_NAME = """
WITH begins AS (
    SELECT id, code, name FROM regions_region
    WHERE valid_to IS NULL AND code >= %(lo)s AND code < %(hi)s
      AND name COLLATE "C" LIKE %(begins)s
    ORDER BY name COLLATE "C", level LIMIT %(limit)s
), wide AS (
    SELECT id, code, name FROM regions_region
    WHERE valid_to IS NULL AND level <= %(few)s AND code >= %(lo)s AND code < %(hi)s
      AND name LIKE %(within)s
    ORDER BY level, code LIMIT %(limit)s
), others AS (
    SELECT id, code, name FROM regions_region
    WHERE valid_to IS NULL AND code >= %(lo)s AND code < %(hi)s
      AND string_to_array(name, NULL) @> string_to_array(%(text)s, NULL) AND name LIKE %(within)s
    ORDER BY code LIMIT %(limit)s
)
SELECT id FROM (
    SELECT id, code, name FROM begins UNION SELECT * FROM wide UNION SELECT * FROM others
) found
ORDER BY name <> %(text)s, NOT starts_with(name, %(text)s), length(code), code
LIMIT %(limit)s
"""


def _by_name(text: str, area: str, limit: int) -> list[Region]:
    lo, hi = bounds(area)
    return _rows(
        _NAME,
        {
            "text": text,
            "begins": f"{_like(text)}%",
            "within": f"%{_like(text)}%",
            "lo": lo,
            "hi": hi,
            "few": FEW_LEVELS,
            "limit": limit,
        },
    )


def _by_initials(letters: str, area: str, limit: int) -> list[Region]:
    lo, hi = bounds(area)
    one_level = (
        "(SELECT id, level, initials, code FROM regions_region WHERE valid_to IS NULL "
        "AND level = {level} AND initials >= %(letters)s AND initials < %(after)s "
        "AND code >= %(lo)s AND code < %(hi)s ORDER BY initials LIMIT %(limit)s)"
    )
    parts = " UNION ALL ".join(one_level.format(level=int(x)) for x in Level if x)
    return _rows(
        f"SELECT id FROM ({parts}) found ORDER BY initials <> %(letters)s, level, initials, code "  # noqa: S608 (levels only)
        "LIMIT %(limit)s",
        {"letters": letters, "after": letters + AFTER_LETTERS, "lo": lo, "hi": hi, "limit": limit},
    )


def _by_code(code: str, area: str, limit: int) -> list[Found]:
    if len(code) > int(Level.UNIT):
        return []
    code = short(code)
    # 441900 is a county of its own; 130900 is only 1309 written out.
    wide = short_of_six(code)
    return _at_code(code, area, limit) or (_at_code(wide, area, limit) if wide != code else [])


def _at_code(code: str, area: str, limit: int) -> list[Found]:
    lo, hi = max(code, bounds(area)[0]), min(code + ":", bounds(area)[1])
    here = Region.objects.defer("boundary").filter(valid_to=None, code__gte=lo, code__lt=hi)
    found = [Found(place) for place in here.order_by("code")[:limit]]
    if len(found) < limit and len(code) in set(Level):
        known = {hit.place.id for hit in found}
        found += [hit for hit in _by_old_code(code, area) if hit.place.id not in known]
    return found[:limit]


def _by_old_code(code: str, area: str) -> list[Found]:
    lo, hi = bounds(area)
    found: dict[object, Found] = {}
    former = RegionCode.objects.filter(code=code).select_related("region").order_by("-valid_to")
    for row in former:
        found.setdefault(row.region_id, Found(row.region, code, row.valid_to.year))
    ended = Region.objects.filter(code=code, valid_to__isnull=False).defer("boundary")
    for place in ended:
        found.setdefault(
            place.id, Found(place, code, place.valid_to.year if place.valid_to else None)
        )
    # What a later list made of it: follow merges and splits to places that exist.
    ids = [place_id for place_id, hit in found.items() if not hit.place.is_current]
    changes = RegionChange.objects.filter(
        Q(from_code=code) | Q(from_place__in=ids), to_place__isnull=False
    ).select_related("to_place")
    for change in changes:
        if change.to_place is not None and change.kind in ("merge", "split", "recode"):
            hit = Found(change.to_place, code, change.year)
            found.setdefault(change.to_place_id, hit)
    return [hit for hit in found.values() if hit.place.is_current and lo <= hit.place.code < hi]
