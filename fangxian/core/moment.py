"""Reading many things as they stood at one moment, without keeping anybody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from psycopg import IsolationLevel


@contextmanager
def one_moment(using: str = "default") -> Iterator[None]:
    """A transaction begun inside sees the database as it was at its first query (one snapshot).

    For long reads that compare tables. Inside a running transaction it changes nothing: that one
    keeps its own isolation.
    """
    wrapper = connections[using]
    if wrapper.in_atomic_block:
        yield
        return
    wrapper.ensure_connection()
    connection: Any = wrapper.connection
    before = connection.isolation_level
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        if not connection.closed:
            connection.isolation_level = before
