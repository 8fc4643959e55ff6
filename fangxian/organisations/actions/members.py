"""Members join and leave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.ids import uuid7
from fangxian.common.models import update_fields
from fangxian.common.ui import formats
from fangxian.organisations import units
from fangxian.organisations.actions.organisations import EDIT, not_yet
from fangxian.organisations.actions.responsibilities import close
from fangxian.organisations.checking import gone
from fangxian.organisations.models import EndedBy, Member, Organisation, Responsibility
from fangxian.organisations.vacancies import refresh_places, refreshed_last
from fangxian.people.actions import create_person, link_person, unlink_person
from fangxian.people.locks import lock_person
from fangxian.people.models import Person
from fangxian.regions.models import Region

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
    probationary: bool = False,
    wish: Region | None = None,
    from_date: dt.date | None = None,
) -> Member:
    """Make a person a member. The person becomes visible at the organisation's seat.

    Who is a member already stays one: his duty, rank, party membership and, if one is given, wish
    are brought up to date. Raises Invalid for a dissolved organisation, a person who died or a wish
    for more than a community, Conflict for a person whose record was merged into another.
    """
    seat = organisation.seat.code
    by.require(EDIT, seat)
    person = lock_person(person.id)
    values: dict[str, Any] = {
        "duty": duty.strip(),
        "rank": rank.strip(),
        "party_member": party_member or probationary,
        "probationary": probationary,
    }
    known = Member.objects.filter(person=person, organisation=organisation, to_date=None).first()
    if known is not None:
        return change_member(by=by, member=known, wish=wish or known.wish, **values)
    day = from_date or timezone.localdate()
    problem = gone(organisation, day) or gone(person, day) or too_wide(wish)
    if problem is not None:
        raise Invalid(problem)
    member = Member.objects.create(
        person=person,
        organisation=organisation,
        place_code=seat,
        wish=wish,
        from_date=day,
        **values,
    )
    link_person(by=by, person_id=person.id, place_code=seat, kind=LINK, source_id=member.id)
    return member


@action
def add_new_member(
    *,
    by: Actor,
    organisation: Organisation,
    name: str,
    documents: Sequence[tuple[str, str]] = (),
    phones: Sequence[str] = (),
    duty: str = "",
    rank: str = "",
    party_member: bool = False,
    probationary: bool = False,
    wish: Region | None = None,
    from_date: dt.date | None = None,
    emergency_id: UUID | None = None,
) -> Member:
    """Make a person whom the register does not know, and a member of him.

    With ``emergency_id`` documents and phones are sealed with its key and end with it. Raises
    Invalid, Conflict (somebody in the area has this document: add that person).
    """
    seat = organisation.seat.code
    by.require(EDIT, seat)
    day = from_date or timezone.localdate()
    problem = gone(organisation, day) or too_wide(wish)
    if problem is not None:
        raise Invalid(problem)
    member_id = uuid7()
    person = create_person(
        by=by,
        place_code=seat,
        link_kind=LINK,
        source_id=member_id,
        name=name,
        documents=documents,
        phones=phones,
        emergency_id=emergency_id,
    )
    return Member.objects.create(
        id=member_id,
        person=person,
        organisation=organisation,
        place_code=seat,
        duty=duty.strip(),
        rank=rank.strip(),
        party_member=party_member or probationary,
        probationary=probationary,
        wish=wish,
        from_date=day,
    )


@action
def change_member(
    *,
    by: Actor,
    member: Member,
    duty: str,
    rank: str,
    party_member: bool,
    probationary: bool,
    wish: Region | None,
) -> Member:
    """Bring duty, rank, party membership (``probationary``: not a full one) and wish up to date.

    Raises Invalid for a wish for more than a community.
    """
    by.require(EDIT, member.place_code)
    problem = too_wide(wish)
    if problem is not None:
        raise Invalid(problem)
    changed = update_fields(
        member,
        duty=duty.strip(),
        rank=rank.strip(),
        party_member=party_member or probationary,
        probationary=probationary,
        wish=wish,
    )
    if changed:
        member.save(update_fields=changed)
    return member


def too_wide(wish: Region | None) -> Problem | None:
    """Why nobody can wish to serve at a place: it is more than a community or village."""
    if wish is None or wish.level >= Level.VILLAGE:
        return None
    return Problem(
        _("“%(place)s” is more than a community.") % {"place": wish.name},
        field="wish",
        mend=_("Name a community or village, or a place in one."),
        code="too_wide",
    )


@action
@refreshed_last
def end_membership(*, by: Actor, member: Member, on: dt.date | None = None) -> Member:
    """End a membership; what the member answers for as a member ends with it and falls vacant.

    Where he serves in temporary units meanwhile ends too. What he answers for outside the actor's
    area is ended by the next upkeep. Raises Conflict when it has ended before, Invalid for a day to
    come.
    """
    by.require(EDIT, member.place_code)
    not_yet(on or timezone.localdate())
    units.hold(Q(secondments__home=member) | Q(secondments__member=member))
    member = Member.objects.select_for_update(of=("self",)).get(id=member.id)
    day = max(on or timezone.localdate(), member.from_date)
    if member.to_date is not None and member.to_date <= day:
        raise Conflict(_("It ended already on %(day)s.") % {"day": formats.date(member.to_date)})
    leave(by, member, day)
    return member


def leave(by: Actor, member: Member, day: dt.date, ended_by: str = "") -> None:
    """Set a member's last day, and that of what he answers for and where he serves as a member."""
    from fangxian.organisations.actions.seconding import sent_home

    member.to_date, member.ended_by = day, ended_by
    member.save(update_fields=["to_date", "ended_by"])
    held = Responsibility.objects.filter(member=member)
    close_all(by, held, day, EndedBy.LEAVING)
    sent_home(by, member, day)
    if day < timezone.localdate():
        unlink_person(by=by, person_id=member.person_id, kind=LINK, source_id=member.id)


def lock_held(by: Actor, held: QuerySet[Responsibility], day: dt.date) -> list[Responsibility]:
    """What goes on after a day in the actor's area, as it is now, locked in one order."""
    lo, hi = codes.bounds(by.area)
    here = held.filter(Q(to_date=None) | Q(to_date__gt=day), place_code__gte=lo, place_code__lt=hi)
    return list(here.select_for_update(of=("self",)).select_related("place").order_by("id"))


def close_all(by: Actor, held: QuerySet[Responsibility], day: dt.date, ended_by: str) -> None:
    """End what goes on after a day, and keep by what."""
    rows = lock_held(by, held, day)
    for row in rows:
        close(by, row, max(day, row.from_date), ended_by=ended_by)
    refresh_places(by, [row.place for row in rows])
