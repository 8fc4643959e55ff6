"""Doors as ledgers write them, found among the buildings and units that are known."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common.codes import Level, bounds
from fangxian.common.sheets.address import AddressParts, parse_address
from fangxian.common.sheets.words import key, load
from fangxian.regions.models import Region, RegionChange
from fangxian.register.importing.addresses import (
    building_label,
    building_parts,
    estate_label,
    road_key,
    road_label,
    unit_label,
)
from fangxian.register.importing.door_numbers import NAMES
from fangxian.register.importing.estates import Estate, agreeing, estate_of
from fangxian.register.importing.fields import LONGEST_ROOM, Place, Record
from fangxian.register.vocabularies import DATA

_COMMUNITIES: Final = json.loads((DATA / "community_names.json").read_text("utf-8"))
_ENDINGS: Final[list[str]] = _COMMUNITIES["endings"]
_OWN: Final = frozenset(_COMMUNITIES["own"])
_NUMBER: Final = re.compile(r"[A-Z]?\d{1,4}[A-Z]?|[A-Z]")
_TOUCHING: Final = re.compile(r"[0-9A-Za-z]{2}")
_NUMBERS: Final = re.compile(r"[\d-]+")
_WORDS: Final = json.loads((DATA / "building_words.json").read_text("utf-8"))
# What a column of buildings says of houses in a group: 平房, 自建房.
_KINDS: Final = frozenset(key(word) for words in _WORDS["kinds"].values() for word in words)
# Between the code of a building and a number: it goes by a name that it had.
_FORMER: Final = "~"
_REMEMBERED: Final = 2_000
# The kind of building that a village group is.
GROUP: Final = "village_group"


class Door(NamedTuple):
    """Where a row's household lies; ``place_code`` is the unit's or the building's."""

    place_code: str
    building_id: UUID
    unit_id: UUID | None
    room: str


