"""Pledges of volunteers who serve no more: they are withdrawn, and their places are open again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.queries import nearest_with
from fangxian.common.actor import Actor
from fangxian.core.actions.notify import Note, notify_many
from fangxian.mobilise.calls.lending import take_back
from fangxian.mobilise.calls.matching import RIGHT
from fangxian.mobilise.calls.queries import HAS_LINE
from fangxian.mobilise.models import Call, Placement, Pledge

LEFT = "mobilise.left_call"


def hold_calls(calls: Collection[UUID]) -> None:
    """Hold calls to the end of the transaction, also those above the actor's area.

    Before volunteers: whoever claims a head holds its call first.
    """
    with connection.cursor() as cursor:
        wanted = [str(one) for one in calls]
        cursor.execute("SELECT mobilise_hold_calls(%s::uuid[])", [wanted])


def hold_lines(lines: Collection[UUID]) -> None:
    """Hold lines of calls to the end of the transaction, as :func:`hold_calls`."""
    with connection.cursor() as cursor:
        wanted = [str(one) for one in lines]
        cursor.execute("SELECT mobilise_hold_lines(%s::uuid[])", [wanted])


def held_pledges(volunteers: Collection[UUID]) -> list[UUID]:
    """The pledges of volunteers for calls that are not over, with all that is held before them."""
    running = Pledge.objects.filter(
        volunteer__in=volunteers,
        call__state__in=[Call.State.SENT, Call.State.CLOSED],
        call__ends_on__gte=timezone.localdate(),
    ).exclude(state=Pledge.State.WITHDRAWN)
    hold_calls(set(running.values_list("call_id", flat=True)))
    has = Placement.objects.filter(pledge__in=running, state__in=HAS_LINE)
    hold_lines(set(has.values_list("line_id", flat=True)))
    return list(running.values_list("id", flat=True))


def leave(by: Actor, pledges: Sequence[UUID]) -> None:
    """Withdraw pledges, held by :func:`held_pledges`, of volunteers who have ended; tell callers.

    Who serves on at the place that he was given keeps it. Five queries and one for each place.
    """
    serves = Q(placements__enlisted__to_date=None, placements__enlisted__isnull=False)
    rows = Pledge.objects.filter(id__in=pledges, volunteer__to_date__isnull=False)
    stays = rows.filter(serves, placements__state=Placement.State.CONFIRMED)
    ended = list(rows.exclude(id__in=stays.values("id")).values_list("id", flat=True))
    now = timezone.now()
    has = Placement.objects.filter(pledge__in=ended, state__in=HAS_LINE)
    open_again = list(has.select_related("line__place", "line__call"))
    take_back(by, open_again)
    # Who was discharged where he was placed has nothing to do there any more.
    over = Placement.objects.filter(enlisted__to_date__isnull=False, lent__isnull=False)
    take_back(by, list(over.select_related("line__call")))
    has.update(state=Placement.State.GIVEN_UP, decided_at=now, decided_by=by.name)
    Pledge.objects.filter(id__in=ended).update(state=Pledge.State.WITHDRAWN, ended_at=now)
    notes = [
        Note(
            user,
            LEFT,
            {"title": one.line.call.title, "line": str(one.line)},
            reverse("mobilise:call", args=[one.line.call_id]),
        )
        for one in open_again
        for user in nearest_with(RIGHT, one.line.call.place_code)
    ]
    notify_many(by=by, notes=notes)
