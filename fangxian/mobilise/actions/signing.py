"""Who is on a shift: people sign up and withdraw, staff put on, take off and replace."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.line import (
    Override,
    end,
    enter,
    held,
    let_pass,
    locked,
    move_up,
    tell_staff,
    told,
)
from fangxian.mobilise.models import Shift, Turn, Volunteer
from fangxian.mobilise.queries import volunteer_of
from fangxian.mobilise.rules import post_rules

TAKE: Final = "mobilise.take"


@action
def sign_up(*, by: Actor, shift: Shift) -> Turn:
    """Take a place on a shift oneself: ``placed``, or ``waiting`` when there is none.

    Asked again, the turn there is comes back. Raises OutOfScope, Forbidden, Conflict (over, past
    the cut-off, on duty elsewhere then), Invalid (no volunteer, not fit, past a limit).
    """
    found = locked(by, shift.id, TAKE)
    if timezone.now() > found.cut_off:
        raise Conflict(_("Sign-up for this shift is closed: ask who plans it."))
    return enter(by, found, myself(by, found.place_code), Turn.Source.TAP)


@action
def withdraw(*, by: Actor, turn: Turn) -> Turn:
    """Give one's own place back until the cut-off; whoever waits longest and fits moves up.

    Raises OutOfScope, Forbidden, Conflict (past the cut-off, no longer held).
    """
    found, shift = held(by, turn.id, TAKE)
    own(by, found)
    if found.state == Turn.State.PLACED and timezone.now() > shift.cut_off:
        raise Conflict(_("It is too late to withdraw: ask who plans the shift to replace you."))
    end(found, Turn.State.LEFT)
    move_up(by, shift)
    return found


@action
def move_line(*, by: Actor, shift: Shift) -> list[Turn]:
    """Let those who wait for a shift move up to its free places, whatever made them able to.

    Each change of a shift does so for its own line; here it is done where somebody was on another
    shift at that time and left it. Raises OutOfScope, Forbidden, Conflict (over).
    """
    return move_up(by, locked(by, shift.id, PLAN))


@action
def put_on(
    *,
    by: Actor,
    shift: Shift,
    volunteer: Volunteer,
    source: str = Turn.Source.STAFF,
    override: Override | None = None,
) -> Turn:
    """Put somebody on a shift, as who plans it. With an ``override`` he waits past a limit.

    Then others who plan there are told: one of them may :func:`allow`. Who was put on is told, but
    not by a chat list on which he wrote himself. Raises as :func:`sign_up`.
    """
    found = locked(by, shift.id, PLAN)
    tell = "mobilise.put_on" if source == Turn.Source.STAFF else ""
    turn = enter(by, found, volunteer, source, override, tell=tell)
    _ask_second(by, found, turn)
    return turn


def _ask_second(by: Actor, shift: Shift, turn: Turn) -> None:
    if turn.asks and by.name == turn.asked_by:
        tell_staff(by, PLAN, shift, "mobilise.limit_asked", besides=by.user_id)


@action
def allow(*, by: Actor, turn: Turn) -> Turn:
    """Let somebody pass the limits that stand in his way, as a second person.

    He gets a place that is free, and is told; else he waits on, with that word. Raises OutOfScope,
    Forbidden, Conflict (not asked for; asked for by ``by``, or about ``by``; the shift is over).
    """
    found, shift = held(by, turn.id, PLAN)
    let_pass(by, shift, found)
    if found.state == Turn.State.PLACED:
        told(by, shift, [found.volunteer], "mobilise.moved_up")
    return found


@action
def take_off(*, by: Actor, turn: Turn, absent: bool = False) -> Turn | None:
    """Take somebody off a shift, or record that he did not come; the next who waits moves up.

    That he did not come may be recorded some days after the shift too. Returns the turn of who
    moved up. Raises Conflict where he came already.
    """
    after = post_rules().record_within if absent else dt.timedelta()
    found, shift = held(by, turn.id, PLAN, after=after)
    if absent and timezone.now() < shift.starts_at:
        raise Conflict(_("The shift has not begun: take somebody off the roster instead."))
    end(found, Turn.State.ABSENT if absent else Turn.State.TAKEN_OFF)
    if not absent:
        told(by, shift, [found.volunteer], "mobilise.taken_off")
    moved = move_up(by, shift)
    return moved[0] if moved else None


@action
def replace(
    *, by: Actor, turn: Turn, volunteer: Volunteer, override: Override | None = None
) -> Turn:
    """Put somebody of the reserve, or who waits, in the place of who is absent or was taken off.

    Raises Conflict (nobody to replace, replaced already, no place that fits), Invalid.
    """
    before = Turn.objects.filter(id=turn.id).first()
    if before is None:
        raise OutOfScope(str(turn.id))
    shift = locked(by, before.shift_id, PLAN)
    if before.state not in (Turn.State.ABSENT, Turn.State.TAKEN_OFF, Turn.State.LEFT):
        raise Conflict(_("Nobody is missing there."))
    if before.successors.filter(state=Turn.State.PLACED).exists():
        raise Conflict(_("Somebody has that place already."))
    Turn.objects.filter(shift=shift, volunteer=volunteer, state=Turn.State.WAITING).update(
        state=Turn.State.LEFT, ended_at=timezone.now()
    )
    made = enter(by, shift, volunteer, Turn.Source.RESERVE, override, before, "mobilise.put_on")
    _ask_second(by, shift, made)
    if made.asks and made.for_turn_id == before.id:
        return made
    if made.state != Turn.State.PLACED or made.for_turn_id != before.id:
        raise Conflict(_("%(name)s does not fit there, or is on it.") % {"name": volunteer.name})
    return made


@action
def renew_links(*, by: Actor) -> None:
    """Make the secret links of one's calendar and badge worthless, and new ones in their place.

    Those of all records of the human, wherever he serves. Raises Forbidden, Invalid (he is none).
    """
    me = myself(by)
    by.require(TAKE, me.place_code)
    with connection.cursor() as cursor:
        cursor.execute("SELECT mobilise_renew_links(%s)", [me.person_id])


def own(by: Actor, turn: Turn) -> None:
    """Raise OutOfScope unless the turn is the actor's own, and Invalid where he has none at all."""
    if by.person_id is None or turn.volunteer.person_id != by.person_id:
        myself(by)
        raise OutOfScope(str(turn.id))


def myself(by: Actor, code: str | None = None) -> Volunteer:
    """The volunteer that the actor is, for a place or any of his area. Raises Invalid."""
    found = volunteer_of(by, code)
    if found is None:
        raise Invalid(
            Problem(
                _("You are not on the list of volunteers here."),
                mend=_("Ask the community to enlist you and to link your account to you."),
            )
        )
    return found
