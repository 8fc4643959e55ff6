"""The communities of a list of buildings: their grids, buildings and units as they stand."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.common.sheets.words import key
from fangxian.regions.models import Region, RegionChange, RegionCode
from fangxian.regions.queries import inside
from fangxian.register.importing.addresses import building_label, building_parts, unit_label
from fangxian.register.importing.estates import estate_of
from fangxian.register.importing.places import community_key


@dataclass(slots=True)
class Standing:
    """A building that is known. ``parts``: codes and names of it and its sections, it first."""

    id: UUID
    code: str
    name: str
    parts: list[tuple[str, str]]
    units: dict[str, tuple[str, str]] = field(default_factory=dict)


class Former(NamedTuple):
    """A building by a name that it had, and the day on which it got another."""

    standing: Standing
    until: dt.date


def building_word(name: str) -> str:
    """What is compared of a building's name: 3栋 and 3号楼 of one estate are the same."""
    parts = building_parts(name)
    if not (parts.building or parts.village_group):
        return key(name)
    sort = "#" if parts.building else "~"
    label = building_label(
        parts if parts.building else replace(parts, building=parts.village_group)
    )
    road = (parts.road or "") + (parts.number or "") if parts.road else ""
    # What is understood as nothing else tells buildings apart too.
    before = key(road) + estate_of(parts.estate or "").whole + key(parts.rest)
    return before + sort + label.upper()


def unit_word(name: str) -> str:
    """What is compared of a unit's name: its number, else its letters."""
    return key(unit_label(name))


def refusal(name: str, code: str, message: str, mend: str) -> Invalid:
    """Why a row is refused, at its field."""
    return Invalid(Problem(message, field=name, mend=mend, code=code))


class Communities:
    """The communities and villages of an import's area, by code and by name. One query."""

    def __init__(self, area: str) -> None:
        self.area = area
        village = area[: int(Level.VILLAGE)]
        rows = inside(area).filter(level__in=(int(Level.TOWN), int(Level.VILLAGE)))
        above = Q(code__in=[village, area[: int(Level.TOWN)], area[: int(Level.COUNTY)]])
        rows = rows.order_by() | Region.objects.filter(above, valid_to=None).order_by()
        self.places = {place.code: place for place in rows.defer("boundary").distinct()}
        self._codes = [c for c in self.places if len(c) == Level.VILLAGE]
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for code in self._codes:
            self._by_name[community_key(self.places[code].name)].append(code)

    def find(self, community: str, town: str, code: str) -> str:
        """The code of the community that a row names. Raises Invalid."""
        only = self.area[: int(Level.VILLAGE)] if len(self.area) >= Level.VILLAGE else ""
        if code:
            found = [one for one in self._codes if code.startswith(one)]
        elif community.isdecimal() and community.isascii():
            found = [one for one in self._codes if community.startswith(one)]
        elif community:
            found = self._by_name.get(community_key(community), [])
            if town and len(found) > 1:
                said = key(town)
                towns = {one: key(self._town(one)) for one in found}
                found = [one for one in found if said in towns[one] or towns[one] in said]
        else:
            found = [only] if only else self._codes
        if len(found) == 1:
            return str(found[0])
        if only and (community or code):
            raise refusal(
                "community",
                "other_community",
                _("The row belongs to another community than the one of this import."),
                _("Import it there, correct the name, or leave this column out."),
            )
        if not community and not code:
            raise refusal(
                "community",
                "no_community",
                _("The row does not say which community or village it belongs to."),
                _("Add a column with the community, or import each community's file by itself."),
            )
        raise refusal(
            "community",
            "unknown_community",
            _("There is no such community or village in the chosen area, or several."),
            _("Write its name as in the list of places with its town, or its code of 12 digits."),
        )

    def _town(self, code: str) -> str:
        place = self.places.get(code[: int(Level.TOWN)])
        return str(place.name) if place else ""


class Ground:
    """What stands in some communities. A query a community, and one for former names."""

    def __init__(self, communities: Collection[str]) -> None:
        self.grids: dict[str, dict[str, str]] = {code: {} for code in communities}
        self.names: dict[str, str] = {}
        self._buildings: dict[tuple[str, str], list[Standing]] = defaultdict(list)
        self._former: dict[tuple[str, str], dict[UUID, Former]] = defaultdict(dict)
        self._by_code: dict[str, Standing] = {}
        homes: dict[UUID, Standing] = {}
        by_code = self._by_code
        rows: list[tuple[UUID, str, str, int, UUID | None]] = []
        for code in sorted(communities):
            found = inside(code).filter(level__gt=int(Level.VILLAGE)).order_by("level", "code")
            rows += found.values_list("id", "code", "name", "level", "building__part_of")
        # A building stands before its sections, whatever their codes.
        for place_id, code, name, level, part_of in sorted(rows, key=lambda r: (r[3], bool(r[4]))):
            if level == Level.GRID:
                self.add_grid(code, name)
            elif level == Level.BUILDING and part_of in homes:
                homes[part_of].parts.append((code, name))
                by_code[code] = homes[part_of]
            elif level == Level.BUILDING:
                homes[place_id] = by_code[code] = Standing(place_id, code, name, [(code, name)])
                self._buildings[code[: int(Level.VILLAGE)], building_word(name)].append(
                    homes[place_id]
                )
            elif level == Level.UNIT and code[: int(Level.BUILDING)] in by_code:
                home = by_code[code[: int(Level.BUILDING)]]
                home.units[unit_word(name)] = (code, name)

        self._add_former_names(homes)

    def _add_former_names(self, homes: Mapping[UUID, Standing]) -> None:
        renamed = RegionChange.objects.filter(
            kind=RegionChange.Kind.RENAME, to_place__in=list(homes)
        )
        found = renamed.order_by("on").values_list("to_place", "from_name", "on")
        for place_id, name, until in found:
            if place_id is not None:
                home = homes[place_id]
                word = home.code[: int(Level.VILLAGE)], building_word(name)
                self._former[word][place_id] = Former(home, until)

    def coded(self, code: str) -> Standing | None:
        """The building that has a code, or had it before."""
        found = self._by_code.get(code)
        if found is None:
            former = RegionCode.objects.filter(code=code, region__valid_to=None)
            now = former.order_by("-valid_to").values_list("region__code", flat=True).first()
            found = self._by_code.get(now or "")
        return found

    def add_grid(self, code: str, name: str) -> None:
        """Take a grid in by its name and its code."""
        self.grids[code[: int(Level.VILLAGE)]][key(name)] = code
        self.names[code] = name

    def grid(self, community: str, text: str) -> str:
        """The code of a grid by its name or code; empty when there is none."""
        word = key(text)
        if text in self.names and text.startswith(community):
            return text
        return self.grids[community].get(word, "")

    def named(self, community: str, name: str) -> list[Standing]:
        """The buildings of a community that go by a name now."""
        return self._buildings.get((community, building_word(name)), [])

    def formerly(self, community: str, name: str) -> list[Former]:
        """The buildings of a community that went by a name, the latest first."""
        found = self._former.get((community, building_word(name)), {})
        return sorted(found.values(), key=lambda one: one.until, reverse=True)


def codes_of(grids: Iterable[str]) -> str:
    """Grids as a message names them."""
    return _(", ").join(sorted(grids)[:6])
