"""Photos of a visit: how far a phone has sent them, and those that have arrived."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common.models import Row
from fangxian.common.scoping import Global, Linked
from fangxian.core.models import File
from fangxian.field.models.visit import Visit


class Photo(Row):
    """A photo that answers a question of a visit; ``id`` is the answer, made where it was taken."""

    scope = Linked("field.Visit", column="visit_id", link_column="id")

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="photos")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")


class PhotoUpload(models.Model):
    """A sealed photo on its way, by the id that the phone gave it.

    ``sha256`` is that of the photo, ``box_sha256`` that of what is sent: ``size`` bytes, of which
    ``received`` have come. It waits until its visit is in the ledger. ``proof`` shows who took it.
    """

    scope = Global("sealed; asked for by its number, which only the sender knows")

    class State(models.TextChoices):
        RECEIVING = "receiving", _("on its way")
        WAITING = "waiting", _("its visit is awaited")
        STORED = "stored", _("stored")
        REJECTED = "rejected", _("refused")

    id = models.UUIDField(primary_key=True, editable=False)
    device_id = models.UUIDField()
    op_id = models.UUIDField()
    key_id = models.UUIDField()
    epk = models.BinaryField(max_length=65)
    nonce = models.BinaryField(max_length=12)
    sha256 = models.BinaryField(max_length=32)
    box_sha256 = models.BinaryField(max_length=32)
    proof = models.BinaryField(max_length=32, default=b"")
    size = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    problem = models.CharField(max_length=20, blank=True)
    begun_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="photo_received"),
        ]
        indexes = [
            models.Index(fields=["device_id", "state"], name="photo_device"),
            models.Index(
                fields=["op_id"],
                condition=Q(state__in=["receiving", "waiting"]),
                name="photo_op_open",
            ),
            models.Index(fields=["touched_at"], name="photo_touched"),
        ]


class PhotoPart(models.Model):
    """Some bytes of a sealed photo, from ``begin`` on; gone once the photo is stored."""

    scope = Global("sealed bytes, read by the number of the upload")

    upload = models.ForeignKey(PhotoUpload, models.CASCADE, related_name="parts")
    begin = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "begin"], name="photo_part"),
        ]
