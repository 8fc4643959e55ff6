"""Duties as phones push and pull them, and which points of a round are missed by now."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.accounts.actions import disable_device
from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.fields import Destroyed
from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core.models import Emergency
from fangxian.field.actions import (
    NewPoint,
    NewRoundCheck,
    change_round,
    open_gate,
    plan_round,
    record_round_check,
)
from fangxian.field.duties import queries
from fangxian.field.duties.figures import figures
from fangxian.field.models import (
    Disinfection,
    Gate,
    GateEntry,
    HeldOperation,
    Outreach,
    Point,
    Round,
    RoundCheck,
)
from fangxian.field.models import Operation as Sent
from fangxian.field.sync import entities
from fangxian.field.sync.entities import Operation
from fangxian.field.sync.held import turn_down
from fangxian.field.sync.pulling import pull
from fangxian.field.sync.whereabouts import Finder
from fangxian.field.tests.test_duties import COUNTY, DAWN, DUSK, emergency, gate, walk
from fangxian.field.tests.test_push import phone_of
from fangxian.regions.models import Region
from fangxian.regions.recode import move, with_places_below

__all__ = ["emergency", "gate", "walk"]


def operation(entity: str, patch: dict[str, Any]) -> Operation:
    return Operation(
        op_id=uuid4(),
        device_id=uuid4(),
        seq=1,
        entity=entity,
        object_id=uuid4(),
        base_version=None,
        patch=patch,
        captured_at=timezone.now(),
        user_id=uuid4(),
    )


def applied(by: Actor, sent: Operation) -> str:
    found = entities.entity(sent.entity)
    assert found is not None
    with acting(by):
        return str(found.apply(by, sent).result)


def pulled(by: Actor, name: str) -> dict[UUID, Any]:
    """What a phone of this holder gets of one entity."""
    page = pull(uuid4(), uuid4(), [by], cursor=None, epoch="")
    return {one["id"]: one["data"] for one in page.records if one["entity"] == name}


def where(sent: Operation) -> Any:
    return Finder().of([sent])[sent.op_id]


def test_what_is_done_on_duty_is_pushed(gate: Gate, walk: Round, bob: Actor, places: Any) -> None:
    with acting(bob):
        point = Point.objects.first()
    sent = [
        operation(
            "gate_entry",
            {
                "gate_id": str(gate.id),
                "direction": "in",
                "decision": "pass",
                "temperature": 36.5,
                "plate": "冀J12345",
            },
        ),
        operation("round_check", {"point_id": str(point.id), "found": "fine"}),
        operation(
            "disinfection",
            {
                "place_code": places.building,
                "site": "lift",
                "agent": "chlorine",
                "concentration": 500,
                "minutes": 30,
            },
        ),
        operation(
            "outreach",
            {"place_code": places.grid, "kind": "talk", "outcome": "agreed", "people": 1},
        ),
    ]
    assert [applied(bob, one) for one in sent] == ["applied"] * 4
    assert [applied(bob, one) for one in sent] == ["duplicate"] * 4
    with acting(bob):
        assert GateEntry.objects.get().temperature == "36.5"
        kept = [RoundCheck.objects.get(), Disinfection.objects.get(), Outreach.objects.get()]
        assert [one.op_id for one in kept] == [one.op_id for one in sent[1:]]


def test_what_the_protocol_does_not_know_is_refused(gate: Gate, bob: Actor) -> None:
    wrong = operation("gate_entry", {"gate_id": str(gate.id), "mood": "good"})
    with pytest.raises(Invalid) as refused:
        applied(bob, wrong)
    assert {problem.field for problem in refused.value.problems} == {
        "mood",
        "direction",
        "decision",
    }


def test_what_lies_elsewhere_is_found_to_be_held_there(
    gate: Gate, walk: Round, bob: Actor, charlie: Actor, places: Any
) -> None:
    with acting(bob):
        point = Point.objects.first()
    sent = [
        operation("gate_entry", {"gate_id": str(gate.id), "direction": "in", "decision": "pass"}),
        operation("round_check", {"point_id": str(point.id), "found": "fine"}),
        operation("outreach", {"place_code": places.grid, "kind": "talk", "outcome": "agreed"}),
    ]
    for one in sent:
        with pytest.raises(OutOfScope):
            applied(charlie, one)
    with acting(charlie):
        assert {found.place for found in Finder().of(sent).values()} == {places.grid}
        # Looking there widens nothing.
        assert not Gate.objects.exists()


def test_phones_get_what_is_set_up_and_nothing_that_was_logged(
    gate: Gate, walk: Round, bob: Actor, charlie: Actor, django_assert_max_num_queries: Any
) -> None:
    gates = pulled(bob, "gate")
    assert gates[gate.id]["asks"] == ["temperature", "who", "phone"]
    assert gates[gate.id]["place_name"] == "第1网格"
    with acting(bob):
        made_at = Point.objects.latest("created_at").created_at
    (data,) = pulled(bob, "round").values()
    assert data["points"][1]["made_at"] == made_at
    assert data["times_a_day"] == 2
    assert [(point["name"], point["order"], point["done"]) for point in data["points"]] == [
        ("东门", 1, 0),
        ("车棚", 2, 0),
    ]
    assert pulled(charlie, "gate") == pulled(charlie, "round") == {}
    (rules,) = pulled(bob, "duty_rules").values()
    assert {row["code"] for row in rules["decisions"]} == {"pass", "refused", "referred"}


def long_ago(*rounds: Round) -> None:
    """As if they had been planned before today's walk began."""
    with acting(COUNTY):
        before = timezone.now() - dt.timedelta(days=3)
        Round.objects.filter(id__in=[one.id for one in rounds]).update(created_at=before)
        Point.objects.filter(round__in=rounds).update(created_at=before)


