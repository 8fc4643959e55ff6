"""Deciding at a desk on what phones sent."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.accounts.models import Grant
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.common.history import history_of
from fangxian.common.ids import uuid7
from fangxian.common.registries import today
from fangxian.common.scoping import acting
from fangxian.core.actions import create_emergency
from fangxian.field import jobs
from fangxian.field.actions import open_gate
from fangxian.field.models import (
    Campaign,
    FieldConflict,
    GateEntry,
    HeldOperation,
    Operation,
    Target,
    Visit,
)
from fangxian.field.sync import entities, handed, operations
from fangxian.field.sync import held as held_module
from fangxian.field.sync.handed import take_in
from fangxian.field.sync.held import operation_of, take_over, turn_down
from fangxian.field.tests.conftest import OTHER_UNIT
from fangxian.field.tests.test_push import phone_of
from fangxian.register.actions import change_household, move_in
from fangxian.register.models import Household
from tests.kit.cast import START
from tests.kit.phone import Phone

LIST = "/field/phones/"


@pytest.fixture
def phone(campaign: Campaign, bob: Any) -> Phone:
    found = phone_of(bob)
    found.pull()
    return found


@pytest.fixture
def held(phone: Phone, cast: Any, alice: Any) -> HeldOperation:
    """A visit with answers that Bob sent when his account was disabled."""
    door = phone.doors()[0]
    move_in(by=alice, household_id=door["household_id"], on=dt.date(2020, 1, 1), name="查无此人")
    answers = {"fever": "yes", "temperature": 38.5}
    phone.visit(door, "exceptions", answers=answers, note="电话 13800131949")
    user = cast.user("bob")
    user.is_active = False
    user.save()
    assert phone.push()[0]["result"] == "held"
    with acting(alice):
        return HeldOperation.objects.get()


def test_a_held_visit_is_read_and_taken_over(
    held: HeldOperation, client_of: Any, alice: Any
) -> None:
    assert reverse("field:phones") == LIST
    client = client_of("alice")
    assert "Bob" in client.get(LIST).content.decode()
    shown = client.get(reverse("field:held", args=[held.pk])).content.decode()
    assert "38.5" in shown
    assert "13800131949" not in shown
    with acting(alice):
        door = Target.objects.get(household__residencies__person__name="查无此人")
    # What stands there now, and which door it is.
    assert str(door.get_state_display()) in shown
    with acting(alice):
        assert LIST in [item.url for source in today for item in source(alice)]
    done = client.post(reverse("field:held", args=[held.pk]), {"decision": "take"})
    assert (done.status_code, done["Location"]) == (302, f"{LIST}?show=held")
    with acting(alice):
        assert Visit.objects.get().exceptions == 1
    again = client.post(reverse("field:held", args=[held.pk]), {"decision": "take"})
    assert again.status_code == 409
    decided = client.get(f"{LIST}?show=decided").content.decode()
    assert reverse("field:held", args=[held.pk]) in decided
    assert client.get(reverse("field:held", args=[held.pk])).status_code == 200


def test_a_held_visit_is_turned_down_with_a_reason(
    held: HeldOperation, client_of: Any, alice: Any
) -> None:
    client, url = client_of("alice"), reverse("field:held", args=[held.pk])
    assert client.post(url, {"decision": "decline", "reason": ""}).status_code == 422
    assert client.post(url, {"decision": "decline", "reason": "门牌不对"}).status_code == 302
    with acting(alice):
        held.refresh_from_db()
    assert (held.state, held.reason, held.decided_by) == ("declined", "门牌不对", "alice")
    assert client_of("bob").get(LIST).status_code in (302, 403)
    assert client_of("charlie").get(url).status_code == 404


def test_a_dispute_is_settled(phone: Phone, client_of: Any, alice: Any, bob: Any) -> None:
    other = phone_of(bob)
    other.pull()
    home = phone.all("household")[0]
    for one, note in ((phone, "甲"), (other, "乙")):
        one.record("household", home["id"], {"note": note}, base=home["version"])
        one.push()
    with acting(alice):
        row = FieldConflict.objects.get()
    client, url = client_of("alice"), reverse("field:dispute", args=[row.pk])
    assert url in client.get(f"{LIST}?show=disputes").content.decode()
    shown = client.get(url).content.decode()
    assert "甲" in shown
    assert "乙" in shown
    for number in ("", "7", "-1", "²"):
        assert client.post(url, {"number": number}).status_code == 422
    # Who gave each, and with which phone.
    assert shown.count("<td data-label=") == 6
    assert len(re.findall(r"Bob<br><span[^>]*>P</span>", shown)) == 2
    assert client.post(url, {"number": "1"}).status_code == 302
    with acting(alice):
        assert Household.objects.get(pk=home["id"]).note == "甲"
    assert client.post(url, {"number": "2"}).status_code == 409
    assert client.get(url).status_code == 200


def test_one_decision_leads_to_the_next_of_what_is_asked_for(
    phone: Phone, cast: Any, client_of: Any, alice: Any, places: Any
) -> None:
    for door in phone.doors()[:3]:
        phone.visit(door, "absent")
    home = phone.all("household")[0]
    other = phone_of(cast.actor("bob"))
    other.pull()
    other.record("household", home["id"], {"state": "empty"}, base=home["version"])
    user = cast.user("bob")
    user.is_active = False
    user.save()
    phone.push()
    other.push()
    client = client_of("alice")
    query = f"device={phone.device_id}"
    with acting(alice):
        waiting = list(HeldOperation.objects.order_by("created_at", "id"))
        mine = [one for one in waiting if str(one.device_id) == phone.device_id]
    listed = client.get(f"{LIST}?show=held&{query}").content.decode()
    assert [reverse("field:held", args=[one.pk]) in listed for one in waiting] == [
        one in mine for one in waiting
    ]
    # Filters of places: those of the area, and nothing of a code that is none.
    for place, n in ((places.unit, 4), (places.grid[:12] + "002", 0), ("nowhere", 4)):
        page = client.get(f"{LIST}?place={place}").content.decode()
        assert sum(reverse("field:held", args=[one.pk]) in page for one in waiting) == n
    at = f"{reverse('field:held', args=[mine[0].pk])}?{query}"
    for one in mine[1:]:
        onward = client.post(at, {"decision": "decline", "reason": "已另行登记"})
        assert onward["Location"] == f"{reverse('field:held', args=[one.pk])}?{query}"
        at = onward["Location"]
    last = client.post(at, {"decision": "decline", "reason": "已另行登记"})
    assert last["Location"] == f"{LIST}?show=held&{query}"
    with acting(alice):
        assert HeldOperation.objects.filter(state="open").count() == 1


def test_the_list_asks_no_more_for_many_than_for_one(
    phone: Phone, cast: Any, client_of: Any, alice: Any, bob: Any
) -> None:
    """Rooms of what is held and of what is disputed; visits alone tell theirs inside."""
    doors = phone.doors()
    for at, door in enumerate(doors):
        move_in(by=alice, household_id=door["household_id"], on=dt.date(2020, 1, 1), name=f"李{at}")
    phone.pull()
    other = phone_of(bob)
    other.pull()
    living = phone.all("resident")
    assert len(living) == len(doors) > 2
    for one, where in ((phone, "甲"), (other, "乙")):
        for home in living:
            away = {"away_since": "2026-01-01", "away_where": where}
            one.record("residency", home["id"], away, base=home["version"])
        one.push()
    user = cast.user("bob")
    user.is_active = False
    user.save()

    def held(*homes: Any) -> None:
        for home in homes:
            phone.record("residency", home["id"], {"away_where": "丙"}, base=home["version"])
        phone.push()

    client = client_of("alice")
    rooms = {door["room"] for door in doors}

    def asked(show: str) -> list[str]:
        with CaptureQueriesContext(connection) as found:
            page = client.get(f"{LIST}?show={show}").content.decode()
        assert all(f"{room}</td>" in page for room in rooms) == (show != "held" or len(rows()) > 1)
        return [one["sql"] for one in found if "SAVEPOINT" not in one["sql"]]

    def rows() -> list[HeldOperation]:
        with acting(alice):
            return list(HeldOperation.objects.all())

    held(living[0])
    client.get(LIST)
    first = asked("held")
    held(*living[1:])
    many = asked("held")
    assert len(rows()) == len(living)
    assert len(many) == len(first)
    assert not any('"field_heldoperation"."body"' in sql for sql in many)
    assert sum("register_residency" in sql for sql in asked("disputes")) == 1
    phone.visit(doors[0])
    phone.push()
    opened = [sql for sql in asked("held") if '"field_heldoperation"."body"' in sql]
    assert len(opened) == 1


def test_a_held_change_is_shown_beside_what_is_recorded_now(
    phone: Phone, cast: Any, client_of: Any, alice: Any
) -> None:
    home = phone.all("household")[0]
    change_household(by=alice, household_id=home["id"], note="社区所记")
    phone.record("household", home["id"], {"note": "门口所记"}, base=home["version"])
    user = cast.user("bob")
    user.is_active = False
    user.save()
    phone.push()
    with acting(alice):
        held = HeldOperation.objects.get()
    shown = client_of("alice").get(reverse("field:held", args=[held.pk])).content.decode()
    assert shown.index("门口所记") < shown.index("社区所记")


def file_of(phone: Phone) -> SimpleUploadedFile:
    """What the app's sync box writes of an unsent queue."""
    told = {
        "format": "fangxian operations 2",
        "exported_at": phone.now().isoformat(),
        "devices": [
            {
                "device": phone.device_id,
                "operations": [one.envelope for one in phone.queue],
                "photos": [],
            }
        ],
    }
    return SimpleUploadedFile("fangxian.json", json.dumps(told).encode())


