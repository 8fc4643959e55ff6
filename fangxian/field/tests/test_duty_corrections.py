"""Corrections of what was done on duty: of the same thing and time, with what they don't say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.actions import disable_device
from fangxian.common.actor import Actor
from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core.models import Emergency
from fangxian.field.actions import (
    NewDisinfection,
    NewOutreach,
    NewRoundCheck,
    change_gate,
    open_gate,
    record_disinfection,
    record_gate_entry,
    record_outreach,
    record_round_check,
    write_message,
)
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
from fangxian.field.sync import entities
from fangxian.field.sync.held import take_over
from fangxian.field.tests.test_duties import (
    COUNTY,
    emergency,
    entry,
    gate,
    problems,
    walk,
)
from fangxian.field.tests.test_duties_phones import applied, operation, where
from fangxian.field.tests.test_push import phone_of

__all__ = ["emergency", "gate", "walk"]
DAY = dt.timedelta(days=1)
TAKEN = [("corrects", "corrects")]


def disinfection(places: Any, **more: Any) -> NewDisinfection:
    return NewDisinfection(uuid4(), places.building, "lift", "chlorine", 500, 30, **more)


def test_a_correction_is_of_the_same_gate(
    gate: Gate, alice: Actor, bob: Actor, places: Any
) -> None:
    other = open_gate(by=alice, place=places[places.grid], name="西门", kind="quarter")
    first = entry(gate)
    record_gate_entry(by=bob, entry=first)
    assert problems(record_gate_entry, by=bob, entry=entry(other, corrects=first.op_id)) == TAKEN


def test_a_correction_is_of_the_same_point(walk: Round, bob: Actor) -> None:
    with acting(bob):
        east, shed = Point.objects.order_by("position")
    first = NewRoundCheck(uuid4(), "fine", token=east.token, longitude=116.85, latitude=38.3)
    record_round_check(by=bob, check=first)
    wrong = NewRoundCheck(uuid4(), "dirty", point_id=shed.id, corrects=first.op_id)
    assert problems(record_round_check, by=bob, check=wrong) == TAKEN
    sent = operation(
        "round_check",
        {"point_id": str(east.id), "found": "dirty", "corrects": str(first.op_id)},
    )
    assert applied(bob, sent) == "applied"
    with acting(bob):
        kept = RoundCheck.objects.get(corrected_by=None)
        # That its QR was read there, and where, is not said again.
        assert (kept.found, kept.scanned, kept.metres) == ("dirty", True, 0)


def test_a_correction_of_outreach_is_of_the_same_kind_and_message(
    alice: Actor, bob: Actor, places: Any
) -> None:
    today = timezone.localdate()
    message = write_message(
        by=alice,
        place=places[places.grid],
        text="少出门",
        kind="door",
        from_date=today,
        to_date=today,
    )
    first = NewOutreach(uuid4(), places.grid, "told", "said", people=9, message_id=message.id)
    record_outreach(by=bob, outreach=first)
    wrong = [
        NewOutreach(uuid4(), places.grid, "talk", "agreed", message_id=message.id),
        NewOutreach(uuid4(), places.grid, "told", "said"),
        NewOutreach(uuid4(), places.building, "told", "said", message_id=message.id),
    ]
    for one in wrong:
        new = replace(one, corrects=first.op_id)
        assert problems(record_outreach, by=bob, outreach=new) == TAKEN
    patch = {"place_code": places.grid, "kind": "told", "outcome": "said", "people": 8}
    sent = operation("outreach", {**patch, "corrects": str(first.op_id)})
    assert [applied(bob, sent) for _twice in range(2)] == ["applied", "duplicate"]
    with acting(bob):
        kept = Outreach.objects.get(corrected_by=None)
        assert (kept.people, kept.message_id) == (8, message.id)


def test_what_a_phone_does_not_say_in_a_correction_stays(gate: Gate, bob: Actor) -> None:
    """It has forgotten who passed by then: a slip is corrected without it."""
    passing = {"gate_id": str(gate.id), "direction": "in", "decision": "pass"}
    said = {"who": "某人", "phone": "13800001111", "temperature": 37.6, "note": "绕行", "people": 3}
    first = operation("gate_entry", passing | said)
    assert applied(bob, first) == "applied"
    change = {"people": 2, "note": "", "corrects": str(first.op_id)}
    assert applied(bob, operation("gate_entry", passing | change)) == "applied"
    with acting(bob):
        kept = GateEntry.objects.get(corrected_by=None)
        assert (kept.who, kept.phone, kept.temperature, kept.fever) == (
            "某人",
            "13800001111",
            "37.6",
            True,
        )
        assert (kept.people, kept.note) == (2, None)
        assert kept.phone_index is not None


def test_what_a_gate_asks_no_more_stays_where_an_entry_is_corrected(
    client_of: Any, gate: Gate, alice: Actor, bob: Actor
) -> None:
    first = entry(gate, temperature=Decimal("36.6"), who="某人", plate="冀J12345", origin="某地")
    record_gate_entry(by=bob, entry=first)
    with acting(bob):
        url = reverse("field:gate_entry", args=[GateEntry.objects.get().id])
    change_gate(by=alice, gate=gate, kind="hospital")
    officer = client_of("bob")
    form = officer.get(url).context["form"]
    assert not {"plate"} & set(form.fields)
    sent = {name: form[name].value() or "" for name in form.fields}
    assert officer.post(url, {**sent, "people": "4"}).status_code == 302
    with acting(bob):
        kept = GateEntry.objects.get(corrected_by=None)
        assert (kept.people, kept.plate, kept.origin) == (4, "冀J12345", "某地")
        assert (kept.who, kept.temperature) == ("某人", "36.6")


def test_a_correction_is_of_the_time_of_what_it_corrects(
    client_of: Any, bob: Actor, places: Any
) -> None:
    """However long ago: no clock is wrong there."""
    long_ago = timezone.now() - 120 * DAY
    first = disinfection(places, note="西侧", at=long_ago, arrived_at=long_ago)
    record_disinfection(by=bob, disinfection=first)
    with acting(bob):
        url = reverse("field:disinfection", args=[Disinfection.objects.get().id])
    officer = client_of("bob")
    form = officer.get(url).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    assert officer.post(url, {**sent, "minutes": "20"}).status_code == 302
    with acting(bob):
        second = Disinfection.objects.get(corrected_by=None)
        assert (second.minutes, second.note, second.at) == (20, "西侧", long_ago)
    patch = {
        "place_code": places.building,
        "site": "lift",
        "agent": "chlorine",
        "concentration": 500,
        "minutes": 10,
        "corrects": str(second.op_id),
    }
    assert applied(bob, operation("disinfection", patch)) == "applied"
    with acting(bob):
        assert Disinfection.objects.get(corrected_by=None).at == long_ago


def test_what_was_held_for_long_is_of_its_own_time(gate: Gate, alice: Actor, bob: Actor) -> None:
    """The clock was judged when it came, not when somebody decides."""
    phone = phone_of(bob)
    passing = {"gate_id": str(gate.id), "direction": "in", "decision": "pass"}
    phone.record("gate_entry", str(uuid4()), passing)
    disable_device(by=bob, device_id=phone.device_id, reason="lost")
    assert [one["result"] for one in phone.push()] == ["held"]
    made = timezone.now() - 100 * DAY
    with acting(alice):
        HeldOperation.objects.update(captured_at=made, created_at=made + 20 * DAY)
        Gate.objects.update(opened_on=timezone.localdate(made))
        held = HeldOperation.objects.get()
    take_over(by=alice, held_id=held.pk)
    with acting(bob):
        assert GateEntry.objects.get().at == made


def test_the_emergency_is_that_of_the_time_it_was_done(
    emergency: Emergency, bob: Actor, places: Any
) -> None:
    """What comes late is sealed with the key of then, or refused once that is destroyed."""
    today = timezone.localdate()
    now = timezone.now()
    Emergency.objects.update(started_on=today - 3 * DAY)

    def kept(days: int) -> UUID | None:
        new = disinfection(places, at=now - days * DAY)
        record_disinfection(by=bob, disinfection=new)
        with acting(bob):
            return Disinfection.objects.get(op_id=new.op_id).emergency_id

    def meant(days: int) -> UUID | None:
        sent = operation("disinfection", {"place_code": places.building})
        # Held operations are sealed in the same way.
        entity = entities.entity("disinfection")
        assert entity is not None
        assert entity.locate is not None
        found = entity.locate([replace(sent, captured_at=now - days * DAY)])
        return found[sent.op_id].emergency_id

    assert [kept(days) for days in (0, 3, 5)] == [emergency.id, emergency.id, None]
    assert [meant(days) for days in (0, 3, 5)] == [emergency.id, emergency.id, None]
    Emergency.objects.update(ended_on=today - DAY, key_destroyed_at=now - DAY)
    late = disinfection(places, at=now - 2 * DAY)
    assert problems(record_disinfection, by=bob, disinfection=late) == [("", "emergency")]
    told = NewOutreach(uuid4(), places.grid, "talk", "agreed", at=now - 2 * DAY)
    assert problems(record_outreach, by=bob, outreach=told) == [("", "emergency")]
    assert (kept(0), meant(0), meant(2)) == (None, None, emergency.id)
    # Another one that began since is not that of then.
    other = Emergency.objects.create(
        name="新疫情",
        disease="不明原因",
        region_id=emergency.region_id,
        place_code=places.county,
        level=3,
        started_on=today,
    )
    keyring().create_emergency(other.id)
    assert (kept(0), meant(0), meant(5)) == (other.id, other.id, None)
    assert problems(record_disinfection, by=bob, disinfection=late) == [("", "emergency")]


def test_nothing_destroyed_is_written_into_a_correction(
    client_of: Any, emergency: Emergency, bob: Actor, places: Any
) -> None:
    first = disinfection(places, operator="某人", note="西侧")
    record_disinfection(by=bob, disinfection=first)
    with acting(bob):
        url = reverse("field:disinfection", args=[Disinfection.objects.get().id])
    officer = client_of("bob")
    assert officer.get(url).context["form"]["operator"].value() == "某人"
    Emergency.objects.update(ended_on=timezone.localdate(), key_destroyed_at=timezone.now())
    keyring().destroy_emergency(emergency.id)
    form = officer.get(url).context["form"]
    assert not form["operator"].value()
    sent = {name: form[name].value() or "" for name in form.fields}
    assert officer.post(url, sent).status_code == 422
    with acting(COUNTY):
        assert Disinfection.objects.count() == 1


def test_where_things_lie_is_asked_once_a_push(bob: Actor, places: Any) -> None:
    """However many are held: an officer names the same few places all day."""
    phone = phone_of(bob)
    disable_device(by=bob, device_id=phone.device_id, reason="lost")
    patch = {"place_code": places.building, "kind": "talk", "outcome": "agreed"}

    def statements(count: int) -> int:
        for _n in range(count):
            phone.record("outreach", str(uuid4()), patch)
        with CaptureQueriesContext(connection) as told:
            assert {one["result"] for one in phone.push()} == {"held"}
        return len(told)

    few = statements(2)
    assert statements(40) == few
    assert where(operation("outreach", patch)).place == places.building
