from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.facts import plans
from fangxian.common.scoping import acting
from fangxian.people import queries as people
from fangxian.register import actions, queries
from fangxian.register.models import Household, KeyGroupEntry, Residency

pytestmark = pytest.mark.django_db

SPRING = dt.date(2021, 3, 1)
SUMMER = dt.date(2021, 7, 1)
AUTUMN = dt.date(2021, 10, 1)


def move_in(by, home, name="张伟", **details):
    details = {"on": SPRING, "relation": "other"} | details
    return actions.move_in(by=by, household_id=home.id, name=name, **details)


def names_on(home, day):
    return sorted(row.person.name for row in queries.residents_of([home.id], day))


def test_a_move_ends_one_residency_and_begins_another(alice, home, places, seen):
    other = actions.create_household(by=alice, place_code=places.unit, room="102")
    row = move_in(alice, home)
    actions.move_out(by=alice, residency_id=row.id, on=SUMMER, to_household_id=other.id)
    assert seen(lambda: names_on(home, SPRING)) == ["张伟"]
    assert seen(lambda: names_on(home, SUMMER)) == []
    assert seen(lambda: names_on(other, SUMMER)) == ["张伟"]
    assert seen(lambda: names_on(other, SPRING)) == []
    with acting(alice):
        assert Household.objects.get(pk=home.id).state == "empty"


def test_a_birth_adds_a_person_without_documents(alice, home, seen):
    move_in(alice, home, relation="head")
    row = actions.birth(by=alice, household_id=home.id, name="张小宝", sex="1", on=SUMMER)
    assert row.person.birth_date == SUMMER
    assert seen(lambda: names_on(home, SPRING)) == ["张伟"]
    assert seen(lambda: names_on(home, SUMMER)) == ["张伟", "张小宝"]


def test_a_death_ends_every_residency_that_day(alice, home, places, seen):
    row = move_in(alice, home)
    actions.join_group(by=alice, person_id=row.person_id, group="dialysis", since=SPRING)
    actions.death(by=alice, person_id=row.person_id, on=AUTUMN)
    assert seen(lambda: names_on(home, SUMMER)) == ["张伟"]
    assert seen(lambda: names_on(home, AUTUMN)) == []
    assert seen(lambda: queries.key_groups_in(places.unit).count()) == 0
    assert seen(lambda: queries.key_groups_in(places.unit, SUMMER).count()) == 1
    with pytest.raises(Conflict):
        actions.move_in(by=alice, household_id=home.id, person_id=row.person_id, on=AUTUMN)


def test_away_and_back(alice, home, places, seen):
    row = move_in(alice, home)
    actions.go_away(by=alice, residency_id=row.id, since=SUMMER, where="示例省会")
    assert seen(lambda: queries.counts(places.unit))["away"] == 1
    actions.come_back(by=alice, residency_id=row.id)
    assert seen(lambda: queries.counts(places.unit))["away"] == 0


def test_days_that_make_no_sense_are_refused(alice, home):
    row = move_in(alice, home)
    for wrong in (
        lambda: actions.move_out(by=alice, residency_id=row.id, on=SPRING - dt.timedelta(days=1)),
        lambda: actions.go_away(by=alice, residency_id=row.id, since=dt.date(2020, 1, 1)),
        lambda: move_in(alice, home, name="李四", on=dt.date(2999, 1, 1)),
    ):
        with pytest.raises(Invalid) as caught:
            wrong()
        assert caught.value.problems[0].field
        assert caught.value.problems[0].mend


def test_a_second_head_is_refused_and_a_head_can_be_named(alice, home, seen):
    first = move_in(alice, home, relation="head")
    second = move_in(alice, home, name="李四")
    with pytest.raises(Conflict):
        move_in(alice, home, name="王五", relation="head")
    actions.name_head(by=alice, residency_id=second.id)
    heads = seen(
        lambda: list(Residency.objects.filter(relation="head").values_list("id", flat=True))
    )
    assert heads == [second.id]
    assert first.id not in heads


