"""Searching people for somebody: by name freely, by a number within the account's quota."""

from __future__ import annotations

from fangxian.accounts.actions import count_lookup
from fangxian.common.actor import Actor
from fangxian.people import queries
from fangxian.people.documents import check_number, normal_number, normal_phone
from fangxian.people.models import Person
from fangxian.people.vocabularies import IDENTITY


def find(by: Actor, text: str, limit: int = 20) -> list[Person]:
    """What :func:`queries.search` finds. Raises TooMany above the hourly quota of numbers.

    A number counts when it is whole or finds somebody, so one that is still being typed does not.
    """
    found = queries.search(text, limit)
    if queries.is_number(text) and (found or _whole(text)):
        count_lookup(by=by)
    return found


def by_document(by: Actor, kind: str, number: str) -> Person | None:
    """Whom in scope a document names that a form asks for ("" names nobody).

    Each number counts: what the form answers tells whether somebody has it. Raises TooMany.
    """
    if not number:
        return None
    count_lookup(by=by)
    return queries.find_by_document(kind, number).first()


def _whole(text: str) -> bool:
    phone = normal_phone(text)
    mobile = len(phone) == 11 and phone.isdecimal() and phone.startswith("1")
    return mobile or check_number(IDENTITY, normal_number(text)) is None
