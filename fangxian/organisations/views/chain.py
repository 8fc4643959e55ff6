"""The chain of a place: who answers above, here and below, today or on a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.policy import SignedRequest, page
from fangxian.core import counters
from fangxian.organisations import naming, queries
from fangxian.organisations.forms import OnForm, VacancyFilter
from fangxian.organisations.models import Responsibility
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.organisations.vacancies import KEY, METRIC
from fangxian.organisations.views.common import PAGE, page_number
from fangxian.regions.models import Building, Region
from fangxian.regions.queries import at, at_on, children, code_on, current, path

CHILDREN = 300


@page("organisations.view")
def start(request: SignedRequest) -> HttpResponse:
    """The chain of the actor's own area."""
    if request.actor.area:
        return redirect("organisations:chain", code=request.actor.area)
    return redirect("regions:tree")


@page("organisations.view")
def place(request: SignedRequest, code: str) -> HttpResponse:
    """Who answers for a place: above, here, below; what is vacant; who did before."""
    by, here = request.actor, at(code, by=request.actor)
    form = OnForm(request.GET)
    day = form.chosen()
    today = timezone.localdate()
    rules = chain_rules(day)
    code_then = code_on(here, day)
    another = at_on(code, day) if code_then != code else None
    chain = queries.chain_on(here, day)
    own = next((rows for region, rows in chain if region.id == here.id), [])
    context = {
        "place": here,
        "level": Level(here.level).label,
        "form": form,
        "day": day,
        "past": day != today,
        "code_then": code_then,
        # The code may have been another place's then: who is asked about must be clear.
        "another": another if another is not None and another.id != here.id else None,
        "another_rows": _lines(queries.chain_on(another, day)[-1][1], rules) if another else [],
        "above": [(region, _lines(rows, rules)) for region, rows in chain if region.id != here.id],
        "has_above": any(rows for region, rows in chain if region.id != here.id),
        "slots": _slots(here, own, rules, day) if code_then else [],
        "others": _lines([r for r in own if r.role not in rules.roles], rules),
        "below": _below(here, rules, day) if day == today else [],
        "vacancies": counters.read([code], [METRIC], KEY)[(code, METRIC)],
        "history": _lines(queries.history_of(here), rules),
        "may_appoint": by.may("organisations.appoint", code),
        "may_export": by.may("organisations.export", code),
        "is_community": here.level == Level.VILLAGE,
        "is_county": Level.PREFECTURE <= here.level <= Level.TOWN,
        "breadcrumbs": chain_crumbs(by, here),
    }
    return render(request, "organisations/chain.html", context)


def chain_crumbs(by: Any, here: Region, *last: str) -> list[dict[str, str]]:
    """The way to a place, leading along the chains of the places above."""
    way = [
        {
            "label": region.name,
            "url": reverse("organisations:chain", args=[region.code])
            if codes.contains(by.area, region.code)
            else "",
        }
        for region in path(here.code)
    ]
    if not last:
        return way
    return [*way, *({"label": text, "url": ""} for text in last)]


def _lines(rows: list[Responsibility], rules: ChainRules) -> list[dict[str, Any]]:
    """What a table shows of responsibilities: role names and state."""
    today = timezone.localdate()
    return [
        {
            "row": row,
            "role": rules.name_of(row.role),
            "state": "ended"
            if row.to_date is not None and row.to_date < today
            else "coming"
            if row.from_date > today
            else "now",
        }
        for row in rows
    ]


def _slots(
    here: Region, own: list[Responsibility], rules: ChainRules, day: dt.date
) -> list[dict[str, Any]]:
    """Each role of the place's level with its holders, and whether it is vacant or held twice."""
    found = []
    for role in rules.at(here.level):
        if role.only == "unmanaged" and not _unmanaged(here):
            continue
        rows = [row for row in own if row.role == role.code]
        holding = [row for row in rows if row.substitute_for_id is None]
        absent = {row.substitute_for_id for row in rows if row.substitute_for_id}
        lines = _lines(rows, rules)
        for line in lines:
            line["absent"] = line["row"].id in absent
        found.append(
            {
                "role": role,
                "lines": lines,
                "vacant": max(0, role.minimum - len(holding)),
                "overlap": max(0, len(holding) - role.maximum),
                "room": len(holding) < role.maximum,
            }
        )
    return found


def _unmanaged(here: Region) -> bool:
    return Building.objects.filter(region=here, managed=False).exists()


def _below(here: Region, rules: ChainRules, day: dt.date) -> list[dict[str, Any]]:
    """The places one level below with their holders and how much is vacant in each."""
    places = list(children(here.code)[:CHILDREN])
    holders = queries.holders_of(places, day)
    vacant = counters.read([p.code for p in places], [METRIC], KEY)
    lines = [
        {
            "place": region,
            "holders": [
                {"row": row, "role": rules.name_of(row.role)} for row in holders[region.id]
            ],
            "vacant": vacant[(region.code, METRIC)],
        }
        for region in places
    ]
    return sorted(lines, key=lambda line: (line["vacant"] == 0, line["place"].code))


@page("organisations.view")
def vacancies(request: SignedRequest, code: str) -> HttpResponse:
    """The work list of vacancies in a place: which role, where, since when."""
    by, here = request.actor, at(code, by=request.actor)
    rules = chain_rules()
    wanted = [role for role in rules.roles.values() if role.minimum > 0]
    form = VacancyFilter(request.GET, roles=wanted)
    role = form.chosen()
    found = queries.open_vacancies(code)
    if role:
        found = found.filter(role=role)
    count = found.count()
    page_at = page_number(request)
    rows = list(found[(page_at - 1) * PAGE : page_at * PAGE])
    above = _above(rows)
    tasks = naming.tasks_of(rows)
    namings = naming.who_names_many([(row, tasks.get(row.id)) for row in rows])
    queries.note_shown(one.closer for one in namings.values())
    return render(
        request,
        "organisations/vacancies.html",
        {
            "place": here,
            "form": form,
            "filtered": bool(role),
            "role": role,
            "count": count,
            "rows": [
                {
                    "row": row,
                    "role": rules.name_of(row.role),
                    "where": " ".join(
                        above[row.place_code[:size]]
                        for size in (9, 12, 15, 18)
                        if size < len(row.place_code) and row.place_code[:size] in above
                    ),
                    "may": by.may("organisations.appoint", row.place_code),
                    "naming": namings[row.id],
                    "due": tasks[row.id].due_at if row.id in tasks else None,
                }
                for row in rows
            ],
            "page": page_at,
            "more": count > page_at * PAGE,
            "proposed": rules.proposed(here.level) if by.may("organisations.appoint", code) else [],
            "breadcrumbs": chain_crumbs(by, here, _("Vacancies")),
        },
    )


def _above(rows: list[Any]) -> dict[str, str]:
    wanted = {row.place_code[:size] for row in rows for size in (9, 12, 15, 18)}
    return dict(current().filter(code__in=wanted).values_list("code", "name"))
