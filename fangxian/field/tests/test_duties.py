"""Gates, rounds, disinfection, outreach: recorded once, sealed, forgotten with their emergency."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core import sunset
from fangxian.core.actions import create_emergency
from fangxian.core.models import Emergency
from fangxian.field.actions import (
    NewDisinfection,
    NewGateEntry,
    NewOutreach,
    NewPoint,
    NewRoundCheck,
    change_gate,
    change_round,
    close_gate,
    end_message,
    end_round,
    open_gate,
    plan_round,
    record_disinfection,
    record_gate_entry,
    record_outreach,
    record_round_check,
    write_message,
)
from fangxian.field.actions.duty_ends import lapse_gate_log
from fangxian.field.models import (
    Disinfection,
    Gate,
    GateEntry,
    GateUnit,
    Message,
    Outreach,
    Point,
    Round,
    RoundCheck,
)
from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import OrganisationKind

DAWN, DUSK = dt.time(8), dt.time(20)
COUNTY = Actor.system("test", "130902")


@pytest.fixture
def emergency(places: Any) -> Emergency:
    return create_emergency(
        by=COUNTY, name="演练疫情", disease="不明原因", place_code=places.county, level=3
    )


@pytest.fixture
def gate(alice: Actor, places: Any) -> Gate:
    return open_gate(by=alice, place=places[places.grid], name="东门", kind="quarter")


@pytest.fixture
def walk(alice: Actor, places: Any) -> Round:
    return plan_round(
        by=alice,
        place=places[places.grid],
        name="夜巡",
        times=2,
        first_at=DAWN,
        last_at=DUSK,
        points=[NewPoint("东门", 116.85, 38.3), NewPoint("车棚")],
    )


def entry(gate: Gate, **more: Any) -> NewGateEntry:
    values = {"direction": "in", "decision": "pass", **more}
    return NewGateEntry(uuid4(), gate.id, **values)


def problems(function: Any, **values: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        function(**values)
    return [(problem.field, problem.code) for problem in refused.value.problems]


def test_a_gate_is_staffed_by_several_units(alice: Actor, places: Any) -> None:
    kind = OrganisationKind.objects.get(code="department")
    units = [
        create_organisation(by=COUNTY, name=name, kind=kind, seat=places[places.county])
        for name in ("示例公安局", "示例交通局")
    ]
    made = open_gate(by=alice, place=places[places.grid], name="东门", kind="road", units=units)
    changed = change_gate(by=alice, gate=made, name="东大门", kind="quarter", units=units[1:])
    with acting(alice):
        assert [u.organisation for u in GateUnit.objects.all()] == units[1:]
        assert Gate.objects.get().name == changed.name == "东大门"
    assert problems(
        open_gate, by=alice, place=places[places.grid], name=" 东大门", kind="castle"
    ) == [("kind", "unknown_code"), ("name", "taken")]
    close_gate(by=alice, gate=made)
    with pytest.raises(Conflict):
        close_gate(by=alice, gate=made)
    open_gate(by=alice, place=places[places.grid], name="东大门", kind="road")


def test_an_entry_is_kept_once_and_sealed(gate: Gate, bob: Actor) -> None:
    sent = entry(gate, plate="冀J·12345", temperature=Decimal("37.4"), who="某人", people=2)
    answers = [record_gate_entry(by=bob, entry=sent).result for _n in range(3)]
    assert answers == ["applied", "duplicate", "duplicate"]
    other = NewGateEntry(sent.op_id, gate.id, "in", "refused")
    assert problems(record_gate_entry, by=bob, entry=other) == [("op_id", "op_id")]
    with acting(bob):
        kept = GateEntry.objects.get()
        assert (kept.plate, kept.temperature, kept.fever) == ("冀J·12345", "37.4", True)
        found = GateEntry._meta.get_field("plate_index").of("冀j12345")
        assert GateEntry.objects.get(plate_index=found) == kept
        (raw,) = GateEntry.objects.values_list("digest", "plate_index")
        assert all(len(bytes(value)) == 16 for value in raw)


def test_a_repeat_is_known_after_its_gate_was_closed(gate: Gate, alice: Actor, bob: Actor) -> None:
    sent = entry(gate)
    record_gate_entry(by=bob, entry=sent)
    close_gate(by=alice, gate=gate)
    with acting(alice):
        Gate.objects.update(
            opened_on=timezone.localdate() - dt.timedelta(days=2),
            closed_on=timezone.localdate() - dt.timedelta(days=1),
        )
    assert record_gate_entry(by=bob, entry=sent).result == "duplicate"
    assert problems(record_gate_entry, by=bob, entry=entry(gate)) == [("gate", "closed")]
    # What was logged before, and came late, is not lost.
    late = entry(gate, at=timezone.now() - dt.timedelta(days=1))
    assert record_gate_entry(by=bob, entry=late).result == "applied"


def test_what_can_not_be_is_refused_with_every_problem(gate: Gate, bob: Actor) -> None:
    wrong = entry(
        gate, direction="up", decision="dance", temperature=Decimal(99), people=0, plate="x" * 21
    )
    assert problems(record_gate_entry, by=bob, entry=wrong) == [
        ("decision", "unknown_code"),
        ("direction", "unknown_code"),
        ("people", "outside"),
        ("temperature", "outside"),
        ("plate", "long"),
    ]


def test_a_gate_elsewhere_is_out_of_scope(gate: Gate, charlie: Actor, cast: Any) -> None:
    with pytest.raises(OutOfScope):
        record_gate_entry(by=charlie, entry=entry(gate))
    with pytest.raises(Forbidden):
        record_gate_entry(by=cast.actor("epidemiologist"), entry=entry(gate))


def test_a_number_taken_out_of_sight_is_told(gate: Gate, bob: Actor, charlie: Actor, places: Any):
    """The other's record is not shown: only that the number is used."""
    sent = entry(gate)
    record_gate_entry(by=bob, entry=sent)
    other = open_gate(by=charlie, place=places[places.outside], name="西门", kind="quarter")
    again = NewGateEntry(sent.op_id, other.id, "in", "pass")
    assert problems(record_gate_entry, by=charlie, entry=again) == [("op_id", "op_id")]


