"""Statements asked at nearly every request, which the server keeps planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from django.db import connection


def rows(statement: LiteralString, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one prepared statement on the default connection; returns all its rows.

    ``statement`` must be one of few fixed texts: each text is planned once a connection and kept.
    It takes part in the open transaction and its scope, if there is one. Raises Django's database
    errors.
    """
    with _preparing() as cursor:
        return cursor.execute(statement, values, prepare=True).fetchall()


@contextmanager
def _preparing() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor that prepares: planning such a statement costs as much as running it.

    Django's cursors never prepare, and have switched it off for the whole connection.
    """
    connection.validate_no_broken_transaction()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        raw.prepare_threshold = 0
        try:
            yield cursor
        finally:
            raw.prepare_threshold = None
