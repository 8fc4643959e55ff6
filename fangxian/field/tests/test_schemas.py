"""Apps that were not updated yet: what they send is brought up, and nothing is sealed anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from fangxian.accounts.actions import disable_device
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.field.models import Campaign, HeldOperation, Operation, Visit
from fangxian.field.sync import schemas
from fangxian.field.sync.held import operation_of, take_over
from fangxian.field.tests.test_push import phone_of, results
from fangxian.register.models import Household
from tests.kit import protocol
from tests.kit.phone import Phone, Sealed

Body = Mapping[str, Any]


def second(body: Body) -> Body:
    """Schema 1 had one long word for what became of a door, under another name."""
    patch = dict(body["patch"])
    return {**body, "patch": {**patch, "outcome": patch.pop("found")}} if "found" in patch else body


def third(body: Body) -> Body:
    """Schema 2 called a visit a call, and sent a remark as a list of lines."""
    patch = dict(body["patch"])
    if "remark" in patch:
        patch["note"] = " ".join(patch.pop("remark"))
    entity = "visit" if body["entity"] == "call" else body["entity"]
    return {**body, "entity": entity, "patch": patch}


def fourth(body: Body) -> Body:
    """Schema 3 wrote of an empty home that it is left."""
    patch = dict(body["patch"])
    if patch.get("state") == "left":
        patch["state"] = "empty"
    return {**body, "patch": patch}


STEPS = {1: second, 2: third, 3: fourth}


@pytest.fixture
def phone(campaign: Campaign, bob: Any, monkeypatch: pytest.MonkeyPatch) -> Phone:
    """Bob's phone, at a server whose schema is the fourth."""
    _server_is_at(monkeypatch, 4)
    found = phone_of(bob)
    found.pull()
    return found


def _server_is_at(monkeypatch: pytest.MonkeyPatch, schema: int) -> None:
    monkeypatch.setattr(schemas, "PRESENT", schema)
    steps = {**STEPS, 4: dict}
    monkeypatch.setattr(schemas, "UPGRADERS", {at: steps[at] for at in range(1, schema)})
    # What earlier apps sent is in the documents of their servers.
    monkeypatch.setattr(protocol, "check_operation", lambda *_told: None)


def at_door(phone: Phone, number: int, schema: int, entity: str = "visit", **said: Any) -> Sealed:
    """A visit at one of the doors, as an app of that schema writes it."""
    names = ("campaign_id", "household_id")
    patch = {name: phone.doors()[number][name] for name in names}
    return phone.record(entity, str(uuid7()), patch | said, schema=schema)


def at_home(phone: Phone, number: int, schema: int, **said: Any) -> Sealed:
    home = phone.all("household")[number]
    return phone.record("household", home["id"], said, base=home["version"], schema=schema)


def test_two_earlier_schemas_are_applied_and_older_ones_are_refused_in_words(
    phone: Phone, bob: Any
) -> None:
    at_door(phone, 0, 2, "call", outcome="absent", remark=["两次", "无人"])
    at_home(phone, 1, 2, remark=["有狗"])
    at_door(phone, 1, 3, outcome="all_well")
    at_home(phone, 2, 3, state="left")
    at_door(phone, 2, 4, outcome="all_well", note="x")
    at_door(phone, 0, 1, "call", found="absent")
    told = phone.push()
    assert results(told) == ["applied"] * 5 + ["rejected"]
    (problem,) = told[-1]["problems"]
    assert (problem["code"], problem["field"]) == ("schema", "schema")
    assert "4" in problem["mend"]
    with acting(bob):
        visits = Visit.objects.order_by("id").values_list("outcome", flat=True)
        assert list(visits) == ["absent", "all_well", "all_well"]
        assert Visit.objects.filter(outcome="absent").get().note == "两次 无人"
        homes = {str(home.pk): home for home in Household.objects.all()}
    shown = phone.all("household")
    assert homes[shown[1]["id"]].note == "有狗"
    assert homes[shown[2]["id"]].state == "empty"
    # The ledger knows the present schema alone.
    assert set(Operation.objects.values_list("entity", flat=True)) == {"visit", "household"}


@pytest.mark.parametrize("schema", [0, -1, True, "4", None, 2.0])
def test_what_is_no_schema_is_refused(phone: Phone, schema: Any) -> None:
    at_door(phone, 0, schema, outcome="all_well")
    told = phone.push()
    assert (told[0]["result"], told[0]["problems"][0]["code"]) == ("rejected", "schema")


def test_a_newer_app_keeps_its_work_until_the_server_is_updated(
    phone: Phone, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = at_door(phone, 0, 5, outcome="all_well")
    at_door(phone, 1, 4, outcome="all_well")
    told = phone.push()
    assert results(told) == ["retry", "applied"]
    assert told[0]["problems"][0]["code"] == "schema"
    assert [one.op_id for one in phone.queue] == [newer.op_id]
    assert not Operation.objects.filter(op_id=newer.op_id).exists()
    _server_is_at(monkeypatch, 5)
    assert results(phone.push()) == ["applied"]


def test_the_queue_of_an_app_that_was_updated_goes_as_it_was_sealed(phone: Phone, bob: Any) -> None:
    """It was updated twice without a network; one answer of before was lost, too."""
    lost = at_door(phone, 0, 2, "call", outcome="absent")
    assert results(phone.send([lost]).json()["answers"]) == ["applied"]
    at_home(phone, 1, 2, remark=["有狗"])
    at_door(phone, 1, 3, outcome="all_well")
    at_home(phone, 1, 4, note="有大狗")
    sealed = [dict(one.envelope) for one in phone.queue]
    told = phone.push()
    assert [one.envelope for one in phone.sent] == sealed
    assert results(told) == ["duplicate", "applied", "applied", "applied"]
    with acting(bob):
        home = phone.all("household")[1]["id"]
        assert Household.objects.get(pk=home).note == "有大狗"
        assert Visit.objects.count() == 2


def test_what_is_held_is_read_however_often_the_server_is_updated_meanwhile(
    phone: Phone, bob: Any, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_door(phone, 0, 2, "call", outcome="absent", remark=["两次"])
    disable_device(by=bob, device_id=UUID(phone.device_id), reason="lost")
    assert results(phone.push()) == ["held"]
    _server_is_at(monkeypatch, 5)
    with acting(alice):
        held = HeldOperation.objects.get()
    read = operation_of(held)
    assert read is not None
    assert (read.entity, read.patch["note"]) == ("visit", "两次")
    take_over(by=alice, held_id=held.pk)
    with acting(alice):
        assert Visit.objects.get().note == "两次"