def test_unsent_work_is_handed_in_by_its_maker_once(
    phone: Phone, client_of: Any, alice: Any
) -> None:
    for door in phone.doors():
        phone.visit(door, "all_well")
    client, n = client_of("bob"), len(phone.queue)
    for _time in range(2):
        answer = client.post(reverse("field:hand_in"), {"file": file_of(phone)})
        assert answer.status_code == 200
        assert "已入库" in answer.content.decode()
        with acting(alice):
            assert Visit.objects.count() == n
    assert {one["result"] for one in phone.push()} == {"duplicate"}


def test_a_file_is_taken_in_under_all_grants_of_its_maker(
    phone: Phone, client_of: Any, cast: Any, places: Any, campaign: Campaign, alice: Any
) -> None:
    """As the phone would have sent it, whichever he works under in this session."""
    Grant.objects.create(
        user=cast.user("bob"),
        role_id="grid_officer",
        region=places[OTHER_UNIT[:15]],
        valid_from=START,
    )
    phone.pull()
    assert len(phone.doors()) == 4
    for door in phone.doors():
        phone.visit(door)
    client = client_of("bob")
    assert client.post(reverse("field:hand_in"), {"file": file_of(phone)}).status_code == 200
    with acting(alice):
        assert Visit.objects.count() == 4
        assert not HeldOperation.objects.exists()


