"""Accounts: making, disabling, enabling, resetting, unlocking."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.utils import reset as forget_failures
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.actions._checks import (
    because,
    changed,
    checked_reason,
    managed_user,
    place_at,
    problems_of,
)
from fangxian.accounts.actions.lookups import count_lookup
from fangxian.accounts.models import Device, DeviceCode, Grant, User
from fangxian.common import access
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem

# Without letters and digits that look alike on paper or over the telephone: 31^16 > 2^79.
TEMPORARY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
TEMPORARY_LENGTH = 16
TEMPORARY_HOURS = 72


@dataclass(frozen=True)
class NewPassword:
    """An account and the temporary password that is shown once, to be handed over."""

    user: User
    password: str


def temporary_password() -> str:
    """Return a random password in groups of four."""
    text = "".join(secrets.choice(TEMPORARY_ALPHABET) for _i in range(TEMPORARY_LENGTH))
    return "-".join(text[i : i + 4] for i in range(0, TEMPORARY_LENGTH, 4))


def _set_temporary(user: User) -> str:
    password = temporary_password()
    user.set_password(password)
    user.password_expires_at = timezone.now() + dt.timedelta(hours=TEMPORARY_HOURS)
    return password


def end_sessions(user: User) -> None:
    """End all sessions of an account from its next request on (also those not listed)."""
    user.session_round += 1
    user.save(update_fields=["session_round"])
    for session in UserSession.objects.filter(user=user):
        session.end()


def end_enrolments(user: User) -> None:
    """The account's phones read nothing until they are enrolled again; what they send is taken.

    Whoever had the password could have enrolled one, and a closed account's phones have wiped.
    """
    now = timezone.now()
    Device.objects.filter(user=user, expires_at__gt=now).update(expires_at=now)
    DeviceCode.objects.filter(user=user, used_at=None).delete()


@action
def create_user(
    *,
    by: Actor,
    username: str,
    display_name: str,
    region_code: str,
    person_id: UUID | None = None,
    email: str = "",
    staff_number: str = "",
    password: str | None = None,
) -> NewPassword:
    """Make an account administered at ``region_code`` ("" the whole country), without any grant.

    Its temporary password holds for 72 hours and must be changed at the first sign-in, unless the
    holder chose ``password`` himself at the console. Raises Forbidden, Invalid.
    """
    by.require("accounts.create", region_code)
    region = place_at(region_code)
    user = User(
        username=username.strip(),
        display_name=display_name.strip(),
        region=region,
        person_id=person_id,
        email=email.strip(),
        staff_number=staff_number.strip(),
    )
    if password is None:
        shown = _set_temporary(user)
    else:
        shown = ""
        check_password_strength(password, user)
        user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        raise problems_of(error) from error
    user.save()
    changed(by, person_id)
    return NewPassword(user, shown)


def check_password_strength(password: str, user: User) -> None:
    """Raise Invalid unless the password satisfies the validators of the settings."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise Invalid(*(Problem(text, field="password") for text in error.messages)) from error


@action
def link_person(*, by: Actor, user_id: UUID, number: str, reason: str) -> User:
    """Say which person an account belongs to; an empty ``number`` unlinks it.

    ``number`` is that of a document or phone, or the person's id. A person has one account, so
    that no human holds two of the three administrator roles by having two accounts; linked, he
    reads who looked at his data. Raises Forbidden, OutOfScope, Invalid (nobody or several have the
    number, the person has an account already), LookupQuota.
    """
    from fangxian.accounts import looks

    by.require("accounts.create")
    user = managed_user(by, user_id)
    why = checked_reason(reason)
    text = number.strip()
    if text:
        count_lookup(by=by)
    found = {person for find in looks.persons for person in find(text)} if text else set()
    if text and len(found) != 1:
        several = _("Several people in your area have this number.")
        nobody = _("Nobody in your area has this number.")
        mend = _("Take the number of the identity document, or register the person first.")
        raise Invalid(Problem(several if found else nobody, field="number", mend=mend))
    access.note(*found)
    before, user.person_id = user.person_id, next(iter(found), None)
    try:
        user.validate_constraints()
        with because(by, why), transaction.atomic():
            user.save(update_fields=["person_id"])
    except ValidationError as error:
        raise problems_of(error) from error
    except IntegrityError as error:
        raise Conflict(_("This person has an account already.")) from error
    changed(by, before, user.person_id)
    return user


