"""What is known of a building (or village group, tower, park) and of its units."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.scoping import Global
from fangxian.regions.models.region import Region

KINDS = Path(__file__).parent.parent / "data" / "building_kinds.json"


@tracked()
class BuildingKind(models.Model):
    """A kind of building; the shipped ones are in ``data/building_kinds.json``.

    ``lived_in``: households are expected there; ``has_units``: it can be split by unit.
    """

    scope = Global("a vocabulary")

    code = models.SlugField(_("code"), primary_key=True, max_length=30)
    name = models.CharField(_("name"), max_length=40)
    lived_in = models.BooleanField(_("people live there"), default=True)
    has_units = models.BooleanField(_("has units"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("kind of building")
        verbose_name_plural = _("kinds of building")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.name


@tracked()
class Building(models.Model):
    """Details of a place of the level building.

    ``households`` is the declared number (null: unknown). A building whose units lie in several
    grids has one row a grid: the first is the building itself, the others are its sections and
    name it in ``part_of``.
    """

    scope = Global("addresses and sizes of buildings are public; no person is named")

    region = models.OneToOneField(
        Region, models.PROTECT, primary_key=True, related_name="building", verbose_name=_("place")
    )
    kind = models.ForeignKey(BuildingKind, models.PROTECT, verbose_name=_("kind"))
    address = models.CharField(_("address"), max_length=200, blank=True)
    number = models.CharField(_("number"), max_length=30, blank=True)
    households = models.PositiveIntegerField(_("declared households"), null=True, blank=True)
    managed = models.BooleanField(_("has property management"), default=True)
    part_of = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="sections"
    )

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(part_of=None) | ~models.Q(part_of=models.F("region")),
                name="building_is_not_part_of_itself",
            )
        ]


@tracked()
class BuildingUnit(models.Model):
    """Details of a place of the level unit (a stairwell, or a floor of a tower)."""

    scope = Global("sizes of units are public; no person is named")

    region = models.OneToOneField(
        Region, models.PROTECT, primary_key=True, related_name="unit", verbose_name=_("place")
    )
    number = models.CharField(_("number"), max_length=30, blank=True)
    households = models.PositiveIntegerField(_("declared households"), null=True, blank=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")


@cache
def shipped_kinds() -> list[dict[str, object]]:
    """The kinds that come with the product."""
    rows: list[dict[str, object]] = json.loads(KINDS.read_text("utf-8"))
    return rows


def load_kinds(*, using: str) -> None:
    """Add the shipped kinds that are missing; edited ones stay as they are."""
    present = set(BuildingKind.objects.using(using).values_list("code", flat=True))
    BuildingKind.objects.using(using).bulk_create(
        BuildingKind(**row) for row in shipped_kinds() if row["code"] not in present
    )
