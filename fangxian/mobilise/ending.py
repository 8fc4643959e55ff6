"""What the end of an emergency ends here."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.mobilise.line import HELD
from fangxian.mobilise.models import Call, Post, Shift, Turn


def end_with_emergency(_by: Actor, emergency_id: UUID) -> None:
    """Close the posts of an emergency that has ended; shifts that have not begun are cancelled.

    Its calls are closed. Who is on duty just now is credited as always; notes that are sealed went
    with the key.
    """
    now = timezone.now()
    posts = Post.objects.filter(emergency_id=emergency_id, closed_on=None)
    ahead = Shift.objects.filter(post__in=posts, cancelled_at=None, starts_at__gt=now)
    shifts = list(ahead.select_for_update(of=("self",)).order_by("id"))
    Turn.objects.filter(shift__in=shifts, state__in=HELD, came_at=None).update(
        state=Turn.State.TAKEN_OFF, ended_at=now
    )
    Shift.objects.filter(id__in=[shift.id for shift in shifts], placed=0).update(cancelled_at=now)
    posts.update(closed_on=timezone.localdate())
    Call.objects.filter(emergency_id=emergency_id, state=Call.State.SENT).update(
        state=Call.State.CLOSED, ended_at=now
    )
