"""What a request of an enrolled phone shows, who acts by it, and its enrolment.

The protocol that stands on it is ``docs/methods/sync.md``.
"""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts import limits, queries
from fangxian.accounts.actions.devices import (
    RIGHT,
    Enrolled,
    enrol_device,
    hash_of,
    holder_of,
    plain_code,
)
from fangxian.accounts.alerts import count_wrong_code
from fangxian.accounts.models import Device, DeviceCode, DeviceHolder, User
from fangxian.accounts.source import client_ip, device_source, source_of
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict

COOKIE = "fangxian_device"
COOKIE_PATH = "/api/field/sync"
# Browsers keep none longer; what is unsent is taken after the enrolment has run out, too.
COOKIE_DAYS = 400
BEARER = "Bearer "
# What is read for a phone, as the access log says it (``looks.ROUTES``).
PURPOSE = "page phone"
# Enrolments from one address: an office sits behind one, and each phone needs a person with a code.
MOST_ENROLMENTS, ENROLMENTS_WITHIN = 30, 60
SEEN_EVERY = dt.timedelta(minutes=1)
# How far the estimate of when something was recorded may be off.
CLOCKS = dt.timedelta(days=1)


class DeviceRefused(Exception):
    """Why a phone is not answered: HTTP ``status``, a ``code`` for the app, words for a person."""

    def __init__(
        self, status: int, code: str, message: str, *, mend: str = "", wipe: bool | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.mend = mend
        self.wipe = wipe

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        told = {"code": self.code, "message": self.message, "mend": self.mend}
        return told if self.wipe is None else {**told, "wipe": self.wipe}


def device_of(request: HttpRequest) -> Device | None:
    """The device whose cookie a request carries, disabled and expired ones too; None without one.

    One query; it notes that the device was seen, once a minute.
    """
    cookie = request.COOKIES.get(COOKIE, "")
    if not cookie:
        return None
    device = Device.objects.select_related("user").filter(cookie_hash=hash_of(cookie)).first()
    now = timezone.now()
    if device is not None and now - device.last_seen_at > SEEN_EVERY:
        Device.objects.filter(pk=device.pk).update(last_seen_at=now)
        device.last_seen_at = now
    return device


def require_pull(request: HttpRequest, device: Device) -> None:
    """Raise DeviceRefused unless the device may read: enrolled, open, its pull token shown.

    The phone of a disabled account is told to wipe, whatever it shows: its holder has left.
    """
    left = not device.user.is_active
    if left or device.disabled_at is not None:
        if device.wipe and device.wipe_told_at is None:
            Device.objects.filter(pk=device.pk).update(wipe_told_at=timezone.now())
        raise DeviceRefused(
            403,
            "device_disabled",
            _("The account of this phone is disabled.") if left else _("This phone is disabled."),
            mend=_("Ask whoever administers the accounts; what is unsent is still taken."),
            wipe=left or device.wipe,
        )
    again = _("Enrol the phone again with a code of “My phones” on the website.")
    if device.expires_at <= timezone.now():
        raise DeviceRefused(401, "sign_in_again", _("The enrolment has run out."), mend=again)
    header = request.headers.get("Authorization", "")
    token = header.removeprefix(BEARER) if header.startswith(BEARER) else ""
    if not hmac.compare_digest(hash_of(token), bytes(device.pull_hash)):
        raise DeviceRefused(401, "sign_in_again", _("The pull token is missing."), mend=again)


def actors_of(
    device: Device, user_id: UUID, captured_at: dt.datetime | None = None, *, purpose: str = ""
) -> list[Actor]:
    """The actors by which a user's work on a device is done: one for each grant he holds now.

    Widest area first. Empty when the account is disabled or has no grant, when the device was never
    his, or when it was handed on more than a day before ``captured_at`` (the server's estimate).
    Roles that ask for a second factor are left out unless he enrolled it with one.
    """
    held = list(DeviceHolder.objects.filter(device=device, user_id=user_id))
    if captured_at is not None:
        held = [one for one in held if one.to_at is None or captured_at <= one.to_at + CLOCKS]
    user = holder_of(user_id) if held else None
    if user is None:
        return []
    return _actors(
        user,
        strong=max(held, key=lambda one: one.from_at).strong,
        source=device_source(device.pk),
        purpose=purpose or PURPOSE,
    )


def at_desk(by: Actor, device_id: UUID, user_id: UUID) -> Actor:
    """``by``, who brings in at a desk what ``user_id`` made on a phone: history names the phone.

    So what the phone made before and after is known to be its own. Not of a phone that was others'
    only: anybody can write another's id.
    """
    holders = set(
        DeviceHolder.objects.filter(device_id=device_id).values_list("user_id", flat=True)
    )
    if holders and user_id not in holders:
        return by
    return replace(by, source=device_source(device_id))


def is_anothers(device_id: UUID, user_id: UUID | None) -> bool:
    """Whether a phone is somebody else's now. One query."""
    holder = Device.objects.filter(pk=device_id).values_list("user_id", flat=True).first()
    return holder is not None and holder != user_id


def _actors(user: User, *, strong: bool, source: str, purpose: str) -> list[Actor]:
    return [
        queries.actor_of(grant, source=source, purpose=purpose)
        for grant in queries.grants_of(user)
        if strong or not queries.needs_second_factor(grant)
    ]


def enrol(
    request: HttpRequest,
    *,
    code: str,
    device_id: UUID | None,
    name: str,
    platform: str,
    schema: int,
    valid_for: dt.timedelta,
) -> Enrolled:
    """Enrol the phone that sends ``request`` by a code of “My phones”. Raises DeviceRefused.

    With ``device_id`` and its cookie it is enrolled again in place, else it is a new device. One
    that lost its cookie is known by its id where it is that user's already, and one that nobody has
    (the server was restored from a backup before its enrolment) stays its id: what waits on it is
    sealed under that id.
    """
    source = source_of(request)
    if not limits.take(
        f"enrolments {client_ip(request)}", most=MOST_ENROLMENTS, seconds=ENROLMENTS_WITHIN
    ):
        raise DeviceRefused(
            429, "too_many", _("Too many enrolments from here."), mend=_("Wait a minute.")
        )
    known = device_of(request)
    if known is not None and known.pk != device_id:
        known = None
    another = _("Show a new code on “My phones” of the website and scan it.")
    row = DeviceCode.objects.filter(code_hash=hash_of(plain_code(code))).first()
    if row is None:
        count_wrong_code(source)
        raise DeviceRefused(403, "code_unknown", _("This code is not known."), mend=another)
    used = DeviceRefused(
        403,
        "code_used",
        _("This code was used already."),
        mend=_("If it was not you, disable that phone on “My phones”; then show a new code."),
    )
    if row.used_at is not None:
        count_wrong_code(source)
        raise used
    if row.expires_at <= timezone.now():
        raise DeviceRefused(403, "code_expired", _("This code has run out."), mend=another)
    if known is None and device_id is not None:
        known = Device.objects.select_related("user").filter(pk=device_id, user=row.user_id).first()
    user = holder_of(row.user_id)
    actors = _actors(user, strong=row.strong, source=source, purpose=PURPOSE) if user else []
    by = next((actor for actor in actors if actor.may(RIGHT)), None)
    if by is None:
        raise DeviceRefused(
            403,
            "no_right",
            _("The account may not work with a phone."),
            mend=_("Ask whoever administers the accounts."),
        )
    try:
        enrolled = enrol_device(
            by=by,
            code=row,
            device=known,
            device_id=_free(device_id),
            name=name,
            platform=platform,
            schema=schema,
            valid_for=valid_for,
        )
    except Conflict as error:
        raise DeviceRefused(403, "device_disabled", str(error), wipe=False) from error
    if enrolled is None:
        raise used
    return enrolled


def _free(device_id: UUID | None) -> UUID | None:
    """The id, if no device has it."""
    taken = device_id is None or Device.objects.filter(pk=device_id).exists()
    return None if taken else device_id


def set_cookie(response: HttpResponse, cookie: str) -> None:
    """Give the phone its cookie: for the protocol's addresses alone, out of reach of scripts."""
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=COOKIE_DAYS * 86_400,
        path=COOKIE_PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