@pytest.mark.parametrize(
    "broken",
    [
        {"to_date": dt.date(2020, 1, 1), "ended": "moved"},
        {"to_date": dt.date(2022, 1, 1), "ended": ""},
        {"away_since": dt.date(2020, 1, 1)},
    ],
)
def test_the_database_itself_refuses_broken_residencies(alice, home, broken):
    row = move_in(alice, home)
    with acting(alice), pytest.raises(IntegrityError), transaction.atomic():
        Residency.objects.filter(pk=row.pk).update(**broken)


def test_the_database_refuses_two_open_residencies_and_two_heads(alice, home):
    row = move_in(alice, home, relation="head")
    copy = {"household": home, "place_code": home.place_code, "from_date": SPRING}
    with acting(alice):
        other = people.by_id(move_in(alice, home, name="李四").person_id)
        for twin in (
            Residency(person=row.person, relation="other", **copy),
            Residency(person=other, relation="head", **copy),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                twin.save(force_insert=True)


def test_a_household_lies_in_a_building_or_a_unit(alice, places):
    for code in (places.community, places.grid):
        with pytest.raises(Invalid):
            actions.create_household(by=alice, place_code=code)
    at_building = actions.create_household(by=alice, place_code=places.building)
    assert at_building.unit_id is None
    with acting(alice), pytest.raises(IntegrityError), transaction.atomic():
        Household.objects.filter(pk=at_building.pk).update(place_code=places.community)


def test_a_household_moves_with_everybody_in_it(alice, home, places, seen):
    row = move_in(alice, home)
    former, mistake = (move_in(alice, home, name=name) for name in ("李四", "王五"))
    other = actions.create_household(by=alice, place_code=places.unit, room="102")
    move_in(alice, other, person_id=mistake.person_id)
    actions.move_out(by=alice, residency_id=former.pk, on=SPRING)
    actions.correct(by=alice, residency_id=mistake.pk)
    target = places.unit[:-1] + "2"
    actions.change_household(by=alice, household_id=home.id, place_code=target)
    present = Residency.objects.filter(to_date=None)
    assert seen(lambda: present.filter(place_code=target).count()) == 1
    (left,) = seen(lambda: list(present.filter(place_code=places.unit)))
    assert left.household_id == other.id
    links = seen(lambda: list(people.by_id(row.person_id).links.values_list("place_code")))
    assert links == [(target,)]
    lived = seen(lambda: list(people.by_id(former.person_id).links.values_list("place_code")))
    assert lived == [(target,)]
    never = seen(lambda: list(people.by_id(mistake.person_id).links.values_list("place_code")))
    assert never == [(places.unit,)]


def test_charlie_sees_and_changes_nothing_of_alice(alice, charlie, home, places):
    row = move_in(alice, home)
    with acting(charlie):
        assert not queries.households_in(places.community).exists()
        with pytest.raises(OutOfScope):
            people.by_id(row.person_id)
    for attempt in (
        lambda: actions.move_out(by=charlie, residency_id=row.id, on=SUMMER),
        lambda: actions.change_household(by=charlie, household_id=home.id, room="9"),
        lambda: actions.death(by=charlie, person_id=row.person_id, on=SUMMER),
    ):
        with pytest.raises(OutOfScope):
            attempt()
    with pytest.raises(Forbidden):
        actions.create_household(by=charlie, place_code=places.unit)


def test_each_change_leaves_who_and_why(alice, home):
    row = move_in(alice, home)
    actions.move_out(by=alice, residency_id=row.id, on=SUMMER)
    with acting(alice), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgh_label, pgh_context->>'who', to_date FROM register_residencyhistory"
            " WHERE pgh_obj_id = %s ORDER BY pgh_id",
            [row.id],
        )
        assert cursor.fetchall() == [("insert", "alice", None), ("update", "alice", SUMMER)]


def test_counts_add_up_at_every_level(alice, places, seen):
    for unit in (places.unit, places.unit[:-1] + "2"):
        one = actions.create_household(by=alice, place_code=unit, room="101")
        move_in(alice, one)
    inner = seen(lambda: queries.household_counts([places.unit, places.unit[:-1] + "2"]))
    assert sum(inner.values()) == seen(lambda: queries.counts(places.building))["households"] == 2