def test_changes_in_a_row_in_a_file_never_meet_each_other(
    phone: Phone, client_of: Any, alice: Any
) -> None:
    first, second = phone.all("household")[:2]
    for home, last in ((first, "乙"), (second, "")):
        for note in ("甲", last):
            phone.record("household", home["id"], {"note": note}, base=home["version"])
    client = client_of("bob")
    assert client.post(reverse("field:hand_in"), {"file": file_of(phone)}).status_code == 200
    with acting(alice):
        assert not FieldConflict.objects.exists()
        notes = [Household.objects.get(pk=home["id"]).note for home in (first, second)]
    assert notes == ["乙", ""]


def test_a_file_that_names_anothers_phone_is_no_work_of_that_phone(
    phone: Phone, client_of: Any, alice: Any
) -> None:
    """Anybody can write the id of a phone: what its holder changed stays somebody else's."""
    home = phone.all("household")[0]
    phone.record("household", home["id"], {"note": "甲"}, base=home["version"])
    phone.push()
    phone.record(
        "household", home["id"], {"note": "乙"}, base=home["version"], actor=str(alice.user_id)
    )
    client = client_of("alice")
    assert client.post(reverse("field:hand_in"), {"file": file_of(phone)}).status_code == 200
    with acting(alice):
        assert FieldConflict.objects.filter(object_id=home["id"]).count() == 1


