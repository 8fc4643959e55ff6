"""Photos of a door: sent in parts, resumed, opened, kept without what they tell, shown."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.actions import disable_device, make_device_code
from fangxian.accounts.models import AccessLog
from fangxian.common.actor import Actor
from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core.actions import create_emergency, read_file
from fangxian.core.models import File
from fangxian.field.models import Campaign, Photo, PhotoPart, PhotoUpload
from fangxian.field.sync import exchange, handed, photos, sealing
from fangxian.field.targets import sync_targets
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household
from tests.kit.phone import SYNC, Phone

JPEG = (Path(__file__).parents[3] / "tests" / "corpus" / "pictures" / "door.jpg").read_bytes()
WHERE = b"taken at 38.3046,116.8387"
TAKEN = JPEG[:2] + b"\xff\xfe" + (len(WHERE) + 2).to_bytes(2, "big") + WHERE + JPEG[2:]
SCHEMA = {
    "questions": [
        {"name": "door", "kind": "photo", "label": "门口照片"},
        {
            "name": "rooms",
            "kind": "repeat",
            "label": "房间",
            "questions": [{"name": "room", "kind": "photo", "label": "房间照片"}],
        },
    ]
}


@pytest.fixture
def campaign(cast: Any, places: Any) -> Campaign:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    return begin(hq, places, schema=SCHEMA, every_door=True)


@dataclass
class Shot:
    """A photo on a phone: its id, what is announced and what is sent."""

    id: str
    card: dict[str, Any]
    box: bytes


def enrolled(by: Any) -> Phone:
    phone = Phone(Client())
    phone.enrol(make_device_code(by=by, strong=False).code)
    phone.pull()
    return phone


@pytest.fixture
def phone(campaign: Campaign, bob: Any) -> Phone:
    return enrolled(bob)


def shoot(phone: Phone, op_id: str, data: bytes = TAKEN, photo_id: str = "") -> Shot:
    made = UUID(photo_id) if photo_id else uuid4()
    server = sealing.decode(phone.key["public"])
    box = sealing.seal(data, server, made.bytes, sealing.PHOTO)
    card = {
        "photo": str(made),
        "op_id": op_id,
        "key": phone.key["id"],
        "epk": sealing.encode(box.epk),
        "nonce": sealing.encode(box.nonce),
        "sha256": hashlib.sha256(data).hexdigest(),
        "box_sha256": hashlib.sha256(box.box).hexdigest(),
        "size": len(box.box),
        "proof": sealing.encode(
            sealing.prove(
                sealing.decode(phone.proof_key),
                made,
                hashlib.sha256(data).digest(),
                sealing.PHOTO,
            )
        ),
    }
    return Shot(str(made), card, box.box)


def with_photo(phone: Phone, data: bytes = TAKEN, *, push: bool = True) -> tuple[Shot, Any]:
    """A visit that names a photo, and the photo."""
    photo_id = str(uuid4())
    one = phone.visit(phone.doors()[0], answers={"door": photo_id})
    if push:
        assert [answer["result"] for answer in phone.push()] == ["applied"]
    return shoot(phone, one.op_id, data, photo_id), one


def announce(phone: Phone, shot: Shot, **other: Any) -> Any:
    return phone.post("photos", shot.card | other)


def put(phone: Phone, shot: Shot, begin: int, content: bytes) -> Any:
    url = f"{SYNC}/photos/{shot.id}/{begin}"
    return phone.client.put(url, content, content_type="application/octet-stream")


def send(phone: Phone, shot: Shot, part: int = 300) -> dict[str, Any]:
    """Send it to the end, from wherever the server says."""
    told = announce(phone, shot).json()
    for _n in range(100):
        if told["state"] != "receiving":
            break
        at = told["received"]
        told = put(phone, shot, at, shot.box[at : at + part]).json()
    return dict(told)


def test_a_photo_is_sent_in_parts_and_kept_without_where_it_was_taken(
    phone: Phone, bob: Any, places: Any
) -> None:
    shot, one = with_photo(phone)
    first = announce(phone, shot)
    assert first.status_code == 200
    assert first["X-Fangxian"] == "sync"
    assert first.json() | {"problems": []} == {
        "photo": shot.id,
        "state": "receiving",
        "received": 0,
        "part": photos.PART_BYTES,
        "problems": [],
    }
    assert send(phone, shot)["state"] == "stored"
    with acting(bob):
        photo = Photo.objects.select_related("visit", "file").get()
        assert str(photo.pk) == shot.id
        assert str(photo.visit.op_id) == one.op_id
        assert photo.file.place_code == places.unit
        data = read_file(by=bob, file_id=photo.file_id)
    assert data.startswith(b"\xff\xd8")
    assert WHERE not in data
    # What came is not kept beside what was opened.
    assert not PhotoPart.objects.exists()


def test_a_broken_line_goes_on_where_it_stopped(phone: Phone) -> None:
    shot, _one = with_photo(phone)
    announce(phone, shot)
    assert put(phone, shot, 0, shot.box[:400]).json()["received"] == 400
    # The answer to the second part is lost, so it comes again, and one comes too early.
    put(phone, shot, 400, shot.box[400:700])
    assert put(phone, shot, 400, shot.box[400:700]).json()["received"] == 700
    assert put(phone, shot, 900, shot.box[900:]).json()["received"] == 700
    assert announce(phone, shot).json()["received"] == 700
    assert put(phone, shot, 700, shot.box[700:]).json()["state"] == "stored"
    assert put(phone, shot, 700, shot.box[700:]).json()["state"] == "stored"
    assert announce(phone, shot).json()["state"] == "stored"
    assert Photo.objects.count() == 0  # outside a scope nobody sees it
    assert PhotoUpload.objects.get().state == "stored"


def test_a_photo_before_its_visit_waits_for_it(phone: Phone, bob: Any) -> None:
    shot, _one = with_photo(phone, push=False)
    assert send(phone, shot)["state"] == "waiting"
    assert photos.try_again() == 0
    phone.push()
    assert photos.try_again() == 1
    assert announce(phone, shot).json()["state"] == "stored"
    with acting(bob):
        assert Photo.objects.count() == 1


def test_asked_again_a_waiting_one_is_stored_at_once(phone: Phone) -> None:
    shot, _one = with_photo(phone, push=False)
    send(phone, shot)
    phone.push()
    assert announce(phone, shot).json()["state"] == "stored"


def test_of_a_held_visit_it_waits_and_of_a_refused_one_it_goes(phone: Phone, bob: Any) -> None:
    held, _one = with_photo(phone, push=False)
    disable_device(by=bob, device_id=UUID(phone.device_id), reason="lost")
    assert [answer["result"] for answer in phone.push()] == ["held"]
    assert send(phone, held)["state"] == "waiting"
    assert photos.try_again() == 0


def test_a_photo_of_a_refused_visit_is_refused(phone: Phone) -> None:
    photo_id = str(uuid4())
    one = phone.visit(phone.doors()[0], "levitating", answers={"door": photo_id})
    phone.push()
    told = send(phone, shoot(phone, one.op_id, photo_id=photo_id))
    assert (told["state"], told["problems"][0]["code"]) == ("rejected", "visit")
    assert told["problems"][0]["mend"]


def test_a_photo_of_a_refused_visit_goes_with_the_one_recorded_in_its_place(phone: Phone) -> None:
    photo_id = str(uuid4())
    bad = phone.visit(phone.doors()[0], "levitating", answers={"door": photo_id})
    shot = shoot(phone, bad.op_id, photo_id=photo_id)
    announce(phone, shot)
    assert put(phone, shot, 0, shot.box[:100]).json()["received"] == 100
    phone.push()
    good = phone.visit(phone.doors()[0], answers={"door": photo_id})
    phone.push()
    moved = Shot(shot.id, shot.card | {"op_id": good.op_id}, shot.box)
    # What came before the refusal is not asked for again.
    assert announce(phone, moved).json()["received"] == 100
    assert send(phone, moved)["state"] == "stored"
    # Nothing was wrong with the visit that it is stored for.
    assert announce(phone, shot).status_code == 422


def test_a_photo_that_was_refused_with_its_visit_is_asked_for_again(phone: Phone) -> None:
    photo_id = str(uuid4())
    bad = phone.visit(phone.doors()[0], "levitating", answers={"door": photo_id})
    phone.push()
    shot = shoot(phone, bad.op_id, photo_id=photo_id)
    assert send(phone, shot)["state"] == "rejected"
    good = phone.visit(phone.doors()[0], answers={"door": photo_id})
    phone.push()
    moved = Shot(shot.id, shot.card | {"op_id": good.op_id}, shot.box)
    told = announce(phone, moved).json()
    assert (told["state"], told["received"], told["problems"]) == ("receiving", 0, [])
    # Only for a visit of the same phone, and only as the photo that it is.
    assert announce(phone, moved, sha256="0" * 64).status_code == 422
    assert send(phone, moved)["state"] == "stored"


def test_a_photo_that_no_answer_names_is_refused(phone: Phone) -> None:
    _shot, one = with_photo(phone)
    told = send(phone, shoot(phone, one.op_id))
    assert (told["state"], told["problems"][0]["code"]) == ("rejected", "not_asked")


def test_photos_of_a_repeat_are_named_too(phone: Phone) -> None:
    ids = [str(uuid4()), str(uuid4())]
    answers = {"rooms": [{"room": one} for one in ids]}
    one = phone.visit(phone.doors()[0], answers=answers)
    phone.push()
    states = [send(phone, shoot(phone, one.op_id, photo_id=each))["state"] for each in ids]
    assert states == ["stored", "stored"]


@pytest.mark.parametrize(
    ("data", "code"), [(b"<svg onload='x'/>", "picture"), (TAKEN[:200], "picture")]
)
def test_what_is_no_picture_is_refused(phone: Phone, data: bytes, code: str) -> None:
    shot, _one = with_photo(phone, data)
    told = send(phone, shot)
    assert (told["state"], told["problems"][0]["code"]) == ("rejected", code)


def test_bytes_damaged_on_the_way_are_asked_for_again(phone: Phone) -> None:
    shot, _one = with_photo(phone)
    announce(phone, shot)
    wrong = put(phone, shot, 0, b"\x00" * len(shot.box)).json()
    assert (wrong["state"], wrong["received"]) == ("receiving", 0)
    assert wrong["problems"][0]["code"] == "damaged"
    assert send(phone, shot)["state"] == "stored"


def test_one_sealed_for_another_or_under_another_hash_is_refused(phone: Phone) -> None:
    for part, value in (("sha256", "0" * 64), ("nonce", sealing.encode(b"1" * 12))):
        shot, _one = with_photo(phone)
        shot.card[part] = value
        if part == "sha256":
            made = sealing.prove(
                sealing.decode(phone.proof_key), UUID(shot.id), bytes(32), sealing.PHOTO
            )
            shot.card["proof"] = sealing.encode(made)
        told = send(phone, shot)
        assert (told["state"], told["problems"][0]["code"]) == ("rejected", "unreadable"), part


def test_a_photo_of_a_forgotten_key_is_refused(phone: Phone) -> None:
    shot, _one = with_photo(phone)
    keyring().destroy_seal(UUID(phone.key["id"]))
    assert send(phone, shot)["problems"][0]["code"] == "key"


def test_a_number_is_one_photo_of_one_phone(phone: Phone, alice: Any) -> None:
    shot, one = with_photo(phone)
    announce(phone, shot)
    other = announce(phone, shot, box_sha256="0" * 64)
    assert (other.status_code, other.json()["code"]) == (422, "other_body")
    thief = enrolled(alice)
    assert announce(thief, shot).status_code == 422
    assert put(thief, shot, 0, b"x").status_code == 422
    # Nor does another phone add photos to a visit of this one.
    named = shoot(thief, one.op_id, photo_id=str(uuid4()))
    assert send(thief, named)["problems"][0]["code"] == "visit"


@pytest.mark.parametrize(
    ("card", "status"),
    [
        ({"size": 0}, 422),
        ({"size": photos.MOST_BYTES + 17}, 422),
        ({"epk": "AA"}, 422),
        ({"nonce": ""}, 422),
        ({"epk": "A"}, 422),
        ({"sha256": "x"}, 422),
        ({"photo": "x"}, 422),
        ({"op_id": None}, 422),
    ],
)
def test_an_odd_card_is_refused(phone: Phone, card: dict[str, Any], status: int) -> None:
    shot, _one = with_photo(phone)
    answer = announce(phone, shot, **card)
    assert answer.status_code == status
    assert answer["X-Fangxian"] == "sync"
    assert not PhotoUpload.objects.exists()


def test_a_part_of_an_unknown_photo_or_out_of_bounds_is_not_taken(phone: Phone) -> None:
    shot, _one = with_photo(phone)
    assert put(phone, shot, 0, b"x").status_code == 404
    announce(phone, shot)
    assert put(phone, shot, 0, b"").json()["received"] == 0
    assert put(phone, shot, 0, shot.box + b"x").json()["received"] == 0
    assert put(phone, shot, -1, shot.box).json()["received"] == 0
    assert put(phone, shot, 10**30, shot.box).json()["received"] == 0
    large, _two = with_photo(phone, TAKEN + b"\x00" * photos.PART_BYTES)
    announce(phone, large)
    assert put(phone, large, 0, large.box).json()["received"] == 0


def test_nobody_sends_photos_without_end(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST_OPEN", 1)
    shot, one = with_photo(phone)
    assert announce(phone, shot).status_code == 200
    assert announce(phone, shoot(phone, one.op_id)).status_code == 429
    assert announce(phone, shot).status_code == 200


def test_parts_without_a_pause_are_told_to_wait(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    shot, _one = with_photo(phone)
    assert announce(phone, shot).status_code == 200
    monkeypatch.setattr(exchange, "MOST_REQUESTS", 1)
    answer = put(phone, shot, 0, shot.box[:10])
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")


def test_no_photo_without_an_enrolled_phone(phone: Phone) -> None:
    shot, _one = with_photo(phone)
    answer = announce(Phone(Client()), shot)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_enrolled")


def test_uploads_are_forgotten_in_time(phone: Phone) -> None:
    done, _one = with_photo(phone)
    send(phone, done)
    broken, _two = with_photo(phone)
    announce(phone, broken)
    put(phone, broken, 0, broken.box[:100])
    waiting, _three = with_photo(phone, push=False)
    send(phone, waiting)
    now = timezone.now()
    photos.try_again(now + dt.timedelta(days=13))
    assert PhotoUpload.objects.count() == 3
    photos.try_again(now + dt.timedelta(days=15))
    assert PhotoUpload.objects.get().state == "waiting"
    assert PhotoPart.objects.exists()
    photos.try_again(now + dt.timedelta(days=365))
    assert not PhotoUpload.objects.exists()
    assert not PhotoPart.objects.exists()


def emergency_in(places: Any, by: Any) -> Any:
    return create_emergency(
        by=by,
        name="演练疫情",
        disease="不明原因",
        place_code=places.county,
        level=3,
        started_on=timezone.localdate(),
    )


def test_a_photo_ends_with_its_emergency(cast: Any, places: Any, bob: Any) -> None:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    emergency = emergency_in(places, hq)
    begin(hq, places, schema=SCHEMA, every_door=True, emergency=emergency)
    phone = enrolled(bob)
    shot, _one = with_photo(phone)
    assert send(phone, shot)["state"] == "stored"
    late, _two = with_photo(phone)
    with acting(bob):
        file = File.objects.get()
        assert file.emergency_id == emergency.pk
    keyring().destroy_emergency(emergency.pk)
    with acting(bob):
        assert str(File.objects.get().name) == "⟨destroyed⟩"
    assert send(phone, late)["state"] == "rejected"


def test_what_is_on_its_way_goes_with_the_emergency(cast: Any, places: Any, bob: Any) -> None:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    emergency = emergency_in(places, hq)
    begin(hq, places, schema=SCHEMA, every_door=True, emergency=emergency)
    phone = enrolled(bob)
    broken, _one = with_photo(phone)
    announce(phone, broken)
    put(phone, broken, 0, broken.box[:100])
    held, _two = with_photo(phone, push=False)
    disable_device(by=bob, device_id=UUID(phone.device_id), reason="lost")
    phone.push()
    assert send(phone, held)["state"] == "waiting"
    other = shoot(phone, str(uuid4()))
    announce(phone, other)
    system = Actor.system("test", "")
    with acting(system):
        photos.forget_with_emergency(system, emergency.pk)
    assert str(PhotoUpload.objects.get().pk) == other.id


# On the pages


def test_the_page_of_the_household_leads_to_the_photo(phone: Phone, client_of: Any) -> None:
    shot, one = with_photo(phone)
    page = reverse("field:household_visits", args=[one.plain["patch"]["household_id"]])
    bob, url = client_of("bob"), reverse("field:photo", args=[shot.id])
    assert url not in bob.get(page).content.decode()
    send(phone, shot)
    assert url in bob.get(page).content.decode()
    answer = bob.get(url)
    assert (answer["Content-Type"], answer["Content-Disposition"]) == ("image/jpeg", "inline")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert WHERE not in answer.content
    assert answer["Cache-Control"] == "private, no-store"
    assert client_of("charlie").get(url).status_code == 404


def test_who_looked_at_a_photo_is_noted_of_who_lives_there(
    phone: Phone, client_of: Any, cast: Any
) -> None:
    from fangxian.register.actions import move_in

    shot, one = with_photo(phone)
    send(phone, shot)
    hq = cast.actor("headquarters")
    household = UUID(one.plain["patch"]["household_id"])
    lives = move_in(by=hq, household_id=household, on=dt.date(2020, 1, 1), name="查无此人", sex="1")
    before = AccessLog.objects.count()
    client_of("bob").get(reverse("field:photo", args=[shot.id]))
    assert AccessLog.objects.count() == before + 1
    assert AccessLog.objects.order_by("-id")[0].persons == [lives.person_id]


def send_page(client: Any, one: dict[str, str], **files: bytes) -> Any:
    """Send the page of the door with files chosen in it."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    chosen = {
        f"a.{name}": SimpleUploadedFile("IMG_1.jpg", data, "image/jpeg")
        for name, data in files.items()
    }
    return client.post(one["url"], {"op_id": one["op_id"], "outcome": "all_well", **chosen})


