"""Accounts of those who are placed outside their areas act there until the call ends, no longer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.accounts.actions import end_lent, lend_role
from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.mobilise.models import Placement
from fangxian.regions.models import Region

ROLE: Final = "volunteer"


def lend(by: Actor, placements: Sequence[Placement], places: dict[UUID, Region]) -> None:
    """Let the accounts of volunteers act as such where they serve; the grants stay to be saved.

    ``places``: of each person with a volunteer's placement, where he serves now. All are of one
    call. Four queries, one insert.
    """
    if not places:
        return
    call = placements[0].line.call
    users = User.objects.filter(person_id__in=list(places), is_active=True)
    account: dict[UUID | None, UUID] = dict(users.values_list("person_id", "id"))
    lent = lend_role(
        by=_lender(by.area),
        role=ROLE,
        holders={user: places[person] for person, user in account.items() if person},
        until=call.ends_on,
        reason=_("placed by the call “%(title)s”") % {"title": call.title},
    )
    for one in placements:
        who = one.pledge.volunteer
        if who is not None and who.person_id in places:
            user = account.get(who.person_id)
            one.lent = lent.get(user) if user else None


def take_back(by: Actor, placements: Iterable[Placement]) -> None:
    """Let what was lent for placements end, now that they have ended. Changes nothing else."""
    for one in placements:
        if one.lent is not None:
            said = _("no longer placed by the call “%(title)s”")
            end_lent(
                by=_lender(by.area), grants=[one.lent], reason=said % {"title": one.line.call.title}
            )


def _lender(place_code: str) -> Actor:
    """Who lends: the room itself, not whoever accepts a match and may grant no role."""
    return Actor.system("mobilise.calls", place_code)
