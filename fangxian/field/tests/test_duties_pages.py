"""The pages of duties: set up, recorded, searched, corrected, printed, taken away."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from fangxian.accounts.models import AccessLog
from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.facts import plans
from fangxian.common.scoping import acting
from fangxian.field.actions import (
    NewDisinfection,
    NewGateEntry,
    NewOutreach,
    NewRoundCheck,
    record_disinfection,
    record_gate_entry,
    record_outreach,
    record_round_check,
)
from fangxian.field.duties import queries
from fangxian.field.models import (
    Disinfection,
    Gate,
    GateEntry,
    Message,
    Outreach,
    Point,
    Round,
    RoundCheck,
)
from fangxian.field.tests.test_duties import COUNTY, gate, walk
from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import OrganisationKind

__all__ = ["gate", "walk"]


@pytest.fixture
def staff(client_of: Any) -> Any:
    return client_of("alice")


@pytest.fixture
def officer(client_of: Any) -> Any:
    return client_of("bob")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def logged(by: Actor, gate: Gate, **more: Any) -> GateEntry:
    entry = NewGateEntry(uuid4(), gate.id, "in", "pass", **more)
    record_gate_entry(by=by, entry=entry)
    with acting(by):
        return GateEntry.objects.get(op_id=entry.op_id)


def test_a_gate_is_set_up_changed_and_closed(staff: Any, places: Any, alice: Actor) -> None:
    kind = OrganisationKind.objects.get(code="department")
    for name in ("示例公安局", "示例交通局"):
        create_organisation(by=COUNTY, name=name, kind=kind, seat=places[places.county])
    sent = {
        "name": "东门",
        "place": places.grid,
        "kind": "road",
        "units": "示例公安局\n\n示例交通局",
    }
    wrong = staff.post(reverse("field:gate_new"), {**sent, "units": "没有这个局"})
    assert wrong.status_code == 422
    assert "没有这个局" in text(wrong)
    made = staff.post(reverse("field:gate_new"), sent)
    assert made.status_code == 302
    page = staff.get(made.url)
    assert "示例公安局" in text(page)
    with acting(alice):
        gate = Gate.objects.get()
    edit = reverse("field:gate_edit", args=[gate.id])
    form = staff.get(edit).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert staff.post(edit, {**shown, "units": "示例交通局"}).status_code == 302
    listed = text(staff.get(reverse("field:gates")))
    assert "示例交通局" in listed
    assert "示例公安局" not in listed
    assert staff.post(reverse("field:gate_close", args=[gate.id])).status_code == 302
    assert "东门" not in text(staff.get(reverse("field:gates")))
    assert "东门" in text(staff.get(reverse("field:gates") + "?show=closed"))


def test_an_entry_is_logged_at_a_desk_once(officer: Any, gate: Gate, bob: Actor) -> None:
    url = reverse("field:gate", args=[gate.id])
    page = officer.get(url)
    form = page.context["form"]
    # A gate of a quarter does not ask for plates or documents.
    assert not {"plate", "identity", "origin"} & set(form.fields)
    sent = {
        "op_id": str(form["op_id"].value()),
        "direction": "in",
        "decision": "pass",
        "people": "1",
        "temperature": "38.2",
        "who": "某人",
        "phone": "13800001111",
        "note": "",
    }
    assert officer.post(url, sent).status_code == 302
    assert officer.post(url, sent).status_code == 302
    assert officer.post(url, {**sent, "temperature": "99"}).status_code == 422
    with acting(bob):
        entry = GateEntry.objects.get()
    page = text(officer.get(url))
    assert "38.2" in page
    assert "某*" in page
    assert "138****1111" in page
    assert "13800001111" not in page
    assert entry.fever


def test_the_log_is_searched_by_number_which_is_in_no_address(
    officer: Any, gate: Gate, bob: Actor
) -> None:
    logged(bob, gate, plate="冀J·12345", phone="13800001111", at=timezone.now())
    logged(bob, gate, plate="冀J·54321")
    url = reverse("field:gate_log")
    found = text(officer.post(url, {"number": "冀j12345"}))
    assert "冀J·12345" in found
    assert "冀J·54321" not in found
    assert "冀J·12345" in text(officer.post(url, {"number": "138 0000 1111"}))
    assert "冀J·12345" not in text(officer.post(url, {"number": "12345"}))
    assert officer.post(url, {"number": ""}).status_code == 422
    assert text(officer.get(url)).count("冀J") == 2
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    assert f'href="?day={yesterday}"' in text(officer.get(url))
    before = text(officer.get(f"{url}?day={yesterday}"))
    assert "冀J" not in before
    assert "回到今天" in before


def test_a_full_number_is_shown_for_a_reason(officer: Any, gate: Gate, bob: Actor) -> None:
    entry = logged(bob, gate, phone="13800001111", who="某人")
    page = officer.get(reverse("field:gate_entry", args=[entry.id]))
    assert "13800001111" not in text(page)
    url = reverse("field:gate_entry_reveal", args=[entry.id, "phone"])
    assert officer.post(url, {"purpose": "other", "reason": ""}).status_code == 422
    shown = officer.post(url, {"purpose": "other", "reason": "核实密接信息"})
    assert "13800001111" in text(shown)
    assert AccessLog.objects.filter(revealed="gate phone").count() == 1
    nothing = reverse("field:gate_entry_reveal", args=[entry.id, "identity"])
    assert officer.get(nothing).status_code == 404
    assert (
        officer.get(reverse("field:gate_entry_reveal", args=[entry.id, "note"])).status_code == 404
    )


def test_an_entry_is_corrected_and_keeps_what_is_masked(
    officer: Any, gate: Gate, bob: Actor
) -> None:
    entry = logged(bob, gate, phone="13800001111", who="某人", people=3)
    url = reverse("field:gate_entry", args=[entry.id])
    form = officer.get(url).context["form"]
    assert not form["phone"].value()
    sent = {name: form[name].value() or "" for name in form.fields}
    assert officer.post(url, {**sent, "people": "2"}).status_code == 302
    with acting(bob):
        now = GateEntry.objects.get(corrected_by=None)
        assert (now.people, now.phone, now.who, now.corrects_id) == (
            2,
            "13800001111",
            "某人",
            entry.op_id,
        )
    page = officer.get(url)
    assert not page.context["may_correct"]
    assert officer.get(reverse("field:gate_entry", args=[now.id])).status_code == 200


def test_a_round_is_planned_printed_checked_and_missed(
    staff: Any, officer: Any, places: Any, alice: Actor
) -> None:
    sent = {
        "name": "夜巡",
        "place": places.grid,
        "times": "24",
        "first_at": "00:00",
        "last_at": "23:59",
        "points": "东门 116.8387,38.3046\n车棚",
    }
    made = staff.post(reverse("field:round_new"), sent)
    assert made.status_code == 302
    with acting(alice):
        one = Round.objects.get()
        east, shed = Point.objects.order_by("position")
    assert (east.name, east.longitude, shed.longitude) == ("东门", 116.8387, None)
    sheet = text(officer.get(reverse("field:round_sheet", args=[one.id])))
    assert sheet.count('<svg class="fx-qr"') == 2
    assert " ".join(east.token[at : at + 4] for at in range(0, 20, 4)) in sheet
    page = officer.get(made.url)
    check = {
        "op_id": str(page.context["form"]["op_id"].value()),
        "point_id": str(east.id),
        "found": "gathering",
        "note": "电话 13800001111",
    }
    assert officer.post(made.url, check).status_code == 302
    page = text(officer.get(made.url))
    assert "138****1111" in page
    with acting(alice):
        assert RoundCheck.objects.get().exception
    edit = reverse("field:round_edit", args=[one.id])
    form = staff.get(edit).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert shown["points"] == "东门 116.8387,38.3046\n车棚"
    assert staff.post(edit, {**shown, "points": "车棚\n西门"}).status_code == 302
    assert staff.post(reverse("field:round_end", args=[one.id])).status_code == 302
    assert "夜巡" in text(staff.get(reverse("field:rounds") + "?show=ended"))


def test_missed_points_are_on_the_pages_of_the_day(
    staff: Any, walk: Round, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Points that are made now are missed on no walk that has begun.
    day = timezone.localdate() + dt.timedelta(days=1)
    night = timezone.make_aware(dt.datetime.combine(day, dt.time(23)))
    walk_of = queries.walk_of
    monkeypatch.setattr(queries, "walk_of", lambda one, _now: walk_of(one, night))
    items = dict(registries.today.items())["field.duties"]
    with acting(alice):
        (item,) = items(alice)
    assert (item.count, item.tone) == (1, "bad")
    assert item.url == reverse("field:round", args=[walk.id])
    assert staff.get(reverse("field:rounds")).context["lines"][0]["missed"] == 2
    assert walk.name in text(staff.get(reverse("field:duties")))
    place = staff.get(reverse("regions:place", args=[walk.place_code]))
    assert walk.name in text(place)
    with acting(alice):
        assert sum(queries.missed_at(walk.place_code).values()) == 2


def test_a_message_is_written_said_and_ended(
    staff: Any, officer: Any, places: Any, alice: Actor
) -> None:
    today = timezone.localdate()
    sent = {
        "text": "出门戴口罩",
        "kind": "loudspeaker",
        "place": places.community,
        "from_date": today,
        "to_date": today,
    }
    long = staff.post(reverse("field:message_new"), {**sent, "text": "防" * 151})
    assert long.status_code == 422
    assert staff.post(reverse("field:message_new"), sent).status_code == 302
    with acting(alice):
        message = Message.objects.get()
    url = reverse("field:outreach")
    page = officer.get(url)
    assert "出门戴口罩" in text(page)
    said = {
        "op_id": str(page.context["form"]["op_id"].value()),
        "place": places.grid,
        "what": "told.said",
        "message_id": str(message.id),
        "people": "40",
        "note": "",
    }
    assert officer.post(url, said).status_code == 302
    with acting(alice):
        assert Outreach.objects.get().message == message
    assert staff.get(url).context["to_say"][0]["said"].people == 40
    # It is the community's.
    assert officer.post(reverse("field:message_end", args=[message.id])).status_code == 403
    assert staff.post(reverse("field:message_end", args=[message.id])).status_code == 302


def test_a_disinfection_takes_what_is_usual_for_its_agent(
    officer: Any, places: Any, bob: Actor
) -> None:
    url = reverse("field:disinfections")
    page = officer.get(url)
    sent = {
        "op_id": str(page.context["form"]["op_id"].value()),
        "place": places.building,
        "site": "lift",
        "agent": "chlorine",
        "concentration": "",
        "minutes": "20",
        "note": "",
    }
    assert officer.post(url, sent).status_code == 302
    with acting(bob):
        kept = Disinfection.objects.get()
        assert (kept.concentration, kept.minutes) == (500, 20)
    assert officer.post(url, {**sent, "place": places.outside}).status_code == 422


def test_logs_are_taken_away_masked_or_for_a_reason(
    staff: Any, officer: Any, gate: Gate, bob: Actor, places: Any
) -> None:
    first = logged(bob, gate, phone="13800001111", who="某人", plate="=1+1")
    logged(bob, gate, corrects=first.op_id)
    today = timezone.localdate().isoformat()
    url = reverse("field:duty_export", args=["gates"])
    days = {"first": today, "last": today, "place": places.grid}
    assert officer.post(url, days).status_code == 403
    sheet = load_workbook(io.BytesIO(staff.post(url, days).content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(rows) == 4
    assert "某*" in rows[2]
    assert "138****1111" in rows[2]
    assert "=1+1" in rows[2]
    assert "已更正" in rows[2] or "corrected" in rows[2]
    assert sheet.cell(3, 9).data_type == "s"
    clear = staff.post(url, {**days, "reason": "流调需要"})
    assert "13800001111" in str(
        [cell.value for row in load_workbook(io.BytesIO(clear.content)).active for cell in row]
    )
    assert AccessLog.objects.filter(revealed="gate log").count() == 1
    assert staff.post(url, {**days, "reason": ""}).status_code == 422
    assert staff.post(url, {**days, "last": "2000-01-01"}).status_code == 422
    for log in ("rounds", "disinfections", "outreach"):
        assert staff.post(reverse("field:duty_export", args=[log]), days).status_code == 200
    assert staff.post(reverse("field:duty_export", args=["moon"]), days).status_code == 404


def test_what_is_done_is_counted_on_the_overview(
    staff: Any, gate: Gate, bob: Actor, alice: Actor, django_assert_max_num_queries: Any
) -> None:
    logged(bob, gate, temperature=38)
    with acting(alice):
        read = {
            name: plans.measured(f"field.{name}", alice, [alice.area])[alice.area]
            for name in ("gate_entries", "gate_stopped", "gates_open")
        }
    assert read == {"gate_entries": 1, "gate_stopped": 0, "gates_open": 1}
    with django_assert_max_num_queries(60):
        page = staff.get(reverse("field:duties"))
    assert page.context["figures"].gates.fevers == 1


def test_what_was_recorded_is_corrected_at_its_place(
    officer: Any, walk: Round, bob: Actor, places: Any
) -> None:
    with acting(bob):
        point = Point.objects.order_by("position")[0]
    check = NewRoundCheck(uuid4(), "fine", point_id=point.id, note="灯坏了")
    record_round_check(by=bob, check=check)
    done = NewDisinfection(uuid4(), places.building, "lift", "chlorine", 500, 30, operator="某")
    record_disinfection(by=bob, disinfection=done)
    told = NewOutreach(uuid4(), places.grid, "talk", "refused", people=2)
    record_outreach(by=bob, outreach=told)
    cases: list[tuple[str, Any, dict[str, str]]] = [
        ("field:check", RoundCheck, {"found": "danger"}),
        ("field:disinfection", Disinfection, {"minutes": "20"}),
        ("field:outreach_correct", Outreach, {"what": "talk.agreed"}),
    ]
    for name, model, change in cases:
        with acting(bob):
            first = model.objects.get()
        url = reverse(name, args=[first.id])
        form = officer.get(url).context["form"]
        sent = {field: form[field].value() or "" for field in form.fields} | change
        assert officer.post(url, sent).status_code == 302
        assert officer.post(url, sent | {"op_id": str(uuid4())}).status_code == 422
        with acting(bob):
            now = model.objects.get(corrected_by=None)
            assert now.corrects_id == first.op_id
            assert (now.at, now.place_code, now.note) == (first.at, first.place_code, first.note)
    with acting(bob):
        assert RoundCheck.objects.get(corrected_by=None).exception
        kept = Disinfection.objects.get(corrected_by=None)
        assert (kept.minutes, kept.operator) == (20, "某")
        assert Outreach.objects.get(corrected_by=None).done
