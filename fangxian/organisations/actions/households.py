"""One member looks after up to ten households (1+10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.organisations.actions.responsibilities import APPOINT, create, lock
from fangxian.organisations.checking import Appointment, gone, holder_name
from fangxian.organisations.models import Member, Responsibility, ResponsibilityHousehold
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.regions.models import Region
from fangxian.register.models import Household


@action
def link_households(
    *,
    by: Actor,
    member: Member,
    place: Region,
    households: Sequence[Household],
    contact: str = "",
    on: dt.date | None = None,
) -> Responsibility:
    """Give households at ``place`` to a member. Those of another member move to this one.

    Raises Invalid when the member would have more than the rule allows, is gone, or a household
    lies elsewhere.
    """
    by.require(APPOINT, place.code)
    day = on or timezone.localdate()
    rules = chain_rules(day)
    wanted = Appointment(place, rules.member_role, member, day, None, contact)
    # Two at once must not give one member more than the most, nor one household to two members.
    lock([wanted])
    ids = {household.id for household in households}
    problem = gone(member, day) or _outside(place, households)
    problem = problem or _too_many(member, ids, rules.member_role, rules.max_households)
    if problem is not None:
        raise Invalid(problem)
    row = Responsibility.objects.filter(
        place=place, role=rules.member_role, member=member, to_date=None
    ).first()
    if row is None:
        row = create(by, wanted, rules.version)
    open_links = ResponsibilityHousehold.objects.filter(household_id__in=ids, to_date=None)
    _give_up(open_links.exclude(responsibility=row), day)
    kept = set(open_links.filter(responsibility=row).values_list("household_id", flat=True))
    ResponsibilityHousehold.objects.bulk_create(
        ResponsibilityHousehold(
            responsibility=row, household=household, place_code=household.place_code, from_date=day
        )
        for household in households
        if household.id not in kept
    )
    return row


def _give_up(links: QuerySet[ResponsibilityHousehold], day: dt.date) -> None:
    # The day before is the last, unless it began today and so never was.
    links.filter(from_date__gte=day).delete()
    links.update(to_date=day - dt.timedelta(days=1))


def _outside(place: Region, households: Sequence[Household]) -> Problem | None:
    for household in households:
        if not household.place_code.startswith(place.code):
            return Problem(
                _("“%(household)s” does not lie in “%(place)s”.")
                % {"household": household, "place": place.name},
                field="households",
                mend=_("Choose households of this place."),
                code="outside",
            )
    return None


def takes_them(rules: ChainRules, row: Responsibility, wanted: Appointment) -> Problem | None:
    """Why a member's households can't go to the one who is to take over, or None."""
    if not isinstance(wanted.holder, Member):
        return Problem(
            _("%(name)s was not chosen as a member of an organisation.")
            % {"name": holder_name(wanted.holder)},
            field="holder",
            mend=_("Choose a member, or make the person one first."),
            code="no_member",
        )
    ids = set(row.households.filter(to_date=None).values_list("household_id", flat=True))
    return _too_many(wanted.holder, ids, rules.member_role, rules.max_households)


def _too_many(member: Member, ids: set[UUID], role: str, most: int) -> Problem | None:
    others = ResponsibilityHousehold.objects.filter(
        responsibility__member=member, responsibility__role=role, to_date=None
    ).exclude(household_id__in=ids)
    count = others.count() + len(ids)
    if count <= most:
        return None
    return Problem(
        _("%(name)s would look after %(count)d households; %(most)d is the most.")
        % {"name": member.person.name, "count": count, "most": most},
        field="households",
        mend=_("Give some of them to another member."),
        code="load",
    )


@action
def unlink_household(
    *, by: Actor, link: ResponsibilityHousehold, on: dt.date | None = None
) -> None:
    """A household is looked after by nobody from here on."""
    by.require(APPOINT, link.place_code)
    if link.to_date is None:
        _give_up(ResponsibilityHousehold.objects.filter(id=link.id), on or timezone.localdate())
