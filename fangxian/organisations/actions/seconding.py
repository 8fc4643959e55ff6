"""Members are seconded into temporary units, given offices, and sent home."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.organisations import units
from fangxian.organisations.actions.members import add_member, change_member, end_membership, leave
from fangxian.organisations.actions.organisations import EDIT
from fangxian.organisations.models import (
    Member,
    Organisation,
    Secondment,
    Standing,
    TemporaryUnit,
    UnitState,
)
from fangxian.organisations.temporary_rules import temporary_rules
from fangxian.people.actions import link_person, unlink_person
from fangxian.people.locks import lock_person
from fangxian.people.models import Person

# Why a person is seen at the place of a unit that is not founded yet.
LINK = "seconded"


def begin(by: Actor, row: Secondment, day: dt.date | None = None) -> None:
    """Show the person at the unit's place; once it is founded by a membership there."""
    unit = row.unit
    if unit.organisation is None:
        link_person(
            by=by,
            person_id=row.person_id,
            place_code=row.place_code,
            kind=LINK,
            source_id=row.id,
        )
        return
    # Made here and not from the row's own: the name is written where it is seen.
    person = Person.objects.get(id=row.person_id)
    row.member = add_member(
        by=by,
        person=person,
        organisation=unit.organisation,
        duty=row.duty,
        party_member=bool(row.standing),
        probationary=row.standing == Standing.PROBATIONARY,
        from_date=day,
    )
    row.save(update_fields=["member"])
    forget(by, row)


def forget(by: Actor, row: Secondment) -> None:
    """Somebody who was to serve is not seen for that any more."""
    unlink_person(by=by, person_id=row.person_id, kind=LINK, source_id=row.id)


@action
def second(
    *,
    by: Actor,
    unit: TemporaryUnit,
    home: Member,
    duty: str = "",
    office: str = "",
    standing: str | None = None,
) -> Secondment:
    """Second a member of another organisation into a unit; the membership at home goes on.

    Into a founded one he comes at once, with an office if the superior gives it. ``standing`` None:
    as the membership at home says. Who has served there before comes back. Raises Invalid: no
    member any more, of a temporary unit, an office that there is not or that the superior gives;
    Conflict: he is in it, or it waits for a decision.
    """
    by.require(EDIT, unit.place_code)
    row = _held(unit.id)
    person = lock_person(home.person_id)
    homes = Member.objects.select_for_update(of=("self",)).select_related("organisation__kind")
    home = homes.filter(id=home.id).first() or home
    _joinable(row, home)
    if office and row.state == UnitState.FOUNDED:
        _require_superior(by, row)
    values = {
        "home": home,
        "home_body": home.organisation,
        "duty": duty.strip(),
        "office": _office(row, office),
        "standing": _standing(home, standing),
    }
    known = Secondment.objects.filter(unit=row, person=person).select_related("member").first()
    if known is None:
        known = Secondment(unit=row, person=person, place_code=row.place_code)
    elif known.member is None or known.member.to_date is None:
        raise Conflict(_("He or she is in this unit already."))
    known.unit = row
    for name, value in values.items():
        setattr(known, name, value)
    known.save()
    begin(by, known)
    return known


def _held(unit_id: UUID) -> TemporaryUnit:
    """The unit as it is now, locked before those who serve in it: it is decided about meanwhile."""
    TemporaryUnit.objects.select_for_update(of=("self",)).filter(id=unit_id).first()
    return units.unit(unit_id)


def _require_superior(by: Actor, unit: TemporaryUnit) -> None:
    """Officers of a founded unit are the superior's choice. Raises Invalid."""
    problem = units.superior_problem(by, unit)
    if problem is None and not by.may(units.APPROVE, unit.place_code):
        problem = Problem(
            _("The superior names the officers of a founded unit."),
            field="office",
            mend=_("Leave the office empty, and ask the superior to name who it is."),
            code="not_superior",
        )
    if problem is not None:
        raise Invalid(problem)


def _joinable(unit: TemporaryUnit, home: Member) -> None:
    body: Organisation = home.organisation
    if unit.state == UnitState.PROPOSED:
        raise Conflict(_("It is “%(state)s” meanwhile.") % {"state": unit.get_state_display()})
    problem = None
    if unit.state == UnitState.WITHDRAWN or (
        unit.organisation is not None and unit.organisation.dissolved_on is not None
    ):
        problem = Problem(
            _("This unit does not stand."),
            mend=_("Take back that it was given up or dissolved first."),
            code="gone",
        )
    elif home.to_date is not None:
        problem = Problem(
            _("The membership at home has ended."),
            field="holder",
            mend=_("Choose where he or she is a member now."),
            code="home",
        )
    elif not body.kind.permanent:
        problem = Problem(
            _("“%(name)s” is a temporary unit itself.") % {"name": body},
            field="holder",
            mend=_("Choose the membership at home."),
            code="home",
        )
    if problem is not None:
        raise Invalid(problem)