def test_a_correction_takes_the_first_back_once(gate: Gate, bob: Actor) -> None:
    first = entry(gate, people=3)
    record_gate_entry(by=bob, entry=first)
    record_gate_entry(by=bob, entry=entry(gate, people=2, corrects=first.op_id))
    with acting(bob):
        assert [e.people for e in GateEntry.objects.filter(corrected_by=None)] == [2]
    again = entry(gate, corrects=first.op_id)
    assert problems(record_gate_entry, by=bob, entry=again) == [("corrects", "corrects")]
    nothing = entry(gate, corrects=uuid4())
    assert problems(record_gate_entry, by=bob, entry=nothing) == [("corrects", "corrects")]


def test_a_clock_that_can_not_be_right_is_not_believed(gate: Gate, bob: Actor) -> None:
    before = timezone.now()
    for days in (365, -365):
        record_gate_entry(by=bob, entry=entry(gate, at=before + dt.timedelta(days=days)))
    with acting(bob):
        assert all(kept.at >= before for kept in GateEntry.objects.all())


def test_nothing_of_a_record_can_be_changed(gate: Gate, bob: Actor) -> None:
    record_gate_entry(by=bob, entry=entry(gate))
    with (
        acting(bob),
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
    ):
        GateEntry.objects.update(people=9)


def test_a_point_keeps_its_qr_while_it_keeps_its_name(walk: Round, alice: Actor) -> None:
    with acting(alice):
        before = dict(Point.objects.values_list("name", "token"))
    change_round(
        by=alice,
        planned=walk,
        name="夜巡",
        times=3,
        first_at=DUSK,
        last_at=DAWN,
        points=[NewPoint("车棚"), NewPoint("配电房")],
    )
    with acting(alice):
        now = Point.objects.filter(removed_on=None).order_by("position")
        assert [point.name for point in now] == ["车棚", "配电房"]
        assert now[0].token == before["车棚"]
        assert Point.objects.get(name="东门").removed_on == timezone.localdate()
        assert all(len(point.token) == 20 for point in now)
    end_round(by=alice, planned=walk)
    with pytest.raises(Conflict):
        end_round(by=alice, planned=walk)


