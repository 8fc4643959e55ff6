"""Calls: drawn up with lines and units, sent after a second look, echelon by echelon; ended."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.models import Grant, User
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.core import emergencies
from fangxian.core.actions import close_tasks
from fangxian.core.actions.notify import Note, notify_many
from fangxian.core.models import Emergency
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.models import Call, CallLine, CallUnit, Placement, Pledge, Volunteer
from fangxian.mobilise.models.call import MOST_WANTED
from fangxian.mobilise.models.volunteer import ECHELONS
from fangxian.mobilise.queries import inside
from fangxian.mobilise.rules import post_rules
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

CALL: Final = "mobilise.calls"
ANSWER: Final = "mobilise.answer"
NEXT: Final = "mobilise.next_echelon"
MOST_LINES: Final = 200
MOST_UNITS: Final = 500


@dataclass(frozen=True)
class NewLine:
    """What is wanted at a place; ``skills`` is code → heads, ``key`` whether it may be claimed."""

    place: Region
    heads: int
    name: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    key: bool = False


@dataclass(frozen=True)
class Sending:
    """A unit that is called: with those below it, and how many heads are asked of it."""

    organisation: Organisation
    below: bool = False
    quota: int | None = None


@dataclass(frozen=True)
class NewCall:
    """What a call says."""

    title: str
    kind: str
    starts_on: dt.date
    ends_on: dt.date
    cut_off: dt.datetime
    text: str = ""
    hours: str = ""
    counts: str = Call.Counts.PEOPLE
    open_to_all: bool = True
    emergency: Emergency | None = None


@action
def draft_call(
    *,
    by: Actor,
    place: Region,
    call: NewCall,
    lines: Sequence[NewLine],
    units: Sequence[Sending] = (),
) -> Call:
    """Draw a call of a place up. Raises Invalid, naming row and field."""
    by.require(CALL, place.code)
    row = Call(place_code=place.code, made_by=by.name, **vars(call))
    emergencies.check(place.code, call.emergency.id if call.emergency else None)
    _refuse(row, lines, units)
    row.save(force_insert=True)
    _set(row, lines, units)
    return row


@action
def change_call(
    *,
    by: Actor,
    call: Call,
    told: NewCall,
    lines: Sequence[NewLine],
    units: Sequence[Sending] = (),
    seen: str = "",
) -> Call:
    """Change a call that was not sent yet; ``seen`` is what it said when that began.

    Raises Conflict (sent, changed since it was ``seen``), Invalid.
    """
    found = held_call(by, call, Call.State.DRAFT)
    if seen and digest_of(found) != seen:
        raise Conflict(
            _("Somebody else has changed the call meanwhile. Save again to replace that.")
        )
    changed = update_fields(found, **vars(told))
    emergencies.check(found.place_code, told.emergency.id if told.emergency else None)
    _refuse(found, lines, units)
    if changed:
        found.save(update_fields=changed)
    CallLine.objects.filter(call=found).delete()
    CallUnit.objects.filter(call=found).delete()
    _set(found, lines, units)
    return found


def held_call(by: Actor, call: Call, *states: str) -> Call:
    """The call, locked, in one of the states. Raises OutOfScope, Forbidden, Conflict."""
    by.require(CALL, call.place_code)
    found = Call.objects.select_for_update().filter(id=call.id).first()
    if found is None:
        raise OutOfScope(str(call.id))
    if found.state not in states:
        raise Conflict(
            _("The call is %(state)s now: open its page again.")
            % {"state": found.get_state_display()}
        )
    return found


def _refuse(call: Call, lines: Sequence[NewLine], units: Sequence[Sending]) -> None:
    problems = [*_odd(call), *_odd_lines(call, lines), *_odd_units(call, units)]
    if not units and (not call.open_to_all or call.counts == Call.Counts.UNITS):
        problems.append(
            Problem(
                _("Nobody is called."),
                field="units",
                mend=_("Name the units, or call all volunteers of the place."),
            )
        )
    if problems:
        raise Invalid(*problems)


def _odd(call: Call) -> Iterator[Problem]:
    if not call.title.strip():
        yield Problem(_("Give the call a title."), field="title")
    if call.kind not in post_rules().kinds:
        yield Problem(
            _("“%(code)s” is no kind of post.") % {"code": call.kind},
            field="kind",
            mend=_("Choose one of the list."),
            code="unknown_code",
        )
    if call.ends_on < call.starts_on:
        yield Problem(_("It ends before it begins."), field="ends_on")
    if call.ends_on < timezone.localdate():
        yield Problem(
            _("It is over already."), field="ends_on", mend=_("Name a day that is to come.")
        )


def _odd_lines(call: Call, lines: Sequence[NewLine]) -> Iterator[Problem]:
    skills = post_rules().skills
    if not lines:
        yield Problem(_("Say for which places people are wanted."), field="lines")
    if len(lines) > MOST_LINES:
        yield Problem(
            _("A call has at most %(n)d lines.") % {"n": MOST_LINES},
            field="lines",
            mend=_("Make two calls of it."),
        )
    for row, one in enumerate(lines, start=1):

        def said(message: str, mend: str = "", row: int = row) -> Problem:
            return Problem(message, field="lines", row=row, mend=mend)

        if not codes.contains(call.place_code, one.place.code):
            yield said(
                _("“%(place)s” lies outside the place of the call.") % {"place": one.place.name}
            )
        if one.place.code == "" or one.place.level > int(codes.Level.BUILDING):
            yield said(_("Name a building or a place above it."))
        if not 1 <= one.heads <= MOST_WANTED:
            yield said(_("A line wants between 1 and %(n)d.") % {"n": MOST_WANTED})
        for code, n in one.skills.items():
            if code not in skills:
                yield said(_("“%(code)s” is no skill.") % {"code": code})
            elif n < 1:
                yield said(_("Say how many need the skill: one at least."))
        if sum(one.skills.values()) > one.heads:
            yield said(_("More people with a skill are wanted than people at all."))
        if one.skills and call.counts == Call.Counts.UNITS:
            yield said(
                _("Units take places over: skills are asked of people."),
                _("Empty the skills, or count people."),
            )


def _odd_units(call: Call, units: Sequence[Sending]) -> Iterator[Problem]:
    seen = set()
    for row, one in enumerate(units, start=1):

        def said(message: str, mend: str = "", row: int = row) -> Problem:
            return Problem(message, field="units", row=row, mend=mend)

        name, seat = one.organisation.name, one.organisation.seat.code
        if one.organisation.id in seen:
            yield said(_("“%(name)s” stands here twice.") % {"name": name})
        seen.add(one.organisation.id)
        if one.organisation.dissolved_on is not None:
            yield said(_("“%(name)s” is dissolved.") % {"name": name})
        here = call.place_code
        if not (codes.contains(here, seat) or codes.contains(seat, here)):
            yield said(
                _("“%(name)s” has its seat elsewhere: it would not see the call.") % {"name": name},
                _("Ask the place above both to send the call."),
            )
        if one.quota is not None and not 1 <= one.quota <= MOST_WANTED:
            yield said(_("A unit is asked for between 1 and %(n)d.") % {"n": MOST_WANTED})
    if len(units) > MOST_UNITS:
        yield Problem(
            _("A call names at most %(n)d units.") % {"n": MOST_UNITS},
            field="units",
            mend=_("Name a unit above them, with all units below it."),
        )


def _set(call: Call, lines: Sequence[NewLine], units: Sequence[Sending]) -> None:
    CallLine.objects.bulk_create(
        CallLine(
            place_code=call.place_code,
            call=call,
            number=number,
            place=one.place,
            name=one.name.strip(),
            heads=one.heads,
            skills=dict(one.skills),
            key=one.key,
        )
        for number, one in enumerate(lines, start=1)
    )
    CallUnit.objects.bulk_create(
        CallUnit(place_code=call.place_code, call=call, **vars(one)) for one in units
    )


def digest_of(call: Call) -> str:
    """What a call says, with its lines and units, as one text: what a second look has seen."""
    said: Any = [
        {name: str(getattr(call, name)) for name in (*_SAID, "place_code")},
        [
            [str(one.place_id), one.name, one.heads, sorted(one.skills.items()), one.key]
            for one in call.lines.order_by("number")
        ],
        sorted([str(one.organisation_id), one.below, one.quota or 0] for one in call.units.all()),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


_SAID: Final = tuple(one.name for one in fields(NewCall))


def concerned(call: Call) -> dict[Any, int | None]:
    """The units that a call goes to, those below them too: id → the heads asked of it."""
    given = {one.organisation_id: one for one in call.units.all()}
    found: dict[Any, int | None] = {key: one.quota for key, one in given.items()}
    level = [key for key, one in given.items() if one.below]
    while level:
        children = Organisation.objects.filter(parent__in=level, dissolved_on=None)
        level = [key for key in children.values_list("id", flat=True) if key not in found]
        found |= dict.fromkeys(level)
    return found


@action
def send_call(*, by: Actor, call: Call, seen: str) -> Call:
    """Send a call as it was ``seen`` (:func:`digest_of`): officers and volunteers are told.

    Raises Conflict (sent already, changed since it was looked at), Invalid (the time is over).
    """
    found = held_call(by, call, Call.State.DRAFT)
    if digest_of(found) != seen:
        raise Conflict(_("The call was changed meanwhile: look at it again, then send it."))
    now = timezone.now()
    if found.cut_off <= now:
        raise Invalid(
            Problem(
                _("The time for pledges is over already."),
                field="cut_off",
                mend=_("Change the call and name a later time."),
            )
        )
    known = {one.organisation_id for one in found.units.all()}
    CallUnit.objects.bulk_create(
        CallUnit(place_code=found.place_code, call=found, organisation_id=key)
        for key in concerned(found)
        if key not in known
    )
    found.state, found.sent_at, found.sent_by = Call.State.SENT, now, by.name
    found.echelon = 1
    found.answer_by = min(now + call_rules().answer_within, found.cut_off)
    found.save(update_fields=["state", "sent_at", "sent_by", "echelon", "answer_by"])
    _tell(by, found, officers_of(found), "mobilise.called_unit")
    _tell(by, found, callees(found, 1), "mobilise.called")
    return found


@action
def call_next(*, by: Actor, call: Call) -> Call:
    """Call the next echelon, which is told. Raises Conflict (not sent, it was the last)."""
    found = held_call(by, call, Call.State.SENT)
    if found.echelon >= last_echelon(found):
        raise Conflict(_("There is no further echelon."))
    _no_task(by, found)
    found.echelon += 1
    found.answer_by = min(timezone.now() + call_rules().answer_within, found.cut_off)
    found.save(update_fields=["echelon", "answer_by"])
    _tell(by, found, callees(found, found.echelon), "mobilise.called")
    return found


@action
def close_call(*, by: Actor, call: Call) -> Call:
    """End the pledging; what is placed stays. Raises Conflict."""
    found = held_call(by, call, Call.State.SENT)
    found.state, found.ended_at = Call.State.CLOSED, timezone.now()
    found.save(update_fields=["state", "ended_at"])
    _no_task(by, found)
    return found


@action
def withdraw_call(*, by: Actor, call: Call, reason: str) -> Call:
    """Take a call back for a reason; whoever has pledged is told.

    Raises Conflict (ended, people are placed already), Invalid (no reason).
    """
    found = held_call(by, call, Call.State.DRAFT, Call.State.SENT)
    if not reason.strip():
        raise Invalid(Problem(_("Say why."), field="reason"))
    # Who claims a head holds its line: nobody comes in between.
    list(CallLine.objects.select_for_update().filter(call=found).order_by("id").values_list("id"))
    if Placement.objects.filter(line__call=found, state__in=["asked", "confirmed"]).exists():
        raise Conflict(_("People are placed already: close the call instead."))
    found.ended_for, found.ended_at = reason.strip(), timezone.now()
    found.state = Call.State.WITHDRAWN
    found.save(update_fields=["ended_for", "ended_at", "state"])
    _no_task(by, found)
    pledged = Pledge.objects.filter(call=found, state=Pledge.State.PLEDGED)
    people = pledged.filter(volunteer__isnull=False).values("volunteer__person_id")
    users = User.objects.filter(person_id__in=people, is_active=True).values_list("id", flat=True)
    _tell(by, found, [*users, *officers_of(found)], "mobilise.call_withdrawn")
    pledged.update(state=Pledge.State.WITHDRAWN, ended_at=timezone.now())
    return found


def task_key(call: Call) -> str:
    """The key of the task to call the echelon after the present one."""
    return f"{call.id} {call.echelon}"


def _no_task(by: Actor, call: Call) -> None:
    close_tasks(by=by, kind=NEXT, dedupe_keys=[task_key(call)], done_fact=NEXT)


def last_echelon(call: Call) -> int:
    """The last echelon in which somebody serves within the place of a call."""
    rows = inside(Volunteer.objects.filter(to_date=None), call.place_code)
    last = rows.order_by("-echelon").values_list("echelon", flat=True).first()
    return min(last or 1, ECHELONS)


def callees(call: Call, echelon: int) -> list[Any]:
    """Accounts of the volunteers of an echelon whom a call concerns. One query."""
    if call.counts == Call.Counts.UNITS:
        return []
    rows = inside(Volunteer.objects.filter(to_date=None, echelon=echelon), call.place_code)
    rows = rows.exclude(fit=False)
    if not call.open_to_all:
        rows = rows.filter(organisation__in=call.units.values("organisation_id"))
    users = User.objects.filter(person_id__in=rows.values("person_id"), is_active=True)
    return list(users.values_list("id", flat=True))


def officers_of(call: Call, organisations: Sequence[Any] = ()) -> list[Any]:
    """Accounts that answer for units of a call, or for those given. One query."""
    today = timezone.localdate()
    wanted: Any = organisations or call.units.values("organisation_id")
    grants = Grant.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today),
        organisation_id__in=wanted,
        role__rights__contains=[ANSWER],
        valid_from__lte=today,
        revoked_at=None,
        user__is_active=True,
    )
    return list(grants.values_list("user_id", flat=True).distinct())


def _tell(by: Actor, call: Call, users: Sequence[Any], template: str) -> None:
    context = {"title": call.title}
    notify_many(by=by, notes=[Note(user, template, context) for user in dict.fromkeys(users)])
