"""Two at once, each in a transaction of its own; needs ``fresh_database``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, connection, connections

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, met
from fangxian.common.scoping import acting

# In this database: others on the same server wait for their own.
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = current_database() AND pid <> pg_backend_pid()
"""


def beside(
    by: Actor,
    first: Callable[[], Any],
    second: Callable[[], Any],
    then: Callable[[], Any] = lambda: None,
) -> Any:
    """``first`` in an open transaction; ``second`` in another until it waits; then ``then``.

    Returns what ``second`` returned, or the Conflict that it met.
    """
    done = threading.Event()

    def other() -> Any:
        try:
            return second()
        except Conflict as error:
            return error
        except DatabaseError as error:
            conflict = met(error)
            if conflict is None:
                raise
            return conflict
        finally:
            done.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with acting(by):
            first()
            waits = pool.submit(other)
            _until_one_waits(done)
            then()
        return waits.result(30)


def _until_one_waits(done: threading.Event) -> None:
    while not done.wait(0.02):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
