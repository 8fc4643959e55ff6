"""The tree of places, from the province to the unit of a building."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.codes import LEVEL_LABELS, Level
from fangxian.common.fields import PlaceCodeField
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global


class Region(models.Model):
    """A place of the tree. Its id stays; its code is where it lies now.

    ``valid_to`` is the day from which the place no longer exists (null while it does); places that
    ended keep their row and stay findable by their old code.
    """

    scope = Global("names and codes of places are public")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = PlaceCodeField(_("code"))
    name = models.CharField(_("name"), max_length=120)
    level = models.PositiveSmallIntegerField(
        _("level"), choices=[(int(x), LEVEL_LABELS[x]) for x in Level if x]
    )
    initials = models.CharField(_("pinyin initials"), max_length=120, db_collation="C", blank=True)
    urban_class = models.CharField(_("urban–rural class"), max_length=3, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid until"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    boundary = models.JSONField(_("boundary (GeoJSON)"), null=True, blank=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(valid_to=None), name="one_current_place_a_code"
            ),
        ]
        indexes = [models.Index(fields=["code"], name="region_code")]

    def __str__(self) -> str:
        return self.name
