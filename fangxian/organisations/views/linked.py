"""Units ↔ communities: which unit has which community, who has none."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from fangxian.common.policy import SignedRequest, page
from fangxian.organisations import queries
from fangxian.organisations.five_ones import communities
from fangxian.organisations.models import Organisation, Responsibility
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.regions.models import Region
from fangxian.regions.queries import at, names

SORTS = ("", "communities", "villages")


@page("organisations.view")
def board(request: SignedRequest, code: str) -> HttpResponse:
    """Both sides of the link: communities with their units, units with their communities."""
    by, here = request.actor, at(code, by=request.actor)
    rules = chain_rules()
    role = rules.role("linked_unit")
    sort = request.GET.get("sort", "")
    view = "units" if request.GET.get("view") == "units" else "communities"
    places = list(communities(code, sort if sort in SORTS else ""))
    by_place, _load = queries.linked_units(places, role.code)
    bare = [place for place in places if not by_place[place.id]]
    without = request.GET.get("without") == "1"
    shown = bare if without else places
    where = names({place.code[:9] for place in shown})
    units = _units(places, by_place)
    idle = _idle(here, role.propose, {unit.id for unit, _places in units})
    return render(
        request,
        "organisations/linked.html",
        {
            "place": here,
            "role": role,
            "view": view,
            "sort": sort,
            "without": without,
            "rows": [(place, where.get(place.code[:9], ""), by_place[place.id]) for place in shown],
            "units": units,
            "idle": idle,
            "counts": {
                "places": len(places),
                "bare": len(bare),
                "units": len(units),
                "idle": len(idle),
            },
            "may_appoint": by.may("organisations.appoint", code),
            "breadcrumbs": chain_crumbs(by, here, role.name),
        },
    )


def _units(
    places: list[Region], by_place: dict[UUID, list[Responsibility]]
) -> list[tuple[Organisation, list[Region]]]:
    held: dict[UUID, list[Region]] = defaultdict(list)
    bodies: dict[UUID, Organisation] = {}
    for place in places:
        for row in by_place[place.id]:
            if row.organisation is not None:
                bodies[row.organisation.id] = row.organisation
                held[row.organisation.id].append(place)
    return sorted(
        ((body, held[key]) for key, body in bodies.items()),
        key=lambda pair: (-len(pair[1]), pair[0].name),
    )


def _idle(here: Region, propose: object, busy: set[UUID]) -> list[Organisation]:
    """Units of the county that could take a community and have none here."""
    kinds = propose.get("kinds", []) if isinstance(propose, dict) else []
    county = here.code[:6]
    found = Organisation.objects.filter(
        dissolved_on=None, kind_id__in=kinds, seat__code__startswith=county
    )
    return list(found.exclude(id__in=busy).select_related("kind", "seat").order_by("name")[:300])
