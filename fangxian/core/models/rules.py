"""Rule sets: every rule is data with a version, a source and a day from which it holds."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.models import Row
from fangxian.common.scoping import Global


class RuleSet(Row):
    """One version of a named rule set. Rows are only added: a decision names the version it used.

    ``edition`` counts the versions that came with the product; it is empty for a local one.
    """

    scope = Global("rules hold no personal data and are public", append_only=True)

    name = models.SlugField(_("name"), max_length=60)
    version = models.PositiveIntegerField(_("version"))
    edition = models.PositiveIntegerField(_("shipped edition"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300)
    valid_from = models.DateField(_("valid from"))
    data = models.JSONField(_("rule"))
    made_by = models.CharField(_("made by"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="rule_version"),
            models.UniqueConstraint(fields=["name", "edition"], name="rule_edition"),
        ]
