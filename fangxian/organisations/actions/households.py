"""One member looks after up to ten households (1+10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.organisations.actions.responsibilities import APPOINT, LINK
from fangxian.organisations.models import Member, Responsibility, ResponsibilityHousehold
from fangxian.organisations.rules import chain_rules
from fangxian.people.actions import link_person
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

    Raises Invalid when the member would have more than the rule allows.
    """
    by.require(APPOINT, place.code)
    day = on or timezone.localdate()
    rules = chain_rules(day)
    row = Responsibility.objects.filter(
        place=place, role=rules.member_role, member=member, to_date=None
    ).first()
    ids = {household.id for household in households}
    others = ResponsibilityHousehold.objects.filter(
        responsibility__member=member, responsibility__role=rules.member_role, to_date=None
    ).exclude(household_id__in=ids)
    if others.count() + len(ids) > rules.max_households:
        raise Invalid(
            Problem(
                _("%(name)s would look after %(count)d households; %(most)d is the most.")
                % {
                    "name": member.person.name,
                    "count": others.count() + len(ids),
                    "most": rules.max_households,
                },
                field="households",
                mend=_("Give some of them to another member."),
                code="load",
            )
        )
    if row is None:
        row = Responsibility.objects.create(
            place=place,
            place_code=place.code,
            role=rules.member_role,
            person=member.person,
            member=member,
            holder_name=member.person.name,
            contact=contact or None,
            from_date=day,
            rule_version=rules.version,
        )
        link_person(
            by=by, person_id=member.person_id, place_code=place.code, kind=LINK, source_id=row.id
        )
    open_links = ResponsibilityHousehold.objects.filter(household_id__in=ids, to_date=None)
    open_links.exclude(responsibility=row).update(to_date=day)
    kept = set(open_links.filter(responsibility=row).values_list("household_id", flat=True))
    ResponsibilityHousehold.objects.bulk_create(
        ResponsibilityHousehold(
            responsibility=row, household=household, place_code=household.place_code, from_date=day
        )
        for household in households
        if household.id not in kept
    )
    return row


@action
def unlink_household(
    *, by: Actor, link: ResponsibilityHousehold, on: dt.date | None = None
) -> None:
    """A household is looked after by nobody from here on."""
    by.require(APPOINT, link.place_code)
    link.to_date = on or timezone.localdate()
    link.save(update_fields=["to_date"])
