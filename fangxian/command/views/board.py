"""The coverage board: from the area to the door, one click a level."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.accounts.policy import SignedRequest, page
from fangxian.command import coverage as boards
from fangxian.command.coverage import KEPT, ORDERS, Board, Row, arranged
from fangxian.command.gaps import doors_of, vacancies_of
from fangxian.command.polling import current, still
from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.field.models import Campaign, Target
from fangxian.field.queries import Coverage, coverage_of, running
from fangxian.regions.models import Region
from fangxian.regions.queries import at, path

DOORS = 60
CLOSED = 20


@page("command.board")
def choose(request: SignedRequest) -> HttpResponse:
    """Go to the running sweep of the area, or list them when there are several or none."""
    found = list(running(request.actor.area))
    if len(found) == 1:
        return redirect("command:board_area", campaign=found[0].id)
    return redirect("command:sweeps")


@page("command.board")
def sweeps(request: SignedRequest) -> HttpResponse:
    """Every board of the area: the chain, running sweeps, closed ones."""
    area = request.actor.area
    above = codes.ancestors(area, include_self=True) if area else []
    closed = Campaign.objects.filter(
        Q(area__code__startswith=area) | Q(area__code__in=above), state=Campaign.State.CLOSED
    ).select_related("area")
    context = {
        "chain": boards.board(None, at(area) if area else None).own,
        "running": _tiles(request, running(area)),
        "closed": _tiles(request, closed.order_by("-ends_on", "-id")[:CLOSED]),
        "now": timezone.now(),
    }
    return render(request, "command/sweeps.html", context)


def _tiles(
    request: SignedRequest, campaigns: Iterable[Campaign]
) -> list[tuple[Campaign, Coverage]]:
    """Where each sweep stands in the actor's area. Two queries, however many."""
    tops = {one: max(request.actor.area, one.area.code, key=len) for one in campaigns}
    covered = coverage_of({one: [code] for one, code in tops.items()})
    return [(one, covered[one.id, code]) for one, code in tops.items()]


def campaign_of(request: SignedRequest, campaign_id: UUID) -> Campaign:
    """A sweep that concerns the actor's area. Raises OutOfScope."""
    found = Campaign.objects.select_related("area", "form").filter(id=campaign_id).first()
    if found is None:
        raise OutOfScope(str(campaign_id))
    boards.top(request.actor, found)
    return found


def place_of(request: SignedRequest, code: str, campaign: Campaign | None = None) -> Region:
    """A place of the actor's area, and of the sweep's. Raises OutOfScope."""
    if campaign is not None and not codes.contains(campaign.area.code, code):
        raise OutOfScope(code)
    return at(code, by=request.actor)


@page("command.board")
def at_area(request: SignedRequest, campaign: UUID) -> HttpResponse:
    """The board at the top of the actor's part of the sweep."""
    found = campaign_of(request, campaign)
    return _show(request, found, boards.top(request.actor, found))


@page("command.board")
def at_place(request: SignedRequest, campaign: UUID, code: str) -> HttpResponse:
    """The board at a place of the actor's area."""
    found = campaign_of(request, campaign)
    return _show(request, found, place_of(request, code, found))


@page("command.board")
def chain_area(request: SignedRequest) -> HttpResponse:
    """The chain of responsibility at the actor's area: what is vacant, with or without a sweep."""
    area = request.actor.area
    return _show(request, None, at(area) if area else None)


@page("command.board")
def chain_place(request: SignedRequest, code: str) -> HttpResponse:
    """The chain of responsibility at a place."""
    return _show(request, None, place_of(request, code))


def _show(request: SignedRequest, campaign: Campaign | None, place: Region | None) -> HttpResponse:
    if unchanged := still(request, lambda: boards.counts(campaign, place)):
        return unchanged
    shown = boards.board(campaign, place)
    order = _choice(request, "sort", ORDERS, "worst")
    only = _choice(request, "only", KEPT, "")
    rows = arranged(shown.rows, order, only)
    gaps_only = only == "gaps"
    doors: list[dict[str, Any]] = []
    if campaign and place and _doors_shown(request, place):
        doors = doors_of(campaign, place.code, gaps_only=gaps_only, most=DOORS)
    unfilled = vacancies_of(shown.own.code) if campaign is None else []
    kept = _kept(order, only)
    context = {
        "campaign": campaign,
        "place": place,
        "own": shown.own,
        "lines": [line(row, campaign, kept) for row in rows],
        "hidden": len(shown.rows) - len(rows),
        "late": campaign is not None and campaign.ends_on < timezone.localdate(),
        "closed": campaign is not None and campaign.state == Campaign.State.CLOSED,
        "door_level": campaign is not None and place is not None and _doors_shown(request, place),
        "doors": doors,
        "more_doors": max(
            0, (shown.own.coverage.gap if gaps_only else shown.own.coverage.target) - len(doors)
        ),
        "unfilled": unfilled,
        "kept": kept,
        "due": campaign.ends_on if campaign else None,
        "orders": _links(request, "sort", order, "worst", _order_names(campaign)),
        "filters": _links(request, "only", only, "", _filter_names(campaign)),
        "may_download": request.actor.may("field.view"),
    }
    if not request.htmx:
        context |= _around(request, shown, place, kept)
    return current(
        request,
        "command/board.html",
        "command/_board.html",
        context,
        shows=[
            shown.own,
            rows,
            [[door["target"].id, door["state"], door["due"], door["closers"]] for door in doors],
            [vacancy["key"] for vacancy in unfilled],
            campaign and [campaign.name, campaign.ends_on, campaign.state],
            timezone.localdate(),
        ],
        counts=shown.counts,
        closers=[
            shown.own.closer if campaign and shown.own.coverage.gap else None,
            *(row.asked for row in rows),
            *(door["closer"] for door in doors if door["state"] == Target.State.OPEN),
            *(vacancy["naming"].closer for vacancy in unfilled),
        ],
    )


