"""Who sees which rows: each model's policy, row-level security, and the transaction's scope.

Every model says what it is in a class attribute ``scope``:

- :class:`Scoped`: rows lie at a place; seen by who acts in an area that contains the place;
- :class:`Linked`: rows (persons) are seen through any link row in the actor's area;
- :class:`Personal`: rows belong to one user;
- :class:`Global`: everybody signed in may read them, for the stated reason.

:func:`apply_policies` turns the declarations into FORCEd row-level security and table rights after
each migration; an undeclared model fails the suite. One transaction has one code range
(:func:`acting`): several ranges at once are slow (architecture.md, Scope), so several grants run
one after another. Without a range nothing is seen.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction

from fangxian.common import access, codes
from fangxian.common.actor import Actor

LO = "nullif(current_setting('fangxian.lo', true), '')"
HI = "nullif(current_setting('fangxian.hi', true), '')"
USER = "nullif(current_setting('fangxian.user', true), '')::uuid"


@dataclass(frozen=True)
class Scoped:
    """Rows at a place.

    ``upward``: rows of the places above the actor's area are readable too (who answers above me).
    ``moves``: a redraw rewrites the column (false where the row keeps the code it was made with).
    ``append_only``: the application can add rows, never change or remove them.
    """

    column: str = "place_code"
    upward: bool = False
    moves: bool = True
    append_only: bool = False

    def read(self, _table: str) -> str:
        inside = f"{self.column} >= {LO} AND {self.column} < {HI}"
        if not self.upward:
            return inside
        above = ", ".join(f"left({LO}, {int(level)})" for level in codes.Level if level)
        return f"({inside}) OR ({self.column} IN ({above}) AND {LO} <> '{codes.BEFORE_CODES}')"

    def write(self, _table: str) -> str:
        return f"{self.column} >= {LO} AND {self.column} < {HI}"


@dataclass(frozen=True)
class Linked:
    """Rows seen through link rows: ``link`` is "app.Model" with ``link_field`` and place_code.

    New rows may be added freely: a row nobody has linked yet is seen by nobody.
    """

    link: str
    column: str = "id"
    link_column: str = "person_id"
    append_only: bool = False

    def read(self, table: str) -> str:
        link = apps.get_model(self.link)._meta.db_table
        mine = f'l."{self.link_column}" = "{table}"."{self.column}"'
        inside = f"l.place_code >= {LO} AND l.place_code < {HI}"
        # Names of tables and columns come from the models, never from a request.
        return f'EXISTS (SELECT 1 FROM "{link}" l WHERE {mine} AND {inside})'  # noqa: S608

    def write(self, _table: str) -> str:
        return "true"


@dataclass(frozen=True)
class Personal:
    """Rows of one user; anybody may address a row to him (a notification)."""

    column: str = "user_id"
    append_only: bool = False

    def read(self, _table: str) -> str:
        return f"{self.column} = {USER}"

    def write(self, _table: str) -> str:
        return "true"


@dataclass(frozen=True)
class Global:
    """Rows without a place; ``reason`` says why that harms nobody."""

    reason: str
    append_only: bool = False


Scope = Scoped | Linked | Personal | Global


def scope_of(model: type[models.Model]) -> Scope | None:
    """Return a model's declaration, or that of a third-party app in ``SCOPE_GLOBAL_APPS``."""
    declared = model.__dict__.get("scope") or getattr(model, "scope", None)
    if isinstance(declared, Scoped | Linked | Personal | Global):
        return declared
    reason = settings.SCOPE_GLOBAL_APPS.get(model._meta.app_label)
    return Global(reason) if reason else None


def tables() -> list[tuple[type[models.Model], Scope | None]]:
    """All concrete models with a table of ours, and their declarations."""
    every = apps.get_models(include_auto_created=True)
    return [(m, scope_of(m)) for m in every if m._meta.managed and not m._meta.proxy]


def moving_tables() -> list[tuple[str, str]]:
    """``(table, column)`` of every scoped model whose codes follow a redraw, history included."""
    return [
        (model._meta.db_table, scope.column)
        for model, scope in tables()
        if isinstance(scope, Scoped) and scope.moves
    ]


