"""What core registers: rights, navigation, today's items, invariants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.accounts import alerts, looks
from fangxian.accounts.models import Grant, SecurityAlert
from fangxian.common import codes, registries
from fangxian.common.actor import Actor
from fangxian.common.registries import Invariant, NavItem, Right, TodayItem, Tool, Upload
from fangxian.common.scoping import current_actor
from fangxian.core import counters, escalation, invariants, queries, rules
from fangxian.core.messages import ENDPOINTS, IN_APP, Template, templates


def _task_url(context: dict[str, Any]) -> str:
    return reverse("core:task", args=[context["task"]])


def _tasks_url(_context: dict[str, Any]) -> str:
    return reverse("core:tasks") + "?late=1"


def _job_url(context: dict[str, Any]) -> str:
    return reverse("core:job", args=[context["job"]])


RIGHTS = [
    Right("core.task", _("See and do tasks")),
    Right("core.task_assign", _("Hand over and cancel tasks")),
    Right("core.files", _("Read files"), personal=True),
    Right("core.jobs", _("See and stop the jobs of others")),
    Right("core.imports", _("See imports"), personal=True),
    Right("core.emergency", _("Begin and change emergencies")),
    Right("core.emergency_end", _("End emergencies and destroy their data")),
    Right("core.rules", _("Add versions of rules")),
    Right("core.outbox", _("See undelivered messages and keep endpoints")),
    Right("core.purge", _("Remove what is no longer kept")),
]


NAVIGATION_FROM = 60
NAVIGATION = {
    "core.tasks": NavItem(_("Tasks"), "core:tasks", "core.task", "task"),
    "core.imports": NavItem(_("Imports"), "core:imports", "core.imports", "upload"),
    "core.emergencies": NavItem(_("Emergencies"), "core:emergencies", "core.task", "warn"),
    "core.rules": NavItem(_("Rules"), "core:rules", "core.rules", "list"),
    "core.outbox": NavItem(_("Outbox"), "core:outbox", "core.outbox", "inbox"),
}
INVARIANTS = {
    "core.counters": Invariant(_("counters add up"), invariants.counters_add_up),
    "core.imports": Invariant(_("rows in = accepted + rejected"), invariants.imports_add_up),
    "core.files": Invariant(_("files are whole"), invariants.files_are_whole),
    "core.keys": Invariant(_("keys match emergencies"), invariants.keys_match_emergencies),
    "core.jobs": Invariant(_("jobs are alive"), invariants.jobs_are_alive),
    "core.epoch": Invariant(_("one server epoch"), invariants.one_epoch),
}
TEMPLATES = {
    "core.task_assigned": Template(_("A task was handed to you."), _task_url),
    "core.tasks_assigned": Template(
        _("%(count)s tasks were handed to you."), lambda _context: reverse("core:tasks")
    ),
    "core.tasks_anew": Template(
        _("%(count)s overdue tasks ask for more than before and have a new date."),
        lambda _context: reverse("core:tasks"),
    ),
    "core.task_escalated": Template(
        _("%(count)s tasks were not done in time and are now yours to settle."), _tasks_url
    ),
    # To no account (its holders are told of their own), to the duty groups.
    "core.tasks_late": Template(
        _("%(count)s tasks were not done in time and went up one level."), _tasks_url, ENDPOINTS
    ),
    "core.ending_late": Template(
        _(
            "An emergency ended over an hour ago, but an error keeps what it left behind from"
            " being removed. It is tried again each minute; tell who runs the system."
        ),
        lambda context: reverse("core:emergency", args=[context["emergency"]]),
        (IN_APP, *ENDPOINTS),
    ),
    "core.job_ended": Template(_("A job you started has ended."), _job_url),
    "core.security_alert": Template(
        _("A security alert waits to be settled."),
        lambda _context: reverse("accounts:alerts"),
        (IN_APP, *ENDPOINTS),
    ),
}


def _today(by: Actor) -> list[TodayItem]:
    """Imports that wait for a check, messages that are unread."""
    items = []
    if by.may("core.imports"):
        from fangxian.core.models import ImportRun, ImportState

        ready = ImportRun.objects.filter(state=ImportState.READY, user_id=by.user_id).count()
        if ready:
            label = _("Imports to be checked")
            items.append(TodayItem("due", label, ready, reverse("core:imports"), unit="import"))
    unread = queries.unread_count(by)
    if unread:
        label = _("Unread notifications")
        items.append(
            TodayItem("changed", label, unread, reverse("core:notifications"), unit="message")
        )
    return items


def _tell_of_alert(alert: SecurityAlert) -> None:
    """Tell who works on security alerts where the account works, and the duty groups.

    An alert of no account is told to all: an installation may have nobody above its counties.
    """
    from fangxian.core.actions import announce
    from fangxian.core.runner import system_actor

    above = codes.ancestors(alert.area, include_self=True)
    there = Q(region__code__in=above)
    if alert.user_id is None:
        there |= Q(region__code__startswith=alert.area)
    who = (
        Grant.objects.in_force()
        .filter(
            Q(region=None) | there & Q(region__valid_to=None),
            role__rights__contains=["accounts.alerts"],
        )
        .order_by("user_id")
        .values_list("user_id", flat=True)
    )
    announce(
        by=current_actor() or system_actor("core.alerts"),
        # Nobody settles what he is the cause of.
        user_ids=[user_id for user_id in who if user_id != alert.user_id],
        template="core.security_alert",
        context={"alert": str(alert.id)},
    )


def _task_titles(ids: set[UUID]) -> dict[UUID, str]:
    from fangxian.core.models import Task

    return {task.id: str(task) for task in Task.objects.filter(id__in=ids)}


def _task_known(task_id: UUID) -> bool:
    from fangxian.core.models import Task

    return Task.objects.filter(id=task_id).exists()


def _keep(by: Actor, upload: Upload) -> None:
    """Keep what a room above took in as a file, for as long as ledgers are kept."""
    from fangxian.core.actions import emit, store_file
    from fangxian.core.imports import KEPT_DAYS

    file = store_file(
        by=by,
        data=upload.data,
        name=upload.name[:200],
        media_type=upload.media_type,
        place_code=upload.place_code,
        keep_until=timezone.localdate() + timedelta(days=KEPT_DAYS),
        right=upload.right,
    )
    data = {"file": str(file.id)}
    emit(by=by, kind="core.file_kept", place_code=file.place_code, op_id=file.id, data=data)


def _after_redraw(by: Actor, code: str) -> None:
    from fangxian.core.models import Emergency, Measure
    from fangxian.regions.models import Region

    # Global tables have no place column that a redraw rewrites: they follow their region.
    now = Region.objects.filter(id=OuterRef("region_id")).values("code")
    begun = Emergency.objects.filter(ended_on=None)
    in_force = Measure.objects.filter(lifted_at=None, region_id__isnull=False)
    for rows in (begun, in_force):
        rows.exclude(place_code=Subquery(now)).update(place_code=Subquery(now))


def register() -> None:
    from fangxian.core import facts

    facts.register()
    from fangxian.core import sunset

    rules.register_validator(escalation.RULE, escalation.check)
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    for name, invariant in INVARIANTS.items():
        registries.invariants.register(name, invariant)
    for order, (name, item) in enumerate(NAVIGATION.items()):
        registries.navigation.register(name, item, order=NAVIGATION_FROM + order)
    registries.tools.register(
        "core.notifications",
        Tool(_("Notifications"), "core:notifications", "bell", queries.unread_count),
    )
    registries.today.register("core", _today)
    alerts.followers.register("core", _tell_of_alert)
    looks.tasks.register("core", looks.Tasks(_task_known, _task_titles))
    registries.keepers.register("core.files", _keep)
    removal = sunset.Removal(sunset.rows_of_imports, sunset.end_imports)
    sunset.hooks.register("core.imports", removal)
    registries.after_redraw.register("core.emergencies", _after_redraw, order=900)
    registries.after_recode.register("core.counters", counters.move)
    for name, template in TEMPLATES.items():
        templates.register(name, template)
