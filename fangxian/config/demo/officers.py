"""Who does what in the sweep: who answers for a door visits it, who reports of a place sends it.

Those with an account of the demonstration act by the grant that it was opened with, all others
under their own name. What is recorded by who has a phone comes by it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

from fangxian.accounts.models import User
from fangxian.accounts.queries import actor_of, grants_of
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.config.demo.phone import Phones
from fangxian.config.demo.recipe import Chance
from fangxian.field.actions.reports import RIGHT as REPORT
from fangxian.field.actions.visits import RIGHT as VISIT
from fangxian.organisations.queries import who_closes_many


class Officers:
    """The actors of the sweep. ``by`` acts where nobody is named."""

    def __init__(self, by: Actor, chance: Chance) -> None:
        self._by = by
        self.phones = Phones([row["name"] for row in chance.data["phones"]["enrolled"]])
        self._accounts: dict[str, Actor] = {}
        self._by_name: dict[str, Actor] = {}
        roles = {row["username"]: row["role"] for row in chance.data["accounts"]}
        with acting(by):
            for user in User.objects.filter(username__in=roles).select_related("region"):
                for grant in grants_of(user):
                    # Visitors may give it more roles, and take this one away.
                    if (grant.role_id, grant.region) == (roles[user.username], user.region):
                        one = actor_of(grant, source=by.source, purpose=by.purpose)
                        self._accounts[user.username] = one
                        self._by_name[user.display_name] = one

    def account(self, username: str) -> Actor:
        """The holder of an account; the system where that was removed since."""
        return self._accounts.get(username, self._by)

    def answering(
        self, codes: Collection[str], day: dt.date, right: str = VISIT
    ) -> dict[str, Actor]:
        """Who answered for each place on a day: its officer, else the next above. One query."""
        with acting(self._by):
            found = who_closes_many(sorted(codes), day)
        return {
            code: self._named(held[0].name if held else "", code, right)
            for code, held in found.items()
        }

    def staff(self, codes: Collection[str], day: dt.date, right: str = REPORT) -> dict[str, Actor]:
        """Who reports of each place: headquarters, of a community its staff. One query."""
        above, office = self.account("zhihuibu"), self.account("shequ")
        communities = [code for code in codes if len(code) >= Level.VILLAGE]
        found = dict.fromkeys(codes, above) | self.answering(communities, day, right)
        found |= {code: office for code in communities if code == office.area}
        return {code: one if one.may(right, code) else self._by for code, one in found.items()}

    def _named(self, name: str, code: str, right: str) -> Actor:
        known = self._by_name.get(name)
        if known is not None and known.may(right, code):
            return known
        return replace(self._by, name=name, area=code) if name else self._by
