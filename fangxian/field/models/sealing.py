"""The keys to which phones seal what they record."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fangxian.common.models import Row
from fangxian.common.scoping import Global


class SealKey(Row):
    """A P-256 pair of the server; the newest is given to phones (``field.sync.keys``).

    ``public`` is the uncompressed point, 65 bytes; the private part lies in the keyring under the
    same id. ``forget_at`` is set when a newer one takes its place.
    """

    scope = Global("public points; the private parts lie in the keyring")

    public = models.BinaryField(max_length=65)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    forget_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at=None, forget_at=None, forgotten_at=None)
                | Q(forget_at__gte=F("retired_at")),
                name="seal_key_times",
            ),
        ]
        indexes = [models.Index(fields=["-made_at"], name="seal_key_made")]
