"""Lists of gaps and vacancies to take along, and the map of a board."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from fangxian.accounts.policy import SignedRequest, page
from fangxian.command import coverage as boards
from fangxian.command import exporting
from fangxian.command.views.board import address, campaign_of, place_of
from fangxian.core.actions import start_job
from fangxian.regions import geo


@page("field.view")
def gaps(request: SignedRequest, campaign: UUID, code: str, form: str) -> HttpResponse:
    """The uncovered doors of a place; many of them by a job, whose page answers."""
    found = campaign_of(request, campaign)
    place = place_of(request, code, found)
    own = boards.rows(found, [place])[0]
    if own.coverage.gap > exporting.AT_ONCE:
        job = start_job(
            by=request.actor,
            kind="command.gaps",
            args={
                "campaign": str(found.id),
                "code": place.code,
                "form": form,
                "language": get_language() or "",
            },
            place_code=place.code,
        )
        return redirect("core:job", job.id)
    return _file(exporting.gaps_ledger(found, place.code, request.actor.name), form)


@page("command.board")
def vacancies(request: SignedRequest, form: str, code: str = "") -> HttpResponse:
    """The vacancies at and below a place."""
    place = place_of(request, code or request.actor.area) if code or request.actor.area else None
    ledger = exporting.vacancies_ledger(place.code if place else "", request.actor.name)
    return _file(ledger, form)


def _file(ledger: exporting.Ledger, form: str) -> HttpResponse:
    out = io.BytesIO()
    exporting.write(out, ledger, form)
    kind = exporting.CSV if form == "csv" else exporting.XLSX
    answer = HttpResponse(out.getvalue(), content_type=kind)
    name = quote(f"{ledger.name}.{form}")
    answer["Content-Disposition"] = f"attachment; filename=\"gaps.{form}\"; filename*=UTF-8''{name}"
    return answer


@page("command.board")
def map_of(request: SignedRequest, campaign: UUID, code: str) -> HttpResponse:
    """The places of a board on a map, coloured by coverage, with the table behind it."""
    found = campaign_of(request, campaign)
    place = place_of(request, code, found)
    shown = boards.board(found, place)
    return render(
        request,
        "command/map.html",
        {
            "campaign": found,
            "place": place,
            "own": shown.own,
            "rows": boards.arranged(shown.rows, "worst", ""),
            "places": coloured(shown),
            "now": timezone.now(),
            "back": address(found, place.code),
        },
    )


def coloured(shown: boards.Board, *, links: bool = True) -> dict[str, Any]:
    """GeoJSON of what lies in a board's place, with the share covered and where a click leads."""
    collection = geo.children(shown.own.code)
    covered = {row.code: row.coverage for row in shown.rows if not row.here}
    for feature in collection["features"]:
        known = covered.get(str(feature["properties"]["code"]))
        if not links:
            feature["properties"]["url"] = ""
        if known is None:
            continue
        if links:
            feature["properties"]["url"] = (
                reverse("command:map", args=[shown.campaign.id, known.code])
                if shown.campaign
                else address(None, known.code)
            )
        if known.target:
            feature["properties"]["share"] = known.share
    return collection
