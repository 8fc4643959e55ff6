"""Who fills a vacancy: who has the task to name somebody, and whom to call about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from fangxian.accounts.models import Role, User
from fangxian.common import codes
from fangxian.core.models import Task, TaskState
from fangxian.core.queries import takers
from fangxian.organisations.models import Vacancy
from fangxian.organisations.queries import Responsible, holding
from fangxian.organisations.rules import ChainRules, chain_rules, duties
from fangxian.organisations.vacancies import TASK

Held = Mapping[str, Mapping[str, Sequence[Responsible]]]


@dataclass(frozen=True)
class Naming:
    """Who names somebody for a vacant post.

    ``role``: the role of accounts whose task it is, as it is called. ``closer``: who answers in
    that role at the place or above it, else the nearest who answers above the place: ``to_ask``,
    for he can't close it himself. ``account``: to whom the task was handed, else the nearest
    account of the role where nobody on the chain stands for it.
    """

    role: str
    account: str
    closer: Responsible | None
    to_ask: bool


def tasks_of(rows: Iterable[Vacancy]) -> dict[UUID, Task]:
    """The open tasks to fill these vacancies, by the vacancy's id. One query."""
    ids = [row.id for row in rows]
    tasks = Task.objects.filter(kind=TASK, state=TaskState.OPEN, object_id__in=ids)
    return {task.object_id: task for task in tasks if task.object_id}


def who_names_many(wanted: Sequence[tuple[Vacancy, Task | None]]) -> dict[UUID, Naming]:
    """Who fills each vacancy, by its id; ``wanted`` are vacancies with their tasks.

    Four queries, however many. Who shows the closers says so (``queries.note_shown``).
    """
    rules = chain_rules()
    posts = [role.code for role in rules.roles.values() if role.by_person]
    held = holding([row.place_code for row, _task in wanted], posts, rules)
    asked = {row.id: _asked(row, task, rules) for row, task in wanted}
    called = {role.code: str(role) for role in Role.objects.all()}
    accounts = _accounts(asked.values())
    users = User.objects.in_bulk(
        {task.assignee_user_id for _row, task in wanted if task and task.assignee_user_id}
    )
    stands = duties().accounts
    found = {}
    for row, task in wanted:
        role, at = asked[row.id]
        upward = [
            one
            for code in codes.walk_up(row.place_code)
            for post in posts
            for one in held.get(code, {}).get(post, ())
        ]
        office = (one for one in upward if stands.get(one.role) == role and one.role != row.role)
        above = (one for one in upward if len(one.place_code) < len(row.place_code))
        closer = next(office, None)
        handed = users.get(task.assignee_user_id) if task and task.assignee_user_id else None
        account = "" if closer else _nearest(accounts, role, at)
        found[row.id] = Naming(
            role=called.get(role, role),
            account=str(handed) if handed else account,
            closer=closer or next(above, None),
            to_ask=closer is None,
        )
    return found


def _asked(row: Vacancy, task: Task | None, rules: ChainRules) -> tuple[str, str]:
    """The role that is asked to name somebody, and the place from which on upwards."""
    if task is not None and task.assignee_role:
        return task.assignee_role, row.place_code[: task.assignee_level]
    post = rules.roles.get(row.role)
    return post.named_by if post else "", row.place_code


def _accounts(asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """An account of each role by the place where it holds it. One query."""
    pairs = set(asked)
    above = {code for _role, at in pairs for code in codes.ancestors(at, include_self=True)}
    grants = (
        takers()
        .filter(role_id__in={role for role, _at in pairs})
        .filter(Q(region=None) | Q(region__code__in=above, region__valid_to=None))
        .select_related("user", "region")
        .order_by("user__display_name", "user_id")
    )
    found: dict[tuple[str, str], str] = {}
    for grant in grants:
        at = grant.region.code if grant.region else ""
        found.setdefault((grant.role_id, at), str(grant.user))
    return found


def _nearest(accounts: Mapping[tuple[str, str], str], role: str, at: str) -> str:
    return next(
        (accounts[role, code] for code in (*codes.walk_up(at), "") if (role, code) in accounts), ""
    )
