"""Tasks that follow the coverage: one for each grid with gaps, one for each household to revisit.

Not part of recording a visit, which stays one statement: every few seconds the open tasks are
compared with the counters and the doors, and what differs is opened, changed or closed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.core.actions import NewTask, open_tasks
from fangxian.core.models import Task, TaskState
from fangxian.field.models import Campaign, Target
from fangxian.field.targets import METRICS

RIGHT = "field.campaigns"
GAPS = "field.gaps"
REVISIT = "field.revisit"
ROLE = "grid_officer"


@dataclass(frozen=True)
class Changes:
    """How many tasks were opened and closed."""

    opened: int = 0
    closed: int = 0


def end_of(day: dt.date) -> dt.datetime:
    """The last minute of a day."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59)))


# The tasks there ought to be: one for each (running sweep, grid) with gaps.
_GAPS = """
SELECT c.id || '/' || r.id AS key, g.code AS place_code, {due_on_ends} AS due_at,
  c.id AS object_id, c.emergency_id, c.name AS sweep, g.n
FROM (
  SELECT key, code, sum(n)::bigint AS n FROM (
    SELECT key, code, CASE metric WHEN 'target' THEN value ELSE -value END AS n
    FROM core_nodestat
    WHERE key = ANY(%(running)s) AND length(code) = 15 AND code >= %(lo)s AND code < %(hi)s
      AND metric = ANY(%(metrics)s)
    UNION ALL
    SELECT key, left(place_code, 15), CASE metric WHEN 'target' THEN n ELSE -n END
    FROM core_counterdelta
    WHERE key = ANY(%(running)s) AND length(place_code) >= 15
      AND place_code >= %(lo)s AND place_code < %(hi)s AND metric = ANY(%(metrics)s)
  ) AS parts GROUP BY 1, 2 HAVING sum(n) > 0
) AS g
JOIN field_campaign c ON c.id::text = g.key
JOIN regions_region r ON r.code = g.code AND r.valid_to IS NULL
"""

# One for each uncovered household that was visited in vain, due on the day to come back.
_REVISITS = """
SELECT t.id::text AS key, t.place_code, {due_on_target} AS due_at, t.id AS object_id,
  c.emergency_id, '' AS sweep, 0 AS n
FROM field_target t JOIN field_campaign c ON c.id = t.campaign_id AND c.state = 'running'
WHERE t.state = 'open' AND t.visits > 0
"""

# Compared in the database: what is superfluous is closed, what is due on another day moved, and
# only what is missing comes back. One statement.
_COMPARE = """
WITH wanted AS MATERIALIZED ({wanted}), mine AS MATERIALIZED (
  SELECT id, dedupe_key, due_at FROM core_task WHERE kind = %(kind)s AND state = 'open'
), closed AS (
  UPDATE core_task t SET state = 'done', closed_at = now(), closed_by = %(who)s,
    done_fact = %(fact)s, escalate_at = NULL
  FROM mine WHERE t.id = mine.id
    AND NOT EXISTS (SELECT 1 FROM wanted WHERE wanted.key = mine.dedupe_key)
  RETURNING 1
), moved AS (
  UPDATE core_task t SET due_at = wanted.due_at,
    escalate_at = t.escalate_at + (wanted.due_at - t.due_at)
  FROM mine JOIN wanted ON wanted.key = mine.dedupe_key
  WHERE t.id = mine.id AND mine.due_at <> wanted.due_at
), missing AS (
  SELECT wanted.* FROM wanted
  WHERE NOT EXISTS (SELECT 1 FROM mine WHERE mine.dedupe_key = wanted.key)
  ORDER BY key LIMIT %(most)s
)
SELECT (SELECT count(*) FROM closed), missing.* FROM (VALUES (1)) AS one LEFT JOIN missing ON true
"""
_DUE = "(({day} + time '23:59') AT TIME ZONE %(zone)s)"
_WANTED = {
    kind: sql.format(
        due_on_ends=_DUE.format(day="c.ends_on"), due_on_target=_DUE.format(day="t.due_on")
    )
    for kind, sql in ((GAPS, _GAPS), (REVISIT, _REVISITS))
}
MOST_AT_ONCE = 5_000


@action
def follow_gaps(*, by: Actor) -> Changes:
    """Keep one open task for each (running sweep, grid) with gaps; the others are closed."""
    by.require(RIGHT)
    title = gettext_noop("Close the gaps of the sweep “%(sweep)s” (%(n)s at first)")
    return _settle(by, GAPS, title, "field.Campaign", "field.covered")


@action
def follow_revisits(*, by: Actor) -> Changes:
    """Keep one open task for each uncovered household that was visited in vain, due that day."""
    by.require(RIGHT)
    title = gettext_noop("Go to a household again where nobody was met")
    return _settle(by, REVISIT, title, "field.Target", "field.visit")


def _settle(by: Actor, kind: str, title: str, object_type: str, fact: str) -> Changes:
    """Bring the open tasks of a kind in step; what is missing is opened in batches."""
    closed = opened = 0
    while True:
        more, missing = _compare(by, kind, fact)
        closed += more
        new = [
            NewTask(
                kind=kind,
                place_code=place_code,
                title=title,
                title_data={"n": n, "sweep": sweep} if sweep else {},
                due_at=due_at,
                object_type=object_type,
                object_id=object_id,
                assignee_role=ROLE,
                assignee_level=int(Level.GRID),
                dedupe_key=key,
                emergency_id=emergency_id,
            )
            for key, place_code, due_at, object_id, emergency_id, sweep, n in missing
        ]
        made = open_tasks(by=by, tasks=new) if new else 0
        opened += made
        # None made: those that miss have an open task that lies out of sight.
        if len(new) < MOST_AT_ONCE or not made:
            return Changes(opened, closed)


def _compare(by: Actor, kind: str, fact: str) -> tuple[int, list[tuple[Any, ...]]]:
    """Close and move tasks; return how many were closed and the first of those missing."""
    running = Campaign.objects.filter(state=Campaign.State.RUNNING).values_list("id", flat=True)
    lo, hi = codes.bounds(by.area)
    values: dict[str, Any] = {
        "kind": kind,
        "fact": fact,
        "who": by.name,
        "running": [str(campaign) for campaign in running],
        "lo": lo,
        "hi": hi,
        "metrics": list(METRICS),
        "zone": timezone.get_default_timezone_name(),
        "most": MOST_AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE.format(wanted=_WANTED[kind]), values)
        rows = cursor.fetchall()
    return int(rows[0][0]), [row[1:] for row in rows if row[1] is not None]


def settle_all(*, by: Actor, kind: str, prefix: str, done_fact: str) -> int:
    """Close every open task of ``kind`` whose key begins with ``prefix``. One statement."""
    found = Task.objects.filter(kind=kind, state=TaskState.OPEN, dedupe_key__startswith=prefix)
    return found.update(
        state=TaskState.DONE,
        closed_at=timezone.now(),
        closed_by=by.name,
        done_fact=done_fact,
        escalate_at=None,
    )


def door_of(task: Task) -> tuple[UUID, UUID] | None:
    """Campaign and household that a revisit task is about, None when they are gone from sight."""
    if task.object_id is None:
        return None
    return (
        Target.objects.filter(id=task.object_id).values_list("campaign_id", "household_id").first()
    )
