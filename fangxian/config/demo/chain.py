"""Organisations of the county, their members, and who answers for what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import areas, hire
from fangxian.config.demo.recipe import Chance
from fangxian.core.actions import store_file
from fangxian.organisations import keepers, lacking, vacancies
from fangxian.organisations.actions import (
    add_member,
    create_organisation,
    record_evidence,
)
from fangxian.organisations.actions.appointing import write
from fangxian.organisations.models import Member, Organisation, OrganisationKind, Responsibility
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.regions.queries import at, below
from fangxian.register.models import Residency

SINCE = 40
MEMBERS_A_UNIT = 6
LEADERS_A_UNIT = 3
# Whose first members are of division rank.
LED_BY_LEADERS = ("department", "hospital")
# Members of a town's office who wish to serve in the grid without an officer.
WISHING = 2
# Communities whose five ones are not complete, and one grid without its officer.
INCOMPLETE = 3
ENTERPRISES = 10


@dataclass(frozen=True)
class Head:
    """A head of household, from whom the holders are drawn."""

    id: UUID
    name: str


class Pool:
    """Heads of households by place, each drawn once."""

    def __init__(self, county: str) -> None:
        rows = (
            Residency.objects.filter(place_code__startswith=county, relation="head")
            .order_by("place_code", "household__room")
            .values_list("place_code", "person_id", "person__name")
        )
        self._by_building: dict[str, list[Head]] = defaultdict(list)
        for code, person, name in rows:
            self._by_building[code[: int(Level.BUILDING)]].append(Head(person, name))
        self._codes = sorted(self._by_building)

    def draw(self, code: str) -> Head:
        """Somebody who lives at ``code``, else as near as possible."""
        for size in (len(code), int(Level.GRID), int(Level.VILLAGE), int(Level.TOWN), 6):
            near = code[: min(size, len(code))]
            for building in self._codes:
                if building.startswith(near) and self._by_building[building]:
                    return self._by_building[building].pop()
        raise LookupError(code)


def found(by: Actor, chance: Chance) -> None:
    """Make the organisations, name everybody, attach the evidence, list the vacancies."""
    with acting(by):
        county = at(chance.data["county"])
        rules = chain_rules()
        pool = Pool(county.code)
        units = list(_units(by, chance, county))
        vacant = _vacant(list(below(county.code, Level.GRID).order_by("code")))
        members = [m for unit in units for m in _members(by, chance, pool, unit, vacant)]
        officer = hire(by, chance)["wangge"]
        own = Head(officer.person_id, officer.person.name)
        officers = {areas(county.code)["grid"]: own}
        write(list(_chain(chance, county, rules, pool, units, members, officers)))
        keepers.keep(by=by, area=county.code)
        _five_ones(by, chance, county, members)
        vacancies.refresh(by=by, area=county.code)
        lacking.refresh(by=by, area=county.code)


def _units(by: Actor, chance: Chance, county: Region) -> Iterator[Organisation]:
    data = chance.data
    kinds = {kind.code: kind for kind in OrganisationKind.objects.all()}

    def make(name: str, kind: str, seat: Region, parent: Organisation | None = None) -> Any:
        return create_organisation(by=by, name=name, kind=kinds[kind], seat=seat, parent=parent)

    for name in data["departments"]:
        yield make(data["department"].format(name=name), "department", county)
    for town in below(county.code, Level.TOWN).order_by("code"):
        office = make(data["town_office"].format(place=town.name), "street_office", town)
        yield office
        for village in below(town.code, Level.VILLAGE).order_by("code"):
            name = data["committee"].format(place=village.name)
            make(name, "residents_committee", village, office)
    yield make(data["hospital"], "hospital", county)
    for number in range(1, ENTERPRISES + 1):
        yield make(data["enterprise"].format(n=number), "enterprise", county)


def _vacant(grids: list[Region]) -> Region:
    """The grid that has no officer."""
    return grids[len(grids) // 3]


def _members(
    by: Actor, chance: Chance, pool: Pool, unit: Organisation, vacant: Region
) -> Iterator[Member]:
    """The members of a unit; the last of the vacant grid's town live and wish to serve in it."""
    ranks = chance.data["ranks"]
    near = unit.seat.code == vacant.code[: int(Level.TOWN)]
    led = unit.kind.code in LED_BY_LEADERS
    for number in range(MEMBERS_A_UNIT):
        wish = vacant if near and number >= MEMBERS_A_UNIT - WISHING else None
        head = pool.draw((wish or unit.seat).code)
        person = Person(id=head.id, name=head.name)
        rank = ranks["community_leader" if led and number < LEADERS_A_UNIT else "chief"]
        party = number % 2 == 0
        member = add_member(
            by=by,
            person=person,
            organisation=unit,
            rank=rank,
            party_member=party,
            wish=wish,
        )
        # The demonstration draws names itself, without a read of the person.
        member.person = person
        yield member


