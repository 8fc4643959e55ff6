"""What upkeep ended because of a death goes on when the death is taken back.

Where the post has somebody else since, nobody is put beside him: who names people for the place is
given a task to decide.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.organisations.actions.members import LINK as MEMBER
from fangxian.organisations.actions.responsibilities import CUT
from fangxian.organisations.actions.taking_back import holder_of, see
from fangxian.organisations.checking import Appointment, Board, gone
from fangxian.organisations.models import (
    FiveOneEvidence,
    Member,
    Responsibility,
    ResponsibilityHousehold,
)
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.organisations.vacancies import ask, gathered, refresh_places
from fangxian.people.actions import link_person

TASK = "organisations.revived"
DAY = dt.timedelta(days=1)


def revive(*, by: Actor, area: str, person_id: UUID | None = None) -> int:
    """Let go on in ``area`` what a death ended that is recorded no more (of one person).

    Returns how many memberships and responsibilities go on; running it twice changes nothing.
    """
    lo, hi = codes.bounds(area)
    alive = {"place_code__gte": lo, "place_code__lt": hi, "ended_by_death": True}
    whose = {} if person_id is None else {"person_id": person_id}
    with acting(by), gathered(by):
        members = _members(
            by,
            list(
                Member.objects.select_for_update(of=("self",))
                .select_related("organisation")
                .filter(person__deceased_on=None, **alive, **whose)
                .order_by("id")
            ),
        )
        rows = (
            Responsibility.objects.select_for_update(of=("self",))
            .select_related("place", "person", "member__person")
            .filter(**alive)
        )
        posts = _posts(
            by, rows.filter(person__deceased_on=None, substitute_for=None, **whose).order_by("id")
        )
        # Those who stood in go on after the one they stand in for.
        posts += _posts(
            by,
            rows.filter(
                person__deceased_on=None,
                substitute_for__person__deceased_on=None,
                substitute_for__ended_by_death=False,
            ).order_by("id"),
        )
    return members + posts


def _members(by: Actor, rows: list[Member]) -> int:
    for row in rows:
        last, row.ended_by_death = row.to_date, False
        again = Member.objects.filter(
            person=row.person_id, organisation=row.organisation_id, to_date=None
        )
        if row.organisation.dissolved_on is None and not again.exists():
            row.to_date = None
            _show_again(FiveOneEvidence.objects.filter(member=row, to_date=last))
        row.save(update_fields=["to_date", "ended_by_death"])
        if row.to_date is None:
            link_person(
                by=by,
                person_id=row.person_id,
                place_code=row.place_code,
                kind=MEMBER,
                source_id=row.id,
            )
    return sum(row.to_date is None for row in rows)


def _posts(by: Actor, found: QuerySet[Responsibility]) -> int:
    rules, again, taken = chain_rules(), [], []
    for row in found:
        last, until = row.to_date, row.cut_until
        row.ended_by_death, row.cut_until = False, None
        if row.substitute_for is not None and row.substitute_for.to_date is not None:
            until = min(until or row.substitute_for.to_date, row.substitute_for.to_date)
        if last is None or (until is not None and until <= last):
            pass
        elif _free(rules, row, last + DAY, until):
            row.to_date = until
            again.append(row)
        else:
            taken.append(row)
        row.save(update_fields=CUT)
        if row.to_date != last:
            see(by, row)
            _look_after_again(row, last)
            _show_again(FiveOneEvidence.objects.filter(responsibility=row, to_date=last))
    refresh_places(by, [row.place for row in again])
    title = gettext_noop("A death was taken back: decide who answers as %(role)s")
    ask(by, rules, TASK, title, {str(row.id): row for row in taken})
    return len(again)


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


def _look_after_again(row: Responsibility, last: dt.date | None) -> None:
    """Households that nobody else was given meanwhile."""
    open_links = ResponsibilityHousehold.objects.filter(to_date=None)
    row.households.filter(to_date=last).exclude(
        household_id__in=open_links.values("household_id")
    ).update(to_date=row.to_date)


def _show_again(evidence: QuerySet[FiveOneEvidence]) -> None:
    """Evidence that nothing else has taken the place of."""
    for one in evidence:
        newer = FiveOneEvidence.objects.filter(
            community=one.community_id, item=one.item, to_date=None
        )
        if not newer.exists():
            one.to_date = None
            one.save(update_fields=["to_date"])