def line(row: Row, campaign: Campaign | None, kept: str = "") -> dict[str, Any]:
    """How a row is shown: its name, where it leads, the meter, its vacancies."""
    status, kind = "", "warn"
    if row.vacancies:
        status = ngettext("%(n)s vacancy", "%(n)s vacancies", row.vacancies) % {"n": row.vacancies}
    elif campaign is None:
        status, kind = _("no vacancy"), "ok"
    return {
        "row": row,
        "name": _("%(name)s itself") % {"name": row.name} if row.here else row.name,
        "url": "" if row.here else address(campaign, row.code) + kept,
        "id": f"row-{row.code}",
        "total": row.coverage.target if campaign else None,
        "status": status,
        "kind": kind,
    }


def _doors_shown(request: SignedRequest, place: Region) -> bool:
    return place.level >= Level.BUILDING and request.actor.may("field.view")


def _choice(request: SignedRequest, name: str, allowed: Iterable[str], default: str) -> str:
    wanted = request.GET.get(name, default)
    return wanted if wanted in set(allowed) else default


def _kept(order: str, only: str) -> str:
    """The part of the address that goes along from level to level."""
    given = {"sort": order if order != "worst" else "", "only": only}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"?{query}" if query else ""


def address(campaign: Campaign | None, code: str) -> str:
    """Where the board of a place stands."""
    if campaign is not None:
        return reverse("command:board_place", args=[campaign.id, code])
    return reverse("command:chain_place", args=[code]) if code else reverse("command:chain")


def _around(
    request: SignedRequest, shown: Board, place: Region | None, kept: str
) -> dict[str, Any]:
    """What stands around the part that keeps itself current: the way, the views, the filters."""
    campaign, area = shown.campaign, request.actor.area
    code = place.code if place else ""
    limit = campaign.area.code if campaign else ""
    way = [
        step
        for step in path(code)
        if codes.contains(area, step.code) and codes.contains(limit, step.code)
    ]
    crumbs = [{"label": step.name, "url": address(campaign, step.code) + kept} for step in way]
    if not area and campaign is None:
        crumbs.insert(0, {"label": _("The whole country"), "url": address(None, "")})
    boards_ = [
        {
            "label": other.name,
            "url": reverse("command:board_area", args=[other.id]),
            "current": campaign is not None and other.id == campaign.id,
        }
        for other in running(area)
    ]
    if campaign is not None and not any(item["current"] for item in boards_):
        boards_.append({"label": campaign.name, "url": request.path, "current": True})
    boards_.append(
        {
            "label": _("Who answers"),
            "url": reverse("command:chain"),
            "current": campaign is None,
        }
    )
    boards_.append({"label": _("All sweeps"), "url": reverse("command:sweeps"), "current": False})
    return {
        "breadcrumbs": crumbs,
        "boards": boards_,
        "poll_url": request.get_full_path(),
    }


def _order_names(campaign: Campaign | None) -> dict[str, str]:
    names = {"worst": _("worst first"), "place": _("by place")}
    if campaign is not None:
        names |= {"share": _("by share"), "vacancies": _("by vacancies")}
    return names


def _filter_names(campaign: Campaign | None) -> dict[str, str]:
    names = {"": _("all places")}
    if campaign is not None:
        names["gaps"] = _("only with gaps")
    names["vacancies"] = _("only with vacancies")
    return names


def _links(
    request: SignedRequest, name: str, now: str, default: str, labels: dict[str, str]
) -> list[dict[str, Any]]:
    links = []
    for value, label in labels.items():
        query = request.GET.copy()
        query.pop(name, None)
        if value != default:
            query[name] = value
        links.append(
            {
                "label": label,
                "url": f"{request.path}?{query.urlencode()}" if query else request.path,
                "current": value == now,
            }
        )
    return links
