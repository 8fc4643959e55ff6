"""What aid offers to the other rooms: rights, navigation, panel, today's items, facts, tasks."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.registries import Invariant, NavItem, Panel, Right, SearchHit, TodayItem
from fangxian.core import ledgers
from fangxian.core import rules as core_rules
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.mobilise.aid import importing, invariants, merging, queries, raising, rules
from fangxian.mobilise.aid.actions import KEEP, VIEW
from fangxian.mobilise.models import AidBatch
from fangxian.mobilise.queries import inside
from fangxian.people.references import Reference, references

RULES = Path(__file__).parent.parent / "data" / "aid_rules.json"
RIGHTS = (
    Right(VIEW, _("See aid deployments; report of those that one leads"), personal=True),
    Right(KEEP, _("Keep aid deployments, their members and their return"), personal=True),
)
TASKS = (
    (raising.REPORT, _("Progress of an aid batch")),
    (raising.RETURN, _("Return of an aid batch")),
    (raising.QUARANTINE, _("Quarantine after return")),
)


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    core_rules.register_shipped(RULES)
    core_rules.register_validator(rules.NAME, rules.check)
    for n, ledger in enumerate(importing.LEDGERS):
        ledgers.register(ledger, order=121 + n)
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    registries.navigation.register(
        "mobilise.aid", NavItem(_("Aid deployments"), "mobilise:aid", VIEW, "external"), order=39
    )
    registries.panels.register("mobilise.aid", Panel(_("Aid deployments"), VIEW, _panel), order=25)
    registries.today.register("mobilise.aid", _today, order=25)
    registries.search.register("mobilise.aid", _search, order=65)
    for kind, words in TASKS:
        task_kinds.register(kind, TaskKind(words, raising.page_of, by_hand=False))
    registries.invariants.register(
        "mobilise.aid",
        Invariant(
            _("members, days and quarantines of aid lie with their batch"), invariants.told_apart
        ),
    )
    references.register(
        "mobilise.aid_members",
        Reference(
            "mobilise.AidMember",
            settle=merging.settle_members,
            reopen=merging.reopen_members,
        ),
    )
    references.register("mobilise.family_contacts", Reference("mobilise.FamilyContact"))
    references.register("mobilise.aid_liaisons", Reference("mobilise.AidBatch", field="liaison_id"))


def _panel(request: HttpRequest, by: Actor, code: str) -> str:
    if not inside(AidBatch.objects.all(), code).exists():
        return ""
    context = {
        "place": code,
        "away": queries.out(code),
        "quarantined": queries.in_quarantine(code).count(),
        "person_times": queries.person_times(code),
        "totals": queries.sums(code, rules.aid_rules()),
    }
    return render_to_string("mobilise/_aid_panel.html", context, request)


def _today(by: Actor) -> list[TodayItem]:
    """For who keeps the batches all that is late; for who leads one the days that are missing."""
    if not by.may(VIEW):
        return []
    keeps = by.may(KEEP)
    running = queries.running(by.area) if keeps else list(queries.led_by(by))
    found: list[TodayItem] = []
    if not running:
        return found
    url = reverse("mobilise:aid")
    lacking = queries.missing(running)
    days = sum(len(some) for some in lacking.values())
    first = next(iter(lacking), running[0].id)
    found.append(
        TodayItem(
            "due",
            _("Days of aid batches without progress"),
            days,
            reverse("mobilise:aid_report", args=[first]),
            "warn" if days else "ok",
        )
    )
    if keeps:
        late = len(queries.overdue(running))
        if late:
            found.append(
                TodayItem(
                    "due", _("Aid batches that should be back"), late, url, "bad", unit="item"
                )
            )
        unplaced = len(queries.without_place([one.id for one in running]))
        if unplaced:
            found.append(
                TodayItem(
                    "due",
                    _("Aid batches with a quarantine without place"),
                    unplaced,
                    url,
                    "warn",
                    unit="item",
                )
            )
    return found


def _search(by: Actor, text: str, limit: int) -> list[SearchHit]:
    """Batches by name."""
    wanted = text.replace("\x00", "").strip()
    if not by.may(VIEW) or not wanted:
        return []
    rows = AidBatch.objects.filter(name__icontains=wanted).order_by("-from_date", "id")[:limit]
    return [
        SearchHit(
            _("Aid deployments"),
            one.title,
            reverse("mobilise:aid_batch", args=[one.id]),
            str(one.get_state_display()),
        )
        for one in rows
    ]
