"""Who looked at whom, in the words in which a resident and an auditor read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts.actions.reveals import purposes
from fangxian.accounts.models import AccessLog, Role, User
from fangxian.common.actor import Actor
from fangxian.common.registries import Registry
from fangxian.common.ui import formats
from fangxian.regions.queries import names


@dataclass(frozen=True)
class Tasks:
    """What the lower room that keeps tasks says of them.

    ``known(id)`` tells whether the task lies in the running scope; ``titles(ids)`` are those that
    do, by id.
    """

    known: Callable[[UUID], bool]
    titles: Callable[[set[UUID]], dict[UUID, str]]


tasks: Registry[Tasks] = Registry("source of tasks")
# Names of organisations by id; ids of the persons in scope by a number that names one.
organisations: Registry[Callable[[set[UUID]], dict[UUID, str]]] = Registry("organisation names")
# For which organisations an account can act: ``offer(by, person id or None) -> (id, name)``.
employers: Registry[Callable[[Actor, UUID | None], list[tuple[UUID, str]]]] = Registry(
    "offer of organisations"
)


@dataclass(frozen=True)
class Duty:
    """For whom an account is asked: the person, as the lower room calls him, and where."""

    person_id: UUID
    name: str
    place_code: str


# Who has a duty, by its id, if he has no account yet.
duties: Registry[Callable[[Actor, UUID], Duty | None]] = Registry("source of duties")
persons: Registry[Callable[[str], list[UUID]]] = Registry("finder of persons")
# Ids of the records that were merged into a person's: the same human.
records: Registry[Callable[[UUID], list[UUID]]] = Registry("records of one human")

TASK, PAGE, JOB, SAID = "task ", "page ", "job ", "said "
# What purposes begin with that the system writes.
_OURS = (TASK, PAGE, JOB, SAID)
REVEALED = {
    "identity": gettext_lazy("identity number"),
    "document": gettext_lazy("identity number"),
    "phone": gettext_lazy("phone number"),
}
# Pages note their route as the purpose of a look.
ROUTES = {
    "people:person": gettext_lazy("page of the person"),
    "people:merge": gettext_lazy("merge queue"),
    "people:merges": gettext_lazy("merge queue"),
    "people:propose": gettext_lazy("search for a second record"),
    "register:household": gettext_lazy("page of the household"),
    "register:place": gettext_lazy("list of households"),
    "phone": gettext_lazy("phone at the door"),
}
ROOMS = {
    "people": gettext_lazy("persons"),
    "register": gettext_lazy("register"),
    "organisations": gettext_lazy("chain of responsibility"),
    "field": gettext_lazy("sweep"),
    "command": gettext_lazy("board and search"),
    "core": gettext_lazy("tasks and files"),
    "accounts": gettext_lazy("accounts and logs"),
    "search": gettext_lazy("board and search"),
}


def task_purpose(task_id: UUID, purpose: str) -> str:
    """The purpose of reads on a page that was opened from a task."""
    return f"{TASK}{task_id} {purpose}"


def said(reason: str) -> str:
    """The purpose that a typed reason is: marked where it could be read as one of the system's."""
    return SAID + reason if reason.startswith(_OURS) else reason


def reason_of(by: Actor, reason: str) -> str:
    """The purpose of what an actor does for a reason that was asked for, and for which task."""
    task = task_of(by.purpose)
    return said(reason) if task is None else task_purpose(task, said(reason))


def is_page(purpose: str) -> bool:
    """Whether a purpose only names the page or the job on which something was done."""
    task = task_of(purpose)
    rest = purpose if task is None else " ".join(purpose.split(" ", 2)[2:])
    return not rest or rest.startswith((PAGE, JOB))


def task_of(purpose: str) -> UUID | None:
    """The task that a purpose names, if any."""
    if not purpose.startswith(TASK):
        return None
    try:
        return UUID(purpose.split(" ", 2)[1])
    except ValueError:
        return None


def why(purpose: str, titles: dict[UUID, str] | None = None) -> str:
    """A purpose in words; a reason that somebody wrote stays as it is.

    ``titles``: those of the tasks that purposes name, as far as the reader may know them.
    """
    task = task_of(purpose)
    if task is not None:
        title = (titles or {}).get(task)
        told = _("task: %(title)s") % {"title": title} if title else _("a task")
        page = purpose.split(" ", 2)[2:]
        return " · ".join([told, *(why(rest) for rest in page)])
    if purpose.startswith(SAID):
        return purpose.removeprefix(SAID)
    if purpose.startswith(JOB):
        return _("a job in the background")
    if not purpose.startswith(PAGE):
        return purpose
    route = purpose.removeprefix(PAGE)
    words = ROUTES.get(route) or ROOMS.get(route.partition(":")[0])
    return str(words) if words else _("another page")


@dataclass(frozen=True)
class Look:
    """A read as it is shown: the account's name, its role, where it works, what for."""

    log: AccessLog
    who: str
    role: str
    where: str
    why: str
    revealed: str

    @property
    def at(self) -> Any:
        return self.log.at


def described(logs: Iterable[AccessLog]) -> list[Look]:
    """Reads in words, in their order. A fixed number of queries."""
    rows = list(logs)
    users = User.objects.in_bulk({row.user_id for row in rows if row.user_id})
    roles = {role.code: str(role) for role in Role.objects.all()} if rows else {}
    places = names(row.area for row in rows if row.area)
    bodies = named_organisations({row.organisation_id for row in rows if row.organisation_id})
    titles = _titles({task for row in rows if (task := task_of(row.purpose))})
    chosen = dict(purposes())
    looks = []
    for row in rows:
        user = users.get(row.user_id) if row.user_id else None
        body = bodies.get(row.organisation_id, "") if row.organisation_id else ""
        place = places.get(row.area, row.area) if row.area else _("Whole country")
        told = why(row.purpose, titles)
        if row.purpose_code:
            told = f"{chosen.get(row.purpose_code, row.purpose_code)}: {told}"
        looks.append(
            Look(
                log=row,
                who=str(user) if user else formats.who(row.actor),
                role=roles.get(row.role, ""),
                where=" · ".join(part for part in (body, place) if part),
                why=told,
                revealed=", ".join(
                    str(REVEALED.get(what, what)) for what in row.revealed.split(",") if what
                ),
            )
        )
    return looks


def grouped(logs: Iterable[AccessLog], limit: int) -> list[dict[str, Any]]:
    """The same as lines of a list: looks of one account one after another are one line.

    Each line has ``who``, ``role``, ``where``, ``why``, ``revealed``, ``at`` and ``times``.
    """
    runs = groupby(described(logs), key=lambda x: (x.who, x.role, x.where, x.why, x.revealed))
    lines = []
    for (who, role, where, told, revealed), looks in islice(runs, limit):
        found = list(looks)
        line = {"who": who, "role": role, "where": where, "why": told, "revealed": revealed}
        lines.append(line | {"at": found[0].at, "times": len(found)})
    return lines


def named_organisations(ids: set[UUID]) -> dict[UUID, str]:
    """Names of organisations by id."""
    found: dict[UUID, str] = {}
    for source in organisations if ids else ():
        found |= source(ids)
    return found


def _titles(ids: set[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for source in tasks if ids else ():
        found |= source.titles(ids)
    return found
