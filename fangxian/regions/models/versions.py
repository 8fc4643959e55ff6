"""Yearly lists of divisions, what each changed, and the codes that places had before."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import PlaceCodeField
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global
from fangxian.regions.models.region import Region


class RegionList(models.Model):
    """A list of divisions that was taken in; ``counts`` are its rows a level and its changes."""

    scope = Global("which public list was loaded when")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    year = models.PositiveSmallIntegerField(_("year"))
    as_of = models.DateField(_("as of"))
    source = models.CharField(_("source"), max_length=200)
    digest = models.CharField(_("SHA-256"), max_length=64)
    counts = models.JSONField(_("counts"), default=dict)
    loaded_by = models.CharField(_("loaded by"), max_length=150)
    loaded_at = models.DateTimeField(_("loaded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("list of divisions")
        verbose_name_plural = _("lists of divisions")
        constraints = [
            models.UniqueConstraint(fields=["year", "digest"], name="a_list_is_taken_in_once")
        ]


class RegionChange(models.Model):
    """One change of the tree: what a later list split, merged, renamed, made or ended, and what was
    renamed by hand.
    """

    scope = Global("changes of public divisions")

    class Kind(models.TextChoices):
        NEW = "new", _("new")
        ENDED = "ended", _("ended")
        RENAME = "rename", _("renamed")
        RECODE = "recode", _("new code")
        SPLIT = "split", _("split off")
        MERGE = "merge", _("merged into")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    year = models.PositiveSmallIntegerField(_("year"))
    on = models.DateField(_("from"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    from_code = PlaceCodeField(_("old code"), blank=True)
    to_code = PlaceCodeField(_("new code"), blank=True)
    from_name = models.CharField(_("old name"), max_length=120, blank=True)
    to_name = models.CharField(_("new name"), max_length=120, blank=True)
    from_place = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="changes_from", verbose_name=_("old place")
    )
    to_place = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="changes_to", verbose_name=_("new place")
    )

    class Meta:
        verbose_name = _("change of a place")
        verbose_name_plural = _("changes of places")
        indexes = [
            models.Index(fields=["from_code"], name="change_from_code"),
            models.Index(fields=["year", "kind"], name="change_year"),
            models.Index(
                fields=["from_name"], condition=Q(kind="rename"), name="change_former_name"
            ),
        ]


class RegionCode(models.Model):
    """A code that a place had before, from ``valid_from`` until the day before ``valid_to``.

    The present code is in ``Region.code``, since ``Region.code_from``. ``plan_id`` names the
    drawing of grids that moved the place, if one did.
    """

    scope = Global("former codes of public places")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    region = models.ForeignKey(Region, models.PROTECT, related_name="former_codes")
    code = PlaceCodeField(_("code"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid until"))
    plan_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("former code")
        verbose_name_plural = _("former codes")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="former_code_dates"
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]+$"), name="former_code_is_digits"
            ),
        ]
        indexes = [models.Index(fields=["code"], name="former_code")]
