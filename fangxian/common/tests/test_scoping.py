from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from fangxian.common.actor import Actor
from fangxian.common.errors import Forbidden
from fangxian.common.scoping import Global, acting, current_actor, scope_of, tables

pytestmark = pytest.mark.django_db


def settings_now() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('fangxian.lo', true), ''),"
            " coalesce(current_setting('fangxian.hi', true), '')"
        )
        return tuple(cursor.fetchone())


def test_every_model_declares_who_sees_it():
    undeclared = [model._meta.label for model, scope in tables() if scope is None]
    assert undeclared == []


def test_every_global_model_says_why():
    bare = [m._meta.label for m, s in tables() if isinstance(s, Global) and len(s.reason) < 10]
    assert bare == []


def test_the_database_enforces_what_the_models_declare():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity"
            " FROM pg_class WHERE relkind = 'r'"
        )
        forced = dict(cursor.fetchall())
    for model, scope in tables():
        expected = not isinstance(scope, Global)
        assert forced[model._meta.db_table] is expected, model._meta.label


def test_a_block_sets_the_range_and_takes_it_back():
    with acting(Actor.system("test", "130902")) as by:
        assert settings_now() == ("130902", "130902:")
        assert current_actor() == by
        with acting(by.within("130902001")):
            assert settings_now() == ("130902001", "130902001:")
        assert settings_now() == ("130902", "130902:")
    assert settings_now() == ("", "")
    assert current_actor() is None


def test_a_block_can_not_be_widened():
    wide = acting(Actor.system("test", "1309"))
    with acting(Actor.system("test", "130902")), pytest.raises(RuntimeError), wide:
        pass
    with pytest.raises(Forbidden):
        Actor.system("test", "130902").within("1309")


def test_an_error_takes_the_range_back_too():
    with pytest.raises(ZeroDivisionError), acting(Actor.system("test", "1309")):
        raise ZeroDivisionError
    assert settings_now() == ("", "")


def test_scope_is_declared_in_the_class_itself():
    own = [m for m in apps.get_models() if m.__module__.startswith("fangxian")]
    assert own
    assert all(scope_of(m) is not None for m in own)
