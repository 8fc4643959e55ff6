"""What the room offers to the others: rights, navigation, tasks, today's items, facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.registries import NavItem, Right, SearchHit, TodayItem
from fangxian.core import rules as core_rules
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.models import Task
from fangxian.people.models import Person
from fangxian.people.references import Reference, person_changed, references
from fangxian.surveillance import facts, queries, rules
from fangxian.surveillance.actions.cards import REPORT, TASK, VERIFY
from fangxian.surveillance.models import ReportCard

VIEW = "surveillance.view"
RIGHTS = (
    Right(VIEW, _("See reports of diseases"), personal=True),
    Right(REPORT, _("Report cases of diseases, revise and withdraw reports"), personal=True),
    Right(VERIFY, _("Verify reports of diseases"), personal=True),
)
LATE_DAYS = 7


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    core_rules.register_validator(rules.DISEASES, rules.check_diseases)
    core_rules.register_validator(rules.REPORTS, rules.check_reports)
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    entry = NavItem(_("Diseases"), "surveillance:cards", VIEW, "chart")
    registries.navigation.register("surveillance", entry, order=44)
    task_kinds.register(
        TASK, TaskKind(_("Verification of a report card"), _card_url, by_hand=False)
    )
    registries.today.register("surveillance", _today, order=28)
    registries.search.register("surveillance", _search, order=66)
    person_changed.register("surveillance", _follow)
    references.register("surveillance.cards", Reference("surveillance.ReportCard"))
    facts.register()


def _card_url(task: Task) -> str:
    return reverse("surveillance:card", args=[task.object_id])


def _today(by: Actor) -> list[TodayItem]:
    """Cards to verify, and those of the last days that were reported late."""
    if not by.may(VIEW):
        return []
    first = timezone.localdate() - dt.timedelta(days=LATE_DAYS - 1)
    since = timezone.make_aware(dt.datetime.combine(first, dt.time.min))
    counts = queries.waiting_and_late(by.area, since)
    url = reverse("surveillance:cards")
    items = []
    if by.may(VERIFY) and counts["waiting"]:
        items.append(
            TodayItem(
                "due", _("Report cards to verify"), counts["waiting"], f"{url}?show=open", "warn",
                unit="report", figure="surveillance.cards_open",
            )
        )  # fmt: skip
    if counts["late"]:
        label = _("Cases reported after the deadline, in %(days)d days") % {"days": LATE_DAYS}
        items.append(
            TodayItem(
                "changed", label, counts["late"], f"{url}?show=late", "warn", unit="report",
                figure="surveillance.cards_late",
            )
        )  # fmt: skip
    return items


def _search(by: Actor, text: str, limit: int) -> list[SearchHit]:
    """Cards by number."""
    if not by.may(VIEW) or len(text.strip()) < 6:
        return []
    found = queries.cards_at(by.area).filter(number=text.strip().upper())
    return [
        SearchHit(_("Report cards"), one.number, reverse("surveillance:card", args=[one.id]))
        for one in found[:limit]
    ]


def _follow(_by: Actor, persons: Collection[UUID]) -> None:
    """Names that were copied follow those of the persons."""
    called = dict(Person.objects.filter(pk__in=persons).values_list("pk", "name"))
    rows = ReportCard.objects.filter(person_id__in=called)
    for row in rows:
        if row.name != called[row.person_id]:
            row.name = called[row.person_id]
            row.save(update_fields=["name"])
