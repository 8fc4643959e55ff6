"""Pledges and claims: who is ready to go, who takes which line, until when that may be undone.

Order of locks: call, then lines by id (``mobilise_hold_lines``), then volunteers, then pledges by
id.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.models import User
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.core.actions.notify import Note, notify_many
from fangxian.mobilise.actions.calling import ANSWER, CALL, officers_of
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.actions.volunteers import KEEP, enlist_like
from fangxian.mobilise.calls.leaving import hold_calls, hold_lines
from fangxian.mobilise.calls.lending import lend, take_back
from fangxian.mobilise.calls.queries import HAS_LINE, placed_elsewhere, skills_there
from fangxian.mobilise.calls.rules import ANY_TIME, call_rules
from fangxian.mobilise.calls.serving import end_service
from fangxian.mobilise.line import lock_people
from fangxian.mobilise.models import Call, CallLine, Placement, Pledge, Volunteer
from fangxian.mobilise.models.call import MOST_WANTED
from fangxian.mobilise.queries import skills_of, volunteers_of
from fangxian.mobilise.seats import has_room
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region
from fangxian.regions.queries import at

# What the account of somebody is at a place where he was placed and is not at home.
LENT: Final = "volunteer"


@dataclass(frozen=True)
class Wishes:
    """Which lines somebody would like best, when he can, and from when to when."""

    lines: tuple[UUID, ...] = ()
    hours: str = ANY_TIME
    from_date: dt.date | None = None
    until: dt.date | None = None


@action
def pledge(*, by: Actor, call: Call, wishes: Wishes | None = None) -> Pledge:
    """Pledge oneself for a call; the pledge there is comes back.

    Raises Forbidden, Conflict (not open), Invalid (no volunteer there, not fit, wishes that are
    none).
    """
    by.require(TAKE)
    _open(call)
    return _pledge(by, call, [myself_for(by, call)], wishes or Wishes())[0]


@action
def pledge_members(
    *, by: Actor, call: Call, volunteers: Sequence[Volunteer], wishes: Wishes | None = None
) -> list[Pledge]:
    """Pledge volunteers of one's own unit. Raises OutOfScope (not one's own), as :func:`pledge`."""
    unit = own_unit(by)
    _open(call)
    _addressed(call, unit)
    if call.counts == Call.Counts.UNITS:
        raise Invalid(
            Problem(_("This call is for units."), mend=_("Pledge how many places it takes over."))
        )
    strangers = [one for one in volunteers if one.organisation_id != unit.id]
    if strangers:
        raise OutOfScope(str(strangers[0].id))
    return _pledge(by, call, volunteers, wishes or Wishes())


@action
def pledge_unit(*, by: Actor, call: Call, heads: int, wishes: Wishes | None = None) -> Pledge:
    """Pledge a number of heads of one's unit, or places that it takes over; again changes it.

    Raises Conflict (not open, placed already), Invalid.
    """
    unit = own_unit(by)
    _open(call)
    _addressed(call, unit)
    if not 1 <= heads <= MOST_WANTED:
        raise Invalid(
            Problem(_("A number from 1 to %(n)d is needed.") % {"n": MOST_WANTED}, field="heads")
        )
    values = _wished(call, wishes or Wishes())
    call = _still_open(call)
    rows = Pledge.objects.select_for_update(of=("self",)).filter(call=call, organisation=unit)
    known = rows.filter(volunteer=None).exclude(state=Pledge.State.WITHDRAWN).first()
    if known is None:
        return Pledge.objects.create(
            place_code=_place(by.area, call), call=call, organisation=unit, heads=heads,
            made_by=by.name, **values,
        )  # fmt: skip
    if Placement.objects.filter(pledge=known, state__in=HAS_LINE).exists():
        raise Conflict(_("Heads of the unit are placed already: ask who called."))
    known.heads = heads
    for name, value in values.items():
        setattr(known, name, value)
    known.save()
    return known


def own_unit(by: Actor) -> Organisation:
    """The unit that the actor answers for. Raises Forbidden, Invalid (none)."""
    by.require(ANSWER)
    standing = Organisation.objects.filter(dissolved_on=None)
    found = standing.filter(id=by.organisation_id).first() if by.organisation_id else None
    if found is None:
        raise Invalid(
            Problem(
                _("Your account answers for no unit."),
                mend=_("Ask the security administrator to name the unit in your role."),
            )
        )
    return found


def myself_for(by: Actor, call: Call) -> Volunteer:
    """The volunteer that the actor is within the place of a call. Raises Invalid."""
    mine = [one for one in volunteers_of(by) if codes.contains(call.place_code, one.place_code)]
    if not mine:
        raise Invalid(
            Problem(
                _("You are not on the list of volunteers there."),
                mend=_("Ask the community to enlist you and to link your account to you."),
            )
        )
    units = set(call.units.values_list("organisation_id", flat=True))
    meant = [one for one in mine if call.open_to_all or one.organisation_id in units]
    if not meant or call.counts == Call.Counts.UNITS:
        raise Invalid(Problem(_("This call is for units.")))
    return meant[0]


def _open(call: Call) -> None:
    if call.state != Call.State.SENT or timezone.now() > call.cut_off:
        raise Conflict(_("The time for pledges is over."))


def _still_open(call: Call) -> Call:
    """The call as it is now, held to the end of the transaction. Raises Conflict (not open)."""
    hold_calls([call.id])
    found = Call.objects.get(id=call.id)
    _open(found)
    return found


def _addressed(call: Call, unit: Organisation) -> None:
    if not call.units.filter(organisation=unit).exists():
        raise OutOfScope(str(call.id))


def _place(area: str, call: Call) -> str:
    """The smaller of the two areas, of who pledges and of the call: both see what lies there."""
    return max(str(call.place_code), area, key=len)


def _wished(call: Call, wishes: Wishes) -> dict[str, Any]:
    """The columns of wishes. Raises Invalid."""
    rules = call_rules()
    lines = set(call.lines.values_list("id", flat=True))
    problems = []
    if set(wishes.lines) - lines:
        problems.append(Problem(_("A place is wished for that the call has not."), field="wishes"))
    if len(wishes.lines) > rules.most_wishes:
        problems.append(
            Problem(
                _("At most %(n)d places can be wished for.") % {"n": rules.most_wishes},
                field="wishes",
            )
        )
    if wishes.hours not in rules.hours:
        problems.append(Problem(_("Choose one of the list."), field="hours", code="unknown_code"))
    first, last = wishes.from_date or call.starts_on, wishes.until or call.ends_on
    if not call.starts_on <= first <= last <= call.ends_on:
        problems.append(
            Problem(
                _("The days must lie within those of the call."),
                field="until",
                mend=_("Leave both empty for all of them."),
            )
        )
    if problems:
        raise Invalid(*problems)
    return {
        "wishes": [str(one) for one in dict.fromkeys(wishes.lines)],
        "hours": wishes.hours,
        "from_date": first,
        "until": last,
    }


def _pledge(by: Actor, call: Call, volunteers: Sequence[Volunteer], wishes: Wishes) -> list[Pledge]:
    values = _wished(call, wishes)
    call = _still_open(call)
    people = lock_people([one.id for one in volunteers])
    names = {one.id: one.name for one in volunteers}
    problems = []
    made = []
    for row, one in enumerate(volunteers, start=1):
        held = people.get(one.id)
        if held is None:
            raise OutOfScope(str(one.id))
        if held.to_date is not None or not codes.contains(call.place_code, held.place_code):
            problems.append(
                Problem(_("%(name)s does not serve there.") % {"name": names[one.id]}, row=row)
            )
        elif held.fit is False:
            problems.append(
                Problem(
                    _("%(name)s is recorded as not fit for duty.") % {"name": names[one.id]},
                    row=row,
                    mend=_("Correct the record of the volunteer if that has changed."),
                    code="unfit",
                )
            )
    if problems:
        raise Invalid(*problems)
    standing = Pledge.objects.filter(call=call).exclude(state=Pledge.State.WITHDRAWN)
    # One human pledges once, at however many places he serves.
    known = {
        one.volunteer.person_id: one
        for one in standing.filter(
            volunteer__person_id__in=[one.person_id for one in people.values()]
        ).select_related("volunteer")
        if one.volunteer is not None
    }
    for one in volunteers:
        before = known.get(one.person_id)
        if before is None:
            before = Pledge.objects.create(
                place_code=_place(people[one.id].place_code, call), call=call, volunteer=one,
                organisation_id=one.organisation_id, made_by=by.name, **values,
            )  # fmt: skip
            known[one.person_id] = before
        made.append(before)
    return made


@action
def change_wishes(*, by: Actor, pledge: Pledge, wishes: Wishes) -> Pledge:
    """Change what somebody wishes for, while nobody has placed him. Raises Conflict, Invalid."""
    found = held_pledge(by, pledge)
    _open(found.call)
    if found.state != Pledge.State.PLEDGED:
        raise Conflict(_("It was settled meanwhile: open the page again."))
    for name, value in _wished(found.call, wishes).items():
        setattr(found, name, value)
    found.save()
    return found


def held_pledge(by: Actor, pledge: Pledge) -> Pledge:
    """One's own pledge, or one of one's unit, locked. Raises OutOfScope, Conflict (withdrawn)."""
    rows = Pledge.objects.select_for_update(of=("self",))
    found = rows.select_related("call", "volunteer").filter(id=pledge.id).first()
    if found is None or not may_speak_for(by, found):
        raise OutOfScope(str(pledge.id))
    if found.state == Pledge.State.WITHDRAWN:
        raise Conflict(_("It was withdrawn already."))
    return found


def may_speak_for(by: Actor, pledge: Pledge) -> bool:
    """Whether a pledge is the actor's own, or one of the unit that he answers for."""
    whose = pledge.volunteer
    if whose is not None and by.person_id is not None and whose.person_id == by.person_id:
        return by.may(TAKE)
    return (
        by.may(ANSWER)
        and by.organisation_id is not None
        and pledge.organisation_id == by.organisation_id
    )