@dataclass(slots=True)
class _Building:
    code: str
    id: UUID
    estate: Estate
    side: str = ""
    road: str = ""
    group: str = ""
    units: dict[str, tuple[str, UUID]] = field(default_factory=dict)
    # By a name that it had.
    former: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A building or unit that the file names and nobody knows yet."""

    grid_code: str
    building: str
    unit: str


class PlaceIndex:
    """All buildings and units of an area, by the words of an address. At most four queries.

    A building is also found by a name that it had, where none goes by that now.

    ``create`` allows doors in buildings that do not exist yet: they are collected in ``missing``.
    """

    def __init__(self, area: str, *, create: bool = False) -> None:
        self.area = area
        self.create = create
        self.missing: set[Missing] = set()
        self._communities: dict[str, list[str]] = defaultdict(list)
        self._grids: dict[tuple[str, str], str] = {}
        self._grids_of: dict[str, list[str]] = defaultdict(list)
        self._buildings: dict[str, _Building] = {}
        self._by_words: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._planned: dict[tuple[str, str], _Building] = {}
        # Rows of one building mostly stand together.
        self._met: dict[tuple[str, ...], _Building] = {}
        self._load()

    def _load(self) -> None:
        lo, hi = bounds(self.area)
        villages = {self.area[: int(Level.VILLAGE)]} if len(self.area) >= Level.VILLAGE else set()
        rows = (
            Region.objects.filter(code__gte=lo, code__lt=hi, valid_to=None)
            .filter(level__gte=int(Level.VILLAGE))
            .order_by("code")
            .values_list("id", "code", "level", "name", "building__number", "building__address")
        )
        if len(self.area) > int(Level.VILLAGE):
            own = Region.objects.filter(code=self.area[: int(Level.VILLAGE)], valid_to=None)
            for name in own.values_list("name", flat=True):
                self._communities[community_key(name)].append(self.area[: int(Level.VILLAGE)])
        units = []
        for place_id, code, level, name, number, address in rows.iterator(chunk_size=5_000):
            if level == Level.VILLAGE:
                villages.add(code)
                self._communities[community_key(name)].append(code)
            elif level == Level.GRID:
                self._grids_of[code[:12]].append(code)
                self._grids[code[:12], key(name)] = code
            elif level == Level.BUILDING:
                self._add_building(place_id, code, name, number or "", address or "")
            else:
                units.append((place_id, code, name))
        for place_id, code, name in units:
            self._add_unit(place_id, code, name)
        renamed = RegionChange.objects.filter(
            kind=RegionChange.Kind.RENAME, to_place__level=int(Level.BUILDING),
            to_place__valid_to=None, to_place__code__gte=lo, to_place__code__lt=hi,
        )  # fmt: skip
        for nth, (place_id, code, name) in enumerate(
            renamed.values_list("to_place", "to_place__code", "from_name")
        ):
            at = f"{code}{_FORMER}{nth}"
            self._add_building(place_id, code, name, "", "", at=at)
            self._buildings[at].units = self._buildings[code].units
            self._buildings[at].former = True
        self.only_village = next(iter(villages)) if len(villages) == 1 else None
        self._own_names: dict[str, bool] = {}

    def _add_building(
        self, place_id: UUID, code: str, name: str, number: str, address: str, *, at: str = ""
    ) -> None:
        """Take a building in by its name, or (``at``: another key) by a name that it had."""
        parts = building_parts(name)
        beside = parse_address(address) if address else AddressParts()
        estate = estate_of(estate_label(parts) or beside.estate or "")
        road = road_key(road_label(parts) or road_label(beside))
        group = parts.village_group or "" if parts.building else ""
        at = at or code
        self._buildings[at] = _Building(code, place_id, estate, parts.side, road, group)
        village = code[: int(Level.VILLAGE)]
        # 1-3 is not 13.
        words = {"" if _NUMBERS.fullmatch(name) else key(name), key(number)}
        if parts.building:
            words.add(_building_key(building_label(replace(parts, side=""))))
        if parts.village_group:
            words.add(_group_key(parts.village_group))
        if road:
            words.add(road)
        for word in words - {""}:
            self._by_words[village, word].append(at)

    def _add_unit(self, place_id: UUID, code: str, name: str) -> None:
        building = self._buildings.get(code[: int(Level.BUILDING)])
        if building is not None:
            building.units[unit_label(name)] = (code, place_id)

    def find(self, record: Record) -> Door | None:
        """The door of a row; None after noting in the record what is wrong."""
        village = self._village(record, record.place)
        if village is None:
            return None
        place, building = self._understood(record, village)
        building = building or self._building(record, village, place)
        if building is None:
            return None
        record.former_name = building.former
        return self._door(record, building, place)

    def _understood(self, record: Record, village: str) -> tuple[Place, _Building | None]:
        """The place of a row, and its building if that is the one of the import.

        B1-101 lies in a basement where no building B1 is known.
        """
        other = record.or_place
        if not other or (village, _building_key(record.place[3])) in self._by_words:
            return record.place, None
        if any((other[3], other[6], other[7])):
            return other, None
        own = self._buildings.get(self.area[: int(Level.BUILDING)])
        return (other, own) if own else (record.place, None)

    def _village(self, record: Record, place: Place) -> str | None:
        if self.only_village is not None:
            if self._is_own(self.only_village, record.community):
                return self.only_village
            record.refuse(
                "community",
                "other_community",
                _("The row belongs to another community than the one of this import."),
                _("Import it there, correct the name, or leave this column out."),
            )
            return None
        said = community_key(place[0])
        found = self._communities.get(said, [])
        if not found and said:
            inside = [codes for name, codes in self._communities.items() if name and name in said]
            found = inside[0] if len(inside) == 1 else []
        if len(found) == 1:
            return found[0]
        if not place[0]:
            record.refuse(
                "community",
                "no_community",
                _("The row does not say which community or village it belongs to."),
                _("Add a column with the community, or import each community's file by itself."),
            )
        else:
            record.refuse(
                "community",
                "unknown_community",
                _("There is no such community or village in the chosen area, or several."),
                _("Write its name as in the list of places, or import it there."),
            )
        return None

    def _is_own(self, village: str, text: str) -> bool:
        """Whether a row's community may be the village: its name, longer or shorter.

        It is not when another one of the county goes by that name.
        """
        said = community_key(text) if text else ""
        if not said or said in _OWN:
            return True
        if said not in self._own_names:
            county = Region.objects.filter(
                code__startswith=village[: int(Level.COUNTY)], level=int(Level.VILLAGE),
                valid_to=None,
            )  # fmt: skip
            names = {code: community_key(name) for code, name in county.values_list("code", "name")}
            own = names.pop(village, "")
            others = names.values()
            taken = any(said == name or (said.endswith(name) and own in name) for name in others)
            alike = bool(own) and (own in said or said in own)
            self._own_names[said] = said == own or (alike and not taken)
        return self._own_names[said]

    def _building(self, record: Record, village: str, place: Place) -> _Building | None:
        at = (village, *place[:4], *place[6:])
        met = self._met.get(at)
        if met is None and (met := self._search(record, village, place)) and met.id.int:
            if len(self._met) >= _REMEMBERED:
                self._met.clear()
            self._met[at] = met
        return met

    def _search(self, record: Record, village: str, place: Place) -> _Building | None:
        _community, _grid, estate, building, _unit, _room, group, road = place
        words = []
        if building:
            words.append(_building_key(sided(building)[1]))
            if not _NUMBERS.fullmatch(building) or building.isdecimal():
                words.append(key(building))
            if plain := _described().fullmatch(building):
                words.append(_building_key(sided(plain[1])[1]))
        if group and (not building or key(building) in _KINDS):
            words.append(_group_key(sided(group)[1]))
            if not group.isdecimal():
                # A hamlet goes by its name; a bare number is that of some house, too.
                words += [key(group), key(NAMES["group"].format(group))]
        if road and not words:
            words.append(road_key(road))
        found: list[str] = []
        for word in words:
            found = self._by_words.get((village, word), [])
            if found:
                break
        if not found and estate:
            found = self._by_words.get((village, key(estate + building)), [])
        near = self._narrow(found, village, place)
        now = [one for one in near if _FORMER not in one]
        near = now or list({self._buildings[one].code: one for one in near}.values())
        if len(near) == 1:
            return self._buildings[near[0]]
        name = "building" if building else "village_group" if group else "address"
        if near:
            record.refuse(
                name,
                "several_buildings",
                _("Several buildings have this name."),
                _("Add the estate or the grid to the row."),
            )
        elif not words:
            record.refuse(
                "address",
                "no_building",
                _("The address names no building or village group."),
                _("Write it like 3-2-501, or add a column for the building."),
            )
        else:
            return self._missing(record, village, place, name, elsewhere=bool(found))
        return None

    def _narrow(self, found: list[str], village: str, place: Place) -> list[str]:
        """Those that lie in the estate, grid and road that the row names.

        A building of which none is known stays only where no other one is known to lie there.
        """
        community, grid, estate, building, _unit, _room, group, road = place
        if grid and (code := self._grids.get((village, key(grid)), "")):
            found = [one for one in found if one.startswith(code)]
        side = sided(building or group)[0]
        whole = estate_of(estate).whole + side
        known = {code: self._buildings[code] for code in found}
        same = [code for code, one in known.items() if one.estate.whole + one.side == whole]
        if side and not same and self._is_named(village, side, key(community), key(estate) + side):
            # 河东三组 is group 3 of 河东.
            estate = side = ""
        if same:
            found = same
        else:
            estates = {code: one.estate for code, one in known.items() if one.side == side}
            own = not estate or community_key(estate) in self._communities
            found = list(estates) if own else agreeing(estates, estate_of(estate))
        if building and group:
            # 3组5号楼 is not 4组5号楼.
            groups = {code: self._buildings[code].group for code in found}
            plain = sided(group)[1]
            found = [code for code in found if groups[code] == plain] or [
                code for code in found if not groups[code]
            ]
        if road:
            roads = {code: self._buildings[code].road for code in found}
            # 12 is not 112.
            found = [code for code in found if roads[code] == road_key(road)] or [
                code for code in found if not roads[code]
            ]
        return found

    def _is_named(self, village: str, side: str, *texts: str) -> bool:
        """Whether one of the texts ends with the name of the village, and that with ``side``."""
        names = [name for name, codes in self._communities.items() if village in codes]
        return any(
            name.endswith(side) and text.endswith(name) for name in names if name for text in texts
        )

    def _missing(
        self, record: Record, village: str, place: Place, name: str, *, elsewhere: bool
    ) -> _Building | None:
        grids = self._grids_of.get(village, [])
        grid = self._grids.get((village, key(place[1])), "") or (
            grids[0] if len(grids) == 1 else ""
        )
        if not self.create and elsewhere:
            record.refuse(
                name,
                "building_elsewhere",
                _("The building of this name lies in another estate, grid or street."),
                _("Correct the row, add the building under places, or let the import make it."),
            )
        elif not self.create:
            record.refuse(
                name,
                "unknown_building",
                _("The building is not known in this community."),
                _("Correct it, add it under places, or let the import make missing buildings."),
            )
        elif not grid:
            record.refuse(
                "grid",
                "no_grid",
                _("The building is new and the row does not say which grid it lies in."),
                _("Add a column with the grid."),
            )
        else:
            own = community_key(place[2]) in self._communities
            title = _building_name((*place[:2], "", *place[3:]) if own else place)
            self.missing.add(Missing(grid, title, place[4]))
            return self._planned.setdefault(
                (grid, title), _Building(f"{grid}/{title}", UUID(int=0), Estate())
            )
        return None

    def plan(self, record: Record) -> None:
        """Note what is to be made for a row. All rows are planned before the first is found:

        whether a row has to name its unit depends on the units that other rows bring.
        """
        if record.problems:
            return
        village = self._village(record, record.place)
        if not village:
            return
        place, building = self._understood(record, village)
        unit = place[4]
        building = building or self._building(record, village, place)
        if not building or not unit or unit in building.units:
            return
        if building.id.int:
            self.missing.add(Missing(building.code, "", unit))
        # Stands in until the unit is made; such a door is never written.
        building.units[unit] = (f"{building.code}/{unit}", UUID(int=0))

    def _door(self, record: Record, building: _Building, place: Place) -> Door | None:
        unit, room = place[4], place[5]
        if not unit and len(building.units) == 1 and (room or not record.collective):
            unit = next(iter(building.units))
        if unit in building.units:
            code, unit_id = building.units[unit]
            planned = not unit_id.int
            return Door(code, unit_id if planned else building.id, unit_id, room)
        if not unit and record.collective and not room:
            # The collective household of the whole building.
            return Door(building.code, building.id, None, "")
        if not building.units:
            # A building without units keeps what the ledger says of them in the door's number.
            room = "-".join(filter(None, (unit, room)))
            if len(room) > LONGEST_ROOM:
                record.too_long("room", LONGEST_ROOM)
                return None
            return Door(building.code, building.id, None, room)
        record.refuse(
            "unit" if unit else "address",
            "unknown_unit" if unit else "no_unit",
            _("The building has no such unit.") if unit else _("The row does not name the unit."),
            _("Compare it with the units of the building."),
        )
        return None


@lru_cache(maxsize=4096)
def community_key(name: str) -> str:
    word = key(name)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=1024)
def sided(label: str) -> tuple[str, str]:
    """What stands right before the number of a building or group, and the rest: 东, 3排."""
    match = _sides().match(label)
    return (match[0], label[match.end() :]) if match else ("", label)


@cache
def _sides() -> re.Pattern[str]:
    words = "|".join(load("address")["sides"])
    return re.compile(rf"(?:{words}){{1,2}}(?=[A-Z]?\d)")


@cache
def _described() -> re.Pattern[str]:
    """A building with a word that tells it from no other one: 3-高层 is 3, 3-东 is not."""
    signs = "".join(sorted({*load("address")["area_signs"], *load("words")["digits"]}))
    return re.compile(rf"([^-]+)-[^-A-Za-z\d{signs}]+")


def _building_key(text: str) -> str:
    return "#" + re.sub(r"^0+(?=\d)", "", text.upper())


def _group_key(text: str) -> str:
    return "~" + re.sub(r"^0+(?=\d)", "", text.upper())


def is_group(name: str) -> bool:
    """Whether a name is that of a village group: 第3组, 东村三组, but not 3组团 or 3组2号楼."""
    parts = parse_address(name)
    return bool(parts.village_group) and key(name).endswith(_group_words()) and not parts.building


@lru_cache(maxsize=1)
def _group_words() -> tuple[str, ...]:
    return tuple(key(word) for word in load("address")["group"])


def _building_name(place: Place) -> str:
    _community, _grid, estate, building, _unit, _room, group, road = place
    label = building or group
    if not label:
        return NAMES["road"].format(road)
    pattern = NAMES["group" if not building else "building"]
    side, plain = sided(label)
    number, _mark, corner = plain.partition("-")
    # A name of its own (not a number) stays as it is written.
    if _NUMBER.fullmatch(number.upper()) and not corner.isascii():
        label = side + pattern.format(number) + corner
    elif _NUMBER.fullmatch(plain.upper()):
        label = side + pattern.format(plain)
    court = NAMES["court"].format(road) if road and building and not estate else ""
    # Building 3 of area 1 is 1-3号楼: 13号楼 is another one.
    apart = "-" if _TOUCHING.fullmatch(f"{estate[-1:]}{label[:1]}") else ""
    return f"{estate}{court}{apart}{label}"