def test_what_is_missed_is_counted_once_a_page(
    walk: Round, bob: Actor, client_of: Any, places: Any
) -> None:
    long_ago(walk)
    night = timezone.make_aware(dt.datetime.combine(timezone.localdate(), dt.time(23)))

    def counted(shown: Any) -> int:
        with CaptureQueriesContext(connection) as told:
            assert shown()
        return sum("FROM schedule s" in query["sql"] for query in told.captured_queries)

    officer, today = client_of("bob"), registries.today.get("field.duties")
    place = reverse("regions:place", args=[places.grid])
    with acting(bob):
        assert counted(lambda: today(bob)) == 1
    assert counted(lambda: officer.get(reverse("field:duties"))) == 1
    assert counted(lambda: officer.get(place)) == 1
    with acting(bob):
        found = figures(places.grid, timezone.localdate())
        assert found.missed == queries.missed_at(places.grid)
        assert queries.missed_at(places.grid, night) == {walk.id: 2}
        late = replace(found, missed=queries.missed_at(places.grid, night))
        assert late.behind(5) == [{"round": walk, "missed": 2}]


def test_nothing_is_missed_on_a_walk_that_began_before_the_round_was_there(
    walk: Round, alice: Actor, bob: Actor, places: Any
) -> None:
    """Planned at midday, it is due tomorrow; a point that is added is due on the next walk."""

    def missed(hour: int, days: int = 0) -> list[str]:
        day = timezone.localdate() + dt.timedelta(days=days)
        moment = timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))
        with acting(bob):
            states = queries.states_of(queries.rounds_at(places.grid), moment)[walk.id]
            names = [state.point.name for state in states if state.missed]
            assert queries.missed_at(places.grid, moment) == (
                {walk.id: len(names)} if names else {}
            )
        return names

    noon = timezone.make_aware(dt.datetime.combine(timezone.localdate(), dt.time(12)))
    with acting(COUNTY):
        Round.objects.update(created_at=noon)
    assert (missed(19), missed(15, days=1)) == ([], ["东门", "车棚"])
    long_ago(walk)
    assert missed(19) == ["东门", "车棚"]
    points = [NewPoint("东门"), NewPoint("车棚"), NewPoint("后门")]
    change_round(by=alice, planned=walk, points=points)
    with acting(COUNTY):
        Point.objects.filter(name="后门").update(created_at=noon)
    assert (missed(19), missed(15, days=1)) == (["东门", "车棚"], ["东门", "车棚", "后门"])


def test_a_point_is_missed_once_its_part_of_the_day_is_over(
    walk: Round, bob: Actor, places: Any
) -> None:
    day = timezone.localdate()
    long_ago(walk)

    def at(hour: int) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))

    def missed(hour: int) -> list[int]:
        with acting(bob):
            states = queries.states_of(queries.rounds_at(places.grid), at(hour))[walk.id]
            assert bool(queries.missed_at(places.grid, at(hour))) == any(s.missed for s in states)
        return [state.missed for state in states]

    # Two times between 8 and 20: the first until 14, the second until 20.
    assert [missed(hour) for hour in (7, 13, 14, 20, 23)] == [
        [0, 0],
        [0, 0],
        [1, 1],
        [2, 2],
        [2, 2],
    ]
    with acting(bob):
        east = Point.objects.get(name="东门")
    check = NewRoundCheck(uuid4(), "fine", point_id=east.id)
    record_round_check(by=bob, check=check)
    assert missed(14) == [0, 1]
    again = NewRoundCheck(uuid4(), "dirty", point_id=east.id, corrects=check.op_id)
    record_round_check(by=bob, check=again)
    assert missed(20) == [1, 2]


