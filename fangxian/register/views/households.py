"""A household's page, and the forms of all that can happen in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common import registries
from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.pages import change_page, posted
from fangxian.people import lookups
from fangxian.people import queries as people
from fangxian.people.locks import lock_persons
from fangxian.regions import queries as regions
from fangxian.register import actions, forms, history, queries
from fangxian.register.actions.locks import lock_homes
from fangxian.register.doors import doors_of
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.views.common import crumbs


def _door(home: Household) -> str:
    return doors_of([home])[home.pk]


def _url(household_id: UUID) -> str:
    return reverse("register:household", args=[household_id])


@page("register.view")
def household(request: SignedRequest, household_id: UUID) -> HttpResponse:
    """Residents, former residents, history."""
    home = queries.household(household_id)
    rows = list(queries.residents_of([home.pk]))
    former = list(
        Residency.objects.filter(household=home)
        .exclude(to_date=None)
        .select_related("person")
        .order_by("-to_date")[:50]
    )
    groups: dict[UUID, list[str]] = {}
    for entry in KeyGroupEntry.objects.filter(
        person_id__in=[row.person_id for row in rows], to_date=None
    ):
        groups.setdefault(entry.person_id, []).append(entry.group_label)
    numbers = {
        person.id: people.masked(person)
        for person in people.with_numbers(row.person_id for row in rows)
    }
    context = {
        "home": home,
        "door": _door(home),
        "breadcrumbs": [
            *crumbs(home.place_code, request.actor.area),
            {"label": home.room or home.number or _("Household"), "url": ""},
        ],
        "rows": [
            {
                "it": row,
                "groups": groups.get(row.person_id, []),
                "phone": ", ".join(p[2] for p in numbers[row.person_id].phones)
                if row.person_id in numbers
                else "",
            }
            for row in rows
        ],
        "former": former,
        "panels": [
            {"name": name, "title": panel.title, "html": html}
            for name, panel in registries.household_panels.items()
            if request.actor.may(panel.right, home.place_code)
            and (html := panel.render(request, request.actor, home.pk))
        ],
        "events": history.of_household(home.pk),
        "may_edit": request.actor.may("register.edit", home.place_code)
        and home.state != Household.State.CLOSED,
    }
    return render(request, "register/household.html", context)


@page("register.edit", methods=("GET", "POST"))
def create(request: SignedRequest, code: str) -> HttpResponse:
    """A new household at a building or unit."""
    here = regions.at(code, by=request.actor)
    return change_page(
        request,
        title=_("New household"),
        sub=here.name,
        form=forms.HouseholdForm(posted(request)),
        save=lambda values: actions.create_household(by=request.actor, place_code=code, **values),
        done=_("The household is recorded."),
        back=reverse("register:place", args=[code]),
    )


@page("register.edit", methods=("GET", "POST"))
def change(request: SignedRequest, household_id: UUID) -> HttpResponse:
    """Change a household."""
    if request.method == "POST":
        lock_homes([household_id])
    home = queries.household(household_id)
    initial = {name: getattr(home, name) for name in forms.HouseholdForm.base_fields}
    return change_page(
        request,
        title=_("Change the household"),
        sub=_door(home),
        form=forms.ChangeHouseholdForm(posted(request), initial=initial),
        save=lambda values: actions.change_household(
            by=request.actor, household_id=home.pk, **values
        ),
        done=_("The change is saved."),
        back=_url(home.pk),
    )


@page("register.edit", methods=("POST",))
def close(request: SignedRequest, household_id: UUID) -> HttpResponse:
    """Take a household off the lists."""
    home = actions.close_household(by=request.actor, household_id=household_id)
    messages.success(request, _("The household is closed."))
    return redirect("register:place", home.place_code)


@page("register.edit", methods=("GET", "POST"))
def move_in(request: SignedRequest, household_id: UUID) -> HttpResponse:
    """Somebody moves in: a new person, or one found by search (``person`` in the address)."""
    home = queries.household(household_id)

    def save(values: dict[str, Any]) -> None:
        number = values.pop("document")
        kind = values.pop("document_kind") or "identity"
        phone = values.pop("phone")
        known = lookups.by_document(request.actor, kind, number)
        if known is not None and known.name == values["name"].strip():
            here = {name: values[name] for name in ("relation", "kind", "on")}
            actions.move(by=request.actor, household_id=home.pk, person_id=known.id, **here)
            return
        details = {name: values.pop(name) for name in ("sex", "birth_date") if values[name]}
        for name in ("sex", "birth_date"):
            values.pop(name, None)
        actions.move_in(
            by=request.actor,
            household_id=home.pk,
            documents=[(kind, number)] if number else [],
            phones=[phone] if phone else [],
            **values,
            **details,
        )

    return change_page(
        request,
        title=_("Move in"),
        sub=_door(home),
        form=forms.NewResidentForm(posted(request), place=home.place_code),
        save=save,
        done=_("The move is recorded."),
        back=_url(home.pk),
        hint=_("Who is registered in your area already is found by the document and moves."),
    )


@page("register.edit", methods=("GET", "POST"))
def birth(request: SignedRequest, household_id: UUID) -> HttpResponse:
    """A child is born."""
    home = queries.household(household_id)

    def save(values: dict[str, Any]) -> None:
        number = values.pop("certificate")
        documents = [("birth_certificate", number)] if number else []
        lookups.by_document(request.actor, "birth_certificate", number)
        actions.birth(by=request.actor, household_id=home.pk, documents=documents, **values)

    return change_page(
        request,
        title=_("Birth"),
        sub=_door(home),
        form=forms.BirthForm(posted(request)),
        save=save,
        done=_("The birth is recorded."),
        back=_url(home.pk),
    )


def _residency(residency_id: UUID) -> Residency:
    found = (
        Residency.objects.filter(pk=residency_id, to_date=None)
        .select_related("person", "household")
        .first()
    )
    if found is None:
        raise OutOfScope(f"residency {residency_id}")
    return found


def _residency_page(
    request: SignedRequest,
    row: Residency,
    title: str,
    form: Any,
    save: Any,
    done: str,
    text: str = "",
) -> HttpResponse:
    return change_page(
        request,
        title=title,
        sub=row.person.name,
        form=form,
        save=save,
        done=done,
        back=_url(row.household_id),
        hint=text,
    )


@page("register.edit", methods=("GET", "POST"))
def move_out(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Somebody moves out."""
    row = _residency(residency_id)
    return _residency_page(
        request,
        row,
        _("Move out"),
        forms.DayForm(posted(request)),
        lambda values: actions.move_out(by=request.actor, residency_id=row.pk, **values),
        _("The move is recorded."),
    )


