"""To whom a task goes that was not done in time: rule set ``task.escalation``.

Data: ``{"ladder": [{"role", "level"} …] from the finest level up, "hours": {"default": n,
"<kind>": n}}``: n hours after it was due, and again each n hours, a task goes to the next step of
the ladder above the level it stands at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from fangxian.accounts.models import Grant, Role
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core import shapes
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

    def above(self, level: int) -> Step | None:
        """The step above ``level``, None at the top."""
        higher = [step for step in self.steps if step.level < level]
        return max(higher, key=lambda step: step.level, default=None)


def current() -> Ladder:
    """The ladder in force today (one query)."""
    return Ladder.of(rule(RULE))


BATCH = 500


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
            _tell(by, up)
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


def _tell(by: Actor, tasks: list[Task]) -> None:
    """One message to each holder for each level, however many of his tasks went up at once."""
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
                "core.task_escalated",
                {"count": len(group), "task": str(group[0].id)},
            )
            for key, group in by_place.items()
            for user_id in held[key]
        ],
    )
    if tasks:
        announce(by=by, user_ids=[], template="core.tasks_late", context={"count": len(tasks)})


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
