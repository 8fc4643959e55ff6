"""Vacancies: places where a role that the rules ask for is held by nobody, or by too few."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.regions.models import Region


class Vacancy(Placed):
    """One role that is not filled at one place, since when, and how many holders are missing.

    Derived from the tree, the rules and the responsibilities by ``organisations.vacancies``; each
    row has a task and counts in the counter ``vacancy``.
    """

    scope = Scoped()

    place = models.ForeignKey(Region, models.CASCADE, related_name="+")
    role = models.SlugField(_("role"), max_length=40)
    missing = models.PositiveSmallIntegerField(_("missing"))
    since = models.DateField(_("since"))

    class Meta:
        verbose_name = _("vacancy")
        verbose_name_plural = _("vacancies")
        constraints = [
            models.UniqueConstraint(fields=["place", "role"], name="vacancy_once"),
        ]
        indexes = [models.Index(fields=["place_code"], name="vacancy_place")]