@page("register.edit", methods=("GET", "POST"))
def death(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Somebody has died."""
    row = _residency(residency_id)
    return _residency_page(
        request,
        row,
        _("Death"),
        forms.DayForm(posted(request)),
        lambda values: actions.death(by=request.actor, person_id=row.person_id, **values),
        _("The death is recorded."),
        _("All residencies of the person in your area end on that day."),
    )


@page("register.edit", methods=("GET", "POST"))
def away(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Somebody is away for a time."""
    row = _residency(residency_id)
    return _residency_page(
        request,
        row,
        _("Away for a time"),
        forms.AwayForm(posted(request)),
        lambda values: actions.go_away(by=request.actor, residency_id=row.pk, **values),
        _("The absence is recorded."),
    )


@page("register.edit", methods=("POST",))
def back(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Somebody is back."""
    row = actions.come_back(by=request.actor, residency_id=residency_id)
    messages.success(request, _("Recorded as back."))
    return redirect("register:household", row.household_id)


@page("register.edit", methods=("GET", "POST"))
def change_residency(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Relation, kind and beginning of a residency."""
    row = _residency(residency_id)
    if request.method == "POST":
        lock_persons([row.person_id])
        lock_homes([row.household_id])
        row = _residency(residency_id)
    initial = {name: getattr(row, name) for name in forms.ResidencyForm.base_fields}
    return _residency_page(
        request,
        row,
        _("Change how somebody lives here"),
        forms.ResidencyForm(posted(request), initial=initial),
        lambda values: actions.change_residency(by=request.actor, residency_id=row.pk, **values),
        _("The change is saved."),
    )


@page("register.edit", methods=("GET", "POST"))
def join_group(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Put somebody into a key group."""
    row = _residency(residency_id)
    return _residency_page(
        request,
        row,
        _("Add to a key group"),
        forms.GroupForm(posted(request), place=row.place_code),
        lambda values: actions.join_group(by=request.actor, person_id=row.person_id, **values),
        _("The person is in the key group."),
    )


@page("register.edit", methods=("POST",))
def leave_group(request: SignedRequest, entry_id: UUID) -> HttpResponse:
    """Take somebody out of a key group."""
    entry = actions.leave_group(by=request.actor, entry_id=entry_id)
    messages.success(request, _("The membership has ended."))
    return redirect("people:person", entry.person_id)


@page("register.edit", methods=("POST",))
def correct(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Withdraw a residency recorded by mistake."""
    row = actions.correct(by=request.actor, residency_id=residency_id)
    messages.success(request, _("Withdrawn; the history keeps it."))
    return redirect("register:household", row.household_id)


@page("register.edit", methods=("POST",))
def name_head(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Make somebody the head; who was the head is a relative from now on."""
    row = actions.name_head(by=request.actor, residency_id=residency_id)
    messages.success(request, _("The household has another head."))
    return redirect("register:household", row.household_id)


@page("register.edit", methods=("POST",))
def undo_death(request: SignedRequest, person_id: UUID) -> HttpResponse:
    """Take back a death recorded for the wrong person."""
    actions.undo_death(by=request.actor, person_id=person_id)
    messages.success(request, _("The death is taken back; the residencies go on."))
    return redirect("people:person", person_id)


@page("register.edit", methods=("POST",))
def undo_move_out(request: SignedRequest, residency_id: UUID) -> HttpResponse:
    """Take back a move out recorded by mistake."""
    row = actions.undo_move_out(by=request.actor, residency_id=residency_id)
    messages.success(request, _("The move is taken back; the residency goes on."))
    return redirect("register:household", row.household_id)
