"""A synthetic place of any size: regions, households, residents; the same for the same size."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

COUNTY = "130999"
DOORS_A_UNIT = 12
UNITS_A_BUILDING = 4
BUILDINGS_A_GRID = 9
GRIDS_A_COMMUNITY = 8
COMMUNITIES_A_TOWN = 20
RESIDENTS_A_HOUSEHOLD = 2.9
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文辉玲鑫华红建国志海燕晓东春梅玉兰凤洁琳素云莲"
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def unit_codes(residents: int) -> list[str]:
    """Codes of the units that house so many residents."""
    wanted = -(-int(residents / RESIDENTS_A_HOUSEHOLD) // DOORS_A_UNIT)
    codes: list[str] = []
    number = 0
    while len(codes) < wanted:
        rest, unit = divmod(number, UNITS_A_BUILDING)
        rest, building = divmod(rest, BUILDINGS_A_GRID)
        rest, grid = divmod(rest, GRIDS_A_COMMUNITY)
        town, community = divmod(rest, COMMUNITIES_A_TOWN)
        codes.append(
            f"{COUNTY}{town + 1:03d}{community + 1:03d}{grid + 1:03d}"
            f"{building + 1:03d}{unit + 1:02d}"
        )
        number += 1
    return codes


def place_name(code: str) -> str:
    """A name; those of communities and of buildings in one community differ."""
    last = int(code[-2:] if len(code) == 20 else code[-3:])
    if len(code) == 12:
        return f"示范{int(code[6:9]) * 100 + last}社区"
    if len(code) == 18:
        return f"{int(code[12:15])}小区{last}号楼"
    return f"{last}" + {6: "县", 9: "镇", 15: "网格", 20: "单元"}.get(len(code), "省")


def make_places(residents: int) -> tuple[dict[str, str], list[str]]:
    """Insert the places. Returns their ids by code, and the units' codes."""
    from fangxian.regions.lists import Row
    from fangxian.regions.load import copy_places
    from fangxian.regions.models import Building, BuildingUnit

    units = unit_codes(residents)
    codes = {code[:size] for code in units for size in (2, 4, 6, 9, 12, 15, 18, 20)}
    rows = [Row(code, place_name(code)) for code in sorted(codes)]
    ids = copy_places(rows, dt.date(2020, 1, 1), using="owner")
    Building.objects.using("maintenance").bulk_create(
        [
            Building(region_id=ids[code], kind_id="residential", number=str(int(code[-3:])))
            for code in sorted(codes)
            if len(code) == 18
        ],
        batch_size=5_000,
    )
    BuildingUnit.objects.using("maintenance").bulk_create(
        [BuildingUnit(region_id=ids[code], number=str(int(code[-2:]))) for code in units],
        batch_size=5_000,
    )
    return ids, units


def fill(residents: int) -> None:
    """Load so many residents into an empty database; one that has them is left as it is."""
    from django.db import connections

    from fangxian.common.bulk import Load
    from fangxian.register.bulk import MODELS, load_register

    with connections["maintenance"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person")
        present = cursor.fetchone()[0]
    if present == residents:
        return
    if present:
        raise SystemExit(f"the folder holds {present} residents: remove it, or ask for them")
    ids, units = make_places(residents)
    with Load(MODELS, using="owner") as load:
        load_register(load, households(residents, ids, units))
    connections["owner"].close()
    with connections["maintenance"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def identity(number: int) -> str:
    """A number valid in form, from a county code that was never issued."""
    day = dt.date(1940, 1, 1) + dt.timedelta(days=number // 1000 % 29_000)
    text = f"{COUNTY}{day:%Y%m%d}{number % 1000:03d}"
    return text + "10X98765432"[sum(int(a) * b for a, b in zip(text, WEIGHTS, strict=True)) % 11]


def name(number: int) -> str:
    """A name of two or three characters, spread as names are."""
    draw = random.Random(number)
    surname = SURNAMES[min(int(draw.expovariate(0.12)), len(SURNAMES) - 1)]
    return surname + "".join(draw.choices(GIVEN, k=2 if draw.random() < 0.8 else 1))


def phone(number: int) -> str:
    """A number from a range that is not in use."""
    return f"100{number:08d}"


def households(residents: int, ids: dict[str, str], units: list[str]) -> Iterator[Any]:
    """The households with their residents, door by door."""
    from uuid import UUID

    from fangxian.register.bulk import HouseholdRow, ResidentRow

    number = 0
    relations = ("head", "spouse", "son", "daughter")
    for unit in units:
        building, unit_id = UUID(ids[unit[:18]]), UUID(ids[unit])
        for door in range(DOORS_A_UNIT):
            size = 4 if door % 10 == 9 else 3 if door % 10 < 7 else 2
            home = HouseholdRow(unit, building, unit_id, f"{door // 2 + 1}0{door % 2 + 1}")
            for place in range(size):
                if number >= residents:
                    break
                person = identity(number)
                home.residents.append(
                    ResidentRow(
                        name(number),
                        "1" if int(person[16]) % 2 else "2",
                        dt.date(int(person[6:10]), int(person[10:12]), int(person[12:14])),
                        person,
                        phone(number),
                        relations[place],
                    )
                )
                number += 1
            yield home
