"""Templates that other offices have sent, what their columns mean, and how they were filled."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import File, Job
from fangxian.reporting.models.taking import Taking


@tracked(exclude=["outline"])
class OfficeTemplate(Placed):
    """A workbook that an office has sent to be filled.

    ``outline``: what it asks for, as it was read once (JSON, sealed: what is printed in it is
    foreign); ``job`` reads it where that takes long. ``fault``: code and parameters of the
    ``SheetError`` for which it was refused. ``choices``: what was chosen for each of its tables and
    blanks (``filling.matching``). The same office's next workbook with the same headers takes the
    choices over. ``checked``: a person has looked at them. ``retired_on``: it is offered no more.
    """

    scope = Scoped(upward=True)

    class State(models.TextChoices):
        UNREAD = "unread", _("not read yet")
        READ = "read", pgettext_lazy("template", "read")
        REFUSED = "refused", _("can't be read")

    name = models.CharField(pgettext_lazy("template", "name"), max_length=120)
    office = models.CharField(_("sent by"), max_length=120, blank=True)
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.UNREAD)
    outline = SealedTextField(
        verbose_name=_("what it asks for"), column="reporting.template.outline", null=True,
        blank=True,
    )  # fmt: skip
    fault = models.JSONField(default=dict, blank=True)
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    choices = models.JSONField(default=dict)
    checked = models.BooleanField(_("columns confirmed"), default=False)
    user_id = models.UUIDField()
    made_by = models.CharField(_("uploaded by"), max_length=80)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    class Meta:
        verbose_name = _("template of an office")
        verbose_name_plural = _("templates of offices")
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(state="unread", outline__isnull=True, fault={})
                    | (Q(state="read", fault={}) & Q(outline__isnull=False))
                    | (Q(state="refused", outline__isnull=True) & ~Q(fault={}))
                ),
                name="office_template_state",
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="office_template_place")]

    def __str__(self) -> str:
        return self.name


@tracked(exclude=["left"])
class Filling(Placed):
    """A template filled for a place. ``left``: what could not be filled, and why (JSON, sealed)."""

    scope = Scoped()

    class Way(models.TextChoices):
        ONE = "one", _("one workbook")
        SHEETS = "sheets", _("one workbook, a sheet for each place below")
        BOOKS = "books", _("a workbook for each place below")

    template = models.ForeignKey(OfficeTemplate, models.PROTECT, related_name="fillings")
    way = models.CharField(_("form"), max_length=8, choices=Way.choices, default=Way.ONE)
    day = models.DateField(_("as of"), null=True, blank=True)
    clear = models.BooleanField(_("numbers in full"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    left = SealedTextField(
        verbose_name=_("not filled"), column="reporting.filling.left", null=True, blank=True
    )
    left_count = models.PositiveIntegerField(_("not filled"), default=0)
    job = models.ForeignKey(Job, models.PROTECT, null=True, blank=True, related_name="+")
    file = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")
    # A large one that names persons waits for a second person.
    taking = models.OneToOneField(
        Taking, models.PROTECT, null=True, blank=True, related_name="filling"
    )
    user_id = models.UUIDField()
    made_by = models.CharField(_("filled by"), max_length=80)

    class Meta:
        verbose_name = _("filled template")
        verbose_name_plural = _("filled templates")
        constraints = [
            models.CheckConstraint(
                condition=Q(way__in=["one", "sheets", "books"]), name="filling_way"
            ),
            models.CheckConstraint(
                condition=Q(clear=False) | ~Q(reason=""), name="filling_clear_for_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="filling_place")]