def test_a_file_of_who_had_the_phone_before_keeps_back_nothing(
    phone: Phone, client_of: Any, alice: Any
) -> None:
    """He has its key still, and counts as he likes, and says when it was."""
    home = phone.all("household")[0]
    phone.seq, phone.clock = 999_000, dt.timedelta(hours=1)
    phone.record("household", home["id"], {"note": "甲"}, base=home["version"])
    file, phone.queue, phone.seq, phone.clock = file_of(phone), [], 7, dt.timedelta()
    phone.enrol(make_device_code(by=alice, strong=False).code, device_id=phone.device_id)
    phone.pull()
    phone.record("household", home["id"], {"note": "乙"}, base=home["version"])
    assert client_of("bob").post(reverse("field:hand_in"), {"file": file}).status_code == 200
    phone.push()
    with acting(alice):
        assert Household.objects.get(pk=home["id"]).note == "乙"


def test_what_somebody_else_made_is_held_when_it_is_handed_in(
    phone: Phone, client_of: Any, alice: Any
) -> None:
    """No cookie vouches for the file, and anybody can seal."""
    phone.visit(phone.doors()[0], "all_well")
    assert (
        client_of("alice").post(reverse("field:hand_in"), {"file": file_of(phone)}).status_code
        == 200
    )
    with acting(alice):
        assert not Visit.objects.exists()
        assert HeldOperation.objects.get().user_id == UUID(phone.user_id)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format": "x"}', b"\xff\xfe"])
def test_another_file_is_refused_with_the_mend(client_of: Any, data: bytes, bob: Any) -> None:
    upload = SimpleUploadedFile("notes.json", data)
    answer = client_of("bob").post(reverse("field:hand_in"), {"file": upload})
    assert answer.status_code == 422


def test_a_held_entry_at_a_gate_is_read_and_sealed_with_its_emergency(
    phone: Phone, client_of: Any, cast: Any, alice: Any, places: Any
) -> None:
    emergency = create_emergency(
        by=Actor.system("test", places.county),
        name="演练疫情",
        disease="不明原因",
        place_code=places.county,
        level=3,
        started_on=timezone.localdate(),
    )
    gate = open_gate(
        by=alice, place=places[places.grid], name="东门", kind="road", emergency=emergency
    )
    patch = {
        "gate_id": str(gate.id),
        "direction": "in",
        "decision": "pass",
        "who": "查无此人",
        "phone": "13800131949",
        "identity": "E1234567",
        "plate": "冀J12345",
    }
    phone.record("gate_entry", str(uuid7()), patch)
    user = cast.user("bob")
    user.is_active = False
    user.save()
    assert phone.push()[0]["result"] == "held"
    with acting(alice):
        held = HeldOperation.objects.get()
    assert (held.emergency_id, held.place_code) == (emergency.id, places.grid)
    client, url = client_of("alice"), reverse("field:held", args=[held.pk])
    shown = client.get(url).content.decode()
    for clear in ("查无此人", "13800131949", "E1234567"):
        assert clear not in shown
    for masked in ("查***", "138****1949", "******67", "冀J12345"):
        assert masked in shown
    entity, operation = entities.entity("gate_entry"), operation_of(held)
    assert entity is not None
    assert entity.say is not None
    assert operation is not None
    unseeing = replace(alice, rights=alice.rights - {"field.gate_log"})
    assert [str(text) for _label, text in entity.say(unseeing, operation)] == ["进", "放行"]
    assert client.post(url, {"decision": "take"}).status_code == 302
    with acting(alice):
        assert GateEntry.objects.get().who == "查无此人"
        held.refresh_from_db()
    assert held.body is None
    assert "不再保留" in client.get(url).content.decode()


