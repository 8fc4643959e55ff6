"""Whether who answers for a place can sign in and see it, and tasks for those who see to that.

A duty gives no right by itself: an administrator gives roles. Rule set ``duties`` says which duty
needs which role of accounts; any role with all its rights, at the place or above it, for the days
of the duty, will do. Where it is missing a task asks for it: who makes accounts while there is
none, then who gives roles.

There is one task of each kind for a community (for a duty above communities: for its place), with
the number of those who lack something: administrators work through a community's list, they don't
take up a person's case each, and a ledger may name a thousand. It closes when nobody is left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fangxian.accounts import looks
from fangxian.accounts.models import Role, User
from fangxian.common import access, codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.registries import TodayItem
from fangxian.common.scoping import acting
from fangxian.common.ui import formats
from fangxian.core.actions import NewTask, close_tasks, open_tasks, restate_tasks
from fangxian.core.models import Task, TaskState
from fangxian.organisations.models import Responsibility
from fangxian.organisations.rules import chain_rules, duties
from fangxian.organisations.turns import take_turns

ACCOUNT = "organisations.account"
ROLE = "organisations.role"
KINDS = (ACCOUNT, ROLE)
# The level at which accounts are asked for: administrators see all of a community.
LEVEL = Level.VILLAGE

# Of duties (key, person_id, role, place_code, first, last): the account of who has it and the role
# that lets it see the place on the first day. Roles that follow one another cover a duty together;
# one without an end is asked for again before its role runs out.
_STANDING = """
SELECT d.key, u.id AS user_id, u.is_active, post.account, (
    SELECT (array_agg(g.role_id ORDER BY length(coalesce(p.code, '')) DESC, g.id)
            FILTER (WHERE daterange(g.valid_from, g.valid_to, '[]') @> d.first))[1]
    FROM accounts_grant g
    JOIN accounts_role held ON held.code = g.role_id
    LEFT JOIN regions_region p ON p.id = g.region_id
    WHERE g.user_id = u.id AND u.is_active AND g.revoked_at IS NULL AND held.rights @> asked.rights
      AND (g.region_id IS NULL
           OR (p.valid_to IS NULL AND left(d.place_code, length(p.code)) = p.code))
    HAVING range_agg(daterange(g.valid_from, g.valid_to, '[]')) @> daterange(
        d.first, greatest(d.first, coalesce(d.last, d.first + %(notice)s)), '[]')) AS role
FROM ({duties}) d
JOIN unnest(%(posts)s::text[], %(accounts)s::text[]) AS post (role, account) ON post.role = d.role
JOIN accounts_role asked ON asked.code = post.account
LEFT JOIN accounts_user u ON u.person_id = d.person_id
"""
_WITHIN = "unnest(%(lo)s::text[], %(hi)s::text[]) AS within (lo, hi)"
_DUTIES = f"""
SELECT r.id AS key, r.person_id, r.role, r.place_code,
       greatest(r.from_date, %(today)s::date) AS first, r.to_date AS last
FROM {_WITHIN}
JOIN organisations_responsibility r
    ON r.place_code >= within.lo AND r.place_code < within.hi
WHERE r.person_id IS NOT NULL AND (r.to_date IS NULL OR r.to_date >= %(today)s)
"""  # noqa: S608 - constants of this module
# Each duty that lacks something, with the place of its task; ``nth``: of the duties that one person
# has there. Who has no account needs one, however many duties he has.
_MISSING = f"""
SELECT r.id, r.person_id, r.place_code, r.role, r.from_date, r.to_date, s.account, s.user_id,
       CASE WHEN s.is_active THEN '{ROLE}' ELSE '{ACCOUNT}' END AS kind,
       left(r.place_code, %(width)s) AS at,
       row_number() OVER (PARTITION BY r.person_id, left(r.place_code, %(width)s)
                          ORDER BY r.from_date, r.id) AS nth
FROM ({_STANDING.format(duties=_DUTIES)}) s JOIN organisations_responsibility r ON r.id = s.key
WHERE s.role IS NULL
"""  # noqa: S608 - constants of this module
_COUNTED = f"kind = '{ROLE}' OR nth = 1"
_NEEDS = f"""
SELECT kind, at, count(*) FILTER (WHERE {_COUNTED}), min(from_date), bool_or(user_id IS NOT NULL),
       bool_or(place_code = ANY (%(places)s::text[]) OR person_id IS NOT DISTINCT FROM %(person)s)
