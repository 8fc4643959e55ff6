"""Being there: people check in at the post and out again, and leave a note to the next shift."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.actions.signing import TAKE, myself, own
from fangxian.mobilise.duties import duties_of
from fangxian.mobilise.models import Post, Turn, Whereabouts
from fangxian.mobilise.rules import PostRules, post_rules

LONGEST_NOTE: Final = 500
# Longitude and latitude in degrees; a metre is five digits.
_POSITION: Final = re.compile(
    r"(-?\d{1,3}(?:\.\d{1,12})?)\s*[,，]\s*(-?\d{1,2}(?:\.\d{1,12})?)", re.ASCII
)
DIGITS: Final = 5


@action
def check_in(*, by: Actor, token: str, position: str = "") -> Turn:
    """Check in at the post whose QR says ``token``; again, the turn there is comes back.

    It is the turn of one's own that runs there or begins soon. ``position``, who wishes to give it:
    longitude and latitude (WGS 84, degrees), of which the first is kept. Raises OutOfScope (no such
    post here), Forbidden, Invalid (no position; not on a shift there now, with the next one's
    time).
    """
    where = _read_position(position)
    post = Post.objects.filter(token=token.strip().upper(), closed_on=None).first()
    if post is None:
        raise OutOfScope("token")
    by.require(TAKE, post.place_code)
    me, rules, now = myself(by), post_rules(), timezone.now()
    mine = (
        Turn.objects.select_for_update(of=("self",))
        .select_related("shift", "emergency")
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
    came = _came(turn, now)
    if where and not Whereabouts.objects.filter(turn=came).exists():
        ended = turn.emergency is not None and turn.emergency.ended_on is not None
        # What ended has no key: what is said now belongs to it no more.
        Whereabouts.objects.create(
            turn=came, emergency=None if ended else turn.emergency, position=where
        )
    return came


def _read_position(text: str) -> str:
    """Longitude and latitude, to a metre; nothing for nothing. Raises Invalid."""
    if not text.strip():
        return ""
    found = _POSITION.fullmatch(text.strip())
    if found is not None:
        longitude, latitude = map(float, found.groups())
        if abs(longitude) <= 180 and abs(latitude) <= 90:
            return f"{longitude:.{DIGITS}f},{latitude:.{DIGITS}f}"
    raise Invalid(
        Problem(
            _("This is not a position: longitude and latitude in degrees are."),
            field="position",
            mend=_("Check in without it, or let the device find it again."),
        )
    )


@action
def forget_whereabouts(*, by: Actor, now: dt.datetime | None = None) -> int:
    """Forget where people checked in whose turns can't be recorded any more. Returns how many."""
    by.require(PLAN)
    before = (now or timezone.now()) - post_rules().record_within
    gone, _each = Whereabouts.objects.filter(turn__shift__ends_at__lt=before).delete()
    return gone


@action
def record_arrival(*, by: Actor, turn: Turn, at: dt.datetime | None = None) -> Turn:
    """Record for somebody without a phone that he came. Raises OutOfScope, Forbidden, Conflict."""
    found = _placed(by, turn.id, PLAN)
    return _came(found, _moment(found, at))


@action
def tick(*, by: Actor, turn: Turn, duty: str, undo: bool = False) -> Turn:
    """Say that a duty of the post was done, during one's own turn; ``undo``: that it was not.

    Raises OutOfScope, Forbidden, Conflict (did not check in, has gone already), Invalid (no duty).
    """
    found = _placed(by, turn.id, TAKE)
    own(by, found)
    _refuse_over(found)
    if duty not in {one.key for one in duties_of(found.shift.post, post_rules())}:
        raise Invalid(
            Problem(
                _("This is no duty at this post any more."),
                field="duty",
                mend=_("Open the page again."),
            )
        )
    if undo:
        found.done.pop(duty, None)
    else:
        found.done.setdefault(duty, timezone.now().isoformat())
    found.save(update_fields=["done"])
    return found


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
        .select_related("shift__post", "volunteer", "emergency")
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
    _refuse_over(turn)
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            Problem(_("The note has at most %(n)d characters.") % {"n": LONGEST_NOTE}, field="note")
        )
    assert turn.came_at is not None
    turn.went_at = max(at, turn.came_at)
    turn.minutes = credit(turn, post_rules())
    turn.note = note or None
    if turn.emergency is not None and turn.emergency.ended_on is not None:
        # Its key is destroyed: what is noted now belongs to it no more.
        turn.emergency = None
    turn.save(update_fields=["went_at", "minutes", "note", "emergency"])
    return turn


def _refuse_over(turn: Turn) -> None:
    if turn.came_at is None:
        raise Conflict(_("Check in first."))
    if turn.went_at is not None:
        raise Conflict(_("This turn has ended already."))


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
