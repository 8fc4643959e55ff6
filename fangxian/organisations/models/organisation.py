"""Organisations: a tree of bodies whose kinds are data."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Row
from fangxian.common.scoping import Global
from fangxian.common.vocabulary import in_language
from fangxian.regions.models import Region


@tracked()
class OrganisationKind(models.Model):
    """A kind of organisation (branch, unit, enterprise …); shipped ones in ``data/kinds.json``."""

    scope = Global("names of kinds of organisations")

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    zh = models.CharField(_("Chinese name"), max_length=60)
    en = models.CharField(_("English name"), max_length=60, blank=True)
    permanent = models.BooleanField(_("permanent"), default=True)

    class Meta:
        verbose_name = _("kind of organisation")
        verbose_name_plural = _("kinds of organisations")

    def __str__(self) -> str:
        return in_language(en=self.en, zh=self.zh)


@tracked()
class Organisation(Row):
    """A body: standing or temporary. Its seat is a place; who belongs to it are its members.

    ``elected_on``: when those who lead it were last elected; the rules say for how long.
    """

    scope = Global("names and seats of public bodies; a unit far away may answer for a place here")

    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    initials = models.CharField(max_length=40, blank=True, editable=False, db_collation="C")
    kind = models.ForeignKey(OrganisationKind, models.PROTECT, verbose_name=_("kind"))
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    seat = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("seat"))
    credit_code = models.CharField(
        _("unified social credit code"), max_length=18, blank=True, db_collation="C"
    )
    founded_on = models.DateField(_("founded on"), null=True, blank=True)
    elected_on = models.DateField(_("leadership elected on"), null=True, blank=True)
    dissolved_on = models.DateField(_("dissolved on"), null=True, blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~Q(credit_code=""),
                name="organisation_credit_code",
            ),
            models.UniqueConstraint(
                fields=["seat", "parent", "name"],
                condition=Q(dissolved_on=None),
                # Of those without a parent too a name is there once.
                nulls_distinct=False,
                name="organisation_once",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="organisation_not_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(dissolved_on=None)
                | Q(founded_on=None)
                | Q(dissolved_on__gte=F("founded_on")),
                name="organisation_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["initials"], name="organisation_initials"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name
