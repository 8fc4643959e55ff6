"""Two records of one human become one: what stands of him in a call twice stands once then.

The better of the two pledges stays: who has a confirmed place before who claims one, before who
was first. The other is withdrawn and gives up the places it has. The undo lets it stand again,
with its places as far as nobody else has them meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils import timezone

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.mobilise.actions.pledging import able, settle_pledge, tell
from fangxian.mobilise.calls.leaving import hold_calls, hold_lines
from fangxian.mobilise.calls.lending import lend, take_back
from fangxian.mobilise.calls.queries import HAS_LINE
from fangxian.mobilise.calls.serving import let_go, serve_again
from fangxian.mobilise.models import Call, CallLine, Placement, Pledge
from fangxian.regions.queries import at as at_place

Notes = list[dict[str, Any]]


def hold(volunteers: Collection[UUID]) -> None:
    """Hold the lines of the calls for which these volunteers pledge, before anybody is held."""
    _hold(set(_standing(volunteers).values_list("call_id", flat=True)))


def _hold(calls: Collection[UUID]) -> None:
    hold_calls(calls)
    hold_lines(CallLine.objects.filter(call__in=calls).values_list("id", flat=True))


def hold_noted(notes: Notes) -> None:
    """The same for the undo."""
    _hold({UUID(note["call"]) for note in notes})


def volunteers(notes: Notes) -> list[UUID]:
    """Whose pledges were withdrawn."""
    rows = Pledge.objects.filter(pk__in=[note["pledge"] for note in notes])
    return list(rows.exclude(volunteer=None).values_list("volunteer_id", flat=True))


def settle_pledges(by: Actor, volunteers: Collection[UUID]) -> Notes:
    """Let one pledge stand of those that these volunteers, one human, have in a call.

    All are locked. What was in calls that are over stays as it was. Returns what the undo needs.
    """
    rows = _standing(volunteers).select_for_update(of=("self",)).select_related("call", "volunteer")
    of_call: dict[UUID, list[Pledge]] = defaultdict(list)
    for one in rows.defer("volunteer__name").order_by("id"):
        of_call[one.call_id].append(one)
    notes: Notes = []
    for pledges in of_call.values():
        for one in sorted(pledges, key=_worth)[1:]:
            notes.append(_withdraw(by, one))
    return notes


def _standing(volunteers: Collection[UUID]) -> Any:
    rows = Pledge.objects.filter(volunteer__in=volunteers, call__ends_on__gte=timezone.localdate())
    return rows.exclude(state=Pledge.State.WITHDRAWN)


def _worth(pledge: Pledge) -> tuple[bool, bool, UUID]:
    has = set(
        Placement.objects.filter(pledge=pledge, state__in=HAS_LINE).values_list("state", flat=True)
    )
    return Placement.State.CONFIRMED not in has, not has, pledge.id


def _withdraw(by: Actor, pledge: Pledge) -> dict[str, Any]:
    now = timezone.now()
    rows = Placement.objects.select_for_update(of=("self",)).filter(
        pledge=pledge, state__in=HAS_LINE
    )
    had = list(rows.select_related("line__call").order_by("id"))
    note = {
        "call": str(pledge.call_id),
        "pledge": str(pledge.id),
        "at": now.isoformat(),
        "places": [
            {
                "id": str(one.id),
                "state": one.state,
                "lent": one.lent is not None,
                "by": one.decided_by,
                "at": one.decided_at.isoformat() if one.decided_at else None,
            }
            for one in had
        ],
    }
    for one in had:
        one.pledge = pledge
        one.state, one.decided_by, one.decided_at = Placement.State.GIVEN_UP, by.name, now
        one.save(update_fields=["state", "decided_by", "decided_at"])
    take_back(by, had)
    pledge.state, pledge.ended_at = Pledge.State.WITHDRAWN, now
    pledge.save(update_fields=["state", "ended_at"])
    tell(by, had, "mobilise.released")
    return note


def leave(notes: Notes) -> None:
    """Nobody serves any more where only a place that was given up has brought him."""
    for note in notes:
        given_up = Placement.objects.filter(pk__in=[one["id"] for one in note["places"]])
        note["left"] = let_go(list(given_up))


def reopen_pledges(by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_pledges` did, after the volunteers are two again."""
    for note in reversed(notes):
        rows = Pledge.objects.select_for_update(of=("self",)).select_related("call", "volunteer")
        rows = rows.defer("volunteer__name").exclude(call__state=Call.State.WITHDRAWN)
        pledge = rows.filter(
            pk=note["pledge"], state=Pledge.State.WITHDRAWN, ended_at=note["at"]
        ).first()
        if pledge is None or pledge.volunteer is None or pledge.volunteer.to_date is not None:
            continue
        others = Pledge.objects.filter(call=pledge.call_id, volunteer=pledge.volunteer_id)
        if others.exclude(state=Pledge.State.WITHDRAWN).exists():
            continue
        pledge.state, pledge.ended_at = Pledge.State.PLEDGED, None
        pledge.save(update_fields=["state", "ended_at"])
        placed = [_placed_again(by, pledge, one, note["at"]) for one in note["places"]]
        if all(placed):
            serve_again(note["left"])
        settle_pledge(pledge)


def _placed_again(by: Actor, pledge: Pledge, noted: dict[str, Any], at: str) -> bool:
    """Give a place back that nobody has meanwhile; whether it is his."""
    rows = Placement.objects.filter(
        pk=noted["id"], pledge=pledge, state=Placement.State.GIVEN_UP, decided_at=at
    )
    one = rows.select_related("line__call", "line__place").first()
    if one is None or one.line.heads - one.line.placed < one.heads or pledge.volunteer is None:
        return False
    try:
        able(one.line, pledge.volunteer)
    except Invalid:
        return False
    one.state, one.decided_by = noted["state"], noted["by"]
    one.decided_at = dt.datetime.fromisoformat(noted["at"]) if noted["at"] else None
    if noted["lent"]:
        one.pledge = pledge
        home = at_place(one.line.place.code[: int(codes.Level.VILLAGE)], by=by)
        lend(by, [one], {pledge.volunteer.person_id: home})
    one.save(update_fields=["state", "decided_by", "decided_at", "lent"])
    return True