def _office(unit: TemporaryUnit, office: str) -> str:
    if office and office not in temporary_rules().form(unit.kind_id).offices:
        raise Invalid(
            Problem(
                _("A unit of this kind has no such office."),
                field="office",
                mend=_("Choose one of those that are offered."),
                code="office",
            )
        )
    return office


def _standing(home: Member, standing: str | None) -> str:
    if standing is None:
        if home.probationary:
            return Standing.PROBATIONARY
        return Standing.FULL if home.party_member else ""
    if standing not in ("", *Standing.values):
        raise Invalid(Problem(_("Choose one of those that are offered."), field="standing"))
    return standing


@action
def change_secondment(*, by: Actor, secondment: Secondment, duty: str, standing: str) -> Secondment:
    """Bring the duty in the unit and the standing in the party up to date."""
    by.require(EDIT, secondment.place_code)
    _held(secondment.unit_id)
    row = _locked(secondment)
    changed = update_fields(row, duty=duty.strip(), standing=standing)
    if changed:
        row.save(update_fields=changed)
    if row.member is not None:
        change_member(
            by=by,
            member=row.member,
            duty=row.duty,
            rank=row.member.rank,
            party_member=bool(standing),
            probationary=standing == Standing.PROBATIONARY,
            wish=row.member.wish,
        )
    return row


def _locked(secondment: Secondment) -> Secondment:
    rows = Secondment.objects.select_for_update(of=("self",)).select_related("member", "unit")
    found = rows.filter(id=secondment.id).first()
    if found is None:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    return found


@action
def end_secondment(
    *, by: Actor, secondment: Secondment, on: dt.date | None = None
) -> TemporaryUnit:
    """Somebody goes home before the unit is dissolved; of one that is drawn up he is taken out.

    Raises Conflict when he has gone already or the proposal is being decided.
    """
    by.require(EDIT, secondment.place_code)
    unit = _held(secondment.unit_id)
    row = _locked(secondment)
    if row.member is not None:
        end_membership(by=by, member=row.member, on=on)
        row.office = ""
        row.save(update_fields=["office"])
        return unit
    if unit.state not in units.OPEN:
        raise Conflict(_("It is “%(state)s” meanwhile.") % {"state": unit.get_state_display()})
    forget(by, row)
    row.delete()
    return unit


@action
def name_officers(*, by: Actor, unit: TemporaryUnit, offices: Mapping[UUID, str]) -> TemporaryUnit:
    """Say who holds which office ("" none), by secondment; the others keep theirs.

    In a unit that is drawn up whoever draws it up says so, in a founded one the superior. Raises
    Invalid: the actor is not the superior, or the rules have something against it; Conflict: the
    proposal is being decided.
    """
    row = TemporaryUnit.objects.select_for_update(of=("self",)).get(id=unit.id)
    if row.state == UnitState.FOUNDED:
        _require_superior(by, row)
    else:
        by.require(EDIT, row.place_code)
        if row.state not in units.OPEN:
            raise Conflict(_("It is “%(state)s” meanwhile.") % {"state": row.get_state_display()})
    people = units.people_of(row)
    changed = []
    for one in people:
        office = _office(row, offices.get(one.id, one.office))
        if office != one.office:
            one.office = office
            changed.append(one)
    problems = units.problems(row, people)
    of_offices = [one for one in problems if one.field == "office"]
    # Of one that is drawn up the rest follows; it is judged when it is proposed.
    if of_offices and row.state == UnitState.FOUNDED:
        raise Invalid(*of_offices)
    for one in changed:
        one.save(update_fields=["office"])
    return row


def sent_home(by: Actor, home: Member, day: dt.date) -> None:
    """Who is no member at home any more serves nowhere for it. In the actor's area."""
    rows = Secondment.objects.filter(home=home, member__to_date=None).exclude(member=None)
    for row in rows.select_related("member").order_by("id"):
        if row.member is not None:
            leave(by, row.member, max(day, row.member.from_date))
    for row in Secondment.objects.filter(home=home, member=None, unit__state__in=units.OPEN):
        forget(by, row)
        row.delete()
