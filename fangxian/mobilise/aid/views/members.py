"""Who goes with a batch: added, taken over from its unit, back, in quarantine; family contacts."""

from __future__ import annotations

import io
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.sheets.writing import ExportColumn, write_rows
from fangxian.common.ui.changes import hold
from fangxian.common.ui.problems import tried
from fangxian.common.ui.reveal import reveal_page
from fangxian.core.ledgers import XLSX
from fangxian.mobilise.aid import actions, queries
from fangxian.mobilise.aid.actions import KEEP, VIEW
from fangxian.mobilise.aid.forms import (
    BackForm,
    ChangeMemberForm,
    ContactForm,
    EndForm,
    MemberForm,
    QuarantineForm,
    UnitForm,
)
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.aid.views.common import State, crumbs, form_page, saving, to_batch
from fangxian.mobilise.models import AidBatch, AidMember, AidQuarantine, FamilyContact
from fangxian.mobilise.rules import label
from fangxian.mobilise.views.common import posted
from fangxian.organisations.finding import holder_of
from fangxian.organisations.models import Member, Organisation
from fangxian.people.models import Person

COLUMNS: Final = (
    ExportColumn(gettext_lazy("Batch"), width=28),
    ExportColumn(gettext_lazy("Name")),
    ExportColumn(pgettext_lazy("in an aid batch", "Role")),
    ExportColumn(gettext_lazy("Leads the batch")),
    ExportColumn(gettext_lazy("Unit at home"), width=28),
    ExportColumn(gettext_lazy("Returned on"), "date"),
    ExportColumn(gettext_lazy("Quarantine until"), "date"),
    ExportColumn(gettext_lazy("Family contact")),
)


def _person_or_member(key: str) -> Person | Member:
    """Who was chosen in a search for people. Raises Invalid."""
    holder = holder_of(key)
    if isinstance(holder, Organisation):
        raise Invalid(Problem(_("Choose a person."), field="holder"))
    return holder


def _to(batch_id: UUID) -> str:
    return reverse("mobilise:aid_batch", args=[batch_id]) + "#members"


