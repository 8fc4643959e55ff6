"""Triggers of history that a database of before still has."""

from __future__ import annotations

from importlib import import_module

from django.db import connections

ONCE: str = import_module("fangxian.config.migrations.0002_context_once").ONCE
OF_ROLES = (
    "SELECT oid FROM pg_proc WHERE proname LIKE 'pgtrigger_%' AND prosrc LIKE '%rolehistory%'"
)


def test_functions_of_before_become_those_of_a_new_database(fresh_database: str) -> None:
    with connections["owner"].cursor() as cursor:

        def bodies() -> dict[int, str]:
            cursor.execute(f"SELECT oid, prosrc FROM pg_proc WHERE oid IN ({OF_ROLES})")
            return dict(cursor.fetchall())

        new = bodies()
        assert len(new) == 3
        cursor.execute(
            "SELECT replace(replace(pg_get_functiondef(oid), '(SELECT COALESCE', 'COALESCE'),"
            f" 'NULL)::JSONB)', 'NULL)::JSONB') FROM ({OF_ROLES}) roles"
        )
        for (definition,) in cursor.fetchall():
            cursor.execute(definition)
        assert all("(SELECT" not in old and old.count("::JSONB") == 1 for old in bodies().values())
        cursor.execute(ONCE)
        assert bodies() == new
        cursor.execute(ONCE)
        assert bodies() == new
