"""Who serves at a place because a call placed him there serves there no longer than it does."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from fangxian.mobilise.actions.volunteers import LINK
from fangxian.mobilise.line import HELD, lock_people
from fangxian.mobilise.models import Placement, Pledge, Turn, Volunteer
from fangxian.people import tokens
from fangxian.people.models import PersonLink

Left = list[list[str]]


def end_service(placements: Sequence[Placement]) -> None:
    """As :func:`let_go`, with the names by which people are found."""
    brought = [one.enlisted.person_id for one in placements if one.brought and one.enlisted]
    if brought:
        # Without a link the name would be out of sight of the statement.
        tokens.erase(brought)
        let_go(placements)
        tokens.write(brought)


def let_go(placements: Sequence[Placement]) -> Left:
    """End the service of those whom these placements, given up, had brought, and their sight.

    The tokens of names (``people.tokens``) are left to the caller.

    Who is placed there by another call, pledges from there or has a shift to come serves on.
    Returns ids with last days, for :func:`serve_again`.
    """
    enlisted = {one.enlisted_id for one in placements if one.brought}
    placed = Placement.objects.filter(
        enlisted__in=enlisted, state__in=[Placement.State.ASKED, Placement.State.CONFIRMED]
    )
    pledging = Pledge.objects.filter(volunteer__in=enlisted).exclude(state=Pledge.State.WITHDRAWN)
    on_duty = Turn.objects.filter(
        volunteer__in=enlisted, state__in=HELD, shift__ends_at__gt=timezone.now()
    )
    needed: set[UUID | None] = {
        *placed.values_list("enlisted_id", flat=True),
        *pledging.values_list("volunteer_id", flat=True),
        *on_duty.values_list("volunteer_id", flat=True),
    }
    left: Left = []
    for one in lock_people([key for key in enlisted - needed if key is not None]).values():
        if one.to_date is not None:
            continue
        one.to_date = max(timezone.localdate(), one.from_date)
        one.save(update_fields=["to_date"])
        PersonLink.objects.filter(person_id=one.person_id, kind=LINK, source_id=one.id).delete()
        left.append([str(one.id), one.to_date.isoformat()])
    return left


def serve_again(left: Left) -> None:
    """Take back what :func:`let_go` did, where nobody has changed it since."""
    for key, last in left:
        one = Volunteer.objects.defer("name").filter(pk=key, to_date=last).first()
        if one is None:
            continue
        there = Volunteer.objects.filter(person_id=one.person_id, place_code=one.place_code)
        if there.filter(to_date=None).exists():
            continue
        one.to_date = None
        one.save(update_fields=["to_date"])
        PersonLink.objects.get_or_create(
            person_id=one.person_id, place_code=one.place_code, kind=LINK, source_id=one.pk
        )
