"""Named reads of calls and of who answers them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.mobilise.models import Call, CallLine, CallUnit, Match, Placement, Pledge
from fangxian.mobilise.queries import volunteers_of

HAS_LINE: Final = ("asked", "confirmed")


def call_of(by: Actor, call_id: UUID) -> Call:
    """A call that the actor sees; what a place above has not sent is none. Raises OutOfScope."""
    found = Call.objects.select_related("emergency").filter(id=call_id).first()
    if found is None or (found.sent_at is None and not codes.contains(by.area, found.place_code)):
        raise OutOfScope(str(call_id))
    return found


def own_call(by: Actor, call_id: UUID, right: str) -> Call:
    """A call of the actor's area that he has the right to change. Raises OutOfScope, Forbidden."""
    found = call_of(by, call_id)
    by.require(right, found.place_code)
    return found


def match_of(match_id: UUID) -> Match:
    """A proposal of the actor's area with its call. Raises OutOfScope."""
    found = Match.objects.select_related("call", "base").filter(id=match_id).first()
    if found is None:
        raise OutOfScope(str(match_id))
    return found


def running() -> QuerySet[Call]:
    """Calls for which people can pledge now, those that close first first."""
    found = Call.objects.filter(state=Call.State.SENT, cut_off__gt=timezone.now())
    return found.order_by("cut_off", "id")


def lines_of(call: Call | UUID) -> QuerySet[CallLine]:
    """The lines of a call with their places, in their order."""
    return CallLine.objects.filter(call=call).select_related("place").order_by("number")


def skills_there(lines: Iterable[UUID]) -> dict[UUID, list[list[str]]]:
    """The wanted skills of each head that is placed at lines, also of those out of sight.

    A skill counts that holds to the call's end. One query.
    """
    found: dict[UUID, list[list[str]]] = {one: [] for one in lines}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mobilise_line_skills(%s::uuid[])", [list(found)])
        for line, heads, skills in cursor.fetchall():
            found[line] += [skills] * heads
    return found


def for_me(by: Actor) -> QuerySet[Call]:
    """Running calls for people that concern the actor as a volunteer."""
    mine = list(volunteers_of(by).values_list("place_code", "organisation_id"))
    fits: Any = Q(pk__in=[])
    for code, unit in mine:
        above = [code[:size] for size in range(len(code) + 1)]
        asked = CallUnit.objects.filter(call=OuterRef("pk"), organisation_id=unit)
        fits |= Q(place_code__in=above) & (Q(open_to_all=True) | Exists(asked))
    return running().filter(fits, counts=Call.Counts.PEOPLE)


def for_unit(by: Actor) -> QuerySet[CallUnit]:
    """Calls that were sent to the unit that the actor answers for, the latest first."""
    if by.organisation_id is None:
        return CallUnit.objects.none()
    found = CallUnit.objects.filter(organisation_id=by.organisation_id, call__sent_at__isnull=False)
    return found.select_related("call").order_by("-call__sent_at", "id")


def my_pledges(by: Actor) -> QuerySet[Pledge]:
    """One's own pledges that stand, wherever one is a volunteer; none without a person."""
    rows = Pledge.objects.exclude(state=Pledge.State.WITHDRAWN)
    if by.person_id is None:
        return rows.none()
    rows = rows.filter(volunteer__person_id=by.person_id)
    return rows.select_related("call", "volunteer").order_by("-created_at")


def unit_pledges(by: Actor, call: Call) -> QuerySet[Pledge]:
    """What the unit of the actor has pledged for a call: its heads, and its people by name."""
    if by.organisation_id is None:
        return Pledge.objects.none()
    rows = Pledge.objects.filter(call=call, organisation_id=by.organisation_id)
    rows = rows.exclude(state=Pledge.State.WITHDRAWN).select_related("volunteer")
    return rows.order_by(F("volunteer_id").asc(nulls_first=True))


def placements_of(pledges: list[Pledge]) -> dict[UUID, list[Placement]]:
    """What pledges have, by pledge. One query."""
    rows = Placement.objects.filter(pledge__in=pledges, state__in=HAS_LINE)
    found: dict[UUID, list[Placement]] = {}
    for row in rows.select_related("line__place").order_by("line__number"):
        found.setdefault(row.pledge_id, []).append(row)
    return found


def placed_elsewhere(pledges: QuerySet[Pledge]) -> QuerySet[Pledge]:
    """Those of ``pledges`` whose human has a place of another call on some of the same days."""
    other = Placement.objects.filter(
        state__in=HAS_LINE,
        pledge__volunteer__person_id=OuterRef("volunteer__person_id"),
        pledge__from_date__lte=OuterRef("until"),
        pledge__until__gte=OuterRef("from_date"),
    ).exclude(pledge__call_id=OuterRef("call_id"))
    return pledges.filter(Exists(other), volunteer__isnull=False)


def claims(by: Actor) -> QuerySet[Placement]:
    """Claims in the actor's area that wait for a word, the oldest first."""
    rows = Placement.objects.filter(state=Placement.State.ASKED)
    return rows.filter(line__place_code__startswith=by.area).order_by("created_at")


def wanted_heads(call: Call) -> tuple[int, int]:
    """How many heads a call wants in all, and how many of these are placed."""
    return wanted_by([call])[call.id]


def wanted_by(calls: Iterable[Call]) -> dict[UUID, tuple[int, int]]:
    """How many heads each call wants in all, and how many of these are placed. One query."""
    found = {one.id: (0, 0) for one in calls}
    rows = CallLine.objects.filter(call__in=list(found)).order_by()
    for call, heads, placed in rows.values_list("call").annotate(Sum("heads"), Sum("placed")):
        found[call] = heads, placed
    return found
