"""Persons, their documents and phones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.core import emergencies
from fangxian.people import documents as numbers
from fangxian.people import names, queries, queue, tokens
from fangxian.people.actions.links import link_person
from fangxian.people.locks import lock_person
from fangxian.people.matching import lock_numbers, offer_matches
from fangxian.people.models import Person, PersonDocument, PersonPhone
from fangxian.people.references import tell_changed
from fangxian.people.vocabularies import DOCUMENT_KINDS, ETHNICITIES, IDENTITY

Number = TypeVar("Number", PersonDocument, PersonPhone)
CHANGEABLE = frozenset(
    {
        "name",
        "sex",
        "birth_date",
        "ethnicity",
        "nationality",
        "registered_address",
        "employer",
    }
)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    problems: list[Problem] = []
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"not fields of a person: {sorted(unknown)}")
    if "name" in values:
        values["name"] = names.tidy(str(values["name"]))
        values["initials"] = names.initials(values["name"])
        if not values["name"]:
            problems.append(Problem(_("The name is missing."), "name", mend=_("Write the name.")))
        elif len(values["name"]) > 60:
            problems.append(
                Problem(_("The name is longer than 60 characters."), "name", mend=_("Shorten it."))
            )
    birth = values.get("birth_date")
    if birth and birth > timezone.localdate():
        problems.append(
            Problem(
                _("The date of birth lies in the future."),
                "birth_date",
                mend=_("Compare it with the document."),
            )
        )
    if values.get("ethnicity") and values["ethnicity"] not in ETHNICITIES:
        problems.append(
            Problem(_("Unknown ethnicity."), "ethnicity", mend=_("Choose one of the list."))
        )
    if problems:
        raise Invalid(*problems)
    return values


@action
def create_person(
    *,
    by: Actor,
    place_code: str,
    link_kind: str,
    source_id: UUID,
    name: str,
    documents: Sequence[tuple[str, str]] = (),
    phones: Sequence[str] = (),
    emergency_id: UUID | None = None,
    **details: Any,
) -> Person:
    """Make a person who is seen at ``place_code`` because of row ``source_id``.

    ``documents`` are (kind, number) pairs; with ``emergency_id`` they and the phones are sealed
    with that emergency's key and end with it. Sex and date of birth come from an identity number
    where they are not given. Raises Invalid; Conflict when somebody in scope has the same document
    (use that person). The same document elsewhere opens an entry of the merge queue there.
    """
    by.require("people.edit", place_code)
    emergencies.check(place_code, emergency_id)
    problems = [p for kind, number in documents if (p := _bad_document(kind, number))]
    if problems:
        raise Invalid(*problems)
    lock_numbers(_index(number) for _kind, number in documents)
    for kind, number in documents:
        if queries.find_by_document(kind, number).exists():
            raise Conflict(_("A person with this document is registered here already."))
        if kind == IDENTITY:
            details = _from_identity(number) | {k: v for k, v in details.items() if v}
    values = _checked({"name": name, **details})
    person = Person(**values)
    person.save(force_insert=True)
    link_person(
        by=by, person_id=person.id, place_code=place_code, kind=link_kind, source_id=source_id
    )
    rows = [_add_document(person.id, kind, number, emergency_id) for kind, number in documents]
    for number in phones:
        _add_phone(person.id, number, "", emergency_id)
    _offer(by, rows)
    return person


def _from_identity(number: str) -> dict[str, Any]:
    text = numbers.normal_number(number)
    return {"birth_date": numbers.birth_of(text), "sex": numbers.sex_of(text)}


def _bad_document(kind: str, number: str) -> Problem | None:
    if kind not in DOCUMENT_KINDS:
        return Problem(_("Unknown kind of document."), "kind", mend=_("Choose one of the list."))
    return numbers.check_number(kind, number)


def _index(number: str) -> bytes:
    return PersonDocument._meta.get_field("number_index").of(number)


def _add_document(
    person_id: UUID, kind: str, number: str, emergency_id: UUID | None
) -> PersonDocument:
    row = PersonDocument(
        person_id=person_id,
        kind=kind,
        number=numbers.normal_number(number),
        emergency_id=emergency_id,
    )
    row.save(force_insert=True)
    return row


def _add_phone(person_id: UUID, number: str, label: str, emergency_id: UUID | None) -> PersonPhone:
    text = numbers.normal_phone(number)
    if not 5 <= len(text) <= 20:
        raise Invalid(
            Problem(
                _("This is not a phone number."),
                "phone",
                mend=_("Write a mobile number, or area code and number."),
            )
        )
    row = PersonPhone(person_id=person_id, number=text, label=label, emergency_id=emergency_id)
    row.save(force_insert=True)
    return row


@action
def change_person(*, by: Actor, person_id: UUID, **values: Any) -> Person:
    """Change fields of a person (``CHANGEABLE``). Raises Invalid, OutOfScope, Conflict."""
    by.require("people.edit")
    person = lock_person(person_id)
    checked = _checked(values)
    renamed = checked.get("name", person.name) != person.name
    if renamed:
        tokens.erase_everywhere([person.id])
    changed = update_fields(person, **checked)
    if changed:
        person.save(update_fields=changed)
    if renamed:
        tokens.write_everywhere([person.id])
        tell_changed(by, [person.id])
    return person


@action
def add_document(
    *, by: Actor, person_id: UUID, kind: str, number: str, emergency_id: UUID | None = None
) -> PersonDocument:
    """Add a document; the same again changes nothing. Raises Invalid, OutOfScope.

    With ``emergency_id`` that emergency's key seals the number, which ends with it; recorded again
    without one, it stays.
    """
    by.require("people.edit")
    emergencies.check(by.area, emergency_id)
    person = lock_person(person_id)
    problem = _bad_document(kind, number)
    if problem:
        raise Invalid(problem)
    index = _index(number)
    lock_numbers([index])
    known = PersonDocument.objects.filter(person=person, kind=kind, number_index=index).first()
    if known:
        return _taken_over(known, emergency_id)
    row = _add_document(person.id, kind, number, emergency_id)
    _offer(by, [row])
    return row


def _taken_over(known: Number, emergency_id: UUID | None) -> Number:
    """A number that was known for an emergency alone is the register's if it is so recorded."""
    if emergency_id is None and known.emergency_id is not None:
        known.emergency_id = None
        # Sealed with the register's key now.
        known.save(update_fields=["emergency_id", "number"])
    return known


