"""Many rows at once: as the application's role in one statement, or by COPY in a bulk load.

COPY FROM is refused under row-level security; arrays unpacked by the database come close to it.
Values are given by attribute name and are what the column holds (sealed bytes for sealed fields).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection, connections, models, transaction

from fangxian.common import codes


def _columns(model: type[models.Model], names: Sequence[str]) -> list[tuple[str, str]]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    found = []
    for name in names:
        found.append((str(fields[name].column), _kind(fields[name])))
    return found


def _kind(field: Any) -> str:
    kind = str(field.db_type(connection)).split(" COLLATE")[0]
    # Lengths are enforced by the table; an array cast would cut silently.
    return "text" if kind.startswith("varchar") else kind


# Characters that no text of ours holds: forms and imports refuse control characters.
_BETWEEN, _NOTHING = "\x1f", "\x1e"


def packed(values: Sequence[Any]) -> str:
    """The values as one text: the driver takes an array apart value by value, a text at once.

    It begins with a separator, since an empty text would be an empty array. :func:`array` is what
    it becomes in SQL.
    """
    parts = [_part(values[0])] * len(values) if _are_one(values) else list(map(_part, values))
    text = _BETWEEN.join(["", *parts])
    nothing = text.count(_NOTHING)
    if text.count(_BETWEEN) != len(parts) or (
        nothing and nothing != sum(value is None for value in values)
    ):
        raise ValueError("a value holds a control character that separates values")
    return text


def _part(value: Any) -> str:
    if value.__class__ is str:
        return str(value)
    if value.__class__ is UUID:
        return str(value.hex)
    if value is None:
        return _NOTHING
    return "\\x" + value.hex() if value.__class__ is bytes else str(value)


def _are_one(values: Sequence[Any]) -> bool:
    """Whether all are the same object, as the time at which rows are written is."""
    return bool(values) and all(value is values[0] for value in values)


def array(kind: str) -> str:
    """SQL of an array of this type, with a parameter that :func:`packed` made."""
    return f"(string_to_array(%s, E'\\x1f', E'\\x1e'))[2:]::{kind}[]"


class OneOf(models.Lookup):
    """``filter(OneOf(F("number_index"), indexes))``: ``__in`` with the values as one parameter."""

    prepare_rhs = False
    lookup_name = "one_of"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """As Django's lookups."""
        values = list(self.rhs)
        if not values:
            raise EmptyResultSet
        lhs, params = self.process_lhs(compiler, connection)
        kind = _kind(self.lhs.output_field)
        return f"{lhs} = ANY ({array(kind)})", (*params, packed(values))


def insert(model: type[models.Model], columns: Mapping[str, Sequence[Any]], tail: str = "") -> None:
    """Insert the rows whose values stand at equal positions of ``columns``. One statement.

    ``tail`` is appended ("ON CONFLICT DO NOTHING"). No rows: no statement.
    """
    if not columns or not len(next(iter(columns.values()))):
        return
    typed = _columns(model, list(columns))
    into = ", ".join(f'"{column}"' for column, _kind in typed)
    arrays = ", ".join(array(kind) for _column, kind in typed)
    table = model._meta.db_table
    # Only names of our own columns and types enter the text.
    sql = f'INSERT INTO "{table}" ({into}) SELECT * FROM unnest({arrays}) {tail}'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [packed(values) for values in columns.values()])


def update(
    model: type[models.Model], keys: Sequence[Any], columns: Mapping[str, Sequence[Any]]
) -> None:
    """Set columns of the rows with these primary keys. One statement; no rows: none."""
    if not keys or not columns:
        return
    key = model._meta.pk
    typed = _columns(model, [key.attname, *columns])
    names = ", ".join(f'"{column}"' for column, _kind in typed)
    arrays = ", ".join(array(kind) for _column, kind in typed)
    settings = ", ".join(f'"{column}" = given."{column}"' for column, _kind in typed[1:])
    table = model._meta.db_table
    sql = (
        f'UPDATE "{table}" SET {settings} FROM unnest({arrays}) AS given ({names}) '  # noqa: S608
        f'WHERE "{table}"."{typed[0][0]}" = given."{typed[0][0]}"'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [packed(keys), *(packed(values) for values in columns.values())])


