"""People of temporary units: seconding somebody, changing what he does, sending him home."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, units
from fangxian.organisations.finding import holder_of
from fangxian.organisations.forms_units import SecondForm, SecondmentForm
from fangxian.organisations.models import Member, Secondment, TemporaryUnit
from fangxian.organisations.views.units import EDIT, crumbs, to_unit
from fangxian.people.models import Person


@page(EDIT, methods=("GET", "POST"))
def second(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Search a member of another organisation and second him into a unit."""
    by, row = request.actor, units.unit(unit_id)
    form = SecondForm(by, row, posted(request))
    if saving(request) and form.is_valid():
        made = tried(form, lambda: _second(request, row, form))
        if made is not None:
            messages.success(request, _("%(name)s is in it.") % {"name": made.person.name})
            return redirect("organisations:unit", row.id)
    title = _("Second somebody")
    return form_page(
        request,
        form,
        template="organisations/found_form.html",
        title=title,
        sub=row.name,
        back=reverse("organisations:unit", args=[row.id]),
        send=_("Add"),
        note=_("The membership at home goes on. Who is a member nowhere is added there first."),
        breadcrumbs=crumbs(to_unit(row), (title, "")),
    )


def _second(request: SignedRequest, row: TemporaryUnit, form: SecondForm) -> Secondment:
    given: dict[str, Any] = form.cleaned_data
    holder = holder_of(given["holder"])
    if not isinstance(holder, Member):
        raise Invalid(
            Problem(
                _("He or she is a member of no organisation."),
                field="holder",
                mend=_("Add the person to the unit at home first."),
                code="no_home",
            )
        )
    return actions.second(
        by=request.actor,
        unit=row,
        home=holder,
        duty=given["duty"],
        office=given["office"],
        standing=form.said_standing(),
    )


@page(EDIT, methods=("GET", "POST"))
def secondment(request: SignedRequest, secondment_id: UUID) -> HttpResponse:
    """What somebody does in a unit."""
    if request.method == "POST":
        hold(Secondment, secondment_id)
    by, row = request.actor, units.secondment(secondment_id)
    now = {"duty": row.duty, "standing": row.standing}
    form = SecondmentForm(posted(request), initial=now)
    if request.method == "POST" and form.is_valid():
        given = now | form.cleaned_data
        if tried(form, lambda: actions.change_secondment(by=by, secondment=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:unit", row.unit_id)
    person = Person.objects.filter(id=row.person_id).first()
    title = person.name if person else _("Former member")
    return form_page(
        request,
        form,
        title=title,
        tab=_("Secondment"),
        sub=row.unit.name,
        back=reverse("organisations:unit", args=[row.unit_id]),
        breadcrumbs=crumbs(to_unit(row.unit), (title, "")),
    )


@page(EDIT, methods=("POST",))
def end(request: SignedRequest, secondment_id: UUID) -> HttpResponse:
    """Somebody goes home; of a unit that is drawn up he is taken out."""
    row = units.secondment(secondment_id)
    unit = actions.end_secondment(by=request.actor, secondment=row)
    messages.success(request, _("The secondment has ended."))
    return redirect("organisations:unit", unit.id)
