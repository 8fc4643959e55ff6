"""The protocol's document, against which another app is written: whole, served, and true."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import open_task
from fangxian.field.actions import write_message
from fangxian.field.models import Campaign, Gate, HeldOperation, Point, Round
from fangxian.field.sync import entities, photos, schemas
from fangxian.field.tests.test_duties import gate, walk
from fangxian.field.tests.test_push import phone_of
from fangxian.register.actions import join_group, move_in
from tests.kit import protocol

__all__ = ["gate", "walk"]

URL = "/api/field/sync/openapi.json"
VECTORS = Path(__file__).parents[3] / "tests" / "corpus" / "sealing.json"
SCHEMAS: dict[str, Any] = protocol.document()["components"]["schemas"]
SEALED = sorted(name for name in SCHEMAS if name.endswith(("Operation", "Record")))


def test_anybody_may_read_it_and_it_tells_of_nobody(client_of: Any) -> None:
    """Who writes another app has no account; there is nothing in it but the protocol."""
    answer = Client().get(URL)
    assert answer.status_code == 200
    assert answer.json() == protocol.document()
    assert client_of("bob").get(URL).content == answer.content


def test_each_entity_record_and_body_is_described_with_an_example() -> None:
    for entity in entities.pushed():
        assert entity.patch.__name__ in SCHEMAS
    for source in entities.sources():
        assert source.data.__name__ in SCHEMAS
    assert len(SEALED) == len(entities.pushed()) + len(entities.sources()) + 1
    operations = protocol.document()["paths"].values()
    bodies = [one["requestBody"] for path in operations for one in path.values()]
    asked = {
        schema["$ref"].rpartition("/")[2]
        for body in bodies
        for kind in body["content"].values()
        if "$ref" in (schema := kind["schema"])
    }
    assert asked == {"EnrolIn", "PushIn", "PullIn", "PhotoIn"}
    told = {"EnrolOut", "PushOut", "PullOut", "PhotoOut", "RefusedOut", "EnvelopeIn"}
    for name in {*SEALED, *asked, *told}:
        assert SCHEMAS[name]["examples"], name
    assert SCHEMAS["VisitOperation"]["properties"]["schema"] == {"const": schemas.PRESENT}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_examples_are_what_they_are_examples_of(name: str) -> None:
    for example in SCHEMAS[name].get("examples", ()):
        assert protocol.mistakes(name, example) == []


def test_the_example_of_an_envelope_is_one() -> None:
    vector = json.loads(VECTORS.read_text("utf-8"))["operations"][0]["envelope"]
    assert SCHEMAS["EnvelopeIn"]["examples"] == [vector]


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("change", ["unknown member", "without its entity", "of another entity"])
def test_what_is_none_is_told_apart(name: str, change: str) -> None:
    (example,) = SCHEMAS[name]["examples"]
    inner = "patch" if "patch" in example else "data"
    wrong = {
        "unknown member": example | {inner: example[inner] | {"mood": "good"}},
        "without its entity": {key: one for key, one in example.items() if key != "entity"},
        "of another entity": example | {"entity": "spell"},
    }
    assert protocol.mistakes(name, wrong[change])


def test_all_codes_of_this_room_are_described() -> None:
    def described(name: str) -> set[str]:
        return {one["const"] for one in SCHEMAS[name]["oneOf"]}

    held = {f"held_{why}" for why in HeldOperation.Why.values}
    assert held | set(photos.PROBLEMS) <= described("ProblemCode")
    assert "not_enrolled" in described("RefusalCode")


def test_each_kind_goes_through_as_it_is_described(
    campaign: Campaign, gate: Gate, walk: Round, cast: Any, bob: Actor, alice: Actor, places: Any
) -> None:
    """The phone of the tests holds all that it sends and gets to the document (``tests/kit``)."""
    today = timezone.localdate()
    place = places[places.grid]
    write_message(by=alice, place=place, text="戴口罩", kind="car", from_date=today, to_date=today)
    phone = phone_of(bob)
    phone.pull()
    home = phone.all("household")[0]
    lives = move_in(
        by=alice, household_id=home["id"], on=dt.date(2020, 1, 1), name="查无此人", relation="head"
    )
    join_group(by=alice, person_id=lives.person_id, group="elderly_alone")
    open_task(
        by=cast.actor("headquarters"),
        kind="field.gap",
        place_code=places.grid,
        title="x",
        due_at=timezone.now(),
        assignee_user_id=bob.user_id,
        dedupe_key="x",
    )
    phone.pull()
    assert {entity for entity, _id in phone.records} == {one.name for one in entities.sources()}
    (resident,) = phone.all("resident")
    for entity in entities.pushed():
        patch = dict(SCHEMAS[entity.patch.__name__]["examples"][0])
        door = phone.doors()[0]
        patch |= {name: door[name] for name in ("campaign_id", "household_id") if name in patch}
        if "gate_id" in patch:
            patch["gate_id"] = phone.all("gate")[0]["id"]
        if "point_id" in patch:
            (round_,) = phone.all("round")
            with acting(bob):
                point = Point.objects.get(id=round_["points"][0]["id"])
            # What its code says is not known before it is read.
            assert point.token not in json.dumps(round_)
            digest = hashlib.sha256(point.token.encode()).hexdigest()
            assert round_["points"][0]["token_sha256"] == digest
            patch |= {"point_id": str(point.id), "token": point.token}
        if "place_code" in patch:
            patch["place_code"] = places.grid
        if "away_since" in patch:
            patch["away_since"] = str(today)
        changed = {"household": home, "residency": resident}.get(entity.name)
        id_ = changed["id"] if changed else str(uuid4())
        phone.record(entity.name, id_, patch, base=changed and changed["version"])
    told = phone.push()
    assert [one["result"] for one in told] == ["applied"] * len(entities.pushed()), told
