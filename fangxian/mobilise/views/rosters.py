"""The roster of a place drawn: posts over hours, days of a month; and one's own calendar."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.mobilise import fatigue, lacking, queries
from fangxian.mobilise.actions.posts import PLAN, VIEW
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.drawing import (
    Strip,
    heads_by_hour,
    laid,
    month_of,
    other_month,
    span_of,
    week_of,
    written,
)
from fangxian.mobilise.holidays import marked, not_announced
from fangxian.mobilise.line import HELD
from fangxian.mobilise.models import Post, Shift, Turn
from fangxian.mobilise.rules import post_rules
from fangxian.mobilise.views.common import frame
from fangxian.regions.queries import called

# Posts of one page.
POSTS: Final = 40
SPANS: Final = (1, 2, 3, 7)
DAY: Final = dt.timedelta(days=1)
# Before the day that is asked for a shift may have begun that still runs.
LONGEST: Final = 2 * DAY


def posts_page(request: HttpRequest, shifts: QuerySet[Shift]) -> tuple[list[UUID], dict[str, Any]]:
    """The posts of shifts that one page shows, in their order, and what its turning needs."""
    order = shifts.order_by("post__place_code", "post__name", "post_id")
    every = list(order.values_list("post_id", flat=True).distinct())
    pages = max(1, -(-len(every) // POSTS))
    asked = request.GET.get("page", "1")
    at = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 6 else 1
    said = _("Posts %(first)d to %(last)d of %(all)d")
    return every[(at - 1) * POSTS : at * POSTS], {
        "page": at,
        "pages": pages,
        "page_text": said
        % {"first": (at - 1) * POSTS + 1, "last": min(at * POSTS, len(every)), "all": len(every)}
        if pages > 1
        else "",
    }


def views_of(place: str, day: dt.date, current: str) -> list[dict[str, Any]]:
    """The ways to look at the roster of a place, one of them open."""
    names = {"week": _("List"), "gantt": _("By hours"), "month": _("Calendar")}
    query = f"?place={place}&day={day.isoformat()}"
    return [
        {"label": name, "url": reverse(f"mobilise:{view}") + query, "current": view == current}
        for view, name in names.items()
    ]


@page(VIEW)
def gantt(request: SignedRequest) -> HttpResponse:
    """Posts over the hours of one or several days: each shift a bar with who is on it."""
    place, first, context = frame(request, "week")
    asked = request.GET.get("days", "1")
    days = int(asked) if asked in map(str, SPANS) else 1
    strip, now = Strip(first, days), timezone.now()
    found = queries.inside(lacking.standing(), place).filter(
        day__gte=first - LONGEST, starts_at__lt=strip.ends, ends_at__gt=strip.begins
    )
    posts, turning = posts_page(request, found)
    shifts: dict[UUID, list[Shift]] = defaultdict(list)
    for one in found.filter(post__in=posts):
        shifts[one.post_id].append(one)
    known = Post.objects.in_bulk(posts)
    names = _names(
        [one.id for of in shifts.values() for one in of],
        mark=request.actor.may(PLAN),
    )
    lines = []
    for key in posts:
        row = laid(shifts[key], strip)
        bars = [{"bar": bar, "names": names.get(bar.shift.id, [])} for bar in row.bars]
        lines.append({"post": known[key], "row": row, "bars": bars})
    # Of all posts, whichever of them this page shows.
    times = found.order_by().values_list("starts_at", "ends_at")
    counted = times.annotate(on=Sum("placed"), needed=Sum("heads"))
    context |= {
        "views": views_of(place, first, "gantt"),
        "lines": lines,
        "runs": heads_by_hour(counted, strip),
        "places": called({post.place_code for post in known.values()}),
        "strip": strip,
        "marks": strip.marks(),
        "now_at": written(strip.share(now)) if strip.begins <= now < strip.ends else "",
        "spans": [{"n": n, "current": n == days} for n in SPANS],
        "before": str(first - days * DAY),
        "after": str(first + days * DAY),
        "unknown_days": not_announced(first, first + (days - 1) * DAY),
        "holidays": [
            {"day": first + n * DAY, "mark": marked(first + n * DAY)} for n in range(days)
        ],
        **turning,
    }
    return render(request, "mobilise/gantt.html", context)


def _names(shifts: Iterable[UUID], *, mark: bool) -> Mapping[UUID, list[str]]:
    """Who is on which shift, in the order in which they asked; ▲ is near a limit."""
    turns = list(
        Turn.objects.filter(shift__in=list(shifts), state=Turn.State.PLACED)
        .select_related("volunteer")
        .order_by("number")
    )
    near = fatigue.marks({turn.volunteer for turn in turns}, post_rules()) if mark else {}
    found: dict[UUID, list[str]] = defaultdict(list)
    for turn in turns:
        sign = "▲" if turn.volunteer_id in near else ""
        found[turn.shift_id].append(f"{sign}{turn.volunteer.name}")
    return found


@page(VIEW)
def month(request: SignedRequest) -> HttpResponse:
    """A month or a week of a place: how many are on duty and how many lack, by day."""
    place, day, context = frame(request, "week")
    span = _span(request, "month")
    weeks = month_of(day) if span == "month" else [week_of(day)]
    first, last = span_of(weeks)
    found = queries.inside(lacking.standing(), place).filter(day__gte=first, day__lte=last)
    by = ("day",) if span == "month" else ("day", "name")
    of: dict[dt.date, list[dict[str, Any]]] = defaultdict(list)
    now = timezone.now()
    for row in (
        found.values(*by)
        .annotate(
            all=Sum("heads"),
            on=Sum("placed"),
            lack=Sum(F("heads") - F("placed"), filter=Q(ends_at__gt=now), default=0),
            begins=Min("starts_at"),
        )
        .order_by("day", "begins")
    ):
        of[row["day"]].append(row)
    context |= {
        "views": views_of(place, day, "month"),
        "empty": not of,
        **_grid(weeks, day, span, of),
    }
    return render(request, "mobilise/month.html", context)


@page(TAKE)
def my_calendar(request: SignedRequest) -> HttpResponse:
    """One's own shifts in a week or a month."""
    _place, day, context = frame(request, "mine")
    me = queries.volunteer_of(request.actor)
    span = _span(request, "week")
    weeks = month_of(day) if span == "month" else [week_of(day)]
    first, last = span_of(weeks)
    of: dict[dt.date, list[Turn]] = defaultdict(list)
    if me is not None:
        turns = Turn.objects.filter(
            volunteer__person=me.person_id,
            state__in=HELD,
            shift__day__gte=first,
            shift__day__lte=last,
        )
        for turn in turns.select_related("shift", "shift__post").order_by("shift__starts_at"):
            of[turn.shift.day].append(turn)
    context |= {"me": me, **_grid(weeks, day, span, of)}
    return render(request, "mobilise/my_calendar.html", context)


def _span(request: HttpRequest, usual: str) -> str:
    asked = request.GET.get("span", usual)
    return asked if asked in ("month", "week") else usual


def _grid(
    weeks: Sequence[Sequence[dt.date]],
    day: dt.date,
    span: str,
    of: Mapping[dt.date, Sequence[Any]],
) -> dict[str, Any]:
    today = timezone.localdate()
    is_month = span == "month"
    return {
        "span": span,
        "weeks": [
            [
                {
                    "day": one,
                    "today": one == today,
                    "over": one < today,
                    "other": is_month and one.month != day.month,
                    "mark": marked(one),
                    "items": of.get(one, ()),
                }
                for one in week
            ]
            for week in weeks
        ],
        "shown": day,
        "unknown_days": not_announced(weeks[0][0], weeks[-1][-1]),
        "first": weeks[0][0],
        "last": weeks[-1][-1],
        "before": str(other_month(day, -1) if is_month else weeks[0][0] - 7 * DAY),
        "after": str(other_month(day, 1) if is_month else weeks[0][0] + 7 * DAY),
    }
