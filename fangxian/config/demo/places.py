"""Grids, buildings and units of the county's communities and villages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.config.demo.recipe import Chance
from fangxian.regions import redraw
from fangxian.regions.actions.buildings import BuildingRow, upsert_buildings
from fangxian.regions.actions.places import create_place
from fangxian.regions.actions.plans import accept_grids, draw_grids
from fangxian.regions.models import Building, Region
from fangxian.regions.queries import below

FLOORS = (6, 11)
UNITS = (2, 4)
DOORS_A_FLOOR = 2
GROUP_HOUSEHOLDS = 45


@dataclass(frozen=True)
class Spot:
    """Where a household can live, and how many do."""

    place_code: str
    building_id: object
    unit_id: object | None
    building_name: str
    unit_name: str
    households: int


def is_community(place: Region) -> bool:
    """A residents' committee (village number 001–199), not a villagers' committee."""
    return place.code[9] in "01"


def build(by: Actor, chance: Chance) -> None:
    """Make grids and buildings in every village; draw the grids of the communities."""
    data = chance.data
    villages = list(below(data["county"], Level.VILLAGE).order_by("code"))
    communities = [v for v in villages if is_community(v)]
    sizes = {v.code: chance.random.randint(*data["community_households"]) for v in communities}
    rest = data["households"] - sum(sizes.values())
    others = [v for v in villages if v.code not in sizes]
    weights = [chance.random.uniform(0.5, 1.6) for _v in others]
    scale = rest / sum(weights)
    left = rest
    for village, weight in zip(others, weights, strict=True):
        sizes[village.code] = max(8, round(weight * scale))
        left -= sizes[village.code]
    sizes[others[-1].code] = max(8, sizes[others[-1].code] + left)
    rows: list[BuildingRow] = []
    towns = sorted({village.code[:9] for village in villages})
    for village in villages:
        grid = create_place(
            by=by,
            parent_code=village.code,
            name=data["grid"].format(n=1),
            level=Level.GRID,
        )
        corner = where(chance, towns.index(village.code[:9]), len(towns), is_community(village))
        make = _blocks if is_community(village) else _groups
        rows += make(chance, village, grid.code, sizes[village.code], corner)
    upsert_buildings(by=by, rows=rows)
    for community in communities:
        plan = draw_grids(by=by, community_code=community.code)
        accept_grids(by=by, plan_id=plan.id, version=plan.version)
        redraw.apply(by=by, plan_id=plan.id)


def where(chance: Chance, town: int, towns: int, near: bool) -> tuple[float, float]:
    """A place in its town, whose land meets no other's: the first in the middle, others around."""
    longitude, latitude = chance.data["centre"]
    spread, draw = chance.data["spread_degrees"], chance.random
    turn = 2 * math.pi * town / max(1, towns - 1)
    away, reach = (spread, 0.3) if town else (0.0, 0.55)
    # Blocks of a community stand close together, in the middle of the town.
    half = spread * (0.12 if near else reach) / math.sqrt(2)
    return (
        longitude + away * math.cos(turn) + draw.uniform(-half, half),
        latitude + (away * math.sin(turn) + draw.uniform(-half, half)) * 0.8,
    )


def _blocks(
    chance: Chance, place: Region, grid: str, households: int, where: tuple[float, float]
) -> list[BuildingRow]:
    """Blocks of flats with units, a tower and a park beside them."""
    draw = chance.random
    estate = chance.data["estates"][int(place.code[-6:]) % len(chance.data["estates"])]
    rows: list[BuildingRow] = []
    left = households
    number = 0
    while left > 0:
        number += 1
        units = draw.choice(UNITS)
        per_unit = draw.choice(FLOORS) * DOORS_A_FLOOR
        counts = [min(per_unit, max(0, left - u * per_unit)) for u in range(units)]
        counts = [count for count in counts if count]
        left -= sum(counts)
        rows.append(
            BuildingRow(
                grid_code=grid,
                name=chance.data["block"].format(estate=estate, n=number),
                kind="residential",
                address=f"{estate}{number}",
                number=str(number),
                households=sum(counts),
                managed=draw.random() < 0.8,
                longitude=round(where[0] + (number % 5) * 0.0009 + draw.uniform(0, 0.0003), 6),
                latitude=round(where[1] + (number // 5) * 0.0007 + draw.uniform(0, 0.0002), 6),
                units=tuple(
                    (chance.data["unit"].format(n=u), count) for u, count in enumerate(counts, 1)
                ),
            )
        )
    for kind in ("tower", "park"):
        rows.append(
            BuildingRow(
                grid_code=grid,
                name=chance.data[kind],
                kind="office_tower" if kind == "tower" else "park",
                households=0,
                longitude=round(where[0] - 0.001 - draw.uniform(0, 0.0004), 6),
                latitude=round(where[1] + draw.uniform(0, 0.002), 6),
            )
        )
    return rows


def _groups(
    chance: Chance, _place: Region, grid: str, households: int, where: tuple[float, float]
) -> list[BuildingRow]:
    """Village groups of about 45 households."""
    count = max(1, round(households / GROUP_HOUSEHOLDS))
    share, more = divmod(households, count)
    return [
        BuildingRow(
            grid_code=grid,
            name=chance.data["group"].format(n=n + 1),
            kind="village_group",
            number=str(n + 1),
            households=share + (1 if n < more else 0),
            longitude=round(where[0] + n * 0.002, 6),
            latitude=round(where[1] + chance.random.uniform(0, 0.002), 6),
        )
        for n in range(count)
    ]


def spots(county: str) -> Iterator[Spot]:
    """Every place of the county where households live, in the order of the codes."""
    found = Building.objects.filter(
        region__code__startswith=county, region__valid_to=None, households__gt=0
    ).select_related("region")
    units: dict[str, list[Region]] = {}
    for unit in below(county, Level.UNIT).select_related("unit").order_by("code"):
        units.setdefault(unit.code[: int(Level.BUILDING)], []).append(unit)
    for building in found.order_by("region__code"):
        place = building.region
        inside = units.get(place.code)
        if not inside:
            count = building.households or 0
            yield Spot(place.code, place.id, None, place.name, "", count)
        for unit in inside or ():
            count = unit.unit.households or 0
            yield Spot(unit.code, place.id, unit.id, place.name, unit.name, count)
