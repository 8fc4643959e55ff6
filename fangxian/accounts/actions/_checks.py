"""What the account actions check alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts import queries
from fangxian.accounts.models import Grant, User
from fangxian.common import codes, registries
from fangxian.common.actor import Actor
from fangxian.common.errors import Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.scoping import acting
from fangxian.regions.models import Region

SHORTEST_REASON = 4
LONGEST_REASON = 200


def checked_reason(reason: str, *, longest: int = LONGEST_REASON) -> str:
    """Return the reason without outer blanks. Raises Invalid when it is too short or too long."""
    text = " ".join(reason.split())
    if len(text) < SHORTEST_REASON:
        raise Invalid(
            Problem(
                _("The reason is too short."),
                field="reason",
                mend=_("Write at least %(count)d characters.") % {"count": SHORTEST_REASON},
            )
        )
    if len(text) > longest:
        raise Invalid(
            Problem(
                _("The reason is too long."),
                field="reason",
                mend=_("Write at most %(count)d characters.") % {"count": longest},
            )
        )
    return text


@contextmanager
def because(by: Actor, reason: str) -> Iterator[Actor]:
    """Changes in this block carry ``reason`` in their history, and the task they are made for."""
    from fangxian.accounts.looks import reason_of

    with acting(by.for_purpose(reason_of(by, reason))) as actor:
        yield actor


def changed(by: Actor, *persons: UUID | None) -> None:
    """Tell the rooms that follow accounts whose account was changed."""
    for person_id in persons:
        if person_id is not None:
            for follow in registries.after_account_change:
                follow(by, person_id)


def place_at(code: str) -> Region | None:
    """Return the current place of a code, None for the whole country. Raises Invalid."""
    if code == codes.WHOLE_COUNTRY:
        return None
    found = Region.objects.filter(code=code, valid_to=None).first()
    if found is None:
        raise Invalid(
            Problem(
                _("There is no place with the code %(code)s today.") % {"code": code},
                field="place",
                mend=_("Choose a place from the list."),
            )
        )
    return found


def managed_user(by: Actor, user_id: UUID) -> User:
    """Return an account that ``by`` may manage, locked for the change.

    He may when the account is administered in his area and reaches nowhere beyond it: who could
    reset the password of a wider account would have its rights. Raises OutOfScope for an account
    of another area, Forbidden for one of his area that reaches further and for his own.
    """
    user = (
        User.objects.select_related("region")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=user_id)
        .first()
    )
    if user is None or not queries.is_administered_in(user, by.area):
        raise OutOfScope(f"account {user_id}")
    if user.pk == by.user_id:
        raise Forbidden("accounts.own", by.area)
    # Also those of a disabled account, and those that begin later: enabling it gives them back.
    running = Q(valid_to=None) | Q(valid_to__gte=timezone.localdate())
    held = Grant.objects.filter(running, user=user, revoked_at=None)
    for area in held.values_list("region__code", flat=True):
        if not codes.contains(by.area, area or codes.WHOLE_COUNTRY):
            raise Forbidden("accounts.reaches_further", area or "")
    return user


def problems_of(error: ValidationError, fields: dict[str, str] | None = None) -> Invalid:
    """Turn Django's validation error into ours, its fields renamed by ``fields``."""
    names = fields or {}
    if not hasattr(error, "error_dict"):
        return Invalid(*(Problem(text) for text in error.messages))
    found = []
    for field, messages in error.message_dict.items():
        where = "" if field == NON_FIELD_ERRORS else names.get(field, field)
        found += [Problem(text, field=where) for text in messages]
    return Invalid(*found)
