"""Who made it is shown by a key that only the unlocked phone of its maker has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.accounts.models import Device
from fangxian.common.scoping import acting
from fangxian.field.models import Campaign, HeldOperation, Operation, PhotoUpload, Visit
from fangxian.field.sync import handed, photos
from fangxian.field.sync.held import take_over
from fangxian.field.sync.proofs import proof_key
from fangxian.field.sync.sealing import encode
from fangxian.field.tests.conftest import begin
from fangxian.field.tests.test_photos import SCHEMA, announce, file_with, send, shoot, with_photo
from fangxian.field.tests.test_push import phone_of, results
from fangxian.register.actions import create_household
from fangxian.register.models import HouseholdHistory
from tests.kit.phone import Phone


@pytest.fixture
def phone(campaign: Campaign, bob: Any) -> Phone:
    """Bob's phone with everything fetched."""
    found = phone_of(bob)
    found.pull()
    return found


def thief_of(phone: Phone) -> Phone:
    """Who holds the phone without its PIN: the cookie, and what anybody may know."""
    return Phone(phone.client, phone.device_id, phone.user_id, epoch=phone.epoch, key=phone.key)


def named(phone: Phone, door: Mapping[str, Any], user_id: object) -> None:
    """A visit on this phone that says it is this person's."""
    names = ("campaign_id", "household_id")
    patch = {name: door[name] for name in names} | {"outcome": "all_well"}
    phone.record("visit", str(uuid4()), patch, actor=str(user_id))


def assert_held(phone: Phone) -> None:
    told = phone.push()
    assert results(told) == ["held"] * len(told), told
    assert {one["problems"][0]["code"] for one in told} == {"held_proof"}


def visits_of(by: Any) -> list[str]:
    with acting(by):
        return sorted(Visit.objects.values_list("actor", flat=True))


def test_what_a_thief_seals_is_held_and_is_nobodys_by_itself(
    phone: Phone, bob: Any, alice: Any, client_of: Any
) -> None:
    thief = thief_of(phone)
    one = thief.visit(phone.doors()[0])
    home = phone.all("household")[0]["id"]
    other = thief.record("household", home, {"state": "empty"})
    assert_held(thief)
    assert visits_of(alice) == []
    with acting(alice):
        held = HeldOperation.objects.get(op_id=one.op_id)
    assert not Operation.objects.get(op_id=one.op_id).proven
    page = client_of("alice").get(reverse("field:held", args=[held.pk])).content.decode()
    assert "不能证明是所写的人登记的" in page
    assert "决定之前先问本人" in page
    # It is lost neither: who answers there may take it over, in his own name.
    take_over(by=alice, held_id=held.pk)
    assert visits_of(alice) == ["alice"]
    with acting(alice):
        take_over(by=alice, held_id=HeldOperation.objects.get(op_id=other.op_id).pk)
        last = HouseholdHistory.objects.filter(pgh_obj_id=home).latest("pgh_id")
    # Nor does it count as what this phone knew of when it comes to merging.
    assert (last.state, last.pgh_context["source"]) == ("empty", alice.source)


def test_any_holder_may_be_named_and_none_is_believed(phone: Phone, bob: Any, alice: Any) -> None:
    bobs, door = phone.proof_key, phone.doors()[0]
    phone.enrol(make_device_code(by=alice, strong=False).code, device_id=phone.device_id)
    alices = phone.proof_key
    assert alices != bobs
    elsewhere = phone_of(bob).proof_key
    other = encode(proof_key(uuid4(), bob.user_id))
    for key in (alices, elsewhere, other, encode(b""), encode(bytes(32))):
        phone.proof_key = key
        named(phone, door, bob.user_id)
    phone.proof_key = bobs
    named(phone, door, alice.user_id)
    assert_held(phone)
    assert visits_of(alice) == []
    named(phone, door, bob.user_id)
    assert results(phone.push()) == ["applied"]
    assert visits_of(alice) == ["bob"]


@pytest.mark.parametrize("proof", ["", "A", "A" * 42, "A" * 43])
def test_an_odd_proof_is_none(phone: Phone, proof: str) -> None:
    one = phone.visit(phone.doors()[0])
    one.envelope["proof"] = proof
    assert_held(phone)


def test_a_proof_is_of_one_operation_and_its_very_bytes(phone: Phone, bob: Any) -> None:
    door = phone.doors()[0]
    good, other = phone.visit(door), phone.visit(door, "absent")
    edited = phone.seal(other.plain | {"note": "x"})
    other.envelope = edited.envelope | {"proof": other.envelope["proof"]}
    copied = phone.visit(door)
    copied.envelope["proof"] = good.envelope["proof"]
    told = phone.push()
    assert results(told) == ["applied", "held", "held"]
    assert visits_of(bob) == ["bob"]


def test_a_phone_without_proof_is_told_before_that_it_is_disabled(phone: Phone, bob: Any) -> None:
    """Who decides on what a stolen phone sends must know that it is not the officer's word."""
    thief = thief_of(phone)
    phone.visit(phone.doors()[0])
    disable_device(by=bob, device_id=UUID(phone.device_id), reason="stolen")
    assert phone.push()[0]["problems"][0]["code"] == "held_device"
    thief.visit(phone.doors()[0])
    assert_held(thief)


