"""Forms: versions of questionnaires."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.models import Row
from fangxian.common.scoping import Global
from fangxian.core.models import File
from fangxian.field.questionnaire import Questionnaire, parse_questionnaire


class FormDefinition(Row):
    """One version of a form. A version is never changed: answers name the version they answer.

    ``file`` is the workbook that an XLSForm was taken in from.
    """

    scope = Global("questions, no answers", append_only=True)

    class Source(models.TextChoices):
        SHIPPED = "shipped", _("shipped")
        BUILDER = "builder", _("made here")
        XLSFORM = "xlsform", _("XLSForm")

    code = models.SlugField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=80)
    schema = models.JSONField(_("questions"))
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    file = models.ForeignKey(
        File, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("workbook")
    )
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="form_version"),
        ]

    def __str__(self) -> str:
        return self.name

    def questionnaire(self) -> Questionnaire:
        """The questions, compiled."""
        schema: dict[str, Any] = self.schema
        return parse_questionnaire(schema, stored=True)