@given(
    first=st.times().map(lambda t: t.replace(microsecond=0)),
    length=st.integers(1, 24 * 60 - 1),
    times=st.integers(1, 24),
    seconds=st.integers(0, 366 * 24 * 3600),
)
def test_a_walk_is_due_in_equal_parts(
    first: dt.time, length: int, times: int, seconds: int
) -> None:
    """Whatever the hours: never before it begins, all of it once it has ended, never backwards."""
    begin = dt.datetime.combine(dt.date(2024, 1, 1), first)
    last = (begin + dt.timedelta(minutes=length)).time()
    one = Round(first_at=first, last_at=last, times=times)
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    walk = queries.walk_of(one, moment)
    assert walk.ends - walk.begins == dt.timedelta(minutes=length)
    assert 0 <= walk.due <= times
    assert (walk.due == 0) or moment > walk.begins
    assert (walk.due == times) == (moment >= walk.ends)
    # It is the walk under way, or the day's only one.
    assert walk.begins - queries.DAY < moment < walk.begins + queries.DAY


def test_a_round_over_midnight_belongs_to_the_day_it_begins(places: Any) -> None:
    night = plan_round(
        by=COUNTY,
        place=places[places.grid],
        name="夜巡",
        times=2,
        first_at=DUSK,
        last_at=DAWN,
        points=[NewPoint("东门")],
    )
    noon = dt.datetime(2024, 5, 2, 12, tzinfo=timezone.get_current_timezone())
    walk = queries.walk_of(night, noon)
    assert timezone.localdate(walk.begins) == dt.date(2024, 5, 1)
    assert (walk.due, walk.times) == (2, 2)
    later = queries.walk_of(night, noon + dt.timedelta(hours=9))
    assert (timezone.localdate(later.begins), later.due) == (dt.date(2024, 5, 2), 0)


def test_a_place_that_has_moved_keeps_its_id(bob: Actor, places: Any) -> None:
    sent = operation("disinfection", {"place_code": places.grid})
    assert where(sent).place == places.grid
    new = f"{places.community}990"
    with acting(COUNTY):
        pairs = with_places_below({places.grid: new})
        move(by=COUNTY, pairs=pairs, area=places.town, on=timezone.localdate())
    assert where(sent).place == new
    assert where(operation("disinfection", {"place_code": "x" * 900})).place == ""


@pytest.mark.parametrize("days", [0, 1, 30])
def test_what_was_done_before_a_redraw_is_recorded_where_it_was_done(
    bob: Actor, places: Any, days: int
) -> None:
    new = f"{places.community}990"
    redrawn = timezone.localdate()
    with acting(COUNTY):
        move(by=COUNTY, pairs=with_places_below({places.grid: new}), area=places.town, on=redrawn)
    made = timezone.now() - dt.timedelta(days=days)
    patch = {"place_code": places.grid, "kind": "talk", "outcome": "agreed"}
    sent = replace(operation("outreach", patch), captured_at=made)
    with acting(COUNTY):
        moved = replace(bob, area=new)
    assert applied(moved, sent) == "applied"
    with acting(moved):
        assert Outreach.objects.get().place_code == new
    assert where(sent).place == new


def test_what_was_done_at_a_place_that_has_ended_goes_to_the_one_above(
    bob: Actor, alice: Actor, places: Any
) -> None:
    patch = {"place_code": places.grid, "kind": "talk", "outcome": "agreed"}
    yesterday = timezone.now() - dt.timedelta(days=1)
    sent = replace(operation("outreach", patch), captured_at=yesterday)
    Region.objects.filter(code=places.grid).update(valid_to=timezone.localdate())
    with pytest.raises(OutOfScope):
        applied(bob, sent)
    assert applied(alice, sent) == "applied"
    with acting(alice):
        assert Outreach.objects.get().place_code == places.community


