"""Pairing: the list, one pair with what was given and done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, exporting, stories, together
from fangxian.organisations.forms import DayForm
from fangxian.organisations.forms_together import ChangePairForm, EntryForm, PairForm
from fangxian.organisations.models import Pairing, PairingEntry
from fangxian.organisations.together_rules import name_in, together_rules
from fangxian.organisations.views.common import PAGE, page_number

EDIT = "organisations.edit"


def title_of(row: Pairing) -> str:
    """Both sides of a pair."""
    return f"{row.organisation.name} – {row.other_name}"


def _crumbs(*last: tuple[str, str]) -> list[dict[str, str]]:
    start = {"label": _("Organisations"), "url": reverse("organisations:tree")}
    every = {"label": _("Pairing"), "url": reverse("organisations:pairings")}
    return [start, every, *({"label": label, "url": url} for label, url in last)]


@page("organisations.view")
def board(request: SignedRequest) -> HttpResponse:
    """The pairings of the units seated in the area."""
    by = request.actor
    ended = request.GET.get("ended") == "1"
    found = together.pairings_in(by.area, ended=ended)
    count, at = found.count(), page_number(request)
    return render(
        request,
        "organisations/pairings.html",
        {
            "rows": list(found[(at - 1) * PAGE : at * PAGE]),
            "count": count,
            "ended": ended,
            "page": at,
            "more": count > at * PAGE,
            "may_edit": by.may(EDIT),
            "may_export": by.may(exporting.RIGHT),
        },
    )


@page("organisations.view")
def pairing(request: SignedRequest, pairing_id: UUID) -> HttpResponse:
    """One pair: purpose, days, what was given and done, the history."""
    by, row, rules = request.actor, together.pairing(pairing_id), together_rules()
    may_edit = by.may(EDIT, row.place_code)
    return render(
        request,
        "organisations/pairing.html",
        {
            "row": row,
            "title": title_of(row),
            "link": together.link_of(row),
            "given": [
                (one, name_in(rules.entries, one.kind))
                for one in row.entries.order_by("-on", "-id")
            ],
            "may_edit": may_edit,
            "history": stories.of_pairing(row),
            "breadcrumbs": _crumbs((title_of(row), "")),
        },
    )


@page(EDIT, methods=("GET", "POST"))
def create(request: SignedRequest) -> HttpResponse:
    """Pair two."""
    now = {"from_date": timezone.localdate()}
    form = PairForm(posted(request), initial=now)
    if request.method == "POST" and form.is_valid():
        made = tried(form, lambda: _pair(request, form.cleaned_data))
        if made is not None:
            messages.success(request, _("They are a pair."))
            return redirect("organisations:pairing", made.id)
    title = _("New pairing")
    return form_page(
        request,
        form,
        title=title,
        back=reverse("organisations:pairings"),
        breadcrumbs=_crumbs((title, "")),
    )


def _pair(request: SignedRequest, given: dict[str, Any]) -> Pairing:
    return actions.pair(
        by=request.actor,
        organisation=given["organisation"],
        other=given["partner"] or given["place"],
        purpose=given["purpose"],
        from_date=given["from_date"],
        unit_there=given["unit_there"],
    )


def _form(request: SignedRequest, row: Pairing, form: Any, **context: Any) -> HttpResponse:
    address = reverse("organisations:pairing", args=[row.id])
    return form_page(
        request,
        form,
        sub=title_of(row),
        back=address,
        breadcrumbs=_crumbs((title_of(row), address), (context["title"], "")),
        **context,
    )


@page(EDIT, methods=("GET", "POST"))
def edit(request: SignedRequest, pairing_id: UUID) -> HttpResponse:
    """Another purpose."""
    if request.method == "POST":
        hold(Pairing, pairing_id)
    by, row = request.actor, together.pairing(pairing_id)
    form = ChangePairForm(posted(request), initial={"purpose": row.purpose})
    if request.method == "POST" and form.is_valid():
        purpose = form.cleaned_data.get("purpose", row.purpose)
        if tried(form, lambda: actions.change_pairing(by=by, pairing=row, purpose=purpose)):
            messages.success(request, _("Saved."))
            return redirect("organisations:pairing", row.id)
    return _form(request, row, form, title=_("Edit the pairing"))


@page(EDIT, methods=("GET", "POST"))
def entry(request: SignedRequest, pairing_id: UUID) -> HttpResponse:
    """Write down what was given or done."""
    by, row = request.actor, together.pairing(pairing_id)
    form = EntryForm(together_rules(), posted(request), initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if tried(form, lambda: actions.add_entry(by=by, pairing=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:pairing", row.id)
    return _form(request, row, form, title=_("What was given or done"))


@page(EDIT, methods=("POST",))
def remove_entry(request: SignedRequest, entry_id: UUID) -> HttpResponse:
    """Take away what was written by mistake."""
    row = PairingEntry.objects.select_related("pairing").filter(id=entry_id).first()
    if row is None:
        raise OutOfScope(f"entry {entry_id}")
    of = actions.remove_entry(by=request.actor, entry=row)
    messages.success(request, _("Saved."))
    return redirect("organisations:pairing", of.id)


@page(EDIT, methods=("GET", "POST"))
def end(request: SignedRequest, pairing_id: UUID) -> HttpResponse:
    """End a pairing."""
    by, row = request.actor, together.pairing(pairing_id)
    form = DayForm(posted(request), initial={"on": timezone.localdate()})
    del form.fields["reason"]
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        if tried(form, lambda: actions.end_pairing(by=by, pairing=row, on=on)):
            messages.success(request, _("Saved."))
            return redirect("organisations:pairing", row.id)
    return _form(request, row, form, title=_("End the pairing"), danger=_("End"))


@page(EDIT, methods=("POST",))
def resume(request: SignedRequest, pairing_id: UUID) -> HttpResponse:
    """Take back that it ended."""
    row = together.pairing(pairing_id)
    try:
        actions.resume_pairing(by=request.actor, pairing=row)
    except Invalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("organisations:pairing", row.id)
