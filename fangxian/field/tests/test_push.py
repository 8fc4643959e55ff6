"""Phones send: once, each by itself, whatever the network and the clock do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import Count
from django.test import Client
from django.utils import timezone
from psycopg import OperationalError as LostConnection
from psycopg.errors import DeadlockDetected

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.accounts.models import Device, Grant
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.common.ids import uuid7
from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.core.actions import create_emergency
from fangxian.core.models import ServerEpoch
from fangxian.field.models import Campaign, HeldOperation, Operation, PhoneManifest, Target, Visit
from fangxian.field.sync import exchange, operations, pushed
from fangxian.field.sync.held import take_over, turn_down
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import change_household, create_household
from fangxian.register.models import Household
from tests.kit.cast import START
from tests.kit.phone import Phone


def phone_of(by: Any) -> Phone:
    phone = Phone(Client())
    told = phone.enrol(make_device_code(by=by, strong=False).code)
    assert told.status_code == 200, told.content
    return phone


@pytest.fixture
def phone(campaign: Campaign, bob: Any) -> Phone:
    """Bob's phone with everything fetched."""
    found = phone_of(bob)
    found.pull()
    return found


def results(answers: list[dict[str, Any]]) -> list[str]:
    return [one["result"] for one in answers]


def test_visits_are_taken_in_and_counted_at_once(phone: Phone, bob: Any, places: Any) -> None:
    doors = phone.doors()
    assert [door["room"] for door in doors] == ["101", "102", "201"]
    for door in doors:
        phone.visit(door)
    assert results(phone.push()) == ["applied"] * 3
    with acting(bob):
        assert Visit.objects.count() == 3
        key = doors[0]["campaign_id"]
        assert counters.read([places.grid], ["visited"], key) == {(places.grid, "visited"): 3}
    phone.pull()
    assert {door["state"] for door in phone.doors()} == {"visited"}
    (campaign,) = phone.all("campaign")
    assert (campaign["targets"], campaign["visited"], campaign["exempt"]) == (3, 3, 0)


def test_a_lost_reply_is_sent_again_and_is_one_record(phone: Phone, bob: Any) -> None:
    one = phone.visit(phone.doors()[0])
    lost = phone.send([one])
    assert results(lost.json()["answers"]) == ["applied"]
    again = phone.push()
    assert results(again) == ["duplicate"]
    assert again[0]["first"] == "applied"
    with acting(bob):
        assert Visit.objects.count() == 1


def test_a_duplicate_is_told_what_was_wrong_at_first(phone: Phone) -> None:
    one = phone.visit(phone.doors()[0], "levitating")
    first = phone.send([one]).json()["answers"][0]
    again = phone.send([one]).json()["answers"][0]
    assert (again["result"], again["first"]) == ("duplicate", "rejected")
    assert again["problems"] == first["problems"]
    assert first["problems"][0]["mend"]


def test_what_was_answered_is_told_to_nobody_else(phone: Phone, alice: Any) -> None:
    one = phone.visit(phone.doors()[0], "levitating")
    assert phone.send([one]).json()["answers"][0]["problems"]
    # Who knows number and hash alone can seal nothing that opens.
    one.envelope["key"] = str(uuid7())
    unopened = phone.send([one]).json()["answers"][0]
    assert (unopened["result"], unopened["first"]) == ("duplicate", "rejected")
    assert unopened["problems"] == []
    (foreign,) = phone_of(alice).send([one]).json()["answers"]
    assert (foreign["result"], foreign["problems"][0]["code"]) == ("rejected", "other_body")
    assert "first" not in foreign


def test_another_body_under_the_same_number_is_refused(phone: Phone, bob: Any) -> None:
    one = phone.visit(phone.doors()[0])
    phone.push()
    edited = phone.seal(one.plain | {"patch": one.plain["patch"] | {"outcome": "absent"}})
    alone = phone.send([edited])
    assert alone.status_code == 422
    assert alone.json()["answers"][0]["problems"][0]["code"] == "other_body"
    other = phone.visit(phone.doors()[1])
    both = phone.send([edited, other])
    assert both.status_code == 200
    assert results(both.json()["answers"]) == ["rejected", "applied"]
    with acting(bob):
        assert [visit.outcome for visit in Visit.objects.order_by("id")] == ["all_well"] * 2


