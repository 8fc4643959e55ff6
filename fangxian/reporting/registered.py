"""What the room registers: rights, navigation, rules, jobs, facts."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.registries import NavItem, Right
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.messages import Template, templates
from fangxian.core.models import Task
from fangxian.core.rules import register_validator
from fangxian.reporting import rules

VIEW = "reporting.view"
EXPORT = "reporting.export"
APPROVE = "reporting.approve"
DRAFT = "reporting.draft"
ISSUE = "reporting.issue"
TEMPLATES = "reporting.templates"
TASK = "reporting.approve"
FILL = "reporting.fill"
READ = "reporting.read"

RIGHTS = (
    Right(VIEW, _("Open ledgers and figures")),
    Right(EXPORT, _("Take ledgers away as files, fill templates of offices"), personal=True),
    Right(APPROVE, _("Approve large exports")),
    Right(DRAFT, _("Draft bulletins and notices")),
    Right(ISSUE, _("Review and issue bulletins and notices")),
    Right(TEMPLATES, _("Write templates of bulletins and notices")),
)


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    from fangxian.reporting import facts, jobs  # noqa: F401  (jobs register themselves)

    for right in RIGHTS:
        registries.rights.register(right.name, right)
    registries.navigation.register(
        "reporting", NavItem(_("Ledgers"), "reporting:start", VIEW, "list"), order=45
    )
    register_validator(rules.NAME, rules.check)
    for name, text in (
        ("export_approved", _("Your export %(number)s is approved: make the file.")),
        ("export_refused", _("Your export %(number)s is refused: open it for the reason.")),
        ("ledger_written", _("The ledger “%(name)s” is written: %(rows)s rows. %(changes)s")),
        (
            "ledger_standing",
            _("The ledger “%(name)s” was written under your approval: %(rows)s rows."),
        ),
        (
            "ledger_waits",
            _("The ledger “%(name)s” waits for approval: %(rows)s rows. %(changes)s"),
        ),
    ):
        templates.register(name, Template(text))
    task_kinds.register(TASK, TaskKind(_("Approve a large export"), _taking_url, by_hand=False))
    facts.register()


def _taking_url(task: Task) -> str:
    return reverse("reporting:taking", args=[task.object_id])
