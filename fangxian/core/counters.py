"""Live counters: append a delta with the write, fold each second, read exactly.

A counter is ``(metric, key)``: "visited" of a campaign. :func:`add` appends what a change counts at
a place; :func:`fold` moves the deltas into one row for each place above (:class:`NodeStat`);
:func:`read` adds both in one snapshot, so it is exact at any moment. :func:`move` takes counts
along when places get new codes; :func:`recount` mends counters from their registered
:class:`Source` by adding the differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, connections

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.registries import Registry
from fangxian.common.scoping import acting
from fangxian.core.actions.files import require_scope

LEVELS = [int(level) for level in codes.Level if level]
FOLD_LOCK = "fangxian.core.counters"
FOLD_ROWS = 50_000

Row = tuple[str, str, str, int]


@dataclass(frozen=True)
class Source:
    """Where counters come from: ``rows(by, code)`` counts ``metrics`` anew at and below a place.

    It yields ``(metric, key, place_code, n)``, as they were given to :func:`add`. ``moves``: a
    redraw takes the counts along; false where triggers of the counted rows have done so already.
    """

    metrics: tuple[str, ...]
    rows: Callable[[Actor, str], Iterable[Row]]
    moves: bool = True


sources: Registry[Source] = Registry("counter source")


def add(by: Actor, rows: Iterable[Row], *, using: str = "default") -> None:
    """Append ``(metric, key, place_code, n)`` rows in the running transaction (one statement).

    Rows of one counter at one place are summed, zeros left out. Raises OutOfScope.
    """
    sums: dict[tuple[str, str, str], int] = {}
    for metric, key, place_code, n in rows:
        require_scope(by, place_code)
        at = (metric, str(key), place_code)
        sums[at] = sums.get(at, 0) + n
    given = [(*at, n) for at, n in sums.items() if n]
    if not given:
        return
    metrics, keys, places, numbers = (list(column) for column in zip(*given, strict=True))
    with connections[using].cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_counterdelta (metric, key, place_code, n)"
            " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])",
            [metrics, keys, places, numbers],
        )


_FOLD = """
WITH gone AS (
    DELETE FROM core_counterdelta WHERE id IN (
        SELECT id FROM core_counterdelta ORDER BY id LIMIT %(rows)s
    ) RETURNING metric, key, place_code, n
), leaves AS (
    SELECT metric, key, place_code, sum(n) AS n FROM gone GROUP BY 1, 2, 3
), nodes AS (
    SELECT metric, key, left(place_code, level) AS code, sum(n) AS n
    FROM leaves, unnest(%(levels)s::int[]) AS level
    WHERE length(place_code) >= level
    GROUP BY 1, 2, 3
), stored AS (
    INSERT INTO core_nodestat AS s (metric, key, code, value)
    SELECT metric, key, code, n FROM nodes ORDER BY key, code, metric
    ON CONFLICT (key, code, metric) DO UPDATE SET value = s.value + excluded.value
    RETURNING 1
)
SELECT count(*) FROM gone
"""


def _system() -> Actor:
    return Actor.system("core.counters", settings.FANGXIAN_AREA)


def _fold_once(area: str) -> int:
    # Above its own area an installation has no place to write to.
    levels = [level for level in LEVELS if level >= len(area)]
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"rows": FOLD_ROWS, "levels": levels})
        return int(cursor.fetchone()[0])


def fold() -> int:
    """Fold the waiting deltas of this installation's area. Returns how many; 0 if another folds.

    Each pass is one statement, so no reader ever sees a delta twice or not at all.
    """
    done = 0
    while True:
        by = _system()
        with acting(by):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [FOLD_LOCK])
                if not cursor.fetchone()[0]:
                    return done
            folded = _fold_once(by.area)
        done += folded
        if folded < FOLD_ROWS:
            return done


# The deltas are few (at most what came in since the last fold), the codes may be hundreds: one pass
# over the deltas of the range that the codes span, each put to its place by the length of its code.
_READ = """
SELECT key, metric, code, sum(n)::bigint FROM (
    SELECT key, metric, code, value AS n FROM core_nodestat
    WHERE key = ANY(%(keys)s) AND code = ANY(%(codes)s) AND metric = ANY(%(metrics)s)
    UNION ALL
    SELECT key, metric, left(place_code, level), n
    FROM core_counterdelta, unnest(%(levels)s::int[]) AS level
    WHERE key = ANY(%(keys)s) AND place_code >= %(lo)s AND place_code < %(hi)s
      AND metric = ANY(%(metrics)s)
      AND length(place_code) >= level AND left(place_code, level) = ANY(%(codes)s)
) AS parts GROUP BY 1, 2, 3
"""


def read(
    place_codes: Sequence[str], metrics: Sequence[str], key: str
) -> dict[tuple[str, str], int]:
    """Return ``{(code, metric): value}`` for every pair asked, 0 where nothing was counted.

    Exact at the moment of the query (folded plus waiting deltas in one snapshot). One query. Ask
    for codes inside the actor's area: of others only zeros are seen.
    """
    found = read_keys(place_codes, metrics, [key])
    return {(code, metric): n for (_key, code, metric), n in found.items()}


def read_keys(
    place_codes: Sequence[str], metrics: Sequence[str], keys: Sequence[str]
) -> dict[tuple[str, str, str], int]:
    """As :func:`read` for several keys, ``{(key, code, metric): value}``. One query."""
    wanted = list(dict.fromkeys(place_codes))
    asked = [str(key) for key in keys]
    result = {(key, code, metric): 0 for key in asked for code in wanted for metric in metrics}
    if not result:
        return result
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "keys": asked,
                "codes": wanted,
                "metrics": list(metrics),
                "levels": sorted({len(code) for code in wanted}),
                "lo": min(wanted),
                "hi": max(code + codes.AFTER_DIGITS for code in wanted),
            },
        )
        for key, metric, code, value in cursor.fetchall():
            result[(key, code, metric)] = int(value)
    return result


_HIGHEST = """
SELECT code, sum(n)::bigint FROM (
  SELECT s.code, s.value * w.factor AS n FROM core_nodestat s
  JOIN unnest(%(metrics)s::text[], %(factors)s::int[]) AS w (metric, factor) USING (metric)
  WHERE s.key = %(key)s AND length(s.code) = %(level)s AND s.code >= %(lo)s AND s.code < %(hi)s
  UNION ALL
  SELECT left(d.place_code, %(level)s), d.n * w.factor FROM core_counterdelta d
  JOIN unnest(%(metrics)s::text[], %(factors)s::int[]) AS w (metric, factor) USING (metric)
  WHERE d.key = %(key)s AND d.place_code >= %(lo)s AND d.place_code < %(hi)s
    AND length(d.place_code) >= %(level)s
) AS parts GROUP BY 1 HAVING sum(n) > 0 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""


