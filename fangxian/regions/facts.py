"""What the tree of places offers to ledgers, exports, templates and bulletins."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import LEVEL_LABELS, Level
from fangxian.common.facts import (
    Choices,
    Column,
    FactTable,
    Filter,
    Measure,
    measures,
    place_columns,
    set_place_namer,
    tables,
    withhold,
    within,
)
from fangxian.regions.models import Building, BuildingKind, BuildingUnit, Region
from fangxian.regions.queries import names, on_day

VIEW = "regions.view"
_TREE = _("tree of places")


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    set_place_namer(names)
    for at, table in enumerate((_places(), _buildings(), _units())):
        tables.register(table.name, table, order=100 + at)
    for at, measure in enumerate(_MEASURES):
        measures.register(measure.name, measure, order=100 + at)
    withhold(
        {
            "regions.Region": {
                "initials": "made from the name for searching",
                "boundary": "a drawing: shown on the map",
                "code_from": "since when the place has had its code: on the page of its history",
            },
            "regions.BuildingKind": {
                "lived_in": "a setting of the kind, shown where kinds are set",
                "has_units": "a setting of the kind, shown where kinds are set",
                "order": "the order of a list",
            },
            "regions.Building": {"part_of": "ties the sections of one building together"},
            "regions.GridPlan": "drawings of grids on their way: decided on the page of drawings",
            "regions.RegionList": "yearly lists as they were taken in: on the page of lists",
            "regions.RegionChange": "what a yearly list changed: on the page of lists",
            "regions.RegionCode": "earlier codes of places: on the page of a place's history",
        }
    )


def _region_rows(place: str, day: dt.date | None) -> QuerySet[Any]:
    found = Region.objects.filter(within(place, "code")).defer("boundary")
    return found.filter(valid_to=None) if day is None else found.filter(on_day(day))


def _building_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Building.objects.filter(within(place, "region__code"), region__valid_to=None)


def _unit_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return BuildingUnit.objects.filter(within(place, "region__code"), region__valid_to=None)


def _kinds() -> list[tuple[str, Any]]:
    return list(BuildingKind.objects.values_list("code", "name"))


def _places() -> FactTable:
    return FactTable(
        name="regions.places",
        label=_("Places"),
        about=_("A place of the tree, from the province to the unit of a building."),
        right=VIEW,
        model=Region,
        rows=_region_rows,
        columns=(
            *place_columns("code"),
            Column("name", pgettext_lazy("place", "Name"), path="name", synonyms="place", width=24),
            Column(
                "level", _("Level"), "code", path="level",
                codes=Choices(lambda: [(int(x), LEVEL_LABELS[x]) for x in Level if x]),
            ),
            Column("urban_class", _("Urban–rural class"), path="urban_class"),
            Column("longitude", _("Longitude"), "number", path="longitude", synonyms="longitude"),
            Column("latitude", _("Latitude"), "number", path="latitude", synonyms="latitude"),
            Column("valid_from", pgettext_lazy("column", "From"), "date", path="valid_from"),
            Column("valid_to", pgettext_lazy("column", "Until"), "date", path="valid_to"),
        ),
        order=("code", "pk"),
        place="code",
        dated=True,
        as_of=_("as it is now, or as it was on a day"),
        source=_TREE,
        first=("place_code", "name", "level", "town", "community", "grid"),
    )  # fmt: skip


def _buildings() -> FactTable:
    return FactTable(
        name="regions.buildings",
        label=_("Buildings"),
        about=_("A building, village group, tower or park, or its section in a grid."),
        right=VIEW,
        model=Building,
        rows=_building_rows,
        columns=(
            *place_columns("region__code", Level.BUILDING),
            Column(
                "kind", _("Kind of building"), "code", path="kind_id", codes=Choices(_kinds),
                synonyms="building_kind",
                covers=("regions.BuildingKind.code", "regions.BuildingKind.name"),
            ),
            Column("address", _("Address"), path="address", synonyms="address", width=28),
            Column("number", _("Building number"), path="number", synonyms="building_number"),
            Column(
                "households", _("Declared households"), "number", path="households",
                unit=pgettext_lazy("unit", "households"), synonyms="households_count",
            ),
            Column("managed", _("Has property management"), "yes_no", path="managed"),
            Column("longitude", _("Longitude"), "number", path="region__longitude",
                   synonyms="longitude"),
            Column("latitude", _("Latitude"), "number", path="region__latitude",
                   synonyms="latitude"),
        ),
        order=("region__code", "pk"),
        place="region__code",
        as_of=_("as it is now"),
        source=_TREE,
        taken_back="buildings",
        keyed=True,
        first=("community", "grid", "building", "kind", "address", "households", "managed"),
    )  # fmt: skip


def _units() -> FactTable:
    return FactTable(
        name="regions.units",
        label=_("Units"),
        about=_("A unit of a building: a stairwell, or a floor of a tower."),
        right=VIEW,
        model=BuildingUnit,
        rows=_unit_rows,
        columns=(
            *place_columns("region__code"),
            Column("number", pgettext_lazy("unit of a building", "Number"), path="number"),
            Column(
                "households", _("Declared households"), "number", path="households",
                unit=pgettext_lazy("unit", "households"), synonyms="households_count",
            ),
        ),
        order=("region__code", "pk"),
        place="region__code",
        as_of=_("as it is now"),
        source=_TREE,
        first=("community", "grid", "building", "unit", "number", "households"),
    )  # fmt: skip


def _of_level(name: str, label: Any, about: Any, level: Level) -> Measure:
    return Measure(
        f"regions.{name}", label, about, "regions.places", "",
        (Filter("level", "is", str(int(level))),), source=_TREE, past=True,
    )  # fmt: skip


_MEASURES = (
    _of_level("communities", _("Communities"), _("Communities and villages."), Level.VILLAGE),
    _of_level("grids", _("Grids"), _("Grids in force."), Level.GRID),
    _of_level(
        "buildings", _("Buildings"),
        _("Buildings, and sections of those that lie in several grids."), Level.BUILDING,
    ),
    _of_level("units", _("Units"), _("Units of buildings."), Level.UNIT),
    Measure(
        "regions.declared_households", _("Declared households"),
        _("Households as declared for buildings."), "regions.buildings",
        pgettext_lazy("unit", "households"), sums="households", source=_TREE,
    ),
)  # fmt: skip
