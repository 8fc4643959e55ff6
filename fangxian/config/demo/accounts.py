"""The accounts of the demonstration, which a production install never has."""

from __future__ import annotations

from fangxian.accounts.actions import create_user, grant_role
from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.config.demo.places import is_community
from fangxian.config.demo.recipe import Chance
from fangxian.regions.queries import below


def community_of(county: str) -> str:
    """The first residents' committee of the county."""
    for place in below(county, Level.VILLAGE).order_by("code"):
        if is_community(place):
            return str(place.code)
    raise LookupError(county)


def open_accounts(by: Actor, chance: Chance) -> None:
    """Make one account a role, with the password of the recipe."""
    county = chance.data["county"]
    community = community_of(county)
    grid = below(community, Level.GRID).order_by("code")[0].code
    where = {"county": county, "community": community, "grid": grid}
    for row in chance.data["accounts"]:
        if User.objects.filter(username=row["username"]).exists():
            continue
        made = create_user(
            by=by,
            username=row["username"],
            display_name=row["name"],
            region_code=where[row["at"]],
            password=chance.data["password"],
        )
        grant_role(
            by=by,
            user_id=made.user.id,
            role=row["role"],
            region_code=where[row["at"]],
            reason="demonstration",
            staff_number=row.get("staff_number", ""),
        )