@action
def name_holder(*, by: Actor, user_id: UUID, staff_number: str, reason: str) -> User:
    """Say by a staff number who holds an account; no other account has the same ("" nobody said).

    Raises Forbidden, OutOfScope, Invalid, Conflict (an administrator's holder stays named).
    """
    by.require("accounts.create")
    user = managed_user(by, user_id)
    why = checked_reason(reason)
    user.staff_number = staff_number.strip()
    running = Grant.objects.filter(user=user, revoked_at=None).exclude(role__exclusive_group="")
    if not user.staff_number and running.exists():
        raise Conflict(_("An administrator is always named: write the right staff number."))
    with because(by, why):
        save_holder(user)
    return user


def save_holder(user: User) -> None:
    """Save the staff number that was set. Raises Invalid (another account has it)."""
    try:
        user.clean_fields(exclude=["email", "username", "password"])
        user.validate_constraints()
    except ValidationError as error:
        raise problems_of(error) from error
    user.save(update_fields=["staff_number"])


@action
def use_elders_edition(*, by: Actor, on: bool) -> None:
    """Large text, or text of the usual size, on the actor's own pages."""
    User.objects.filter(pk__in=[by.user_id]).update(elders_edition=on)


@action
def disable_user(*, by: Actor, user_id: UUID, reason: str) -> User:
    """Close an account: its sessions end at once, its waiting jobs find no actor any more.

    Its phones are told to wipe when they ask next; what they still send is held.
    Raises Forbidden (also for one's own account), OutOfScope, Invalid.
    """
    by.require("accounts.disable")
    user = managed_user(by, user_id)
    why = checked_reason(reason)
    with because(by, why):
        user.is_active = False
        user.save(update_fields=["is_active"])
        end_sessions(user)
        end_enrolments(user)
    changed(by, user.person_id)
    return user


@action
def enable_user(*, by: Actor, user_id: UUID, reason: str) -> User:
    """Open a closed account again; its grants hold again as far as they still run.

    Its phones are enrolled by new codes.
    """
    by.require("accounts.disable")
    user = managed_user(by, user_id)
    why = checked_reason(reason)
    if user.is_active:
        raise Conflict(_("This account is active already."))
    with because(by, why):
        user.is_active = True
        user.save(update_fields=["is_active"])
    changed(by, user.person_id)
    return user


@action
def reset_password(*, by: Actor, user_id: UUID, reason: str) -> NewPassword:
    """Give a temporary password, shown once; sessions and enrolments of phones end.

    Second factors stay.
    """
    by.require("accounts.reset")
    user = managed_user(by, user_id)
    why = checked_reason(reason)
    with because(by, why):
        password = _set_temporary(user)
        user.save(update_fields=["password", "password_expires_at"])
        end_sessions(user)
        end_enrolments(user)
    return NewPassword(user, password)


@action
def unlock_user(*, by: Actor, user_id: UUID, reason: str) -> int:
    """Lift the lock-out after too many failed sign-ins. Returns the failure records removed."""
    by.require("accounts.unlock")
    user = managed_user(by, user_id)
    why = checked_reason(reason)
    with because(by, why):
        # Touches the account, so that the history names who unlocked it and why.
        user.session_round += 1
        user.save(update_fields=["session_round"])
        return int(forget_failures(username=user.username.lower()))


@action
def reset_second_factor(*, by: Actor, user_id: UUID, reason: str) -> int:
    """Remove the second factors of who lost them; he must enrol anew. Returns how many.

    Another right than :func:`reset_password`, so nobody can take an account over alone.
    """
    by.require("accounts.unlock")
    user = managed_user(by, user_id)
    why = checked_reason(reason)
    with because(by, why):
        removed, _by_model = Authenticator.objects.filter(user=user).delete()
        end_sessions(user)
        end_enrolments(user)
    return int(removed)