FROM ({_MISSING}) missing GROUP BY kind, at
"""  # noqa: S608 - constants of this module
_LISTED = f"""
SELECT id, place_code, role, from_date, to_date, account, user_id, kind, count(*) OVER ()
FROM ({_MISSING}) missing WHERE {_COUNTED}
ORDER BY kind <> %(first)s, place_code, id LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 - constants of this module
_OPEN = f"""
SELECT t.kind, left(t.place_code, %(width)s), t.dedupe_key, (t.title_data->>'count')::int, t.due_at
FROM {_WITHIN} JOIN core_task t ON t.place_code >= within.lo AND t.place_code < within.hi
WHERE t.state = 'open' AND t.kind IN ('{ACCOUNT}', '{ROLE}')
"""  # noqa: S608 - constants of this module
_COUNTIES = f"""
SELECT lo FROM {_WITHIN}
UNION
SELECT left(r.place_code, {int(Level.COUNTY)}) FROM {_WITHIN}
JOIN organisations_responsibility r ON r.place_code >= within.lo AND r.place_code < within.hi
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class Standing:
    """How far who has a duty can see its place.

    ``needed``: the role that the duty asks for; ``role``: the one that is held there, "" if none
    is, both as they are called; ``active``: None without an account, False for a disabled one.
    """

    needed: str
    active: bool | None
    role: str

    @property
    def complete(self) -> bool:
        return bool(self.role)

    @property
    def words(self) -> str:
        """What a page says of it."""
        if self.role:
            return _("has an account with the role “%(role)s” here") % {"role": self.role}
        if self.active is None:
            return _("no account")
        if not self.active:
            return _("has an account, but it is disabled")
        return _("has an account, but not the role “%(role)s” here on these days") % {
            "role": self.needed
        }


@dataclass(frozen=True, slots=True)
class Need:
    """A duty whose holder lacks the account, or the role, that it asks for.

    ``account``: that role, by its code and as it is called; ``user_id``: his account, if any.
    """

    duty_id: UUID
    place_code: str
    role: str
    from_date: dt.date
    to_date: dt.date | None
    account: str
    user_id: UUID | None
    kind: str
    account_name: str

    @property
    def words(self) -> str:
        """What an administrator is asked to do."""
        role = chain_rules().name_of(self.role)
        span = days(self.from_date, self.to_date)
        if self.kind == ACCOUNT:
            return _("An account for who answers as %(role)s, %(days)s") % {
                "role": role,
                "days": span,
            }
        return _("Give the role “%(account)s” to who answers as %(role)s, %(days)s") % {
            "account": self.account_name,
            "role": role,
            "days": span,
        }


def _values(day: dt.date) -> dict[str, Any]:
    rules = duties(day)
    return {
        "today": day,
        "notice": rules.notice_days,
        "posts": list(rules.accounts),
        "accounts": list(rules.accounts.values()),
    }


def standings(rows: Collection[Responsibility]) -> dict[UUID, Standing]:
    """How far the holders can see their places, by row. Two queries.

    Rows whose duty asks for no role are left out.
    """
    today = timezone.localdate()
    return _standings(
        [
            (
                row.id,
                row.person_id,
                row.role,
                row.place_code,
                max(row.from_date, today),
                row.to_date,
            )
            for row in rows
            if row.person_id is not None
        ]
    )


def standings_of(persons: Collection[UUID], role: str, place_code: str) -> dict[UUID, Standing]:
    """How far these persons could see a place today if they had a duty there. Two queries."""
    today = timezone.localdate()
    return _standings([(person, person, role, place_code, today, today) for person in persons])


def _standings(rows: Sequence[tuple[Any, ...]]) -> dict[UUID, Standing]:
    values = _values(timezone.localdate())
    if not any(row[2] in values["posts"] for row in rows):
        return {}
    columns = ("key", "person_id", "role", "place_code", "first", "last")
    casts = ("uuid", "uuid", "text", "text", "date", "date")
    listed = ", ".join(f"%(d_{name})s::{cast}[]" for name, cast in zip(columns, casts, strict=True))
    source = f"SELECT * FROM unnest({listed}) AS x ({', '.join(columns)})"  # noqa: S608 - constants
    values |= {f"d_{name}": [row[at] for row in rows] for at, name in enumerate(columns)}
    names = _role_names()
    with connection.cursor() as cursor:
        cursor.execute(_STANDING.format(duties=source), values)
        return {
            key: Standing(names[account], active, names.get(role, ""))
            for key, _user, active, account, role in cursor.fetchall()
        }


def refresh(*, by: Actor, places: Collection[str]) -> int:
    """Ask for what the duties at exactly these places lack, and close what is asked for no more.

    Returns how many tasks were opened; running it twice changes nothing. A fixed number of
    statements, however many places.
    """
    return _settle(by, {_at(by, place) for place in places}, places=places)


def follow(by: Actor, person_id: UUID) -> None:
    """An account was made, disabled, enabled, or given or lost a role."""
    with acting(by):
        duties_of = Responsibility.objects.filter(
            person_id=person_id, place_code__startswith=by.area
        )
        places = set(duties_of.values_list("place_code", flat=True))
        _settle(by, {_at(by, place) for place in places}, person_id=person_id)


def settle(*, by: Actor, area: str) -> int:
    """Bring an area up to date: a role ran out, an account was disabled, a duty ended.

    Who never had an account is asked for when he is named, by hand or by a ledger; not afterwards,
    except where his community is asked for something already.
    """
    return _settle(by, None, area=area)


def _at(by: Actor, place_code: str) -> str:
    """The place of the task for a duty: the community's, but inside the actor's area."""
    return place_code[: _width(by)]


def _width(by: Actor) -> int:
    return max(int(LEVEL), len(by.area))


def _ranges(by: Actor, at: Collection[str]) -> dict[str, Any]:
    """Which duties and tasks belong to the tasks at these places."""
    width = _width(by)
    # Above communities a task is about its own place alone; every code below goes on with a digit.
    spans = [codes.bounds(code) if len(code) >= width else (code, f"{code}0") for code in at]
    return {"width": width, "lo": [lo for lo, _hi in spans], "hi": [hi for _lo, hi in spans]}


def _settle(
    by: Actor,
    at: Collection[str] | None,
    *,
    area: str = "",
    places: Collection[str] = (),
    person_id: UUID | None = None,
) -> int:
    """Bring the tasks ``at`` these places (None: all of ``area``) in step with what is missing.

    A task that is not open yet opens for duties at ``places`` or of the person, for who has an
    account, and in place of one that is closed because the place has moved.
    """
    if at is not None and not at:
        return 0
    today = timezone.localdate()
    where = _values(today) | {"places": list(places), "person": person_id}
    if at is None:
        lo, hi = codes.bounds(_at(by, area))
        where |= {"width": _width(by), "lo": [lo], "hi": [hi]}
    else:
        where |= _ranges(by, at)
    with acting(by):
        with connection.cursor() as cursor:
            cursor.execute(_COUNTIES, where)
            # Two that each settle one person would both count the other.
            take_turns("organisations.accounts", [code for (code,) in cursor.fetchall()])
            cursor.execute(_NEEDS, where)
            needs = {(kind, code): _Needs(*row) for kind, code, *row in cursor.fetchall()}
            cursor.execute(_OPEN, where)
            tasks = [_Open(*row) for row in cursor.fetchall()]
        kept = {task.about: task for task in tasks if task.key == task.at and task.about in needs}
        gone = [task for task in tasks if kept.get(task.about) is not task]
        moved = {task.about for task in gone}
        for kind in KINDS:
            done = [task.key for task in gone if task.kind == kind]
            if done:
                close_tasks(by=by, kind=kind, dedupe_keys=done, done_fact=f"{kind}.settled")
            stated = {
                task.key: ({"count": need.count}, _due(need, task, today))
                for about, task in kept.items()
                if task.kind == kind and task.differs(need := needs[about], today)
            }
            if stated:
                restate_tasks(by=by, kind=kind, states=stated)
        new = [
            _task(kind, code, need, today)
            for (kind, code), need in needs.items()
            if (kind, code) not in kept and (need.named or need.known or (kind, code) in moved)
        ]
        return open_tasks(by=by, tasks=new) if new else 0


@dataclass(frozen=True, slots=True)
class _Needs:
    """How many lack something at a place, and from when.

    ``known``: somebody of them has an account; ``named``: the duty of one is looked at now.
    """

    count: int
    first: dt.date
    known: bool
    named: bool


@dataclass(frozen=True, slots=True)
class _Open:
    """An open task; no count: of one duty alone, as they once were."""

    kind: str
    at: str
    key: str
    count: int | None
    due_at: dt.datetime

    @property
    def about(self) -> tuple[str, str]:
        return self.kind, self.at

    def differs(self, need: _Needs, today: dt.date) -> bool:
        """Whether it says something else than is so now."""
        return self.count != need.count or self.due_at != _due(need, self, today)


def needs_at(
    by: Actor, place_code: str, *, first: str, offset: int, limit: int
) -> tuple[list[Need], int]:
    """Who lacks what where a task at ``place_code`` asks for it: some rows, and how many there are.

    Those of the kind ``first`` come first, then by place; past the last page there is none. Two
    queries.
    """
    where = _values(timezone.localdate()) | _ranges(by, [place_code])
    where |= {"first": first, "limit": limit, "offset": offset}
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, where)
        rows = cursor.fetchall()
    names = _role_names()
    needs = [Need(*(*row, names[row[5]])) for *row, _count in rows]
    return needs, rows[0][-1] if rows else 0


def is_asked(by: Actor, row: Responsibility, standing: Standing) -> bool:
    """Whether an administrator is asked for what the holder of a duty lacks."""
    kind = ROLE if standing.active else ACCOUNT
    at = {row.place_code[: int(LEVEL)], _at(by, row.place_code)}
    return not standing.complete and asked().filter(kind=kind, place_code__in=at).exists()


def asked() -> QuerySet[Task]:
    """The open tasks that ask for an account or a role, in scope, what is due first first."""
    return Task.objects.filter(state=TaskState.OPEN, kind__in=KINDS).order_by("due_at", "id")


def today(by: Actor) -> Sequence[TodayItem]:
    """What administrators are asked for, each what he can do."""
    kinds = [
        kind
        for kind, right in ((ACCOUNT, "accounts.create"), (ROLE, "accounts.grant"))
        if by.may(right)
    ]
    tasks = asked().filter(kind__in=kinds).values_list("title_data", flat=True) if kinds else ()
    count = sum(data.get("count", 1) for data in tasks)
    if not count:
        return []
    label = _("Accounts and roles asked for")
    return [TodayItem("due", label, count, reverse("organisations:asked_accounts"), tone="warn")]


def duty(by: Actor, responsibility_id: UUID) -> looks.Duty | None:
    """Who answers in the actor's area and has no account yet: for whom one is made."""
    row = Responsibility.objects.filter(
        id=responsibility_id, place_code__startswith=by.area, person__isnull=False
    ).first()
    if (
        row is None
        or row.person_id is None
        or User.objects.filter(person_id=row.person_id).exists()
    ):
        return None
    access.note(row.person_id)
    return looks.Duty(row.person_id, row.holder_name, row.place_code)


