"""The coverage board: from the area to the door, one click a level."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils import timezone

from fangxian.accounts.policy import SignedRequest, page
from fangxian.command.coverage import rows
from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.field.models import Campaign
from fangxian.field.queries import doors, running
from fangxian.regions.models import Region
from fangxian.regions.queries import at, children, path

DOORS = 200


@page("command.board")
def choose(request: SignedRequest) -> HttpResponse:
    """Go to the running sweep of the area, or list them when there are several or none."""
    found = list(running(request.actor.area))
    if len(found) == 1:
        return redirect("command:board_area", campaign=found[0].id)
    tiles = [(campaign, rows(campaign, [_top(request, campaign)])[0]) for campaign in found]
    return render(request, "command/board_choose.html", {"sweeps": tiles})


def _top(request: SignedRequest, campaign: Campaign) -> Region:
    """The highest place of the sweep that the actor sees: the sweep's area or his own."""
    return at(max(campaign.area.code, request.actor.area, key=len))


def _campaign(campaign_id: UUID) -> Campaign:
    found = Campaign.objects.select_related("area", "form").filter(id=campaign_id).first()
    if found is None:
        raise OutOfScope(str(campaign_id))
    return found


@page("command.board")
def at_area(request: SignedRequest, campaign: UUID) -> HttpResponse:
    """The board at the top of the actor's part of the sweep."""
    found = _campaign(campaign)
    return _board(request, found, _top(request, found))


@page("command.board")
def at_place(request: SignedRequest, campaign: UUID, code: str) -> HttpResponse:
    """The board at a place of the actor's area."""
    if not codes.is_code(code) or not codes.contains(request.actor.area, code):
        raise OutOfScope(code)
    return _board(request, _campaign(campaign), at(code))


def _board(request: SignedRequest, campaign: Campaign, place: Region) -> HttpResponse:
    own = rows(campaign, [place])[0]
    version = (
        f'"{own.coverage.target}-{own.coverage.visited}-{own.coverage.exempt}-{own.vacancies}"'
    )
    if request.htmx and request.headers.get("If-None-Match") == version:
        return HttpResponseNotModified()
    below = list(children(place.code))
    context: dict[str, Any] = {
        "campaign": campaign,
        "place": place,
        "own": own,
        "rows": sorted(rows(campaign, below), key=lambda r: (r.complete, -r.coverage.gap, r.code)),
        "now": timezone.now(),
        "trail": [p for p in path(place.code) if codes.contains(request.actor.area, p.code)],
        "late": campaign.ends_on < timezone.localdate(),
        "door_level": place.level >= Level.BUILDING,
    }
    if context["door_level"]:
        found = doors(campaign, place.code)
        context["doors"] = list(found[:DOORS])
        context["more_doors"] = max(0, own.coverage.target - DOORS)
    name = "command/_board.html" if request.htmx else "command/board.html"
    response = render(request, name, context)
    response["ETag"] = version
    return response
