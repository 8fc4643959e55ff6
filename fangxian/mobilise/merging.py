"""What a merge of two records of one human settles of who serves, and how its undo takes it back.

Who serves at one place twice does so once (``joining``). Nobody is on two shifts at a time: of two
that overlap the one that was asked for later is taken off, and the line moves up. Who serves at
two places goes on at both. In a call he has one pledge (``calls.merging``).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.mobilise import joining
from fangxian.mobilise.calls import merging as pledges
from fangxian.mobilise.line import HELD, lock_people, move_up, told
from fangxian.mobilise.models import Shift, Turn, Volunteer
from fangxian.people.models import PersonLink

LINK = "volunteer"
Notes = dict[str, Any]


def same_volunteers(lost: UUID, kept: UUID) -> list[UUID]:
    """Volunteers of ``lost`` at places where ``kept`` is one too: they stay with the lost one."""
    there = Volunteer.objects.filter(person_id=kept, to_date=None).values("place_code")
    found = Volunteer.objects.filter(person_id=lost, to_date=None, place_code__in=there)
    return list(found.values_list("id", flat=True))


def settle_volunteers(by: Actor, lost: UUID, kept: UUID) -> Notes:
    """Make one of those who serve at one place twice. Returns what the undo needs."""
    both = list(Volunteer.objects.filter(person_id__in=[lost, kept]).values_list("id", flat=True))
    shifts = _held(Turn.objects.filter(volunteer__in=both, state__in=HELD).values("shift"))
    pledges.hold(both)
    people = lock_people(both)
    own = {
        one.place_code: one
        for one in people.values()
        if one.person_id == kept and one.to_date is None
    }
    twice = set(same_volunteers(lost, kept))
    notes: Notes = {"volunteers": [], "overlaps": {"ended": []}}
    # Before they are joined: one volunteer has no two pledges.
    notes["pledges"] = pledges.settle_pledges(by, both)
    for key in sorted(twice):
        row = people[key]
        notes["volunteers"].append(joining.join(row, own[row.place_code]))
        PersonLink.objects.filter(person_id=lost, kind=LINK, source_id=row.pk).delete()
    pledges.leave(notes["pledges"])
    _never_at_two_places(by, both, notes["overlaps"], shifts)
    for note in [*notes["volunteers"], notes["overlaps"]]:
        for ended in note["ended"]:
            shift = shifts.get(UUID(ended["shift"]))
            if shift is not None and shift.starts_at > timezone.now():
                shift.refresh_from_db()
                move_up(by, shift)
    return notes


def _held(ids: Any) -> dict[UUID, Shift]:
    """Shifts, locked in their order."""
    rows = Shift.objects.select_for_update(of=("self",)).filter(id__in=ids)
    return {one.id: one for one in rows.select_related("post").order_by("id")}


def _never_at_two_places(
    by: Actor, both: list[UUID], notes: Notes, shifts: dict[UUID, Shift]
) -> None:
    turns = Turn.objects.filter(volunteer__in=both, state=Turn.State.PLACED, came_at=None)
    ahead = turns.filter(shift__starts_at__gt=timezone.now(), shift__cancelled_at=None)
    stand: list[Shift] = []
    for turn in ahead.select_related("volunteer").order_by("asked_at", "id"):
        shift = shifts[turn.shift_id]
        if any(one.starts_at < shift.ends_at and shift.starts_at < one.ends_at for one in stand):
            joining.take_off(notes, turn)
            told(by, shift, [turn.volunteer], "mobilise.taken_off")
        else:
            stand.append(shift)


def reopen_volunteers(by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_volunteers` did, the last first."""
    of = [*notes["volunteers"], notes["overlaps"]]
    _held([ended["shift"] for note in of for ended in note["ended"]])
    pledges.hold_noted(notes["pledges"])
    both = {UUID(note[who]) for note in notes["volunteers"] for who in ("row", "stays")}
    turns = [ended["id"] for ended in notes["overlaps"]["ended"]]
    both.update(Turn.objects.filter(id__in=turns).values_list("volunteer_id", flat=True))
    lock_people([*both, *pledges.volunteers(notes["pledges"])])
    for note in reversed(notes["volunteers"]):
        row = joining.part(note)
        if row is not None and row.to_date is None:
            PersonLink.objects.get_or_create(
                person_id=row.person_id, place_code=row.place_code, kind=LINK, source_id=row.pk
            )
    joining.put_back(notes["overlaps"])
    pledges.reopen_pledges(by, notes["pledges"])
