"""Which households a running sweep has to visit, kept in step with the register.

Targets, and the counters that the board reads, are only ever changed here and in
``actions.visits``, a change and its counts in one statement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.days import years_before
from fangxian.common.scoping import acting
from fangxian.field.models import Campaign
from fangxian.field.rules import Group, field_rules_version

METRICS = ("target", "visited", "exempt")

_HELD = "SELECT ends_on FROM field_campaign WHERE id = %s AND state = 'running' FOR SHARE"

# Households of the group that are not targets yet, in a code range or of given ids.
_ADD = """
WITH added AS (
  INSERT INTO field_target (id, created_at, place_code, campaign_id, household_id, state, outcome,
                            visits, due_on)
  SELECT gen_random_uuid(), now(), h.place_code, %(campaign)s, h.id, 'open', '', 0, %(due)s
  FROM register_household h
  WHERE h.place_code >= %(lo)s AND h.place_code < %(hi)s AND {inside} AND h.state <> 'closed'
    AND (%(ids)s::uuid[] IS NULL OR h.id = ANY(%(ids)s::uuid[]))
    AND {group}
  ON CONFLICT (campaign_id, household_id) DO NOTHING
  RETURNING place_code
), counted AS (
  INSERT INTO core_counterdelta (metric, key, place_code, n)
  SELECT 'target', %(key)s, place_code, count(*) FROM added GROUP BY place_code
  RETURNING n
)
SELECT coalesce(sum(n), 0) FROM counted
"""

# Doors that moved, and households that were closed, opened again or left the area or the
# group: target, visits and counts follow. What was recorded stays: a household that was visited
# stays visited, and one that was visited in vain is still to be visited.
_FOLLOW = """
WITH door AS (
  SELECT t.id, t.place_code AS old, t.state AS was,
    CASE WHEN {inside} THEN h.place_code ELSE t.place_code END AS new,
    CASE WHEN NOT ({inside}) THEN 'gone'
         WHEN h.state = 'closed' AND t.state <> 'visited' THEN 'gone'
         WHEN t.state IN ('open', 'gone') AND t.visits = 0 AND NOT ({group}) THEN 'gone'
         WHEN t.state <> 'gone' THEN t.state
         WHEN EXISTS (
           SELECT 1 FROM field_visit v WHERE v.target_id = t.id AND v.outcome = ANY(%(closing)s)
             AND NOT EXISTS (SELECT 1 FROM field_visit c WHERE c.corrects_op_id = v.op_id)
         ) THEN 'visited' ELSE 'open' END AS state
  FROM field_target t JOIN register_household h ON h.id = t.household_id
  WHERE t.campaign_id = %(campaign)s
    AND t.place_code >= %(lo)s AND t.place_code < %(hi)s
    AND (%(ids)s::uuid[] IS NULL OR t.household_id = ANY(%(ids)s::uuid[]))
    AND (({inside} AND h.place_code <> t.place_code)
      OR (NOT ({inside}) AND t.state <> 'gone')
      OR (h.state = 'closed' AND t.state IN ('open', 'exempt'))
      OR (t.state = 'open' AND t.visits = 0 AND NOT ({group}))
      OR (h.state <> 'closed' AND t.state = 'gone' AND {inside} AND (t.visits > 0 OR {group})))
  ORDER BY t.id FOR UPDATE OF t
), moved AS (
  UPDATE field_target t SET place_code = door.new, state = door.state FROM door
  WHERE door.id = t.id RETURNING door.*
), exemptions AS (
  UPDATE field_exemption e SET place_code = moved.new,
    ended_on = CASE WHEN e.ended_on IS NULL AND moved.state = 'gone'
                    THEN greatest(%(today)s, e.from_date) ELSE e.ended_on END
  FROM moved WHERE e.target_id = moved.id
), changes AS (
  SELECT 'target' AS metric, old AS code, -1 AS n FROM moved WHERE was <> 'gone'
  UNION ALL SELECT 'target', new, 1 FROM moved WHERE state <> 'gone'
  UNION ALL SELECT was, old, -1 FROM moved WHERE was IN ('visited', 'exempt')
  UNION ALL SELECT state, new, 1 FROM moved WHERE state IN ('visited', 'exempt')
), counted AS (
  INSERT INTO core_counterdelta (metric, key, place_code, n)
  SELECT metric, %(key)s, code, sum(n) FROM changes GROUP BY metric, code HAVING sum(n) <> 0
)
SELECT id FROM moved WHERE old <> new
"""
_INSIDE = "h.place_code >= %(area_lo)s AND h.place_code < %(area_hi)s"


def criteria(group: Group, today: dt.date) -> tuple[str, dict[str, Any]]:
    """Return the group's condition on ``register_household h``, and its parameters."""
    living = (
        "EXISTS (SELECT 1 FROM register_residency r {join} WHERE r.household_id = h.id"
        " AND r.to_date IS NULL AND {what})"
    )
    parts: list[str] = []
    values: dict[str, Any] = {}
    if group.residency_kinds:
        parts.append(living.format(join="", what="r.kind = ANY(%(kinds)s)"))
        values["kinds"] = list(group.residency_kinds)
    if group.any_key_group or group.key_groups:
        join = "JOIN register_keygroupentry k ON k.person_id = r.person_id AND k.to_date IS NULL"
        what = 'k."group" = ANY(%(groups)s)' if group.key_groups else "true"
        parts.append(living.format(join=join, what=what))
        values["groups"] = list(group.key_groups)
    if group.age_from is not None:
        join = "JOIN people_person p ON p.id = r.person_id"
        parts.append(living.format(join=join, what="p.birth_date <= %(born)s"))
        values["born"] = years_before(today, group.age_from)
    return " AND ".join(parts) or "true", values


