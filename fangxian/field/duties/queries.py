"""Named reads of duties: what is set up at a place, what was done, which points are missed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from fangxian.common import codes
from fangxian.field.models import (
    Disinfection,
    Gate,
    GateEntry,
    Message,
    Outreach,
    Point,
    Round,
    RoundCheck,
)

M = TypeVar("M", bound=models.Model)
DAY = dt.timedelta(days=1)


def inside(rows: QuerySet[M], code: str) -> QuerySet[M]:
    """The rows at a place and in it."""
    lo, hi = codes.bounds(code)
    return rows.filter(place_code__gte=lo, place_code__lt=hi)


def day_of(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The first moment of a day and that of the next one."""
    first = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    return first, timezone.make_aware(dt.datetime.combine(day + DAY, dt.time.min))


def on(day: dt.date) -> Q:
    """Done on a day, and not taken back by a correction."""
    first, after = day_of(day)
    return Q(at__gte=first, at__lt=after, corrected_by=None)


def gates_at(code: str) -> QuerySet[Gate]:
    """The gates at and below a place that are staffed now."""
    return inside(Gate.objects.filter(closed_on=None), code).order_by("place_code", "name")


def rounds_at(code: str) -> QuerySet[Round]:
    """The rounds at and below a place that are walked now."""
    return inside(Round.objects.filter(ended_on=None), code).order_by("place_code", "name")


def messages_for(
    code: str, day: dt.date | None = None, until: dt.date | None = None
) -> QuerySet[Message]:
    """What is to be said at a place on a day: its own messages and those of the places above.

    With ``until`` also what begins by that day.
    """
    today = day or timezone.localdate()
    here = Q(place_code__in=[*codes.ancestors(code), code])
    running = Q(from_date__lte=until or today, to_date__gte=today)
    return Message.objects.filter(here & running).order_by("place_code", "from_date", "id")


def messages_at(code: str, day: dt.date | None = None) -> QuerySet[Message]:
    """What is said on a day at a place, above it and below it, the widest first."""
    today = day or timezone.localdate()
    lo, hi = codes.bounds(code)
    here = Q(place_code__in=codes.ancestors(code)) | Q(place_code__gte=lo, place_code__lt=hi)
    running = Q(to_date__gte=today)
    return Message.objects.filter(here & running).order_by("place_code", "from_date", "id")


@dataclass(frozen=True)
class Walk:
    """One day's walk of a round: from when until when, how often by now, how often in all."""

    begins: dt.datetime
    ends: dt.datetime
    due: int
    times: int


def walk_of(one: Round, now: dt.datetime) -> Walk:
    """The walk of a round that is under way, or the next one of today.

    The time from the first to the last hour has so many equal parts as the round is walked; a part
    that is over is due. A round over midnight belongs to the day on which it begins.
    """
    local = timezone.localtime(now)
    overnight = one.last_at <= one.first_at
    first_day = local.date() - (
        DAY if overnight and local.time() < one.first_at else dt.timedelta()
    )
    begins = timezone.make_aware(dt.datetime.combine(first_day, one.first_at))
    last_day = first_day + (DAY if overnight else dt.timedelta())
    ends = timezone.make_aware(dt.datetime.combine(last_day, one.last_at))
    share = (now - begins) / (ends - begins)
    due = int(one.times * min(max(share, 0.0), 1.0))
    return Walk(begins, ends, due, one.times)


def counted_from(one: Round, walk: Walk) -> dt.datetime:
    """Since when what was passed counts for a walk, for a day: who goes early goes too, but for a
    walk over midnight.
    """
    if one.last_at <= one.first_at:
        return walk.begins
    return day_of(timezone.localdate(walk.begins))[0]


@dataclass(frozen=True)
class PointState:
    """A point of a round now: how often it was passed, how often it should have been."""

    point: Point
    done: int
    walk: Walk
    made_at: dt.datetime

    @property
    def due(self) -> int:
        """How often it should have been passed: never on a walk that began before it was there."""
        return self.walk.due if self.made_at <= self.walk.begins else 0

    @property
    def missed(self) -> int:
        """How often it was not passed when it should have been."""
        return max(0, self.due - self.done)

    @property
    def left(self) -> int:
        """How often it is still to be passed today."""
        return max(0, self.walk.times - self.done)


def states_of(
    rounds: Iterable[Round], now: dt.datetime | None = None
) -> dict[UUID, list[PointState]]:
    """The points of rounds in their order, by the round's id. Two queries, whatever the number."""
    moment = now or timezone.now()
    by_id = {one.id: one for one in rounds}
    if not by_id:
        return {}
    walks = {one.id: walk_of(one, moment) for one in by_id.values()}
    since = {key: counted_from(by_id[key], walk) for key, walk in walks.items()}
    points = Point.objects.filter(round__in=by_id, removed_on=None).order_by("position", "id")
    found: dict[UUID, list[Point]] = {key: [] for key in by_id}
    for point in points:
        found[point.round_id].append(point)
    done = _passed(since)
    return {
        key: [
            PointState(
                point,
                done.get(point.id, 0),
                walks[key],
                max(point.created_at, by_id[key].created_at),
            )
            for point in mine
        ]
        for key, mine in found.items()
    }


