"""Files: sealed, scoped, with hash and retention, inside the database and so in its backups."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.models import Placed, Row
from fangxian.common.scoping import Linked, Scoped

CHUNK_BYTES = 1024 * 1024


class File(Placed):
    """A file's card; the content lies in :class:`FileChunk`.

    ``right`` is what a reader needs besides the scope; the account that stored it (``owner_id``)
    needs only the scope, and is alone where ``right`` is empty. ``purged_at``: the content was
    removed when its retention ended.
    """

    scope = Scoped()

    name = SealedTextField(
        verbose_name=_("name"), column="core.file.name", emergency="emergency_id"
    )
    media_type = models.CharField(_("media type"), max_length=120)
    size = models.BigIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    chunks = models.PositiveIntegerField()
    emergency_id = models.UUIDField(null=True, blank=True)
    right = models.CharField(max_length=60)
    owner_id = models.UUIDField(null=True, blank=True)
    keep_until = models.DateField(_("kept until"), null=True, blank=True)
    purged_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gte=0), name="file_size"),
        ]
        indexes = [
            models.Index(fields=["place_code"], name="file_place"),
            models.Index(fields=["sha256"], name="file_sha256"),
            models.Index(
                fields=["keep_until"], condition=models.Q(purged_at=None), name="file_keep"
            ),
            models.Index(
                fields=["emergency_id"],
                condition=models.Q(emergency_id__isnull=False),
                name="file_emergency",
            ),
        ]


class FileChunk(Row):
    """One MiB of a file, sealed for this file and this position."""

    scope = Linked("core.File", column="file_id", link_column="id")

    file = models.ForeignKey(File, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="file_chunk"),
        ]
