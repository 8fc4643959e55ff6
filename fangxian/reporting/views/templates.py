"""Templates of offices: sent in, their columns confirmed once, filled with a click."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import OutOfScope
from fangxian.common.fields import Destroyed
from fangxian.common.sheets import SheetError
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.core.models import UNFINISHED
from fangxian.core.views.jobs import row_of
from fangxian.regions.queries import called
from fangxian.reporting import actions, queries
from fangxian.reporting.actions.taking import REVEAL
from fangxian.reporting.actions.templates import outline_of
from fangxian.reporting.filling.writing import REASONS
from fangxian.reporting.forms_templates import ChoicesForm, FillForm, UploadForm
from fangxian.reporting.models import Filling, OfficeTemplate
from fangxian.reporting.registered import EXPORT
from fangxian.reporting.views.common import frame

SHOWN = 100
RECENT = 10


@page(EXPORT)
def every(request: SignedRequest) -> HttpResponse:
    """The templates of the place, and what was filled lately."""
    context = frame(request, "templates")
    found = list(
        OfficeTemplate.objects.filter(retired_on=None)
        .defer("outline")
        .order_by("-created_at", "-id")[:SHOWN]
    )
    context |= {
        "templates": found,
        "people": display_names(one.made_by for one in found),
        "places": called({one.place_code for one in found}),
    }
    return render(request, "reporting/templates.html", context)


@page(EXPORT, methods=("GET", "POST"))
def upload(request: SignedRequest) -> HttpResponse:
    """Send in a workbook that an office wants filled."""
    context = frame(request, "templates")
    form = UploadForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        made = tried(
            form,
            lambda: actions.take_in(
                by=request.actor, place_code=context["place"], name=given.name,
                data=given.read(), office=form.cleaned_data["office"],
            ),
        )  # fmt: skip
        if made is not None:
            return redirect("reporting:template", made.pk)
    return form_page(
        request, form, title=_("A template to fill"), back=reverse("reporting:templates"),
        sub=context["place_name"], send=_("Read it"),
        hint=_("Excel as the office sent it: nothing in it is changed but the cells to fill."),
    )  # fmt: skip


def _of(template_id: UUID) -> OfficeTemplate:
    found = OfficeTemplate.objects.select_related("job").filter(pk=template_id).first()
    if found is None:
        raise OutOfScope(f"template {template_id}")
    return found


@page(EXPORT, methods=("GET", "POST"))
def template(request: SignedRequest, template_id: UUID) -> HttpResponse:
    """What fills each column; confirmed once, it is known for every such workbook."""
    found = _of(template_id)
    by = request.actor
    if found.state != OfficeTemplate.State.READ:
        return _unread(request, found)
    outline = outline_of(found)
    context = frame(request, "templates")
    at = (context["place"], context["place_name"])
    form = ChoicesForm(posted(request), by, outline, found.choices, at)
    if request.method == "POST" and form.is_valid():
        made = tried(
            form,
            lambda: actions.choose(by=by, template_id=template_id, choices=form.choices()),
        )
        if made is not None:
            messages.success(request, _("Kept: the next workbook with these columns is known."))
            return redirect("reporting:template", template_id)
    context |= {
        "template": found,
        "form": form,
        "fill": FillForm(None, may_reveal=by.may(REVEAL)),
        "hidden": [one.name for one in outline.sheets if one.state != "visible"],
        "protected": [one.name for one in outline.sheets if one.protected],
        "fillings": list(
            Filling.objects.filter(template=found).order_by("-created_at", "-id")[:RECENT]
        ),
        "people": display_names([found.made_by]),
    }
    status = 422 if form.errors else 200
    return render(request, "reporting/template.html", context, status=status)


def _unread(request: SignedRequest, found: OfficeTemplate) -> HttpResponse:
    """How far the reading is, its columns by themselves at its end; why it can't be read."""
    job, fault = found.job, None
    if found.fault:
        fault = SheetError(found.fault["code"], **found.fault["params"])
    mine = job is not None and job.user_id == request.actor.user_id
    context = frame(request, "templates") | {
        "template": found,
        "fault": fault,
        "row": row_of(job, reload=True) if job is not None and mine else None,
        "reading": fault is None and job is not None and job.state in UNFINISHED,
        "people": display_names([found.made_by]),
    }
    return render(request, "reporting/template_unread.html", context)


@page(EXPORT, methods=("POST",))
def read(request: SignedRequest, template_id: UUID) -> HttpResponse:
    """Have a template read (again); its page shows how far that is."""
    actions.read_template(by=request.actor, template_id=template_id)
    return redirect("reporting:template", template_id)


@page(EXPORT, methods=("POST",))
def fill(request: SignedRequest, template_id: UUID) -> HttpResponse:
    """Fill it; the page of the filled workbook answers."""
    found = _of(template_id)
    by = request.actor
    place = frame(request, "templates")["place"]
    form = FillForm(request.POST or {"way": Filling.Way.ONE}, may_reveal=by.may(REVEAL))
    if form.is_valid():
        made = tried(
            form,
            lambda: actions.fill_template(
                by=by, template_id=found.pk, place_code=place, **form.cleaned_data
            ),
        )
        if made is not None:
            return redirect("reporting:filling", made.pk)
    return form_page(
        request, form, title=_("Fill the template"), sub=found.name,
        back=reverse("reporting:template", args=[template_id]), send=_("Fill it"),
    )  # fmt: skip


@page(EXPORT, methods=("POST",))
def retire(request: SignedRequest, template_id: UUID) -> HttpResponse:
    """Offer a template no more."""
    actions.retire_office_template(by=request.actor, template_id=template_id)
    messages.success(request, _("The template is retired."))
    return redirect("reporting:templates")


@page(EXPORT)
def filling(request: SignedRequest, filling_id: UUID) -> HttpResponse:
    """A filled workbook: how far it is, the file, what could not be filled."""
    found = (
        Filling.objects.select_related("template", "job", "file", "taking")
        .filter(pk=filling_id, user_id=request.actor.user_id or queries.NOBODY)
        .first()
    )
    if found is None:
        raise OutOfScope(f"filling {filling_id}")
    context = frame(request, "templates")
    context |= {
        "filling": found,
        "row": row_of(found.job, reload=True) if found.job is not None else None,
        "left": _left(found),
        "places": called({found.place_code}),
        "file_url": reverse("core:file", args=[found.file_id]) if found.file_id else "",
    }
    return render(request, "reporting/filling.html", context)


def _left(found: Filling) -> list[dict[str, Any]]:
    if not found.left or isinstance(found.left, Destroyed):
        return []
    return [
        {"sheet": sheet, "cell": cell, "label": label, "why": REASONS.get(code, code), "n": count}
        for sheet, cell, label, code, count in orjson.loads(found.left)
    ]
