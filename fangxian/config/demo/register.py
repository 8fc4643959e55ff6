"""The county's households and residents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fangxian.common.bulk import Load
from fangxian.config.demo.places import DOORS_A_FLOOR, Spot
from fangxian.config.demo.recipe import Chance
from fangxian.register.bulk import MODELS, HouseholdRow, ResidentRow, load_register

SIZES = {1: 0.16, 2: 0.27, 3: 0.3, 4: 0.18, 5: 0.09}
EMPTY = 0.03


def fill(chance: Chance, spots: Iterable[Spot]) -> dict[str, int]:
    """Load all households. Returns the rows by table."""
    with Load(MODELS, using="owner", who="system:demo") as load:
        return load_register(load, _households(chance, spots))


def _households(chance: Chance, spots: Iterable[Spot]) -> Iterator[HouseholdRow]:
    for spot in spots:
        for door in range(spot.households):
            yield _household(chance, spot, door)


def _household(chance: Chance, spot: Spot, door: int) -> HouseholdRow:
    floor, side = divmod(door, DOORS_A_FLOOR)
    room = f"{floor + 1}{side + 1:02d}" if spot.unit_id else str(door + 1)
    place: Any = spot.building_id
    unit: Any = spot.unit_id
    empty = chance.random.random() < EMPTY
    return HouseholdRow(
        place_code=spot.place_code,
        building_id=place,
        unit_id=unit,
        room=room,
        address=f"{spot.building_name}{spot.unit_name}{room}",
        state="empty" if empty else "lived_in",
        residents=[] if empty else _family(chance),
    )


def _family(chance: Chance) -> list[ResidentRow]:
    draw = chance.random
    size = draw.choices(list(SIZES), list(SIZES.values()))[0]
    tenant = draw.random() < 0.12
    kind = "tenant" if tenant else "registered"
    surname = chance.name()[0]
    old = draw.random() < 0.3
    head_sex = "1" if draw.random() < 0.75 else "2"
    family = [_resident(chance, surname, head_sex, (62, 88) if old else (26, 60), "head", kind)]
    if size > 1:
        other = "2" if head_sex == "1" else "1"
        family.append(_resident(chance, "", other, (60, 86) if old else (25, 58), "spouse", kind))
    for _child in range(size - 2):
        sex = draw.choice("12")
        ages = (24, 50) if old else (0, 24)
        family.append(
            _resident(chance, surname, sex, ages, "son" if sex == "1" else "daughter", kind)
        )
    if old and size == 1:
        family[0].groups = ("elderly_alone",)
    return family


def _resident(
    chance: Chance, surname: str, sex: str, ages: tuple[int, int], relation: str, kind: str
) -> ResidentRow:
    birth = chance.birth(*ages)
    number = chance.identity(birth, sex)
    grown = ages[0] >= 18
    return ResidentRow(
        name=chance.name(surname),
        sex=sex,
        birth_date=birth.replace(int(number[6:10]), int(number[10:12]), int(number[12:14])),
        number=number,
        phone=chance.phone() if grown else "",
        relation=relation,
        kind=kind,
    )
