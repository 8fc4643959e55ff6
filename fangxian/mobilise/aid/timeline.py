"""All that happened with a batch, in one line of time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from operator import attrgetter

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.common.history import history_of
from fangxian.common.ui import formats
from fangxian.mobilise.aid.queries import counted
from fangxian.mobilise.aid.rules import AidRules
from fangxian.mobilise.models import (
    AidBatch,
    AidCounter,
    AidDay,
    AidFigure,
    AidLeg,
    AidMember,
    AidQuarantine,
    AidThanks,
)
from fangxian.mobilise.rules import label

State = AidBatch.State


@dataclass(frozen=True)
class Event:
    """Something that happened, or (``ahead``) is to: on a day, at a time if one is known."""

    day: dt.date
    title: str
    text: str = ""
    time: dt.datetime | None = None
    ahead: bool = False
    rank: int = 0


def events(batch: AidBatch, rules: AidRules) -> list[Event]:
    """The time line of a batch, the latest first. Nobody is named in it. Eight queries."""
    found = [
        *_states(batch),
        *_legs(batch, rules),
        *_days(batch, rules),
        *_returns(batch),
        *_quarantines(batch),
        *_thanks(batch, rules),
    ]
    return sorted(found, key=attrgetter("day", "rank"), reverse=True)


def _states(batch: AidBatch) -> list[Event]:
    told = [Event(timezone.localdate(batch.created_at), str(State.PLANNED.label), batch.purpose)]
    if batch.left_on:
        told.append(Event(batch.left_on, _("Left"), rank=1))
    if batch.returned_on:
        told.append(Event(batch.returned_on, _("All are back"), rank=7))
    if batch.closed_on:
        told.append(Event(batch.closed_on, str(State.CLOSED.label), rank=9))
    if batch.state == State.CALLED_OFF:
        rows = history_of(AidBatch).objects.filter(pgh_obj_id=batch.id, state=State.CALLED_OFF)
        first = rows.order_by("pgh_id").first()
        moment = first.pgh_created_at if first else batch.created_at
        told.append(Event(timezone.localdate(moment), str(State.CALLED_OFF.label), rank=9))
    return told


def _legs(batch: AidBatch, rules: AidRules) -> list[Event]:
    now = timezone.now()
    return [
        Event(
            timezone.localdate(leg.departs_at),
            f"{leg.get_kind_display()} · {leg.origin} → {leg.target}",
            " · ".join(part for part in (label(rules.modes, leg.mode), leg.service) if part),
            time=leg.departs_at,
            ahead=leg.departs_at > now,
            rank=2,
        )
        for leg in AidLeg.objects.filter(batch=batch)
    ]


def _days(batch: AidBatch, rules: AidRules) -> list[Event]:
    counters = {row.id: counted(row, rules) for row in AidCounter.objects.filter(batch=batch)}
    figures: dict[object, list[str]] = {}
    rows = AidFigure.objects.filter(day__batch=batch, value__gt=0)
    for day, counter, value in rows.values_list("day_id", "counter_id", "value"):
        name, unit = counters[counter]
        figures.setdefault(day, []).append(f"{name} {formats.number(value)} {unit}".strip())
    told = []
    for row in AidDay.objects.filter(batch=batch):
        people = ngettext("%(n)d person at work", "%(n)d people at work", row.heads) % {
            "n": row.heads
        }
        done = figures.get(row.id, [_("nothing counted")])
        told.append(
            Event(row.day, people, " · ".join([*done, row.note] if row.note else done), rank=3)
        )
    return told


def _returns(batch: AidBatch) -> list[Event]:
    days = AidMember.objects.filter(batch=batch).exclude(returned_on=None)
    back = Counter(days.values_list("returned_on", flat=True))
    return [
        Event(day, ngettext("%(n)d person is back", "%(n)d people are back", n) % {"n": n}, rank=5)
        for day, n in back.items()
        if day is not None
    ]


def _quarantines(batch: AidBatch) -> list[Event]:
    today = timezone.localdate()
    rows = AidQuarantine.objects.filter(member__batch=batch)
    ends = Counter(one.last for one in rows.only("until", "ended_on", "member_id"))
    return [
        Event(
            day,
            _("Last day of quarantine"),
            ngettext("%(n)d person", "%(n)d people", n) % {"n": n},
            ahead=day >= today,
            rank=6,
        )
        for day, n in ends.items()
    ]


def _thanks(batch: AidBatch, rules: AidRules) -> list[Event]:
    return [
        Event(row.day, f"{label(rules.thanks, row.kind)} · {row.giver}", row.what, rank=8)
        for row in AidThanks.objects.filter(batch=batch)
    ]