def test_a_round_without_points_or_hours_is_refused(alice: Actor, places: Any) -> None:
    wrong = {
        "by": alice,
        "place": places[places.grid],
        "name": "",
        "times": 0,
        "first_at": DAWN,
        "last_at": DAWN,
        "points": [NewPoint("东门"), NewPoint("东门"), NewPoint("")],
    }
    assert [field for field, _code in problems(plan_round, **wrong)] == [
        "times",
        "name",
        "last_at",
        "points",
        "points",
    ]


def test_a_check_is_made_by_the_qr_or_from_the_list(walk: Round, bob: Actor) -> None:
    with acting(bob):
        east, shed = Point.objects.order_by("position")
    scanned = NewRoundCheck(
        uuid4(), "fine", token=east.token.lower(), longitude=116.851, latitude=38.3
    )
    assert record_round_check(by=bob, check=scanned).result == "applied"
    assert record_round_check(by=bob, check=scanned).result == "duplicate"
    listed = NewRoundCheck(uuid4(), "gathering", point_id=shed.id, note="三人打牌")
    record_round_check(by=bob, check=listed)
    with acting(bob):
        first, second = RoundCheck.objects.order_by("id")
        assert (first.point, first.scanned, first.exception) == (east, True, False)
        # A thousandth of a degree of longitude at this latitude.
        assert first.metres == pytest.approx(87, abs=1)
        assert (second.scanned, second.metres, second.exception) == (False, None, True)
    other = NewRoundCheck(uuid4(), "fine", point_id=shed.id, token=east.token)
    assert problems(record_round_check, by=bob, check=other) == [("token", "token")]
    with pytest.raises(OutOfScope):
        record_round_check(by=bob, check=NewRoundCheck(uuid4(), "fine", token="A" * 20))


def test_a_disinfection_says_what_with_what_how_long(bob: Actor, places: Any) -> None:
    good = NewDisinfection(uuid4(), places.building, "lift", "chlorine", 500, 30, area=4)
    assert record_disinfection(by=bob, disinfection=good).result == "applied"
    assert record_disinfection(by=bob, disinfection=good).result == "duplicate"
    bad = NewDisinfection(uuid4(), places.building, "moon", "water", 0, 0, area=0)
    assert [f for f, _c in problems(record_disinfection, by=bob, disinfection=bad)] == [
        "site",
        "agent",
        "concentration",
        "minutes",
        "area",
    ]
    away = NewDisinfection(uuid4(), places.other_grid, "lift", "chlorine", 500, 30)
    with pytest.raises(OutOfScope):
        record_disinfection(by=bob, disinfection=away)
    with acting(bob):
        assert Disinfection.objects.get().concentration == 500


def test_a_message_of_above_is_said_below(bob: Actor, places: Any) -> None:
    today = timezone.localdate()
    message = write_message(
        by=COUNTY,
        place=places[places.county],
        text="出门 戴口罩\n\n不聚集",
        kind="loudspeaker",
        from_date=today,
        to_date=today + dt.timedelta(days=3),
    )
    assert message.text == "出门 戴口罩 不聚集"
    said = NewOutreach(uuid4(), places.grid, "told", "said", people=40, message_id=message.id)
    assert record_outreach(by=bob, outreach=said).result == "applied"
    with acting(bob):
        assert Outreach.objects.get().done
        assert Message.objects.get() == message
    with pytest.raises(Forbidden):
        end_message(by=bob, message=message)
    end_message(by=COUNTY, message=message)
    with acting(bob):
        assert Message.objects.get().to_date == today
    nobody = NewOutreach(uuid4(), places.grid, "talk", "said", people=-1)
    assert problems(record_outreach, by=bob, outreach=nobody) == [
        ("outcome", "unknown_code"),
        ("people", "outside"),
    ]