def _due(need: _Needs, task: _Open | None, today: dt.date) -> dt.datetime:
    """When a task is due: after the days of grace, not before the first duty begins.

    An open one keeps its date, unless that has passed and more lack something than it says: who
    is added gets the days of grace too.
    """
    now = timezone.now()
    due = now + dt.timedelta(days=chain_rules(today).grace_days)
    begins = timezone.make_aware(dt.datetime.combine(need.first, dt.time.min))
    if task is not None and not (task.due_at <= now and need.count > (task.count or 1)):
        due = min(due, task.due_at)
    return max(begins, due)


def _task(kind: str, code: str, need: _Needs, today: dt.date) -> NewTask:
    rules = duties(today)
    titles = {
        ACCOUNT: gettext_noop("Accounts for who answers here (%(count)s)"),
        ROLE: gettext_noop("Roles for who answers here (%(count)s)"),
    }
    return NewTask(
        kind=kind,
        place_code=code,
        title=titles[kind],
        title_data={"count": need.count},
        due_at=_due(need, None, today),
        assignee_role=rules.account_by if kind == ACCOUNT else rules.role_by,
        assignee_level=min(len(code), int(LEVEL)),
        dedupe_key=code,
    )


def task_url(task: Task) -> str:
    """Where those are listed whom a task is about."""
    return reverse("organisations:asked_at", args=[task.place_code])


def task_words(data: Mapping[str, Any]) -> dict[str, Any]:
    """The words of such a task in the reader's language: of a place, or of a duty as they were."""
    first, last = data.get("from", ""), data.get("to", "")
    return {
        "count": data.get("count", 1),
        "role": chain_rules().name_of(str(data.get("role", ""))),
        "account": _role_names().get(str(data.get("account", "")), ""),
        "days": days(dt.date.fromisoformat(first), dt.date.fromisoformat(last) if last else None)
        if first
        else "",
    }


def _role_names() -> dict[str, str]:
    return {role.code: str(role) for role in Role.objects.all()}


def days(first: dt.date, last: dt.date | None) -> str:
    """A span of days in words."""
    if last is None:
        return _("from %(first)s on") % {"first": formats.date(first)}
    return _("%(first)s to %(last)s") % {"first": formats.date(first), "last": formats.date(last)}