@pytest.fixture
def page(campaign: Campaign, client_of: Any, bob: Any) -> dict[str, str]:
    """A door of Bob's and the number of a visit there."""
    with acting(bob):
        door = campaign.targets.get()
    url = reverse("field:door", args=[campaign.pk, door.household_id])
    return {"url": url, "op_id": str(uuid4()), "household": str(door.household_id)}


def test_the_page_of_the_door_takes_a_photo_too(page: Any, client_of: Any, bob: Any) -> None:
    client = client_of("bob")
    shown = client.get(page["url"]).content.decode()
    assert 'enctype="multipart/form-data"' in shown
    assert 'name="a.door" type="file"' in shown
    assert send_page(client, page, door=TAKEN).status_code == 302
    # Sent twice it is one visit with one photo.
    assert send_page(client, page, door=TAKEN).status_code == 302
    with acting(bob):
        photo = Photo.objects.select_related("file").get()
        assert str(photo.visit.op_id) == page["op_id"]
        assert WHERE not in read_file(by=bob, file_id=photo.file_id)
    said = client.get(reverse("field:household_visits", args=[page["household"]]))
    assert reverse("field:photo", args=[photo.pk]) in said.content.decode()
    # A correction begins with the photo that is there, and may leave it.
    url = f"{page['url']}?corrects={page['op_id']}"
    assert f'name="a.door" value="{photo.pk}"' in client.get(url).content.decode()


