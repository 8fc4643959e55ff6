"""What the end of an emergency ends here, and who is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.core.actions.notify import Note, notify_many
from fangxian.mobilise.actions.calling import close_call, officers_of
from fangxian.mobilise.line import HELD, lock_people
from fangxian.mobilise.models import Call, Pledge, Post, Shift, Turn, Whereabouts

OVER = "mobilise.emergency_over"
CALL_OVER = "mobilise.call_over"


def end_with_emergency(by: Actor, emergency_id: UUID) -> None:
    """Close the posts of an emergency that has ended; shifts that have not begun are cancelled.

    Its calls are closed. Who was on these shifts, has pledged, or answers for a unit that was
    called, is told. Who is on duty just now is credited as always; notes that are sealed went with
    the key, and where people checked in is forgotten.
    """
    now = timezone.now()
    posts = Post.objects.filter(emergency_id=emergency_id, closed_on=None)
    ahead = Shift.objects.filter(post__in=posts, cancelled_at=None, starts_at__gt=now)
    shifts = list(ahead.select_for_update(of=("self",)).order_by("id"))
    turns = Turn.objects.filter(shift__in=shifts, state__in=HELD, came_at=None)
    lock_people(set(turns.values_list("volunteer_id", flat=True)))
    people = Counter(turns.values_list("volunteer__person_id", flat=True))
    turns.update(state=Turn.State.TAKEN_OFF, ended_at=now)
    Shift.objects.filter(id__in=[shift.id for shift in shifts], placed=0).update(cancelled_at=now)
    posts.update(closed_on=timezone.localdate())
    Whereabouts.objects.filter(emergency_id=emergency_id).delete()
    url = reverse("mobilise:mine")
    notes = [
        Note(user_id, OVER, {"count": people[person_id]}, url)
        for user_id, person_id in _accounts(people)
    ]
    for call in Call.objects.filter(emergency_id=emergency_id, state=Call.State.SENT).order_by(
        "id"
    ):
        notes += _closed(by, call)
    notify_many(by=by, notes=notes)


def _closed(by: Actor, call: Call) -> list[Note]:
    close_call(by=by, call=call)
    pledged = Pledge.objects.filter(call=call).exclude(state=Pledge.State.WITHDRAWN)
    people = pledged.filter(volunteer__isnull=False).values_list("volunteer__person_id", flat=True)
    users = {user_id for user_id, _person in _accounts(people)} | set(officers_of(call))
    return [Note(one, CALL_OVER, {"title": call.title}) for one in sorted(users)]


def _accounts(people: Iterable[UUID | None]) -> list[tuple[UUID, UUID]]:
    """The accounts of people, each with the person."""
    found = User.objects.filter(person_id__in=set(people), is_active=True).order_by("id")
    rows = found.values_list("id", "person_id")
    return [(user_id, person) for user_id, person in rows if person is not None]
