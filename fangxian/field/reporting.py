"""What a daily report says: which visits it counts, and how it stands beside those below it.

A report counts the visits received since the one of the day before was cut off, where their doors
lay then, so each visit is in exactly one report of each place, however late a device sent it. All
figures of a report come from one statement.
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
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.field.models import Campaign, DailyReport, ReportCorrection
from fangxian.field.rules import field_rules_version
from fangxian.field.targets import METRICS
from fangxian.regions.models import Region

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


def due_at(campaign: Campaign, day: dt.date) -> dt.datetime:
    """When the lowest level has to send its report of a day; for a time of the night next morning.

    On the day of a start that came later than that, by the end of the day.
    """
    due = _due(campaign, day)
    begun = campaign.started_at
    late = begun is not None and due <= begun and day == timezone.localdate(begun)
    return _moment(day, dt.time.max) if late else due


def due_by_level(campaign: Campaign, day: dt.date) -> dict[Level, dt.datetime]:
    """When each level of a sweep has to send its report of a day, the lowest first.

    A level adds up those below, so it is due after them, as the rules say.
    """
    return _by_level(campaign, due_at(campaign, day))


def due_times(campaign: Campaign) -> list[tuple[Level, dt.time, bool]]:
    """The time of day by which each level reports, and whether it is one of the next day."""
    day = campaign.starts_on
    return [
        (level, timezone.localtime(due).time(), timezone.localdate(due) > day)
        for level, due in _by_level(campaign, _due(campaign, day)).items()
    ]


def _by_level(campaign: Campaign, lowest: dt.datetime) -> dict[Level, dt.datetime]:
    after = field_rules_version(campaign.rule_version).report.after
    return {
        level: lowest + after.get(level, dt.timedelta())
        for level in sorted(levels_of(campaign), reverse=True)
    }


def first_day(campaign: Campaign) -> dt.date:
    """The first day that owes reports: of its start, or the next if they were overdue at once."""
    begun = campaign.started_at
    if begun is None:
        return campaign.starts_on
    day = max(campaign.starts_on, timezone.localdate(begun))
    return day + dt.timedelta(days=_due(campaign, day) <= begun and day < campaign.ends_on)


def _due(campaign: Campaign, day: dt.date) -> dt.datetime:
    rules = field_rules_version(campaign.rule_version).report
    at = campaign.report_at or rules.due
    return _moment(day + dt.timedelta(days=at < rules.day_from), at)


def _moment(day: dt.date, at: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, at))


def span_of(report: DailyReport) -> Span:
    """What a report counts: as it was sent, or what it would count now. Three queries at most."""
    if report.sent_at is not None:
        return Span(report.counted_from, report.counted_to or report.sent_at)
    every = DailyReport.objects.filter(campaign_id=report.campaign_id, place_id=report.place_id)
    return span_among(report, list(every), cut_off())


def last_cut_off(report: DailyReport) -> dt.datetime | None:
    """Where the last sent report of a report's place and sweep was cut off. One query."""
    sent = DailyReport.objects.filter(
        campaign_id=report.campaign_id, place_id=report.place_id, sent_at__isnull=False
    )
    last: dt.datetime | None = sent.aggregate(last=Max(Coalesce("counted_to", "sent_at")))["last"]
    return last


def levels_of(campaign: Campaign) -> list[Level]:
    """The levels that report of a sweep: those of its area, or the community it lies in."""
    levels = field_rules_version(campaign.rule_version).report.levels
    return [one for one in levels if one >= len(campaign.area.code)] or [max(levels)]


# The latest visit that each place counts, as ``field_reported`` finds them, and where it was cut. A
# correction is counted where its door lies now, and takes back where the mistaken visit was made.
_UNREPORTED = """
WITH cut AS (
  SELECT place_id, max(coalesce(counted_to, sent_at)) AS last FROM field_dailyreport
  WHERE campaign_id = %(campaign)s AND sent_at IS NOT NULL GROUP BY place_id
), counted AS (
  SELECT left(v.code, level) AS code, max(v.created_at) AS last FROM (
    SELECT code_then AS code, created_at FROM field_visit WHERE campaign_id = %(campaign)s
    UNION ALL
    SELECT m.code_then, c.created_at FROM field_visit c
    JOIN field_visit m ON m.op_id = c.corrects_op_id WHERE c.campaign_id = %(campaign)s
  ) AS v CROSS JOIN unnest(%(levels)s::int[]) AS level
  WHERE length(v.code) >= level GROUP BY 1
), placed AS (
  SELECT counted.last, coalesce(
    (SELECT r.id FROM regions_region r WHERE r.code = counted.code
     ORDER BY r.valid_to DESC NULLS FIRST LIMIT 1),
    (SELECT f.region_id FROM regions_regioncode f WHERE f.code = counted.code
     ORDER BY f.valid_to DESC LIMIT 1)) AS id
  FROM counted
)
SELECT DISTINCT placed.id FROM placed LEFT JOIN cut ON cut.place_id = placed.id
WHERE placed.id IS NOT NULL AND (cut.last IS NULL OR placed.last >= cut.last)
"""


