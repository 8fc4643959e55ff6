"""The check of everything that must always hold, and the epoch."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from fangxian.common import registries
from fangxian.common.errors import Invalid
from fangxian.common.ids import uuid7
from fangxian.common.registries import Invariant
from fangxian.common.scoping import acting
from fangxian.core import actions, queries, rules
from fangxian.core.models import FileChunk, RuleSet
from fangxian.core.tests.working import SYSTEM


def _check() -> str:
    out = StringIO()
    call_command("check_invariants", stdout=out)
    return out.getvalue()


def test_a_sound_database_passes_and_a_broken_one_is_named(fresh_database: str) -> None:
    file = actions.store_file(
        by=SYSTEM, data=b"x", name="a", media_type="text/plain", place_code="130902"
    )
    assert "FAILED" not in _check()
    with acting(SYSTEM):
        FileChunk.objects.filter(file=file).delete()
    out = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("check_invariants", stdout=out)
    assert failed.value.returncode == 1
    assert f"file {file.id}: 0 of 1 parts" in out.getvalue()


def test_a_long_list_of_breaches_is_cut(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {"test": (1, Invariant("test", lambda: (f"breach {n}" for n in range(99))))}
    monkeypatch.setattr(registries.invariants, "_entries", entries)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_invariants", "--most", "3", stdout=out)
    assert out.getvalue().count("breach") == 3


def test_there_is_an_epoch(db: None) -> None:
    assert queries.server_epoch()


def test_an_event_is_kept_once(alice: Any, places: Any) -> None:
    op_id = uuid7()
    given = {"by": alice, "kind": "test", "place_code": places.grid, "op_id": op_id}
    first = actions.emit(**given, data={"a": 1})
    assert actions.emit(**given, data={"a": 1}).id == first.id
    with pytest.raises(Invalid) as refused:
        actions.emit(**given, data={"a": 2})
    assert refused.value.problems[0].code == "op_id_reused"


def test_a_loaded_rule_can_not_be_changed_under_its_version(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {
        "name": "test.rule",
        "version": 1,
        "source": "x",
        "valid_from": "2020-01-01",
        "data": 1,
    }
    monkeypatch.setattr(rules, "shipped", lambda: [row])
    assert rules.load_shipped(using="default") == 1
    assert rules.load_shipped(using="default") == 0
    row["data"] = 2
    with pytest.raises(ImproperlyConfigured, match="new version"):
        rules.load_shipped(using="default")
    row["version"] = 2
    assert rules.load_shipped(using="default") == 1
    assert RuleSet.objects.filter(name="test.rule").count() == 2
    assert rules.rule("test.rule").data == 2
    with pytest.raises(rules.NoRule):
        rules.rule("test.rule", rules.dt.date(2019, 1, 1))
