"""Phones: enrolling, handing on, disabling, wiping."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from contextlib import nullcontext
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.accounts import limits, queries
from fangxian.accounts.actions._checks import because, checked_reason
from fangxian.accounts.actions.users import temporary_password
from fangxian.accounts.models import Device, DeviceCode, DeviceHolder, User
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, OutOfScope, TooMany
from fangxian.common.ids import uuid7

RIGHT = "accounts.device"
CODE_MINUTES = 5
# A person tries again a few times; a program would ask for more.
MOST_CODES, CODES_WITHIN = 20, 600
NAME_LENGTH = 60


@dataclass(frozen=True)
class NewCode:
    """A code for one phone, shown once, and when it runs out; ``id`` tells nothing of it."""

    id: UUID
    code: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class Enrolled:
    """A device with its two secrets, which are told to it once and kept here as hashes only."""

    device: Device
    cookie: str
    pull_token: str


def hash_of(secret: str) -> bytes:
    """How a code, a cookie or a token is kept: SHA-256, 32 bytes; each has 79 random bits or more.

    A person may type a code with or without its dashes and in capitals.
    """
    return hashlib.sha256(secret.encode()).digest()


def plain_code(typed: str) -> str:
    """A code as it is hashed, however it was typed."""
    return "".join(letter for letter in typed.lower() if letter.isascii() and letter.isalnum())


@action
def make_device_code(*, by: Actor, strong: bool) -> NewCode:
    """A code by which the actor enrols one phone within five minutes; earlier ones end.

    ``strong``: his session has shown a second factor. Raises Forbidden, TooMany.
    """
    by.require(RIGHT)
    if by.user_id is None:
        raise Forbidden(RIGHT)
    if not limits.take(f"device codes {by.user_id}", most=MOST_CODES, seconds=CODES_WITHIN):
        raise TooMany(_("Too many codes in a short time: wait ten minutes, then ask for another."))
    now = timezone.now()
    DeviceCode.objects.filter(user_id=by.user_id, used_at=None).delete()
    # In groups of four, from letters that nobody confuses, for who has to type it.
    code = temporary_password()
    made = DeviceCode.objects.create(
        user_id=by.user_id,
        code_hash=hash_of(plain_code(code)),
        expires_at=now + dt.timedelta(minutes=CODE_MINUTES),
        strong=strong,
    )
    return NewCode(made.pk, code, made.expires_at)


@action
def enrol_device(
    *,
    by: Actor,
    code: DeviceCode,
    device: Device | None,
    device_id: UUID | None = None,
    name: str,
    platform: str,
    schema: int,
    valid_for: dt.timedelta,
) -> Enrolled | None:
    """Enrol a phone to ``by`` with a code of his; None when another was faster with the code.

    ``device`` is the one that showed its cookie: it is enrolled again in place, handed on where it
    was another's; ``device_id`` the id that a new one had on a server of which nothing else is
    left. Its secrets change each time. A phone that the administrators disabled raises
    Conflict; one that its holder disabled is his again.
    """
    by.require(RIGHT)
    now = timezone.now()
    if code.user_id != by.user_id:
        raise Forbidden(RIGHT)
    mine = DeviceCode.objects.filter(pk=code.pk)
    if not mine.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    if device is not None:
        device = Device.objects.select_for_update(no_key=True).get(pk=device.pk)
        if device.disabled_at is not None and device.disabled_by_id != device.user_id:
            raise Conflict(_("This phone is disabled: ask whoever administers the accounts."))
    cookie, token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    found = device or Device(id=device_id or uuid7())
    found.user_id = code.user_id
    found.name = " ".join(name.split())[:NAME_LENGTH] or found.name or pgettext("device", "Phone")
    found.platform = " ".join(platform.split())[:NAME_LENGTH]
    found.schema = schema
    found.cookie_hash, found.pull_hash = hash_of(cookie), hash_of(token)
    found.enrolled_at = found.last_seen_at = now
    found.expires_at = now + valid_for
    found.disabled_at = found.disabled_by = found.wipe_told_at = None
    found.reason, found.wipe = "", False
    found.save()
    _hold(found, code.strong, now)
    mine.update(device=found)
    return Enrolled(found, cookie, token)


def _hold(device: Device, strong: bool, now: dt.datetime) -> None:
    open_one = DeviceHolder.objects.filter(device=device, to_at=None).first()
    if open_one is not None and (open_one.user_id, open_one.strong) == (device.user_id, strong):
        return
    if open_one is not None:
        open_one.to_at = now
        open_one.save(update_fields=["to_at"])
    DeviceHolder.objects.create(device=device, user_id=device.user_id, from_at=now, strong=strong)


def _own_or_managed(by: Actor, device_id: UUID) -> Device:
    """A device of the actor's own, or of an account in his area if he may disable accounts."""
    device = (
        Device.objects.select_related("user__region")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=device_id)
        .first()
    )
    if device is None:
        raise OutOfScope(f"device {device_id}")
    if device.user_id == by.user_id:
        return device
    if not queries.users_in(by.area).filter(pk=device.user_id).exists():
        raise OutOfScope(f"device {device_id}")
    by.require("accounts.disable")
    return device


@action
def disable_device(*, by: Actor, device_id: UUID, reason: str, wipe: bool = False) -> Device:
    """Let a phone read nothing more; with ``wipe`` it is told to remove what can be read.

    What was recorded on it and not yet sent is still taken, and held for a supervisor to decide.
    For one's own no reason is asked: a stolen one is disabled at once. Raises OutOfScope,
    Forbidden (another's, without the right), Invalid (no reason).
    """
    device = _own_or_managed(by, device_id)
    own = device.user_id == by.user_id and not reason.strip()
    why = "" if own else checked_reason(reason)
    with nullcontext() if own else because(by, why):
        if device.disabled_at is None or device.user_id != by.user_id:
            # Of an administrator's word the holder does not make his own.
            device.disabled_by_id = by.user_id
        device.disabled_at = device.disabled_at or timezone.now()
        device.reason = why or device.reason
        device.wipe = device.wipe or wipe
        device.save(update_fields=["disabled_at", "disabled_by", "reason", "wipe"])
    return device


@action
def enable_device(*, by: Actor, device_id: UUID, reason: str) -> Device:
    """Let a phone work again that an administrator disabled; one to be wiped is enrolled anew.

    Raises OutOfScope, Forbidden (also for one's own), Conflict (it is not disabled).
    """
    by.require("accounts.disable")
    device = _own_or_managed(by, device_id)
    if device.user_id == by.user_id:
        raise Forbidden("accounts.own", by.area)
    why = checked_reason(reason)
    if device.disabled_at is None:
        raise Conflict(_("This phone is not disabled."))
    with because(by, why):
        if device.wipe:
            # It holds nothing any more: only a new code opens it.
            device.expires_at = timezone.now()
        device.disabled_at = device.disabled_by = device.wipe_told_at = None
        device.reason, device.wipe = "", False
        device.save()
    return device


def holder_of(user_id: UUID) -> User | None:
    """The open account of a user."""
    return User.objects.filter(pk=user_id, is_active=True).first()
