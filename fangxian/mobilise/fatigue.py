"""Who comes near a limit by what he is still to serve: seen on pages, told to the unit.

Exhaustion is to be noticed before it harms. What would pass a limit is refused where somebody is
put on (``line``); here it is told while there is still something to spare.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from fangxian.accounts.models import Grant
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.core.actions import NewTask, close_tasks, notify, open_tasks, restate_tasks
from fangxian.core.models import Task, TaskState
from fangxian.mobilise import queries
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.load import Load, Near, ahead, nearing
from fangxian.mobilise.models import Turn, Volunteer
from fangxian.mobilise.rules import PostRules, post_rules

KIND: Final = "mobilise.load"
TOLD: Final = "mobilise.near_limit"
RELIEVED: Final = "mobilise.relieved"
STAFF: Final = "community_staff"
ABOVE: Final = "headquarters"
# Within that somebody should have been relieved.
RELIEVE_WITHIN: Final = dt.timedelta(days=1)
BATCH: Final = 2_000

_SAID: Final = {
    "week_hours": gettext_lazy("%(n)g of at most %(limit)g hours in seven days"),
    "days_in_row": gettext_lazy("%(n)g of at most %(limit)g days in a row"),
    "nights_in_row": gettext_lazy("%(n)g of at most %(limit)g nights in a row"),
    "rest_days": gettext_lazy("%(n)g of at most %(limit)g days of work in %(within)d days"),
}


def said(near: Near) -> str:
    """How much of which limit is used, in words."""
    return str(_SAID[near.code]) % {
        "n": near.amount,
        "limit": near.limit,
        "within": near.within,
    }


def mark(near: Collection[Near]) -> dict[str, Any] | None:
    """The badge of somebody who comes near limits: its kind, its word, what it is about."""
    if not near:
        return None
    if any(one.passed for one in near):
        kind, word = "bad", _("past a limit")
    elif any(one.reached for one in near):
        kind, word = "bad", _("at a limit")
    else:
        kind, word = "warn", _("near a limit")
    return {"kind": kind, "word": word, "says": [said(one) for one in near]}


def loads(volunteers: Collection[Volunteer], rules: PostRules) -> dict[UUID, Load]:
    """What lies ahead of volunteers, wherever they serve, by volunteer. One query."""
    now = timezone.now()
    found = queries.stretches_of(volunteers, now, rules)
    return {one: ahead(of, timezone.localtime(now), rules.limits) for one, of in found.items()}


def marks(volunteers: Collection[Volunteer], rules: PostRules) -> dict[UUID, dict[str, Any]]:
    """The badges of those of the volunteers who come near a limit. One query."""
    found = {one: mark(nearing(of, rules.limits)) for one, of in loads(volunteers, rules).items()}
    return {one: badge for one, badge in found.items() if badge is not None}


def coming(volunteers: Iterable[Volunteer] | None = None) -> Any:
    """Turns on the roster that are not over: only who has one can be relieved."""
    turns = Turn.objects.filter(state=Turn.State.PLACED, shift__ends_at__gt=timezone.now())
    return turns if volunteers is None else turns.filter(volunteer__in=volunteers)


def on_duty(code: str) -> Any:
    """Who serves at a place and has shifts to come; without names, which nobody has read yet."""
    found = queries.present(code).filter(id__in=coming().values("volunteer"))
    return found.only("id", "person_id", "place_code", "organisation_id")


def near_at(code: str) -> int:
    """How many at a place are known to be near a limit. One query."""
    tasks = Task.objects.filter(kind=KIND, state=TaskState.OPEN)
    return queries.inside(tasks, code).count()


@action
def follow_load(*, by: Actor) -> tuple[int, int]:
    """Keep one open task for each volunteer near a limit; tell his unit when one is opened.

    A task closes as soon as the load has fallen, so that a new approach is told anew. Returns how
    many were opened and closed.
    """
    by.require(KEEP)
    rules, now = post_rules(), timezone.now()
    wanted: dict[str, tuple[Volunteer, Load]] = {}
    people = list(on_duty(by.area).order_by("id"))
    for at in range(0, len(people), BATCH):
        batch = people[at : at + BATCH]
        found = loads(batch, rules)
        for one in batch:
            if nearing(found[one.id], rules.limits):
                wanted[str(one.id)] = one, found[one.id]
    tasks = Task.objects.filter(kind=KIND, state=TaskState.OPEN)
    known = {task.dedupe_key: task for task in tasks}
    over = [key for key in known if key not in wanted]
    closed = close_tasks(by=by, kind=KIND, dedupe_keys=over, done_fact=RELIEVED)
    changed = {
        key: (_figures(wanted[key][1]), task.due_at)
        for key, task in known.items()
        if key in wanted and task.title_data != _figures(wanted[key][1])
    }
    if changed:
        restate_tasks(by=by, kind=KIND, states=changed)
    new = {key: found for key, found in wanted.items() if key not in known}
    opened = open_tasks(by=by, tasks=[_task(one, of, now) for one, of in new.values()])
    _tell_units(by, list(new.values()))
    return opened, closed


def _figures(of: Load) -> dict[str, Any]:
    return {"hours": f"{of.week_hours:g}", "days": of.days, "nights": of.nights}


def _task(one: Volunteer, of: Load, now: dt.datetime) -> NewTask:
    return NewTask(
        kind=KIND,
        place_code=one.place_code,
        title=gettext_noop(
            "Relieve a volunteer near a limit: %(hours)s hours in seven days,"
            " %(days)s days and %(nights)s nights in a row"
        ),
        title_data=_figures(of),
        due_at=now + RELIEVE_WITHIN,
        object_type="mobilise.Volunteer",
        object_id=one.id,
        assignee_role=STAFF if len(one.place_code) >= Level.VILLAGE else ABOVE,
        dedupe_key=str(one.id),
    )


def _tell_units(by: Actor, found: Sequence[tuple[Volunteer, Load]]) -> None:
    """Tell who does the tasks of the volunteers' units. Two queries, and one a message."""
    units = {one.organisation_id for one, _load in found if one.organisation_id}
    if not units:
        return
    grants = Grant.objects.in_force().filter(
        organisation_id__in=units, role__rights__contains=["core.task"]
    )
    staff: dict[UUID, set[UUID]] = {}
    for unit, user in grants.values_list("organisation_id", "user_id"):
        if unit is not None:
            staff.setdefault(unit, set()).add(user)
    of_staff = [(one, of, staff[key]) for one, of in found if (key := one.organisation_id) in staff]
    ids = [one.id for one, _load, _users in of_staff]
    names: Mapping[UUID, str] = queries.names_of(ids)
    for one, of, users in of_staff:
        for user in sorted(users, key=str):
            notify(
                by=by,
                user_id=user,
                template=TOLD,
                context={"name": names[one.id], **_figures(of)},
                url=reverse("mobilise:load"),
            )
