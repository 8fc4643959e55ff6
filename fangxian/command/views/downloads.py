"""Lists of gaps and vacancies to take along, and the map of a board."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language

from fangxian.accounts.policy import SignedRequest, page
from fangxian.command import coverage as boards
from fangxian.command import exporting
from fangxian.command.views.board import address, campaign_of, place_of
from fangxian.core.actions import start_job
from fangxian.regions import geo


@page("field.view", methods=("POST",))
def gaps(request: SignedRequest, campaign: UUID, code: str, form: str) -> HttpResponse:
    """The uncovered doors of a place; many of them by a job, whose page answers."""
    found = campaign_of(request, campaign)
    place = place_of(request, code, found)
    if boards.rows(found, [place])[0].coverage.gap > exporting.AT_ONCE:
        return _by_job(request, "command.gaps", place.code, form, campaign=str(found.id))
    return _file(exporting.gaps_ledger(found, place.code, request.actor.name), form)


@page("command.board", methods=("POST",))
def vacancies(request: SignedRequest, form: str, code: str = "") -> HttpResponse:
    """The vacancies at and below a place; many of them by a job, whose page answers."""
    place = place_of(request, code or request.actor.area) if code or request.actor.area else None
    at = place.code if place else ""
    if exporting.vacancies_count(at) > exporting.AT_ONCE:
        return _by_job(request, "command.vacancies", at, form)
    return _file(exporting.vacancies_ledger(at, request.actor.name), form)


def _by_job(request: SignedRequest, kind: str, code: str, form: str, **ids: str) -> HttpResponse:
    args = {"code": code, "form": form, "language": get_language() or "", **ids}
    job = start_job(by=request.actor, kind=kind, args=args, place_code=code)
    return redirect("core:job", job.id)


def _file(ledger: exporting.Ledger, form: str) -> HttpResponse:
    out = io.BytesIO()
    exporting.write(out, ledger, form)
    kind = exporting.CSV if form == "csv" else exporting.XLSX
    answer = HttpResponse(out.getvalue(), content_type=kind)
    name = content_disposition_header(True, f"{ledger.name}.{form}")
    answer["Content-Disposition"] = name or "attachment"
    answer["Cache-Control"] = "no-store"
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
