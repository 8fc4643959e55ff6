"""To whom a task goes that was not done in time: rule set ``task.escalation``.

Data: ``{"ladder": [{"role", "level"} …] from the finest level up, "hours": {"default": n,
"<kind>": n}}``: n hours after it was due, and again each n hours, a task goes to the next step of
the ladder above the level it stands at.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone

from fangxian.accounts.models import Grant, Role
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core import queries, shapes
from fangxian.core.actions.notify import Note, announce, notify_many
from fangxian.core.models import Task, TaskState
from fangxian.core.models.task import key
from fangxian.core.rules import Rule, rule

RULE = "task.escalation"
# A year: what waits longer is not watched at all.
MOST_HOURS = 8760


def role_codes() -> list[str]:
    """The codes of the roles that accounts can hold."""
    return list(Role.objects.order_by("code").values_list("code", flat=True))


SHAPE = shapes.record(
    {
        "ladder": shapes.rows(
            shapes.record({"role": shapes.one_of(role_codes), "level": shapes.level}),
            unique="level",
        ),
        "hours": shapes.table(shapes.text, shapes.number(0.25, MOST_HOURS), needs=["default"]),
    }
)


def check(data: object) -> None:
    """Raise Invalid for what is no ladder."""
    shapes.check(SHAPE, data)


@dataclass(frozen=True)
class Step:
    role: str
    level: int


@dataclass(frozen=True)
class Ladder:
    """The rule in force, read."""

    version: int
    steps: tuple[Step, ...]
    hours: dict[str, float]

    @classmethod
    def of(cls, found: Rule) -> Ladder:
        data = found.data
        return cls(
            version=found.version,
            steps=tuple(Step(s["role"], int(s["level"])) for s in data["ladder"]),
            hours={kind: float(n) for kind, n in data["hours"].items()},
        )

    def wait(self, kind: str) -> dt.timedelta:
        return dt.timedelta(hours=self.hours.get(kind, self.hours["default"]))

    def first(self, kind: str, due_at: dt.datetime) -> dt.datetime:
        """When a task of ``kind`` due at ``due_at`` goes up for the first time."""
        return due_at + self.wait(kind)

    def at(self, level: int) -> Step:
        """The finest step at ``level`` or above it; the topmost where there is none."""
        reached = [step for step in self.steps if step.level <= level]
        return max(reached, key=lambda step: step.level, default=self.steps[-1])

    def above(self, level: int) -> Step | None:
        """The step above ``level``, None at the top."""
        higher = [step for step in self.steps if step.level < level]
        return max(higher, key=lambda step: step.level, default=None)


def current() -> Ladder:
    """The ladder in force today (one query)."""
    return Ladder.of(rule(RULE))


BATCH = 500


def give_back() -> int:
    """Give tasks of accounts that can't do them any more back to the role of their level.

    An account that was closed, or whose role there has ended, sees them nowhere. The role's
    holders are told. Returns how many, ``BATCH`` at most.
    """
    from fangxian.core.runner import system_actor

    by = system_actor("core.give_back")
    with acting(by):
        takers = (
            queries.takers()
            .alias(at=ExpressionWrapper(OuterRef("place_code"), CharField()))
            .filter(
                Q(region=None) | Q(region__valid_to=None, at__startswith=F("region__code")),
                user_id=OuterRef("assignee_user_id"),
            )
        )
        left = list(
            Task.objects.select_for_update(skip_locked=True)
            .filter(~Exists(takers), state=TaskState.OPEN, assignee_user_id__isnull=False)
            .order_by("due_at")[:BATCH]
        )
        if left:
            ladder = current()
            for task in left:
                task.assignee_user_id = None
                if not task.assignee_role:
                    step = ladder.at(task.assignee_level)
                    task.assignee_role, task.assignee_level = step.role, step.level
            fields = ["assignee_user_id", "assignee_role", "assignee_level"]
            Task.objects.bulk_update(left, fields)
            _tell(by, left, "core.tasks_assigned")
    return len(left)


def escalate_due(now: dt.datetime | None = None) -> int:
    """Take each task that is late one level up and tell who holds the role there, once a level.

    Works in the installation's area, ``BATCH`` tasks in a transaction. Returns how many went up.
    """
    from fangxian.core.runner import system_actor

    by = system_actor("core.escalate")
    moment = now or timezone.now()
    done = 0
    while True:
        with acting(by):
            ladder = current()
            late = list(
                Task.objects.select_for_update(skip_locked=True)
                .filter(state=TaskState.OPEN, escalate_at__lte=moment)
                .order_by("escalate_at")[:BATCH]
            )
            up = [task for task in late if _raise_one(task, ladder, moment)]
            Task.objects.bulk_update(
                late,
                [
                    "assignee_role",
                    "assignee_level",
                    "asked",
                    "escalated",
                    "escalate_at",
                    "rule_version",
                ],
            )
            _tell(by, up, "core.task_escalated")
            if up:
                context = {"count": len(up)}
                announce(by=by, user_ids=[], template="core.tasks_late", context=context)
        done += len(up)
        if len(late) < BATCH:
            return done


def _raise_one(task: Task, ladder: Ladder, moment: dt.datetime) -> bool:
    step = ladder.above(task.assignee_level)
    if step is None:
        task.escalate_at = None
        return False
    # Who was asked first stays named; the level above is now asked too.
    if task.assignee_role:
        task.asked = [*task.asked, key(task.assignee_role, task.assignee_level)]
    task.assignee_role, task.assignee_level = step.role, step.level
    task.escalated += 1
    task.rule_version = ladder.version
    task.escalate_at = moment + ladder.wait(task.kind)
    return True


def begin_anew(task: Task) -> None:
    """Give a late task back to whom it was asked of first: it is due later now (not saved)."""
    if task.asked:
        role, _slash, level = task.asked[0].rpartition("/")
        task.assignee_role, task.assignee_level = role, int(level)
    task.asked, task.escalated = [], 0


def tell_anew(by: Actor, tasks: Collection[Task]) -> None:
    """Tell the account of each task, else the holders of its role, that it begins anew."""
    template = "core.tasks_anew"
    handed = Counter(task.assignee_user_id for task in tasks if task.assignee_user_id)
    notes = [Note(user_id, template, {"count": count}) for user_id, count in handed.items()]
    notify_many(by=by, notes=notes)
    _tell(by, [task for task in tasks if not task.assignee_user_id], template)


def _tell(by: Actor, tasks: list[Task], template: str) -> None:
    """One message to each holder for each level, however many of his tasks came at once."""
    by_place: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        place = task.place_code[: task.assignee_level]
        by_place.setdefault((task.assignee_role, place), []).append(task)
    held = holders_of(by_place)
    notify_many(
        by=by,
        notes=[
            Note(
                user_id,
                template,
                {"count": len(group), "task": str(group[0].id)},
            )
            for key, group in by_place.items()
            for user_id in held[key]
        ],
    )


Key = tuple[str, str]


def holders_of(wanted: Collection[Key]) -> dict[Key, list[UUID]]:
    """For each (role, place): who holds the role there or, if nobody does, nearest above.

    One query, however many there are.
    """
    places = {"", *(code for _role, place in wanted for code in _path(place))}
    grants = (
        Grant.objects.in_force()
        .filter(
            Q(region=None) | Q(region__code__in=places, region__valid_to=None),
            role_id__in={role for role, _place in wanted},
        )
        .values_list("role_id", "region__code", "user_id")
    )
    held: dict[Key, list[UUID]] = {}
    for role, code, user_id in grants:
        held.setdefault((role, code or ""), []).append(user_id)
    return {
        (role, place): next((held[role, code] for code in _path(place) if (role, code) in held), [])
        for role, place in wanted
    }


def _path(place: str) -> list[str]:
    """The place and those above it, up to the whole country."""
    return [*codes.walk_up(place), ""]
