"""Who goes with a batch: added, taken over from its unit, back, in quarantine; family contacts."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import change_page, posted
from fangxian.common.ui.problems import tried
from fangxian.common.ui.reveal import reveal_page
from fangxian.mobilise.aid import actions, importing, queries
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
from fangxian.mobilise.aid.views.common import (
    State,
    crumbs,
    on_batch,
    on_member,
    to_batch,
    to_people,
)
from fangxian.mobilise.models import AidBatch, AidMember, AidQuarantine, FamilyContact
from fangxian.mobilise.rules import label
from fangxian.mobilise.views.common import person_or_member
from fangxian.mobilise.views.load import as_file

TOLD: Final = ("role", "leader", "position", "specialty")


def _on_people(found: AidBatch, title: str) -> dict[str, Any]:
    """The head of a form about who goes: it leads back to them."""
    return on_batch(found, title) | {"back": to_people(found)}


@page(KEEP, methods=("GET", "POST"))
def add(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Search somebody who goes with a batch."""
    by, found = request.actor, queries.batch(batch_id)
    return change_page(
        request,
        MemberForm(by, posted(request), rules=aid_rules()),
        save=lambda given: actions.add_member(
            by=by,
            batch=found,
            holder=person_or_member(given["holder"]),
            **{key: given[key] for key in TOLD},
        ),
        done=lambda made: _("%(name)s goes with it.") % {"name": made.name},
        note=_("The membership at home goes on."),
        template="organisations/found_form.html",
        **_on_people(found, _("Add a member")),
    )


@page(KEEP, methods=("POST",))
def take_over(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Who is seconded into the temporary unit goes with the batch."""
    found = queries.batch(batch_id)
    return change_page(
        request,
        UnitForm(request.POST, rules=aid_rules()),
        save=lambda given: actions.take_over_unit(by=request.actor, batch=found, **given),
        done=lambda n: _("Taken over from the unit: %(n)d.") % {"n": n},
        **_on_people(found, _("Take over from the unit")),
    )


@page(KEEP, methods=("GET", "POST"))
def detail(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """One member: role, return, quarantine, who keeps contact with the family."""
    if request.method == "POST":
        hold(AidMember, member_id)
    row, rules = queries.member(member_id), aid_rules()
    now: dict[str, Any] = {key: getattr(row, key) for key in TOLD}
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
    return redirect(to_people(batch))


@page(KEEP, methods=("GET", "POST"))
def back(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Who is back; the quarantine begins."""
    found = queries.batch(batch_id)
    away = list(queries.members(found).filter(returned_on=None))
    form = BackForm(posted(request), rules=aid_rules(), away=away)

    def save(given: dict[str, Any]) -> int:
        rest = {key: value for key, value in given.items() if key != "who"}
        return actions.come_back(by=request.actor, batch=found, members=form.chosen(), **rest)

    return change_page(
        request,
        form,
        save=save,
        done=lambda n: _("Back: %(n)d.") % {"n": n},
        **_on_people(found, _("Record a return")),
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
    return change_page(
        request,
        QuarantineForm(posted(request), initial=now, rules=rules),
        save=lambda given: actions.change_quarantine(by=request.actor, member=row, **now | given),
        done=_("The change is saved."),
        **on_member(row, _("Quarantine after return")),
    )


@page(KEEP, methods=("POST",))
def end_quarantine(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """End a quarantine before its day."""
    row = queries.member(member_id)
    return change_page(
        request,
        EndForm(request.POST),
        save=lambda given: actions.end_quarantine(by=request.actor, member=row, **given),
        done=_("The quarantine has ended."),
        **on_member(row, _("End the quarantine now")),
    )


@page(KEEP, methods=("GET", "POST"))
def contact(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """Search who keeps contact with the family."""
    by, row = request.actor, queries.member(member_id)
    return change_page(
        request,
        ContactForm(by, posted(request)),
        save=lambda given: actions.name_contact(
            by=by, member=row, holder=person_or_member(given["holder"]), phone=given["phone"]
        ),
        done=lambda made: _("%(name)s keeps contact with the family.") % {"name": made.name},
        note=_("Somebody of the unit at home who keeps contact with the family."),
        template="organisations/found_form.html",
        **on_member(row, _("Family contact")),
    )


@page(VIEW, methods=("GET", "POST"))
def phone(request: SignedRequest, contact_id: UUID) -> HttpResponse:
    """The phone of a family contact, behind a tap that is logged."""
    row = FamilyContact.objects.select_related("member__batch").filter(id=contact_id).first()
    if row is None:
        raise OutOfScope(str(contact_id))
    return reveal_page(
        request,
        title=_("Phone"),
        sub=_("Family contact"),
        element=f"contact-{row.id}",
        back=to_people(row.member.batch),
        show=lambda _purpose, _reason: actions.reveal_contact(by=request.actor, contact=row),
        tel=True,
    )


@page(KEEP, methods=("POST",))
def ledger(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Who goes with a batch, as a workbook in the columns of the import. No numbers, no phones."""
    found = queries.batch(batch_id)
    request.actor.require(KEEP, found.place_code)
    rows = importing.member_rows(found)
    return as_file(request, "xlsx", found.title, importing.MEMBER_COLUMNS, rows, titled=False)
