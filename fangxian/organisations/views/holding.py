"""Naming, handing over, standing in, ending; the work phone behind a tap."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui import formats
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.common.ui.reveal import reveal_page
from fangxian.organisations import account_needs, actions, queries
from fangxian.organisations.account_needs import standings
from fangxian.organisations.finding import holder_of
from fangxian.organisations.forms import AppointForm, ContactForm, DayForm, SubstituteForm
from fangxian.organisations.models import Responsibility
from fangxian.organisations.rules import ChainRole, ChainRules, chain_rules
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.organisations.views.common import told
from fangxian.regions.models import Region
from fangxian.regions.queries import at


def _role(rules: ChainRules, here: Region, code: str) -> ChainRole:
    """The role of the place's level that is asked for, its first when none is. Raises OutOfScope.

    A place whose level has no roles has no such page.
    """
    roles = rules.at(here.level)
    for role in roles:
        if role.code == code:
            return role
    if not roles:
        raise OutOfScope(here.code)
    return roles[0]


@page("organisations.appoint", methods=("GET", "POST"))
def appoint(request: SignedRequest, code: str) -> HttpResponse:
    """Name who answers for a place in a role."""
    by, here = request.actor, at(code, by=request.actor)
    by.require("organisations.appoint", code)
    rules = chain_rules()
    role = _role(rules, here, request.GET.get("role", ""))
    form = AppointForm(
        by,
        posted(request),
        person=role.by_person,
        post=(role.code, here.code),
        initial={"on": timezone.localdate()},
    )
    if saving(request) and form.is_valid():
        given = form.cleaned_data
        made = tried(
            form,
            lambda: actions.appoint(
                by=by,
                place=here,
                role=role.code,
                holder=holder_of(given["holder"]),
                contact=given["contact"],
                from_date=given["on"],
                reason=given["reason"],
            ),
        )
        if made is not None:
            messages.success(
                request,
                _("%(name)s answers for “%(place)s” as %(role)s.")
                % {"name": made.holder_name, "place": here.name, "role": role.name},
            )
            _tell_account(request, made)
            return redirect("organisations:chain", code)
    title = _("Name: %(role)s") % {"role": role.name}
    return form_page(
        request,
        form,
        template="organisations/holder.html",
        title=title,
        sub=here.name,
        role=role,
        roles=rules.at(here.level),
        place=here,
        send=_("Name somebody"),
        back=reverse("organisations:chain", args=[here.code]),
        breadcrumbs=chain_crumbs(by, here, title),
    )


def _tell_account(request: SignedRequest, made: Responsibility) -> None:
    """Say whether who was named can sign in and see the place."""
    standing = standings([made]).get(made.id)
    if standing is None:
        return
    names = {"name": made.holder_name, "words": standing.words}
    if standing.complete:
        messages.info(request, _("%(name)s: %(words)s.") % names)
    else:
        text = _("%(name)s: %(words)s. An administrator is asked for it.")
        messages.warning(request, text % names)


@page("organisations.appoint", methods=("POST",))
def take_over(request: SignedRequest, code: str) -> HttpResponse:
    """Buildings without property management fall to the linked unit."""
    by, here = request.actor, at(code, by=request.actor)
    try:
        count = actions.take_over_unmanaged(by=by, community=here)
    except Invalid as error:
        problem = error.problems[0]
        messages.error(request, f"{problem.message} {problem.mend}")
        return redirect("organisations:chain", code)
    messages.success(
        request,
        ngettext(
            "%(count)d building fell to the linked unit.",
            "%(count)d buildings fell to the linked unit.",
            count,
        )
        % {"count": count},
    )
    return redirect("organisations:chain", code)


def _row(request: SignedRequest, responsibility_id: UUID) -> Responsibility:
    """A responsibility that the actor may change. Raises OutOfScope for one above his area."""
    row = queries.responsibility(responsibility_id)
    if not row.place_code.startswith(request.actor.area):
        raise OutOfScope(f"responsibility {responsibility_id}")
    request.actor.require("organisations.appoint", row.place_code)
    return row


@page("organisations.view")
def detail(request: SignedRequest, responsibility_id: UUID) -> HttpResponse:
    """One responsibility: who, where, from when; who stands in; what was changed by whom."""
    by, row = request.actor, queries.responsibility(responsibility_id)
    rules = chain_rules(row.from_date)
    today = timezone.localdate()
    running = row.to_date is None or row.to_date >= today
    may = by.may("organisations.appoint", row.place_code)
    standing = standings([row]).get(row.id) if running else None
    return render(
        request,
        "organisations/responsibility.html",
        {
            "row": row,
            "role": rules.name_of(row.role),
            "running": running,
            "standing": standing,
            "asked": standing is not None and account_needs.is_asked(by, row, standing),
            "may": may and running,
            "may_withdraw": may and row.from_date >= today,
            "substitutes": row.substitutes.order_by("-from_date"),
            "households": queries.households_of(row) if row.role == rules.member_role else [],
            "is_member_role": row.role == rules.member_role,
            "history": told(Responsibility, row.id),
            "breadcrumbs": chain_crumbs(by, row.place, rules.name_of(row.role)),
        },
    )


@page("organisations.appoint", methods=("GET", "POST"))
def hand_over(request: SignedRequest, responsibility_id: UUID) -> HttpResponse:
    """Hand a responsibility over from a day."""
    by, row = request.actor, _row(request, responsibility_id)
    role = chain_rules().post(row.role)
    form = AppointForm(
        by,
        posted(request),
        person=role.by_person,
        post=(row.role, row.place_code),
        initial={"on": timezone.localdate()},
    )
    if saving(request) and form.is_valid():
        given = form.cleaned_data
        made = tried(
            form,
            lambda: actions.hand_over(
                by=by,
                responsibility=row,
                to=holder_of(given["holder"]),
                contact=given["contact"],
                on=given["on"],
                reason=given["reason"],
            ),
        )
        if made is not None:
            text = _("From %(day)s on %(name)s answers for “%(place)s”.")
            names = {
                "day": formats.date(made.from_date),
                "name": made.holder_name,
                "place": row.place.name,
            }
            messages.success(request, text % names)
            _tell_account(request, made)
            return redirect("organisations:chain", row.place_code)
    return form_page(
        request,
        form,
        template="organisations/holder.html",
        title=_("Hand over: %(role)s") % {"role": role.name},
        sub=f"{row.place.name} · {row.holder_name}",
        note=_("The last day of %(name)s is the day before; nobody is without and none are two.")
        % {"name": row.holder_name},
        role=role,
        place=row.place,
        send=pgettext("a responsibility", "Hand over"),
        back=reverse("organisations:chain", args=[row.place_code]),
        breadcrumbs=chain_crumbs(by, row.place, pgettext("a responsibility", "Hand over")),
    )


@page("organisations.appoint", methods=("GET", "POST"))
def substitute(request: SignedRequest, responsibility_id: UUID) -> HttpResponse:
    """Somebody stands in while the holder is absent."""
    by, row = request.actor, _row(request, responsibility_id)
    role = chain_rules().post(row.role)
    today = timezone.localdate()
    form = SubstituteForm(
        by,
        posted(request),
        person=role.by_person,
        post=(row.role, row.place_code),
        initial={"from_date": today, "to_date": today},
    )
    if saving(request) and form.is_valid():
        given = dict(form.cleaned_data)
        given.pop("q")
        key = given.pop("holder")
        made = tried(
            form,
            lambda: actions.substitute(by=by, responsibility=row, holder=holder_of(key), **given),
        )
        if made is not None:
            text = _("%(name)s stands in until %(day)s.")
            messages.success(
                request, text % {"name": made.holder_name, "day": formats.date(made.to_date)}
            )
            _tell_account(request, made)
            return redirect("organisations:chain", row.place_code)
    return form_page(
        request,
        form,
        template="organisations/holder.html",
        title=_("Stand in for %(name)s") % {"name": row.holder_name},
        tab=_("Stand in"),
        sub=f"{row.place.name} · {role.name}",
        note=_("The holder stays named; on these days the other is asked first."),
        role=role,
        place=row.place,
        back=reverse("organisations:chain", args=[row.place_code]),
        breadcrumbs=chain_crumbs(by, row.place, _("Stand in")),
    )


@page("organisations.appoint", methods=("GET", "POST"))
def end(request: SignedRequest, responsibility_id: UUID) -> HttpResponse:
    """A responsibility ends on a day."""
    by, row = request.actor, _row(request, responsibility_id)
    form = DayForm(posted(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if tried(form, lambda: actions.end_responsibility(by=by, responsibility=row, **given)):
            messages.success(request, _("It ends on %(day)s.") % {"day": formats.date(given["on"])})
            return redirect("organisations:chain", row.place_code)
    role = chain_rules().name_of(row.role)
    return form_page(
        request,
        form,
        title=_("End: %(role)s %(name)s") % {"role": role, "name": row.holder_name},
        tab=role,
        sub=row.place.name,
        note=_("The place falls vacant on the next day, and a task to name somebody is opened."),
        danger=_("End"),
        back=reverse("organisations:chain", args=[row.place_code]),
        breadcrumbs=chain_crumbs(by, row.place, _("End")),
    )


@page("organisations.appoint", methods=("POST",))
def withdraw(request: SignedRequest, responsibility_id: UUID) -> HttpResponse:
    """Take back what was named by mistake today."""
    row = _row(request, responsibility_id)
    code = row.place_code
    actions.withdraw_responsibility(by=request.actor, responsibility=row)
    messages.success(request, _("It was withdrawn."))
    return redirect("organisations:chain", code)


@page("organisations.view", methods=("GET", "POST"))
def contact(request: SignedRequest, responsibility_id: UUID) -> HttpResponse:
    """The work phone of who answers: to be called, so no reason is asked."""
    row = queries.responsibility(responsibility_id)
    return reveal_page(
        request,
        title=_("Work phone of %(name)s") % {"name": row.holder_name},
        sub=row.place.name,
        element=f"contact-{row.id}",
        back=reverse("organisations:responsibility", args=[row.id]),
        show=lambda _purpose, _reason: actions.reveal_contact(by=request.actor, responsibility=row),
        tel=True,
    )


@page("organisations.appoint", methods=("GET", "POST"))
def change_contact(request: SignedRequest, responsibility_id: UUID) -> HttpResponse:
    """Another work phone."""
    row = _row(request, responsibility_id)
    form = ContactForm(posted(request))
    if request.method == "POST" and form.is_valid():
        actions.change_contact(by=request.actor, responsibility=row, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("organisations:responsibility", row.id)
    return form_page(
        request,
        form,
        title=_("Work phone of %(name)s") % {"name": row.holder_name},
        tab=_("Work phone"),
        sub=row.place.name,
        note=_("The number that is kept is not shown here; what you write replaces it."),
        back=reverse("organisations:chain", args=[row.place_code]),
        breadcrumbs=chain_crumbs(request.actor, row.place, _("Work phone")),
    )
