"""Sessions and accounts as each request reads them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from fangxian.accounts.models import User
from fangxian.accounts.remembered import AccountBackend, SessionStore
from fangxian.common import prepared


def _kept() -> SessionStore:
    store = SessionStore()
    store["grant"] = "a"
    store.save()
    return store


def test_a_session_is_what_django_keeps(cast: Any) -> None:
    key = _kept().session_key
    assert SessionStore(key).load() == db.SessionStore(key).load() == {"grant": "a"}


def test_a_session_that_ran_out_or_never_was_is_empty(cast: Any) -> None:
    key = _kept().session_key
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    for unknown in (key, "n" * 32, "with\0zero", ""):
        store = SessionStore(unknown)
        assert store.load() == {}
        assert store.session_key is None


def test_an_account_is_whole_and_only_an_active_one_is_given(cast: Any) -> None:
    known = cast.user("alice")
    backend = AccountBackend()
    read = backend.get_user(str(known.pk))
    assert read is not None
    assert not read.get_deferred_fields()
    fields = [field.attname for field in User._meta.concrete_fields]
    written = User.objects.get(pk=known.pk)
    assert [getattr(read, name) for name in fields] == [getattr(written, name) for name in fields]
    User.objects.filter(pk=known.pk).update(is_active=False)
    assert backend.get_user(known.pk) is None
    assert backend.get_user("not an id") is None
    assert backend.get_user("00000000-0000-7000-8000-000000000000") is None


def test_statements_are_planned_once(cast: Any) -> None:
    statement = "SELECT %(n)s::int + 41"
    assert [prepared.rows(statement, {"n": n}) for n in (1, 2)] == [[(42,)], [(43,)]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE 'SELECT $1::int + 41'"
        )
        assert cursor.fetchall() == [(2,)]


def test_what_fails_is_told_in_djangos_words(cast: Any) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic():
        prepared.rows("SELECT nothing_of_this_name", {})
    assert prepared.rows("SELECT 1", {}) == [(1,)]


def test_nothing_is_asked_in_a_transaction_that_will_be_rolled_back(cast: Any) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            prepared.rows("SELECT 1", {})
