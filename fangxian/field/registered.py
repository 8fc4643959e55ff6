"""What this room offers to the others: rights, counters."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from fangxian.common.actor import Actor
from fangxian.common.registries import Right, rights
from fangxian.core import counters
from fangxian.field import targets
from fangxian.field.models import Campaign

RIGHTS = (
    Right("field.view", _("See sweeps and coverage")),
    Right("field.visit", _("Record visits"), personal=True),
    Right("field.exempt", _("Exempt households from a visit"), personal=True),
    Right("field.report", _("Send and correct daily reports")),
    Right("field.campaigns", _("Plan, start and close sweeps")),
    Right("field.forms", _("Make forms")),
)


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    for right in RIGHTS:
        rights.register(right.name, right)
    counters.sources.register("field.targets", counters.Source(targets.METRICS, _count))


def _count(_by: Actor, code: str) -> Iterator[counters.Row]:
    for campaign in Campaign.objects.exclude(state=Campaign.State.DRAFT):
        yield from targets.counted(campaign, code)
