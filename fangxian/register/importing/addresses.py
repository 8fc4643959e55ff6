"""What the cells of a row say of its door, made one: address, columns and the line above."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

from django.utils.translation import gettext_lazy

from fangxian.common.sheets.address import (
    SEVERAL_ROOMS,
    UNCLEAR,
    AddressParts,
    chinese_number,
    parse_address,
    parse_inside,
    without_admin,
)
from fangxian.common.sheets.address_patterns import numerals
from fangxian.common.sheets.cleaning import is_filler
from fangxian.common.sheets.words import fold, key, load
from fangxian.register.importing.door_numbers import door_number, floor_of, names_floor
from fangxian.register.importing.estates import estate_of
from fangxian.register.vocabularies import DATA

COLUMNS: Final = ("estate", "building", "unit", "floor", "room", "village_group")
_BUILDING: Final = COLUMNS.index("building")
_ROOM: Final = COLUMNS.index("room")
DIFFERS: Final = "door_differs"
NO_FLOOR: Final = "unknown_floor"
_NOTHING: Final = AddressParts()
_PLAIN: Final = re.compile(r"[A-Z]?\d{1,4}[A-Z]?|[A-Z]{1,2}")
_SHORT: Final = re.compile(r"\d{1,2}")
# -101, and the same with its floor: -1-101, B1-101.
# A room of a basement, or of a building B1.
_LETTERED: Final = re.compile(r"(?<![A-Z0-9])(B[1-9])-(\d{2,4})(?!\d)")
_BUILDING_UNIT: Final = re.compile(r"(\d{1,4}[A-Z]?)(?:-(\d{1,2}))?")
_MINUS: Final = re.compile(r"(?:-|(?:-|B)\d-)(\d{3,4})(?!\d)")
# What a table of numbers leaves behind a whole one.
_FRACTION: Final = re.compile(r"(?<=\d)\.0+$")


_WHY: Final = {
    SEVERAL_ROOMS: (
        gettext_lazy("The row names several rooms."),
        gettext_lazy("Write one row for each room, or the room in which the person lives."),
    ),
    UNCLEAR: (
        gettext_lazy("The door is not clear: numbers are left over."),
        gettext_lazy("Write it like 3-2-501, in one cell or in several."),
    ),
    DIFFERS: (
        gettext_lazy("The cells of the row name two different doors."),
        gettext_lazy("Compare building, unit and room in the row."),
    ),
    NO_FLOOR: (
        gettext_lazy("The floor is not understood, and the room alone does not tell it."),
        gettext_lazy("Write the floor as a number, or the room with its floor like 401."),
    ),
}


def why(code: str) -> tuple[str, str]:
    """Why the cells name no one door, and the mend."""
    message, mend = _WHY[code]
    return str(message), str(mend)


@dataclass(frozen=True, slots=True)
class Written:
    """A door as a row writes it: canonical, empty where nothing is said.

    ``before``: what stands in front and is no estate. ``fault``: the field (empty: the address)
    and why no one door is named. ``instead``: the door where no building of this name is known.
    """

    before: str = ""
    estate: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    group: str = ""
    road: str = ""
    collective: bool = False
    fault: tuple[str, str] = ("", "")
    instead: Written | None = None


@lru_cache(maxsize=1024)
def written(address: str, columns: tuple[str, ...], section: str) -> Written:
    """What address, columns (in the order of ``COLUMNS``) and the line above the rows say.

    Columns win. A door is not put together from two that differ.
    """
    if _collective().search(f"{address} {columns[_ROOM]}") or is_collective(columns[_BUILDING]):
        return _of_collective(address, columns, section)
    return _written(address, columns, section)


def is_collective(text: str) -> bool:
    """Whether a word says that a household is a collective one."""
    return bool(_collective().fullmatch(fold(text)))


@cache
def _collective() -> re.Pattern[str]:
    words: list[str] = json.loads((DATA / "states.json").read_text("utf-8"))["collective"]
    return re.compile("|".join(sorted(words, key=len, reverse=True)))


def _of_collective(address: str, columns: tuple[str, ...], section: str) -> Written:
    """A collective household goes by its building, else by its own name: 某厂集体户."""
    cells = list(columns)
    cells[_ROOM] = _collective().sub("", columns[_ROOM])
    door = _written(_collective().sub("", address), tuple(cells), section)
    if not (door.building or door.group or door.road or door.fault[1]):
        name = address or columns[_ROOM]
        door = replace(door, before="", estate="", building=name, room="")
    return replace(door, collective=True)


def _written(address: str, columns: tuple[str, ...], section: str) -> Written:
    """B1-101 is a room of a building B1 or, where none is known, of a basement."""
    found = parse_address(address) if address else _NOTHING
    door = _put_together(address, found, columns, section)
    below, cells = _basement(address, found), columns
    if below is None and door.building and (match := _lettered(columns[_ROOM])):
        below = found
        cells = (*columns[:_ROOM], f"-{match[2]:0>3}", *columns[_ROOM + 1 :])
    if below is None:
        return door
    other = _put_together("", below, cells, section)
    if door.fault[1]:
        # A column names another building.
        return other
    return door if other.building == door.building else replace(door, instead=other)


def _lettered(text: str) -> re.Match[str] | None:
    return _LETTERED.search(fold(text).upper().translate(_hyphens())) if text else None


def _basement(address: str, found: AddressParts) -> AddressParts | None:
    """An address like B1-101, 3-B1-101 or 3-1-B1-101 as that of a basement."""
    match = _lettered(address) if (found.building or "").startswith("B") else None
    if match is None or found.building != match[1] or found.unit or found.doubt:
        return None
    inside = _BUILDING_UNIT.fullmatch(found.estate or "")
    building, unit = (inside[1], inside[2]) if inside else (None, None)
    return replace(
        found, building=building, unit=unit, floor=f"-{match[1][1:]}",
        estate=None if inside else found.estate,
    )  # fmt: skip


def _put_together(
    address: str, found: AddressParts, columns: tuple[str, ...], section: str
) -> Written:
    alone, above = found, parse_address(section) if section else _NOTHING
    if section:
        found = _below(address, alone, above)
    own, fault = _of_columns(columns, found) if any(columns) else (_NOTHING, ("", ""))
    if above.building and own.building not in (None, above.building):
        found = _filled(alone, _elsewhere(above))
        own, fault = _of_columns(columns, found)
    if not fault[1] and not own.room:
        fault = ("", found.doubt)
        if own.building and found.building and found.room and own.building != found.building:
            fault = ("building", DIFFERS)
    parts = found if own is _NOTHING else own if found is _NOTHING else _filled(own, found)
    side, group = parts.side, parts.village_group or ""
    building = f"{side}{parts.building}" if parts.building else ""
    road = road_label(parts)
    # In a village the number of the house is the door's.
    number = parts.number if group or not road else ""
    room = door_number(parts, parts.room or number or "", house=not (building or road))
    if not fault[1] and not parts.floor and columns[3] and _SHORT.fullmatch(room) and building:
        fault = ("floor", NO_FLOOR) if names_floor(columns[3]) else fault
    return Written(
        before=f"{parts.rest}{side}" if parts.rest else "",
        estate=estate_label(parts),
        building=building,
        unit=parts.unit or "",
        room=room,
        group=f"{'' if building else side}{group}" if group else "",
        road=road,
        fault=fault,
    )


def _below(address: str, found: AddressParts, above: AddressParts) -> AddressParts:
    """An address below a line that names the building: there 2-501 is unit 2, not building 2."""
    if above.building and address and above.building != found.building and not found.doubt:
        pair = _pairs().fullmatch(fold(address).upper().translate(_hyphens()))
        said, doubt = _room_cell(address, above) if pair else (parse_inside(address), "")
        if pair or (said.room and not (found.building or found.road)):
            found = replace(said, doubt=doubt or said.doubt)
    other = above.building and found.building not in (None, above.building)
    return _filled(found, _elsewhere(above) if other else above)


def _elsewhere(above: AddressParts) -> AddressParts:
    """What a line still says of a row that names another building."""
    return replace(
        above, building=None, unit=None, floor=None, room=None, village_group=None, side=""
    )


def building_label(parts: AddressParts) -> str:
    """What tells a building from its neighbours of one estate: 东3排, 3-A, 3-东 (3号楼东)."""
    more = [part for part in (parts.building, parts.room, key(parts.tail)) if part]
    return parts.side + "-".join(more)


def building_parts(name: str) -> AddressParts:
    """What the name of a building says. 1-3 is building 3 of an area 1."""
    parts = parse_address(name)
    if parts.building and parts.unit and not parts.room and parts.confidence < 0.5:
        return replace(parts, building=parts.unit, unit=None, estate=parts.building)
    alone = parts.number and not (parts.road or parts.building or parts.village_group)
    if alone and fold(name) == f"{parts.estate or ''}{parts.rest}{parts.number}{_sign()}":
        return replace(parts, building=parts.number, number=None)
    return parts


def _sign() -> str:
    return str(min(load("address")["number"], key=len))


def road_label(parts: AddressParts) -> str:
    """Road and number, if both are said."""
    return f"{parts.road}{parts.number}" if parts.road and parts.number else ""


def road_key(road: str) -> str:
    """What is compared of them: 北街三巷5 and 北街3巷5 are one."""
    return key(_numbered_lanes().sub(lambda match: chinese_number(match[0]), road))


@cache
def _numbered_lanes() -> re.Pattern[str]:
    words = load("words")
    numerals = "".join([*words["digits"], *words["tens"]])
    return re.compile(rf"[{numerals}]+(?={'|'.join(load('address')['side_lanes'])})")


def estate_label(parts: AddressParts) -> str:
    """The estate, else the street without a number or the hamlet in which a building lies."""
    street = parts.road if parts.road and not parts.number and estate_of(parts.road).area else ""
    return parts.estate or ((street or without_admin(parts.rest)) if parts.building else "")


@lru_cache(maxsize=1024)
def unit_label(text: str) -> str:
    """A unit as it is compared: its number without what stands around it, else its name."""
    parts = parse_address(text)
    if parts.unit and not (parts.rest or parts.tail or parts.estate or parts.room):
        return parts.unit
    plain = _unit_words().sub("", fold(text).upper())
    return chinese_number(plain) or _bare(plain) or key(text)


@cache
def _unit_words() -> re.Pattern[str]:
    data = load("address")
    words = [*data["unit"], *data["unit_if_followed"], *data["number"], *data["group_prefix"], "#"]
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))


def _bare(text: str) -> str:
    """A number or letters, without leading zeros; empty for anything else."""
    return (text.lstrip("0") or text) if text.isalnum() and text.isascii() else ""


def _of_columns(
    columns: tuple[str, ...], beside: AddressParts
) -> tuple[AddressParts, tuple[str, str]]:
    """``beside``: what the address says, which may name the building of a column of rooms."""
    if any(".0" in cell for cell in columns):
        columns = tuple(_FRACTION.sub("", cell) for cell in columns)
    estate, building, unit, floor, room, group = columns
    unit = "" if is_filler(unit) else unit
    own = AddressParts(
        unit=unit_label(unit) if unit else None, floor=floor_of(floor) if floor else None
    )
    fault = ("", "")
    if building and not is_filler(building):
        found = _building_cell(building, inner=bool(unit), door=bool(room))
        if found.doubt:
            fault = ("building", found.doubt)
        own = _filled(own, found)
    if room and not is_filler(room):
        found, doubt = _room_cell(room, own if room.isdecimal() else _filled(own, beside))
        if doubt:
            fault = ("room", doubt)
        own = (
            _filled(replace(found, unit=None, building=None), own) if doubt else _filled(own, found)
        )
    if group and not is_filler(group):
        own = _filled(_group_cell(group), own)
    if estate and not is_filler(estate):
        area = own.estate or ""
        longer = bool(area) and key(area) not in key(estate)
        whole = estate if not longer else area if key(estate) in key(area) else f"{estate}{area}"
        own = _filled(AddressParts(estate=whole), own)
    return own, fault


@lru_cache(maxsize=1024)
def _building_cell(text: str, *, inner: bool, door: bool) -> AddressParts:
    """``inner``, ``door``: whether unit and room have cells of their own."""
    parts = building_parts(text) if inner else parse_address(text)
    if parts.building:
        if door and parts.room and not parts.room[0].isdigit():
            return replace(parts, side="", building=building_label(parts), room=None, doubt="")
        if parts.tail and not parts.room:
            label = building_label(parts)
            return replace(parts, side="", building=label, doubt="")
        return parts
    plain = fold(text).upper()
    if parts.number and not (parts.road or parts.village_group or parts.rest):
        return AddressParts(building=parts.number)
    number = chinese_number(plain) or (_bare(plain) if _PLAIN.fullmatch(plain) else "")
    return (
        AddressParts(building=number)
        if number
        else replace(parts, building=text, estate=None, rest="")
    )


def _room_cell(text: str, own: AddressParts) -> tuple[AddressParts, str]:
    """What a column of rooms says, and why it is no one room. ``own``: what the row says else."""
    if text.isascii() and text.isdigit():
        return AddressParts(room=_bare(text)), ""
    text = _leads().sub("", text)
    plain = fold(text).upper()
    if (match := _LETTERED.match(plain)) and own.building in (None, match[1]):
        return AddressParts(building=match[1], room=_bare(match[2])), ""
    if match := _MINUS.match(plain):
        return AddressParts(room=f"-{match[1]}"), ""
    parts = parse_address(text)
    if parts.doubt:
        return _within(parts, own), parts.doubt
    if pair := _pairs().fullmatch(plain.translate(_hyphens())):
        return _pair(pair[1].lstrip("0"), pair[2], own)
    inside = parse_inside(text) if own.building or own.unit or own.road else AddressParts()
    if parts.building and parts.room:
        return _whole(parts, inside, plain, own)
    if parts.building and parts.unit:
        return _pair(parts.building, parts.unit, own)
    if parts.road and parts.number:
        return parts, ""
    if inside.room and not inside.doubt:
        if not inside.unit or own.unit in (None, inside.unit):
            return inside, ""
        return AddressParts(room=plain), DIFFERS if inside.unit.isascii() else ""
    if own.building and inside.room:
        # 东侧101 is not 西侧101.
        return AddressParts(room=plain), ""
    if parts.room or parts.number:
        room = parts.room or parts.number
        return replace(_within(parts, own), room=room, number=None), ""
    return AddressParts(room=chinese_number(plain) or _bare(plain) or plain), ""


def _within(parts: AddressParts, own: AddressParts) -> AddressParts:
    """What stands before a room names no estate when the building has a cell of its own."""
    return replace(parts, rest="", estate=None) if own.building else parts


def _whole(
    parts: AddressParts, inside: AddressParts, plain: str, own: AddressParts
) -> tuple[AddressParts, str]:
    """A cell of rooms that seems to name a building, too."""
    if own.building and plain[0].isascii() and plain[0].isalpha() and "-" not in plain:
        return AddressParts(room=plain), ""
    if own.building not in (None, parts.building):
        floor, room = inside.floor or "", inside.room or ""
        if room and not (inside.unit or floor or inside.doubt):
            # 501-A室 is no room A of a building 501.
            return inside, ""
        known = inside.unit == own.unit or (
            not own.unit and len(room) >= 3 and room.startswith(floor)
        )
        if inside.unit and floor and room and not inside.doubt and known:
            # 2-5-501 in building 3: unit, floor and room.
            return inside, ""
        return parts, DIFFERS
    differs = parts.unit and own.unit not in (None, parts.unit)
    return parts, DIFFERS if differs else ""


def _pair(first: str, second: str, own: AddressParts) -> tuple[AddressParts, str]:
    """Two numbers: unit or floor and room, a room and its part, or two rooms; in a village a house
    and its branch.
    """
    long = len(second.rstrip("ABCDEFGH")) >= 3
    room = second.lstrip("0") or second
    if first.isdigit() and len(first) >= 3:
        # 501-1 is a part of room 501.
        return AddressParts(room=first if long else f"{first}-{room}"), (
            SEVERAL_ROOMS if long else ""
        )
    if own.unit and long:
        differs = first != own.unit and not room.startswith(first)
        return AddressParts(room=room), DIFFERS if differs else ""
    if long:
        return AddressParts(unit=first, room=room) if own.building else AddressParts(
            building=first, room=room
        ), ""
    if own.floor in (None, first) and (own.unit or (own.building and second.startswith("0"))):
        return AddressParts(floor=first, room=room), ""
    return AddressParts(room=f"{first}-{room}"), ""


@cache
def _pairs() -> re.Pattern[str]:
    rooms = "|".join(sorted(load("address")["room"], key=len, reverse=True))
    return re.compile(rf"([A-Z]|\d{{1,4}})-(\d{{1,5}}[A-Z]?)(?:{rooms})?")


@cache
def _leads() -> re.Pattern[str]:
    """What says no more than that a number follows: 第501室, No.501, #501."""
    words = "|".join(load("address")["group_prefix"])
    digits = "".join(sorted(numerals()))
    return re.compile(rf"^\s*(?:{words}|[#\uff03]|no[.:\uff1a]?)\s*(?=[\d{digits}])", re.IGNORECASE)


@cache
def _hyphens() -> dict[int, str]:
    return {ord(sign): "-" for sign in load("address")["separators"] if len(sign) == 1}


def _group_cell(text: str) -> AddressParts:
    parts = parse_address(text)
    if parts.village_group:
        return parts
    plain = fold(text).upper()
    return AddressParts(village_group=chinese_number(plain) or _bare(plain) or plain)


def _filled(first: AddressParts, second: AddressParts) -> AddressParts:
    # What belongs together stays so: a road and its number, a side and its building.
    street = first if first.number or first.road else second
    house = first if first.building or first.village_group else second
    return AddressParts(
        building=first.building or second.building,
        unit=first.unit or second.unit,
        floor=first.floor or second.floor,
        room=first.room or second.room,
        village_group=first.village_group or second.village_group,
        road=street.road,
        number=street.number,
        estate=first.estate or second.estate,
        side=house.side,
        rest=first.rest or second.rest,
        tail=first.tail,
        doubt=first.doubt,
    )