def test_what_is_held_of_an_emergencys_gate_ends_with_it(
    emergency: Emergency, alice: Actor, bob: Actor, places: Any
) -> None:
    gate = open_gate(
        by=alice, place=places[places.grid], name="卡口", kind="quarter", emergency=emergency
    )
    new = NewPoint("东门")
    walk = plan_round(
        by=alice,
        place=places[places.grid],
        name="夜巡",
        times=1,
        first_at=DAWN,
        last_at=DUSK,
        points=[new],
        emergency=emergency,
    )
    phone = phone_of(bob)
    passing = {"gate_id": str(gate.id), "direction": "in", "decision": "pass"}
    phone.record("gate_entry", str(uuid4()), passing | {"who": "张三"})
    with acting(bob):
        point = Point.objects.get(round=walk)
    phone.record("round_check", str(uuid4()), {"point_id": str(point.id), "found": "fine"})
    refused = phone.record("gate_entry", str(uuid4()), passing | {"decision": "x"})
    assert [one["result"] for one in phone.send([refused]).json()["answers"]] == ["rejected"]
    disable_device(by=bob, device_id=phone.device_id, reason="lost")
    answers = phone.push()
    assert [one["result"] for one in answers] == ["held", "held", "duplicate"]
    with acting(bob):
        held = HeldOperation.objects.all()
        assert {(one.place_code, one.emergency_id) for one in held} == {(places.grid, emergency.pk)}
        assert "张三" in str(held.get(entity="gate_entry").body)
    with acting(alice):
        first, second = HeldOperation.objects.order_by("op_id")
    turn_down(by=alice, held_id=first.pk, reason="张三没有来过")
    keyring().destroy_emergency(emergency.pk)
    # What can't be read any more is put away all the same; of what was said of it nothing stays.
    turn_down(by=alice, held_id=second.pk, reason="张三没有来过")
    with acting(alice):
        assert all(one.body is None for one in HeldOperation.objects.all())
        kept = dict(HeldOperation.objects.values_list("op_id", "reason"))
    assert (isinstance(kept[first.op_id], Destroyed), kept[second.op_id]) == (True, None)
    assert isinstance(Sent.objects.get(op_id=first.op_id).told, Destroyed)
    assert json.loads(Sent.objects.get(op_id=second.op_id).told)["problems"][0]["code"] == (
        "emergency"
    )
    assert isinstance(Sent.objects.get(op_id=refused.op_id).told, Destroyed)


def test_what_is_set_up_in_a_community_is_on_the_phones_of_its_staff(
    gate: Gate, walk: Round, alice: Actor, bob: Actor, places: Any
) -> None:
    """No household of it is: only of the grids that somebody answers for."""
    wide = open_gate(by=alice, place=places[places.community], name="市场", kind="workplace")

    def held(by: Actor) -> dict[str, set[Any]]:
        found: dict[str, set[Any]] = {}
        page = pull(uuid4(), uuid4(), [by], cursor=None, epoch="")
        for record in page.records:
            found.setdefault(record["entity"], set()).add(record["id"])
        return found

    staff, officer = held(alice), held(bob)
    assert staff["gate"] == {gate.id, wide.id}
    assert staff["round"] == {walk.id}
    assert not {"door", "household", "resident"} & staff.keys()
    # Who walks a grid of it staffs the gate that is set up for all of them.
    assert officer["gate"] == {gate.id, wide.id}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hours=st.lists(
        st.tuples(st.integers(0, 23), st.integers(0, 23), st.integers(1, 5)), min_size=1, max_size=4
    ),
    checks=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 47)), max_size=12),
    hour=st.integers(0, 23),
)
def test_the_missed_are_the_same_for_one_round_and_for_all(
    places: Any,
    hours: list[tuple[int, int, int]],
    checks: list[tuple[int, int]],
    hour: int,
) -> None:
    """The statement that counts a county's says what the points of each round say."""
    noon = timezone.localtime().replace(minute=30, second=0, microsecond=0)
    now = noon.replace(hour=hour)
    with acting(COUNTY), transaction.atomic():
        for number, (first, last, times) in enumerate(hours):
            if first != last:
                plan_round(
                    by=COUNTY,
                    place=places[places.grid],
                    name=str(number),
                    times=times,
                    first_at=dt.time(first),
                    last_at=dt.time(last),
                    points=[NewPoint("a"), NewPoint("b")],
                )
        long_ago(*Round.objects.all())
        points = list(Point.objects.order_by("round__name", "position"))
        for at, hours_ago in checks if points else ():
            check = NewRoundCheck(
                uuid4(),
                "fine",
                point_id=points[at % len(points)].id,
                at=now - dt.timedelta(hours=hours_ago),
            )
            record_round_check(by=COUNTY, check=check)
        states = queries.states_of(queries.rounds_at(places.grid), now)
        each = {key: sum(1 for one in mine if one.missed) for key, mine in states.items()}
        assert queries.missed_at(places.grid, now) == {key: n for key, n in each.items() if n}
        transaction.set_rollback(True)
