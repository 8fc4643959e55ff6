"""The bulk load commits, so each test has a database of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connections

from fangxian.common.bulk import Load
from fangxian.common.scoping import acting
from fangxian.people import queries
from fangxian.register import queries as register
from fangxian.register.bulk import MODELS, HouseholdRow, ResidentRow, load_register
from tests.kit.cast import make_cast, make_places


@pytest.fixture
def committed(fresh_database, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.mark.parametrize("using", ["maintenance", "owner"])
def test_a_load_is_seen_found_and_kept_in_history(committed, using):
    places = make_places()
    alice = make_cast(places).actor("alice")
    home = HouseholdRow(
        places.unit, places[places.building].id, places[places.unit].id, "101",
        [ResidentRow("王小明", "1", dt.date(1990, 1, 1), "130999199001010018", "13800001234")],
    )  # fmt: skip
    with Load(MODELS, using=using) as load:
        counts = load_register(load, [home])
    assert counts["people_person"] == 1
    with acting(alice):
        for text in ("小明", "wxm", "130999199001010018", "13800001234"):
            assert [p.name for p in queries.search(text)] == ["王小明"], text
        assert register.counts(places.community)["residents"] == 1
        person = queries.search_names("王小明")[0]
        assert person.events.count() == 1
        assert person.events.get().pgh_context["who"] == "system:load"


def test_a_load_that_fails_leaves_nothing_and_all_rules_in_place(committed):
    def rules() -> list[tuple[str, ...]]:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename ~ '^(people|register)_'"
                " UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid::regclass::text ~ '^(people|register)_' UNION ALL"
                " SELECT relname, relforcerowsecurity::text FROM pg_class"
                " WHERE relname ~ '^(people|register)_' AND relkind = 'r' ORDER BY 1, 2"
            )
            return cursor.fetchall()

    before = rules()
    with pytest.raises(ZeroDivisionError), Load(MODELS, using="owner"):
        raise ZeroDivisionError
    assert rules() == before
    with Load(MODELS, using="owner"):
        pass
    assert rules() == before
