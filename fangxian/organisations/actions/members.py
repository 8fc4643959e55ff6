"""Members join and leave."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.organisations.actions.organisations import EDIT
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.people.actions import link_person, unlink_person
from fangxian.people.models import Person

LINK = "member"


@action
def add_member(
    *,
    by: Actor,
    person: Person,
    organisation: Organisation,
    duty: str = "",
    rank: str = "",
    party_member: bool = False,
    from_date: dt.date | None = None,
) -> Member:
    """Make a person a member. The person becomes visible at the organisation's seat.

    Who is a member already stays one: his duty, rank and party membership are brought up to date.
    """
    seat = organisation.seat.code
    by.require(EDIT, seat)
    values = {"duty": duty.strip(), "rank": rank.strip(), "party_member": party_member}
    known = Member.objects.filter(person=person, organisation=organisation, to_date=None).first()
    if known is not None:
        for name, value in values.items():
            setattr(known, name, value)
        known.save(update_fields=list(values))
        return known
    member = Member.objects.create(
        person=person,
        organisation=organisation,
        place_code=seat,
        from_date=from_date or timezone.localdate(),
        **values,
    )
    link_person(by=by, person_id=person.id, place_code=seat, kind=LINK, source_id=member.id)
    return member


@action
def end_membership(*, by: Actor, member: Member, on: dt.date | None = None) -> Member:
    """End a membership; what the member answers for as a member ends with it and falls vacant."""
    by.require(EDIT, member.place_code)
    day = on or timezone.localdate()
    member.to_date = max(day, member.from_date)
    member.save(update_fields=["to_date"])
    held = Responsibility.objects.filter(member=member, to_date=None)
    held.filter(from_date__lte=day).update(to_date=day)
    unlink_person(by=by, person_id=member.person_id, kind=LINK, source_id=member.id)
    return member
