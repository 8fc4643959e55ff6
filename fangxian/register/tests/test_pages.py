from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fangxian.accounts.models import AccessLog
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core import ledgers
from fangxian.core.models import ImportRun, Job
from fangxian.core.tests.importing import proposed, run_job
from fangxian.register import actions
from fangxian.register.importing import runs
from fangxian.register.models import Establishment, Residency
from fangxian.register.tests.importing import previewed
from fangxian.register.tests.ledgers import identity, person, workbook

pytestmark = pytest.mark.django_db
DAY = dt.date(2021, 3, 1)


@pytest.fixture
def resident(alice: Any, home: Any) -> Any:
    return actions.move_in(
        by=alice, household_id=home.id, on=DAY, name="张伟", relation="head",
        documents=[("identity", identity(2))], phones=["13800001234"],
    )  # fmt: skip


def test_the_list_shows_each_door_and_no_number(client_of, places, resident):
    answer = client_of("alice").get(reverse("register:place", args=[places.community]))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "张伟" in text
    assert identity(2) not in text
    assert "13800001234" not in text


def test_filters_narrow_and_pages_follow(client_of, alice, places):
    for room in range(60):
        actions.create_household(by=alice, place_code=places.unit, room=f"{room:03d}")
    client = client_of("alice")
    url = reverse("register:place", args=[places.unit])
    first = client.get(url)
    assert len(first.context["rows"]) == 50
    second = client.get(url, {"after": first.context["next_after"]})
    assert len(second.context["rows"]) == 10
    both = {row["home"].pk for row in (*first.context["rows"], *second.context["rows"])}
    assert len(both) == 60
    one = client.get(url, {"room": "007"})
    assert [row["home"].room for row in one.context["rows"]] == ["007"]
    assert client.get(url, {"state": "nonsense", "after": "x"}).status_code == 200


def test_doors_stand_in_the_order_of_a_walk_on_each_page(client_of, alice, places, monkeypatch):
    monkeypatch.setattr("fangxian.register.views.places.PAGE", 2)
    for room in ("1001", "102", "2101", "101", "901", ""):
        actions.create_household(by=alice, place_code=places.unit, room=room, number=room or "7")
    client, url, after, seen = (
        client_of("alice"),
        reverse("register:place", args=[places.unit]),
        "",
        [],
    )
    while after or not seen:
        context = client.get(url, {"after": after}).context
        seen += [row["home"].room for row in context["rows"]]
        after = context["next_after"]
    assert seen == ["", "101", "102", "901", "1001", "2101"]


def test_reads_of_persons_are_logged(client_of, places, resident):
    client, url = client_of("alice"), reverse("register:household", args=[resident.household_id])
    client.get(url)
    client.post(reverse("accounts:reason"), {"reason": "核查返乡人员"})
    client.get(url)
    for purpose in ("page register:household", "核查返乡人员"):
        logged = AccessLog.objects.filter(actor="alice", purpose=purpose)
        assert any(resident.person_id in log.persons for log in logged)


def test_charlie_gets_404_for_all_that_is_alices(client_of, places, resident):
    client = client_of("charlie")
    for name, args in (
        ("register:place", [places.community]),
        ("register:household", [resident.household_id]),
        ("register:move_out", [resident.pk]),
        ("people:person", [resident.person_id]),
    ):
        assert client.get(reverse(name, args=args)).status_code == 404, name


def test_every_form_can_be_filled(client_of, places, home, resident):
    client = client_of("alice")
    for name, args, data in (
        ("household_new", [places.unit], {"room": "9", "kind": "family", "state": "empty"}),
        ("household_change", [home.pk], {"room": "1", "kind": "family", "state": "lived_in"}),
        (
            "move_in",
            [home.pk],
            {"name": "李四", "relation": "other", "kind": "tenant", "on": "2021-05-01"},
        ),
        ("birth", [home.pk], {"name": "张宝", "sex": "1", "on": "2021-05-01", "relation": "son"}),
        ("away", [resident.pk], {"since": "2021-05-01", "where": "省会"}),
        ("join_group", [resident.pk], {"group": "dialysis", "since": "2021-05-01"}),
        (
            "residency_change",
            [resident.pk],
            {"relation": "head", "kind": "tenant", "from_date": "2021-03-02"},
        ),
        ("establishment_new", [places.grid], {"name": "示例超市", "kind": "shop"}),
        ("move_out", [resident.pk], {"on": "2021-06-01"}),
    ):
        url = reverse(f"register:{name}", args=args)
        assert client.get(url).status_code == 200, name
        assert client.post(url, {}).status_code == 422, name
        assert client.post(url, data).status_code == 302, name