def sync_targets(
    *,
    by: Actor,
    campaign: Campaign,
    area: str,
    today: dt.date,
    households: Sequence[UUID] | None = None,
) -> int:
    """Bring a campaign's targets in ``area`` in step with the register. Returns those added.

    Adds what is missing, follows doors that moved, drops those that were closed or left the sweep's
    area before anybody covered them, or the target group before anybody was there. Does nothing
    once the sweep is closed, whenever the caller read it. Safe to run again at any time;
    ``households`` limits it to those that changed. Four statements.
    """
    rules = field_rules_version(campaign.rule_version)
    condition, values = criteria(rules.group(campaign.group), today)
    lo, hi = codes.bounds(area)
    area_lo, area_hi = codes.bounds(campaign.area.code)
    values |= {
        "area_lo": area_lo,
        "area_hi": area_hi,
        "closing": rules.closing,
        "today": today,
        "campaign": campaign.id,
        "key": str(campaign.id),
        "lo": lo,
        "hi": hi,
        "ids": list(households) if households is not None else None,
    }
    with acting(by), connection.cursor() as cursor:
        # Whoever closes or extends it waits, so that no door is added under what held before.
        cursor.execute(_HELD, [campaign.id])
        held = cursor.fetchone()
        if held is None:
            return 0
        values["due"] = held[0]
        # What is filled in are the constants above; every value is a parameter.
        cursor.execute(_FOLLOW.format(inside=_INSIDE, group=condition), values)
        if moved := [row[0] for row in cursor.fetchall()]:
            cursor.execute("SELECT field_visits_follow(%s)", [moved])
            cursor.execute(_PHOTOS_FOLLOW, [moved])
        cursor.execute(_ADD.format(inside=_INSIDE, group=condition), values)
        return int(cursor.fetchone()[0])


_PHOTOS_FOLLOW = """
UPDATE core_file f SET place_code = v.place_code
FROM field_photo p JOIN field_visit v ON v.id = p.visit_id
WHERE f.id = p.file_id AND v.target_id = ANY (%s) AND f.place_code <> v.place_code
"""
_TRUTH = """
SELECT metric, place_code, count(*) FROM (
  SELECT 'target' AS metric, place_code FROM field_target
  WHERE campaign_id = %(campaign)s AND place_code >= %(lo)s AND place_code < %(hi)s
    AND state <> 'gone'
  UNION ALL
  SELECT state, place_code FROM field_target
  WHERE campaign_id = %(campaign)s AND place_code >= %(lo)s AND place_code < %(hi)s
    AND state IN ('visited', 'exempt')
) AS facts GROUP BY 1, 2
"""


def counted(campaign: Campaign, area: str) -> list[tuple[str, str, str, int]]:
    """What the counters of a campaign should say in ``area``, from the targets themselves."""
    lo, hi = codes.bounds(area)
    with connection.cursor() as cursor:
        cursor.execute(_TRUTH, {"campaign": campaign.id, "lo": lo, "hi": hi})
        return [(metric, str(campaign.id), code, n) for metric, code, n in cursor.fetchall()]


def follow_register(by: Actor, households: Sequence[UUID]) -> None:
    """Bring the running sweeps in step with households that the register has just changed.

    One query when no sweep runs where they are, four more for each sweep that does.
    """
    for campaign in Campaign.objects.filter(state=Campaign.State.RUNNING).select_related("area"):
        area = common_area(by.area, campaign.area.code)
        if area is not None:
            sync_targets(
                by=by,
                campaign=campaign,
                area=area,
                today=timezone.localdate(),
                households=households,
            )


def common_area(one: str, other: str) -> str | None:
    """The smaller of two areas if one contains the other, else None."""
    if codes.contains(one, other):
        return other
    return one if codes.contains(other, one) else None
