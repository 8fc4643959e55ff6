"""What the room offers of organisations that come and go: called by ``registered.register``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common import codes, registries
from fangxian.common.actor import Actor
from fangxian.common.registries import Fact, Invariant, Panel, SearchHit, TodayItem
from fangxian.core import rules as core_rules
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.models import Task
from fangxian.organisations import invariants, merging, temporary_rules, units
from fangxian.organisations.actions import temporary
from fangxian.organisations.models import Secondment, TemporaryUnit
from fangxian.people.references import Reference, references

VIEW = "organisations.view"
# After the memberships, on which secondments hang.
LAST = 201
HITS = 5
SHOWN = 20


def register() -> None:
    """Fill the registries."""
    core_rules.register_validator(temporary_rules.TEMPORARY, temporary_rules.check)
    for kind, label in (
        (temporary.DECIDE, gettext_lazy("Temporary unit to decide about")),
        (temporary.RETURNED, gettext_lazy("Temporary unit sent back")),
    ):
        task_kinds.register(kind, TaskKind(label, unit_url, by_hand=False))
    registries.panels.register(
        "organisations.coming",
        Panel(gettext_lazy("Temporary units"), VIEW, place_panel),
        order=21,
    )
    registries.today.register("organisations.coming", today, order=42)
    registries.search.register("organisations.units", find, order=31)
    references.register(
        "organisations.secondments",
        Reference("organisations.Secondment", clashes=merging.same_secondments),
        order=LAST,
    )
    for fact in FACTS:
        registries.facts.register(fact.name, fact)
    for name, invariant in INVARIANTS.items():
        registries.invariants.register(name, invariant)


def unit_url(task: Task) -> str:
    """The unit that a task is about."""
    return reverse("organisations:unit", args=[task.object_id])


def place_panel(request: HttpRequest, by: Actor, place_code: str) -> str:
    """The temporary units that stand at a place or below it, on its page."""
    found = units.running(place_code)
    context = {"units": list(found[:SHOWN]), "count": found.count()}
    if not context["count"]:
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


def today(by: Actor) -> Sequence[TodayItem]:
    """Units to decide about, units whose term ends soon: in the actor's area."""
    if not by.may(VIEW) or not by.area:
        return []
    items = []
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
            items.append(TodayItem("due", label, count, f"{url}?state=standing", unit="item"))
    return items


def _standing(by: Actor, code: str) -> int:
    return units.running(code).count()


def _seconded(by: Actor, code: str) -> int:
    lo, hi = codes.bounds(code)
    rows = Secondment.objects.filter(place_code__gte=lo, place_code__lt=hi, member__to_date=None)
    return rows.exclude(member=None).count()


def _waiting(by: Actor, code: str) -> int:
    lo, hi = codes.bounds(code)
    rows: Any = TemporaryUnit.objects.filter(place_code__gte=lo, place_code__lt=hi)
    return int(rows.filter(state="proposed").count())


FACTS = (
    Fact(
        "organisations.temporary_units",
        gettext_lazy("Temporary units"),
        "organisations",
        read=_standing,
    ),
    Fact(
        "organisations.seconded",
        gettext_lazy("Members who serve in temporary units"),
        "organisations",
        gettext_lazy("persons"),
        read=_seconded,
    ),
    Fact(
        "organisations.proposed_units",
        gettext_lazy("Temporary units that wait for a decision"),
        "organisations",
        read=_waiting,
    ),
)
INVARIANTS = {
    "organisations.seconded": Invariant(
        gettext_lazy("who serves in a temporary unit is a member at home"), invariants.seconded
    ),
}
