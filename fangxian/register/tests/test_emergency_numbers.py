"""What is recorded for an emergency is sealed with its key and found no more when it has ended."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.common.fields import DESTROYED
from fangxian.common.scoping import acting
from fangxian.core import actions as core
from fangxian.core import sunset
from fangxian.people import actions, queries
from fangxian.people.models import PersonDocument, PersonPhone
from fangxian.register import actions as register
from fangxian.register.models import KeyGroupEntry
from tests.kit.cast import make_places

BY = Actor.system("test", "1309")
NUMBER = "11010519491231002X"
PHONE = "13800001234"


def begin(place: str) -> Any:
    return core.create_emergency(
        by=BY, name="示例疫情", disease="示例疾病", place_code=place, level=2
    )


@pytest.mark.usefixtures("fresh_database")
def test_numbers_of_an_ended_emergency_are_neither_read_nor_found() -> None:
    places = make_places()
    emergency = begin(places.county)
    person = actions.create_person(
        by=BY, place_code=places.unit, link_kind="test", source_id=uuid4(), name="张伟",
        documents=[("identity", NUMBER)], phones=[PHONE], emergency_id=emergency.id,
    )  # fmt: skip
    actions.add_phone(by=BY, person_id=person.id, number="13900001234")
    with acting(BY):
        assert queries.find_by_document("", NUMBER).get() == person
        assert queries.find_by_phone(PHONE).get() == person
    core.end_emergency(by=BY, emergency_id=emergency.id, confirmation=emergency.name)
    assert sunset.finish_all() == 1
    with acting(BY):
        assert person.documents.get().number == DESTROYED
        assert not queries.find_by_document("", NUMBER).exists()
        assert not queries.find_by_phone(PHONE).exists()
        assert queries.find_by_phone("13900001234").get() == person
        for model in (PersonDocument, PersonPhone):
            history: Any = model.pgh_event_model  # type: ignore[attr-defined]
            kept = history.objects.filter(emergency_id=emergency.id, number_index__isnull=False)
            assert not kept.exists()
    with pytest.raises(Invalid):
        actions.add_phone(
            by=BY, person_id=person.id, number="13700001234", emergency_id=emergency.id
        )


@pytest.mark.django_db
def test_forms_ask_for_the_emergency_only_while_there_is_one(client_of, alice, places, home):
    row = register.move_in(by=alice, household_id=home.pk, on=dt.date(2021, 3, 1), name="张伟")
    client = client_of("alice")
    urls = {
        "phone": reverse("people:add_phone", args=[row.person_id]),
        "document": reverse("people:add_document", args=[row.person_id]),
        "group": reverse("register:join_group", args=[row.pk]),
        "resident": reverse("register:move_in", args=[home.pk]),
    }
    for url in urls.values():
        assert "emergency_id" not in client.get(url).content.decode()
    emergency = begin(places.county)
    given = {"emergency_id": str(emergency.id)}
    for url in urls.values():
        assert str(emergency.id) in client.get(url).content.decode()
    posts = {
        "phone": {"phone": PHONE},
        "document": {"kind": "passport", "number": "E12345678"},
        "group": {"group": "dialysis", "since": "2021-05-01", "note": "示例"},
        "resident": {
            "name": "李四", "relation": "other", "kind": "tenant", "on": "2021-05-01",
            "document_kind": "identity", "document": NUMBER, "phone": "13900001234",
        },
    }  # fmt: skip
    for name, data in posts.items():
        assert client.post(urls[name], data | given).status_code == 302, name
    with acting(alice):
        for model, count in ((PersonPhone, 2), (PersonDocument, 2), (KeyGroupEntry, 1)):
            assert model.objects.filter(emergency_id=emergency.id).count() == count


def test_the_key_of_an_emergency_elsewhere_is_not_taken(alice, places, home):
    resident = register.move_in(by=alice, household_id=home.pk, name="李四", on=dt.date(2021, 3, 1))
    number = {"kind": "passport", "number": "E12345678"}
    for place in (places.outside, places.other_community):
        elsewhere = begin(place)
        given = {"by": alice, "person_id": resident.person_id, "emergency_id": elsewhere.id}
        for change in (
            lambda given=given: actions.add_phone(number=PHONE, **given),
            lambda given=given: actions.add_document(**number, **given),
            lambda given=given: register.join_group(group="elderly_80", **given),
        ):
            with pytest.raises(Invalid, match="emergency_id"):
                change()
    here = begin(places.community)
    assert actions.add_phone(
        by=alice, person_id=resident.person_id, number=PHONE, emergency_id=here.id
    )