def test_what_is_no_photo_is_refused_on_the_page(page: Any, client_of: Any, bob: Any) -> None:
    for data in (b"%PDF-1.7", TAKEN + b"\x00" * (photos.MOST_BYTES + 1)):
        answer = send_page(client_of("bob"), page, door=data)
        assert answer.status_code == 422
        assert 'id="q-door-error"' in answer.content.decode()
    with acting(bob):
        assert not Photo.objects.exists()
        assert not File.objects.exists()


def test_a_photo_that_nothing_asks_for_is_not_kept(page: Any, client_of: Any, bob: Any) -> None:
    assert send_page(client_of("bob"), page, other=TAKEN).status_code == 302
    with acting(bob):
        assert not File.objects.exists()


def test_photos_follow_a_door_that_is_put_elsewhere(
    phone: Phone, campaign: Campaign, cast: Any, places: Any, client_of: Any
) -> None:
    from fangxian.register.models import Household

    shot, one = with_photo(phone)
    send(phone, shot)
    hq = cast.actor("headquarters")
    elsewhere = places.other_grid + "00101"
    with acting(hq):
        Household.objects.filter(pk=one.plain["patch"]["household_id"]).update(
            place_code=elsewhere,
            building_id=places[elsewhere[:18]].pk,
            unit_id=places[elsewhere].pk,
        )
    sync_targets(by=hq, campaign=campaign, area=places.community, today=timezone.localdate())
    url = reverse("field:photo", args=[shot.id])
    assert client_of("bob").get(url).status_code == 404
    assert client_of("alice").get(url).status_code == 200
    with acting(hq):
        assert File.objects.get().place_code == elsewhere


