"""Swaps between two people: one asks, the other agrees, and only then anything changes."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.mobilise.actions.signing import TAKE, myself
from fangxian.mobilise.line import end, enter, lock_people, locked, told
from fangxian.mobilise.models import Shift, Swap, Turn, Volunteer


@action
def ask_swap(*, by: Actor, turn: Turn, to: Volunteer, back: Turn | None = None) -> Swap:
    """Offer one's own turn to a colleague, for ``back``, a turn of his, or for nothing.

    Raises OutOfScope (not one's own, not his), Conflict (not on the roster, begun, asked already).
    """
    mine = _standing(turn.id)
    me = _own(by, mine.volunteer)
    by.require(TAKE, mine.place_code)
    if to.person_id == me.person_id:
        raise Invalid(Problem(_("Choose somebody else."), field="to"))
    if to.to_date is not None:
        raise Conflict(_("This volunteer was discharged already."))
    if back is not None:
        _standing(back.id, to)
    if Swap.objects.filter(turn=mine, state=Swap.State.ASKED).exists():
        raise Conflict(_("Somebody is asked for this shift already: withdraw that first."))
    swap = Swap.objects.create(place_code=mine.place_code, turn=mine, to=to, back=back)
    told(by, mine.shift, [to], "mobilise.swap_asked", name=me.name)
    return swap


@action
def withdraw_swap(*, by: Actor, swap: Swap) -> Swap:
    """Take back what one asked. Raises OutOfScope, Conflict (answered)."""
    found = _asked(by, swap)
    _own(by, found.turn.volunteer)
    return _answered(found, Swap.State.WITHDRAWN)


@action
def decline_swap(*, by: Actor, swap: Swap) -> Swap:
    """Say no. Raises OutOfScope, Conflict (answered)."""
    found = _asked(by, swap)
    _own(by, found.to)
    told(by, found.turn.shift, [found.turn.volunteer], "mobilise.swap_declined", name=found.to.name)
    return _answered(found, Swap.State.DECLINED)


@action
def agree_to_swap(*, by: Actor, swap: Swap) -> Swap:
    """Say yes: each is on the other's shift from then on, or nothing has changed.

    Raises OutOfScope, Conflict (answered, a turn is gone or has begun, a skill would be missing, on
    duty elsewhere), Invalid (past a limit: only who plans the shifts may allow that).
    """
    before = Swap.objects.select_related("turn", "back").filter(id=swap.id).first()
    if before is None:
        raise OutOfScope(str(swap.id))
    turns = [one for one in (before.turn, before.back) if one is not None]
    # Of both shifts the one with the lower id first, as everywhere.
    shifts = {one: locked(by, one, TAKE) for one in sorted({turn.shift_id for turn in turns})}
    found = _asked(by, swap)
    me = _own(by, found.to)
    lock_people([me.id, found.turn.volunteer_id])
    first = _standing(found.turn_id, found.turn.volunteer)
    second = _standing(found.back_id, me) if found.back_id else None
    end(first, Turn.State.SWAPPED)
    if second is not None:
        end(second, Turn.State.SWAPPED)
    _enter(by, shifts[first.shift_id], me, first)
    if second is not None:
        _enter(by, shifts[second.shift_id], first.volunteer, second)
    done = _answered(found, Swap.State.AGREED)
    told(by, first.shift, [first.volunteer], "mobilise.swap_agreed", name=me.name)
    return done


def _enter(by: Actor, shift: Shift, volunteer: Volunteer, before: Turn) -> None:
    Turn.objects.filter(shift=shift, volunteer=volunteer, state=Turn.State.WAITING).update(
        state=Turn.State.LEFT, ended_at=timezone.now()
    )
    turn = enter(by, shift, volunteer, Turn.Source.SWAP, for_turn=before)
    if turn.state != Turn.State.PLACED or turn.for_turn_id != before.id:
        raise Conflict(
            _("%(name)s can’t take %(shift)s: a skill would be missing there.")
            % {"name": volunteer.name, "shift": shift}
        )


def _own(by: Actor, one: Volunteer) -> Volunteer:
    """The record of a volunteer that the actor is. Raises OutOfScope, Invalid (he is none)."""
    if by.person_id is None or one.person_id != by.person_id:
        myself(by)
        raise OutOfScope(str(one.id))
    return one


def _standing(turn_id: UUID, volunteer: Volunteer | None = None) -> Turn:
    """A turn on the roster that has not begun, of ``volunteer`` if one is given."""
    found = (
        Turn.objects.select_related("shift", "shift__post", "volunteer").filter(id=turn_id).first()
    )
    if found is None or (volunteer is not None and found.volunteer_id != volunteer.id):
        raise OutOfScope(str(turn_id))
    if (
        found.state != Turn.State.PLACED
        or found.came_at is not None
        or found.shift.starts_at <= timezone.now()
    ):
        raise Conflict(_("Only shifts that are on the roster and have not begun are swapped."))
    return found


def _asked(by: Actor, swap: Swap) -> Swap:
    found = (
        Swap.objects.select_for_update(of=("self",))
        .select_related("turn", "turn__shift", "turn__shift__post", "turn__volunteer", "to")
        .filter(id=swap.id)
        .first()
    )
    if found is None:
        raise OutOfScope(str(swap.id))
    by.require(TAKE, found.place_code)
    if found.state != Swap.State.ASKED:
        raise Conflict(_("That was answered already."))
    return found


def _answered(swap: Swap, state: str) -> Swap:
    swap.state, swap.answered_at = state, timezone.now()
    swap.save(update_fields=["state", "answered_at"])
    return swap
