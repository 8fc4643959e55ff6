"""What a death, a move, a leaving or a dissolution ended goes on when that is taken back.

Where the post has somebody else since, nobody is put beside him: who names people for the place is
given a task to decide.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.history import came_into, history_of
from fangxian.common.scoping import acting
from fangxian.organisations.actions.members import LINK as MEMBER
from fangxian.organisations.actions.responsibilities import CUT
from fangxian.organisations.actions.taking_back import bring_back, holder_of, see
from fangxian.organisations.checking import Appointment, Board, gone
from fangxian.organisations.models import (
    EndedBy,
    FiveOneEvidence,
    Member,
    Organisation,
    Responsibility,
    ResponsibilityHousehold,
    Vacancy,
)
from fangxian.organisations.rules import ChainRules, chain_rules, duties
from fangxian.organisations.vacancies import ask, gathered, refresh_places
from fangxian.people.actions import link_person
from fangxian.people.models import Person
from fangxian.register.models import Household, Residency
from fangxian.register.vocabularies import SEPARATED

TASK = "organisations.revived"
TITLES: Mapping[str, str] = {
    EndedBy.DEATH: gettext_noop("A death was taken back: decide who answers as %(role)s"),
    EndedBy.MOVE: gettext_noop("A move was taken back: decide who answers as %(role)s"),
    EndedBy.LEAVING: gettext_noop("A membership goes on: decide who answers as %(role)s"),
    EndedBy.DISSOLUTION: gettext_noop("An organisation goes on: decide who answers as %(role)s"),
}
DAY = dt.timedelta(days=1)


class Revived(NamedTuple):
    """How many memberships and responsibilities go on."""

    members: int
    posts: int


def revive(
    *,
    by: Actor,
    area: str,
    person_id: UUID | None = None,
    body: Organisation | None = None,
    member: Member | None = None,
) -> Revived:
    """Let go on in ``area`` what ended by something that is recorded no more.

    That of one person, one organisation (and its members as such) or one member, if one is given.
    Running it twice changes nothing.
    """
    lo, hi = codes.bounds(area)
    here = {"place_code__gte": lo, "place_code__lt": hi}
    whose = Q() if person_id is None else Q(person_id=person_id)
    joined, held = whose, whose
    if body is not None:
        joined, held = whose & Q(organisation=body), Q(organisation=body)
        held |= Q(member__in=Member.objects.filter(organisation=body).values("id"))
    if member is not None:
        joined, held = Q(id=member.id), Q(member=member)
    with acting(by), gathered(by):
        members = _members(
            by,
            list(
                Member.objects.select_for_update(of=("self",))
                .select_related("organisation")
                .filter(joined, person__deceased_on=None, organisation__dissolved_on=None, **here)
                .exclude(ended_by="")
                .order_by("id")
            ),
        )
        rows = (
            Responsibility.objects.select_for_update(of=("self",))
            .select_related("place", "person", "member__person", "organisation")
            .filter(_standing(), **here)
            .exclude(ended_by="")
            .order_by("id")
        )
        posts = _posts(by, rows.filter(held, _lives_there(), substitute_for=None))
        # Those who stood in go on after the one they stand in for.
        posts += _posts(by, rows.filter(substitute_for__isnull=False, substitute_for__ended_by=""))
    return Revived(members, posts)


def _standing() -> Q:
    """Whose holder can hold something: as far as he is in sight, which who is gone may not be."""
    persons = Person.objects.filter(id=OuterRef("person_id"), deceased_on=None)
    members = Member.objects.filter(id=OuterRef("member_id"), to_date=None)
    return (
        (Q(person=None) | Exists(persons))
        & (Q(member=None) | Exists(members))
        & Q(organisation__dissolved_on=None)
    )


def _lives_there() -> Q:
    """Of those who moved away: who lives on there, as if the move had not been."""
    again = Q()
    for role, size in duties().residence.items():
        homes = Residency.objects.filter(
            person=OuterRef("person_id"),
            to_date=None,
            from_date__lte=OuterRef("to_date"),
        ).exclude(kind=SEPARATED)
        within = homes.annotate(
            at=Left("place_code", size), post=Left(OuterRef("place_code"), size)
        )
        again |= Q(Exists(within.filter(at=F("post"))), role=role)
    return ~Q(ended_by=EndedBy.MOVE) | again


def _members(by: Actor, rows: list[Member]) -> int:
    before = _last_days(rows)
    for row in rows:
        last, row.ended_by = row.to_date, ""
        again = Member.objects.filter(
            person=row.person_id, organisation=row.organisation_id, to_date=None
        )
        if not again.exists():
            row.to_date = before.get(row.id)
        row.save(update_fields=["to_date", "ended_by"])
        if row.to_date is None:
            go_on(by, row, last)
    return sum(row.to_date is None for row in rows)


def _last_days(rows: list[Member]) -> dict[UUID, dt.date | None]:
    """The last day each had before it was ended: who had left already was only cut shorter."""
    history = history_of(Member)
    dissolved = [row.id for row in rows if row.ended_by == EndedBy.DISSOLUTION]
    told = history.objects.filter(pgh_obj_id__in=dissolved, ended_by="")
    return dict(told.order_by("pgh_id").values_list("pgh_obj_id", "to_date"))


def go_on(by: Actor, row: Member, last: dt.date | None) -> None:
    """Show an open member again, and the evidence that ended with his former last day."""
    show_again(FiveOneEvidence.objects.filter(member=row, to_date=last))
    link_person(
        by=by, person_id=row.person_id, place_code=row.place_code, kind=MEMBER, source_id=row.id
    )


def _posts(by: Actor, found: QuerySet[Responsibility]) -> int:
    rules, again = chain_rules(), []
    taken: dict[str, dict[str, Vacancy | Responsibility]] = defaultdict(dict)
    for row in found:
        last, until, cause = row.to_date, row.cut_until, row.ended_by
        row.ended_by, row.cut_until = "", None
        if row.substitute_for is not None and row.substitute_for.to_date is not None:
            until = min(until or row.substitute_for.to_date, row.substitute_for.to_date)
        if last is None or (until is not None and until <= last):
            pass
        elif _free(rules, row, last + DAY, until):
            row.to_date = until
            again.append(row)
        elif row.role not in rules.takes_over:
            taken[cause][str(row.id)] = row
        if until is not None and row.to_date == until:
            _hand_over_again(row)
        row.save(update_fields=CUT)
        if last is not None and row.to_date != last:
            see(by, row)
            _look_after_again(row, last, cause)
            show_again(FiveOneEvidence.objects.filter(responsibility=row, to_date=last))
            bring_back(by, row, ended_by=cause)
    refresh_places(by, [row.place for row in again])
    for cause, rows in taken.items():
        ask(by, rules, TASK, TITLES[cause], rows)
    return len(again)


def _hand_over_again(row: Responsibility) -> None:
    """Whose the day is on which a row hands over, while he is named: withdrawn, it can go on."""
    history = history_of(Responsibility)
    told = history.objects.filter(pgh_obj_id=row.id, ended_by="").order_by("pgh_id").last()
    if told is None or told.to_date != row.to_date:
        return
    if Responsibility.objects.filter(id=told.cut_for_id).exists():
        row.cut_for_id, row.cut_until = told.cut_for_id, told.cut_until


def _free(rules: ChainRules, row: Responsibility, first: dt.date, until: dt.date | None) -> bool:
    """Whether nobody else has the post on a day, and the holder not too many others."""
    holder = holder_of(row)
    if gone(holder, timezone.localdate()) is not None:
        return False
    if row.role in rules.roles and row.substitute_for_id is None:
        wanted = Appointment(row.place, row.role, holder, first, until)
        board = Board(rules, [row.place], [row.role], [holder], without=row.id)
        return board.problem(wanted) is None
    if row.role == rules.member_role and row.substitute_for_id is None:
        return True
    beside = Responsibility.objects.filter(
        place=row.place,
        role=row.role,
        establishment=row.establishment,
        substitute_for=row.substitute_for,
    ).exclude(id=row.id)
    if until is not None:
        beside = beside.filter(from_date__lte=until)
    return not beside.exclude(to_date__lt=first).exists()


def _look_after_again(row: Responsibility, last: dt.date, cause: str) -> None:
    """Households as they were before the end, each until somebody else looks after it."""
    history = history_of(ResponsibilityHousehold)
    told = history.objects.filter(responsibility_id=row.id).order_by("pgh_id")
    ended = told.filter(pgh_obj_id__in=row.households.filter(to_date=last).values("id"))
    before = dict(ended.exclude(to_date=last).values_list("pgh_obj_id", "to_date"))
    for link in row.households.filter(id__in=before):
        if _until(link, row, last + DAY, before[link.id]):
            link.save(update_fields=["to_date"])
    # Those that were to begin later were deleted with the end, or after it.
    since = came_into(Responsibility, row.id, ended_by=cause)
    deleted = told.filter(pgh_label="delete", from_date__gt=last)
    still = set(row.households.values_list("id", flat=True))
    latest = {one.id: one for one in deleted if since is not None and one.pgh_created_at >= since}
    for one in latest.values():
        if one.id in still:
            continue
        home = Household.objects.filter(id=one.household_id).first()
        again = ResponsibilityHousehold(
            id=one.id, responsibility=row, household=home, from_date=one.from_date
        )
        if home is not None and _until(again, row, one.from_date, one.to_date):
            again.place_code = home.place_code
            again.save(force_insert=True)


def _until(
    link: ResponsibilityHousehold, row: Responsibility, first: dt.date, last: dt.date | None
) -> bool:
    """Set a link's last day: the one it had, unless the row ends or another begins before it.

    Tells whether a day from ``first`` on is left.
    """
    others = ResponsibilityHousehold.objects.filter(household=link.household_id)
    begins = others.exclude(id=link.id).exclude(to_date__lt=first).order_by("from_date")
    other = begins.values_list("from_date", flat=True).first()
    ends = [day for day in (last, row.to_date, other and other - DAY) if day is not None]
    link.to_date = min(ends, default=None)
    return link.to_date is None or link.to_date >= first


def show_again(evidence: QuerySet[FiveOneEvidence]) -> None:
    """Evidence that nothing else has taken the place of."""
    for one in evidence:
        newer = FiveOneEvidence.objects.filter(
            community=one.community_id, item=one.item, to_date=None
        )
        if not newer.exists():
            one.to_date = None
            one.save(update_fields=["to_date"])
