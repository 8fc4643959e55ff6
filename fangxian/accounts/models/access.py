"""Who looked at whom, and why."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from fangxian.common.fields import PlaceCodeField
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global


class AccessLog(models.Model):
    """One read of a set of persons. Rows are only ever added."""

    scope = Global("read by the audit administrator and by the person concerned", append_only=True)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    user_id = models.UUIDField(null=True)
    grant_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    organisation_id = models.UUIDField(null=True)
    area = PlaceCodeField(blank=True)
    purpose = models.CharField(max_length=200)
    source = models.CharField(max_length=80)
    persons = ArrayField(models.UUIDField())
    revealed = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            GinIndex(fields=["persons"], name="access_person"),
            models.Index(fields=["user_id", "at"], name="access_user_at"),
        ]
