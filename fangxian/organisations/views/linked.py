"""Units ↔ communities: which unit has which community, who has none."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import render

from fangxian.common.policy import SignedRequest, page
from fangxian.organisations import queries
from fangxian.organisations.five_ones import communities
from fangxian.organisations.models import Organisation, Responsibility
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.organisations.views.common import PAGE, page_number
from fangxian.regions.models import Region
from fangxian.regions.queries import at, names

SORTS = ("", "communities", "villages")
IDLE = 300


@page("organisations.view")
def board(request: SignedRequest, code: str) -> HttpResponse:
    """Both sides of the link: communities with their units, units with their communities."""
    by, here = request.actor, at(code, by=request.actor)
    rules = chain_rules()
    role = rules.role("linked_unit")
    sort = request.GET.get("sort", "")
    view = "units" if request.GET.get("view") == "units" else "communities"
    places = communities(code, sort if sort in SORTS else "")
    links = queries.links_of(places, role.code)
    linked = links.order_by().values("place_id")
    without = request.GET.get("without") == "1"
    page_at = page_number(request)
    shown = slice((page_at - 1) * PAGE, page_at * PAGE)
    total, bare = places.count(), places.exclude(id__in=linked).count()
    units = Organisation.objects.filter(id__in=links.order_by().values("organisation_id"))
    idle = _idle(here, role.propose, units)
    counts = {"places": total, "bare": bare, "units": units.count(), "idle": idle.count()}
    rows: list[tuple[Region, str, list[Responsibility]]] = []
    held: list[tuple[Organisation, list[Region]]] = []
    if view == "units":
        count = counts["units"]
        held = _units(units, links, shown)
    else:
        count = bare if without else total
        found = list((places.exclude(id__in=linked) if without else places)[shown])
        where = names({place.code[:9] for place in found})
        by_place = queries.linked_units(found, role.code)
        rows = [(p, where.get(p.code[:9], ""), by_place[p.id]) for p in found]
    return render(
        request,
        "organisations/linked.html",
        {
            "place": here,
            "role": role,
            "view": view,
            "sort": sort,
            "without": without,
            "rows": rows,
            "units": held,
            "idle": list(idle[:IDLE]) if view == "units" else [],
            "count": count,
            "counts": counts,
            "figure": "" if sort in SORTS[1:] else "regions.communities",
            "page": page_at,
            "more": count > page_at * PAGE,
            "may_appoint": by.may("organisations.appoint", code),
            "breadcrumbs": chain_crumbs(by, here, role.name),
        },
    )


def _units(
    units: QuerySet[Organisation], links: QuerySet[Responsibility], shown: slice
) -> list[tuple[Organisation, list[Region]]]:
    """A page of units, those with most communities first, with their communities."""
    most = Subquery(
        links.filter(organisation=OuterRef("pk"))
        .order_by()
        .values("organisation")
        .annotate(n=Count("id"))
        .values("n")
    )
    page_of = list(units.annotate(links=most).order_by("-links", "name", "id")[shown])
    held: dict[UUID, list[Region]] = defaultdict(list)
    rows = links.filter(organisation__in=page_of).select_related("place").order_by("place_code")
    for row in rows:
        if row.organisation_id is not None:
            held[row.organisation_id].append(row.place)
    return [(unit, held[unit.id]) for unit in page_of]


def _idle(here: Region, propose: object, busy: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Units of the county that could take a community and have none here."""
    kinds = propose.get("kinds", []) if isinstance(propose, dict) else []
    found = Organisation.objects.filter(
        dissolved_on=None, kind_id__in=kinds, seat__code__startswith=here.code[:6]
    )
    return found.exclude(id__in=busy).select_related("kind", "seat").order_by("name")
