"""A community is merged into another by a yearly list: nothing of any room is left behind."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

import tests.kit.makers  # noqa: F401  (fills MAKERS)
from fangxian.accounts.models import Grant
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting, moving_tables
from fangxian.organisations.models import Organisation, Responsibility
from fangxian.regions import queries
from fangxian.regions.actions.national import take_in
from fangxian.regions.lists import DivisionList, Row
from fangxian.regions.models import Region
from tests.kit.cast import Cast, Places
from tests.kit.objects import MAKERS, Side, codes_of

MADE = ("core:task_id", "register:household_id", "organisations:responsibility_id")
SYSTEM = Actor.system("test", "")


def merged_list(places: Places, old: str, new: str) -> DivisionList:
    """The tree as it is, but for ``old``, which ``new`` has taken over."""
    rows = {
        code: Row(code, place.name, "", (new, old) if code == new else ())
        for code, place in places.by_code.items()
        if len(code) <= 12 and not code.startswith(old)
    }
    return DivisionList(2024, dt.date(2024, 12, 31), "test", "merge", rows)


def rows_in(area: str) -> dict[str, int]:
    counts = {}
    with acting(Actor.system("test", area)), connection.cursor() as cursor:
        for table, column in moving_tables():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" ~ \'^{area}\'')
            counts[table] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


@pytest.fixture
def lived_in(places: Places, cast: Cast) -> Side:
    """Objects of all rooms below the community that ends, and some at the community itself."""
    side = Side("foreign", places, cast, codes_of(places.outside_unit))
    for key in MADE:
        side.get(key)
    community = places[places.outside]
    with acting(Actor.system("test", "")):
        Organisation.objects.update(seat=community)
        Responsibility.objects.update(place=community, place_code=community.code)
        cast.user("charlie").region = community
        cast.user("charlie").save()
    return side


def test_what_lay_at_the_community_goes_along(places: Places, cast: Cast, lived_in: Side) -> None:
    assert set(MADE) <= MAKERS.keys()
    old, new = places.outside, "130903001002"
    before = rows_in("130903001")
    exactly = {
        table
        for table, column in moving_tables()
        if table in before and _exists(table, column, old)
    }
    assert {"organisations_responsibility", "organisations_responsibilityhistory"} <= exactly
    take_in(by=SYSTEM, listed=merged_list(places, old, new), using="default")
    after = rows_in("130903001")
    # Moving writes history, and vacancies are looked for anew, each with its task.
    assert all(after[table] >= count for table, count in before.items())
    derived = ("history", "core_task", "core_event", "organisations_vacancy")
    assert {t: n for t, n in after.items() if not t.endswith(derived)} == {
        t: n for t, n in before.items() if not t.endswith(derived)
    }
    assert not rows_in(old)
    target = queries.at(new)
    with acting(Actor.system("test", "")):
        assert {body.seat_id for body in Organisation.objects.all()} == {target.id}
        assert set(Responsibility.objects.values_list("place_id", "place_code")) == {
            (target.id, new)
        }
    charlie = cast.user("charlie")
    charlie.refresh_from_db()
    assert charlie.region_id == target.id
    assert cast.actor("charlie").area == new
    assert [hit.place.code for hit in queries.search(old, "")] == [new]


def test_a_grant_that_stands_at_both_places_stays_once(places: Places, cast: Cast) -> None:
    charlie, new = cast.user("charlie"), places["130903001002"]
    first = Grant.objects.get(user=charlie)
    Grant.objects.create(user=charlie, role=first.role, region=new, valid_from=first.valid_from)
    take_in(by=SYSTEM, listed=merged_list(places, places.outside, new.code), using="default")
    assert Grant.objects.filter(user=charlie, region=new).count() == 1


def test_the_other_places_keep_what_they_have(places: Places, lived_in: Side) -> None:
    before = dict(Region.objects.filter(code__startswith="130902").values_list("code", "id"))
    listed = merged_list(places, places.outside, "130903001002")
    take_in(by=SYSTEM, listed=listed, using="default")
    again = take_in(by=SYSTEM, listed=listed, using="default")
    assert again.comparison.is_empty
    after = dict(Region.objects.filter(code__startswith="130902").values_list("code", "id"))
    assert after == before


@pytest.mark.parametrize(
    ("table", "column"),
    [("accounts_user", "username"), ("register_household", "room"), ("regions_region", "code")],
)
def test_only_declared_columns_can_be_rewritten(places: Places, table: str, column: str) -> None:
    with (
        acting(SYSTEM),
        pytest.raises(DatabaseError, match="holds no codes that move"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT fangxian_move_codes(%s, %s, '{}', '{}')", [table, column])


def test_every_declared_column_can_be_rewritten(places: Places) -> None:
    with connection.cursor() as cursor:
        for table, column in moving_tables():
            cursor.execute("SELECT fangxian_movable(%s, %s)", [table, column])
            assert cursor.fetchone() == (True,)


def _exists(table: str, column: str, code: str) -> bool:
    with acting(SYSTEM), connection.cursor() as cursor:
        cursor.execute(f'SELECT 1 FROM "{table}" WHERE "{column}" = %s LIMIT 1', [code])
        return cursor.fetchone() is not None