def test_key_groups_go_along_with_who_moves(alice, home, places, seen):
    target = places.unit[:-1] + "2"
    other = actions.create_household(by=alice, place_code=target, room="101")
    row = move_in(alice, home)
    actions.join_group(by=alice, person_id=row.person_id, group="dialysis", since=SPRING)
    actions.move_out(by=alice, residency_id=row.id, on=SUMMER, to_household_id=other.id)
    assert seen(lambda: queries.group_counts(target)) == {"dialysis": 1}
    assert seen(lambda: queries.group_counts(places.unit)) == {}
    row = seen(lambda: Residency.objects.get(household=other))
    actions.move_out(by=alice, residency_id=row.id, on=AUTUMN)
    assert seen(lambda: queries.group_counts(places.community)) == {}


def test_a_move_is_not_taken_back_beside_a_later_home(alice, home, places, seen):
    second, third = (
        actions.create_household(by=alice, place_code=places.unit, room=room)
        for room in ("102", "103")
    )
    rows = [move_in(alice, home)]
    for day, there in ((SUMMER, second), (AUTUMN, third)):
        actions.move_out(by=alice, residency_id=rows[-1].pk, on=day, to_household_id=there.pk)
        rows.append(seen(lambda there=there: Residency.objects.get(household=there)))
    for row in rows[:2]:
        with pytest.raises(Conflict, match="别处"):
            actions.undo_move_out(by=alice, residency_id=row.pk)
    actions.correct(by=alice, residency_id=rows[2].pk)
    with pytest.raises(Conflict, match="又搬过家"):
        actions.undo_move_out(by=alice, residency_id=rows[0].pk)
    actions.undo_move_out(by=alice, residency_id=rows[1].pk)
    actions.correct(by=alice, residency_id=rows[1].pk)
    actions.undo_move_out(by=alice, residency_id=rows[0].pk)
    assert seen(lambda: Residency.objects.get(to_date=None).household_id) == home.pk


def test_a_home_out_of_sight_refuses_by_its_first_day_alone(alice, charlie, home, places, seen):
    city = Actor.system("test", places.county[:4])
    there = actions.create_household(by=charlie, place_code=places.outside_unit, room="909")
    left = move_in(alice, home)
    away = {"on": SUMMER, "to_household_id": there.pk}
    actions.move_out(by=city, residency_id=left.pk, **away)
    lives = seen(lambda: Residency.objects.get(household=there), charlie)
    still = move_in(alice, home, name="李四")

    def told(by, row):
        with acting(by), connection.cursor() as cursor:
            cursor.execute("SELECT register_lives_elsewhere(%s)", [row.pk])
            (day,) = cursor.fetchone()
            cursor.execute("SELECT current_setting('fangxian.lo'), current_setting('fangxian.hi')")
            assert cursor.fetchone() == codes.bounds(by.area)
            return day

    def refused():
        with pytest.raises(Conflict, match="2021年7月1日") as caught:
            actions.undo_move_out(by=alice, residency_id=left.pk)
        assert not any(place in str(caught.value) for place in ("909", "乙县"))

    refused()
    # Of others' former residents, and of who has not moved out, nobody learns anything.
    assert [told(alice, row) for row in (left, lives, still)] == [SUMMER, None, None]
    assert [told(charlie, row) for row in (left, lives, still)] == [None, None, None]
    assert told(city, left) is None
    with pytest.raises(Conflict, match="别处"):
        actions.undo_move_out(by=city, residency_id=left.pk)
    actions.move_out(by=charlie, residency_id=lives.pk, on=AUTUMN)
    refused()
    actions.undo_move_out(by=charlie, residency_id=lives.pk)
    actions.correct(by=charlie, residency_id=lives.pk)
    actions.undo_move_out(by=alice, residency_id=left.pk)
    assert seen(lambda: queries.homes_of(left.person_id).get().pk, city) == left.pk


def test_a_group_joined_after_the_recorded_day_of_death_ends_too(alice, home, places, seen):
    row = move_in(alice, home)
    actions.join_group(by=alice, person_id=row.person_id, group="dialysis", since=AUTUMN)
    actions.death(by=alice, person_id=row.person_id, on=SUMMER)
    assert seen(lambda: queries.group_counts(places.community)) == {}


