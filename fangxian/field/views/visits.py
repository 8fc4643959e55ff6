"""All visits: of a household in every sweep, and of a place in one sweep; corrections marked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.core.actions import start_job
from fangxian.field import exporting, queries, questions
from fangxian.field.forms import DoorFilter
from fangxian.field.views.campaigns import campaign_of, first_row
from fangxian.field.views.doors import door_names, where_of
from fangxian.regions.queries import full_name
from fangxian.register.queries import household

PAGE = 100


def _paged(
    request: SignedRequest, found: Any, query: dict[str, str], *, answers: bool = False
) -> dict[str, Any]:
    """A page of visits as lines, and where the pages beside it are."""
    start = first_row(request.GET.get("from", ""))
    visits = list(found[start : start + PAGE + 1])
    lines = queries.visit_lines(visits[:PAGE], answers=answers)
    queries.note_residents(line.visit.household_id for line in lines)
    before, after = max(0, start - PAGE), start + PAGE
    return {
        "lines": lines,
        "count": found.count(),
        "first_page": not start,
        "previous": f"?{urlencode(query | {'from': before})}" if start else "",
        "next": f"?{urlencode(query | {'from': after})}" if len(visits) > PAGE else "",
        "now": timezone.now(),
    }


@page("field.view")
def of_household(request: SignedRequest, household_id: UUID) -> HttpResponse:
    """Every visit at a household in whatever sweep with what was answered, the latest first."""
    home = household(household_id)
    context = {
        "where": " ".join(part for part in (full_name(home.place_code), home.room) if part),
        "back": reverse("register:household", args=[home.id]),
        **_paged(request, queries.visits_of(home.id), {}, answers=True),
    }
    return render(request, "field/visits.html", context)


@page("field.view")
def of_place(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """The visits of a sweep at a place, what came in last first."""
    campaign = campaign_of(request, campaign_id)
    place = DoorFilter(request.GET).chosen(request.actor, campaign)[0]
    paged = _paged(request, queries.visits_at(campaign, place), {"place": place})
    lines = paged["lines"]
    labels = door_names([line.visit for line in lines], place)
    rows = [{"line": line, "where": where_of(line.visit, labels, within=place)} for line in lines]
    context = {
        "campaign": campaign,
        "place": place,
        "place_name": full_name(place),
        "rows": rows,
        "may_export": request.actor.may(questions.RIGHT, place),
        "may_reveal": len(place) >= Level.VILLAGE and request.actor.may("people.reveal", place),
    }
    return render(request, "field/visits_of_place.html", context | paged)


@page(questions.RIGHT, methods=("POST",))
def export(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """The answers of a sweep at a place as a workbook, by a job, whose page answers.

    With a ``reason`` the numbers among them are in full, logged as revealed; else masked.
    """
    by = request.actor
    campaign = campaign_of(request, campaign_id)
    code = request.POST.get("place", "") or max(by.area, campaign.area.code, key=len)
    if not codes.is_code(code) or not codes.contains(by.area, code):
        raise OutOfScope(code)
    by.require(questions.RIGHT, code)
    args = {"campaign": str(campaign.id), "code": code, "language": get_language() or ""}
    if "reason" in request.POST:
        reason = request.POST["reason"]
        entry = exporting.reveal_answers(by=by, campaign=campaign, code=code, reason=reason)
        args["reveal"] = str(entry)
    job = start_job(by=by, kind=exporting.JOB, args=args, place_code=code)
    return redirect("core:job", job.id)
