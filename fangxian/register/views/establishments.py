"""Pages of establishments."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.actions import purposes
from fangxian.common.masks import mask_phone
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import change_page, posted
from fangxian.common.ui.reveal import reveal_page
from fangxian.regions import queries as regions
from fangxian.register import actions, forms, queries
from fangxian.register.models import Establishment
from fangxian.register.views.common import crumbs


@page("register.view")
def establishment(request: SignedRequest, establishment_id: UUID) -> HttpResponse:
    """One establishment."""
    found = queries.establishment(establishment_id)
    reveal = request.actor.may("people.reveal", found.place_code)
    context = {
        "it": found,
        "reveal_url": reverse("register:establishment_phone", args=[found.pk]) if reveal else "",
        "purposes": purposes() if reveal else [],
        "phone": mask_phone(found.contact_phone) if found.contact_phone else "",
        "breadcrumbs": crumbs(found.place_code, request.actor.area),
        "may_edit": request.actor.may("register.edit", found.place_code) and not found.to_date,
    }
    return render(request, "register/establishment.html", context)


@page("register.edit", methods=("GET", "POST"))
def create(request: SignedRequest, code: str) -> HttpResponse:
    """A new establishment at a place."""
    here = regions.at(code, by=request.actor)
    return change_page(
        request,
        title=_("New establishment"),
        sub=here.name,
        form=forms.EstablishmentForm(posted(request)),
        save=lambda values: actions.create_establishment(
            by=request.actor, place_code=code, **values
        ),
        done=_("The establishment is recorded."),
        back=reverse("register:establishments", args=[code]),
    )


@page("register.edit", methods=("GET", "POST"))
def change(request: SignedRequest, establishment_id: UUID) -> HttpResponse:
    """Change an establishment."""
    if request.method == "POST":
        hold(Establishment, establishment_id)
    found = queries.establishment(establishment_id)
    initial = {name: getattr(found, name) for name in forms.EstablishmentForm.base_fields}
    # The full number is not put into the page; an empty field keeps it.
    concealed = {"contact_phone": initial.pop("contact_phone")}
    return change_page(
        request,
        title=_("Change the establishment"),
        sub=found.name,
        form=forms.ChangeEstablishmentForm(posted(request), initial=initial, concealed=concealed),
        save=lambda values: actions.change_establishment(
            by=request.actor, establishment_id=found.pk, **values
        ),
        done=_("The change is saved."),
        back=reverse("register:establishment", args=[found.pk]),
        hint=_("Leave the phone empty to keep it."),
    )


@page("register.edit", methods=("POST",))
def close(request: SignedRequest, establishment_id: UUID) -> HttpResponse:
    """Record that it has closed."""
    found = actions.close_establishment(by=request.actor, establishment_id=establishment_id)
    messages.success(request, _("Recorded as closed."))
    return redirect("register:establishments", found.place_code)


@page("people.reveal", methods=("GET", "POST"))
def phone(request: SignedRequest, establishment_id: UUID) -> HttpResponse:
    """The contact's full phone, for a reason."""
    found = queries.establishment(establishment_id)
    return reveal_page(
        request,
        title=_("Contact's phone"),
        sub=found.name,
        element="contact-phone",
        back=reverse("register:establishment", args=[found.pk]),
        show=lambda purpose, reason: actions.reveal_contact(
            by=request.actor, establishment_id=found.pk, purpose=purpose, reason=reason
        ),
        purposes=purposes(),
        tel=True,
    )