def test_what_was_made_before_still_proves_after_enrolling_again(phone: Phone, bob: Any) -> None:
    door, token = phone.doors()[0], phone.token
    phone.visit(door)
    Device.objects.update(expires_at=timezone.now())
    phone.enrol(make_device_code(by=bob, strong=False).code, device_id=phone.device_id)
    assert phone.token != token
    phone.visit(door)
    assert results(phone.push()) == ["applied"] * 2


def test_what_was_made_before_still_proves_after_a_restore(phone: Phone, bob: Any) -> None:
    """The backup was made before the phone was enrolled: the server knows nothing of it."""
    door, key = phone.doors()[0], phone.proof_key
    phone.visit(door)
    Device.objects.all().delete()
    assert phone.send(phone.queue).status_code == 401
    phone.enrol(make_device_code(by=bob, strong=False).code, device_id=phone.device_id)
    assert phone.proof_key == key
    phone.visit(door)
    assert results(phone.push()) == ["applied"] * 2


def test_who_held_it_before_a_restore_is_not_known_and_is_held(
    phone: Phone, bob: Any, alice: Any
) -> None:
    phone.visit(phone.doors()[0])
    Device.objects.all().delete()
    phone.enrol(make_device_code(by=alice, strong=False).code, device_id=phone.device_id)
    told = phone.push()
    # He made it: that much is proven. That the phone was his is known no more.
    assert (told[0]["result"], told[0]["problems"][0]["code"]) == ("held", "held_account")
    assert Operation.objects.get().proven


def test_a_phone_of_before_there_were_proofs_gets_its_key_by_a_pull(phone: Phone) -> None:
    phone.proof_key = ""
    phone.visit(phone.doors()[0])
    phone.pull()
    phone.visit(phone.doors()[0])
    assert results(phone.push()) == ["held", "applied"]


def test_a_key_is_that_of_one_person_on_one_phone(settings: Any, tmp_path: Any) -> None:
    device, user = uuid4(), uuid4()
    keys = {proof_key(device, user), proof_key(user, device), proof_key(device, uuid4())}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}
    assert proof_key(device, user) in keys
    settings.FANGXIAN_KEYS = tmp_path
    assert proof_key(device, user) not in keys


# A file of unsent work


def test_of_a_file_whoever_hands_it_in_vouches_for_his_own(
    phone: Phone, bob: Any, alice: Any
) -> None:
    phone.proof_key = ""
    phone.visit(phone.doors()[0])
    data = file_with(phone, [])
    assert [str(one.result) for one in handed.take_in(by=bob, data=data)] == ["applied"]
    phone.visit(phone.doors()[0])
    phone.queue = phone.queue[-1:]
    answers = handed.take_in(by=alice, data=file_with(phone, []))
    assert [str(one.result) for one in answers] == ["held"]
    assert visits_of(bob) == ["bob"]


# Photos


@pytest.fixture
def camera(cast: Any, places: Any, bob: Any) -> Phone:
    """Bob's phone, in a sweep that asks for a photo."""
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    begin(hq, places, schema=SCHEMA, every_door=True)
    found = phone_of(bob)
    found.pull()
    return found


def test_a_thiefs_photo_of_a_visit_that_is_proven_is_refused(camera: Phone) -> None:
    shot, one = with_photo(camera)
    forged = shoot(camera, one.op_id, photo_id=shot.id)
    for proof in ("", "A" * 43):
        answer = announce(camera, forged, proof=proof)
        assert (answer.status_code, answer.json()["code"]) == (422, "proof")
    assert not PhotoUpload.objects.exists()
    # The number was left to the photo that was taken.
    assert send(camera, shot)["state"] == "stored"


def test_one_that_came_before_its_visit_is_refused_with_it(camera: Phone) -> None:
    shot, one = with_photo(camera, push=False)
    forged = shoot(camera, one.op_id, photo_id=shot.id)
    forged.card["proof"] = ""
    assert send(camera, forged)["state"] == "waiting"
    camera.push()
    told = announce(camera, forged)
    assert (told.status_code, told.json()["code"]) == (422, "proof")
    # It keeps back neither the photo that was taken nor, without one, its number.
    assert send(camera, shot)["state"] == "stored"
    other, two = with_photo(camera, push=False)
    forged = shoot(camera, two.op_id, photo_id=other.id)
    forged.card["proof"] = ""
    send(camera, forged)
    camera.push()
    assert photos.try_again() == 1
    assert not PhotoUpload.objects.filter(pk=other.id).exists()


def test_of_a_visit_without_proof_the_photo_goes_with_the_decision(
    camera: Phone, alice: Any
) -> None:
    camera.proof_key = ""
    photo_id = str(uuid4())
    one = camera.visit(camera.doors()[0], answers={"door": photo_id})
    assert_held(camera)
    shot = shoot(camera, one.op_id, photo_id=photo_id)
    shot.card["proof"] = ""
    assert send(camera, shot)["state"] == "waiting"
    with acting(alice):
        held = HeldOperation.objects.get()
    take_over(by=alice, held_id=held.pk)
    assert photos.try_again() == 1
    assert PhotoUpload.objects.get().state == "stored"


def test_an_odd_card_says_so(camera: Phone) -> None:
    shot, _one = with_photo(camera)
    answer = announce(camera, shot, proof="A")
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