def test_a_move_ends_every_home_but_a_registration_alone(alice, home, places, seen):
    second, third = (
        actions.create_household(by=alice, place_code=places.unit, room=room)
        for room in ("102", "103")
    )
    row = move_in(alice, home, kind="separated")
    known = {"by": alice, "person_id": row.person_id, "relation": "head"}
    actions.move_in(household_id=second.id, on=SPRING, kind="tenant", **known)
    actions.move(household_id=third.id, on=SUMMER, kind="tenant", **known)
    found = seen(lambda: {r.household_id: r.to_date for r in Residency.objects.all()})
    assert found == {home.id: None, second.id: SUMMER, third.id: None}
    with pytest.raises(Conflict):
        actions.move(household_id=third.id, on=AUTUMN, kind="tenant", **known)


def test_a_death_taken_back_restores_what_it_ended(alice, home, seen):
    row = move_in(alice, home, relation="head")
    actions.join_group(by=alice, person_id=row.person_id, group="dialysis", since=SPRING)
    left = actions.join_group(by=alice, person_id=row.person_id, group="pregnant", since=SPRING)
    actions.leave_group(by=alice, entry_id=left.pk, on=SUMMER)
    cured = actions.join_group(by=alice, person_id=row.person_id, group="disabled", since=SPRING)
    # For another reason, on the very day that is recorded as the day of the death.
    actions.leave_group(by=alice, entry_id=cured.pk, on=AUTUMN)

    def state():
        homes = Household.objects.values_list("state", flat=True)
        rows = Residency.objects.values_list("relation", "to_date", "ended")
        entries = KeyGroupEntry.objects.order_by("pk").values_list("group", "to_date")
        return list(homes), list(rows), list(entries), people.by_id(row.person_id).deceased_on

    before = seen(state)
    actions.death(by=alice, person_id=row.person_id, on=AUTUMN)
    assert seen(state) != before
    actions.undo_death(by=alice, person_id=row.person_id)
    assert seen(state) == before
    with pytest.raises(Conflict):
        actions.undo_death(by=alice, person_id=row.person_id)


def test_a_head_who_was_followed_comes_back_as_a_relative(alice, home, seen):
    head = move_in(alice, home, relation="head")
    second = move_in(alice, home, name="李四")
    actions.death(by=alice, person_id=head.person_id, on=SUMMER)
    actions.name_head(by=alice, residency_id=second.pk)
    actions.undo_death(by=alice, person_id=head.person_id)
    rows = seen(lambda: dict(Residency.objects.filter(to_date=None).values_list("pk", "relation")))
    assert rows == {head.pk: "relative", second.pk: "head"}


def test_the_same_door_is_not_recorded_twice(alice, home, places):
    with pytest.raises(Conflict):
        actions.create_household(by=alice, place_code=places.unit, room="101")
    second = actions.create_household(by=alice, place_code=places.unit, room="101", number="2")
    with pytest.raises(Conflict):
        actions.change_household(by=alice, household_id=second.pk, number="")
    actions.close_household(by=alice, household_id=home.pk)
    actions.change_household(by=alice, household_id=second.pk, number="")


def test_a_residency_does_not_begin_after_its_absence(alice, home):
    row = move_in(alice, home)
    actions.go_away(by=alice, residency_id=row.id, since=SUMMER)
    with pytest.raises(Invalid) as caught:
        actions.change_residency(by=alice, residency_id=row.id, from_date=AUTUMN)
    assert caught.value.problems[0].field == "from_date"


def test_each_fact_asks_for_its_own_number_alone(
    alice, home, places, seen, django_assert_num_queries
):
    row = move_in(alice, home, kind="tenant")
    actions.go_away(by=alice, residency_id=row.id, since=SUMMER)
    actions.create_household(by=alice, place_code=places.unit, room="102", state="empty")
    closed = actions.create_household(by=alice, place_code=places.unit, room="103")
    actions.close_household(by=alice, household_id=closed.pk)
    known = seen(lambda: queries.counts(places.community))
    assert known == {
        "households": 2, "empty": 1, "residents": 1, "away": 1, "tenants": 1,
        "separated": 0, "establishments": 0,
    }  # fmt: skip
    with acting(alice):
        for name, value in known.items():
            with django_assert_num_queries(1):
                figure = plans.measured(f"register.{name}", alice, [places.community])
                assert figure == {places.community: value}
