"""The five ones: what each community has of them, with its evidence, and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from fangxian.common import codes
from fangxian.organisations.models import FiveOneEvidence, Member, Organisation, Responsibility
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import FiveOnes, One, five_ones
from fangxian.regions.models import Region

SHOWN = 50


@dataclass(frozen=True)
class Cell:
    """One item of one community.

    ``stale``: there is evidence, but it holds no longer. ``unranked``: the item asks for a rank and
    who was named was not named as a member of anything, so none is shown.
    """

    item: One
    evidence: FiveOneEvidence | None = None
    stale: bool = False
    unranked: bool = False

    @property
    def complete(self) -> bool:
        return self.evidence is not None and not self.stale and not self.unranked

    @property
    def text(self) -> str:
        """What the evidence is, by name."""
        row = self.evidence
        if row is None:
            return ""
        return str(row.file.name) if row.file is not None else row.label

    @property
    def url(self) -> str:
        """Where the evidence can be opened, "" if nowhere."""
        row = self.evidence
        if row is None:
            return ""
        if row.file_id is not None:
            return reverse("core:file", args=[row.file_id])
        if row.organisation_id is not None:
            return reverse("organisations:organisation", args=[row.organisation_id])
        return ""


@dataclass(frozen=True)
class Line:
    """A community and its items, in the order of the rules."""

    place: Region
    cells: tuple[Cell, ...]

    @property
    def missing(self) -> int:
        return sum(not cell.complete for cell in self.cells)


def lines(places: Sequence[Region], on: dt.date | None = None) -> list[Line]:
    """The five ones of some communities. Three queries, however many."""
    day = on or timezone.localdate()
    rules = five_ones(day)
    rows = (
        FiveOneEvidence.objects.filter(community_id__in=[p.id for p in places])
        .filter(from_date__lte=day)
        .filter(Q(to_date=None) | Q(to_date__gt=day))
        .select_related("file", "responsibility", "organisation", "member")
        .defer("responsibility__contact")
    )
    known = {(row.community_id, row.item): row for row in rows}
    return [
        Line(place, tuple(_cell(one, known.get((place.id, one.code)), day) for one in rules.items))
        for place in places
    ]


def _cell(one: One, row: FiveOneEvidence | None, day: dt.date) -> Cell:
    named = row.responsibility if row is not None else None
    return Cell(
        one,
        row,
        stale=row is not None and not _holds(row, day),
        unranked=bool(one.rank) and named is not None and named.member_id is None,
    )


def _holds(row: FiveOneEvidence, day: dt.date) -> bool:
    """Tell whether what was attached is still so: nobody left, nothing was dissolved or removed."""
    if row.file is not None:
        return row.file.purged_at is None
    if row.organisation is not None:
        return row.organisation.dissolved_on is None or row.organisation.dissolved_on > day
    body: Any = row.responsibility or row.member
    # A member's office may lie elsewhere; upkeep withdraws the evidence when he leaves it.
    return body is None or body.to_date is None or bool(body.to_date >= day)


def label_of(evidence: object) -> str:
    """The name that is kept of a piece of evidence; of files none, their names are sealed."""
    if isinstance(evidence, Responsibility):
        return str(evidence.holder_name)
    if isinstance(evidence, Member):
        return str(evidence.person.name)
    return str(evidence) if isinstance(evidence, Organisation) else ""


def communities(area: str, sort: str = "") -> QuerySet[Region]:
    """The places of an area that need the five ones; ``sort`` "communities" or "villages" of them.

    Codes tell them apart: 001–199 residents' committees, 200–399 villagers' (statistical codes).
    """
    lo, hi = codes.bounds(area)
    level = int(five_ones().level)
    found = Region.objects.filter(level=level, code__gte=lo, code__lt=hi, valid_to=None)
    found = found.defer("boundary").order_by("code")
    residents = Q(code__regex=r"^\d{9}[01]")
    if sort == "communities":
        return found.filter(residents)
    return found.exclude(residents) if sort == "villages" else found


@dataclass(frozen=True)
class Tally:
    """How far an area is: communities, complete ones, and how many have each item (by code)."""

    communities: int
    complete: int
    done: Mapping[str, int]

    @property
    def incomplete(self) -> int:
        return self.communities - self.complete


def _holding(places: QuerySet[Region], day: dt.date) -> QuerySet[FiveOneEvidence]:
    """Evidence that completes its item on a day: what :func:`_cell` says, in the database."""
    items = five_ones(day).items
    ranked = [one.code for one in items if one.rank]
    still = Q(file__purged_at=None)
    still &= Q(organisation__dissolved_on=None) | Q(organisation__dissolved_on__gt=day)
    for body in ("responsibility", "member"):
        still &= Q(**{f"{body}__to_date": None}) | Q(**{f"{body}__to_date__gte": day})
    return (
        FiveOneEvidence.objects.filter(still, community__in=places.order_by().values("id"))
        .filter(item__in=[one.code for one in items], from_date__lte=day)
        .filter(Q(to_date=None) | Q(to_date__gt=day))
        .exclude(item__in=ranked, responsibility__isnull=False, responsibility__member__isnull=True)
    )


def complete_communities(places: QuerySet[Region], on: dt.date | None = None) -> QuerySet[Any]:
    """The ids of those of some communities that have every item."""
    day = on or timezone.localdate()
    held = _holding(places, day).values("community").annotate(n=Count("item", distinct=True))
    return held.filter(n=len(five_ones(day).items)).values("community")


def tally(places: QuerySet[Region], on: dt.date | None = None) -> Tally:
    """Count the five ones of some communities. Three queries."""
    day = on or timezone.localdate()
    held = _holding(places, day).values_list("item").annotate(Count("community", distinct=True))
    return Tally(places.count(), complete_communities(places, day).count(), dict(held.order_by()))


def lacking(area: str, on: dt.date | None = None) -> list[tuple[UUID, str, int]]:
    """The places of an area of which items are missing: id, code and how many. Two queries."""
    day = on or timezone.localdate()
    places = communities(area)
    held = _holding(places, day).values_list("community").annotate(Count("item", distinct=True))
    known, wanted = dict(held.order_by()), len(five_ones(day).items)
    return [
        (place, code, wanted - known.get(place, 0))
        for place, code in places.values_list("id", "code")
        if known.get(place, 0) < wanted
    ]


def missing(area: str) -> tuple[int, int]:
    """How many items are missing in an area, and in how many communities."""
    found = tally(communities(area))
    wanted = found.communities * len(five_ones().items)
    return wanted - sum(found.done.values()), found.incomplete


def fits(rules: FiveOnes, one: One, community: Region, evidence: object, day: dt.date) -> bool:
    """Tell whether something is what the item asks for: role, kind and rank of the rules."""
    if isinstance(evidence, Responsibility):
        right = evidence.place_id == community.id and evidence.role == one.role
        office = (
            Member.objects.filter(id=evidence.member_id).first() if evidence.member_id else None
        )
        # Of who was not named as a member no rank is shown (see Cell); one elsewhere is not seen.
        return right and (office is None or one.rank in office.rank)
    if isinstance(evidence, Organisation):
        return not one.kind or evidence.kind_id == one.kind
    if isinstance(evidence, Member):
        return one.rank in evidence.rank
    return True


def choices(one: One, community: Region, text: str = "") -> list[Any]:
    """What is at hand as evidence of an item that is no file: the nearest first."""
    if one.evidence == "responsibility":
        rows = in_force().filter(place=community, role=one.role, substitute_for=None)
        return list(rows.select_related("member")[:SHOWN])
    if one.evidence == "organisation":
        found = Organisation.objects.filter(dissolved_on=None).select_related("seat", "kind")
        if one.kind:
            found = found.filter(kind_id=one.kind)
        found = found.filter(name__icontains=text) if text else found.filter(seat=community)
        return list(found.order_by("seat__code", "name")[:SHOWN])
    if one.evidence == "member":
        members = Member.objects.filter(to_date=None, rank__contains=one.rank)
        if text:
            members = members.filter(
                Q(person__name__contains=text) | Q(organisation__name__contains=text)
            )
        return list(
            members.select_related("person", "organisation").order_by("place_code", "id")[:SHOWN]
        )
    return []


def by_id(one: One, evidence_id: UUID) -> Any:
    """The thing that was chosen, as far as it is in scope; None otherwise."""
    models: dict[str, Any] = {
        "responsibility": Responsibility,
        "organisation": Organisation,
        "member": Member,
    }
    return models[one.evidence].objects.filter(id=evidence_id).first()
