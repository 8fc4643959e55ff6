"""Being there: people check in at the post and out again, and leave a note to the next shift."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.actions.signing import TAKE, myself, own
from fangxian.mobilise.models import Post, Turn
from fangxian.mobilise.rules import PostRules, post_rules

LONGEST_NOTE: Final = 500


@action
def check_in(*, by: Actor, token: str) -> Turn:
    """Check in at the post whose QR says ``token``; again, the turn there is comes back.

    It is the turn of one's own that runs there or begins soon. Raises OutOfScope (no such post
    here), Forbidden, Invalid (not on a shift there now, with the next one's time).
    """
    post = Post.objects.filter(token=token.strip().upper(), closed_on=None).first()
    if post is None:
        raise OutOfScope("token")
    by.require(TAKE, post.place_code)
    me, rules, now = myself(by), post_rules(), timezone.now()
    mine = (
        Turn.objects.select_for_update(of=("self",))
        .select_related("shift")
        .filter(volunteer__person=me.person_id, shift__post=post, state=Turn.State.PLACED)
        .filter(shift__starts_at__lte=now + rules.check_in_before, shift__ends_at__gt=now)
        .order_by("shift__starts_at")
    )
    turn = next((one for one in mine if one.went_at is None), None)
    if turn is None:
        raise Invalid(
            Problem(
                _("You are on no shift here that runs or begins within %(n)d minutes.")
                % {"n": rules.check_in_before.total_seconds() // 60},
                mend=_("Look at your own shifts, or ask who plans them."),
                code="no_turn",
            )
        )
    return _came(turn, now)


@action
def record_arrival(*, by: Actor, turn: Turn, at: dt.datetime | None = None) -> Turn:
    """Record for somebody without a phone that he came. Raises OutOfScope, Forbidden, Conflict."""
    found = _placed(by, turn.id, PLAN)
    return _came(found, _moment(found, at))


@action
def check_out(*, by: Actor, turn: Turn, note: str = "") -> Turn:
    """End one's own turn: minutes are credited, ``note`` is told to the next shift.

    Raises OutOfScope, Forbidden, Conflict (did not check in, has gone already), Invalid (note).
    """
    found = _placed(by, turn.id, TAKE)
    own(by, found)
    return _went(found, timezone.now(), note)


@action
def record_departure(
    *, by: Actor, turn: Turn, at: dt.datetime | None = None, note: str = ""
) -> Turn:
    """Record for somebody that he went, and when if not just now. Raises as :func:`check_out`."""
    found = _placed(by, turn.id, PLAN)
    return _went(found, _moment(found, at), note)


def _moment(turn: Turn, at: dt.datetime | None) -> dt.datetime:
    """When staff say that it was. Raises Conflict for times that are not of this shift."""
    rules, now = post_rules(), timezone.now()
    if now > turn.shift.ends_at + rules.record_within:
        raise Conflict(_("The shift is over too long ago to be recorded."))
    moment = at or now
    if moment < turn.shift.starts_at - rules.check_in_before:
        raise Conflict(_("It is too early: the shift has not begun."))
    if moment > now:
        raise Conflict(_("That time has not come yet."))
    return moment


def _placed(by: Actor, turn_id: UUID, right: str) -> Turn:
    found = (
        Turn.objects.select_for_update(of=("self",))
        .select_related("shift", "volunteer", "emergency")
        .filter(id=turn_id)
        .first()
    )
    if found is None:
        raise OutOfScope(str(turn_id))
    by.require(right, found.place_code)
    if found.state != Turn.State.PLACED:
        raise Conflict(_("This turn has no place on the roster."))
    return found


def _came(turn: Turn, at: dt.datetime) -> Turn:
    if turn.came_at is None:
        turn.came_at = at
        turn.save(update_fields=["came_at"])
    return turn


def _went(turn: Turn, at: dt.datetime, note: str) -> Turn:
    if turn.came_at is None:
        raise Conflict(_("Check in first."))
    if turn.went_at is not None:
        raise Conflict(_("This turn has ended already."))
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            Problem(_("The note has at most %(n)d characters.") % {"n": LONGEST_NOTE}, field="note")
        )
    turn.went_at = max(at, turn.came_at)
    turn.minutes = credit(turn, post_rules())
    turn.note = note or None
    if turn.emergency is not None and turn.emergency.ended_on is not None:
        # Its key is destroyed: what is noted now belongs to it no more.
        turn.emergency = None
    turn.save(update_fields=["went_at", "minutes", "note", "emergency"])
    return turn


def credit(turn: Turn, rules: PostRules) -> int:
    """The minutes of a shift that somebody was there for; being a little late or early is forgiven.

    ``turn`` has both times. What lies outside the shift counts for nothing.
    """
    shift, came, went = turn.shift, turn.came_at, turn.went_at
    if came is None or went is None:
        raise ValueError("the turn is not over")
    first = shift.starts_at if came <= shift.starts_at + rules.grace else came
    last = shift.ends_at if went >= shift.ends_at - rules.grace else went
    return max(0, int((last - first).total_seconds() // 60))
