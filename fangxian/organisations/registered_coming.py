"""What the room offers of organisations that come and go: called by ``registered.register``."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.registries import Invariant, NavItem, Panel, SearchHit, TodayItem
from fangxian.core import messages, sunset
from fangxian.core import rules as core_rules
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.messages import Template
from fangxian.core.models import Task
from fangxian.organisations import (
    ending,
    invariants,
    lacking,
    merging,
    reporting,
    reporting_rules,
    standing,
    standing_rules,
    temporary_rules,
    together,
    together_rules,
    units,
)
from fangxian.organisations.actions import reporting as reporting_actions
from fangxian.organisations.actions import temporary
from fangxian.organisations.actions.items import CLAIM
from fangxian.people.references import Reference, references

VIEW = "organisations.view"
# After the memberships, on which secondments hang.
LAST = 201
BEFORE_MEMBERS = 199
HITS = 5
SHOWN = 20
TEMPLATES = {
    ending.FOUNDED: gettext_lazy("The temporary unit “%(name)s” was founded."),
    ending.DISSOLVED: gettext_lazy(
        "The temporary unit “%(name)s” was dissolved: its people are back where they come from."
    ),
    reporting_actions.RECEIVED: gettext_lazy("%(place)s has received you: its lists are open."),
    reporting_actions.GIVEN: gettext_lazy("%(place)s has given its quarterly feedback on you."),
    "organisations.claim_asked": gettext_lazy("%(name)s wants to take on “%(item)s”: confirm it."),
    "organisations.claim_confirmed": gettext_lazy(
        "The community confirms: you take on “%(item)s”."
    ),
    "organisations.claim_declined": gettext_lazy("The community gives “%(item)s” to others."),
    "organisations.claim_taken_back": gettext_lazy("%(name)s gives “%(item)s” back: it is open."),
}


def register() -> None:
    """Fill the registries."""
    core_rules.register_validator(temporary_rules.TEMPORARY, temporary_rules.check)
    core_rules.register_validator(standing_rules.STANDING, standing_rules.check)
    core_rules.register_validator(together_rules.TOGETHER, together_rules.check)
    core_rules.register_validator(reporting_rules.REPORTING, reporting_rules.check)
    for kind, label in (
        (temporary.DECIDE, gettext_lazy("Temporary unit to decide about")),
        (temporary.RETURNED, gettext_lazy("Temporary unit sent back")),
        (temporary.ENDING, gettext_lazy("Temporary unit whose emergency has ended")),
    ):
        task_kinds.register(kind, TaskKind(label, unit_url, by_hand=False))
    for name, words in TEMPLATES.items():
        messages.templates.register(name, Template(words))
    sunset.endings.register("organisations.units", ending.end_with_emergency, order=11)
    registries.navigation.register(
        "organisations.own_items",
        NavItem(gettext_lazy("Items for our unit"), "organisations:own_items", CLAIM, "check"),
        order=47,
    )
    registries.panels.register(
        "organisations.coming",
        Panel(gettext_lazy("Temporary units, alliances, pairing"), VIEW, place_panel),
        order=21,
    )
    registries.today.register("organisations.coming", today, order=42)
    registries.search.register("organisations.units", find, order=31)
    registries.search.register("organisations.alliances", find_alliances, order=32)
    references.register(
        "organisations.secondments",
        Reference(
            "organisations.Secondment",
            settle=merging.settle_secondments,
            reopen=merging.reopen_secondments,
        ),
        order=BEFORE_MEMBERS,
    )
    references.register(
        "organisations.reports_in",
        Reference(
            "organisations.ReportIn",
            clashes=merging.same_reports,
            settle=merging.settle_reports,
            reopen=merging.reopen_reports,
        ),
        order=LAST,
    )
    for kind, label in (
        (lacking.RECEIVE, gettext_lazy("Reported in, to be received")),
        (lacking.FEEDBACK, gettext_lazy("Quarterly feedback on who reported in")),
    ):
        task_kinds.register(
            kind, TaskKind(label, reporting_url, by_hand=False, words=lacking.task_words)
        )
    for name, invariant in INVARIANTS.items():
        registries.invariants.register(name, invariant)


def unit_url(task: Task) -> str:
    """The unit that a task is about."""
    return reverse("organisations:unit", args=[task.object_id])


def reporting_url(task: Task) -> str:
    """Who reported in to the community of a task."""
    return reverse("organisations:reporting", args=[task.place_code])


def place_panel(request: HttpRequest, by: Actor, place_code: str) -> str:
    """Units that stand at a place or below it, its alliances, who is paired with it."""
    found = units.running(place_code)
    context = {
        "units": list(found[:SHOWN]),
        "count": found.count(),
        "alliances": list(together.alliances_in(place_code)[:SHOWN]),
        "pairings": list(together.pairings_at(place_code)[:SHOWN]),
    }
    if not any(context.values()):
        return ""
    return render_to_string("organisations/_coming.html", context, request=request)


def find(by: Actor, text: str, limit: int) -> Sequence[SearchHit]:
    """Hits of the search box among units that are not founded; founded ones are organisations."""
    if not by.may(VIEW) or len(text.strip()) < 2:
        return []
    rows = units.units_in(by.area).filter(name__icontains=text.strip(), organisation=None)
    return [
        SearchHit(
            group=_("Temporary units"),
            label=row.name,
            url=reverse("organisations:unit", args=[row.id]),
            detail=f"{row.kind} {row.place.name}",
        )
        for row in rows[: min(limit, HITS)]
    ]


def find_alliances(by: Actor, text: str, limit: int) -> Sequence[SearchHit]:
    """Hits of the search box among alliances."""
    if not by.may(VIEW) or len(text.strip()) < 2:
        return []
    rows = together.alliances_in(by.area).filter(name__icontains=text.strip())
    return [
        SearchHit(
            group=_("Alliances"),
            label=row.name,
            url=reverse("organisations:alliance", args=[row.id]),
            detail=row.place.name,
        )
        for row in rows[: min(limit, HITS)]
    ]


def today(by: Actor) -> Sequence[TodayItem]:
    """Units to decide about, units whose term ends soon: in the actor's area."""
    if not by.may(VIEW) or not by.area:
        return []
    items: list[TodayItem] = []
    url = reverse("organisations:units")
    if by.may(units.APPROVE):
        count = units.to_decide(by).count()
        if count:
            label = _("Temporary units to decide about")
            items.append(
                TodayItem("due", label, count, f"{url}?state=proposed", tone="warn", unit="item")
            )
    if by.may("organisations.edit"):
        count = units.ending(by.area).count()
        if count:
            label = _("Temporary units whose term ends soon")
            items.append(
                TodayItem(
                    "due",
                    label,
                    count,
                    f"{url}?state=standing",
                    unit="item",
                    figure="organisations.units_ending",
                )
            )
        count = len(standing.unfit(standing.bodies_in(by.area)))
        if count:
            label = _("Party bodies that do not fit the rules")
            tree = reverse("organisations:tree") + "?state=unfit"
            items.append(TodayItem("due", label, count, tree, unit="item"))
        late = together.late_tasks(by.area)
        first = late.order_by("due", "id").first()
        if first is not None:
            label = _("Shared tasks of alliances that are late")
            url = reverse("organisations:alliance", args=[first.alliance_id])
            items.append(TodayItem("due", label, late.count(), url, tone="warn", unit="item"))
    return [*items, *_reporting_today(by)]


