"""Whatever two records hold: a merge and its undo leave every row of every table as it was."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.people import actions as people
from fangxian.people.actions.merging import CHOOSABLE
from fangxian.register import actions

pytestmark = pytest.mark.django_db

DAY = dt.date(2021, 3, 1)
# Without the journals, which tell of the merge and of its undo.
TABLES = (
    "people_person", "people_persondocument", "people_personphone", "people_personlink",
    "people_nametoken", "register_household", "register_residency", "register_keygroupentry",
)  # fmt: skip

records = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["张伟", "张炜", "欧阳示例"]),
        "sex": st.sampled_from(["0", "1", "2"]),
        "ethnicity": st.sampled_from(["", "01", "02"]),
        "employer": st.sampled_from(["", "示例单位", "示例中学"]),
        "birth_date": st.sampled_from([None, dt.date(1980, 1, 1), dt.date(1981, 2, 3)]),
        "phones": st.lists(
            st.sampled_from(["13800001234", "13900001234", "13700001234"]), unique=True
        ),
        "documents": st.integers(0, 2),
        "homes": st.lists(st.integers(0, 2), max_size=3, unique=True),
        "groups": st.lists(st.sampled_from(["dialysis", "pregnant"]), unique=True),
        "met": st.booleans(),
    }
)


def rows() -> dict[str, list[str]]:
    """Every row of the tables, times and ids included."""
    with acting(Actor.system("test", "")), connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            found[table] = [row[0] for row in cursor.fetchall()]
        return found


def recorded(by: Any, places: Any, homes: list[Any], number: int, record: dict[str, Any]) -> Any:
    """A person with everything that may name one; the second shares doors, phones and groups."""
    known = dict(record)
    rooms, groups = known.pop("homes"), known.pop("groups")
    passports = [("passport", f"E1234567{number}{n}") for n in range(known.pop("documents"))]
    met = {"place_code": places.other_grid, "link_kind": "met", "source_id": uuid4()}
    person = people.create_person(by=by, documents=passports, **met, **known_without(known, "met"))
    for room in rooms:
        actions.move_in(
            by=by, household_id=homes[room].id, person_id=person.id, on=DAY, relation="other"
        )
    if rooms:
        for group in groups:
            actions.join_group(by=by, person_id=person.id, group=group, since=DAY)
        if not known["met"]:
            people.unlink_person(by=by, person_id=person.id, kind="met", source_id=met["source_id"])
    return person.id


def known_without(known: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in known.items() if key != name}


@settings(
    max_examples=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=records,
    second=records,
    keep=st.integers(0, 1),
    take=st.sets(st.sampled_from(CHOOSABLE)),
)
def test_undo_restores_every_row(
    alice: Any, places: Any, first: Any, second: Any, keep: int, take: set[str]
) -> None:
    with transaction.atomic():
        homes = [
            actions.create_household(by=alice, place_code=place, room=str(at))
            for at, place in enumerate([places.unit, places.unit, places.unit[:-1] + "2"])
        ]
        ids = [
            recorded(alice, places, homes, number, record)
            for number, record in enumerate((first, second))
        ]
        entry = people.propose_merge(by=alice, first_id=ids[0], second_id=ids[1])
        before = rows()
        done = people.merge(by=alice, candidate_id=entry, keep_id=ids[keep], take=take)
        assert rows() != before
        people.undo_merge(by=alice, merge_id=done.id)
        assert rows() == before
        transaction.set_rollback(True)


@settings(
    max_examples=12,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    three=st.tuples(records, records, records),
    keeps=st.tuples(st.booleans(), st.booleans()),
    take=st.sets(st.sampled_from(CHOOSABLE)),
    later_first=st.booleans(),
)
def test_three_records_in_two_merges_come_apart_in_reverse_order_alone(
    alice: Any, places: Any, three: Any, keeps: Any, take: set[str], later_first: bool
) -> None:
    with transaction.atomic():
        homes = [
            actions.create_household(by=alice, place_code=place, room=str(at))
            for at, place in enumerate([places.unit, places.unit, places.unit[:-1] + "2"])
        ]
        ids = [
            recorded(alice, places, homes, number, record) for number, record in enumerate(three)
        ]
        before = rows()
        kept, done = ids[0], []
        for other, keep in zip(ids[1:], keeps, strict=True):
            entry = people.propose_merge(by=alice, first_id=kept, second_id=other)
            kept = kept if keep else other
            done.append(people.merge(by=alice, candidate_id=entry, keep_id=kept, take=take))
        if not later_first:
            middle = rows()
            with pytest.raises(Conflict):
                people.undo_merge(by=alice, merge_id=done[0].id)
            assert rows() == middle
        for one in reversed(done):
            people.undo_merge(by=alice, merge_id=one.id)
        assert rows() == before
        transaction.set_rollback(True)