def _offer(by: Actor, rows: Sequence[PersonDocument]) -> None:
    found = offer_matches([(row.person_id, row.kind, row.number_index) for row in rows])
    if found:
        queue.open_for(by, found)


@action
def remove_document(*, by: Actor, person_id: UUID, document_id: UUID) -> None:
    """Remove a document that was recorded by mistake (history keeps it sealed).

    Raises OutOfScope (none of this person's), Conflict (the record was merged into another).
    """
    by.require("people.edit")
    person = lock_person(person_id)
    if not PersonDocument.objects.filter(pk=document_id, person=person).delete()[0]:
        raise OutOfScope(f"document {document_id}")


@action
def add_phone(
    *,
    by: Actor,
    person_id: UUID,
    number: str,
    label: str = "",
    emergency_id: UUID | None = None,
) -> PersonPhone:
    """Add a phone; the same again changes nothing. Raises Invalid, OutOfScope.

    With ``emergency_id`` that emergency's key seals the number, which ends with it; recorded again
    without one, it stays.
    """
    by.require("people.edit")
    emergencies.check(by.area, emergency_id)
    person = lock_person(person_id)
    index = PersonPhone._meta.get_field("number_index").of(number)
    known = PersonPhone.objects.filter(person=person, number_index=index).first()
    if known:
        return _taken_over(known, emergency_id)
    return _add_phone(person.id, number, label, emergency_id)


@action
def remove_phone(*, by: Actor, person_id: UUID, phone_id: UUID) -> None:
    """Remove a phone that is wrong or out of use.

    Raises OutOfScope (none of this person's), Conflict (the record was merged into another).
    """
    by.require("people.edit")
    person = lock_person(person_id)
    if not PersonPhone.objects.filter(pk=phone_id, person=person).delete()[0]:
        raise OutOfScope(f"phone {phone_id}")


@action
def record_death(*, by: Actor, person_id: UUID, on: dt.date) -> Person:
    """Set the day of death. Raises Invalid when it lies in the future or before the birth."""
    by.require("people.edit")
    person = lock_person(person_id)
    if on > timezone.localdate() or (person.birth_date and on < person.birth_date):
        raise Invalid(
            Problem(
                _("The day of death lies in the future or before the birth."),
                "deceased_on",
                mend=_("Compare it with the certificate."),
            )
        )
    person.deceased_on = on
    person.save(update_fields=["deceased_on"])
    tell_changed(by, [person.id])
    return person


@action
def withdraw_death(*, by: Actor, person_id: UUID) -> Person:
    """Take back a death recorded by mistake. Raises Conflict when none is recorded."""
    by.require("people.edit")
    person = lock_person(person_id)
    if person.deceased_on is None:
        raise Conflict(_("No death of this person is recorded."))
    person.deceased_on = None
    person.save(update_fields=["deceased_on"])
    tell_changed(by, [person.id])
    return person