def unreported(campaign: Campaign, using: str = DEFAULT_DB_ALIAS) -> list[Region]:
    """The places that report of a sweep and have visits in no report yet. Two queries."""
    values: dict[str, Any] = {
        "campaign": campaign.id,
        "levels": [int(one) for one in levels_of(campaign)],
    }
    with connections[using].cursor() as cursor:
        cursor.execute(_UNREPORTED, values)
        ids = [place for (place,) in cursor.fetchall()]
    return list(Region.objects.using(using).filter(id__in=ids).order_by("code"))


def span_among(report: DailyReport, every: Sequence[DailyReport], now: dt.datetime) -> Span:
    """What an unsent report counts, beside ``every`` one of its place and sweep.

    From the last cut-off, or where the one of the day before will end, until its own end: the
    latest takes all until ``now``, one that a later day follows ends when it was due. They are sent
    in the order of their days.
    """
    before = sorted((r for r in every if r.day < report.day), key=lambda r: r.day)
    low = max((r.counted_to or r.sent_at for r in every if r.sent_at), default=None)

    def within(due: dt.datetime) -> dt.datetime:
        cut = min(due, now)
        return cut if low is None else max(cut, low)

    owed = bool(before) and before[-1].sent_at is None
    latest = all(r.day <= report.day for r in every)
    return Span(
        within(before[-1].due_at) if owed else low, within(now if latest else report.due_at)
    )


# What a place counted itself stays its own when the household moves away later (``code_then``), so
# it is counted by the database's function ``field_reported``, which looks everywhere.
_FIGURES = """
SELECT name, sum(n)::bigint FROM (
  SELECT name, n FROM field_reported(
    %(campaign)s, %(place)s, %(start)s, %(end)s, %(closing)s) AS counted (name, n)
  UNION ALL
  SELECT metric, value FROM core_nodestat
  WHERE key = %(key)s AND code = %(code)s AND metric = ANY(%(metrics)s)
  UNION ALL
  SELECT metric, n FROM core_counterdelta
  WHERE key = %(key)s AND place_code >= %(lo)s AND place_code < %(hi)s
    AND metric = ANY(%(metrics)s)
) AS parts GROUP BY name
"""


def figures_of(report: DailyReport, span: Span) -> dict[str, int]:
    """What a place reports: what it counted in ``span``, and where the sweep stands. One query.

    A visit counts where its door lay when it was received. Those that were corrected by the end of
    the span don't count, their corrections do; one that an earlier report of the place counted is
    ``taken_back``: visits − taken_back adds up to the visits that hold.
    """
    campaign = report.campaign
    lo, hi = codes.bounds(report.place_code)
    values: dict[str, Any] = {
        "campaign": campaign.id,
        "place": report.place_id,
        "key": str(campaign.id),
        "code": report.place_code,
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


def _beside(report: DailyReport) -> dict[str, Any]:
    """What the reports of a sweep that belong together have in common: the day, or one closing."""
    if report.closing:
        return {"closing": True, "due_at": report.due_at}
    return {"closing": False, "day": report.day}


def below(report: DailyReport) -> list[DailyReport]:
    """The reports of the same day at the next level that reports. Two queries."""
    levels = field_rules_version(report.campaign.rule_version).report.levels
    next_level = min((int(one) for one in levels if one > len(report.place_code)), default=0)
    lo, hi = codes.bounds(report.place_code)
    found = DailyReport.objects.filter(
        campaign_id=report.campaign_id,
        place_code__gte=lo,
        place_code__lt=hi,
        place__level=next_level,
        **_beside(report),
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
        place_code__gte=lo,
        place_code__lt=hi,
        **{f"report__{name}": value for name, value in _beside(report).items()},
    ).exclude(report_id=report.id)
    return found.order_by("-created_at", "-id")