def file_with(phone: Phone, shots: list[Shot], *, operations: bool = True) -> bytes:
    """What the app's sync box writes of unsent work."""
    made = {
        "device": phone.device_id,
        "operations": [one.envelope for one in phone.queue] if operations else [],
        "photos": [one.card | {"box": sealing.encode(one.box)} for one in shots],
    }
    told = {"format": handed.FORMAT, "exported_at": phone.now().isoformat(), "devices": [made]}
    return orjson.dumps(told)


def test_photos_are_handed_in_with_their_visits_or_after_them(phone: Phone, bob: Any) -> None:
    shot, one = with_photo(phone, push=False)
    for _time in range(2):
        answers = handed.take_in(by=bob, data=file_with(phone, [shot]))
        assert [answer.first or str(answer.result) for answer in answers] == ["applied"] * 2
    assert PhotoUpload.objects.get(pk=shot.id).state == "stored"
    with acting(bob):
        assert Photo.objects.filter(visit__op_id=one.op_id).count() == 1
    # A file of its own, for a visit that is not there.
    other = shoot(phone, str(uuid4()))
    answers = handed.take_in(by=bob, data=file_with(phone, [other], operations=False))
    assert [str(answer.result) for answer in answers] == ["retry"]
    assert not PhotoUpload.objects.filter(pk=other.id).exists()


def test_a_photo_that_can_not_be_read_keeps_back_no_other(phone: Phone, bob: Any) -> None:
    bad, _one = with_photo(phone, push=False)
    good, _other = with_photo(phone, push=False)
    bad.card["epk"] = "AAAA"
    answers = handed.take_in(by=bob, data=file_with(phone, [bad, good]))
    assert [str(answer.result) for answer in answers] == [
        "applied",
        "applied",
        "rejected",
        "applied",
    ]
    assert answers[2].problems[0]["code"] == "unreadable"


def test_a_damaged_photo_in_a_file_is_told(phone: Phone, bob: Any) -> None:
    shot, _one = with_photo(phone)
    damaged = Shot(shot.id, shot.card, shot.box[:-1] + bytes([shot.box[-1] ^ 1]))
    (answer,) = handed.take_in(by=bob, data=file_with(phone, [damaged], operations=False))
    assert str(answer.result) == "rejected"
    assert answer.problems
    assert send(phone, shot)["state"] == "stored"