def test_a_known_person_moves_by_the_document(client_of, alice, places, resident):
    other = actions.create_household(by=alice, place_code=places.unit, room="102")
    url = reverse("register:move_in", args=[other.pk])
    client_of("alice").post(
        url,
        {
            "name": "张伟", "document": identity(2), "document_kind": "identity",
            "relation": "other", "kind": "registered", "on": "2021-06-01",
        },
    )  # fmt: skip
    with acting(alice):
        rows = Residency.objects.filter(person_id=resident.person_id).order_by("from_date")
        assert [(row.household_id, row.to_date, row.ended) for row in rows] == [
            (resident.household_id, dt.date(2021, 6, 1), "moved"),
            (other.pk, None, ""),
        ]


def test_the_form_that_finds_people_by_a_document_counts_as_a_lookup(
    client_of, places, alice, settings
):
    settings.FANGXIAN_LOOKUPS_PER_HOUR = 2
    other = actions.create_household(by=alice, place_code=places.unit, room="102")
    url = reverse("register:move_in", args=[other.pk])
    client = client_of("alice")

    def tried(number: int) -> int:
        given = {"document": identity(number), "document_kind": "identity", "kind": "registered"}
        # A day to come: nothing is recorded, the answer alone would tell who is known.
        given |= {"name": "张伟", "relation": "other", "on": "2999-01-01"}
        return client.post(url, given).status_code

    assert [tried(number) for number in (2, 3, 4)] == [422, 422, 429]


def test_a_page_number_that_only_looks_like_one_is_the_first_page(client_of, places):
    url = reverse("register:establishments", args=[places.community])
    assert client_of("alice").get(url, {"after": "²"}).status_code == 200


def test_another_head_and_a_death_taken_back_by_their_buttons(client_of, alice, home, resident):
    second = actions.move_in(by=alice, household_id=home.id, name="李四", on=DAY)
    client = client_of("alice")
    page = client.get(reverse("register:household", args=[home.pk])).content.decode()
    head = reverse("register:name_head", args=[second.pk])
    assert head in page
    assert client.post(head).status_code == 302
    actions.death(by=alice, person_id=second.person_id, on=dt.date(2021, 6, 1))
    back = reverse("register:undo_death", args=[second.person_id])
    person_page = reverse("people:person", args=[second.person_id])
    assert back in client.get(person_page).content.decode()
    assert client_of("charlie").post(back).status_code == 404
    assert client.post(back).status_code == 302
    assert back not in client.get(person_page).content.decode()
    with acting(alice):
        assert Residency.objects.get(relation="head", to_date=None).pk == second.pk


def test_a_contacts_phone_never_stands_in_the_page(client_of, alice, places):
    made = actions.create_establishment(
        by=alice, place_code=places.grid, name="示例药店", kind="pharmacy",
        contact_phone="13800009999", credit_code="91350100M000100Y43",
    )  # fmt: skip
    client = client_of("alice")
    for name in ("establishment", "establishment_change"):
        text = client.get(reverse(f"register:{name}", args=[made.pk])).content.decode()
        assert "13800009999" not in text
    reveal = reverse("register:establishment_phone", args=[made.pk])
    why = {"purpose": "visit", "reason": "电话核实情况"}
    assert client.post(reveal, {"reason": "电话核实情况"}).status_code == 422
    assert "13800009999" in client.post(reveal, why).content.decode()
    assert client_of("charlie").post(reveal, why).status_code == 404
    log = AccessLog.objects.get(revealed="contact phone")
    assert (log.purpose_code, log.purpose) == ("visit", "电话核实情况")
    data = {"name": "示例药店", "kind": "pharmacy", "staff_count": "3"}
    client.post(reverse("register:establishment_change", args=[made.pk]), data)
    with acting(alice):
        kept = Establishment.objects.get(pk=made.pk)
    assert (kept.contact_phone, kept.staff_count) == ("13800009999", 3)


def test_an_establishment_closes_once(alice, places):
    made = actions.create_establishment(
        by=alice,
        place_code=places.grid,
        name="示例药店",
        kind="pharmacy",
        since=dt.date(2021, 1, 1),
    )
    day = dt.date(2021, 6, 1)
    actions.close_establishment(by=alice, establishment_id=made.pk, on=day)
    with pytest.raises(Conflict):
        actions.close_establishment(by=alice, establishment_id=made.pk)
    with acting(alice):
        assert Establishment.objects.get(pk=made.pk).to_date == day


