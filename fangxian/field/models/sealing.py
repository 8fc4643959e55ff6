"""The keys to which phones seal what they record."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fangxian.common.fields import SealedTextField
from fangxian.common.models import Row
from fangxian.common.scoping import Global


class SealKey(Row):
    """A P-256 pair of the server; the newest is given to phones (``field.sync.keys``).

    ``public`` is the uncompressed point, 65 bytes; ``private`` the scalar as base64url, None once
    it is forgotten. ``forget_at`` is set when a newer one takes its place.
    """

    scope = Global("public points; the private parts are sealed with the register's key")

    public = models.BinaryField(max_length=65)
    private = SealedTextField(column="field.seal_key.private", null=True)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    forget_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(private__isnull=False) | Q(forget_at__isnull=False),
                name="seal_key_forgotten_when_due",
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(forget_at__gte=F("retired_at")),
                name="seal_key_times",
            ),
        ]
        indexes = [models.Index(fields=["-made_at"], name="seal_key_made")]
