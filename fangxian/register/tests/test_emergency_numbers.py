"""What is recorded for an emergency is sealed with its key and found no more when it has ended."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.common.fields import DESTROYED
from fangxian.common.history import history_of
from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core import actions as core
from fangxian.core import ledgers, sunset
from fangxian.core.invariants import imports_add_up
from fangxian.core.ledgers import runs
from fangxian.core.models import File, FileChunk, ImportRow, ImportRun
from fangxian.core.previews import preview_of
from fangxian.people import actions, queries
from fangxian.people.models import PersonDocument, PersonPhone
from fangxian.register import actions as register
from fangxian.register.models import KeyGroupEntry
from fangxian.register.queries import group_counts
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import HEADERS, person, workbook
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
    actions.add_phone(by=BY, person_id=person.id, number="13900001234", label="本人")
    here = Actor.system("test", places.county)
    of_it = {"by": here, "person_id": person.id, "emergency_id": emergency.id}
    actions.add_phone(number="13600001234", label="隔离点同住", **of_it)
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
            kept = history_of(model).objects.filter(
                emergency_id=emergency.id, number_index__isnull=False
            )
            assert not kept.exists()
        for phones in (PersonPhone, history_of(PersonPhone)):
            said = phones.objects.exclude(label="").values_list("label", flat=True)
            assert set(said) == {"本人"}
    with pytest.raises(Invalid):
        actions.add_phone(number="13700001234", **of_it)


@pytest.mark.django_db
def test_forms_ask_for_the_emergency_only_while_there_is_one(client_of, alice, places, home):
    row = register.move_in(by=alice, household_id=home.pk, on=dt.date(2021, 3, 1), name="张伟")
    client = client_of("alice")
    urls = {
        "phone": reverse("people:add_phone", args=[row.person_id]),
        "document": reverse("people:add_document", args=[row.person_id]),
        "group": reverse("register:join_group", args=[row.pk]),
        "resident": reverse("register:move_in", args=[home.pk]),
        "ledger": reverse("register:import"),
    }
    for url in urls.values():
        assert "emergency_id" not in client.get(url).content.decode()
    emergency = begin(places.county)
    given = {"emergency_id": str(emergency.id)}
    for url in urls.values():
        assert str(emergency.id) in client.get(url).content.decode()
    buildings = client.post(
        urls["ledger"],
        given
        | {
            "kind": "buildings",
            "place_code": places.grid,
            "file": SimpleUploadedFile("楼栋.xlsx", workbook([person(0)])),
        },
    )
    assert "emergency_id" in buildings.context["form"].errors
    posts = {
        "phone": {"phone": PHONE},
        "document": {"kind": "passport", "number": "E12345678"},
        "group": {"group": "dialysis", "since": "2021-05-01", "note": "示例"},
        "resident": {
            "name": "李四", "relation": "other", "kind": "tenant", "on": "2021-05-01",
            "document_kind": "identity", "document": NUMBER, "phone": "13900001234",
        },
        "ledger": {
            "place_code": places.grid,
            "file": SimpleUploadedFile("返乡.xlsx", workbook([person(0)])),
        },
    }  # fmt: skip
    for name, data in posts.items():
        assert client.post(urls[name], data | given).status_code == 302, name
    with acting(alice):
        for model, count in ((PersonPhone, 2), (PersonDocument, 2), (KeyGroupEntry, 1),
            (File, 1), (ImportRun, 1),
        ):  # fmt: skip
            assert model.objects.filter(emergency_id=emergency.id).count() == count
        run = ImportRun.objects.get()
    assert emergency.name in client.get(reverse("register:import_columns", args=[run.pk])).text


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


def test_what_is_recorded_again_for_no_emergency_is_of_the_register(alice, places):
    of_it = {"emergency_id": begin(places.county).id}
    headers, tracked = [*HEADERS, "人员类别"], (PersonPhone, PersonDocument, KeyGroupEntry)
    rows = [person(n, 人员类别="低保") for n in range(2)]
    imported(alice, workbook(rows, headers), places.grid, **of_it)
    again = imported(alice, workbook(rows, headers), places.grid, **of_it)
    assert again.changed == 0
    run = imported(alice, workbook(rows[:1], headers), places.grid)
    assert (run.options["preview"]["counts"]["changed"], run.changed) == (1, 1)
    with acting(alice):
        other = PersonDocument.objects.get(**of_it).person_id
        assert [model.objects.filter(**of_it).count() for model in tracked] == [1, 1, 1]
        assert PersonDocument.objects.get(emergency_id=None).number == rows[0]["身份证号"]
    number = rows[1]["身份证号"]
    actions.add_document(by=alice, person_id=other, kind="identity", number=number)
    actions.add_phone(by=alice, person_id=other, number=rows[1]["手机号"])
    register.join_group(by=alice, person_id=other, group="low_income")
    with acting(alice):
        assert not any(model.objects.filter(**of_it).exists() for model in tracked)
        sealed = [row.number for row in numbers_of(other)]
    keyring().destroy_emergency(of_it["emergency_id"])
    with acting(alice):
        assert [row.number for row in numbers_of(other)] == sealed == [number, "13800000001"]


def numbers_of(key: Any) -> list[Any]:
    return [PersonDocument.objects.get(person_id=key), PersonPhone.objects.get(person_id=key)]


@pytest.mark.usefixtures("fresh_database")
def test_a_ledger_of_an_emergency_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    places = make_places()
    emergency = begin(places.county)
    read = []

    def freely(slow: Any) -> Any:
        """Who ends the emergency would not wait while a workbook is read or made."""

        def run(*args: Any) -> Any:
            with connections["maintenance"].cursor() as cursor:
                cursor.execute("SELECT id FROM core_emergency FOR UPDATE NOWAIT")
            read.append(slow.__name__)
            return slow(*args)

        return run

    for slow in (runs.opened, runs.write_error_workbook):
        monkeypatch.setattr(runs, slow.__name__, freely(slow))
    rows = [person(n, 人员类别="返乡") for n in range(3)]
    rows[2]["身份证号"] = "123"
    data = workbook(rows, [*HEADERS, "人员类别"])
    of_it = {"emergency_id": emergency.id}
    run = imported(BY, data, places.grid, **of_it)
    waiting = previewed(BY, workbook([person(7)]), places.grid, **of_it)
    assert (run.rows_in, run.accepted, run.rejected) == (3, 2, 1)
    assert read == ["opened", "write_error_workbook", "opened"]
    assert isinstance(run.options["preview"], str)
    assert preview_of(run)["counts"] == {"new": 2, "refused": 1}
    with acting(BY):
        for model, count in ((PersonPhone, 2), (PersonDocument, 2), (KeyGroupEntry, 2)):
            assert model.objects.filter(**of_it).count() == model.objects.count() == count
        assert File.objects.filter(**of_it).count() == File.objects.count() == 3
        assert ImportRow.objects.filter(**of_it).count() == ImportRow.objects.count() == 4
        assert queries.find_by_phone("13800000001").exists()
        assert group_counts(places.county) == {"returnee": 2}
    core.end_emergency(by=BY, emergency_id=emergency.id, confirmation=emergency.name)
    with pytest.raises(Invalid, match="emergency_id"):
        ledgers.confirm(by=BY, run_id=waiting.id)
    told, fail = [], ["first", "second"]

    def follow(_by: Any, households: Any) -> None:
        told.append(set(households))
        if "first" in fail:
            raise RuntimeError(fail.pop(0))

    def remove(_by: Any, _emergency_id: Any) -> None:
        if fail:
            raise RuntimeError(fail.pop(0))

    followers = registries.after_register_change
    monkeypatch.setitem(followers._entries, "zz", (900, follow))
    monkeypatch.setitem(sunset.hooks._entries, "zz", (900, sunset.Removal(lambda _id: 0, remove)))
    for _attempt in range(2):
        with pytest.raises(sunset.EndingsFailed):
            sunset.finish_all()
    assert sunset.finish_all() == 1
    # The home of both is told again, and the certificate has all that went.
    assert [len(homes) for homes in told] == [1, 1]
    with acting(BY):
        emergency.refresh_from_db()
    report = orjson.loads(core.read_file(by=BY, file_id=emergency.certificate_id))["unreadable"]
    # Numbers of two persons: rows and their history.
    removed = {"core.imports": 4, "people.numbers": 8, "register.groups": 2}
    assert report["removed_by_rooms"] == removed
    assert report["rows"]["register.KeyGroupEntry"]["rows"] == 2
    assert (report["files"], report["file_chunks_removed"]) == (3, 3)
    with acting(BY):
        assert not FileChunk.objects.filter(file__emergency_id=emergency.id).exists()
        assert not ImportRow.objects.filter(raw__isnull=False).exists()
        assert not ImportRow.objects.filter(problems__isnull=False).exists()
        assert ImportRun.objects.filter(state="finished", options={}).count() == 2
        assert not queries.find_by_phone("13800000001").exists()
        for model in (KeyGroupEntry, history_of(KeyGroupEntry)):
            assert not model.objects.exists()
        assert group_counts(places.county) == {}
    assert list(imports_add_up()) == []
    with pytest.raises(Invalid, match="emergency_id"):
        imported(BY, data, places.grid, **of_it)
    # The persons are known by name and home: what is no longer known of them can be brought again.
    again = imported(BY, data, places.grid)
    assert (again.accepted, again.changed) == (2, 2)
    with acting(BY):
        assert group_counts(places.county) == {"returnee": 2}
        assert PersonPhone.objects.filter(emergency_id=None).count() == 2
