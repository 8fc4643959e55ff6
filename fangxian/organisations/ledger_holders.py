"""Who a row of a ledger means: a person, a member of an organisation, or an organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.core.ledgers import known_row
from fangxian.organisations.checking import Holder
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.organisations.rules import Post
from fangxian.people.actions import add_phone, change_person
from fangxian.people.models import Person
from fangxian.people.queries import find_by_document, find_by_phone, search_names
from fangxian.regions.models import Region

# Whose sheets name the rows by which a holder is known.
CHAIN: Final = "organisations.responsibilities"
RENAMES: Final = "people.edit"


def refusal(message: str, field: str, mend: str, code: str) -> Invalid:
    """One problem, ready to be raised."""
    return Invalid(Problem(message, field=field, mend=mend, code=code))


def holder_named(values: Mapping[str, Any], post: Post, area: str) -> Holder:
    """The holder of a post that a row of a ledger about ``area`` names. Raises Invalid."""
    body = values.get("organisation", "").strip()
    name = values.get("responsible", "")
    if not post.by_person:
        return organisation_named(body or name, "organisation", area)
    said = Responsibility.objects.select_related("person").filter(person__isnull=False)
    row = known_row(said, CHAIN, values, area)
    if (
        row is not None
        and row.person is not None
        and name in ("", row.person.name, row.holder_name)
    ):
        # Another name is another holder; that under which he was named stays in the ledger.
        values = {**values, "responsible": row.person.name}
        offices = Member.objects.filter(person=row.person, to_date=None)
        office = offices.filter(organisation__name=body).order_by("id").first() if body else None
        return office or row.person
    if not name:
        raise refusal(
            _("The row names nobody."), "responsible", _("Write who answers."), "required"
        )
    offices = Member.objects.filter(to_date=None).select_related("person").order_by("id")
    if body:
        offices = offices.filter(organisation__name=body)
        called = list(offices.filter(person__name=name)[:2]) if not values.get("identity") else []
        if len(called) == 1:
            return called[0]
    person = person_named(name, values.get("identity"), values.get("responsible_phone", ""))
    if not body:
        return person
    office = offices.filter(person=person).first()
    if office is None:
        raise refusal(
            _("%(name)s is not a member of “%(body)s”.") % {"name": name, "body": body},
            "organisation",
            _("Add the member first, or leave the organisation empty."),
            "no_member",
        )
    return office


def keeps_post(values: Mapping[str, Any], place: Region, role: str, area: str) -> None:
    """Refuse another role or another place than those the row was taken from. Raises Invalid."""
    row = known_row(Responsibility.objects.select_related("place"), CHAIN, values, area)
    if row is None or (row.role, row.place_id) == (role, place.pk):
        return
    raise refusal(
        _("The row was taken from another post, at “%(place)s”.") % {"place": row.place.name},
        "role" if row.role != role else "place",
        _("End that on the page of the place; another post is a row without a name."),
        "other_post",
    )


def person_named(
    name: str, document: list[str] | None, phone: str, field: str = "responsible"
) -> Person:
    """The only person of the area that name, document and phone fit. Raises Invalid."""
    found: list[Person] = []
    if document:
        found = list(find_by_document("", document[1])[:2])
        field = "identity"
    elif phone:
        # Before the name: of a name that many have, a search gives only the first.
        found = [one for one in find_by_phone(phone) if one.name == name]
    if not document and len(found) != 1:
        found = found or [one for one in search_names(name, 50) if one.name == name]
    same = [one for one in found if one.name == name]
    if found and not same:
        raise refusal(
            _("This number belongs to somebody of another name."),
            "identity",
            _("Compare name and number with the document."),
            "name_differs",
        )
    if len(same) == 1:
        return same[0]
    if same:
        raise refusal(
            _("Several people here are called %(name)s.") % {"name": name},
            field,
            _("Add the identity number, or a phone that is registered."),
            "several_persons",
        )
    raise refusal(
        _("%(name)s is not registered here.") % {"name": name},
        field,
        _("Register the person, or add him as a member of an organisation, first."),
        "no_person",
    )


def corrected(by: Actor, person: Person, values: Mapping[str, Any], field: str) -> bool:
    """Give a person the name and the phone that the row says he was taken from has now.

    Tells whether anything was other. A document is compared only. Raises Invalid.
    """
    name, phone = values.get(field, ""), values.get("phone", "")
    document = values.get("identity")
    if document and person not in find_by_document("", document[1])[:5]:
        raise refusal(
            _("The document number differs from the one that is registered."),
            "identity",
            _("Correct it on the person's page, where the old one is kept."),
            "other_document",
        )
    renamed = bool(name) and name != person.name
    reached = bool(phone) and person not in find_by_phone(phone)[:50]
    if (renamed or reached) and not by.may(RENAMES):
        raise refusal(
            _("Who may not edit persons corrects no name and no phone of one."),
            field if renamed else "phone",
            _("Have it corrected on the person's page, and write here what was there."),
            "not_edited",
        )
    if renamed:
        change_person(by=by, person_id=person.id, name=name)
    if reached:
        add_phone(by=by, person_id=person.id, number=phone)
    return renamed or reached


def seated_in(found: QuerySet[Organisation], area: str) -> QuerySet[Organisation]:
    """Those of ``found`` with their seat in an area."""
    lo, hi = codes.bounds(area)
    return found.filter(seat__code__gte=lo, seat__code__lt=hi)


def organisation_named(name: str, field: str, area: str) -> Organisation:
    """The only present organisation of a name or short name, in ``area`` rather than elsewhere.

    Raises Invalid.
    """
    name = name.strip()
    present = Organisation.objects.filter(dissolved_on=None)
    named, short = present.filter(name=name), present.filter(short_name=name)
    found: list[Organisation] = []
    if name:
        tried = (seated_in(named, area), seated_in(short, area), named, short)
        found = next((rows for some in tried if (rows := list(some.order_by("id")[:2]))), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise refusal(
            _("Several organisations are called “%(name)s”.") % {"name": name},
            field,
            _("Give one of them another short name, and write that."),
            "several_organisations",
        )
    raise refusal(
        _("There is no organisation “%(name)s”.") % {"name": name},
        field,
        _("Write its full name, or found it first."),
        "no_organisation",
    )
