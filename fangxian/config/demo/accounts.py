"""The accounts of the demonstration, which a production install never has, and who holds them."""

from __future__ import annotations

from fangxian.accounts.actions import create_user, grant_role
from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.config.demo.places import is_community
from fangxian.config.demo.recipe import Chance
from fangxian.organisations.actions import add_new_member
from fangxian.organisations.models import Member, Organisation
from fangxian.regions.queries import at, below


def community_of(county: str) -> str:
    """The first residents' committee of the county."""
    for place in below(county, Level.VILLAGE).order_by("code"):
        if is_community(place):
            return str(place.code)
    raise LookupError(county)


def areas(county: str) -> dict[str, str]:
    """Where accounts are: codes of the county, one community in it, one grid in that."""
    community = community_of(county)
    grid = below(community, Level.GRID).order_by("code")[0].code
    return {"county": county, "community": community, "grid": grid}


def hire(by: Actor, chance: Chance) -> dict[str, Member]:
    """Make the holder of each account a member of the organisation he works for, by user name."""
    data = chance.data
    community = at(areas(data["county"])["community"])
    committee = data["committee"].format(place=community.name)
    return {
        row["username"]: add_new_member(
            by=by,
            organisation=Organisation.objects.get(
                name=row["works_for"].format(committee=committee)
            ),
            name=row["name"],
            duty=row["duty"],
            phones=[chance.phone()],
        )
        for row in data["accounts"]
    }


def open_accounts(by: Actor, chance: Chance) -> None:
    """Make one account a role, with the password of the recipe, for those who were hired."""
    where = areas(chance.data["county"])
    with acting(by):
        names = [row["name"] for row in chance.data["accounts"]]
        hired = Member.objects.filter(person__name__in=names).select_related("person")
        holders = {member.person.name: member for member in hired}
    for row in chance.data["accounts"]:
        if User.objects.filter(username=row["username"]).exists():
            continue
        made = create_user(
            by=by,
            username=row["username"],
            display_name=row["name"],
            region_code=where[row["at"]],
            person_id=holders[row["name"]].person_id,
            password=chance.data["password"],
        )
        grant_role(
            by=by,
            user_id=made.user.id,
            role=row["role"],
            region_code=where[row["at"]],
            staff_number=row.get("staff_number", ""),
            reason=chance.data["reason"],
            organisation_id=holders[row["name"]].organisation_id,
        )
