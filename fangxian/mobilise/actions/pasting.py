"""What staff confirmed of a pasted chat list is carried out, each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.actions.signing import put_on, take_off
from fangxian.mobilise.line import HELD, lock_people
from fangxian.mobilise.models import Shift, Turn, Volunteer
from fangxian.mobilise.pasting import Suggestion

REFUSED: Final = "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one proposal: ``state`` of the turn, or ``refused`` with the reason."""

    key: str
    name: str
    shift: str
    state: str
    reason: Any = ""


@action
def take_from_chat(
    *, by: Actor, chosen: Mapping[str, tuple[Suggestion, Volunteer]]
) -> list[Outcome]:
    """Carry out the proposals chosen, by key, with the volunteer whom each is for.

    Each stands by itself: one that is refused leaves the others, and says why. Asked twice, nobody
    is put on twice.
    """
    by.require(PLAN)
    shifts = _locked(list(chosen.values()))
    outcomes: list[Outcome] = []
    for one, who in chosen.values():
        current = [shifts[shift.id] for shift in one.shifts if shift.id in shifts]
        outcomes += _off(by, one, who, current) if one.off else _on(by, one, who, current)
    return outcomes


def _locked(chosen: Sequence[tuple[Suggestion, Volunteer]]) -> dict[UUID, Shift]:
    """All shifts concerned, then all people, each by id: several are changed in one transaction.

    Whoever waits is held too, since he may move up.
    """
    ids = {shift.id for one, _who in chosen for shift in one.shifts}
    shifts = Shift.objects.select_for_update(of=("self",)).filter(id__in=ids)
    found = {shift.id: shift for shift in shifts.select_related("post").order_by("id")}
    there = Turn.objects.filter(shift__in=found, state__in=HELD).values_list("volunteer", flat=True)
    lock_people({who.id for _one, who in chosen} | set(there))
    return found


def _on(by: Actor, one: Suggestion, who: Volunteer, shifts: list[Shift]) -> list[Outcome]:
    if not one.one_of:
        return [_put(by, one, who, shift) for shift in shifts]
    if held := Turn.objects.filter(shift__in=shifts, volunteer=who, state__in=HELD).first():
        return [Outcome(one.key, who.name, _called(held.shift), held.state)]
    lacking = shifts
    if not one.ordered:
        lacking = sorted(shifts, key=lambda shift: shift.placed - shift.heads)
    tried = []
    for only_placed in (True, False):
        for shift in lacking:
            outcome = _put(by, one, who, shift, only_placed=only_placed)
            if outcome.state != REFUSED:
                shift.refresh_from_db(fields=["placed"])
                return [outcome]
            tried.append(outcome)
    return tried[-1:]


def _put(
    by: Actor, one: Suggestion, who: Volunteer, shift: Shift, *, only_placed: bool = False
) -> Outcome:
    try:
        with transaction.atomic():
            turn = put_on(by=by, shift=shift, volunteer=who, source=Turn.Source.CHAT)
            if only_placed and turn.state != Turn.State.PLACED:
                raise Conflict(_("No place is free there."))
    except (Conflict, Invalid, OutOfScope) as error:
        return Outcome(one.key, who.name, _called(shift), REFUSED, str(error))
    return Outcome(one.key, who.name, _called(shift), turn.state)


def _off(by: Actor, one: Suggestion, who: Volunteer, shifts: list[Shift]) -> list[Outcome]:
    turns = Turn.objects.filter(shift__in=shifts, volunteer=who, state__in=HELD)
    done = []
    for turn in turns.select_related("shift", "shift__post").order_by("shift__starts_at"):
        try:
            with transaction.atomic():
                take_off(by=by, turn=turn)
        except (Conflict, Invalid) as error:
            done.append(Outcome(one.key, who.name, _called(turn.shift), REFUSED, str(error)))
        else:
            done.append(Outcome(one.key, who.name, _called(turn.shift), Turn.State.TAKEN_OFF.value))
    nothing = _("He is on none of these shifts.")
    return done or [Outcome(one.key, who.name, _called(at), REFUSED, nothing) for at in shifts[:1]]


def _called(shift: Shift) -> str:
    return f"{shift.post.name} {shift}"
