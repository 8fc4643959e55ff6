from fangxian.regions.actions.boundaries import Boundaries, import_boundaries
from fangxian.regions.actions.buildings import (
    BuildingRow,
    Upserted,
    change_building,
    change_unit,
    create_building,
    create_unit,
    upsert_buildings,
)
from fangxian.regions.actions.places import create_place, end_place, move_place, rename_place
from fangxian.regions.actions.plans import (
    accept_grids,
    draft_of_present_grids,
    draw_grids,
    move_part,
    name_grid,
    set_drawing,
    withdraw_plan,
)

__all__ = [
    "Boundaries",
    "BuildingRow",
    "Upserted",
    "accept_grids",
    "change_building",
    "change_unit",
    "create_building",
    "create_place",
    "create_unit",
    "draft_of_present_grids",
    "draw_grids",
    "end_place",
    "import_boundaries",
    "move_part",
    "move_place",
    "name_grid",
    "rename_place",
    "set_drawing",
    "upsert_buildings",
    "withdraw_plan",
]