def test_one_poison_operation_keeps_back_none_of_the_other_99(
    phone: Phone, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.field.actions import visits

    doors = phone.doors()
    for at in range(100):
        phone.visit(doors[at % 3], note="poison" if at == 41 else "")
    write = visits.write

    def poisoned(by: Any, ready: Any, today: Any) -> Any:
        if any(one.visit.note == "poison" for one in ready):
            raise RuntimeError("as a mistake of ours would")
        return write(by, ready, today)

    monkeypatch.setattr(visits, "write", poisoned)
    told = phone.push()
    assert results(told) == ["applied"] * 41 + ["retry"] + ["applied"] * 58
    assert len(phone.queue) == 1
    monkeypatch.setattr(visits, "write", write)
    assert results(phone.push()) == ["applied"]
    with acting(bob):
        assert Visit.objects.count() == 100


def test_what_is_no_operation_is_told_apart(phone: Phone) -> None:
    door = phone.doors()[0]
    good = phone.visit(door)
    damaged = phone.visit(door)
    damaged.envelope["box"] = damaged.envelope["box"][:-4] + "AAAA"
    unknown = phone.record("spell", door["id"], {})
    newer = phone.record("visit", door["id"], {}, schema=2)
    older = phone.record("visit", door["id"], {}, schema=0)
    foreign = phone.record("visit", door["id"], {}, device=door["id"])
    wrong = phone.record("visit", door["id"], {"campaign_id": "x", "note": "\x00"})
    misspelt = phone.record("visit", door["id"], good.plain["patch"] | {"outcom": "absent"})
    batch = [good, damaged, unknown, newer, older, foreign, wrong, misspelt]
    told = phone.send(batch).json()["answers"]
    said = [(one["result"], [problem["code"] for problem in one["problems"]]) for one in told]
    assert said == [
        ("applied", []),
        ("rejected", ["unreadable"]),
        ("rejected", ["entity"]),
        ("retry", ["schema"]),
        ("rejected", ["schema"]),
        ("rejected", ["malformed"]),
        ("rejected", ["malformed"]),
        ("rejected", ["malformed"]),
    ]


@pytest.mark.parametrize("wrong", [dt.timedelta(days=-3), dt.timedelta(days=365)])
def test_a_wrong_clock_is_put_right(phone: Phone, bob: Any, wrong: dt.timedelta) -> None:
    phone.clock = wrong
    doors = phone.doors()
    # It knows how far it is off: the server told it the time at the last exchange.
    phone.offset = int(-wrong / dt.timedelta(milliseconds=1))
    phone.visit(doors[0])
    # It was put wrong since: what it says can't be, before its last pull or in the future.
    phone.offset = 0
    phone.visit(doors[1])
    phone.offset = None
    phone.visit(doors[2])
    assert results(phone.push()) == ["applied"] * 3
    now = timezone.now()
    with acting(bob):
        for visit in Visit.objects.all():
            assert now - dt.timedelta(minutes=1) < visit.visited_at <= now


def test_what_was_made_before_a_pull_keeps_its_time(phone: Phone, bob: Any) -> None:
    # It fetched in the morning, recorded at noon, and it is afternoon.
    morning = timezone.now() - dt.timedelta(hours=3)
    PhoneManifest.objects.update(pulls=[[0, morning.isoformat()]])
    phone.clock = dt.timedelta(hours=-2)
    phone.visit(phone.doors()[0])
    phone.clock = dt.timedelta()
    # The network came back, and the app fetched before it sent.
    phone.pull()
    phone.push()
    with acting(bob):
        (visit,) = Visit.objects.all()
    assert timezone.now() - visit.visited_at > dt.timedelta(minutes=110)


def test_two_workers_on_different_fields_are_merged(phone: Phone, alice: Any, bob: Any) -> None:
    home = phone.all("household")[0]
    change_household(by=alice, household_id=home["id"], note="狗")
    phone.record("household", home["id"], {"state": "empty"}, base=home["version"])
    assert results(phone.push()) == ["merged"]
    phone.pull()
    after = next(one for one in phone.all("household") if one["id"] == home["id"])
    assert (after["state"], after["note"]) == ("empty", "狗")
    assert after["version"] > home["version"]


def test_a_disabled_phone_is_held_and_not_lost(phone: Phone, bob: Any, cast: Any) -> None:
    phone.visit(phone.doors()[0])
    disable_device(by=bob, device_id=phone.device_id, reason="lost", wipe=True)
    told = phone.push()
    assert results(told) == ["held"]
    assert told[0]["problems"][0]["code"] == "held_device"
    refused = phone.ask()
    assert (refused.status_code, refused.json()["wipe"]) == (403, True)
    with acting(bob):
        (held,) = HeldOperation.objects.all()
        assert held.why == "device"
        assert Visit.objects.count() == 0
        assert (
            held.place_code
            == Target.objects.get(
                household_id=phone.sent[0].plain["patch"]["household_id"]
            ).place_code
        )


def test_a_disabled_account_is_held_where_it_worked(
    phone: Phone, bob: Any, cast: Any, alice: Any
) -> None:
    phone.visit(phone.doors()[0])
    phone.record("household", phone.all("household")[0]["id"], {"state": "empty"})
    user = cast.user("bob")
    user.is_active = False
    user.save()
    assert results(phone.push()) == ["held", "held"]
    assert results(phone.push()) == []
    with acting(alice):
        assert HeldOperation.objects.filter(why="account").count() == 2


def test_of_an_ended_emergency_nothing_is_held_and_the_rest_is_taken(
    phone: Phone, campaign: Campaign, bob: Any, cast: Any, places: Any
) -> None:
    emergency = create_emergency(
        by=cast.actor("headquarters"),
        name="演练疫情",
        disease="不明原因",
        place_code=places.county,
        level=3,
    )
    Campaign.objects.filter(pk=campaign.pk).update(emergency=emergency)
    phone.visit(phone.doors()[0])
    phone.record("household", phone.all("household")[0]["id"], {"state": "empty"})
    user = cast.user("bob")
    user.is_active = False
    user.save()
    keyring().destroy_emergency(emergency.pk)
    told = phone.push()
    assert results(told) == ["rejected", "held"]
    assert told[0]["problems"][0]["code"] == "emergency"
    with acting(bob):
        assert HeldOperation.objects.get().entity == "household"


def test_a_pull_that_names_no_number_moves_no_time(phone: Phone, bob: Any) -> None:
    """It may have come after what waits in the queue was made."""
    made = phone.visit(phone.doors()[0])
    phone.names_seq = False
    phone.pull()
    assert results(phone.push()) == ["applied"]
    with acting(bob):
        assert Visit.objects.get().visited_at.isoformat() == made.plain["captured_at"]


def test_a_moved_user_sends_what_he_did_before(phone: Phone, cast: Any, places: Any) -> None:
    phone.visit(phone.doors()[0])
    Grant.objects.filter(user=cast.user("bob")).update(revoked_at=timezone.now())
    Grant.objects.create(
        user=cast.user("bob"),
        role_id="grid_officer",
        region=places[places.other_grid],
        valid_from=START,
    )
    told = phone.push()
    assert results(told) == ["held"]
    assert told[0]["problems"][0]["code"] == "held_place"
    pages = phone.pull()
    assert {one["entity"] for page in pages for one in page["gone"]} >= {"door", "household"}
    assert [home["place_code"][:15] for home in phone.all("household")] == [places.other_grid]
    assert Operation.objects.get().result == "held"


def test_a_phone_that_was_handed_on_sends_what_is_not_its_holders(
    phone: Phone, bob: Any, alice: Any
) -> None:
    doors = phone.doors()
    for at in range(200):
        phone.visit(doors[at % 3])
    # The enrolment ran out with two hundred unsent, and Alice enrols the phone as hers.
    Device.objects.update(expires_at=timezone.now())
    code = make_device_code(by=alice, strong=False).code
    before = phone.user_id
    told = phone.enrol(code, device_id=phone.device_id)
    assert told.status_code == 200
    assert phone.user_id != before
    phone.visit(doors[0], "absent")
    assert results(phone.push()) == ["applied"] * 201
    with acting(alice):
        assert set(Visit.objects.values_list("actor").annotate(n=Count("id"))) == {
            ("bob", 200),
            ("alice", 1),
        }
    (page,) = phone.pull()
    # A community is no grid: she has no post in it, so nothing of Bob's stays on the phone but the
    # rules that are everybody's and what the places are called.
    assert {one["entity"] for one in page["gone"]} >= {"door", "household"}
    assert {entity for entity, _id in phone.records} == {"duty_rules", "grid"}


def test_what_comes_too_late_to_be_opened_is_told_and_kept(
    phone: Phone, bob: Any, alice: Any
) -> None:
    phone.visit(phone.doors()[0])
    phone.queue[0].envelope["key"] = str(uuid7())
    told = phone.push()
    assert (told[0]["result"], told[0]["problems"][0]["code"]) == ("held", "held_key")
    with acting(alice):
        held = HeldOperation.objects.get()
        assert (held.place_code, held.body, held.entity) == (bob.area, None, "")
    with pytest.raises(Invalid):
        take_over(by=alice, held_id=held.pk)
    turn_down(by=alice, held_id=held.pk, reason="重新登记")


def test_nobodys_operation_is_kept_too(phone: Phone, bob: Any, alice: Any) -> None:
    phone.visit(phone.doors()[0], "absent")
    stranger = phone.record("spell", str(uuid7()), {}, actor=str(uuid7()))
    unknown = phone.record("household", str(uuid7()), {"state": "empty"}, actor=str(uuid7()))
    nowhere = phone.record("household", str(uuid7()), {"state": "empty"})
    told = {one["op_id"]: one for one in phone.push()}
    assert told[stranger.op_id]["result"] == "rejected"
    assert told[unknown.op_id]["result"] == "held"
    assert told[nowhere.op_id]["result"] == "rejected"
    assert told[nowhere.op_id]["problems"][0]["code"] == "scope"
    with acting(alice):
        # Who is meant is not known, so it waits where the phone's holder works.
        assert HeldOperation.objects.get().place_code == bob.area


@pytest.mark.parametrize(("name", "most"), [("MOST_WAITING", 2), ("MOST_WAITING_BYTES", 1_500)])
def test_what_waits_of_a_phone_has_an_end(
    phone: Phone, bob: Any, alice: Any, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(f"fangxian.field.sync.held.{name}", most)
    for door in phone.doors()[:3]:
        phone.visit(door)
    disable_device(by=bob, device_id=phone.device_id, reason="lost")
    told = phone.push()
    assert results(told) == ["held", "held", "retry"]
    assert told[2]["problems"][0]["code"] == "full"
    assert results(phone.push()) == ["retry"]
    with acting(alice):
        first = HeldOperation.objects.first()
    assert first is not None
    turn_down(by=alice, held_id=first.pk, reason="重新登记")
    assert results(phone.push()) == ["held"]


def test_a_phone_without_a_pause_is_told_to_wait(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MOST_REQUESTS", 2)
    one = phone.visit(phone.doors()[0])
    said = [phone.send([one]).status_code for _time in range(3)]
    assert said == [200, 200, 429]


def test_nothing_is_held_for_an_emergency_whose_key_is_gone(
    cast: Any, places: Any, bob: Any, alice: Any
) -> None:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    create_household(by=hq, place_code=places.unit, room="102")
    emergency = create_emergency(
        by=Actor.system("test", places.county),
        name="演练疫情",
        disease="不明原因",
        place_code=places.county,
        level=3,
        started_on=timezone.localdate(),
    )
    begin(hq, places, emergency=emergency)
    phone = phone_of(bob)
    phone.pull()
    first, second = phone.doors()
    disable_device(by=bob, device_id=phone.device_id, reason="lost", wipe=False)
    phone.visit(first, note="x")
    assert results(phone.push()) == ["held"]
    keyring().destroy_emergency(emergency.id)
    phone.visit(second, note="x")
    told = phone.push()
    assert (told[0]["result"], told[0]["problems"][0]["code"]) == ("rejected", "emergency")
    with acting(alice):
        held = HeldOperation.objects.get()
    with pytest.raises(Invalid):
        take_over(by=alice, held_id=held.pk)
    turn_down(by=alice, held_id=held.pk, reason="应急响应已结束")
    assert Operation.objects.get(op_id=held.op_id).told is not None


@pytest.mark.parametrize("fault", [DeadlockDetected(), LostConnection("closed unexpectedly")])
def test_to_come_again_is_told_only_where_nothing_was_written(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Where the database fell while it committed, nobody knows: that is no answer."""

    def fall(*_given: Any) -> Any:
        raise OperationalError from fault

    phone.visit(phone.doors()[0])
    monkeypatch.setattr(operations, "_push", fall)
    phone.client.raise_request_exception = False
    answer = phone.post("push", phone.body_of(phone.queue))
    if isinstance(fault, DeadlockDetected):
        assert results(answer.json()["answers"]) == ["retry"]
    else:
        assert answer.status_code >= 500


def test_the_same_number_twice_in_one_push(phone: Phone, bob: Any) -> None:
    one = phone.visit(phone.doors()[0])
    edited = phone.seal(one.plain | {"patch": one.plain["patch"] | {"outcome": "absent"}})
    told = phone.send([one, one, edited]).json()["answers"]
    assert results(told) == ["applied", "duplicate", "rejected"]
    with acting(bob):
        assert Visit.objects.get().outcome == "all_well"


def test_who_answers_for_two_grids_works_in_both(
    campaign: Campaign, cast: Any, places: Any, bob: Any, alice: Any
) -> None:
    Grant.objects.create(
        user=cast.user("bob"),
        role_id="grid_officer",
        region=places[places.other_grid],
        valid_from=START,
    )
    phone = phone_of(bob)
    phone.pull()
    (known,) = phone.all("campaign")
    assert known["targets"] == len(phone.doors()) == 4
    for door in phone.doors():
        phone.visit(door)
    for home in phone.all("household"):
        phone.record("household", home["id"], {"state": "empty"}, base=home["version"])
    assert results(phone.push()) == ["applied"] * 8
    with acting(alice):
        assert set(Target.objects.values_list("state", flat=True)) == {"visited"}
        assert not Household.objects.exclude(state="empty").exists()
    phone.pull()
    assert {door["state"] for door in phone.doors()} == {"visited"}


def test_a_restored_server_takes_what_it_lacks_before_what_is_newer(phone: Phone, bob: Any) -> None:
    home = phone.all("household")[0]
    phone.record("household", home["id"], {"note": "older"}, base=home["version"])
    assert results(phone.push()) == ["applied"]
    # The server is what it was before that.
    with acting(bob):
        Household.objects.filter(pk=home["id"]).update(note="")
    Operation.objects.all().delete()
    ServerEpoch.objects.update(epoch=uuid7())
    phone.record("household", home["id"], {"note": "newer"}, base=home["version"])
    assert results(phone.push()) == ["retry"]
    assert [one.plain["patch"]["note"] for one in phone.queue] == ["older", "newer"]
    assert results(phone.push())[-1] in ("applied", "merged")
    with acting(bob):
        assert Household.objects.get(pk=home["id"]).note == "newer"


def test_a_newer_value_waits_behind_an_older_one_that_is_to_come_again(
    phone: Phone, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = phone.all("household")[:2]
    for home, note in ((first, "poison"), (second, "fine"), (first, "newer")):
        phone.record("household", home["id"], {"note": note}, base=home["version"])
    write = pushed.change_at_doors

    def poisoned(*, by: Any, values: Any) -> None:
        if any(one.get("note") == "poison" for one in values.values()):
            raise RuntimeError("as a mistake of ours would")
        write(by=by, values=values)

    monkeypatch.setattr(pushed, "change_at_doors", poisoned)
    assert results(phone.push()) == ["retry", "applied", "retry"]
    monkeypatch.setattr(pushed, "change_at_doors", write)
    assert results(phone.push()) == ["applied", "applied"]
    with acting(bob):
        assert Household.objects.get(pk=first["id"]).note == "newer"


def correction_of(phone: Phone, original: Any) -> Any:
    patch = original.plain["patch"]
    door = {name: patch[name] for name in ("campaign_id", "household_id")}
    return phone.visit(door, "absent", corrects=original.op_id)


def test_a_correction_waits_beside_its_original_that_is_to_come_again(
    phone: Phone, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.field.actions import visits

    original = phone.visit(phone.doors()[0], note="poison")
    phone.visit(phone.doors()[1])
    correction_of(phone, correction_of(phone, original))
    write = visits.write

    def poisoned(by: Any, ready: Any, today: Any) -> Any:
        if any(one.visit.note == "poison" for one in ready):
            raise RuntimeError("as a mistake of ours would")
        return write(by, ready, today)

    monkeypatch.setattr(visits, "write", poisoned)
    assert results(phone.push()) == ["retry", "applied", "retry", "retry"]
    monkeypatch.undo()
    assert results(phone.push()) == ["applied"] * 3
    with acting(bob):
        assert Visit.objects.filter(corrected_by=None).count() == 2


@pytest.mark.parametrize("together", [True, False])
def test_a_correction_is_held_beside_its_original(phone: Phone, alice: Any, together: bool) -> None:
    original = phone.visit(phone.doors()[0])
    original.envelope["key"] = str(uuid7())
    if not together:
        assert results(phone.push()) == ["held"]
    correction_of(phone, original)
    assert {(one["result"], one["problems"][0]["code"]) for one in phone.push()} == {
        ("held", "held_key")
    }
    with acting(alice):
        correction = HeldOperation.objects.get(entity="visit")
    # There is nothing yet that it could correct: it goes on waiting.
    with pytest.raises(Invalid):
        take_over(by=alice, held_id=correction.pk)
    turn_down(by=alice, held_id=correction.pk, reason="重新登记")
