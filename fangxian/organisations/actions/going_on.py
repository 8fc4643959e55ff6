"""Taking back that an organisation was dissolved or a membership ended: what it ended goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.actions import because, checked_reason
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ui import formats
from fangxian.organisations.actions.members import LINK as MEMBER
from fangxian.organisations.actions.organisations import EDIT, check
from fangxian.organisations.checking import gone
from fangxian.organisations.models import (
    EndedBy,
    FiveOneEvidence,
    Member,
    Organisation,
    TemporaryUnit,
)
from fangxian.organisations.vacancies import refreshed_last
from fangxian.people.actions import link_person, unlink_person
from fangxian.people.locks import lock_person

if TYPE_CHECKING:
    from fangxian.organisations.reviving import Revived


@action
@refreshed_last
def undo_dissolution(*, by: Actor, organisation: Organisation, reason: str) -> Revived:
    """Take back that it was dissolved: the memberships and posts that ended with it go on.

    Where somebody else answers since, a task asks who names people there to decide; what lies
    outside the actor's area goes on with the next upkeep. Returns how many go on: none if it was
    dissolved when it was not noted yet what ended with it. Raises Invalid (no reason, another one
    of its name was founded since), Conflict (it stands, its parent is dissolved).
    """
    from fangxian.organisations.reviving import revive, show_again

    by.require(EDIT, organisation.seat.code)
    why = checked_reason(reason)
    body = Organisation.objects.select_for_update(of=("self",)).get(id=organisation.id)
    last = body.dissolved_on
    if last is None:
        raise Conflict(_("It is not dissolved."))
    if body.parent is not None and body.parent.dissolved_on is not None:
        raise Conflict(
            _("“%(name)s” above it is dissolved: take that back first.") % {"name": body.parent}
        )
    check(body, name=body.name, seat=body.seat, parent=body.parent, credit_code=body.credit_code)
    _refuse_over(body)
    with because(by, why) as actor:
        body.dissolved_on = None
        body.save(update_fields=["dissolved_on"])
        ended = list(body.members.filter(ended_by=EndedBy.DISSOLUTION).order_by("id"))
        for row in ended:
            _in_sight(actor, row)
        revived = revive(by=actor, area=by.area, body=body)
        show_again(FiveOneEvidence.objects.filter(organisation=body, to_date=last))
        for row in Member.objects.filter(id__in=[row.id for row in ended]).exclude(to_date=None):
            _out_of_sight(actor, row)
    return revived


@action
@refreshed_last
def undo_end_membership(*, by: Actor, member: Member, reason: str) -> Member:
    """Take back that a membership ended: what the member answered for as such goes on.

    Raises Invalid (no reason, the person died), Conflict (it goes on, it ended with its
    organisation or a death, the person has joined again or was merged).
    """
    from fangxian.organisations.reviving import go_on, revive

    by.require(EDIT, member.place_code)
    why = checked_reason(reason)
    with because(by, why) as actor:
        # Who was seen for his membership alone is out of sight since.
        _in_sight(actor, member)
        person = lock_person(member.person_id)
        row = (
            Member.objects.select_for_update(of=("self",))
            .select_related("organisation")
            .filter(id=member.id)
            .first()
        )
        if row is None:
            raise OutOfScope(f"member {member.id}")
        _refuse(row)
        if problem := gone(person, timezone.localdate()):
            raise Invalid(problem)
        last, row.to_date = row.to_date, None
        row.save(update_fields=["to_date"])
        go_on(actor, row, last)
        revive(by=actor, area=by.area, member=row)
    return row


def _refuse_over(body: Organisation) -> None:
    """A temporary unit beyond its term would only be dissolved again."""
    unit = TemporaryUnit.objects.filter(organisation=body).first()
    if unit is not None and unit.until < timezone.localdate():
        raise Invalid(
            Problem(
                _("Its term ended on %(day)s.") % {"day": formats.date(unit.until)},
                mend=_("The superior prolongs it first, on the page of the unit."),
                code="term",
            )
        )


def _refuse(row: Member) -> None:
    if row.to_date is None:
        raise Conflict(_("The membership goes on."))
    if row.organisation.dissolved_on is not None:
        raise Conflict(
            _("“%(name)s” is dissolved: take that back first.") % {"name": row.organisation}
        )
    if row.ended_by:
        raise Conflict(
            _("It ended by itself (%(cause)s): take that back.")
            % {"cause": row.get_ended_by_display()}
        )
    again = Member.objects.filter(person=row.person_id, organisation=row.organisation_id)
    if again.filter(to_date=None).exists():
        raise Conflict(_("This person has joined again since."))


def _in_sight(by: Actor, row: Member) -> None:
    link_person(
        by=by, person_id=row.person_id, place_code=row.place_code, kind=MEMBER, source_id=row.id
    )


def _out_of_sight(by: Actor, row: Member) -> None:
    unlink_person(by=by, person_id=row.person_id, kind=MEMBER, source_id=row.id)
