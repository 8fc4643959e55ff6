"""Taking ledgers away: the form, what was taken, approval by a second person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.facts import tables
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.core.views.jobs import row_of
from fangxian.regions.queries import called
from fangxian.reporting import actions, queries
from fangxian.reporting.actions.taking import REVEAL, STANDING_DAYS, stands
from fangxian.reporting.forms import RefuseForm, TakeForm
from fangxian.reporting.models import Taking
from fangxian.reporting.registered import APPROVE, EXPORT
from fangxian.reporting.views.common import frame
from fangxian.reporting.views.ledgers import Shown, shown_ledger, shown_table

SHOWN = 100
LOOK = {"asked": "todo", "approved": "ok", "refused": "bad", "made": "ok"}


@page(EXPORT, methods=("GET", "POST"))
def table_take(request: SignedRequest, table: str) -> HttpResponse:
    """Take a table at a place away as a file."""
    return _take(request, shown_table(request, table))


@page(EXPORT, methods=("GET", "POST"))
def ledger_take(request: SignedRequest, ledger_id: UUID) -> HttpResponse:
    """Take a ledger away as a file."""
    return _take(request, shown_ledger(request, ledger_id))


def _take(request: SignedRequest, shown: Shown) -> HttpResponse:
    by = request.actor
    form = TakeForm(posted(request), may_reveal=by.may(REVEAL) and not shown.view.groups)
    if request.method == "POST" and form.is_valid():
        made = tried(
            form,
            lambda: actions.ask(
                by=by, view=shown.view, place_code=shown.place, title=shown.title,
                **form.cleaned_data,
            ),
        )  # fmt: skip
        if made is not None:
            return redirect("reporting:taking", made.pk)
    return form_page(
        request, form, title=_("Take away as a file"), back=shown.url("page"), sub=shown.title,
        send=_("Make the file"),
    )  # fmt: skip


@page(EXPORT)
def every(request: SignedRequest) -> HttpResponse:
    """What one has taken away; for who approves, all of the area."""
    found = list(queries.takings_for(request.actor)[:SHOWN])
    context = frame(request, "takings")
    context |= {
        "rows": [_row(one) for one in found],
        "places": called({one.place_code for one in found}),
        "people": display_names(one.made_by for one in found),
    }
    return render(request, "reporting/takings.html", context)


def _row(one: Taking) -> dict[str, Any]:
    return {
        "taking": one,
        "look": LOOK.get(one.state, "neutral"),
        "table": tables.get(one.table).label if one.table in tables else one.table,
    }


@page(EXPORT)
def taking(request: SignedRequest, taking_id: UUID) -> HttpResponse:
    """One file: what it holds, how far it is, who decides."""
    found = queries.taking_of(request.actor, taking_id)
    by = request.actor
    context = frame(request, "takings")
    context |= _row(found) | {
        "row": row_of(found.job, reload=True) if found.job is not None else None,
        "mine": found.user_id == by.user_id,
        "may_decide": by.may(APPROVE, found.place_code)
        and found.user_id != by.user_id
        and found.state == Taking.State.ASKED,
        "may_stand": found.ledger_id is not None and not found.clear,
        "standing_days": STANDING_DAYS,
        "stands": stands(found),
        "may_end": stands(found)
        and (found.user_id == by.user_id or by.may(APPROVE, found.place_code)),
        "refuse": RefuseForm(None),
        "places": called({found.place_code}),
        "people": display_names([found.made_by, found.decided_by]),
        "file_url": reverse("core:file", args=[found.file_id]) if found.file_id else "",
    }
    return render(request, "reporting/taking.html", context)


@page(APPROVE, methods=("POST",))
def approve(request: SignedRequest, taking_id: UUID) -> HttpResponse:
    """Approve what somebody else has asked for."""
    standing = request.POST.get("standing") == "on"
    actions.decide(by=request.actor, taking_id=taking_id, standing=standing)
    messages.success(request, _("Approved: who asked can make the file now."))
    return redirect("reporting:taking", taking_id)


@page(EXPORT, methods=("POST",))
def end_standing(request: SignedRequest, taking_id: UUID) -> HttpResponse:
    """Let the files of the days to come wait for approval again."""
    actions.end_standing(by=request.actor, taking_id=taking_id)
    messages.success(request, _("Ended: the next file waits for approval."))
    return redirect("reporting:taking", taking_id)


@page(APPROVE, methods=("GET", "POST"))
def refuse(request: SignedRequest, taking_id: UUID) -> HttpResponse:
    """Refuse it, and say why."""
    found = queries.taking_of(request.actor, taking_id)
    form = RefuseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        made = tried(
            form,
            lambda: actions.decide(by=request.actor, taking_id=taking_id, refused_for=reason),
        )
        if made is not None:
            messages.success(request, _("Refused."))
            return redirect("reporting:taking", taking_id)
    return form_page(
        request, form, title=_("Refuse the export"), sub=found.title,
        back=reverse("reporting:taking", args=[taking_id]), danger=_("Refuse"),
    )  # fmt: skip


@page(EXPORT, methods=("POST",))
def make(request: SignedRequest, taking_id: UUID) -> HttpResponse:
    """Make the file of what was approved."""
    actions.make(by=request.actor, taking_id=taking_id)
    return redirect("reporting:taking", taking_id)
