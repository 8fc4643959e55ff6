"""Phones that work at the door: which they are, whose, since when, and how one is enrolled."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global


@tracked(exclude=["cookie_hash", "pull_hash", "schema", "last_seen_at", "wipe_told_at"])
class Device(models.Model):
    """A browser on a phone that was enrolled by its holder's signed-in session.

    Its cookie lets it send what was recorded on it; to read it also shows the pull token, which it
    keeps locked by the holder's PIN. Both are known here by their SHA-256 only. After
    ``expires_at`` and once ``disabled_at`` is set it reads nothing more, but what it still sends is
    taken. ``wipe``: it is told to remove all that can be read; ``wipe_told_at`` is when it was.
    """

    scope = Global("shows itself by its cookie before its user is known; names a phone, no more")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices", verbose_name=_("account")
    )
    name = models.CharField(_("name of the phone"), max_length=60)
    platform = models.CharField(_("browser"), max_length=60, blank=True)
    schema = models.PositiveSmallIntegerField(default=1)
    cookie_hash = models.BinaryField(max_length=32, unique=True)
    pull_hash = models.BinaryField(max_length=32)
    enrolled_at = models.DateTimeField(_("enrolled"))
    last_seen_at = models.DateTimeField(_("last seen"))
    expires_at = models.DateTimeField(_("enrolled until"))
    disabled_at = models.DateTimeField(_("disabled"), null=True, blank=True)
    disabled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    wipe = models.BooleanField(_("to be wiped"), default=False)
    wipe_told_at = models.DateTimeField(_("was told to wipe"), null=True, blank=True)

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=False) | Q(wipe=False), name="device_wiped_is_off"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def state(self, now: dt.datetime) -> str:
        """``working``, ``expired``, ``disabled``, ``wipe`` (to be told so) or ``wiped`` (told)."""
        if self.disabled_at is not None:
            if self.wipe:
                return "wiped" if self.wipe_told_at else "wipe"
            return "disabled"
        return "working" if self.expires_at > now else "expired"


class DeviceHolder(models.Model):
    """Whose a device was from when to when; a phone that is handed on keeps what is unsent.

    ``strong``: the session that enrolled it had shown a second factor, so the roles that ask for
    one can be used on it.
    """

    scope = Global("ids and times; read before the user of a device is known")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    device = models.ForeignKey(Device, models.CASCADE, related_name="holders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    from_at = models.DateTimeField(_("from"))
    to_at = models.DateTimeField(_("until"), null=True, blank=True)
    strong = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=Q(to_at=None), name="device_one_holder"
            ),
            models.CheckConstraint(
                condition=Q(to_at=None) | Q(to_at__gte=F("from_at")), name="device_holder_times"
            ),
        ]
        indexes = [models.Index(fields=["device", "user"], name="device_holder")]


class DeviceCode(models.Model):
    """A code by which one device is enrolled once, within minutes; known by its SHA-256."""

    scope = Global("opaque, used before anybody is signed in on the phone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    code_hash = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="+")
    strong = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["user"], name="device_code_user")]
