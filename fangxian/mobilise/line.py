"""The line of a shift: who has a place, who waits, who moves up. Actions build on it.

Order of locks, everywhere: the shift (several by id), then all volunteers concerned by id, in one
statement. Whoever holds the shift decides about its places; nobody is in two places at once because
the volunteer is held as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connections
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts.models import User
from fangxian.accounts.queries import nearest_with
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.core.actions.notify import Note, notify_many
from fangxian.mobilise import seats
from fangxian.mobilise.load import overlaps, passed
from fangxian.mobilise.models import Shift, Turn, Volunteer
from fangxian.mobilise.queries import away, local, skills_of, stretches_of
from fangxian.mobilise.rules import post_rules

HELD: Final = (Turn.State.PLACED, Turn.State.WAITING)


@dataclass(frozen=True)
class Override:
    """The wish that a limit be passed, and why. A second person has to allow it."""

    reason: str


def locked(by: Actor, shift_id: UUID, right: str, *, after: dt.timedelta = dt.timedelta()) -> Shift:
    """The shift, locked, that ``by`` may change, until so long ``after`` its end.

    Raises OutOfScope, Forbidden, Conflict.
    """
    found = Shift.objects.select_for_update().filter(id=shift_id).first()
    if found is None:
        raise OutOfScope(str(shift_id))
    by.require(right, found.place_code)
    if found.cancelled_at is not None:
        raise Conflict(_("The shift was cancelled."))
    if found.ends_at + after <= timezone.now():
        raise Conflict(_("The shift is over."))
    return found


def held(
    by: Actor, turn_id: UUID, right: str, *, after: dt.timedelta = dt.timedelta()
) -> tuple[Turn, Shift]:
    """A turn that has a place or waits, with its shift, both locked. Raises as :func:`locked`."""
    shift_id = Turn.objects.filter(id=turn_id).values_list("shift_id", flat=True).first()
    if shift_id is None:
        raise OutOfScope(str(turn_id))
    shift = locked(by, shift_id, right, after=after)
    turns = Turn.objects.select_for_update(of=("self",)).select_related("volunteer")
    found = turns.get(id=turn_id)
    if found.state not in HELD:
        raise Conflict(_("That was given back already."))
    return found, shift


def lock_people(volunteers: Collection[UUID], *, using: str = "default") -> dict[UUID, Volunteer]:
    """Hold volunteers to the end of the transaction, all that it is about at once; those in scope.

    The human is held as well: he may serve at several places, and is on one shift at a time.
    """
    every = Volunteer.objects.using(using).select_for_update(of=("self",))
    rows = every.filter(id__in=volunteers)
    # Names of others are nobody's business here: who reads one is noted as having read of him.
    found = {one.id: one for one in rows.defer("name").order_by("id")}
    people = sorted({str(one.person_id) for one in found.values()})
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('mobilise ' || p, 0))"
            " FROM unnest(%s::text[]) p",
            [people],
        )
    return found


def enter(
    by: Actor,
    shift: Shift,
    volunteer: Volunteer,
    source: str,
    override: Override | None = None,
    for_turn: Turn | None = None,
    tell: str = "",
) -> Turn:
    """Give somebody a place of a locked shift, or one in the line; the turn there is comes back.

    Past a limit he waits with the ``override`` until a second person allows it (:func:`let_pass`).
    With ``tell`` he is told by that message that he has a place.

    Raises OutOfScope (not seen here), Invalid (not fit, past a limit without an ``override``),
    Conflict (on duty elsewhere, discharged).
    """
    one = lock_people([volunteer.id]).get(volunteer.id)
    if one is None:
        raise OutOfScope(str(volunteer.id))
    # One human is on a shift once, whichever of his records it is by.
    known = Turn.objects.filter(
        shift=shift, volunteer__person=one.person_id, state__in=HELD
    ).first()
    if known is not None:
        return known
    if not codes.contains(one.place_code, shift.place_code):
        raise Invalid(
            Problem(
                _("%(name)s does not serve there.") % {"name": volunteer.name},
                mend=_("Enlist the volunteer there first."),
                code="elsewhere",
            )
        )
    over = _refuse(shift, one)
    if over and override is None:
        raise Invalid(*map(limit, over))
    last = Turn.objects.filter(shift=shift).aggregate(n=Max("number"))["n"] or 0
    emergency = shift.post.emergency
    turn = Turn(
        place_code=shift.place_code,
        emergency=emergency if emergency and emergency.ended_on is None else None,
        shift=shift,
        volunteer=one,
        number=last + 1,
        state=Turn.State.PLACED if not over and _fits(shift, one.id) else Turn.State.WAITING,
        source=source,
        asked_at=timezone.now(),
        for_turn=for_turn,
    )
    if over and override is not None:
        turn.asked_by, turn.allowed_for = by.name, override.reason.strip()
    turn.save(force_insert=True)
    if tell and turn.state == Turn.State.PLACED:
        told(by, shift, [one], tell)
    return turn


def let_pass(by: Actor, shift: Shift, turn: Turn) -> None:
    """Let a turn of a locked shift pass its limits, as a second person; it gets a free place.

    Raises Conflict (nobody asked; whoever asked, or who is to serve; discharged), Invalid.
    """
    one = lock_people([turn.volunteer_id]).get(turn.volunteer_id)
    if one is None:
        raise OutOfScope(str(turn.volunteer_id))
    if not turn.asks:
        raise Conflict(_("Nobody asked that a limit be passed there, or it is settled."))
    # A human has one account at most.
    if by.name == turn.asked_by or by.person_id == one.person_id:
        raise Conflict(
            _("A second person has to allow it: neither who asked, nor who is to serve.")
        )
    turn.allowed, turn.allowed_by = _refuse(shift, one), by.name
    if _fits(shift, one.id):
        turn.state = Turn.State.PLACED
    turn.save(update_fields=["allowed", "allowed_by", "state"])


def _fits(shift: Shift, one: UUID) -> bool:
    turns = Turn.objects.filter(shift=shift, state=Turn.State.PLACED)
    on = list(turns.values_list("volunteer_id", flat=True))
    if len(on) >= shift.heads:
        return False
    skills = skills_of([*on, one], shift.day)
    return seats.has_room(shift.heads, shift.skills, [skills[who] for who in on], skills[one])


_SAID: Final = {
    "shift_hours": gettext_lazy("It lasts longer than %(limit)g hours."),
    "rest_hours": gettext_lazy("Less than %(limit)g hours of rest would lie beside it."),
    "week_hours": gettext_lazy("It would make more than %(limit)g hours in seven days."),
    "days_in_row": gettext_lazy("It would make more than %(limit)g days in a row."),
    "nights_in_row": gettext_lazy("It would make more than %(limit)g nights in a row."),
    "rest_days": gettext_lazy("Less than %(limit)g days of rest in %(within)d would be left."),
}


def _refuse(shift: Shift, volunteer: Volunteer) -> list[str]:
    """The limits that it would pass, which somebody else may allow. Raises what nobody may."""
    if volunteer.to_date is not None:
        raise Conflict(_("This volunteer was discharged already."))
    if volunteer.fit is False:
        raise Invalid(
            Problem(
                _("%(name)s is recorded as not fit for duty.") % {"name": volunteer.name},
                mend=_("Correct the record of the volunteer if that has changed."),
                code="unfit",
            )
        )
    rules = post_rules()
    new = local(shift.starts_at, shift.ends_at, rules)
    has = stretches_of([volunteer], shift.starts_at, rules)[volunteer.id]
    if overlaps(new, has):
        raise Conflict(_("%(name)s is on another shift then.") % {"name": volunteer.name})
    day = new.starts_at.date()
    if any(one.holds_on(day) for one in away([volunteer.person_id], day, day)[volunteer.person_id]):
        raise Conflict(
            _("%(name)s is away with an aid batch, or in quarantine after it.")
            % {"name": volunteer.name}
        )
    return passed(new, has, rules.limits)


def limit(code: str) -> Problem:
    """What is said of a limit that would be passed."""
    limits = post_rules().limits
    return Problem(
        _SAID[code] % {"limit": getattr(limits, code), "within": limits.rest_within},
        mend=_("Give a reason: somebody else who plans shifts may then allow it."),
        code=code,
    )


def end(turn: Turn, state: str) -> None:
    """Let a turn end as ``state``. Raises Conflict where he has come already: he checks out."""
    if turn.came_at is not None:
        raise Conflict(_("%(name)s has come already.") % {"name": turn.volunteer.name})
    turn.state, turn.ended_at = state, timezone.now()
    turn.save(update_fields=["state", "ended_at"])


def move_up(by: Actor, shift: Shift) -> list[Turn]:
    """Give free places of a locked shift to those who wait, in their order, where they fit.

    Not after the cut-off: nobody who counts with a free day is put on duty without being asked.
    """
    if timezone.now() > shift.cut_off:
        return []
    turns = Turn.objects.filter(shift=shift, state=Turn.State.WAITING).order_by("number")
    waiting = list(turns)
    if not waiting:
        return []
    people = lock_people([turn.volunteer_id for turn in waiting])
    moved = []
    for turn in waiting:
        one = people.get(turn.volunteer_id)
        if one is None or not has_place(shift, one, turn.allowed):
            continue
        turn.state = Turn.State.PLACED
        turn.save(update_fields=["state"])
        moved.append(turn)
    told(by, shift, [people[turn.volunteer_id] for turn in moved], "mobilise.moved_up")
    return moved


def has_place(shift: Shift, one: Volunteer, allowed: Collection[str]) -> bool:
    """Whether a locked shift has a free place that somebody may take, past the limits ``allowed``.

    He is held as well.
    """
    try:
        return set(_refuse(shift, one)) <= set(allowed) and _fits(shift, one.id)
    except (Conflict, Invalid):
        return False


def told(
    by: Actor, shift: Shift, volunteers: Sequence[Volunteer], template: str, **more: str
) -> None:
    """Tell those of the volunteers who have accounts. One query, and two for all messages."""
    people = {one.person_id for one in volunteers}
    if people:
        users = User.objects.filter(person_id__in=people, is_active=True)
        _tell(by, shift, users.values_list("id", flat=True), template, **more)


def tell_staff(
    by: Actor,
    right: str,
    shift: Shift,
    template: str,
    besides: UUID | None = None,
    **more: str,
) -> None:
    """Tell who has the right nearest to a shift's place, other than ``besides``."""
    _tell(by, shift, nearest_with(right, shift.place_code, besides), template, **more)


def _tell(by: Actor, shift: Shift, users: Iterable[UUID], template: str, **more: str) -> None:
    context = {
        "post": shift.post.name,
        "shift": shift.name,
        "day": timezone.localtime(shift.starts_at).date().isoformat(),
        **more,
    }
    url = reverse("mobilise:shift", args=[shift.id])
    notify_many(by=by, notes=[Note(one, template, context, url) for one in users])
