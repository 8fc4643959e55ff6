"""Alliances: the list, one alliance, its members and shared tasks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.common.errors import Invalid, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, exporting, stories, together
from fangxian.organisations.finding import holder_of
from fangxian.organisations.forms import DayForm
from fangxian.organisations.forms_reporting import ResultForm
from fangxian.organisations.forms_together import (
    AllianceForm,
    AlliesForm,
    AllyForm,
    ChangeAllianceForm,
    SharedTaskForm,
)
from fangxian.organisations.models import Alliance, Ally, Organisation
from fangxian.organisations.together_rules import name_in, together_rules
from fangxian.organisations.views.common import PAGE, page_number

EDIT = "organisations.edit"


def _crumbs(*last: tuple[str, str]) -> list[dict[str, str]]:
    start = {"label": _("Organisations"), "url": reverse("organisations:tree")}
    every = {"label": _("Alliances"), "url": reverse("organisations:alliances")}
    return [start, every, *({"label": label, "url": url} for label, url in last)]


def _to(row: Alliance) -> tuple[str, str]:
    return row.name, reverse("organisations:alliance", args=[row.id])


@page("organisations.view")
def board(request: SignedRequest) -> HttpResponse:
    """The alliances of the area."""
    by, rules = request.actor, together_rules()
    ended = request.GET.get("ended") == "1"
    found = together.alliances_in(by.area, ended=ended)
    count, at = found.count(), page_number(request)
    rows = list(found[(at - 1) * PAGE : at * PAGE])
    return render(
        request,
        "organisations/alliances.html",
        {
            "rows": [(row, name_in(rules.alliances, row.kind)) for row in rows],
            "count": count,
            "ended": ended,
            "page": at,
            "more": count > at * PAGE,
            "may_edit": by.may(EDIT),
            "may_export": by.may(exporting.RIGHT),
        },
    )


@page("organisations.view")
def alliance(request: SignedRequest, alliance_id: UUID) -> HttpResponse:
    """One alliance: who is in it as what, what it does together, its history."""
    by, row, rules = request.actor, together.alliance(alliance_id), together_rules()
    may_edit, running = by.may(EDIT, row.place_code), row.to_date is None
    allies = row.allies.select_related("organisation").order_by("from_date", "id")
    return render(
        request,
        "organisations/alliance.html",
        {
            "alliance": row,
            "kind": name_in(rules.alliances, row.kind),
            "allies": [
                (one, name_in(rules.roles, one.role)) for one in allies if one.to_date is None
            ],
            "former": [one for one in allies if one.to_date is not None],
            "outside": together.units_outside(row).count() if running else 0,
            "leaderless": running and row.lead.dissolved_on is not None,
            "tasks": row.tasks.select_related("organisation").order_by("done_on", "due", "id"),
            "today": timezone.localdate(),
            "may_edit": may_edit and running,
            "may_resume": may_edit and not running,
            "history": stories.of_alliance(row),
            "breadcrumbs": _crumbs((row.name, "")),
        },
    )


@page(EDIT, methods=("GET", "POST"))
def create(request: SignedRequest) -> HttpResponse:
    """Found an alliance."""
    by = request.actor
    now = {"place": by.area, "from_date": timezone.localdate()}
    form = AllianceForm(by, together_rules(), posted(request), initial=now)
    if request.method == "POST" and form.is_valid():
        made = tried(form, lambda: actions.found_alliance(by=by, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("“%(name)s” was founded.") % {"name": made})
            return redirect("organisations:alliance", made.id)
    title = _("New alliance")
    return form_page(
        request,
        form,
        title=title,
        back=reverse("organisations:alliances"),
        breadcrumbs=_crumbs((title, "")),
    )


def _form(request: SignedRequest, row: Alliance, form: Any, **context: Any) -> HttpResponse:
    return form_page(
        request,
        form,
        sub=row.name,
        back=reverse("organisations:alliance", args=[row.id]),
        breadcrumbs=_crumbs(_to(row), (context["title"], "")),
        **context,
    )


@page(EDIT, methods=("GET", "POST"))
def edit(request: SignedRequest, alliance_id: UUID) -> HttpResponse:
    """Another name, kind or lead."""
    if request.method == "POST":
        hold(Alliance, alliance_id)
    by, row = request.actor, together.alliance(alliance_id)
    now = {"name": row.name, "kind": row.kind, "lead": row.lead.name}
    form = ChangeAllianceForm(together_rules(), posted(request), initial=now)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if tried(form, lambda: actions.change_alliance(by=by, alliance=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:alliance", row.id)
    return _form(request, row, form, title=_("Edit the alliance"))


@page(EDIT, methods=("GET", "POST"))
def add_units(request: SignedRequest, alliance_id: UUID) -> HttpResponse:
    """Units of the place join, all that are ticked at once."""
    by, row = request.actor, together.alliance(alliance_id)
    outside = together.units_outside(row)
    now = {"on": timezone.localdate()}
    form = AlliesForm(outside, together_rules(), posted(request), initial=now)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        joined = tried(form, lambda: actions.add_allies(by=by, alliance=row, **given))
        if joined is not None:
            text = ngettext("%(n)d unit joined.", "%(n)d units joined.", joined) % {"n": joined}
            messages.success(request, text)
            return redirect("organisations:alliance", row.id)
    return _form(request, row, form, title=_("Units of the place join"))


@page(EDIT, methods=("GET", "POST"))
def join(request: SignedRequest, alliance_id: UUID) -> HttpResponse:
    """An organisation joins."""
    row = together.alliance(alliance_id)
    now = {"on": timezone.localdate()}
    form = AllyForm(request.actor, together_rules(), posted(request), initial=now)
    if saving(request) and form.is_valid():
        made = tried(form, lambda: _join(request, row, form.cleaned_data))
        if made is not None:
            messages.success(request, _("“%(name)s” is in it.") % {"name": made.organisation})
            return redirect("organisations:alliance", row.id)
    return _form(
        request,
        row,
        form,
        template="organisations/found_form.html",
        title=_("An organisation joins"),
    )


def _join(request: SignedRequest, row: Alliance, given: dict[str, Any]) -> Ally:
    body = holder_of(given["holder"])
    if not isinstance(body, Organisation):
        raise Invalid(Problem(_("Choose an organisation."), field="holder"))
    return actions.add_ally(
        by=request.actor, alliance=row, organisation=body, role=given["role"], on=given["on"]
    )


@page(EDIT, methods=("POST",))
def leave(request: SignedRequest, ally_id: UUID) -> HttpResponse:
    """An organisation leaves."""
    row = actions.end_ally(by=request.actor, ally=together.ally(ally_id))
    messages.success(request, _("Saved."))
    return redirect("organisations:alliance", row.alliance_id)


@page(EDIT, methods=("GET", "POST"))
def end(request: SignedRequest, alliance_id: UUID) -> HttpResponse:
    """End an alliance."""
    by, row = request.actor, together.alliance(alliance_id)
    form = DayForm(posted(request), initial={"on": timezone.localdate()})
    del form.fields["reason"]
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        if tried(form, lambda: actions.end_alliance(by=by, alliance=row, on=on)):
            messages.success(request, _("Saved."))
            return redirect("organisations:alliance", row.id)
    return _form(request, row, form, title=_("End the alliance"), danger=_("End"))


@page(EDIT, methods=("POST",))
def resume(request: SignedRequest, alliance_id: UUID) -> HttpResponse:
    """Take back that it ended."""
    row = together.alliance(alliance_id)
    try:
        actions.resume_alliance(by=request.actor, alliance=row)
    except Invalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("organisations:alliance", row.id)


@page(EDIT, methods=("GET", "POST"))
def share(request: SignedRequest, alliance_id: UUID) -> HttpResponse:
    """A shared task."""
    by, row = request.actor, together.alliance(alliance_id)
    members = row.allies.filter(to_date=None).values_list("organisation_id", flat=True)
    form = SharedTaskForm([row.lead_id, *members], posted(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if tried(form, lambda: actions.share_task(by=by, alliance=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:alliance", row.id)
    return _form(request, row, form, title=_("New shared task"))


@page(EDIT, methods=("GET", "POST"))
def finish(request: SignedRequest, shared_id: UUID) -> HttpResponse:
    """A shared task is done."""
    by, task = request.actor, together.shared_task(shared_id)
    form = ResultForm(posted(request))
    if request.method == "POST" and form.is_valid():
        result = form.cleaned_data["result"]
        if tried(form, lambda: actions.finish_task(by=by, task=task, result=result)):
            messages.success(request, _("It is done."))
            return redirect("organisations:alliance", task.alliance_id)
    return _form(request, task.alliance, form, title=_("Done: what came of it"), note=task.title)


@page(EDIT, methods=("POST",))
def reopen(request: SignedRequest, shared_id: UUID) -> HttpResponse:
    """Take back that a shared task was done."""
    task = actions.reopen_task(by=request.actor, task=together.shared_task(shared_id))
    messages.success(request, _("It goes on."))
    return redirect("organisations:alliance", task.alliance_id)
