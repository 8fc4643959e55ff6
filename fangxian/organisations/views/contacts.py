"""Contact leaders of hospitals, enterprises and schools."""

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
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, queries
from fangxian.organisations.finding import holder_of
from fangxian.organisations.forms import AppointForm
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.organisations.views.common import PAGE, page_number
from fangxian.people.models import Person
from fangxian.regions.queries import at, names
from fangxian.register.models import Establishment
from fangxian.register.queries import establishment, establishments_in
from fangxian.register.vocabularies import ESTABLISHMENT_KINDS


@page("organisations.view")
def board(request: SignedRequest, code: str) -> HttpResponse:
    """Which establishment has its contact leader, which has none."""
    by, here = request.actor, at(code, by=request.actor)
    rules = chain_rules()
    kind = request.GET.get("kind", "")
    kinds = (kind,) if kind in rules.contact_kinds else rules.contact_kinds
    found = establishments_in(code).filter(kind__in=kinds)
    today = timezone.localdate()
    led = queries.contacts_of(found.order_by().values("id"), today).values("establishment_id")
    without = request.GET.get("without") == "1"
    bare = found.exclude(id__in=led.order_by())
    total, missing = found.count(), bare.count()
    page_at = page_number(request)
    count = missing if without else total
    rows = list((bare if without else found)[(page_at - 1) * PAGE : page_at * PAGE])
    by_body: dict[UUID, list[Responsibility]] = {}
    for row in queries.contacts_of([body.id for body in rows], today):
        if row.establishment_id is not None:
            by_body.setdefault(row.establishment_id, []).append(row)
    where = names({row.place_code[:12] for row in rows})
    return render(
        request,
        "organisations/contacts.html",
        {
            "place": here,
            "rows": [
                {
                    "body": row,
                    "where": where.get(row.place_code[:12], row.place_code),
                    "leaders": by_body.get(row.id, []),
                    "may": by.may("organisations.appoint", row.place_code),
                }
                for row in rows
            ],
            "count": count,
            "total": total,
            "missing": missing,
            "without": without,
            "kind": kind if kind in rules.contact_kinds else "",
            "kinds": [(one, ESTABLISHMENT_KINDS.label(one)) for one in rules.contact_kinds],
            "page": page_at,
            "more": count > page_at * PAGE,
            "role": rules.name_of(rules.contact_role),
            "proposed": by.may("organisations.appoint", code)
            and any(post.code == rules.contact_role for post in rules.proposed(here.level)),
            "post": rules.contact_role,
            "breadcrumbs": chain_crumbs(by, here, rules.name_of(rules.contact_role)),
        },
    )


@page("organisations.appoint", methods=("GET", "POST"))
def name(request: SignedRequest, establishment_id: UUID) -> HttpResponse:
    """Name the contact leader of an establishment; a former one's days end."""
    by, body = request.actor, establishment(establishment_id)
    by.require("organisations.appoint", body.place_code)
    rules = chain_rules()
    place = at(body.place_code)
    form = AppointForm(by, posted(request), person=True, initial={"on": timezone.localdate()})
    del form.fields["reason"]
    if saving(request) and form.is_valid():
        made = tried(form, lambda: _name(request, body, form.cleaned_data))
        if made is not None:
            text = _("%(name)s keeps contact with “%(body)s”.")
            messages.success(request, text % {"name": made.holder_name, "body": body.name})
            return redirect("organisations:contacts", by.area or body.place_code[:6])
    present = list(queries.contacts_of([body.id], timezone.localdate()))
    note = ""
    if present:
        note = _("%(name)s keeps contact now and is relieved on that day.") % {
            "name": present[0].holder_name
        }
    title = _("Name: %(role)s") % {"role": rules.name_of(rules.contact_role)}
    return form_page(
        request,
        form,
        template="organisations/holder.html",
        title=title,
        sub=body.name,
        note=note,
        place=place,
        send=_("Name somebody"),
        back=reverse("organisations:chain", args=[place.code]),
        breadcrumbs=chain_crumbs(by, place, title),
    )


def _name(request: SignedRequest, body: Establishment, given: dict[str, Any]) -> Responsibility:
    holder: Person | Member | Organisation = holder_of(given["holder"])
    if isinstance(holder, Organisation):
        raise Invalid(Problem(_("Choose a person."), field="holder"))
    return actions.name_contact_leader(
        by=request.actor,
        establishment=body,
        holder=holder,
        contact=given["contact"],
        on=given["on"],
    )
