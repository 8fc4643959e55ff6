"""Live counters: append a delta with the write, fold each second, read exactly.

A counter is ``(metric, key)``: "visited" of a campaign. :func:`add` appends what a change counts at
a place; :func:`fold` moves the deltas into one row for each place above (:class:`NodeStat`);
:func:`read` adds both in one snapshot, so it is exact at any moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions.files import require_scope

LEVELS = [int(level) for level in codes.Level if level]
FOLD_LOCK = "fangxian.core.counters"
FOLD_ROWS = 50_000

Row = tuple[str, str, str, int]


def add(by: Actor, rows: Iterable[Row]) -> None:
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
    with connection.cursor() as cursor:
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


_READ = """
SELECT metric, code, sum(n)::bigint FROM (
    SELECT metric, code, value AS n FROM core_nodestat
    WHERE key = %(key)s AND code = ANY(%(codes)s) AND metric = ANY(%(metrics)s)
    UNION ALL
    SELECT d.metric, wanted.lo, d.n
    FROM unnest(%(codes)s::text[], %(his)s::text[]) AS wanted (lo, hi)
    JOIN core_counterdelta d
      ON d.key = %(key)s AND d.place_code >= wanted.lo AND d.place_code < wanted.hi
    WHERE d.metric = ANY(%(metrics)s)
) AS parts GROUP BY 1, 2
"""


def read(
    place_codes: Sequence[str], metrics: Sequence[str], key: str
) -> dict[tuple[str, str], int]:
    """Return ``{(code, metric): value}`` for every pair asked, 0 where nothing was counted.

    Exact at the moment of the query (folded plus waiting deltas in one snapshot). One query. A
    code above the actor's area sums what the actor may see of it only as far as it was folded
    there: ask for codes inside the area.
    """
    wanted = list(dict.fromkeys(place_codes))
    result = {(code, metric): 0 for code in wanted for metric in metrics}
    if not result:
        return result
    his = [code + codes.AFTER_DIGITS for code in wanted]
    with connection.cursor() as cursor:
        cursor.execute(
            _READ, {"key": str(key), "codes": wanted, "his": his, "metrics": list(metrics)}
        )
        for metric, code, value in cursor.fetchall():
            result[(code, metric)] = int(value)
    return result
