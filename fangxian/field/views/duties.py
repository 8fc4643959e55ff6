"""What the pages of duties share, and their overview of a place and day."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.accounts.actions.devices import RIGHT as PHONE
from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common import codes
from fangxian.common.errors import OutOfScope
from fangxian.common.ids import uuid7
from fangxian.common.ui import formats
from fangxian.common.ui.pages import form_page
from fangxian.core.actions import start_job
from fangxian.core.ledgers import XLSX
from fangxian.field.actions.gates import LOG, RECORD, WATCH
from fangxian.field.actions.planning import PLAN
from fangxian.field.duties import exporting, queries
from fangxian.field.duties.figures import figures
from fangxian.field.duties.forms import FIRST_DAY, DutyFilter, ExportForm
from fangxian.field.duties.rules import duty_rules, label
from fangxian.field.forms import called as called_here
from fangxian.field.models.duties_log import DutyRecord
from fangxian.regions.queries import called, full_name

SHOWN = 200
CHANGES = 20


def tabs(current: str, place: str = "") -> list[dict[str, Any]]:
    """The pages of duties, one of them open; a place is taken along."""
    names = {
        "duties": _("Overview"),
        "gates": _("Gates"),
        "rounds": _("Rounds"),
        "disinfections": _("Disinfection"),
        "outreach": _("Publicity"),
    }
    query = f"?place={place}" if place else ""
    return [
        {"label": name, "url": reverse(f"field:{page_}") + query, "current": page_ == current}
        for page_, name in names.items()
    ]


def frame(request: SignedRequest, current: str) -> tuple[str, dt.date, dict[str, Any]]:
    """Place and day that are shown, and what each page of duties has in its head."""
    form = DutyFilter(request.GET)
    place, day = form.chosen(request.actor)
    asked = place if place != request.actor.area else ""
    context = {
        "tabs": tabs(current, asked),
        "filter": form,
        "filtered": bool(asked) or bool(request.GET.get("day")),
        "place": place,
        "place_name": full_name(place) if place else "",
        "day": day,
        "day_before": str(max(day - dt.timedelta(days=1), FIRST_DAY)),
        "today": day == timezone.localdate(),
        "now": timezone.now(),
        "may_plan": request.actor.may(PLAN),
        "may_log": request.actor.may(LOG),
        "may_record": request.actor.may(RECORD),
        "may_export": request.actor.may(exporting.RIGHT),
        "may_reveal": request.actor.may("people.reveal"),
    }
    return place, day, context


def asked_place(request: SignedRequest) -> str:
    """What to write for the place that the address names, "" if it names none of the area."""
    asked, area = request.GET.get("place", ""), request.actor.area
    return called_here(asked, area) if codes.is_code(asked) and codes.contains(area, asked) else ""


def fresh() -> dict[str, Any]:
    """The number of a record that a page may make: sent twice it is one record."""
    return {"op_id": uuid7()}


def shown(rows: list[Any]) -> dict[str, Any]:
    """The first rows of a log, what their places and who recorded them are called."""
    first: list[DutyRecord] = rows[:SHOWN]
    return {
        "rows": first,
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "places": called({row.place_code for row in first}),
        "people": display_names(row.actor for row in first),
    }


def changes_of(model: type[Model], key: UUID) -> list[dict[str, Any]]:
    """The latest changes of what is set up: what it was called then, when and by whom."""
    history: Any = apps.get_model("field", f"{model.__name__}History")
    rows = list(history.objects.filter(pgh_obj_id=key).order_by("-pgh_id")[:CHANGES])
    people = display_names((row.pgh_context or {}).get("who", "") for row in rows)
    return [
        {
            "title": _("Set up") if row.pgh_label == "insert" else _("Changed"),
            "text": row.name,
            "time": row.pgh_created_at,
            "who": formats.who((row.pgh_context or {}).get("who", ""), people),
            "current": at_ == 0,
        }
        for at_, row in enumerate(rows)
    ]


@page(WATCH)
def overview(request: SignedRequest) -> HttpResponse:
    """What was done on duty at a place on a day, what is missed, what is said."""
    place, day, context = frame(request, "duties")
    rules = duty_rules()
    found = figures(place, day)
    rounds = found.behind(SHOWN)
    messages_ = list(queries.messages_at(place, day)[:SHOWN])
    context |= {
        "figures": found,
        "may_hand_in": request.actor.may(PHONE),
        "told": [
            {"kind": code, "name": label(rules.outreach, code), "told": one}
            for code, one in found.outreach.items()
        ],
        "rounds": rounds,
        "messages_today": [
            {"message": one, "kind": label(rules.messages, one.kind)} for one in messages_
        ],
        "places": called({row.place_code for row in [*(r["round"] for r in rounds), *messages_]}),
    }
    return render(request, "field/duties.html", context)


@page(exporting.RIGHT, methods=("POST",))
def export(request: SignedRequest, log: str) -> HttpResponse:
    """A log of a place and some days as a workbook: at once when it is small, else by a job.

    With a ``reason`` the gate log has names and numbers in full, logged as revealed.
    """
    by = request.actor
    form = ExportForm(request.POST)
    if log not in exporting.LOGS:
        raise OutOfScope(log)
    wanted = exporting.LOGS[log]
    code = request.POST.get("place") or by.area
    if not codes.is_code(code) or not codes.contains(by.area, code):
        raise OutOfScope(code)
    by.require(exporting.RIGHT, code)
    if wanted.masked:
        by.require(LOG, code)
    back = reverse(f"field:{'gate_log' if log == 'gates' else log}") + f"?place={code}"
    if not form.is_valid():
        return form_page(request, form, title=str(wanted.label), back=back)
    span = exporting.Span(code, form.cleaned_data["first"], form.cleaned_data["last"])
    exporting.refuse_long(span)
    reveal = ""
    if "reason" in request.POST and wanted.masked:
        reason = request.POST["reason"]
        reveal = str(exporting.reveal_entries(by=by, span=span, reason=reason))
    if span.of(wanted).count() > exporting.AT_ONCE:
        args = {
            "log": log,
            "code": code,
            "first": span.first.isoformat(),
            "last": span.last.isoformat(),
            "language": get_language() or "",
            "reveal": reveal,
        }
        job = start_job(by=by, kind=exporting.JOB, args=args, place_code=code)
        return redirect("core:job", job.id)
    title = exporting.title_of(by, wanted, span)
    data = exporting.written(wanted, span, title, clear=bool(reveal))
    response = HttpResponse(data, content_type=XLSX)
    name = exporting.file_name(wanted, span)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response
