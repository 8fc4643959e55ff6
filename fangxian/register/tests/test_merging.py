"""A human recorded twice lives once after the merge, and twice again after its undo."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from fangxian.common.errors import Conflict
from fangxian.core.actions import create_emergency
from fangxian.people import actions as people
from fangxian.register import actions, queries
from fangxian.register.models import Household, KeyGroupEntry, Residency

pytestmark = pytest.mark.django_db

EARLY = dt.date(2020, 1, 1)
LATE = dt.date(2021, 3, 1)
TODAY = dt.date(2021, 7, 1)


@pytest.fixture
def other(places: Any, alice: Any) -> Any:
    return actions.create_household(by=alice, place_code=places.unit[:-1] + "2", room="201")


def lives(by: Any, home: Any, name: str, on: dt.date = LATE, **details: Any) -> Residency:
    details = {"relation": "other"} | details
    return actions.move_in(by=by, household_id=home.id, name=name, on=on, **details)


def merged(by: Any, kept: Residency, lost: Residency) -> Any:
    entry = people.propose_merge(by=by, first_id=kept.person_id, second_id=lost.person_id)
    return people.merge(by=by, candidate_id=entry, keep_id=kept.person_id)


def state() -> list[tuple[Any, ...]]:
    return [
        *Residency.objects.order_by("pk").values_list(
            "pk", "person_id", "relation", "from_date", "to_date", "ended", "away_since"
        ),
        *Household.objects.order_by("pk").values_list("pk", "state"),
    ]


def test_one_door_counts_once_and_keeps_its_head(alice, home, places, seen):
    kept, lost = lives(alice, home, "张伟"), lives(alice, home, "张炜", EARLY, relation="head")
    before = seen(state)
    done = merged(alice, kept, lost)
    assert seen(lambda: queries.counts(places.community))["residents"] == 1
    (row,) = seen(lambda: list(queries.residents_of([home.pk])))
    assert (row.pk, row.relation, row.from_date) == (kept.pk, "head", EARLY)
    assert seen(lambda: Residency.objects.get(pk=lost.pk).ended) == "merged"
    assert seen(lambda: queries.residents_of([home.pk], EARLY).count()) == 1
    people.undo_merge(by=alice, merge_id=done.id)
    assert seen(state) == before


@pytest.mark.parametrize("gone", ["kept", "lost"])
def test_a_row_that_is_gone_since_hinders_no_undo(alice, home, other, seen, gone):
    kept = lives(alice, home, "张伟", EARLY, relation="head")
    lost = lives(alice, other, "张炜", LATE, relation="head")
    actions.join_group(by=alice, person_id=kept.person_id, group="dialysis", since=EARLY)
    done = merged(alice, kept, lost)
    first, second = (kept, lost) if gone == "kept" else (lost, kept)
    seen(lambda: Residency.objects.get(pk=first.pk).delete())
    people.undo_merge(by=alice, merge_id=done.id)
    (row,) = seen(lambda: list(Residency.objects.all()))
    assert (row.pk, row.person_id, row.to_date) == (second.pk, second.person_id, None)


def test_of_two_doors_the_later_one_stays(alice, home, other, places, seen):
    kept = lives(alice, home, "张伟", EARLY, relation="head")
    lost = lives(alice, other, "张炜", LATE, relation="head")
    actions.join_group(by=alice, person_id=kept.person_id, group="dialysis", since=EARLY)
    before = seen(state)
    done = merged(alice, kept, lost)
    (row,) = seen(lambda: list(queries.homes_of(kept.person_id)))
    assert row.household_id == other.id
    ended = seen(lambda: Residency.objects.get(pk=kept.pk))
    assert (ended.to_date, ended.ended) == (LATE, "moved")
    assert seen(lambda: Household.objects.get(pk=home.pk).state) == "empty"
    assert seen(lambda: queries.group_counts(other.place_code)) == {"dialysis": 1}
    people.undo_merge(by=alice, merge_id=done.id)
    assert seen(state) == before
    assert seen(lambda: queries.group_counts(home.place_code)) == {"dialysis": 1}


def test_a_registration_alone_stays_beside_the_home(alice, home, other, seen):
    kept = lives(alice, home, "张伟", EARLY, kind="separated")
    lost = lives(alice, other, "张炜", LATE, kind="tenant")
    merged(alice, kept, lost)
    assert seen(lambda: queries.homes_of(kept.person_id).count()) == 2


def test_a_key_group_of_both_counts_once(alice, home, places, seen):
    kept, lost = lives(alice, home, "张伟"), lives(alice, home, "张炜")
    for row, since in ((kept, TODAY), (lost, LATE)):
        actions.join_group(by=alice, person_id=row.person_id, group="dialysis", since=since)
    done = merged(alice, kept, lost)
    assert seen(lambda: queries.group_counts(places.community)) == {"dialysis": 1}
    (entry,) = seen(lambda: list(queries.key_groups_in(places.community)))
    assert (entry.person_id, entry.from_date) == (kept.person_id, LATE)
    people.undo_merge(by=alice, merge_id=done.id)
    assert seen(lambda: queries.group_counts(places.community)) == {"dialysis": 2}


def test_a_key_group_of_the_register_does_not_end_with_an_emergency(
    alice, cast, home, places, seen
):
    emergency = create_emergency(
        by=cast.actor("headquarters"),
        name="演练",
        disease="covid19",
        place_code=places.county,
        level=2,
    )
    kept, lost = lives(alice, home, "张伟"), lives(alice, home, "张炜")
    for row, of in ((kept, emergency.id), (lost, None)):
        actions.join_group(by=alice, person_id=row.person_id, group="dialysis", emergency_id=of)
    done = merged(alice, kept, lost)
    entry = seen(lambda: queries.key_groups_in(places.community).get())
    assert (entry.person_id, entry.emergency_id) == (kept.person_id, None)
    people.undo_merge(by=alice, merge_id=done.id)
    assert seen(lambda: KeyGroupEntry.objects.get(pk=entry.pk).emergency_id) == emergency.id


def test_an_undo_waits_for_a_head_named_since(alice, home):
    kept, lost = lives(alice, home, "张伟"), lives(alice, home, "张炜", relation="head")
    third = lives(alice, home, "李四")
    done = merged(alice, kept, lost)
    actions.name_head(by=alice, residency_id=third.pk)
    with pytest.raises(Conflict):
        people.undo_merge(by=alice, merge_id=done.id)
    actions.name_head(by=alice, residency_id=kept.pk)
    people.undo_merge(by=alice, merge_id=done.id)


def test_an_undo_does_not_bring_back_life_in_a_closed_household(alice, home, other):
    kept, lost = lives(alice, home, "张伟", EARLY), lives(alice, other, "张炜", LATE)
    done = merged(alice, kept, lost)
    actions.close_household(by=alice, household_id=home.pk)
    with pytest.raises(Conflict):
        people.undo_merge(by=alice, merge_id=done.id)


@pytest.mark.parametrize("same_door", [True, False])
@pytest.mark.parametrize("event", ["moves", "dies"])
def test_an_undo_gives_nobody_back_a_life_that_has_ended(
    alice, home, other, places, seen, event, same_door
):
    kept = lives(alice, home, "张伟", EARLY)
    lost = lives(alice, home if same_door else other, "张炜", LATE)
    done = merged(alice, kept, lost)
    if event == "dies":
        actions.death(by=alice, person_id=kept.person_id, on=TODAY)
    else:
        third = actions.create_household(by=alice, place_code=places.unit, room="901")
        stays = kept if same_door else lost
        actions.move_out(by=alice, residency_id=stays.pk, on=TODAY, to_household_id=third.pk)
    before = seen(state)
    with pytest.raises(Conflict):
        people.undo_merge(by=alice, merge_id=done.id)
    assert seen(state) == before
    if event == "dies":
        actions.undo_death(by=alice, person_id=kept.person_id)
        people.undo_merge(by=alice, merge_id=done.id)
        assert seen(lambda: Residency.objects.filter(to_date=None).count()) == 2
