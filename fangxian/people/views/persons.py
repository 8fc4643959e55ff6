"""A person's page: masked numbers, places, who looked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.actions import purposes
from fangxian.accounts.looks import grouped
from fangxian.accounts.queries import looked_from, who_looked
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.pages import change_page, posted
from fangxian.common.ui.reveal import reveal_page
from fangxian.people import actions, queries
from fangxian.people.forms import DocumentForm, PersonForm, PhoneForm
from fangxian.people.locks import lock_persons
from fangxian.people.models import Person
from fangxian.people.registered import person_panels
from fangxian.people.vocabularies import SEXES

LOOKS_READ, LOOKS_SHOWN = 200, 20


def _context(request: SignedRequest, person: Person) -> dict[str, Any]:
    by = request.actor
    shown = queries.masked(person)
    reveal = by.may("people.reveal")

    def address(what: str, row: UUID) -> str:
        return reverse("people:reveal", args=[person.id, what, row]) if reveal else ""

    return {
        "person": person,
        "sex": dict(SEXES)[person.sex],
        "documents": [
            {
                "id": row,
                "id_text": str(row),
                "kind": kind,
                "number": number,
                "url": address("document", row),
            }
            for row, kind, number in shown.documents
        ],
        "phones": [
            {
                "id": row,
                "id_text": str(row),
                "label": label,
                "number": number,
                "url": address("phone", row),
            }
            for row, label, number in shown.phones
        ],
        "panels": [panel(request, by, person.id) for panel in person_panels],
        "looks": grouped(looked_from(who_looked(person.id), by.area)[:LOOKS_READ], LOOKS_SHOWN),
        "purposes": purposes() if reveal else [],
        "may_edit": by.may("people.edit") and person.merged_into_id is None,
    }


@page("people.view")
def person(request: SignedRequest, person_id: UUID) -> HttpResponse:
    """One person."""
    found = queries.by_id(person_id)
    return render(request, "people/person.html", _context(request, found))


@page("people.reveal", methods=("GET", "POST"))
def reveal(request: SignedRequest, person_id: UUID, what: str, row_id: UUID) -> HttpResponse:
    """The full number of a document or phone, for a reason."""
    found = queries.by_id(person_id)
    return reveal_page(
        request,
        title=_("Phone in full") if what == "phone" else _("Document number in full"),
        sub=found.name,
        element=f"{what}-{row_id}",
        back=reverse("people:person", args=[found.id]),
        show=lambda purpose, reason: actions.reveal(
            by=request.actor,
            person_id=found.id,
            what=what,
            row_id=row_id,
            purpose=purpose,
            reason=reason,
        ),
        purposes=purposes(),
        tel=what == "phone",
    )


def _form_page(
    request: SignedRequest,
    person: Person,
    title: str,
    form: Any,
    save: Callable[[dict[str, Any]], object],
    done: str,
) -> HttpResponse:
    return change_page(
        request,
        title=title,
        sub=person.name,
        form=form,
        save=save,
        done=done,
        back=reverse("people:person", args=[person.id]),
    )


@page("people.edit", methods=("GET", "POST"))
def change(request: SignedRequest, person_id: UUID) -> HttpResponse:
    """Change what is kept of a person."""
    if request.method == "POST":
        lock_persons([person_id])
    found = queries.by_id(person_id)
    initial = {name: getattr(found, name) for name in PersonForm.base_fields}
    return _form_page(
        request,
        found,
        _("Change a person"),
        PersonForm(posted(request), initial=initial),
        lambda values: actions.change_person(by=request.actor, person_id=found.id, **values),
        _("The change is saved."),
    )


@page("people.edit", methods=("GET", "POST"))
def add_document(request: SignedRequest, person_id: UUID) -> HttpResponse:
    """Add a document."""
    found = queries.by_id(person_id)
    return _form_page(
        request,
        found,
        _("Add a document"),
        DocumentForm(posted(request), place=request.actor.area),
        lambda values: actions.add_document(by=request.actor, person_id=found.id, **values),
        _("The document is added."),
    )


@page("people.edit", methods=("GET", "POST"))
def add_phone(request: SignedRequest, person_id: UUID) -> HttpResponse:
    """Add a phone."""
    found = queries.by_id(person_id)
    return _form_page(
        request,
        found,
        _("Add a phone"),
        PhoneForm(posted(request), place=request.actor.area),
        lambda values: actions.add_phone(
            by=request.actor, person_id=found.id, number=values.pop("phone"), **values
        ),
        _("The phone is added."),
    )


@page("people.edit", methods=("POST",))
def remove(request: SignedRequest, person_id: UUID, what: str, row_id: UUID) -> HttpResponse:
    """Remove a document or a phone that is wrong."""
    if what == "document":
        actions.remove_document(by=request.actor, person_id=person_id, document_id=row_id)
    else:
        actions.remove_phone(by=request.actor, person_id=person_id, phone_id=row_id)
    messages.success(request, _("Removed; the history keeps it."))
    return redirect("people:person", person_id)
