"""Figures of pages: what a day, a sweep or a kind narrows, so that they open to their rows."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.facts import Filter, Measure
from fangxian.field import queries
from fangxian.field.models import Target

_SWEEPS = _("sweeps and visits")
_DUTIES = _("gates, rounds, disinfection, publicity")
_TIMES = pgettext_lazy("unit", "times")


def _told(*more: Filter) -> Callable[[Actor, str, str], tuple[Filter, ...]]:
    """Publicity of today; ``which``: of one kind."""

    def filters(_by: Actor, _place: str, which: str) -> tuple[Filter, ...]:
        of_kind = (Filter("kind", "is", which),) if which else ()
        return (Filter("at", "since", "1"), *of_kind, *more)

    return filters


def _sent_on(_by: Actor, _place: str, which: str) -> tuple[Filter, ...]:
    """``which``: sweep, day and level, with commas; without it all of today."""
    campaign, day, level = (*which.split(",", 2), "", "")[:3]
    return (
        *((Filter("campaign", "is", campaign),) if campaign else ()),
        Filter("day", "is", day or "today"),
        *((Filter("level", "is", level),) if level else ()),
        Filter("closing", "is", "no"),
        Filter("sent_at", "filled"),
    )


def _recent(_by: Actor, _place: str, which: str) -> tuple[Filter, ...]:
    """``which``: the id of one sweep alone."""
    of_sweep = (Filter("campaign", "is", which),) if which else ()
    return (Filter("visited_at", "since", "2"), *of_sweep)


def _running(place: str) -> Filter:
    return Filter("campaign", "in", [str(one.id) for one in queries.running(place)])


def _to_revisit(by: Actor, _place: str, _which: str) -> tuple[Filter, ...] | None:
    running = _running(by.area)
    if not running.value:
        return None
    return (
        running, Filter("state", "is", Target.State.OPEN.value), Filter("visits", "from", "1"),
        Filter("due_on", "to", "today"),
    )  # fmt: skip


def _owed(by: Actor, _place: str, which: str) -> tuple[Filter, ...] | None:
    """``which``: the place that owes them, those of places below it left out."""
    running = _running(by.area)
    if not running.value:
        return None
    own = (Filter("place_code", "is", which),) if which else ()
    return (running, *own, Filter("day", "to", "today"), Filter("sent_at", "empty"))


MEASURES = (
    Measure("field.people_told_so", _("People reached today in one way"),
            _("People reached today by publicity of one kind."), "field.outreach",
            pgettext_lazy("unit", "persons"), _told(), sums="people", source=_DUTIES,
            as_of=_("today")),
    Measure("field.outreach", _("Times of publicity today"),
            _("How often something was told, talked over, answered or dispersed today."),
            "field.outreach", _TIMES, _told(), source=_DUTIES, as_of=_("today")),
    Measure("field.outreach_done", _("Publicity today that came to what was meant"),
            _("Publicity of today whose outcome is what was meant by it."),
            "field.outreach", _TIMES, _told(Filter("done", "is", "yes")), source=_DUTIES,
            as_of=_("today")),
    Measure("field.visits_recent", _("Visits since yesterday"),
            _("Visits made yesterday and today, in vain too."), "field.visits", _TIMES, _recent,
            source=_SWEEPS, as_of=_("today")),
    Measure("field.reports_sent", _("Daily reports sent"),
            _("Daily reports of a day that are sent, closing reports left out."),
            "field.reports", "", _sent_on, source=_SWEEPS, as_of=_("as it is now")),
    Measure("field.revisits_due", _("Households to go to again"),
            _("Households of running sweeps visited in vain whose day to come back is there."),
            "field.targets", pgettext_lazy("unit", "households"), _to_revisit, source=_SWEEPS,
            as_of=_("today")),
    Measure("field.reports_owed", _("Daily reports to send"),
            _("Daily reports of running sweeps up to today that aren't sent."),
            "field.reports", "", _owed, source=_SWEEPS, as_of=_("today")),
)  # fmt: skip