def policy_statements(model: type[models.Model], scope: Scope) -> list[str]:
    """The SQL that puts a model's declaration in force; safe to run again."""
    table = model._meta.db_table
    quoted = f'"{table}"'
    application = f'"{connections["default"].settings_dict["USER"]}"'
    verbs = "SELECT, INSERT" if scope.append_only else "SELECT, INSERT, UPDATE, DELETE"
    drop = [
        f'DROP POLICY IF EXISTS "fx_{verb}" ON {quoted}'
        for verb in ("read", "insert", "update", "delete")
    ]
    grant = [
        f"REVOKE ALL ON {quoted} FROM {application}",
        f"GRANT {verbs} ON {quoted} TO {application}",
    ]
    if isinstance(scope, Global):
        off = f"ALTER TABLE {quoted} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
        return [*drop, off, *grant]
    read, write = scope.read(table), scope.write(table)
    # What may be changed: an upward row is read only, so its write range decides.
    change = write if isinstance(scope, Scoped) else read
    return [
        *drop,
        f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f'CREATE POLICY "fx_read" ON {quoted} FOR SELECT USING ({read})',
        f'CREATE POLICY "fx_insert" ON {quoted} FOR INSERT WITH CHECK ({write})',
        f'CREATE POLICY "fx_update" ON {quoted} FOR UPDATE USING ({change}) WITH CHECK ({write})',
        f'CREATE POLICY "fx_delete" ON {quoted} FOR DELETE USING ({change})',
        *grant,
    ]


def apply_policies(using: str) -> int:
    """Put all declarations in force on the database ``using`` (as owner). Returns the tables."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    done = 0
    with transaction.atomic(using=using), connection.cursor() as cursor:
        # Two runs at once (two hosts being updated) must not deadlock on the catalogue.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('fangxian.policies'))")
        for model, scope in tables():
            if scope is None or model._meta.db_table not in present:
                continue
            # One message a table: on an empty database there are a thousand statements.
            cursor.execute("; ".join(policy_statements(model, scope)))
            done += 1
    return done


_current: contextvars.ContextVar[Actor | None] = contextvars.ContextVar("actor", default=None)

_SET = (
    "SELECT set_config('fangxian.lo', %s, true), set_config('fangxian.hi', %s, true), "
    "set_config('fangxian.user', %s, true), set_config('pghistory.context_metadata', %s, true)"
)


def _apply(actor: Actor | None, using: str) -> None:
    if actor is None:
        values = ["", "", "", ""]
    else:
        lo, hi = codes.bounds(actor.area)
        context = {
            "who": actor.name,
            "user": str(actor.user_id or ""),
            "role": actor.role,
            "why": actor.purpose,
            "source": actor.source,
            "request": actor.request_id,
        }
        values = [lo, hi, str(actor.user_id or ""), orjson.dumps(context).decode()]
    with connections[using].cursor() as cursor:
        cursor.execute(_SET, values)


def current_actor() -> Actor | None:
    """The actor of the running :func:`acting` block, if any."""
    return _current.get()


@contextmanager
def acting(by: Actor, *, using: str = "default") -> Iterator[Actor]:
    """One transaction in which ``by`` sees and changes its area, and nothing else.

    Nested blocks may narrow the area or change the purpose, never widen: RuntimeError. What is read
    of persons is noted and written to the access log when the outermost block ends.
    """
    outer = _current.get()
    if outer is not None and not codes.contains(outer.area, by.area):
        raise RuntimeError(f"scope {by.area!r} is not inside the running scope {outer.area!r}")
    # The settings end with the transaction; only one that goes on needs them put back.
    goes_on = connections[using].in_atomic_block
    with transaction.atomic(using=using):
        if outer is None:
            with access.collecting(by):
                yield from _entered(by, None, using, put_back=goes_on)
        elif outer == by:
            yield by
        else:
            yield from _entered(by, outer, using)


def _entered(
    by: Actor, outer: Actor | None, using: str, *, put_back: bool = True
) -> Iterator[Actor]:
    _apply(by, using)
    token = _current.set(by)
    try:
        yield by
    except BaseException:
        _current.reset(token)
        raise
    else:
        _current.reset(token)
        if put_back:
            _apply(outer, using)
