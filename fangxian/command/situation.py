"""The figures of the wall: where the sweep stands, what is worst, how it went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from fangxian.command import coverage as boards
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.core import counters
from fangxian.core.queries import open_tasks, overdue
from fangxian.field.models import Campaign, DailyReport
from fangxian.field.queries import GAP, running
from fangxian.organisations import vacancies
from fangxian.regions.models import Region
from fangxian.regions.queries import at, current, names

WORST = 12
KEPT_SECONDS = 60
# Tasks and reports run late by the hour, and walls ask each second.
LATE_SECONDS = 10
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """One line of the worst places, with where it lies."""

    row: boards.Row
    where: str


def sweep_of(by: Actor, wanted: str = "") -> Campaign | None:
    """The sweep to show: the one asked for by id, else the one that ends first."""
    found = list(running(by.area))
    chosen = next((campaign for campaign in found if str(campaign.id) == wanted), None)
    return chosen or min(found, key=lambda campaign: campaign.ends_on, default=None)


def top_of(by: Actor, campaign: Campaign | None) -> Region | None:
    """The place the wall is about."""
    if campaign is not None:
        return boards.top(by, campaign)
    return at(by.area) if by.area else None


def figures(campaign: Campaign | None, code: str) -> dict[str, Any]:
    """What the tiles say beyond the board's own sums; what is late at most ten seconds old."""

    def count() -> dict[str, int]:
        lo, hi = codes.bounds(code)
        there = {"place_code__gte": lo, "place_code__lt": hi}
        reports = DailyReport.objects.filter(sent_at=None, due_at__lt=timezone.now(), **there)
        return {
            "overdue_tasks": overdue(open_tasks().filter(**there)).count(),
            "late_reports": reports.filter(campaign=campaign).count() if campaign else 0,
        }

    sweep = campaign.id if campaign else ""
    late = kept(f"command.late:{sweep}:{code}", count, LATE_SECONDS)
    return late | {
        "days_left": (campaign.ends_on - timezone.localdate()).days if campaign else None,
    }


def late_reports(campaign: Campaign, code: str, most: int = WORST) -> list[dict[str, Any]]:
    """Daily reports that are overdue, the latest first: ``place day due``. Two queries."""
    lo, hi = codes.bounds(code)
    found = DailyReport.objects.filter(
        campaign=campaign,
        sent_at=None,
        due_at__lt=timezone.now(),
        place_code__gte=lo,
        place_code__lt=hi,
    ).order_by("due_at", "place_code")[:most]
    rows = list(found)
    called = names({row.place_code for row in rows})
    return [
        {"place": called.get(row.place_code, row.place_code), "day": row.day, "due": row.due_at}
        for row in rows
    ]


def worst(campaign: Campaign | None, code: str, most: int = WORST) -> list[Place]:
    """The finest places with the most gaps (or vacancies), where they lie and who closes them.

    One query for each level that has none, then five, however many places there are.
    """
    key, weights = vacancies.KEY, {vacancies.METRIC: 1}
    if campaign is not None:
        key, weights = str(campaign.id), GAP
    ranked: list[str] = []
    for level in (Level.GRID, Level.VILLAGE, Level.TOWN):
        if int(level) > len(code) and not ranked:
            ranked = list(counters.highest(code, level, weights, key, most))
    places = {place.code: place for place in current().filter(code__in=ranked)}
    found = boards.rows(campaign, [places[one] for one in ranked if one in places])
    above = names({row.code[: int(level)] for row in found for level in (9, 12)})
    return [
        Place(
            row,
            " ".join(
                above[row.code[:n]] for n in (9, 12) if n < len(row.code) and row.code[:n] in above
            ),
        )
        for row in found
    ]


_BY_DAY = """
SELECT (visited_at AT TIME ZONE %(zone)s)::date AS day, count(*)
FROM field_visit v
WHERE NOT EXISTS (SELECT 1 FROM field_visit c WHERE c.corrects_op_id = v.op_id)
  AND campaign_id = %(campaign)s AND place_code >= %(lo)s AND place_code < %(hi)s
GROUP BY 1 ORDER BY 1
"""


def curve(campaign: Campaign, code: str) -> list[tuple[dt.date, int]]:
    """Visits a day since the sweep began. Counted at most once a minute for all walls.

    Visits that were corrected don't count, their corrections do, as in the daily report.
    """

    def count() -> list[tuple[str, int]]:
        lo, hi = codes.bounds(code)
        zone = timezone.get_current_timezone_name()
        with connection.cursor() as cursor:
            cursor.execute(_BY_DAY, {"campaign": campaign.id, "lo": lo, "hi": hi, "zone": zone})
            known = dict(cursor.fetchall())
        last = min(timezone.localdate(), campaign.ends_on)
        days = max((last - campaign.starts_on).days, 0) + 1
        every = [campaign.starts_on + dt.timedelta(days=n) for n in range(days)]
        return [(day.isoformat(), int(known.get(day, 0))) for day in every]

    # What is kept is JSON.
    found = kept(f"command.curve:{campaign.id}:{code}", count)
    return [(dt.date.fromisoformat(day), n) for day, n in found]


def kept(key: str, make: Callable[[], T], seconds: int = KEPT_SECONDS) -> T:
    """``make()``, at most once in ``seconds`` for each key: aggregates only, no person.

    Kept for all processes at once, so that a page that is asked again never shows an older figure.
    """
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, seconds)
    return found