@action
def withdraw_pledge(*, by: Actor, pledge: Pledge) -> Pledge:
    """Take a pledge back until the cut-off, with what it has claimed that nobody confirmed yet.

    Raises OutOfScope, Conflict (too late, placed).
    """
    hold_lines(Placement.objects.filter(pledge=pledge).values_list("line_id", flat=True))
    found = held_pledge(by, pledge)
    if timezone.now() > found.call.cut_off:
        raise Conflict(_("It is too late to withdraw: ask who called."))
    rows = Placement.objects.filter(pledge=found, state__in=HAS_LINE)
    if rows.filter(state=Placement.State.CONFIRMED).exists():
        raise Conflict(_("A place is confirmed already: ask who called."))
    now = timezone.now()
    rows.update(state=Placement.State.GIVEN_UP, decided_at=now, decided_by=by.name)
    found.state, found.ended_at = Pledge.State.WITHDRAWN, now
    found.save(update_fields=["state", "ended_at"])
    return found


@action
def claim(*, by: Actor, line: CallLine, heads: int = 1, as_unit: bool = False) -> Placement:
    """Claim a key post oneself, or so many heads of it for one's unit; who called confirms it.

    It counts at once: nobody else has these heads meanwhile. Raises Conflict (taken, not open),
    Invalid (a skill is lacking), OutOfScope.
    """
    by.require(ANSWER if as_unit else TAKE)
    hold_lines([line.id])
    found = CallLine.objects.select_related("call").filter(id=line.id).first()
    if found is None:
        raise OutOfScope(str(line.id))
    _open(found.call)
    if not found.key:
        raise Conflict(_("This line is filled from the pledges: pledge for the call."))
    own = _own_pledge(by, found.call, heads, as_unit=as_unit)
    has = Placement.objects.filter(pledge=own, state__in=HAS_LINE)
    known = has.filter(line=found).first()
    if known is not None:
        return known
    if found.heads - found.placed < heads:
        raise Conflict(_("Somebody else has claimed it already."))
    used = sum(has.values_list("heads", flat=True))
    if used + heads > own.heads:
        raise Conflict(_("What was pledged is placed already: pledge more, or give that up."))
    if own.volunteer is not None:
        able(found, own.volunteer)
        if placed_elsewhere(Pledge.objects.filter(id=own.id)).exists():
            raise Conflict(_("You have a place of another call on these days."))
    made = Placement.objects.create(
        place_code=own.place_code, pledge=own, line=found, heads=heads,
        source=Placement.Source.CLAIM, state=Placement.State.ASKED,
    )  # fmt: skip
    settle_pledge(own)
    return made