def _reporting_today(by: Actor) -> Sequence[TodayItem]:
    """Who is to be received, and feedback that is missing or late."""
    if not by.may("organisations.edit") or len(by.area) > Level.VILLAGE:
        return []
    items = []
    url = reverse("organisations:reporting", args=[by.area])
    count = reporting.to_receive(by.area).count()
    if count:
        label = _("Reported in, to be received")
        figure = "organisations.to_receive"
        items.append(TodayItem("due", label, count, url, unit="item", figure=figure))
    missing = reporting.missing_feedback(by.area)
    if missing:
        rules, day = reporting_rules.reporting_rules(), timezone.localdate()
        late = sum(reporting.due_on(one.quarter, rules) < day for one in missing)
        label = _("Quarterly feedback on who reported in")
        detail = _("%(late)d of them overdue") % {"late": late} if late else ""
        tone = "warn" if late else "neutral"
        items.append(
            TodayItem("due", label, len(missing), url, tone=tone, detail=detail, unit="item")
        )
    return items


INVARIANTS = {
    "organisations.seconded": Invariant(
        gettext_lazy("who serves in a temporary unit is a member at home"), invariants.seconded
    ),
    "organisations.pairings": Invariant(
        gettext_lazy("a unit paired with its community is linked with it"), invariants.unlinked
    ),
}
