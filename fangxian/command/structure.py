"""Structural coverage: does every household lie in a building, a grid and a community of today?"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from fangxian.common import codes
from fangxian.common.codes import Level

CHECKED = (Level.VILLAGE, Level.GRID, Level.BUILDING)


@dataclass(frozen=True)
class LevelCount:
    """At one level of an area: places, and the households that lie in one of them or in none."""

    level: Level
    places: int
    households: int
    outside: int


# One pass over the index of doors: households are first counted by their place.
_COUNTS = """
WITH doors AS (
    SELECT place_code, count(*) AS n FROM register_household
    WHERE place_code >= %(lo)s AND place_code < %(hi)s AND state <> 'closed' GROUP BY 1
), levels AS (
    SELECT unnest(%(levels)s::int[]) AS level
), held AS (
    SELECT l.level, sum(d.n) AS households,
      coalesce(sum(d.n) FILTER (WHERE NOT EXISTS (
        SELECT 1 FROM regions_region r WHERE r.valid_to IS NULL
          AND r.code = left(d.place_code, l.level) AND r.level = l.level)), 0) AS outside
    FROM levels l CROSS JOIN doors d GROUP BY 1
), places AS (
    SELECT level, count(*) AS n FROM regions_region
    WHERE valid_to IS NULL AND code >= %(lo)s AND code < %(hi)s AND level = ANY(%(levels)s::int[])
    GROUP BY 1
)
SELECT l.level, coalesce(p.n, 0), coalesce(h.households, 0)::bigint, coalesce(h.outside, 0)::bigint
FROM levels l LEFT JOIN held h USING (level) LEFT JOIN places p USING (level) ORDER BY l.level
"""


def structure(area: str) -> list[LevelCount]:
    """Count an area's households at each level from the community down. One query.

    It reads every building's count: for a page that is opened, not for one that is polled.
    """
    lo, hi = codes.bounds(area)
    levels = [int(level) for level in CHECKED if int(level) >= len(area)] or [int(Level.BUILDING)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"lo": lo, "hi": hi, "levels": levels})
        return [
            LevelCount(Level(level), places, households, outside)
            for level, places, households, outside in cursor.fetchall()
        ]
