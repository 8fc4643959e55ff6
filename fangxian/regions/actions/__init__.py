from fangxian.regions.actions.buildings import (
    BuildingRow,
    Upserted,
    change_building,
    create_building,
    create_unit,
    upsert_buildings,
)
from fangxian.regions.actions.places import create_place, end_place, move_place, rename_place

__all__ = [
    "BuildingRow",
    "Upserted",
    "change_building",
    "create_building",
    "create_place",
    "create_unit",
    "end_place",
    "move_place",
    "rename_place",
    "upsert_buildings",
]
