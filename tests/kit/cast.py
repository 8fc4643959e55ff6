"""The places and people that tests are about. All of it is synthetic."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from fangxian.accounts.models import Grant, Role, User
from fangxian.accounts.queries import actor_of, grants_of
from fangxian.common.actor import Actor
from fangxian.common.codes import level_of
from fangxian.regions.models import Region

START = dt.date(2020, 1, 1)

# County, town, two communities with two grids of two buildings of two units, twice.
COUNTIES = ("130902", "130903")
NAMES = {
    "13": "示例省",
    "1309": "示例市",
    "130902": "甲县",
    "130903": "乙县",
}


@dataclass
class Places:
    """Regions by code. ``community``, ``grid``, ``building``, ``unit`` are Alice's and Bob's."""

    by_code: dict[str, Region] = field(default_factory=dict)
    county = "130902"
    town = "130902001"
    community = "130902001001"
    other_community = "130902001002"
    grid = "130902001001001"
    other_grid = "130902001001002"
    building = "130902001001001001"
    unit = "13090200100100100101"
    outside = "130903001001"
    outside_unit = "13090300100100100101"

    def __getitem__(self, code: str) -> Region:
        return self.by_code[code]


def _codes() -> list[str]:
    codes = ["13", "1309"]
    for county in COUNTIES:
        codes.append(county)
        town = county + "001"
        codes.append(town)
        for community in ("001", "002"):
            codes.append(town + community)
            for grid in ("001", "002"):
                codes.append(town + community + grid)
                for building in ("001", "002"):
                    at = town + community + grid + building
                    codes += [at, at + "01", at + "02"]
    return codes


KINDS = {9: "镇", 12: "社区", 15: "网格", 18: "栋", 20: "单元"}


def make_places() -> Places:
    """Make the tree (68 places)."""
    places = Places()
    for code in _codes():
        places.by_code[code] = Region(
            code=code,
            name=NAMES.get(code) or f"第{int(code[-2:])}{KINDS[len(code)]}",
            level=int(level_of(code)),
            valid_from=START,
        )
    Region.objects.bulk_create(places.by_code.values())
    return places


@dataclass
class Cast:
    """Users by name; ``actor(name)`` is the user's first grant in use."""

    users: dict[str, User] = field(default_factory=dict)

    def user(self, name: str) -> User:
        return self.users[name]

    def actor(self, name: str, purpose: str = "test") -> Actor:
        grant = grants_of(self.users[name])[0]
        return actor_of(grant, source="test", purpose=purpose)


def make_cast(places: Places) -> Cast:
    """Alice, Bob, Charlie, and ``<role>`` for each shipped role at the county."""
    cast = Cast()
    wanted: list[tuple[str, str, str]] = [
        ("alice", "community_staff", places.community),
        ("bob", "grid_officer", places.grid),
        ("charlie", "community_staff", places.outside),
    ]
    wanted += [(role.code, role.code, places.county) for role in Role.objects.all()]
    for name, _role, _place in wanted:
        user: Any = User(username=name, display_name=name.title(), staff_number=f"S-{name}")
        user.set_password("correct horse battery")
        cast.users[name] = user
    # Two statements for all: nearly every test pays for this.
    User.objects.bulk_create(cast.users.values())
    Grant.objects.bulk_create(
        Grant(user=cast.users[name], role_id=role, region=places[place], valid_from=START)
        for name, role, place in wanted
    )
    return cast
