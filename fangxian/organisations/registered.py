"""What this room offers to the others: rights, counters, what follows a redraw."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.registries import Right, after_redraw, rights
from fangxian.core import counters
from fangxian.organisations import vacancies
from fangxian.organisations.models import Vacancy
from fangxian.organisations.settling import settle

RIGHTS = (
    Right("organisations.view", _("See organisations and who answers where")),
    Right("organisations.edit", _("Change organisations and their members"), personal=True),
    Right("organisations.appoint", _("Name who answers for a place"), personal=True),
    Right("organisations.evidence", _("Attach evidence of the five ones")),
)


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    for right in RIGHTS:
        rights.register(right.name, right)
    counters.sources.register(
        "organisations.vacancies", counters.Source((vacancies.METRIC,), _count)
    )
    # Before the counters are counted anew (order 900): a new grid has nobody yet.
    after_redraw.register("organisations.vacancies", _after_redraw, order=200)


def _count(_by: Actor, code: str) -> Iterator[counters.Row]:
    lo, hi = codes.bounds(code)
    rows = Vacancy.objects.filter(place_code__gte=lo, place_code__lt=hi)
    for place_code, missing in rows.values_list("place_code").annotate(Sum("missing")):
        yield (vacancies.METRIC, vacancies.KEY, place_code, missing)


def _after_redraw(by: Actor, code: str) -> None:
    settle(by=by, area=code)
