"""The wall of headquarters: overview and gaps. Read from four metres, left running for days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.sessions import UNATTENDED
from fangxian.command import coverage as boards
from fangxian.command import situation
from fangxian.command.checking import proof
from fangxian.command.gaps import vacancies_of
from fangxian.command.polling import current, still
from fangxian.command.views.downloads import coloured

MINUTE = dt.timedelta(minutes=1)
VACANCIES = 10


def _ground(request: SignedRequest) -> dict[str, Any]:
    campaign = situation.sweep_of(request.actor, request.GET.get("sweep", ""))
    place = situation.top_of(request.actor, campaign)
    return {
        "campaign": campaign,
        "place": place,
        "now": timezone.now(),
        "unattended": UNATTENDED in request.session,
        "poll_url": request.get_full_path(),
    }


@page("command.wall", unattended=True)
def overview(request: SignedRequest) -> HttpResponse:
    """Big figures, the map, the worst places below, visits a day."""
    ground = _ground(request)
    campaign, place = ground["campaign"], ground["place"]
    if request.htmx and request.GET.get("part") == "slow":
        slow = _slow(ground, boards.board(campaign, place))
        return render(request, "command/_wall_slow.html", ground | slow)
    figures = situation.figures(campaign, place.code if place else "")
    checked = proof()
    beside = [figures, checked["at"]]
    if unchanged := still(
        request, lambda: [boards.counts(campaign, place), *beside], confirmed=MINUTE
    ):
        return unchanged
    shown = boards.board(campaign, place)
    rows = boards.arranged(shown.rows, "worst", "")[: situation.WORST]
    context = ground | {
        "own": shown.own,
        "rows": rows,
        "figures": figures,
        "proof": checked,
    }
    if not request.htmx:
        context |= _slow(ground, shown)
    return current(
        request,
        "command/wall.html",
        "command/_wall.html",
        context,
        shows=[shown.own, rows, figures, checked["at"], timezone.localdate()],
        counts=[shown.counts, *beside],
        closers=[row.asked for row in rows],
        confirmed=MINUTE,
    )


def _slow(ground: dict[str, Any], shown: boards.Board) -> dict[str, Any]:
    """What is drawn, and therefore renewed less often."""
    campaign = ground["campaign"]
    days = situation.curve(campaign, shown.own.code) if campaign else []
    return {
        "places": coloured(shown, links=not ground["unattended"]),
        "days": days,
        "chart": {
            "kind": "bar",
            "labels": [date_format(day, "m-d") for day, _count in days],
            "series": [{"name": _("Visits"), "data": [count for _day, count in days]}],
        },
    }


@page("command.wall", unattended=True)
def gaps(request: SignedRequest) -> HttpResponse:
    """What is uncovered: the worst grids, vacancies, overdue reports, and who closes them."""
    ground = _ground(request)
    campaign = ground["campaign"]
    shown = boards.board(campaign, ground["place"])
    worst = situation.worst(campaign, shown.own.code)
    unfilled = vacancies_of(shown.own.code, VACANCIES)
    late = situation.late_reports(campaign, shown.own.code) if campaign else []
    context = ground | {
        "own": shown.own,
        "worst": worst,
        "unfilled": unfilled,
        "late_reports": late,
    }
    return current(
        request,
        "command/wall_gaps.html",
        "command/_wall_gaps.html",
        context,
        shows=[shown.own, worst, [row["key"] for row in unfilled], late, timezone.localdate()],
        closers=[
            *(line.row.closer for line in worst),
            *(row["naming"].closer for row in unfilled),
        ],
        confirmed=MINUTE,
    )


@page("command.wall", methods=("POST",))
def stay(request: SignedRequest) -> HttpResponse:
    """Leave the wall running here: the session opens nothing else, and lasts while it is shown."""
    request.session[UNATTENDED] = True
    return redirect("command:wall")