def _own_pledge(by: Actor, call: Call, heads: int, *, as_unit: bool) -> Pledge:
    """The pledge that a claim belongs to; made where there is none."""
    if not as_unit:
        one = _pledge(by, call, [myself_for(by, call)], Wishes())[0]
    else:
        unit = own_unit(by)
        _addressed(call, unit)
        rows = Pledge.objects.filter(call=call, organisation=unit, volunteer=None)
        known = rows.exclude(state=Pledge.State.WITHDRAWN).first()
        one = known or pledge_unit(by=by, call=call, heads=heads)
    rows = Pledge.objects.select_for_update(of=("self",)).select_related("volunteer")
    return rows.get(id=one.id)


def able(line: CallLine, volunteer: Volunteer) -> None:
    """Whether the heads that ask for a skill can still be found. Raises Invalid."""
    if not line.skills:
        return
    has = skills_of([volunteer.id], line.call.ends_on)[volunteer.id]
    if not has_room(line.heads, line.skills, skills_there([line.id])[line.id], has):
        raise Invalid(
            Problem(
                _("It asks for a skill that you are not recorded with."),
                mend=_("Ask the community to record the skill with its certificate."),
                code="skill",
            )
        )


def settle_pledge(pledge: Pledge) -> None:
    """A pledge is placed once all its heads are."""
    rows = Placement.objects.filter(pledge=pledge, state__in=HAS_LINE)
    used = sum(rows.values_list("heads", flat=True))
    state = Pledge.State.PLACED if used >= pledge.heads else Pledge.State.PLEDGED
    if pledge.state != state:
        pledge.state = state
        pledge.save(update_fields=["state"])


