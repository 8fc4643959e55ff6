"""Bulk loading of places by COPY, with the indexes built afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from uuid_utils import uuid7

from fangxian.regions.lists import Row
from fangxian.regions.models import Region
from fangxian.regions.pinyin import initials_of

LARGE = 20_000
CHUNK = 5_000
TABLE = Region._meta.db_table
COLUMNS = ("id", "code", "name", "level", "initials", "urban_class", "valid_from")


def copy_places(rows: Iterable[Row], valid_from: dt.date, *, using: str) -> dict[str, str]:
    """Insert places by COPY and return their ids (as text) by code.

    ``using`` must be the owner's alias when there are many: then the indexes are dropped, built
    again at the end, and no history is written (the list itself is recorded). One transaction.
    """
    listed = list(rows)
    ids = {row.code: str(uuid7()) for row in listed}
    letters = initials_of(row.name for row in listed)
    with _bulk(using, len(listed) >= LARGE), connections[using].cursor() as cursor:
        statement = f"COPY {TABLE} ({', '.join(COLUMNS)}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for start in range(0, len(listed), CHUNK):
                copy.write(
                    "".join(
                        f"{ids[row.code]}\t{row.code}\t{_escaped(row.name)}\t{len(row.code)}\t"
                        f"{letters[row.name]}\t{row.urban_class}\t{valid_from}\n"
                        for row in listed[start : start + CHUNK]
                    )
                )
    return ids


def _escaped(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


@contextmanager
def _bulk(using: str, large: bool) -> Iterator[None]:
    if not large:
        yield
        return
    with connections[using].cursor() as cursor:
        # Only the indexes that no constraint of another table rests on.
        cursor.execute(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = %s::regclass AND NOT i.indisprimary",
            [TABLE],
        )
        indexes: list[tuple[str, Any]] = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
    yield
    with connections[using].cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")
        cursor.execute(f"ANALYZE {TABLE}")
