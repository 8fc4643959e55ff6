"""Who looked at whom, and why; and what the security administrator should look into."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import PlaceCodeField
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global


class AccessLog(models.Model):
    """One read of a set of persons. Rows are only ever added, in the order of their ids.

    ``area`` is the viewer's. ``revealed`` names what was shown in full ("identity", "phone"); then
    ``purpose_code`` is the chosen purpose and ``purpose`` the reason that was given, both after the
    task it was for (``looks.task_purpose``).
    """

    scope = Global("read by the audit administrator and by the person concerned", append_only=True)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    user_id = models.UUIDField(null=True)
    grant_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=40, blank=True)
    organisation_id = models.UUIDField(null=True)
    area = PlaceCodeField(blank=True)
    purpose = models.CharField(max_length=260)
    purpose_code = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=80)
    request_id = models.CharField(max_length=40, blank=True)
    persons = ArrayField(models.UUIDField())
    revealed = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            GinIndex(fields=["persons"], name="access_person"),
            models.Index(fields=["user_id", "id"], name="access_user"),
            models.Index(
                fields=["user_id", "at"],
                condition=~models.Q(revealed=""),
                name="access_reveals",
            ),
        ]


class SecurityAlert(models.Model):
    """Something about an account that the security administrator should look into.

    ``kind`` is a key of ``accounts.alerts.KINDS``; ``area`` is the account's widest one.
    Repetitions within the hour are counted in ``times``, not added.
    """

    scope = Global("raised before anybody is signed in (lock-out); holds account ids only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("first seen"), auto_now_add=True)
    last_at = models.DateTimeField(_("last seen"), auto_now_add=True)
    kind = models.SlugField(_("what"), max_length=40)
    user_id = models.UUIDField(null=True)
    area = PlaceCodeField(blank=True)
    source = models.CharField(_("from"), max_length=80, blank=True)
    times = models.PositiveIntegerField(_("times"), default=1)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by_id = models.UUIDField(null=True, blank=True)
    settled_note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "user_id", "at"], name="alert_kind_user")]
