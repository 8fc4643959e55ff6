"""What duties offer to the other rooms: panel, today's items, facts, invariants."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connections
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.registries import Invariant, NavItem, Panel, Right, SearchHit, TodayItem
from fangxian.core import rules as core_rules
from fangxian.core import sunset
from fangxian.field.actions import duty_ends
from fangxian.field.actions.gates import LOG, RECORD, WATCH
from fangxian.field.actions.planning import PLAN
from fangxian.field.duties import exporting, figures, phones, posts, queries, rules
from fangxian.regions.queries import called

RIGHTS = (
    Right(WATCH, _("See gates, rounds, disinfection and publicity")),
    Right(LOG, _("See who passed gates"), personal=True),
    Right(RECORD, _("Record at gates, on rounds, disinfection and outreach"), personal=True),
    Right(PLAN, _("Set up gates, rounds and messages")),
)
PANEL_ROUNDS = 10


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    core_rules.register_validator(rules.NAME, rules.check)
    phones.register_entities()
    phones.register_sources()
    posts.register()
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    duties = NavItem(_("Gates and rounds"), "field:duties", WATCH, "lock")
    registries.navigation.register("field.duties", duties, order=42)
    registries.panels.register(
        "field.duties", Panel(_("Gates and rounds"), WATCH, _panel), order=25
    )
    registries.today.register("field.duties", _today, order=25)
    registries.search.register("field.duties", _search, order=65)
    registries.invariants.register(
        "field.duties", Invariant(_("records of duty lie where their gate or point lies"), lying)
    )
    exporting.register()
    sunset.endings.register("field.duties", duty_ends.end_with_emergency, order=10)
    logs = sunset.Removal(duty_ends.count_logs, duty_ends.forget_logs)
    sunset.hooks.register("field.duties", logs)


def _panel(request: HttpRequest, by: Actor, code: str) -> str:
    found = figures.figures(code, timezone.localdate())
    may_plan = by.may(PLAN, code)
    if not (found.anything or may_plan):
        return ""
    context = {
        "figures": found,
        "place": code,
        "today": True,
        "may_plan": may_plan,
        "rounds": found.behind(PANEL_ROUNDS),
    }
    return render_to_string("field/_duties_panel.html", context, request)


def _today(by: Actor) -> list[TodayItem]:
    """Rounds with points that are missed by now, where there are rounds."""
    if not by.may(WATCH):
        return []
    hours = queries.hours_at(by.area)
    if not hours:
        return []
    missed = queries.missed_at(by.area, hours=hours)
    url = reverse("field:round", args=[next(iter(missed))]) if len(missed) == 1 else ""
    return [
        TodayItem(
            "uncovered",
            _("Rounds with missed points"),
            len(missed),
            url or reverse("field:rounds"),
            "bad" if missed else "ok",
            unit="round",
        )
    ]


def _search(by: Actor, text: str, limit: int) -> list[SearchHit]:
    """Gates and rounds by name."""
    wanted = text.replace("\x00", "").strip()
    if not by.may(WATCH) or not wanted:
        return []
    rounds = list(queries.rounds_at(by.area).filter(name__icontains=wanted)[:limit])
    gates = queries.gates_at(by.area).filter(name__icontains=wanted)
    found = list(gates[:limit])
    places = called({one.place_code for one in [*rounds, *found]})
    hits = [
        SearchHit(
            _("Gates"), one.name, reverse("field:gate", args=[one.id]), places[one.place_code]
        )
        for one in found
    ]
    hits += [
        SearchHit(
            _("Rounds"), one.name, reverse("field:round", args=[one.id]), places[one.place_code]
        )
        for one in rounds
    ]
    return hits[:limit]


_LYING = """
SELECT 'gate entry', e.id FROM field_gateentry e JOIN field_gate g ON g.id = e.gate_id
WHERE e.place_code <> g.place_code
UNION ALL
SELECT 'check', c.id FROM field_roundcheck c JOIN field_point p ON p.id = c.point_id
WHERE c.place_code <> p.place_code
UNION ALL
SELECT 'point', p.id FROM field_point p JOIN field_round r ON r.id = p.round_id
WHERE p.place_code <> r.place_code
LIMIT 100
"""


def lying() -> Iterator[str]:
    """Whatever was redrawn, records lie where what they are of lies."""
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(_LYING)
        for kind, key in cursor.fetchall():
            yield f"{kind} {key} lies elsewhere than what it belongs to"
