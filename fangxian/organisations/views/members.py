"""Members: joining, changing, leaving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold, refused
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, queries
from fangxian.organisations.finding import holder_of
from fangxian.organisations.forms import ChangeMemberForm, DayForm, JoinForm, WhyForm
from fangxian.organisations.models import Member, Organisation
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.units import serving_from
from fangxian.organisations.views.common import told, trail
from fangxian.organisations.views.tree import mine
from fangxian.organisations.wishes import standing
from fangxian.people import lookups
from fangxian.people.vocabularies import IDENTITY
from fangxian.regions.queries import full_name


@page("organisations.edit", methods=("GET", "POST"))
def join(request: SignedRequest, organisation_id: UUID) -> HttpResponse:
    """A person of the register, or a new one, becomes a member."""
    body = mine(request, organisation_id)
    form = JoinForm(
        request.actor, posted(request), person=True, initial={"on": timezone.localdate()}
    )
    if saving(request) and form.is_valid():
        made = tried(form, lambda: _join(request, body, form.cleaned_data))
        if made is not None:
            messages.success(request, _("%(name)s is a member.") % {"name": made.person.name})
            return redirect("organisations:organisation", body.id)
    return form_page(
        request,
        form,
        template="organisations/join.html",
        title=_("Add a member"),
        sub=body.name,
        back=reverse("organisations:organisation", args=[body.id]),
        breadcrumbs=trail(body, _("Add a member")),
    )


def _join(request: SignedRequest, body: Organisation, given: dict[str, Any]) -> Member:
    office = {
        name: given[name] for name in ("duty", "rank", "party_member", "probationary", "wish")
    }
    office["from_date"] = given["on"]
    if given["holder"]:
        holder = holder_of(given["holder"])
        if isinstance(holder, Organisation):
            raise Invalid(Problem(_("Choose a person."), field="holder"))
        person = holder.person if isinstance(holder, Member) else holder
        return actions.add_member(by=request.actor, person=person, organisation=body, **office)
    if not given["name"]:
        raise Invalid(
            Problem(
                _("Nobody is chosen."),
                field="q",
                mend=_("Search and choose somebody, or write the name of a new person."),
            )
        )
    documents = [(IDENTITY, given["number"])] if given["number"] else []
    lookups.by_document(request.actor, IDENTITY, given["number"])
    return actions.add_new_member(
        by=request.actor,
        organisation=body,
        name=given["name"],
        documents=documents,
        phones=[given["phone"]] if given["phone"] else [],
        **office,
    )


@page("organisations.edit", methods=("GET", "POST"))
def member(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """A membership: duty and rank, what the member answers for, his households."""
    if request.method == "POST":
        hold(Member, member_id)
    by, row = request.actor, queries.member(member_id)
    by.require("organisations.edit", row.place_code)
    now = ChangeMemberForm.of(row)
    form = ChangeMemberForm(by, posted(request), initial=now)
    if request.method == "POST" and form.is_valid():
        given = now | {"wish": row.wish} | form.cleaned_data
        if tried(form, lambda: actions.change_member(by=by, member=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:member", row.id)
    rules = chain_rules()
    held = queries.in_force().filter(member=row).select_related("place")
    name = _name(row)
    return render(
        request,
        "organisations/member.html",
        {
            "form": form,
            "member": row,
            "name": name,
            "body": row.organisation,
            "wish": _wish(row),
            "may_undo": not row.ended_by and row.organisation.dissolved_on is None,
            "history": told(Member, row.id),
            "serving": serving_from([row]).get(row.id, []),
            "from_home": row.seconded.select_related("home_body", "unit"),
            "held": [(one, rules.name_of(one.role)) for one in queries.in_order(held, rules)],
            "most": rules.max_households,
            "breadcrumbs": trail(row.organisation, name),
        },
        status=refused(form) if form.errors else 200,
    )


def _wish(row: Member) -> str:
    """Where the member wishes to serve, as an address begins; the name alone of what has ended."""
    if row.wish is None:
        return ""
    place = standing([row.wish.id]).get(row.wish.id)
    return full_name(place.code) if place else row.wish.name


def _name(row: Member) -> str:
    """The member's name, or that it is out of sight since he left."""
    return queries.names_of([row])[row.id] or _("Former member")


@page("organisations.edit", methods=("GET", "POST"))
def end(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """A membership ends."""
    by, row = request.actor, queries.member(member_id)
    by.require("organisations.edit", row.place_code)
    form = DayForm(posted(request), initial={"on": timezone.localdate()})
    del form.fields["reason"]
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        if tried(form, lambda: actions.end_membership(by=by, member=row, on=on)):
            messages.success(request, _("The membership ends."))
            return redirect("organisations:organisation", row.organisation_id)
    held, name = queries.in_force().filter(member=row).count(), _name(row)
    note = _("What %(name)s answers for as a member ends too: %(held)d places fall vacant.")
    return form_page(
        request,
        form,
        title=_("End the membership of %(name)s") % {"name": name},
        tab=_("End the membership"),
        note=note % {"name": name, "held": held},
        danger=_("End"),
        back=reverse("organisations:organisation", args=[row.organisation_id]),
        breadcrumbs=trail(row.organisation, name),
    )


@page("organisations.edit", methods=("GET", "POST"))
def undo(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """Take back that a membership ended."""
    by, row = request.actor, queries.member(member_id)
    by.require("organisations.edit", row.place_code)
    form = WhyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["reason"]
        if tried(form, lambda: actions.undo_end_membership(by=by, member=row, reason=why)):
            messages.success(request, _("The membership goes on."))
            return redirect("organisations:member", row.id)
    name = _name(row)
    return form_page(
        request,
        form,
        title=_("Take back that the membership of %(name)s ended") % {"name": name},
        tab=_("Take back"),
        note=_(
            "What the member answered for as such goes on. Where somebody else answers since, a "
            "task asks to decide."
        ),
        send=_("Take back"),
        back=reverse("organisations:member", args=[row.id]),
        breadcrumbs=trail(row.organisation, name),
    )