def test_a_message_is_at_most_150_characters(alice: Actor, places: Any) -> None:
    today = timezone.localdate()
    values = {"by": alice, "place": places[places.grid], "kind": "door", "from_date": today}
    yesterday = today - dt.timedelta(days=1)
    wrong = {**values, "text": "防" * 151, "to_date": yesterday}
    assert [f for f, _c in problems(write_message, **wrong)] == ["text", "to_date"]
    assert len(write_message(**values, text="防" * 150, to_date=today).text) == 150


def test_the_end_of_an_emergency_ends_its_duties_and_forgets_numbers(
    emergency: Emergency, alice: Actor, bob: Actor, places: Any
) -> None:
    here = places[places.grid]
    today = timezone.localdate()
    gate = open_gate(by=alice, place=here, name="东门", kind="road", emergency=emergency)
    other = open_gate(by=alice, place=here, name="西门", kind="road")
    plan_round(
        by=alice,
        place=here,
        name="夜巡",
        times=1,
        first_at=DAWN,
        last_at=DUSK,
        points=[NewPoint("东门")],
        emergency=emergency,
    )
    write_message(
        by=alice,
        place=here,
        text="少出门",
        kind="door",
        from_date=today,
        to_date=today + dt.timedelta(days=9),
        emergency=emergency,
    )
    for one in (gate, other):
        record_gate_entry(by=bob, entry=entry(one, plate="冀J12345", identity="1", phone="2"))
    record_disinfection(
        by=bob,
        disinfection=NewDisinfection(uuid4(), places.grid, "lift", "chlorine", 500, 30, note="x"),
    )
    with acting(COUNTY):
        assert Disinfection.objects.get().emergency_id == emergency.id
        with pytest.raises(DatabaseError, match="has not ended"), transaction.atomic():
            sunset.hooks.get("field.duties").remove(COUNTY, emergency.id)
        Emergency.objects.update(ended_on=today)
        sunset.endings.get("field.duties")(COUNTY, emergency.id)
        for _twice in range(2):
            sunset.hooks.get("field.duties").remove(COUNTY, emergency.id)
        assert Gate.objects.get(id=gate.id).closed_on == today
        assert Gate.objects.get(id=other.id).closed_on is None
        assert Round.objects.get().ended_on == today
        assert Message.objects.get().to_date == today
        gone = GateEntry.objects.get(gate=gate)
        assert (gone.plate_index, gone.identity_index, gone.phone_index) == (None, None, None)
        assert bytes(gone.digest) == gone.id.bytes
        kept = GateEntry.objects.get(gate=other)
        assert kept.plate_index is not None
    assert problems(record_gate_entry, by=bob, entry=entry(gate)) == [("", "emergency")]
    ended = Emergency.objects.get()
    town = create_emergency(
        by=COUNTY, name="别处疫情", disease="不明原因", place_code="130902001002", level=4
    )
    elsewhere = problems(open_gate, by=alice, place=here, name="北门", kind="road", emergency=town)
    assert elsewhere == [("emergency", "elsewhere")]
    refused = problems(open_gate, by=alice, place=here, name="北门", kind="road", emergency=ended)
    assert refused == [("", "emergency")]


def test_who_passed_a_gate_of_no_emergency_is_forgotten(
    gate: Gate, alice: Actor, bob: Actor, places: Any, emergency: Emergency
) -> None:
    here = places[places.grid]
    sealed = open_gate(by=alice, place=here, name="西门", kind="road", emergency=emergency)
    for one in (gate, sealed):
        record_gate_entry(by=bob, entry=entry(one, who="某人", phone="1", plate="2", people=3))
    now = timezone.now()
    assert lapse_gate_log(by=COUNTY, now=now + dt.timedelta(days=29)) == 0
    assert lapse_gate_log(by=COUNTY, now=now + dt.timedelta(days=31)) == 1
    assert lapse_gate_log(by=COUNTY, now=now + dt.timedelta(days=31)) == 0
    with acting(bob):
        gone, kept = GateEntry.objects.get(gate=gate), GateEntry.objects.get(gate=sealed)
        assert (gone.who, gone.phone, gone.plate_index, gone.people) == (None, None, None, 3)
        assert (kept.who, kept.phone) == ("某人", "1")