def test_the_way_of_an_import_through_its_pages(client_of, alice, places):
    client = client_of("alice")
    asked = client.get(reverse("register:import"))
    assert asked.context["form"]["kind"].value() == runs.LEDGER.kind, "residents unless asked"
    rows = [person(n) for n in range(5)] + [person(9, 身份证号="123")]
    file = SimpleUploadedFile("台账.xlsx", workbook(rows))
    answer = client.post(reverse("register:import"), {"place_code": places.grid, "file": file})
    assert answer.status_code == 302
    columns = client.get(answer["Location"])
    text = columns.content.decode()
    assert identity(0) not in text
    with acting(alice):
        run = ImportRun.objects.get()
    mapping = proposed(alice, run.pk)
    data = {f"column-{at}": field for at, field in enumerate(mapping.values())}
    answer = client.post(answer["Location"], data)
    assert answer["Location"] == reverse("register:import_run", args=[run.pk])
    for name in ("import_run", "import_progress"):
        assert client.get(reverse(f"register:{name}", args=[run.pk])).status_code == 200
    _finish(alice)
    preview = client.get(answer["Location"])
    text = preview.content.decode()
    assert preview.context["accepted"] == 5
    assert identity(0) not in text
    client.post(answer["Location"])
    _finish(alice)
    result = client.get(answer["Location"])
    assert (result.context["run"].accepted, result.context["run"].rejected) == (5, 1)
    progress = client.get(reverse("register:import_progress", args=[run.pk]))
    assert progress["HX-Redirect"] == answer["Location"]
    assert client_of("charlie").get(answer["Location"]).status_code == 404


def _finish(by: Any) -> None:
    with acting(by):
        job = Job.objects.exclude(state="done").get()
    run_job(by, job)


def test_a_file_that_is_no_ledger_is_refused_in_the_form(client_of, places):
    file = SimpleUploadedFile("x.xlsx", b"not a workbook")
    data = {"place_code": places.grid, "file": file}
    answer = client_of("alice").post(reverse("register:import"), data)
    assert answer.status_code == 422


def test_a_search_asks_once_for_the_places_of_all_it_finds(
    alice, home, resident, django_assert_num_queries
):
    from fangxian.people.registered import places_of

    found = [resident.person_id]
    for name in ("张伟", "张炜"):
        row = actions.move_in(by=alice, household_id=home.pk, on=DAY, name=name)
        found.append(row.person_id)
    with acting(alice), django_assert_num_queries(2):
        places = places_of(found)
    assert all("101" in text for texts in places.values() for text in texts)
    assert set(places) == set(found)


def test_panels_and_search(client_of, alice, places, resident):
    client = client_of("alice")
    person_page = client.get(reverse("people:person", args=[resident.person_id]))
    assert "101" in person_page.content.decode()
    from fangxian.common.registries import panels, search

    with acting(alice):
        html = panels.get("register").render(person_page.wsgi_request, alice, places.community)
        assert "1" in html
        hits = search.get("people")(alice, "zw", 5)
    assert [hit.label for hit in hits] == ["张伟"]
    assert "101" in hits[0].detail


def test_odd_numbers_in_addresses_of_an_import_harm_nothing(client_of, alice, places):
    run = previewed(alice, workbook([person(0)]), places.grid)
    client = client_of("alice")
    for sheet in ("1", "²", "9" * 5000, "x"):
        address = reverse("register:import_columns", args=[run.pk])
        assert client.get(address, {"sheet": sheet}).status_code == 200
        address = reverse("register:import_run", args=[run.pk])
        assert client.get(address, {"after": sheet}).status_code == 200
    with acting(alice):
        after = ImportRun.objects.get(pk=run.pk)
    assert (after.options, after.state) == (run.options, run.state)


def test_an_older_preview_does_not_overwrite_a_newer_one(alice, places):
    run = previewed(alice, workbook([person(0)]), places.grid)
    mapping = proposed(alice, run.pk)
    older = ledgers.choose(by=alice, run_id=run.pk, mapping=mapping | {"姓名": ""})
    newer = ledgers.choose(by=alice, run_id=run.pk, mapping=mapping)
    run_job(alice, newer)
    run_job(alice, older)
    with acting(alice):
        after = ledgers.run_of(run.pk)
    assert (after.state, after.options["preview"]["counts"]) == ("ready", {"new": 1})
