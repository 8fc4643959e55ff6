"""What headquarters keeps of its own: results of checks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.models import Row
from fangxian.common.scoping import Global


class CheckRun(Row):
    """One check of all invariants: ``results`` is a list of ``[name, breaches, seconds]``.

    ``breaches`` is null for one that could not be checked.
    """

    scope = Global("names of invariants and counts; no resident, no place", append_only=True)

    results = models.JSONField(_("results"))

    class Meta:
        verbose_name = _("nightly check")
        verbose_name_plural = _("nightly checks")
        indexes = [models.Index(fields=["-created_at"], name="check_latest")]