def highest(
    area: str, level: int, weights: Mapping[str, int], key: str, most: int | None = None
) -> dict[str, int]:
    """The places of a level in ``area`` whose weighted sum of metrics is above 0, highest first.

    ``weights``: metric → factor. ``most``: so many at most. Exact at this moment. One query.
    """
    lo, hi = codes.bounds(area)
    values: dict[str, Any] = {
        "metrics": list(weights),
        "factors": list(weights.values()),
        "key": str(key),
        "level": int(level),
        "lo": lo,
        "hi": hi,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HIGHEST, values)
        return {code: int(n) for code, n in cursor.fetchall()}


_OWN = """
WITH area AS (
    SELECT metric, key, code, value FROM core_nodestat
    WHERE code >= %(lo)s AND code < %(hi)s AND metric = ANY(%(metrics)s)
), own AS (
    SELECT metric, key, code, value AS n FROM area
    UNION ALL
    SELECT a.metric, a.key, left(a.code, l.above), -a.value
    FROM area a JOIN unnest(%(levels)s::int[], %(above)s::int[]) AS l (level, above)
      ON length(a.code) = l.level
    WHERE l.above >= %(top)s
    UNION ALL
    SELECT metric, key, place_code, n FROM core_counterdelta
    WHERE place_code >= %(lo)s AND place_code < %(hi)s AND metric = ANY(%(metrics)s)
)
SELECT metric, key, code, sum(n)::bigint FROM own GROUP BY 1, 2, 3 HAVING sum(n) <> 0
"""


def _own(
    code: str, metrics: Sequence[str], using: str = "default"
) -> dict[tuple[str, str, str], int]:
    """What was counted at exactly each place at and below ``code``."""
    lo, hi = codes.bounds(code)
    with connections[using].cursor() as cursor:
        cursor.execute(
            _OWN,
            {
                "lo": lo,
                "hi": hi,
                "metrics": list(metrics),
                "levels": LEVELS[1:],
                "above": LEVELS[:-1],
                "top": max(len(code), LEVELS[0]),
            },
        )
        return {(metric, key, at): int(n) for metric, key, at, n in cursor.fetchall()}


def move(by: Actor, area: str, pairs: Mapping[str, str], using: str) -> None:
    """Take along what was counted at exactly the old codes of ``pairs`` (old → new) in ``area``.

    Call it in the transaction that rewrote the rows, after them. It locks nothing: whoever changes
    one of those rows meanwhile waits for the row, and counts it at its new code.
    """
    metrics = [metric for source in sources if source.moves for metric in source.metrics]
    rows: list[Row] = []
    for (metric, key, old), n in _own(area, metrics, using).items():
        if new := pairs.get(old):
            rows += [(metric, key, old, -n), (metric, key, new, n)]
    add(by, rows, using=using)


def corrections(by: Actor, code: str) -> list[Row]:
    """What would have to be added at and below ``code`` so that all counters are as counted anew.

    Runs in the open transaction and locks nothing. Facts and deltas must be seen at one moment:
    call it inside :func:`fangxian.core.moment.one_moment`, or with writers kept away as
    :func:`recount` does.
    """
    found: list[Row] = []
    for source in sources:
        wanted: dict[tuple[str, str, str], int] = {}
        for metric, key, at, n in source.rows(by, code):
            wanted[(metric, str(key), at)] = wanted.get((metric, str(key), at), 0) + n
        own = _own(code, source.metrics)
        for place in sorted(wanted.keys() | own.keys()):
            missing = wanted.get(place, 0) - own.get(place, 0)
            if missing:
                found.append((*place, missing))
    return found


def recount(by: Actor, code: str) -> int:
    """Count anew at and below ``code`` and add the differences. Returns how many there were.

    For first counts and repairs, in a transaction of its own or at the end of one. Writers of
    counters wait until it ends: a difference is added to what stands, so that must not move
    meanwhile.
    """
    with acting(by):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [FOLD_LOCK])
            cursor.execute("LOCK TABLE core_counterdelta IN SHARE MODE")
        rows = corrections(by, code)
        add(by, rows)
        return len(rows)
