"""What must always hold of sweeps. Read by the maintenance role: the check sees every place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import connections
from django.utils import timezone

from fangxian.common.codes import bounds
from fangxian.field.models import Campaign
from fangxian.field.reporting import unreported
from fangxian.field.rules import field_rules_version
from fangxian.field.targets import criteria

CHECK = "maintenance"
# Breaches that are listed of each statement: more tell nothing new and would fill the memory.
LIMIT = 100

_COVERING = """
SELECT 1 FROM field_visit v WHERE v.target_id = t.id AND v.outcome = ANY(%(closing)s)
  AND NOT EXISTS (SELECT 1 FROM field_visit c WHERE c.corrects_op_id = v.op_id)
"""


def _rows(sql: str, values: dict[str, Any] | None = None) -> Iterator[tuple[object, ...]]:
    with connections[CHECK].cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {LIMIT}", values)
        yield from cursor.fetchall()


_TARGETS = """
SELECT t.id, t.state FROM field_target t WHERE t.campaign_id = %(campaign)s
  AND t.state <> 'gone' AND t.state <> CASE
    WHEN EXISTS ({covering}) THEN 'visited'
    WHEN EXISTS (SELECT 1 FROM field_exemption e WHERE e.target_id = t.id AND e.ended_on IS NULL)
    THEN 'exempt' ELSE 'open' END
  AND NOT EXISTS (SELECT 1 FROM field_visit v WHERE v.target_id = t.id AND v.outcome = '')
"""


def targets() -> Iterator[str]:
    """A door is visited just when a visit that holds covers it, exempt by an exemption.

    What was found at a door is not kept when the emergency of its sweep has ended.
    """
    for campaign in Campaign.objects.using(CHECK).exclude(state=Campaign.State.DRAFT):
        closing = field_rules_version(campaign.rule_version).closing
        for target, state in _rows(
            _TARGETS.format(covering=_COVERING), {"campaign": campaign.id, "closing": closing}
        ):
            yield f"door {target} says {state}; its visits and exemptions say otherwise"


def doors() -> Iterator[str]:
    """Each household lies in one present building, grid and community, where its code says."""
    for household, code in _rows(
        "SELECT h.id, h.place_code FROM register_household h"
        " LEFT JOIN regions_region b ON b.id = h.building_id AND b.code = left(h.place_code, 18)"
        " LEFT JOIN regions_region g ON g.code = left(h.place_code, 15) AND g.valid_to IS NULL"
        " LEFT JOIN regions_region c ON c.code = left(h.place_code, 12) AND c.valid_to IS NULL"
        " LEFT JOIN regions_region u ON u.id = h.unit_id AND u.code = h.place_code"
        " WHERE h.state <> 'closed' AND (b.id IS NULL OR g.id IS NULL OR c.id IS NULL"
        "  OR (h.unit_id IS NOT NULL AND u.id IS NULL))"
    ):
        yield f"household {household} at {code}: its building, unit, grid or community is not there"


_MISSING = """
SELECT h.id, h.place_code FROM register_household h
WHERE h.place_code >= %(lo)s AND h.place_code < %(hi)s AND h.state <> 'closed' AND NOT EXISTS (
  SELECT 1 FROM field_target t WHERE t.campaign_id = %(campaign)s AND t.household_id = h.id
    AND t.place_code = h.place_code AND t.state <> 'gone')
"""


def complete() -> Iterator[str]:
    """Each household in a running sweep's area is one of its targets, at its place.

    Of sweeps that visit everybody; a narrower group changes by itself (birthdays) and is brought in
    step by the clock.
    """
    running = Campaign.objects.using(CHECK).filter(state=Campaign.State.RUNNING)
    for campaign in running.select_related("area"):
        group = field_rules_version(campaign.rule_version).group(campaign.group)
        if criteria(group, timezone.localdate())[1]:
            continue
        lo, hi = bounds(campaign.area.code)
        values = {"campaign": campaign.id, "lo": lo, "hi": hi}
        for household, code in _rows(_MISSING, values):
            yield f"household {household} at {code} is missing in sweep {campaign.id}"


def visits() -> Iterator[str]:
    """Each visit belongs to its door and lies where that lies; corrections stay at one door."""
    for visit, target in _rows(
        "SELECT v.id, t.id FROM field_visit v JOIN field_target t ON t.id = v.target_id"
        " LEFT JOIN field_visit c ON c.op_id = v.corrects_op_id"
        " WHERE v.household_id <> t.household_id OR v.campaign_id <> t.campaign_id"
        "  OR v.place_code <> t.place_code OR c.target_id <> v.target_id"
    ):
        yield f"visit {visit} does not fit its door {target}"
    for target, says, kept in _rows(
        "SELECT t.id, t.visits, count(v.id) FROM field_target t"
        " LEFT JOIN field_visit v ON v.target_id = t.id"
        " GROUP BY t.id HAVING t.visits <> count(v.id)"
    ):
        yield f"door {target} says {says} visits; there are {kept}"


def reports() -> Iterator[str]:
    """Each report goes on where the last one of its place ended; closing ones leave nothing out."""
    for report, day in _rows(
        "SELECT id, day FROM (SELECT id, day, counted_from, lag(coalesce(counted_to, sent_at))"
        "  OVER (PARTITION BY campaign_id, place_id ORDER BY coalesce(counted_to, sent_at),"
        " counted_from NULLS FIRST, id)"
        "  AS before FROM field_dailyreport WHERE sent_at IS NOT NULL) AS r"
        " WHERE counted_from IS DISTINCT FROM before"
    ):
        yield f"report {report} of {day} does not begin where the last one of its place ended"
    settled = Campaign.objects.using(CHECK).filter(settled_at__isnull=False)
    for campaign in settled.select_related("area"):
        for place in unreported(campaign, using=CHECK):
            yield f"visits in {place.code} are in no report of sweep {campaign.id}, which is closed"


def exemptions() -> Iterator[str]:
    """No exemption in force is over, lies elsewhere than its door or belongs to a covered one.

    Those of a closed sweep stay in force as they were.
    """
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    for exemption, state in _rows(
        "SELECT e.id, t.state FROM field_exemption e JOIN field_target t ON t.id = e.target_id"
        " JOIN field_campaign c ON c.id = t.campaign_id"
        " WHERE e.place_code <> t.place_code"
        " OR (e.ended_on IS NULL AND (t.state <> 'exempt'"
        "  OR (c.state = 'running' AND e.until < %(day)s)))",
        {"day": yesterday},
    ):
        yield f"exemption {exemption} does not fit its door, which is {state}"


_UNDECIDED = """
SELECT o.op_id, o.result FROM field_operation o
WHERE o.result = '' OR (o.result = 'held') <> EXISTS (
  SELECT 1 FROM field_heldoperation h WHERE h.op_id = o.op_id AND h.state = 'open')
"""


def operations() -> Iterator[str]:
    """What phones sent has a result; just what is held waits for a decision."""
    for op_id, result in _rows(_UNDECIDED):
        yield f"operation {op_id} of a phone says “{result}”; what waits for a decision disagrees"


_LOST = """
SELECT o.op_id, 'visit' FROM field_operation o
WHERE o.entity = 'visit' AND o.result = 'applied'
  AND NOT EXISTS (SELECT 1 FROM field_visit v WHERE v.op_id = o.op_id)
"""


def applied() -> Iterator[str]:
    """Each visit that a phone was told is recorded is there."""
    for op_id, _entity in _rows(_LOST):
        yield f"operation {op_id} was acknowledged, and its visit is not there"
