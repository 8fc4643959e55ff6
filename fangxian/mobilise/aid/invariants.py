"""What must always hold of aid and spans rows."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connections

_ASTRAY = """
SELECT 'member', m.id FROM mobilise_aidmember m JOIN mobilise_aidbatch b ON b.id = m.batch_id
WHERE m.place_code <> b.place_code
   OR (m.returned_on IS NULL AND b.state IN ('returned', 'closed'))
   OR (m.returned_on IS NOT NULL AND (b.left_on IS NULL OR m.returned_on < b.left_on))
UNION ALL
SELECT 'quarantine', q.id FROM mobilise_aidquarantine q
JOIN mobilise_aidmember m ON m.id = q.member_id
WHERE q.place_code <> m.place_code OR m.returned_on IS DISTINCT FROM q.from_date
UNION ALL
SELECT 'day', d.id FROM mobilise_aidday d JOIN mobilise_aidbatch b ON b.id = d.batch_id
WHERE d.place_code <> b.place_code OR b.left_on IS NULL OR d.day < b.left_on
UNION ALL
SELECT 'figure', f.id FROM mobilise_aidfigure f
JOIN mobilise_aidday d ON d.id = f.day_id
JOIN mobilise_aidcounter c ON c.id = f.counter_id
WHERE f.place_code <> d.place_code OR c.batch_id <> d.batch_id
LIMIT 100
"""


def told_apart() -> Iterator[str]:
    """Members, quarantines, days and figures lie with their batch, and in its days."""
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(_ASTRAY)
        for kind, key in cursor.fetchall():
            yield f"aid {kind} {key} doesn't fit the batch that it belongs to"
