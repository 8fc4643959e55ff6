"""Making the buildings and units that a ledger names and nobody knows yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.regions.actions.buildings import BuildingRow, create_unit, upsert_buildings
from fangxian.regions.queries import below
from fangxian.register.importing.door_numbers import NAMES
from fangxian.register.importing.places import GROUP, is_group


def make_places(by: Actor, missing: Iterable[Sequence[str]]) -> None:
    """Make (grid, building, unit) or (building code, "", unit) places; known ones stay as they are.

    Raises Forbidden without the right to edit places.
    """
    units_of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, building, unit in missing:
        names = units_of[code, building]
        if unit:
            names.append(NAMES["unit"].format(unit))
    rows = [
        BuildingRow(
            grid_code=code,
            name=building,
            kind=GROUP if is_group(building) else "",
            units=tuple((n, None) for n in sorted(names)),
        )
        for (code, building), names in sorted(units_of.items())
        if building
    ]
    if rows:
        upsert_buildings(by=by, rows=rows)
    for (code, building), names in sorted(units_of.items()):
        if not building:
            known = set(below(code, Level.UNIT).values_list("name", flat=True))
            for name in sorted(set(names) - known):
                create_unit(by=by, building_code=code, name=name)
