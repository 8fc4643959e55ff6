"""Many rows in one statement, as the application's role.

COPY FROM is refused under row-level security; arrays unpacked by the database come close to it.
Values are given by attribute name and are what the column holds (sealed bytes for sealed fields).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def _columns(model: type[models.Model], names: Sequence[str]) -> list[tuple[str, str]]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    found = []
    for name in names:
        field = fields[name]
        kind = str(field.db_type(connection)).split(" COLLATE")[0]
        # Lengths are enforced by the table; an array cast would cut silently.
        found.append((str(field.column), "text" if kind.startswith("varchar") else kind))
    return found


def insert(model: type[models.Model], columns: Mapping[str, Sequence[Any]], tail: str = "") -> None:
    """Insert the rows whose values stand at equal positions of ``columns``. One statement.

    ``tail`` is appended ("ON CONFLICT DO NOTHING"). No rows: no statement.
    """
    if not columns or not len(next(iter(columns.values()))):
        return
    typed = _columns(model, list(columns))
    into = ", ".join(f'"{column}"' for column, _kind in typed)
    arrays = ", ".join(f"%s::{kind}[]" for _column, kind in typed)
    table = model._meta.db_table
    # Only names of our own columns and types enter the text.
    sql = f'INSERT INTO "{table}" ({into}) SELECT * FROM unnest({arrays}) {tail}'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(values) for values in columns.values()])


def update(
    model: type[models.Model], keys: Sequence[Any], columns: Mapping[str, Sequence[Any]]
) -> None:
    """Set columns of the rows with these primary keys. One statement; no rows: none."""
    if not keys or not columns:
        return
    key = model._meta.pk
    typed = _columns(model, [key.attname, *columns])
    names = ", ".join(f'"{column}"' for column, _kind in typed)
    arrays = ", ".join(f"%s::{kind}[]" for _column, kind in typed)
    settings = ", ".join(f'"{column}" = given."{column}"' for column, _kind in typed[1:])
    table = model._meta.db_table
    sql = (
        f'UPDATE "{table}" SET {settings} FROM unnest({arrays}) AS given ({names}) '  # noqa: S608
        f'WHERE "{table}"."{typed[0][0]}" = given."{typed[0][0]}"'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(keys), *(list(values) for values in columns.values())])