@action
def decide_claim(*, by: Actor, placement: Placement, confirm: bool) -> Placement:
    """Confirm a claim, or decline it; who claimed is told.

    Confirmed, a volunteer serves at the place. Raises OutOfScope, Forbidden, Conflict.
    """
    found = _held_placement(by, placement, Placement.State.ASKED)
    found.state = Placement.State.CONFIRMED if confirm else Placement.State.DECLINED
    found.decided_by, found.decided_at = by.name, timezone.now()
    if confirm:
        serve(by, [found])
    found.save()
    settle_pledge(found.pledge)
    tell(by, [found], "mobilise.claim_confirmed" if confirm else "mobilise.claim_declined")
    return found


@action
def release(*, by: Actor, placement: Placement) -> Placement:
    """Take a confirmed place back, as who called: the pledge stands again, and it is told.

    Whom the place had enlisted there is let go, unless he has shifts to come.

    Raises OutOfScope, Forbidden, Conflict.
    """
    found = _held_placement(by, placement, Placement.State.CONFIRMED)
    found.state, found.decided_by = Placement.State.GIVEN_UP, by.name
    found.decided_at = timezone.now()
    found.save()
    take_back(by, [found])
    settle_pledge(found.pledge)
    end_service([found])
    tell(by, [found], "mobilise.released")
    return found


def _held_placement(by: Actor, placement: Placement, state: str) -> Placement:
    hold_lines([placement.line_id])
    rows = Placement.objects.select_for_update(of=("self",))
    rows = rows.select_related("line__place", "line__call", "pledge__volunteer")
    found = rows.filter(id=placement.id).first()
    if found is None:
        raise OutOfScope(str(placement.id))
    by.require(CALL, found.line.place_code)
    if found.state != state:
        raise Conflict(_("It was settled meanwhile: open the page again."))
    return found


def serve(by: Actor, placements: Sequence[Placement]) -> None:
    """Volunteers who were placed serve at the place from now on: who does not yet is enlisted.

    Their accounts act there until the call ends. ``enlisted``, ``brought`` and ``lent`` are left
    to the caller to save. All are of one call. Raises Conflict (discharged, not fit).
    """
    by.require(KEEP)
    places: dict[str, Region] = {}
    elsewhere: dict[UUID, tuple[Placement, Region]] = {}
    for one in placements:
        who = one.pledge.volunteer
        if who is None:
            continue
        if who.to_date is not None:
            raise Conflict(_("%(name)s does not serve there.") % {"name": who.name})
        if who.fit is False:
            raise Conflict(
                _("%(name)s is recorded as not fit for duty.") % {"name": who.name},
            )
        home = one.line.place.code[: int(codes.Level.VILLAGE)]
        if codes.contains(who.place_code, home):
            one.enlisted = who
            continue
        if home not in places:
            places[home] = at(home, by=by)
        elsewhere[who.person_id] = one, places[home]
    there = {
        (known.person_id, known.place_code): known
        for known in Volunteer.objects.filter(person_id__in=list(elsewhere), to_date=None)
    }
    brought = set(
        Placement.objects.filter(
            enlisted__in=[known.id for known in there.values()], brought=True
        ).values_list("enlisted_id", flat=True)
    )
    for person, (one, place) in elsewhere.items():
        who = one.pledge.volunteer
        assert who is not None
        known = there.get((person, place.code))
        if known is None:
            one.enlisted, one.brought = enlist_like(by=by, place=place, who=who), True
        else:
            one.enlisted, one.brought = known, known.id in brought
    lend(by, placements, {person: place for person, (_one, place) in elsewhere.items()})


def tell(by: Actor, placements: Sequence[Placement], template: str) -> None:
    """Tell those who were placed, and the officers of their units. Two queries, two inserts."""
    people: dict[Any, Placement] = {}
    units: dict[Any, Placement] = {}
    for one in placements:
        if one.pledge.volunteer is not None:
            people[one.pledge.volunteer.person_id] = one
        elif one.pledge.organisation_id is not None:
            units[one.pledge.organisation_id] = one
    users = User.objects.filter(person_id__in=list(people), is_active=True)
    notes = [
        Note(user, template, _said(people[person]))
        for user, person in users.values_list("id", "person_id")
    ]
    for unit, one in units.items():
        notes += [Note(user, template, _said(one)) for user in officers_of(one.line.call, [unit])]
    notify_many(by=by, notes=notes)


def _said(one: Placement) -> dict[str, Any]:
    return {"title": one.line.call.title, "line": str(one.line)}