def _chain(
    chance: Chance,
    county: Region,
    rules: ChainRules,
    pool: Pool,
    units: list[Organisation],
    members: list[Member],
    officers: dict[str, Head],
) -> Iterator[Responsibility]:
    since = chance.today - dt.timedelta(days=SINCE)
    leaders = [m for m in members if m.rank == chance.data["ranks"]["community_leader"]]
    turn: dict[str, int] = defaultdict(int)

    def named(place: Region, role: str, name: str, **holder: Any) -> Responsibility:
        return Responsibility(
            place=place,
            place_code=place.code,
            role=role,
            holder_name=name,
            from_date=since,
            rule_version=rules.version,
            **holder,
        )

    def leader(role: str, place: Region) -> Responsibility:
        chosen = leaders[turn["leader"] % len(leaders)]
        turn["leader"] += 1
        return named(
            place,
            role,
            chosen.person.name,
            person_id=chosen.person_id,
            member_id=chosen.id,
            contact=chance.phone(),
        )

    def local(role: str, place: Region) -> Responsibility:
        head = officers.get(place.code) or pool.draw(place.code)
        return named(place, role, head.name, person_id=head.id, contact=chance.phone())

    yield leader("county_leader", county)
    for town in below(county.code, Level.TOWN).order_by("code"):
        yield leader("town_leader", town)
    for place in below(county.code, Level.VILLAGE).order_by("code"):
        yield leader("community_leader", place)
        yield local("community_secretary", place)
        unit = units[turn["unit"] % len(units)]
        turn["unit"] += 1
        yield named(
            place, "linked_unit", unit.name, organisation_id=unit.id, contact=chance.phone()
        )
    grids = list(below(county.code, Level.GRID).order_by("code"))
    vacant = _vacant(grids)
    for grid in grids:
        if grid != vacant:
            yield local("grid_officer", grid)
    load: dict[UUID, int] = defaultdict(int)
    for building in below(county.code, Level.BUILDING).order_by("code"):
        yield local("building_head", building)
    most = rules.role("unit_head").max_per_holder
    for unit_place in below(county.code, Level.UNIT).order_by("code"):
        head = pool.draw(unit_place.code)
        load[head.id] += 1
        if load[head.id] <= most:
            yield named(unit_place, "unit_head", head.name, person_id=head.id)


def _five_ones(by: Actor, chance: Chance, county: Region, members: list[Member]) -> None:
    data = chance.data
    kind = OrganisationKind.objects.get(code="working_group")
    leaders = {row.place_id: row for row in Responsibility.objects.filter(role="community_leader")}
    chiefs = [m for m in members if m.rank == data["ranks"]["chief"]]
    places = list(below(county.code, Level.VILLAGE).order_by("code"))
    for number, place in enumerate(places):
        group = create_organisation(
            by=by, name=data["group_of"].format(place=place.name), kind=kind, seat=place
        )
        evidence: dict[str, Any] = {
            "leader": leaders[place.id],
            "working_group": group,
            "chief": chiefs[number % len(chiefs)],
        }
        for item in ("plan", "ledger"):
            evidence[item] = store_file(
                by=by,
                data=data["file_text"].encode(),
                name=data[f"{item}_file"],
                media_type="text/plain",
                place_code=place.code,
                right="organisations.view",
            )
        if number < INCOMPLETE:
            del evidence[("plan", "ledger", "chief")[number]]
        for item, what in evidence.items():
            record_evidence(by=by, community=place, item=item, evidence=what)
