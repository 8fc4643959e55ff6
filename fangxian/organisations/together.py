"""Alliances and pairings: reading them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from fangxian.common import codes
from fangxian.common.errors import OutOfScope
from fangxian.organisations.models import (
    Alliance,
    Ally,
    Organisation,
    Pairing,
    Responsibility,
    SharedTask,
)
from fangxian.organisations.together_rules import together_rules


def _ended(ended: bool) -> Q:
    today = timezone.localdate()
    return Q(to_date__lt=today) if ended else Q(to_date=None) | Q(to_date__gte=today)


def alliances_in(area: str, *, ended: bool = False) -> QuerySet[Alliance]:
    """The alliances of an area with ``members`` and ``open_tasks``: how many."""
    lo, hi = codes.bounds(area)
    found = Alliance.objects.filter(_ended(ended), place_code__gte=lo, place_code__lt=hi)
    found = found.select_related("place", "lead").annotate(
        members=Count("allies", filter=Q(allies__to_date=None), distinct=True),
        open_tasks=Count("tasks", filter=Q(tasks__done_on=None), distinct=True),
    )
    return found.order_by("place_code", "name", "id")


def units_outside(row: Alliance) -> QuerySet[Organisation]:
    """The standing units of an alliance's place that are not in it."""
    lo, hi = codes.bounds(row.place_code)
    inside = row.allies.filter(to_date=None).values("organisation_id")
    found = Organisation.objects.filter(
        dissolved_on=None, kind__permanent=True, seat__code__gte=lo, seat__code__lt=hi
    )
    found = found.exclude(id=row.lead_id).exclude(id__in=inside).select_related("kind")
    return found.order_by("seat__code", "name", "id")


def alliance(alliance_id: UUID) -> Alliance:
    """One alliance in scope. Raises OutOfScope."""
    found = Alliance.objects.select_related("place", "lead").filter(id=alliance_id).first()
    if found is None:
        raise OutOfScope(f"alliance {alliance_id}")
    return found


def ally(ally_id: UUID) -> Ally:
    """One member of an alliance in scope. Raises OutOfScope."""
    found = Ally.objects.select_related("alliance__place", "organisation").filter(id=ally_id)
    row = found.first()
    if row is None:
        raise OutOfScope(f"ally {ally_id}")
    return row


def shared_task(task_id: UUID) -> SharedTask:
    """One shared task in scope. Raises OutOfScope."""
    row = SharedTask.objects.select_related("alliance__place").filter(id=task_id).first()
    if row is None:
        raise OutOfScope(f"shared task {task_id}")
    return row


def late_tasks(area: str, on: dt.date | None = None) -> QuerySet[SharedTask]:
    """Shared tasks of an area that are late."""
    lo, hi = codes.bounds(area)
    rows = SharedTask.objects.filter(
        place_code__gte=lo, place_code__lt=hi, done_on=None, alliance__to_date=None
    )
    return rows.filter(due__lt=on or timezone.localdate())


def pairings_in(area: str, *, ended: bool = False) -> QuerySet[Pairing]:
    """The pairings of units seated in an area, with ``given``: how many entries."""
    lo, hi = codes.bounds(area)
    found = Pairing.objects.filter(_ended(ended), place_code__gte=lo, place_code__lt=hi)
    found = found.select_related("organisation", "partner", "place")
    return found.annotate(given=Count("entries")).order_by("-from_date", "-id")


def pairings_of(body: Organisation) -> QuerySet[Pairing]:
    """The pairings of an organisation, from both sides, as far as they are in scope."""
    found = Pairing.objects.filter(_ended(ended=False))
    found = found.filter(Q(organisation=body) | Q(partner=body))
    return found.select_related("organisation", "partner", "place").order_by("-from_date", "-id")


def pairings_at(place_code: str) -> QuerySet[Pairing]:
    """The pairings at either end of which a place or an organisation in it stands.

    The first end is the seat of the unit, so a reader sees those whose both ends he may see.
    """
    lo, hi = codes.bounds(place_code)
    there = Q(place_code__gte=lo, place_code__lt=hi)
    there |= Q(partner__seat__code__gte=lo, partner__seat__code__lt=hi)
    there |= Q(place__code__gte=lo, place__code__lt=hi)
    found = Pairing.objects.filter(_ended(ended=False)).filter(there)
    found = found.select_related("organisation", "partner", "place")
    return found.order_by("-from_date", "-id")


def pairing(pairing_id: UUID) -> Pairing:
    """One pairing in scope. Raises OutOfScope."""
    rows = Pairing.objects.select_related("organisation__seat", "partner", "place")
    found = rows.filter(id=pairing_id).first()
    if found is None:
        raise OutOfScope(f"pairing {pairing_id}")
    return found


def link_of(row: Pairing) -> Responsibility | None:
    """The link of the chain that a pairing of a unit and a community is."""
    if not row.linked:
        return None
    links = Responsibility.objects.filter(
        place=row.place_id,
        organisation=row.organisation_id,
        role=together_rules().linked_role,
        substitute_for=None,
    )
    return links.exclude(to_date__lt=timezone.localdate()).order_by("from_date", "id").first()


def alliances_of(body: Organisation) -> QuerySet[Alliance]:
    """The alliances that an organisation leads or is in, as far as they are in scope."""
    mine = Q(lead=body) | Q(allies__organisation=body, allies__to_date=None)
    found = Alliance.objects.filter(_ended(ended=False)).filter(mine)
    return found.select_related("place", "lead").distinct().order_by("place_code", "name")
