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

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.field.models import Campaign
from fangxian.field.rules import Group, field_rules_version

METRICS = ("target", "visited", "exempt")

# Households of the group that are not targets yet, in a code range or of given ids.
_ADD = """
WITH added AS (
  INSERT INTO field_target (id, created_at, place_code, campaign_id, household_id, state, outcome,
                            visits, due_on)
  SELECT gen_random_uuid(), now(), h.place_code, %(campaign)s, h.id, 'open', '', 0, %(due)s
  FROM register_household h
  WHERE h.place_code >= %(lo)s AND h.place_code < %(hi)s AND h.state <> 'closed'
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

# Doors that moved to another building or unit since: target and counts follow.
_MOVE = """
WITH moved AS (
  UPDATE field_target t SET place_code = h.place_code
  FROM register_household h, field_target o
  WHERE o.id = t.id AND h.id = t.household_id AND t.campaign_id = %(campaign)s
    AND h.place_code <> t.place_code
    AND t.place_code >= %(lo)s AND t.place_code < %(hi)s
    AND (%(ids)s::uuid[] IS NULL OR h.id = ANY(%(ids)s::uuid[]))
  RETURNING o.place_code AS old, t.place_code AS new, t.state
), changes AS (
  SELECT 'target' AS metric, old AS code, -1 AS n FROM moved
  UNION ALL SELECT 'target', new, 1 FROM moved
  UNION ALL SELECT state, old, -1 FROM moved WHERE state <> 'open'
  UNION ALL SELECT state, new, 1 FROM moved WHERE state <> 'open'
)
INSERT INTO core_counterdelta (metric, key, place_code, n)
SELECT metric, %(key)s, code, sum(n) FROM changes GROUP BY metric, code HAVING sum(n) <> 0
"""

# A household that the register closed is nobody's gap; what was recorded at it stays.
_CLOSE = """
WITH closed AS (
  DELETE FROM field_target t USING register_household h
  WHERE h.id = t.household_id AND t.campaign_id = %(campaign)s AND h.state = 'closed'
    AND t.state = 'open' AND t.visits = 0
    AND t.place_code >= %(lo)s AND t.place_code < %(hi)s
    AND (%(ids)s::uuid[] IS NULL OR h.id = ANY(%(ids)s::uuid[]))
    AND NOT EXISTS (SELECT 1 FROM field_exemption e WHERE e.target_id = t.id)
  RETURNING t.place_code
)
INSERT INTO core_counterdelta (metric, key, place_code, n)
SELECT 'target', %(key)s, place_code, -count(*) FROM closed GROUP BY place_code
"""


def _criteria(group: Group, today: dt.date) -> tuple[str, dict[str, Any]]:
    """The group's condition on ``register_household h``, and its parameters."""
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
        values["born"] = _years_before(today, group.age_from)
    return " AND ".join(parts) or "true", values


def _years_before(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def sync_targets(
    *,
    by: Actor,
    campaign: Campaign,
    area: str,
    today: dt.date,
    households: Sequence[UUID] | None = None,
) -> int:
    """Bring a campaign's targets in ``area`` in step with the register. Returns those added.

    Adds what is missing, follows doors that moved, drops closed ones nobody visited. Safe to run
    again at any time; ``households`` limits it to those that changed. Four statements.
    """
    rules = field_rules_version(campaign.rule_version)
    condition, values = _criteria(rules.group(campaign.group), today)
    lo, hi = codes.bounds(area)
    values |= {
        "campaign": campaign.id,
        "key": str(campaign.id),
        "due": campaign.ends_on,
        "lo": lo,
        "hi": hi,
        "ids": list(households) if households is not None else None,
    }
    with acting(by), connection.cursor() as cursor:
        cursor.execute(_MOVE, values)
        cursor.execute(_CLOSE, values)
        # The condition is built from constants above; every value is a parameter.
        cursor.execute(_ADD.format(group=condition), values)
        return int(cursor.fetchone()[0])


_TRUTH = """
SELECT metric, place_code, count(*) FROM (
  SELECT 'target' AS metric, place_code FROM field_target
  WHERE campaign_id = %(campaign)s AND place_code >= %(lo)s AND place_code < %(hi)s
  UNION ALL
  SELECT state, place_code FROM field_target
  WHERE campaign_id = %(campaign)s AND place_code >= %(lo)s AND place_code < %(hi)s
    AND state <> 'open'
) AS facts GROUP BY 1, 2
"""


def counted(campaign: Campaign, area: str) -> list[tuple[str, str, str, int]]:
    """What the counters of a campaign should say in ``area``, from the targets themselves."""
    lo, hi = codes.bounds(area)
    with connection.cursor() as cursor:
        cursor.execute(_TRUTH, {"campaign": campaign.id, "lo": lo, "hi": hi})
        return [(metric, str(campaign.id), code, n) for metric, code, n in cursor.fetchall()]
