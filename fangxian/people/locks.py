"""Locks that put changes of a person one after another."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fangxian.common.errors import Conflict, OutOfScope
from fangxian.people.models import Person


def lock_persons(ids: Iterable[UUID]) -> QuerySet[Person]:
    """Lock the records to the end of the transaction, always in one order. Returns those in scope.

    Who changes where a person lives takes this first, and the households after it: what is read of
    the person's residencies then still holds when the change is written. Rows that refer to the
    person can be written meanwhile.
    """
    found = Person.objects.filter(pk__in=set(ids))
    list(found.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    return found


def lock_person(person_id: UUID) -> Person:
    """The record to be changed. Raises OutOfScope, and Conflict when it was merged into another."""
    person = lock_persons([person_id]).first()
    if person is None:
        raise OutOfScope(f"person {person_id}")
    if person.merged_into_id is not None:
        raise Conflict(
            _("This record has been merged into another meanwhile: record it with that one.")
        )
    return person