@page(KEEP, methods=("GET", "POST"))
def add(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Search somebody who goes with a batch."""
    by, found = request.actor, queries.batch(batch_id)
    form = MemberForm(by, posted(request), rules=aid_rules())
    if saving(request) and form.is_valid():
        given = form.cleaned_data
        made = tried(
            form,
            lambda: actions.add_member(
                by=by,
                batch=found,
                holder=_person_or_member(given["holder"]),
                role=given["role"],
                leader=given["leader"],
            ),
        )
        if made is not None:
            messages.success(request, _("%(name)s goes with it.") % {"name": made.name})
            return redirect(_to(found.id))
    title = _("Add a member")
    return form_page(
        request,
        form,
        title=title,
        sub=found.title,
        back=_to(found.id),
        searching=True,
        note=_("The membership at home goes on."),
        breadcrumbs=crumbs(to_batch(found), (title, "")),
    )


@page(KEEP, methods=("POST",))
def take_over(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Who is seconded into the temporary unit goes with the batch."""
    found = queries.batch(batch_id)
    form = UnitForm(request.POST, rules=aid_rules())
    if form.is_valid():
        n = tried(
            form,
            lambda: actions.take_over_unit(by=request.actor, batch=found, **form.cleaned_data),
        )
        if n is not None:
            messages.success(request, _("Taken over from the unit: %(n)d.") % {"n": n})
            return redirect(_to(found.id))
    title = _("Take over from the unit")
    return form_page(
        request,
        form,
        title=title,
        sub=found.title,
        back=_to(found.id),
        breadcrumbs=crumbs(to_batch(found), (title, "")),
    )


@page(KEEP, methods=("GET", "POST"))
def detail(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """One member: role, return, quarantine, who keeps contact with the family."""
    if request.method == "POST":
        hold(AidMember, member_id)
    row, rules = queries.member(member_id), aid_rules()
    now: dict[str, Any] = {"role": row.role, "leader": row.leader}
    form = ChangeMemberForm(posted(request), initial=now, rules=rules)
    if form.is_bound and form.is_valid():
        given = now | form.cleaned_data
        done = tried(form, lambda: actions.change_member(by=request.actor, member=row, **given))
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:aid_member", row.id)
    quarantine = AidQuarantine.objects.filter(member=row).first()
    today = timezone.localdate()
    is_open = row.batch.state in queries.OPEN
    context = {
        "member": row,
        "batch": row.batch,
        "form": form,
        "role": label(rules.roles, row.role),
        "quarantine": quarantine,
        "kind": label(rules.quarantines, quarantine.kind) if quarantine else "",
        "runs": quarantine is not None
        and quarantine.ended_on is None
        and quarantine.from_date <= today <= quarantine.until
        and row.batch.state != State.CLOSED,
        "contacts": list(FamilyContact.objects.filter(member=row).order_by("-from_date", "-id")),
        "is_open": is_open,
        "goes": row.batch.state == State.PLANNED,
        "end_form": EndForm(),
        "breadcrumbs": crumbs(to_batch(row.batch), (_("Member"), "")),
    }
    status = 422 if form.is_bound else 200
    return render(request, "mobilise/aid_member.html", context, status=status)


@page(KEEP, methods=("POST",))
def take_out(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """Somebody does not go after all."""
    batch = actions.take_out(by=request.actor, member=queries.member(member_id))
    messages.success(request, _("Taken out of the batch."))
    return redirect(_to(batch.id))


@page(KEEP, methods=("GET", "POST"))
def back(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Who is back; the quarantine begins."""
    found, rules = queries.batch(batch_id), aid_rules()
    away = list(queries.members(found).filter(returned_on=None))
    form = BackForm(posted(request), rules=rules, away=away)
    if form.is_bound and form.is_valid():
        given: dict[str, Any] = dict(form.cleaned_data)
        del given["who"]
        n = tried(
            form,
            lambda: actions.come_back(
                by=request.actor, batch=found, members=form.chosen(), **given
            ),
        )
        if n is not None:
            messages.success(request, _("Back: %(n)d.") % {"n": n})
            return redirect(_to(found.id))
    title = _("Record a return")
    return form_page(
        request,
        form,
        title=title,
        sub=found.title,
        back=_to(found.id),
        breadcrumbs=crumbs(to_batch(found), (title, "")),
    )


@page(KEEP, methods=("POST",))
def undo_back(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """A return was recorded by mistake."""
    actions.undo_return(by=request.actor, member=queries.member(member_id))
    messages.success(request, _("Taken back: away still."))
    return redirect("mobilise:aid_member", member_id)


@page(KEEP, methods=("GET", "POST"))
def quarantine(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """Where somebody is in quarantine, and until when."""
    row, rules = queries.member(member_id), aid_rules()
    if request.method == "POST":
        list(AidQuarantine.objects.select_for_update().filter(member=row).values_list("id"))
    known = AidQuarantine.objects.filter(member=row).first()
    if known is None:
        raise OutOfScope(str(member_id))
    now: dict[str, Any] = {"kind": known.kind, "place": known.place or "", "until": known.until}
    form = QuarantineForm(posted(request), initial=now, rules=rules)
    if form.is_bound and form.is_valid():
        given = now | form.cleaned_data
        done = tried(form, lambda: actions.change_quarantine(by=request.actor, member=row, **given))
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:aid_member", row.id)
    title = _("Quarantine after return")
    return form_page(
        request,
        form,
        title=title,
        sub=row.name,
        back=reverse("mobilise:aid_member", args=[row.id]),
        breadcrumbs=crumbs(to_batch(row.batch), (title, "")),
    )


@page(KEEP, methods=("POST",))
def end_quarantine(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """End a quarantine before its day."""
    row, form = queries.member(member_id), EndForm(request.POST)
    if form.is_valid():
        done = tried(
            form,
            lambda: actions.end_quarantine(by=request.actor, member=row, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("The quarantine has ended."))
            return redirect("mobilise:aid_member", row.id)
    title = _("End the quarantine now")
    return form_page(
        request,
        form,
        title=title,
        sub=row.name,
        back=reverse("mobilise:aid_member", args=[row.id]),
        breadcrumbs=crumbs(to_batch(row.batch), (title, "")),
    )


@page(KEEP, methods=("GET", "POST"))
def contact(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """Search who keeps contact with the family."""
    by, row = request.actor, queries.member(member_id)
    form = ContactForm(by, posted(request))
    if saving(request) and form.is_valid():
        given = form.cleaned_data
        done = tried(
            form,
            lambda: actions.name_contact(
                by=by,
                member=row,
                holder=_person_or_member(given["holder"]),
                phone=given["phone"],
            ),
        )
        if done is not None:
            text = _("%(name)s keeps contact with the family.")
            messages.success(request, text % {"name": done.name})
            return redirect("mobilise:aid_member", row.id)
    title = _("Family contact")
    return form_page(
        request,
        form,
        title=title,
        sub=row.name,
        back=reverse("mobilise:aid_member", args=[row.id]),
        searching=True,
        note=_("Somebody of the unit at home who keeps contact with the family."),
        breadcrumbs=crumbs(to_batch(row.batch), (title, "")),
    )


@page(VIEW, methods=("GET", "POST"))
def phone(request: SignedRequest, contact_id: UUID) -> HttpResponse:
    """The phone of a family contact, behind a tap that is logged."""
    row = FamilyContact.objects.select_related("member").filter(id=contact_id).first()
    if row is None:
        raise OutOfScope(str(contact_id))
    return reveal_page(
        request,
        title=_("Phone"),
        sub=_("Family contact"),
        element=f"contact-{row.id}",
        back=_to(row.member.batch_id),
        show=lambda _purpose, _reason: actions.reveal_contact(by=request.actor, contact=row),
        tel=True,
    )


@page(KEEP, methods=("POST",))
def ledger(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Who goes with a batch, as a workbook. No phones."""
    found, rules = queries.batch(batch_id), aid_rules()
    request.actor.require(KEEP, found.place_code)
    out = io.BytesIO()
    write_rows(out, COLUMNS, _rows(found, rules), sheet=_("Members of the batch")[:31])
    response = HttpResponse(out.getvalue(), content_type=XLSX)
    name = f"{found.title}-{timezone.localdate().isoformat()}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response


def _rows(found: AidBatch, rules: Any) -> list[list[object]]:
    rows = list(queries.members(found))
    contacts = queries.contact_of(rows)
    told: list[list[object]] = []
    for row in rows:
        quarantined = getattr(row, "quarantine", None)
        kept = contacts.get(row.id)
        told.append(
            [
                found.title,
                row.name,
                label(rules.roles, row.role),
                _("yes") if row.leader else "",
                row.organisation.name if row.organisation else "",
                row.returned_on,
                quarantined.last if quarantined else None,
                kept.name if kept else "",
            ]
        )
    return told
