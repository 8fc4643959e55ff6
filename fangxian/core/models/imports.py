"""Import runs: every row that came in was accepted or rejected, and one can see why."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped


class ImportState(models.TextChoices):
    """How far a run is. Whether its work failed or was stopped is said by its job."""

    STAGING = "staging", _("Being read")
    READY = "ready", _("To be checked")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")


class ImportRun(Placed):
    """One import of one file. When finished, ``rows_in = accepted + rejected``."""

    scope = Scoped()

    kind = models.SlugField(_("kind"), max_length=60)
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.STAGING
    )
    file = models.ForeignKey("core.File", models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    signature = models.CharField(max_length=64, blank=True)
    mapping = models.JSONField(_("mapping"), default=dict, blank=True)
    options = models.JSONField(default=dict, blank=True)
    emergency_id = models.UUIDField(null=True, blank=True)
    rows_in = models.PositiveIntegerField(_("rows"), default=0)
    accepted = models.PositiveIntegerField(_("accepted"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    changed = models.PositiveIntegerField(_("changed something"), default=0)
    result_file = models.ForeignKey(
        "core.File", models.PROTECT, null=True, blank=True, related_name="+"
    )
    job_id = models.UUIDField(null=True, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    made_by = models.CharField(_("by"), max_length=80)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=ImportState.FINISHED)
                | models.Q(rows_in=models.F("accepted") + models.F("rejected")),
                name="import_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(rows_in__gte=models.F("accepted") + models.F("rejected")),
                name="import_never_more",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code", "-created_at"], name="import_place"),
            models.Index(fields=["kind", "sha256"], name="import_same"),
        ]


class RowState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")


class ImportRow(Placed):
    """One row of a file: its sealed values by column and, when rejected, the sealed problems.

    Both are emptied when the time of the file is over.
    """

    scope = Scoped()

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    # Of the row and the block of the sheet: core.imports.number_of.
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RowState.choices, default=RowState.WAITING)
    emergency_id = models.UUIDField(null=True, blank=True)
    raw = SealedTextField(
        column="core.importrow.raw", emergency="emergency_id", null=True, blank=True
    )
    problems = SealedTextField(
        column="core.importrow.problems", emergency="emergency_id", null=True, blank=True
    )
    object_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="import_row"),
            models.CheckConstraint(
                condition=~models.Q(state=RowState.REJECTED)
                | models.Q(problems__isnull=False)
                | models.Q(raw__isnull=True),
                name="import_row_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "number"],
                condition=models.Q(state=RowState.WAITING),
                name="import_row_waiting",
            ),
        ]


class MappingMemory(Placed):
    """The mapping that was last accepted for a kind of file with these headers, at this place."""

    scope = Scoped(upward=True)

    kind = models.SlugField(max_length=60)
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "signature", "place_code"], name="mapping_once"
            ),
        ]
