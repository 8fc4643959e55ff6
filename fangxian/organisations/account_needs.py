"""Whether who answers for a place can sign in and see it, and tasks for those who see to that.

A duty gives no right by itself: an administrator gives roles. Rule set ``duties`` says which duty
needs which role of accounts; any role with all its rights, at the place or above it, for the days
of the duty, will do. Where it is missing a task asks for it: who makes accounts while there is
none, then who gives roles. The task closes when the role is given or the duty ends.
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
from fangxian.core.actions import NewTask, close_tasks, open_tasks
from fangxian.core.models import Task, TaskState
from fangxian.organisations.models import Responsibility
from fangxian.organisations.rules import chain_rules, duties

ACCOUNT = "organisations.account"
ROLE = "organisations.role"
KINDS = (ACCOUNT, ROLE)
BATCH = 2_000

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
_DUTIES = """
SELECT r.id AS key, r.person_id, r.role, r.place_code,
       greatest(r.from_date, %(today)s::date) AS first, r.to_date AS last, r.from_date
FROM organisations_responsibility r
WHERE r.place_code >= %(lo)s AND r.place_code < %(hi)s AND r.person_id IS NOT NULL
  AND (r.to_date IS NULL OR r.to_date >= %(today)s)
  AND (%(codes)s::text[] IS NULL OR r.place_code = ANY (%(codes)s::text[]))
  AND (%(person)s::uuid IS NULL OR r.person_id = %(person)s)
"""
# What is missing beside what is asked for, as far as they differ.
_DIFFERENCE = f"""
WITH missing AS (
    SELECT r.id, r.place_code, r.role, r.from_date, r.to_date, s.account, s.user_id,
           CASE WHEN s.is_active THEN '{ROLE}' ELSE '{ACCOUNT}' END AS kind,
           concat_ws('/', r.id, r.from_date, r.to_date, s.user_id) AS key
    FROM ({_STANDING.format(duties=_DUTIES)}) s JOIN organisations_responsibility r ON r.id = s.key
    WHERE s.role IS NULL
),
asked AS (
    SELECT t.kind::text AS kind, t.dedupe_key::text AS key FROM core_task t
    WHERE t.state = 'open' AND t.kind IN ('{ACCOUNT}', '{ROLE}')
      AND t.place_code >= %(lo)s AND t.place_code < %(hi)s
      AND (%(codes)s::text[] IS NULL OR t.place_code = ANY (%(codes)s::text[]))
      AND (%(person)s::uuid IS NULL OR t.object_id IN (
          SELECT id FROM organisations_responsibility WHERE person_id = %(person)s))
)
SELECT missing.id, missing.place_code, missing.role, missing.from_date, missing.to_date,
       missing.account, missing.user_id, coalesce(missing.kind, asked.kind),
       coalesce(missing.key, asked.key)
FROM missing FULL JOIN asked ON asked.kind = missing.kind AND asked.key = missing.key
WHERE missing.id IS NULL
   OR (asked.key IS NULL AND (%(new_accounts)s OR missing.user_id IS NOT NULL))
ORDER BY 2, 9 LIMIT {BATCH}
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
class _Row:
    """A duty whose role is missing and not asked for, or a task that has nothing to ask (no id)."""

    id: UUID | None
    place_code: str
    role: str
    from_date: dt.date
    to_date: dt.date | None
    account: str
    user_id: UUID | None
    kind: str
    key: str


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
    names = {role.code: str(role) for role in Role.objects.all()}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING.format(duties=source), values)
        return {
            key: Standing(names[account], active, names.get(role, ""))
            for key, _user, active, account, role in cursor.fetchall()
        }


def refresh(
    *,
    by: Actor,
    area: str,
    places: Collection[str] | None = None,
    person_id: UUID | None = None,
    new_accounts: bool = True,
) -> int:
    """Ask for what is missing in ``area`` and close what is asked for no more.

    Only for duties at exactly these places, or of one person, if they are given. Without
    ``new_accounts`` none is asked for who never had one. Returns how many tasks were opened;
    running it twice changes nothing.
    """
    lo, hi = codes.bounds(area)
    today = timezone.localdate()
    where = _values(today) | {
        "lo": lo,
        "hi": hi,
        "codes": None if places is None else list(places),
        "person": person_id,
        "new_accounts": new_accounts,
    }
    opened = 0
    with acting(by):
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_DIFFERENCE, where)
                batch = [_Row(*row) for row in cursor.fetchall()]
            written = 0
            for kind in KINDS:
                done = [row.key for row in batch if row.id is None and row.kind == kind]
                if done:
                    fact = f"{kind}.settled"
                    written += close_tasks(by=by, kind=kind, dedupe_keys=done, done_fact=fact)
            new = [_task(row, today) for row in batch if row.id is not None]
            made = open_tasks(by=by, tasks=new) if new else 0
            opened += made
            if len(batch) < BATCH or not written + made:
                return opened


def settle(*, by: Actor, area: str) -> int:
    """:func:`refresh` of an area: a role that runs out and an account that was disabled.

    Who never had an account is asked for when he is named, by hand or by a ledger, not afterwards.
    """
    return refresh(by=by, area=area, new_accounts=False)


def follow(by: Actor, person_id: UUID) -> None:
    """An account was made, disabled, enabled, or given or lost a role."""
    refresh(by=by, area=by.area, person_id=person_id)


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
    count = asked().filter(kind__in=kinds).count() if kinds else 0
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


def _task(row: _Row, today: dt.date) -> NewTask:
    rules = duties(today)
    due = timezone.now() + dt.timedelta(days=chain_rules(today).grace_days)
    begins = timezone.make_aware(dt.datetime.combine(row.from_date, dt.time.min))
    titles = {
        ACCOUNT: gettext_noop("An account for who answers as %(role)s, %(days)s"),
        ROLE: gettext_noop("Give the role “%(account)s” to who answers as %(role)s, %(days)s"),
    }
    return NewTask(
        kind=row.kind,
        place_code=row.place_code,
        title=titles[row.kind],
        title_data={
            "role": row.role,
            "account": row.account,
            "from": row.from_date.isoformat(),
            "to": row.to_date.isoformat() if row.to_date else "",
            "user": str(row.user_id) if row.user_id else "",
        },
        due_at=max(due, begins),
        object_type=Responsibility._meta.label,
        object_id=row.id,
        assignee_role=rules.account_by if row.kind == ACCOUNT else rules.role_by,
        assignee_level=min(len(row.place_code), int(Level.VILLAGE)),
        dedupe_key=row.key,
    )


def task_words(data: Mapping[str, Any]) -> dict[str, Any]:
    """The words of such a task in the reader's language."""
    role = Role.objects.filter(code=data.get("account", "")).first()
    first, last = data.get("from", ""), data.get("to", "")
    return {
        "role": chain_rules().name_of(str(data.get("role", ""))),
        "account": str(role) if role else "",
        "days": days(dt.date.fromisoformat(first), dt.date.fromisoformat(last) if last else None)
        if first
        else "",
    }


def days(first: dt.date, last: dt.date | None) -> str:
    """A span of days in words."""
    if last is None:
        return _("from %(first)s on") % {"first": formats.date(first)}
    return _("%(first)s to %(last)s") % {"first": formats.date(first), "last": formats.date(last)}
