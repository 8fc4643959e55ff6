"""The database enforces exactly what the models declare."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connections, transaction
from django.db.utils import ProgrammingError

from fangxian.common.scoping import (
    Global,
    Linked,
    Personal,
    Scoped,
    apply_policies,
    scope_of,
    tables,
)

POLICIES = """
SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2
"""
FORCED = """
SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1
"""
GRANTS = """
SELECT table_name, privilege_type FROM information_schema.role_table_grants
WHERE grantee = %s ORDER BY 1, 2
"""


def app_role() -> str:
    return str(connections["default"].settings_dict["USER"])


def state(alias: str) -> dict[str, Any]:
    with connections[alias].cursor() as cursor:
        found = {}
        for what, sql in (("policies", POLICIES), ("forced", FORCED)):
            cursor.execute(sql)
            found[what] = cursor.fetchall()
        cursor.execute(GRANTS, [app_role()])
        found["grants"] = cursor.fetchall()
    return found


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_policies_are_those_declared() -> None:
    before = state("owner")
    with transaction.atomic(using="owner"):
        apply_policies("owner")
        after = state("owner")
        transaction.set_rollback(True, using="owner")
    assert after == before


@pytest.mark.django_db
def test_no_table_is_without_a_declaration() -> None:
    # Unmanaged ones too: those of the job queue.
    every = apps.get_models(include_auto_created=True)
    declared = {model._meta.db_table for model in every if scope_of(model) is not None}
    declared.add("django_migrations")
    assert [name for name, *_rest in state("default")["forced"] if name not in declared] == []


def test_history_has_the_scope_of_its_model() -> None:
    different = []
    for model in apps.get_models():
        tracked = getattr(model, "pgh_tracked_model", None)
        if tracked is None or not model.__module__.startswith("fangxian."):
            continue
        mine, its = scope_of(model), scope_of(tracked)
        if type(mine) is not type(its) or any(
            getattr(mine, part, None) != getattr(its, part, None) for part in ("upward", "link")
        ):
            different.append(model._meta.label)
    assert different == []


def append_only() -> list[str]:
    return sorted(
        model._meta.db_table
        for model, scope in tables()
        if isinstance(scope, Scoped | Linked | Personal | Global) and scope.append_only
    )


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_audit_can_not_be_changed_by_the_application(verb: str) -> None:
    assert {"accounts_accesslog", "core_event", "core_taskhistory"} <= set(append_only())
    for table in append_only():
        column = _first_column(table)
        sql = {
            "UPDATE": f'UPDATE "{table}" SET "{column}" = "{column}"',
            "DELETE": f'DELETE FROM "{table}"',
            "TRUNCATE": f'TRUNCATE "{table}"',
        }[verb]
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connections["default"].cursor() as cursor,
        ):
            cursor.execute(sql)


def _first_column(table: str) -> str:
    with connections["default"].cursor() as cursor:
        return str(
            connections["default"].introspection.get_table_description(cursor, table)[0].name
        )


@pytest.mark.django_db
def test_no_column_of_history_or_audit_is_open_to_change() -> None:
    history = {
        model._meta.db_table
        for model in apps.get_models()
        if hasattr(model, "pgh_tracked_model") and model.__module__.startswith("fangxian.")
    }
    assert history
    assert history <= set(append_only())
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT t FROM unnest(%s::text[]) t WHERE has_any_column_privilege(t, 'UPDATE')",
            [append_only()],
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_the_application_owns_nothing_and_bypasses_nothing() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"
            " WHERE r.rolname = current_user"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_functions_that_run_with_more_rights_are_known() -> None:
    """A SECURITY DEFINER function passes row-level security, so each is listed here with why."""
    known = {
        "people_match": "proposes a merge across areas; returns ids of proposals only",
        "people_erase_tokens": "old name of persons in scope, at all their places; returns nothing",
        "people_write_tokens": "new name of persons in scope, at all their places; returns nothing",
        "people_records": "records merged into one, wherever they lie; returns ids only",
        "organisations_load": "how many posts given holders have elsewhere: ids and dates only",
        "organisations_party": "who of the caller’s residents is in the party: their ids only",
        "organisations_wishes": "where the caller’s residents wish to serve in his area: ids only",
        "register_lives_elsewhere": "since when who moved out of here lives out of sight: a day",
        "register_groups_go_on": "key groups known here come back with a move; returns nothing",
        "field_visits_follow": "puts visits where their door now lies, in the caller's range",
        "mobilise_stretches": "tells when somebody is on duty elsewhere, not where or at what",
        "mobilise_pledged": "counts who pledged for a call above the caller; returns nothing",
        "mobilise_seated": "counts who has a line of a call above the caller; returns nothing",
        "mobilise_hold_lines": "holds lines of a call above the caller; returns nothing",
        "mobilise_line_skills": "wanted skills of heads at lines; nobody who has them",
        "mobilise_renew_links": "voids the links of one human at all places; returns nothing",
        "mobilise_away": "when people who are planned are away, not where or for whom",
        "mobilise_days_off": "days off of people who are planned, whichever place has them",
        "mobilise_hold_calls": "holds calls above the caller; returns nothing",
        "field_gate_log_lapse": "takes who passed from old gate entries; tells how many",
        "field_duties_forget": "takes the indexes from an ended emergency's records: a number",
        "fangxian_move_codes": "a redraw rewrites codes, history included, along moves on record",
    }
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE prosecdef"
            " AND pronamespace = 'public'::regnamespace"
        )
        found = dict(cursor.fetchall())
    assert set(found) <= set(known)
    # Without a fixed search path a caller could slip in his own tables.
    assert all("search_path" in str(settings) for settings in found.values()), found
