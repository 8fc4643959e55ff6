"""What a daily report says: which visits it counts, and how it stands beside those below it.

A report counts the visits received since the last one of its place was cut off, so each visit is in
exactly one report of each place, however late it was sent by a device. All figures of a report come
from one statement, so from one snapshot.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Max, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fangxian.common import codes
from fangxian.field.models import Campaign, DailyReport, ReportCorrection
from fangxian.field.rules import field_rules_version
from fangxian.field.targets import METRICS

# What a report counts of its own time; all zero is a zero report, which is sent as well.
OF_THE_SPAN = ("visits", "newly_covered", "exceptions", "taken_back")
LABELS = {
    "visits": _("Visits"),
    "newly_covered": _("Covered for the first time"),
    "exceptions": _("Exceptions found"),
    "households": _("Households visited"),
    "taken_back": _("Visits reported earlier and corrected since"),
}
LABELS_NOW = {
    "target": _("Households to visit"),
    "visited": _("Visited so far"),
    "exempt": _("Exempt"),
    "gap": _("Not covered"),
}


@dataclass(frozen=True)
class Span:
    """From the last cut-off (None: the beginning of the sweep) until this one."""

    start: dt.datetime | None
    end: dt.datetime


def labels_of(campaign: Campaign) -> dict[str, Any]:
    """The figures of a report in their order, with their names; outcomes are those of its rules."""
    rules = field_rules_version(campaign.rule_version)
    found = {one.code: one.name for one in rules.outcomes.values() if not one.closes}
    return LABELS | found | LABELS_NOW


# A visit being recorded now bears a time of its own transaction or later, and is not seen yet: what
# is cut off before the oldest such transaction began is complete.
_WRITING = """
SELECT min(a.xact_start) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = 'field_visit'::regclass AND l.mode = 'RowExclusiveLock'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.pid <> pg_backend_pid()
"""


def _clock() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
    return now


def cut_off() -> dt.datetime:
    """The latest moment before which every visit received is seen. Two queries."""
    now = _clock()
    with connection.cursor() as cursor:
        cursor.execute(_WRITING)
        writing: dt.datetime | None = cursor.fetchone()[0]
    return now if writing is None else min(now, writing)


def end_of_recording(patience: float = 5.0) -> dt.datetime | None:
    """A moment after all visits of a sweep that is closed already: nothing is received any more.

    Waits for what was being recorded when it was closed; None when that takes longer than
    ``patience`` seconds.
    """
    begun, given_up = _clock(), time.monotonic() + patience
    while cut_off() < begun:
        if time.monotonic() > given_up:
            return None
        time.sleep(0.05)
    return _clock()


def span_of(report: DailyReport) -> Span:
    """What a report counts: as it was sent, or from the last cut-off of its place until now."""
    if report.sent_at is not None:
        return Span(report.counted_from, report.counted_to or report.sent_at)
    return Span(last_cut_off(report), cut_off())


def last_cut_off(report: DailyReport) -> dt.datetime | None:
    """Where the last sent report of a report's place and sweep was cut off. One query."""
    sent = DailyReport.objects.filter(
        campaign_id=report.campaign_id, place_id=report.place_id, sent_at__isnull=False
    )
    last: dt.datetime | None = sent.aggregate(last=Max(Coalesce("counted_to", "sent_at")))["last"]
    return last


# By the codes of now: a redraw moves visits and reports alike.
_UNREPORTED = """
WITH cut AS (
  SELECT place_code, max(coalesce(counted_to, sent_at)) AS last FROM field_dailyreport
  WHERE campaign_id = %(campaign)s AND sent_at IS NOT NULL GROUP BY place_code
)
SELECT DISTINCT left(v.place_code, level) FROM field_visit v
CROSS JOIN unnest(%(levels)s::int[]) AS level
LEFT JOIN cut ON cut.place_code = left(v.place_code, level)
WHERE v.campaign_id = %(campaign)s AND v.place_code >= %(lo)s AND v.place_code < %(hi)s
  AND length(v.place_code) >= level AND (cut.last IS NULL OR v.created_at >= cut.last)
"""