def _passed(since: dict[UUID, dt.datetime]) -> dict[UUID, int]:
    """How often each point was passed since its round's walk began. One query."""
    starts: dict[dt.datetime, list[UUID]] = {}
    for key, moment in since.items():
        starts.setdefault(moment, []).append(key)
    counted = Q()
    for moment, keys in starts.items():
        counted |= Q(point__round__in=keys, at__gte=moment, at__lt=moment + DAY)
    rows = RoundCheck.objects.filter(counted, corrected_by=None).values_list("point_id")
    return dict(rows.annotate(n=Count("id")).order_by())


# Each point's checks are counted by their index: whatever the planner knows of the tables, it costs
# by the point.
_MISSED = """
WITH schedule AS (
  SELECT * FROM unnest(%(times)s::int[], %(first)s::time[], %(last)s::time[],
    %(begins)s::timestamptz[], %(since)s::timestamptz[], %(due)s::int[])
    AS s (times, first_at, last_at, begins, since, due)
)
SELECT r.id, count(*)
FROM schedule s JOIN field_round r ON s.times = r.times AND s.first_at = r.first_at
  AND s.last_at = r.last_at AND r.ended_on IS NULL AND r.created_at <= s.begins
  AND r.place_code >= %(lo)s AND r.place_code < %(hi)s
JOIN field_point p ON p.round_id = r.id AND p.removed_on IS NULL AND p.created_at <= s.begins
CROSS JOIN LATERAL (
  SELECT count(*) AS n FROM field_roundcheck c
  WHERE c.point_id = p.id AND c.at >= s.since AND c.at < s.since + interval '1 day'
    AND NOT EXISTS (SELECT 1 FROM field_roundcheck x WHERE x.corrects_op_id = c.op_id)
) AS passed
WHERE s.due > 0 AND passed.n < s.due
GROUP BY r.id ORDER BY count(*) DESC, r.id
"""


def hours_at(code: str) -> list[Round]:
    """The hours at which rounds at and below a place are walked, each once. One query."""
    hours = rounds_at(code).order_by().values_list("times", "first_at", "last_at").distinct()
    return [Round(times=times, first_at=first, last_at=last) for times, first, last in hours]


def missed_at(
    code: str, now: dt.datetime | None = None, *, hours: Sequence[Round] | None = None
) -> dict[UUID, int]:
    """Rounds at and below a place with points missed by now: how many, the most first.

    Of a walk that began before a round or a point was made nothing is due there. Two queries,
    however many rounds: many are walked by the same hours, which may be given (:func:`hours_at`).
    """
    moment = now or timezone.now()
    every = hours_at(code) if hours is None else hours
    if not every:
        return {}
    walks = [walk_of(one, moment) for one in every]
    since = [counted_from(one, walk) for one, walk in zip(every, walks, strict=True)]
    lo, hi = codes.bounds(code)
    values: dict[str, Any] = {
        "times": [one.times for one in every],
        "first": [one.first_at for one in every],
        "last": [one.last_at for one in every],
        "begins": [walk.begins for walk in walks],
        "since": since,
        "due": [walk.due for walk in walks],
        "lo": lo,
        "hi": hi,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MISSED, values)
        return dict(cursor.fetchall())


def worst(missed: Mapping[UUID, int], most: int) -> list[Round]:
    """The first rounds of :func:`missed_at`, in its order. One query."""
    first = list(missed)[:most]
    return sorted(Round.objects.filter(id__in=first), key=lambda one: first.index(one.id))


def entries_at(code: str, day: dt.date) -> QuerySet[GateEntry]:
    """What passed the gates at and below a place on a day."""
    return inside(GateEntry.objects.filter(on(day)), code)


def checks_at(code: str, day: dt.date) -> QuerySet[RoundCheck]:
    """The checks of points at and below a place on a day."""
    return inside(RoundCheck.objects.filter(on(day)), code)


def disinfections_at(code: str, day: dt.date) -> QuerySet[Disinfection]:
    """What was disinfected at and below a place on a day."""
    return inside(Disinfection.objects.filter(on(day)), code)


def outreach_at(code: str, day: dt.date) -> QuerySet[Outreach]:
    """What was told, talked over, answered, dispersed at and below a place on a day."""
    return inside(Outreach.objects.filter(on(day)), code)