NULL = "\\N"


def text_of(value: Any) -> str:
    """A value as COPY's text format writes it."""
    if value is None:
        return NULL
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value)
    if text.isprintable() and "\\" not in text:
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Load:
    """A bulk load in one transaction, by COPY, past row-level security; history is written.

    ``using`` "maintenance" keeps all indexes: for up to some 100,000 rows in a live database.
    "owner" drops indexes and foreign keys first and builds them at the end, in the same transaction
    and with the tables locked: for a first load. Either everything is loaded, or nothing is.
    """

    def __init__(
        self,
        models_: Sequence[type[models.Model]],
        *,
        using: str,
        who: str = "system:load",
        why: str = "bulk load",
        source: str = "job:load",
    ) -> None:
        self.using = using
        self.tables = [model._meta.db_table for model in models_]
        # What each history row of the load says.
        self.context = {"who": who, "why": why, "source": source}
        self._rebuild: list[str] = []
        self._atomic = transaction.atomic(using=using)

    def __enter__(self) -> Load:
        self._atomic.__enter__()
        try:
            self._open()
        except BaseException:
            self._atomic.__exit__(*sys.exc_info())
            raise
        return self

    def _open(self) -> None:
        lo, hi = codes.bounds("")
        context = orjson.dumps(self.context).decode()
        with self.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('fangxian.lo', %s, true), set_config('fangxian.hi', %s, true),"
                " set_config('pghistory.context_metadata', %s, true)",
                [lo, hi, context],
            )
            if self.using == "owner":
                self._strip(cursor)

    def _strip(self, cursor: Any) -> None:
        related = self._histories(cursor)
        for table in [*self.tables, *related]:
            cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
            self._rebuild.append(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        everything = [*self.tables, *related]
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s)",
            [everything],
        )
        foreign = cursor.fetchall()
        cursor.execute(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid), k.conname,"
            " pg_get_constraintdef(k.oid), i.indrelid::regclass::text"
            " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('u', 'p')"
            " WHERE i.indrelid::regclass::text = ANY (%s)"
            " AND NOT EXISTS (SELECT FROM pg_constraint f"
            "  WHERE f.contype = 'f' AND f.conindid = i.indexrelid"
            "  AND NOT f.conrelid::regclass::text = ANY (%s))",
            [everything, everything],
        )
        indexes = cursor.fetchall()
        for table, name, _definition in foreign:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, definition, constraint, constraint_definition, table in indexes:
            if constraint:
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
                self._rebuild.append(
                    f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" {constraint_definition}'
                )
            else:
                cursor.execute(f'DROP INDEX "{name}"')
                self._rebuild.append(definition)
        for table, name, definition in foreign:
            self._rebuild.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')

    def _histories(self, cursor: Any) -> list[str]:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY (%s)",
            [[f"{table}history" for table in self.tables]],
        )
        return [row[0] for row in cursor.fetchall()]

    def cursor(self) -> Any:
        """A cursor of the load's transaction."""
        return connections[self.using].cursor()

    def copy(self, model: type[models.Model], columns: Sequence[str], lines: Sequence[str]) -> None:
        """COPY lines in text format into columns (by attribute name). One statement."""
        if not lines:
            return
        names = ", ".join(f'"{column}"' for column in columns)
        statement = f'COPY "{model._meta.db_table}" ({names}) FROM STDIN'
        with self.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write("".join(lines))

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind is None:
                self._close()
        except BaseException:
            self._atomic.__exit__(*sys.exc_info())
            raise
        self._atomic.__exit__(kind, error, trace)

    def _close(self) -> None:
        with self.cursor() as cursor:
            cursor.execute("SELECT set_config('maintenance_work_mem', '256MB', true)")
            # Rows first have to be checked against deferred rules of their own transaction.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement in sorted(self._rebuild, key=_rank):
                cursor.execute(statement)
            if self.using == "owner":
                for table in self.tables:
                    cursor.execute(f'ANALYZE "{table}"')


def _rank(statement: str) -> int:
    """Indexes and unique rules first, then foreign keys, which need them; the lock-down last."""
    if "FORCE ROW LEVEL SECURITY" in statement:
        return 2
    return 1 if "FOREIGN KEY" in statement else 0