def test_what_was_held_at_a_gate_goes_with_the_gate_log(
    phone: Phone, cast: Any, alice: Any, places: Any
) -> None:
    gate = open_gate(by=alice, place=places[places.grid], name="东门", kind="road")
    patch = {"gate_id": str(gate.id), "direction": "in", "decision": "pass", "who": "查无此人"}
    for _time in range(2):
        phone.record("gate_entry", str(uuid7()), patch)
    phone.visit(phone.doors()[0])
    user = cast.user("bob")
    user.is_active = False
    user.save()
    phone.push()
    with acting(alice):
        first = HeldOperation.objects.filter(entity="gate_entry").order_by("id")[0]
    turn_down(by=alice, held_id=first.pk, reason="查无此人没来过")
    assert jobs.forget_gate_log() == 0
    month = dt.timedelta(days=31)
    with acting(alice):
        HeldOperation.objects.update(captured_at=timezone.now() - month)
    Operation.objects.update(captured_at=timezone.now() - month)
    assert jobs.forget_gate_log() == 2
    with acting(alice):
        rows = HeldOperation.objects.order_by("id")
        kept = [(row.entity, row.state, row.body is None, row.reason) for row in rows]
        history = {field.name for field in history_of(HeldOperation)._meta.get_fields()}
    assert kept == [
        ("gate_entry", "declined", True, None),
        ("gate_entry", "open", True, None),
        ("visit", "open", False, None),
    ]
    assert not history & {"body", "reason"}
    assert not Operation.objects.filter(entity="gate_entry", told__isnull=False).exists()
    with pytest.raises(Invalid):
        take_over(by=alice, held_id=rows[1].pk)


def test_what_is_held_of_a_file_is_told_by_its_reason(
    phone: Phone, client_of: Any, alice: Any, cast: Any
) -> None:
    phone.visit(phone.doors()[0])
    phone.visit(phone.doors()[1])
    phone.queue[0].envelope["key"] = str(uuid7())
    own = client_of("bob").post(reverse("field:hand_in"), {"file": file_of(phone)})
    shown = own.content.decode()
    assert str(HeldOperation.Why.KEY.label) in shown
    assert str(HeldOperation.Why.HANDED.label) not in shown
    phone.queue = [phone.visit(phone.doors()[2])]
    client = client_of("alice")
    others = client.post(reverse("field:hand_in"), {"file": file_of(phone)}).content.decode()
    assert str(HeldOperation.Why.HANDED.label) in others
    with acting(alice):
        row = HeldOperation.objects.get(why="handed")
    assert row.handed_by == alice.user_id
    assert "上交人" in client.get(reverse("field:held", args=[row.pk])).content.decode()


def test_what_was_taken_of_a_file_stays_when_the_rest_of_it_fails(
    phone: Phone, client_of: Any, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for door in phone.doors():
        phone.visit(door)
    monkeypatch.setattr(operations, "MOST", 1)
    push = operations.push

    def failing(sender: Any, sent: Any) -> Any:
        if sent[0].operation.seq == 3:
            raise RuntimeError("as a mistake of ours would")
        return push(sender, sent)

    monkeypatch.setattr(operations, "push", failing)
    client, url = client_of("bob"), reverse("field:hand_in")
    with pytest.raises(RuntimeError):
        client.post(url, {"file": file_of(phone)})
    with acting(alice):
        assert Visit.objects.count() == 2
    monkeypatch.undo()
    assert client.post(url, {"file": file_of(phone)}).status_code == 200
    with acting(alice):
        assert Visit.objects.count() == 3


def test_what_one_person_hands_in_has_an_end(
    phone: Phone, client_of: Any, alice: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever phones the file names."""
    device = phone.device_id
    monkeypatch.setattr(held_module, "MOST_WAITING", 2)
    files = []
    for at, door in enumerate(phone.doors()):
        if at:
            phone.device_id = str(uuid7())
        phone.queue = []
        phone.visit(door)
        files.append(file_of(phone))
    answers = [take_in(by=alice, data=file.read()) for file in files]
    told = [(str(one.result), one.problems[0]["code"]) for (one,) in answers]
    assert [result for result, _code in told] == ["held", "held", "retry"]
    assert told[-1][1] == "full"
    (full,) = answers[-1][0].problems
    assert "上交" in full["message"]
    assert "再上交" in full["mend"]
    assert "手机" not in full["message"] + full["mend"]
    # What the phone itself sends has its own room.
    disable_device(by=bob, device_id=device, reason="lost")
    phone.device_id, phone.queue = device, []
    for door in phone.doors():
        phone.visit(door)
    assert [one["result"] for one in phone.push()] == ["held", "held", "retry"]
    monkeypatch.setattr(handed, "LIMITS", ((100, 600), (1, 86_400)))
    url, file = reverse("field:hand_in"), SimpleUploadedFile("x.json", b"{}")
    assert client_of("alice").post(url, {"file": file}).status_code == 429
