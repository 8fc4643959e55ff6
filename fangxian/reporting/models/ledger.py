"""Ledgers that people have put together, and what stood in them the last time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import File


class Form(models.TextChoices):
    """The forms in which a ledger is taken away."""

    XLSX = "xlsx", _("Excel")
    CSV = "csv", _("CSV (UTF-8)")
    GBK = "gbk", _("CSV (GBK)")
    PARQUET = "parquet", _("Parquet")


@tracked(exclude=["view"])
class Ledger(Placed):
    """A view of a table of facts at a place, kept under a name; without one it is a draft.

    ``view`` is sealed: people search in it for names. Each account has one draft a table.
    ``shared``: who may read the table at or below the place may open it. ``daily_at``: it is
    written as a file for its owner each day at that local time. ``watched``: each time it is
    written, what has changed since the last time is kept.
    """

    # A community uses what its county shares.
    scope = Scoped(upward=True)

    name = models.CharField(pgettext_lazy("ledger", "name"), max_length=80, blank=True)
    table = models.CharField(max_length=60)
    view = SealedTextField(column="reporting.ledger.view")
    user_id = models.UUIDField()
    grant_id = models.UUIDField(null=True, blank=True)
    made_by = models.CharField(_("made by"), max_length=80)
    shared = models.BooleanField(_("shared"), default=False)
    daily_at = models.TimeField(_("every day at"), null=True, blank=True)
    form = models.CharField(_("form"), max_length=8, choices=Form.choices, default=Form.XLSX)
    watched = models.BooleanField(_("watch what changes"), default=False)
    ran_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("ledger")
        verbose_name_plural = _("ledgers")
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "table"], condition=Q(name=""), name="one_draft_a_table"
            ),
            models.UniqueConstraint(
                fields=["place_code", "user_id", "name"], condition=~Q(name=""), name="ledger_name"
            ),
            models.CheckConstraint(
                condition=~Q(name="") | Q(shared=False, daily_at=None, watched=False),
                name="ledger_draft_is_private",
            ),
            models.CheckConstraint(
                condition=Q(form__in=["xlsx", "csv", "gbk", "parquet"]), name="ledger_form"
            ),
        ]
        indexes = [
            models.Index(
                fields=["daily_at"], condition=Q(daily_at__isnull=False), name="ledger_daily"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Shot(Placed):
    """What stood in a watched ledger at a moment: keys of rows and keyed digests of their cells.

    No value is kept, only by which it is seen that it has changed. ``file`` holds them, packed;
    ``columns`` are those that were compared.
    """

    scope = Scoped()

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="shots")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    columns = models.JSONField()
    rows = models.PositiveIntegerField(_("rows"))
    added = models.PositiveIntegerField(_("new"), default=0)
    gone = models.PositiveIntegerField(_("gone"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)

    class Meta:
        verbose_name = _("state of a ledger")
        verbose_name_plural = _("states of ledgers")
        indexes = [models.Index(fields=["ledger", "-created_at"], name="shot_of_ledger")]
