"""What core registers: rights, navigation, today's items, invariants."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.registries import Right

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


def register() -> None:
    for right in RIGHTS:
        registries.rights.register(right.name, right)
