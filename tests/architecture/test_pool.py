"""What a pooled connection still knows after a transaction: nothing."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from fangxian.common.actor import Actor
from fangxian.common.scoping import Scoped, acting, tables
from tests.kit.cast import make_places

SETTINGS = """
SELECT coalesce(current_setting('fangxian.lo', true), ''),
       coalesce(current_setting('fangxian.hi', true), ''),
       coalesce(current_setting('fangxian.user', true), ''),
       coalesce(current_setting('pghistory.context_metadata', true), '')
"""


def visible(cursor: psycopg.Cursor) -> dict[str, int]:
    found = {}
    for model, scope in tables():
        if isinstance(scope, Scoped):
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
            found[model._meta.db_table] = cursor.fetchone()[0]
    return {table: count for table, count in found.items() if count}


def test_a_used_connection_sees_nothing(fresh_database: str) -> None:
    from fangxian.common.ids import uuid7
    from fangxian.core.models import Event

    make_places()
    with acting(Actor.system("test", "130902")) as by:
        Event.objects.create(
            place_code=by.area,
            code_then=by.area,
            kind="test",
            op_id=uuid7(),
            digest=b"",
            data={},
            actor="test",
        )
    dsn = settings.SERVER.dsn("app", fresh_database)
    with psycopg.connect(dsn) as pooled, pooled.cursor() as cursor:
        for end in ("commit", "rollback"):
            cursor.execute(
                "SELECT set_config('fangxian.lo', '130902', true),"
                " set_config('fangxian.hi', '130902:', true)"
            )
            assert visible(cursor) == {"core_event": 1}
            getattr(pooled, end)()
            assert visible(cursor) == {}
            cursor.execute(SETTINGS)
            assert cursor.fetchone() == ("", "", "", "")
            pooled.rollback()


def test_our_own_connection_is_clean_after_each_block(fresh_database: str) -> None:
    make_places()
    for fails in (False, True):
        backend = None
        try:
            with acting(Actor.system("test", "130902")), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backend = cursor.fetchone()
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone() == backend
            cursor.execute(SETTINGS)
            assert cursor.fetchone() == ("", "", "", "")
            assert visible(cursor) == {}


@pytest.mark.django_db
def test_without_a_block_nothing_scoped_is_seen_or_written() -> None:
    with connection.cursor() as cursor:
        assert visible(cursor) == {}