def unreported(campaign: Campaign, area: str, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The places in ``area`` that report and have visits in no report yet, by code. One query."""
    lo, hi = codes.bounds(area)
    levels = field_rules_version(campaign.rule_version).report.levels
    values: dict[str, Any] = {
        "campaign": campaign.id,
        "lo": lo,
        "hi": hi,
        "levels": [int(one) for one in levels if int(one) >= len(area)],
    }
    with connections[using].cursor() as cursor:
        cursor.execute(_UNREPORTED, values)
        return sorted(code for (code,) in cursor.fetchall())


_FIGURES = """
WITH seen AS MATERIALIZED (
  SELECT v.target_id, v.household_id, v.outcome, v.exceptions, v.corrects_op_id,
    EXISTS (SELECT 1 FROM field_visit c
            WHERE c.corrects_op_id = v.op_id AND c.created_at < %(end)s) AS mistaken
  FROM field_visit v
  WHERE v.campaign_id = %(campaign)s AND v.place_code >= %(lo)s AND v.place_code < %(hi)s
    AND v.created_at >= coalesce(%(start)s::timestamptz, '-infinity') AND v.created_at < %(end)s
), fresh AS (
  SELECT DISTINCT target_id FROM seen WHERE NOT mistaken AND outcome = ANY(%(closing)s)
), parts AS (
  SELECT 'visits' AS name, count(*) AS n FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'exceptions', coalesce(sum(exceptions), 0) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'households', count(DISTINCT household_id) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'taken_back', count(*) FROM seen JOIN field_visit m ON m.op_id = seen.corrects_op_id
  WHERE m.created_at < %(start)s
  UNION ALL
  SELECT outcome, count(*) FROM seen WHERE NOT mistaken AND outcome <> ALL(%(closing)s)
  GROUP BY outcome
  UNION ALL
  SELECT 'newly_covered', count(*) FROM fresh
  JOIN field_target t ON t.id = fresh.target_id AND t.state = 'visited'
  WHERE NOT EXISTS (
    SELECT 1 FROM field_visit v WHERE v.target_id = fresh.target_id
      AND v.outcome = ANY(%(closing)s) AND v.created_at < %(start)s
      AND NOT EXISTS (SELECT 1 FROM field_visit c
                      WHERE c.corrects_op_id = v.op_id AND c.created_at < %(start)s))
  UNION ALL
  SELECT metric, value FROM core_nodestat
  WHERE key = %(key)s AND code = %(code)s AND metric = ANY(%(metrics)s)
  UNION ALL
  SELECT metric, n FROM core_counterdelta
  WHERE key = %(key)s AND place_code >= %(lo)s AND place_code < %(hi)s
    AND metric = ANY(%(metrics)s)
)
SELECT name, sum(n)::bigint FROM parts GROUP BY name
"""


def figures_of(campaign: Campaign, code: str, span: Span) -> dict[str, int]:
    """What a place reports: what it counted in ``span``, and where the sweep stands. One query.

    Visits that were corrected by the end of the span don't count, their corrections do; one that an
    earlier report counted is ``taken_back``: visits − taken_back adds up to the visits that hold.
    """
    lo, hi = codes.bounds(code)
    values: dict[str, Any] = {
        "campaign": campaign.id,
        "key": str(campaign.id),
        "code": code,
        "lo": lo,
        "hi": hi,
        "start": span.start,
        "end": span.end,
        "closing": field_rules_version(campaign.rule_version).closing,
        "metrics": list(METRICS),
    }
    figures = dict.fromkeys(labels_of(campaign), 0)
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)
        figures |= {name: int(n) for name, n in cursor.fetchall()}
    return figures | {"gap": figures["target"] - figures["visited"] - figures["exempt"]}


def is_zero(figures: dict[str, int]) -> bool:
    """Whether a report with these figures is a zero report."""
    return not any(figures.get(name) for name in OF_THE_SPAN)


def below(report: DailyReport) -> list[DailyReport]:
    """The reports of the same day at the next level that reports. Two queries."""
    levels = field_rules_version(report.campaign.rule_version).report.levels
    next_level = min((int(one) for one in levels if one > len(report.place_code)), default=0)
    lo, hi = codes.bounds(report.place_code)
    found = DailyReport.objects.filter(
        campaign_id=report.campaign_id,
        day=report.day,
        closing=report.closing,
        place_code__gte=lo,
        place_code__lt=hi,
        place__level=next_level,
    )
    return list(found.prefetch_related("corrections").order_by("place_code"))


def sums(reports: Sequence[DailyReport]) -> dict[str, int]:
    """What the sent ones of these reports say together, as corrected."""
    total: dict[str, int] = {}
    for report in reports:
        if report.sent_at is not None:
            for name, value in report.corrected().items():
                total[name] = total.get(name, 0) + value
    return total


def corrections_below(report: DailyReport) -> QuerySet[ReportCorrection]:
    """What was corrected in the reports of places below for the same day, the latest first."""
    lo, hi = codes.bounds(report.place_code)
    found = ReportCorrection.objects.filter(
        report__campaign_id=report.campaign_id,
        report__day=report.day,
        report__closing=report.closing,
        place_code__gte=lo,
        place_code__lt=hi,
    ).exclude(report_id=report.id)
    return found.order_by("-created_at", "-id")
