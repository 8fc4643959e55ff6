"""What goes on in a county beside the sweep: a party branch whose members look after ten households
each, enterprises with their contact leaders, a leave, a hand-over, a measure in force.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import areas, community_of
from fangxian.config.demo.places import is_community
from fangxian.config.demo.recipe import Chance
from fangxian.core.actions import add_measure
from fangxian.field.models import Campaign
from fangxian.organisations.actions import (
    add_member,
    create_organisation,
    hand_over,
    link_households,
    name_contact_leader,
    substitute,
)
from fangxian.organisations.models import Member, OrganisationKind, Responsibility
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.regions.queries import at, below
from fangxian.register.actions import create_establishment
from fangxian.register.models import Establishment, Household, Residency

MEMBERS = 6
TEN = 10
# Establishments of these kinds have a contact leader; the first two of them have none yet.
CONTACTED = ("enterprise", "school")
WITHOUT_CONTACT = 2
COMMUNITIES = 3
# Days: a leave began yesterday and ends the day after tomorrow, a post changed hands a week ago.
LEAVE = (-1, 2)
MOVED = -7
MEASURE_DAYS = 14


def go_on(by: Actor, chance: Chance, campaign: Campaign) -> None:
    """Add all of it, by the actions that people use."""
    with acting(by):
        community = at(community_of(chance.data["county"]))
        *party, near, further = _spouses(community.code, MEMBERS + 2)
        members = list(_branch(by, chance, community, party))
        _ten_households(by, chance, community, members)
        _establishments(by, chance)
        _leave_and_hand_over(by, chance, community, near, further)
        _measure(by, chance, campaign)


def _branch(by: Actor, chance: Chance, community: Region, people: list[Person]) -> Iterator[Member]:
    """The party committee of the county and, below it, the community's branch with its members."""
    data = chance.data
    kinds = {kind.code: kind for kind in OrganisationKind.objects.all()}
    committee = create_organisation(
        by=by,
        name=data["committee_of_party"],
        kind=kinds["party_committee"],
        seat=at(data["county"]),
    )
    branch = create_organisation(
        by=by,
        name=data["branch"].format(place=community.name),
        kind=kinds["branch"],
        seat=community,
        parent=committee,
    )
    grids = list(below(community.code, Level.GRID).order_by("code"))
    for number, person in enumerate(people):
        yield add_member(
            by=by,
            person=person,
            organisation=branch,
            duty=data["branch_duty"],
            party_member=True,
            # Every other one has said where.
            wish=None if number % 2 else grids[number % len(grids)],
        )


def _spouses(code: str, count: int) -> list[Person]:
    """Grown-ups of different doors who hold no post yet: holders are drawn from the heads."""
    found = Residency.objects.filter(
        place_code__startswith=code, to_date=None, relation="spouse", person__memberships=None
    )
    rows = list(found.select_related("person").order_by("household__room", "place_code"))
    return [row.person for row in rows[:: max(1, len(rows) // count)][:count]]


def _ten_households(by: Actor, chance: Chance, community: Region, members: list[Member]) -> None:
    grids = list(below(community.code, Level.GRID).order_by("code"))
    for number, member in enumerate(members):
        grid = grids[number % len(grids)]
        lived_in = Household.objects.filter(
            place_code__startswith=grid.code, state="lived_in", member_links=None
        )
        link_households(
            by=by,
            member=member,
            place=grid,
            households=list(lived_in.order_by("place_code", "room")[:TEN]),
            contact=chance.phone(),
        )


def _establishments(by: Actor, chance: Chance) -> None:
    """Enterprises, a school and shops of the first communities; their contact leaders but two."""
    county = chance.data["county"]
    places = [
        place for place in below(county, Level.VILLAGE).order_by("code") if is_community(place)
    ]
    leaders = iter(
        Member.objects.filter(rank=chance.data["ranks"]["community_leader"])
        .select_related("person")
        .order_by("id")
    )
    number = 0
    for place in places[:COMMUNITIES]:
        for name, kind in chance.data["establishments"]:
            made = create_establishment(
                by=by,
                place_code=place.code,
                name=f"{place.name}{name}",
                kind=kind,
                staff_count=chance.random.randint(3, 120),
                contact_name=name,
                contact_phone=chance.phone(),
            )
            if kind not in CONTACTED:
                continue
            number += 1
            if number > WITHOUT_CONTACT:
                _contact(by, chance, made, next(leaders))


def _contact(by: Actor, chance: Chance, made: Establishment, leader: Member) -> None:
    name_contact_leader(by=by, establishment=made, holder=leader, contact=chance.phone())


def _leave_and_hand_over(
    by: Actor, chance: Chance, community: Region, near: Person, further: Person
) -> None:
    """An officer on leave is stood in for; a building's head has handed over a week ago."""
    posts = Responsibility.objects.filter(to_date=None).order_by("place_code")
    own = areas(chance.data["county"])["grid"]
    officer = posts.filter(role="grid_officer").exclude(place_code=own).first()
    head = posts.filter(role="building_head", place_code__startswith=community.code).first()
    assert officer is not None
    assert head is not None
    today = chance.today
    first, last = (today + dt.timedelta(days=days) for days in LEAVE)
    substitute(
        by=by,
        responsibility=officer,
        holder=near,
        from_date=first,
        to_date=last,
        contact=chance.phone(),
        reason=chance.data["leave"],
    )
    hand_over(
        by=by,
        responsibility=head,
        to=further,
        contact=chance.phone(),
        on=today + dt.timedelta(days=MOVED),
        reason=chance.data["moved"],
    )


def _measure(by: Actor, chance: Chance, campaign: Campaign) -> None:
    if campaign.emergency_id is None:
        return
    now = timezone.now()
    add_measure(
        by=by,
        emergency_id=campaign.emergency_id,
        place_code=campaign.area.code,
        from_at=now - dt.timedelta(days=1),
        to_at=now + dt.timedelta(days=MEASURE_DAYS),
        **chance.data["measure"],
    )
