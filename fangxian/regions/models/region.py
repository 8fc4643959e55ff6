"""The tree of places, from the province to the unit of a building."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Collate, Length
from django.utils.translation import gettext_lazy as _

from fangxian.common.codes import LEVEL_LABELS, Level
from fangxian.common.fields import PlaceCodeField
from fangxian.common.history import tracked
from fangxian.common.ids import uuid7
from fangxian.common.scoping import Global

# One character an element; a name holds a text only if it holds all its characters, so this
# narrows a substring search to a few rows without any extension.
CHARACTERS = Func(F("name"), Value(None, TextField()), function="string_to_array")


@tracked(exclude=["boundary"])
class Region(models.Model):
    """A place of the tree. Its id stays; its code is where it lies now.

    ``valid_to`` is the day from which the place no longer exists (null while it does); places that
    ended keep their row and stay findable by their old code. ``code_from`` is the day from which
    the place has had its present code (null: since ``valid_from``); earlier codes are in
    :class:`RegionCode`.
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
    code_from = models.DateField(_("has this code since"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    boundary = models.JSONField(_("boundary (GeoJSON)"), null=True, blank=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to=None), name="one_current_place_a_code"
            ),
            models.CheckConstraint(
                condition=Q(level=Length("code")), name="level_is_the_length_of_the_code"
            ),
            # An x stands before codes that are being exchanged (recode.SHADOW).
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9x][0-9]*$"), name="code_is_digits"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="place_dates"
            ),
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__range=(-180, 180), latitude__range=(-90, 90)),
                name="place_position",
            ),
        ]
        indexes = [
            models.Index(fields=["code"], name="region_code"),
            # Under C collation a prefix is a range, and an exact name comes first in it.
            models.Index(Collate("name", "C"), F("level"), name="region_name"),
            models.Index(
                fields=["level", "initials"], condition=Q(valid_to=None), name="region_initials"
            ),
            GinIndex(CHARACTERS, name="region_characters", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_current(self) -> bool:
        return self.valid_to is None
