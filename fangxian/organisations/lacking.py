"""Tasks for what a place lacks beside holders of its posts, or has too much of.

Of each community one for the items of the five ones that are missing and one for establishments
without a contact leader; of each place and role that more hold than the rules allow, one to end
what is too much. :func:`refresh` compares what is so with what is asked for and writes the
difference; running it twice changes nothing. As with vacancies only counties in use are asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_noop

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.core.actions import NewTask, close_tasks, open_tasks, restate_tasks
from fangxian.core.models import Task, TaskState
from fangxian.organisations import five_ones, reporting
from fangxian.organisations.queries import contacts_of, counties_in_use, in_force
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.rules import five_ones as five_ones_rules
from fangxian.organisations.turns import take_turns
from fangxian.regions.queries import current
from fangxian.register.queries import establishments_in

FIVE_ONES = "organisations.five_ones"
CONTACTS = "organisations.contacts"
OVERLAP = "organisations.overlap"
RECEIVE = "organisations.to_receive"
FEEDBACK = "organisations.feedback"
TITLES = {
    FIVE_ONES: gettext_noop("Missing of the five ones: %(count)s"),
    CONTACTS: gettext_noop("Establishments without a %(role)s: %(count)s"),
    OVERLAP: gettext_noop("%(role)s: held by %(count)s, at most %(most)s may"),
    RECEIVE: gettext_noop("Receive who reported in: %(count)s"),
    FEEDBACK: gettext_noop("Quarterly feedback that is missing: %(count)s"),
}


@dataclass(frozen=True, slots=True)
class Lack:
    """What is to be mended at a place: how much, by the accounts of which role, within days.

    ``due``: the day by which, where it does not begin with the asking.
    """

    place_id: UUID
    place_code: str
    asked: str
    days: int
    told: Mapping[str, Any]
    due: dt.date | None = None

    def due_at(self, now: dt.datetime) -> dt.datetime:
        """By when it is to be mended."""
        if self.due is None:
            return now + dt.timedelta(days=self.days)
        return timezone.make_aware(
            dt.datetime.combine(self.due, dt.time.max.replace(microsecond=0))
        )

    @property
    def key(self) -> str:
        """One task for each place and role."""
        return "/".join(filter(None, (str(self.place_id), self.told.get("role", ""))))


def missing_items(area: str, day: dt.date) -> Iterator[Lack]:
    """Places of which items of the five ones are missing. Two queries."""
    rules = five_ones_rules(day)
    if rules.asked:
        for place, code, count in five_ones.lacking(area, day):
            yield Lack(place, code, rules.asked, rules.grace_days, {"count": count})


def without_contact(area: str, day: dt.date) -> Iterator[Lack]:
    """Communities with establishments that have no contact leader. Two queries."""
    rules = chain_rules(day)
    if not rules.contact_named_by:
        return
    found = establishments_in(area, day).filter(kind__in=rules.contact_kinds).order_by()
    led = contacts_of(found.values("id"), day).values("establishment_id")
    level = int(Level.VILLAGE)
    bare = found.exclude(id__in=led).values_list(Left("place_code", level)).annotate(Count("id"))
    counts = dict(bare)
    for place, code in current().filter(code__in=list(counts)).values_list("id", "code"):
        told = {"role": rules.contact_role, "count": counts[code]}
        yield Lack(place, code, rules.contact_named_by, rules.grace_days, told)


def held_too_often(area: str, day: dt.date) -> Iterator[Lack]:
    """Places where more hold a role than the rules allow. One query."""
    rules = chain_rules(day)
    lo, hi = codes.bounds(area)
    rows = in_force(day).filter(place_code__gte=lo, place_code__lt=hi, role__in=list(rules.roles))
    rows = rows.filter(substitute_for=None, establishment=None).order_by()
    counted = rows.values_list("place_id", "place_code", "role").annotate(n=Count("id"))
    for place, code, role, held in counted.filter(n__gt=1):
        post = rules.roles[role]
        if held > post.maximum:
            told = {"role": role, "count": held, "most": post.maximum}
            yield Lack(place, code, post.named_by, rules.grace_days, told)


def not_received(area: str, day: dt.date) -> Iterator[Lack]:
    """Communities that have not received all who reported in. Two queries."""
    rules = reporting_rules(day)
    waiting = reporting.to_receive(area).order_by()
    rows = waiting.values_list("community_id", "place_code").annotate(n=Count("id"))
    for place, code, count in rows:
        yield Lack(place, code, rules.asked, rules.receive_days, {"count": count})


def without_feedback(area: str, day: dt.date) -> Iterator[Lack]:
    """Communities that owe feedback on who reported in, by when the oldest was due. Two queries."""
    rules = reporting_rules(day)
    by_place: dict[str, list[dt.date]] = {}
    for one in reporting.missing_feedback(area, day):
        by_place.setdefault(one.place_code, []).append(one.quarter)
    places = dict(current().filter(code__in=list(by_place)).values_list("code", "id"))
    for code, quarters in by_place.items():
        due = reporting.due_on(min(quarters), rules)
        told = {"count": len(quarters), "since": min(quarters).isoformat()}
        if code in places:
            yield Lack(places[code], code, rules.asked, rules.feedback_days, told, due)


SOURCES = {
    FIVE_ONES: missing_items,
    CONTACTS: without_contact,
    OVERLAP: held_too_often,
    RECEIVE: not_received,
    FEEDBACK: without_feedback,
}


def refresh(*, by: Actor, area: str, kinds: Collection[str] = tuple(SOURCES)) -> tuple[int, int]:
    """Ask for what is lacking in ``area``, close what is mended. Returns opened and closed.

    County by county, each in a transaction of its own unless the caller has one already.
    """
    done = [_keep(by, county, kinds) for county in _counties(by, area, kinds)]
    return sum(opened for opened, _closed in done), sum(closed for _opened, closed in done)


def follow(by: Actor, places: Iterable[str]) -> None:
    """Close what was mended at these places: holders there changed. One query if nothing is asked.

    What is new is found by the next settlement.
    """
    size, kinds = int(Level.VILLAGE), (CONTACTS, OVERLAP)
    # Of a place above communities the place alone: what lies below it has not changed.
    near = {code[:size] for code in places if codes.contains(by.area, code[:size])}
    asked = Task.objects.filter(kind__in=kinds, state=TaskState.OPEN).order_by()
    found = asked.annotate(near=Left("place_code", size)).filter(near__in=near)
    for area in sorted(set(found.values_list("near", flat=True))):
        _keep(by, area, kinds, alone=len(area) < size)


def _counties(by: Actor, area: str, kinds: Collection[str]) -> list[str]:
    """The area, or the counties of a wider one: those in use and those that are asked."""
    if len(area) >= Level.COUNTY:
        return [area]
    with acting(by):
        asked = _open(kinds, area).order_by()
        places = asked.values_list(Left("place_code", int(Level.COUNTY)), flat=True).distinct()
        return sorted({*places, *counties_in_use(area)})


def _open(kinds: Collection[str], area: str) -> Any:
    lo, hi = codes.bounds(area)
    found = Task.objects.filter(kind__in=kinds, state=TaskState.OPEN)
    return found.filter(place_code__gte=lo, place_code__lt=hi)


def _keep(by: Actor, area: str, kinds: Collection[str], *, alone: bool = False) -> tuple[int, int]:
    """The tasks of an area, or of its place ``alone``."""
    opened = closed = 0
    day = timezone.localdate()
    with acting(by):
        take_turns("organisations.lacking", [area])
        used = bool(counties_in_use(area))
        tasks = _open(kinds, area)
        asked = {
            (task.kind, task.dedupe_key): task
            for task in (tasks.filter(place_code=area) if alone else tasks)
        }
        for kind in kinds:
            found = SOURCES[kind](area, day) if used else ()
            lacks = {one.key: one for one in found if not alone or one.place_code == area}
            here = {key: task for (of, key), task in asked.items() if of == kind}
            opened += open_tasks(
                by=by, tasks=_tasks(kind, (one for key, one in lacks.items() if key not in here))
            )
            told = {
                key: (
                    dict(lacks[key].told),
                    task.due_at if lacks[key].due is None else lacks[key].due_at(task.due_at),
                )
                for key, task in here.items()
                if key in lacks and task.title_data != lacks[key].told
            }
            if told:
                restate_tasks(by=by, kind=kind, states=told)
            mended = [key for key in here if key not in lacks]
            if mended:
                fact = f"{kind}.mended"
                closed += close_tasks(by=by, kind=kind, dedupe_keys=mended, done_fact=fact)
    return opened, closed


def _tasks(kind: str, lacks: Iterable[Lack]) -> list[NewTask]:
    now = timezone.now()
    return [
        NewTask(
            kind=kind,
            place_code=one.place_code,
            title=TITLES[kind],
            title_data=dict(one.told),
            due_at=one.due_at(now),
            object_type="regions.Region",
            object_id=one.place_id,
            assignee_role=one.asked,
            assignee_level=min(len(one.place_code), int(Level.VILLAGE)),
            dedupe_key=one.key,
        )
        for one in lacks
    ]


def task_words(data: Mapping[str, Any]) -> dict[str, Any]:
    """The words of such a task in the reader's language."""
    return {**data, "role": chain_rules().name_of(str(data.get("role", "")))}
