"""The tree of organisations, one organisation, founding, changing, dissolving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, queries, standing, together
from fangxian.organisations.forms import (
    ChangeOrganisationForm,
    DayForm,
    OrganisationFilter,
    OrganisationForm,
    WhyForm,
)
from fangxian.organisations.models import Organisation, Responsibility
from fangxian.organisations.views.common import PAGE, page_number, told, trail
from fangxian.organisations.views.lists import LISTS, counted, part

SHOWN = 200


@page("organisations.view")
def tree(request: SignedRequest) -> HttpResponse:
    """The topmost organisations of the area, or those that fit the filters."""
    form = OrganisationFilter(request.GET)
    chosen = form.chosen()
    found = _found(request.actor, chosen)
    count = found.count()
    at = page_number(request)
    rows: list[Any] = list(counted(found)[(at - 1) * PAGE : at * PAGE])
    area = request.actor.area
    against = standing.unfit([row for row in rows if codes.contains(area, row.seat.code)])
    for row in rows:
        row.against = against.get(row.id, [])
    return render(
        request,
        "organisations/tree.html",
        {
            "form": form,
            "rows": rows,
            "count": count,
            "filtered": any(chosen.values()),
            "page": at,
            "more": count > at * PAGE,
            "may_edit": request.actor.may("organisations.edit"),
            "may_import": request.actor.may("organisations.import"),
        },
    )


def _found(by: Actor, chosen: dict[str, Any]) -> QuerySet[Organisation]:
    lo, hi = codes.bounds(by.area)
    here = Q(seat__code__gte=lo, seat__code__lt=hi)
    gone = chosen["state"] == "dissolved"
    unfit = chosen["state"] == "unfit"
    if chosen["q"]:
        found = queries.search_organisations(chosen["q"], by.area, dissolved=gone)
    else:
        found = Organisation.objects.filter(dissolved_on__isnull=not gone)
        found = found.select_related("kind", "seat", "parent").order_by("seat__code", "name", "id")
    if chosen["kind"]:
        found = found.filter(kind=chosen["kind"])
    if chosen["where"] != "all":
        found = found.filter(here)
    if unfit:
        found = found.filter(id__in=list(standing.unfit(standing.bodies_in(by.area))))
    if not chosen["q"] and not chosen["kind"] and not gone and not unfit:
        inside = Q(parent__seat__code__gte=lo, parent__seat__code__lt=hi)
        top = Q(parent=None) if chosen["where"] == "all" else Q(parent=None) | ~inside
        found = found.filter(top)
    return found


@page("organisations.view")
def organisation(request: SignedRequest, organisation_id: UUID) -> HttpResponse:
    """One organisation: members, what it answers for, what stands below it, its history."""
    by, body = request.actor, queries.organisation(organisation_id)
    may_edit = by.may("organisations.edit", body.seat.code)
    return render(
        request,
        "organisations/organisation.html",
        {
            "body": body,
            **{what: part(body, what, 0, SHOWN) for what in LISTS},
            "against": standing.against(body, by.area),
            "term_end": standing.term_of(body),
            "alliances": together.alliances_of(body),
            "pairings": together.pairings_of(body)[:SHOWN],
            "history": told(Organisation, body.id),
            "may_edit": may_edit and not body.dissolved_on,
            "may_undo": may_edit and body.dissolved_on,
            "may_link": by.may("organisations.appoint"),
            "breadcrumbs": trail(body),
        },
    )


@page("organisations.edit", methods=("GET", "POST"))
def create(request: SignedRequest) -> HttpResponse:
    """Found an organisation."""
    by = request.actor
    under = request.GET.get("under", "")
    initial: dict[str, Any] = {"seat": by.area}
    if under:
        try:
            parent = queries.organisation(UUID(under))
        except ValueError:
            parent = None
        if parent is not None:
            initial |= {"parent": parent.name, "seat": parent.seat.code}
    form = OrganisationForm(by, posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        made = tried(form, lambda: actions.create_organisation(by=by, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("“%(name)s” was founded.") % {"name": made})
            return redirect("organisations:organisation", made.id)
    return form_page(request, form, title=_("New organisation"), back=reverse("organisations:tree"))


@page("organisations.edit", methods=("GET", "POST"))
def edit(request: SignedRequest, organisation_id: UUID) -> HttpResponse:
    """Change an organisation."""
    if request.method == "POST":
        hold(Organisation, organisation_id)
    by, body = request.actor, mine(request, organisation_id)
    form = ChangeOrganisationForm(by, posted(request), initial=ChangeOrganisationForm.of(body))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        done = tried(form, lambda: actions.change_organisation(by=by, organisation=body, **given))
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("organisations:organisation", body.id)
    title = _("Edit “%(name)s”") % {"name": body}
    return form_page(
        request,
        form,
        title=title,
        back=reverse("organisations:organisation", args=[body.id]),
        breadcrumbs=trail(body, title),
    )


@page("organisations.edit", methods=("GET", "POST"))
def dissolve(request: SignedRequest, organisation_id: UUID) -> HttpResponse:
    """Dissolve an organisation."""
    by, body = request.actor, mine(request, organisation_id)
    form = DayForm(posted(request), initial={"on": timezone.localdate()})
    del form.fields["reason"]
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        if tried(form, lambda: actions.dissolve_organisation(by=by, organisation=body, on=on)):
            messages.success(request, _("“%(name)s” is dissolved.") % {"name": body})
            return redirect("organisations:organisation", body.id)
    held = Responsibility.objects.filter(organisation=body, to_date=None).count()
    note = _(
        "Its %(members)d memberships and %(held)d responsibilities end on that day, and those "
        "places fall vacant."
    ) % {"members": queries.members_of(body).count(), "held": held}
    return form_page(
        request,
        form,
        title=_("Dissolve “%(name)s”") % {"name": body},
        note=note,
        danger=_("Dissolve"),
        back=reverse("organisations:organisation", args=[body.id]),
        breadcrumbs=trail(body, _("Dissolve")),
    )


@page("organisations.edit", methods=("GET", "POST"))
def undo_dissolve(request: SignedRequest, organisation_id: UUID) -> HttpResponse:
    """Take back that an organisation was dissolved."""
    by, body = request.actor, mine(request, organisation_id)
    form = WhyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["reason"]
        revived = tried(
            form, lambda: actions.undo_dissolution(by=by, organisation=body, reason=why)
        )
        if revived is not None:
            text = (
                _(
                    "“%(name)s” goes on, and with it %(members)d memberships and %(posts)d "
                    "responsibilities."
                )
                if any(revived)
                else _(
                    "“%(name)s” goes on, without members: none is known to have ended with it. "
                    "Add those who belong to it."
                )
            )
            messages.success(request, text % {"name": body, **revived._asdict()})
            return redirect("organisations:organisation", body.id)
    title = _("Take back that “%(name)s” was dissolved") % {"name": body}
    return form_page(
        request,
        form,
        title=title,
        note=_(
            "The memberships and responsibilities that ended with it go on. Where somebody else "
            "answers since, a task asks to decide."
        ),
        send=_("Take back"),
        back=reverse("organisations:organisation", args=[body.id]),
        breadcrumbs=trail(body, _("Take back")),
    )


def mine(request: SignedRequest, organisation_id: UUID) -> Organisation:
    """An organisation whose seat is in the actor's area: others are read only."""
    body = queries.organisation(organisation_id)
    if not codes.contains(request.actor.area, body.seat.code):
        raise OutOfScope(f"organisation {organisation_id}")
    request.actor.require("organisations.edit", body.seat.code)
    return body
