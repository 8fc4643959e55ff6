"""Visits that were made before their sweep was closed and arrive after it."""

from __future__ import annotations

import datetime as dt
import threading
from importlib import import_module
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Conflict, Invalid
from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core import counters, sunset
from fangxian.core.models import Emergency
from fangxian.field import invariants, jobs, reporting
from fangxian.field.actions import NewVisit, close_campaign, record_visits, recording
from fangxian.field.actions.visits import running_campaigns
from fangxian.field.models import Campaign, DailyReport, HeldOperation, Operation, Target, Visit
from fangxian.field.sync import held
from fangxian.field.sync.entities import Result
from fangxian.field.sync.held import take_over, take_over_alike, turn_down
from fangxian.field.tests.conftest import begin
from fangxian.field.tests.test_endings import SYSTEM, emergency
from fangxian.field.tests.test_push import correction_of, phone_of, results
from fangxian.register.actions import create_household
from tests.kit.cast import make_cast, make_places
from tests.kit.phone import Phone

__all__ = ["emergency"]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def phone(campaign: Campaign, bob: Any) -> Phone:
    found = phone_of(bob)
    found.pull()
    return found


def held_of(by: Any, phone: Phone) -> list[HeldOperation]:
    with acting(by):
        rows = {str(row.op_id): row for row in HeldOperation.objects.all()}
    return [rows[one.op_id] for one in phone.sent if one.op_id in rows]


def breaches(by: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What ``fangxian check`` would find, read within the test's transaction."""
    monkeypatch.setattr(invariants, "CHECK", "default")
    checks = (
        invariants.reports,
        invariants.targets,
        invariants.visits,
        invariants.operations,
        invariants.applied,
    )
    with acting(by):
        return [breach for check in checks for breach in check()]


def reported(by: Any, code: str) -> list[dict[str, int]]:
    """The figures of a place's closing reports, in their order."""
    with acting(by):
        rows = DailyReport.objects.filter(place_code=code, closing=True).order_by("due_at")
        return [row.figures for row in rows]


def test_until_the_closing_reports_they_are_taken(
    phone: Phone, campaign: Campaign, places: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hq = cast.actor("headquarters")
    first, second, third = phone.doors()
    phone.visit(first)
    original = phone.visit(second)
    correction_of(phone, original)
    close_campaign(by=hq, campaign=campaign)
    phone.visit(third)
    told = phone.push()
    assert results(told) == ["applied", "applied", "applied", "rejected"]
    assert told[-1]["problems"][0]["code"] == "closed"
    assert jobs.report_closed() == 3
    for code in (places.community, places.town, places.county):
        (figures,) = reported(hq, code)
        assert (figures["visits"], figures["visited"]) == (2, 1)
    assert breaches(hq, monkeypatch) == []


def test_later_somebody_decides_and_a_further_report_follows(
    phone: Phone,
    campaign: Campaign,
    places: Any,
    cast: Any,
    alice: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hq = cast.actor("headquarters")
    phone.visit(phone.doors()[0])
    assert results(phone.push()) == ["applied"]
    for door in phone.doors()[1:]:
        last = phone.visit(door)
    correction_of(phone, last)
    close_campaign(by=hq, campaign=campaign)
    assert jobs.report_closed() == 3
    told = phone.push()
    assert results(told) == ["held"] * 3
    assert {one["problems"][0]["code"] for one in told} == {"held_closed"}
    with acting(hq):
        assert Visit.objects.count() == 1
    one, other, correction = held_of(alice, phone)
    assert {row.why for row in (one, other, correction)} == {"closed"}
    with pytest.raises(Invalid) as refused:
        take_over(by=alice, held_id=correction.pk)
    assert [problem.code for problem in refused.value.problems] == ["corrects"]
    with acting(hq):
        assert Campaign.objects.get().settled_at is not None
    for row in (one, other):
        assert take_over(by=alice, held_id=row.pk) is Result.APPLIED
    assert jobs.report_closed() == 3
    assert take_over(by=alice, held_id=correction.pk) is Result.APPLIED
    assert jobs.report_closed() == 3
    assert jobs.report_closed() == 0
    for code in (places.community, places.town, places.county):
        figures = reported(hq, code)
        assert [(each["visits"], each["taken_back"]) for each in figures] == [
            (1, 0),
            (2, 0),
            (1, 1),
        ]
        assert [each["visited"] for each in figures] == [1, 3, 2]
    key = str(campaign.id)
    with acting(hq):
        read = counters.read([places.grid], ["visited"], key)
        assert read == {(places.grid, "visited"): 2}
        assert not counters.corrections(hq, places.county)
        # Each closing is added up by itself.
        county = DailyReport.objects.filter(place_code=places.county).order_by("due_at")
        assert [reporting.sums(reporting.below(one))["visits"] for one in county] == [1, 2, 1]
    assert breaches(hq, monkeypatch) == []


def test_a_process_that_has_not_heard_of_the_closing_loses_none(
    phone: Phone, campaign: Campaign, cast: Any
) -> None:
    first, second, third = phone.doors()
    original = phone.visit(first)
    correction_of(phone, original)
    # As another process would, this one has kept the sweep as it ran.
    running_campaigns({campaign.id})
    closed = Campaign.objects.filter(pk=campaign.pk)
    closed.update(state="closed", closed_at=phone.now())
    phone.visit(second)
    told = phone.push()
    assert results(told) == ["applied", "applied", "rejected"]
    assert told[-1]["problems"][0]["code"] == "closed"
    closed.update(state="running")
    running_campaigns({campaign.id})
    closed.update(state="closed", closed_at=phone.now() + HOUR)
    jobs.report_closed()
    phone.visit(third)
    told = phone.push()
    assert (results(told), told[0]["problems"][0]["code"]) == (["held"], "held_closed")


@pytest.mark.slow
def test_a_push_and_the_closing_reports_never_wait_for_each_other(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reports hold their sweep and wait for all that records visits, in whatever sweep."""
    monkeypatch.setattr(recording, "PATIENCE", "50ms")
    places = make_places()
    cast = make_cast(places)
    hq, bob = cast.actor("headquarters"), cast.actor("bob")
    create_household(by=hq, place_code=places.unit, room="101")
    begin(hq, places)
    closed = begin(hq, places)
    phone = phone_of(bob)
    phone.pull()
    for door in sorted(phone.doors(), key=lambda door: door["campaign_id"] == str(closed.id)):
        phone.visit(door)
    close_campaign(by=hq, campaign=closed)
    held, go = threading.Event(), threading.Event()

    def report() -> None:
        try:
            with acting(hq):
                Campaign.objects.select_for_update().get(pk=closed.pk)
                held.set()
                go.wait(20)
        finally:
            connections.close_all()

    reports = threading.Thread(target=report)
    reports.start()
    assert held.wait(20)
    assert results(phone.push()) == ["retry", "retry"]
    with acting(bob):
        assert not Visit.objects.exists()
    go.set()
    reports.join()
    assert results(phone.push()) == ["applied", "applied"]


def test_what_was_held_before_the_closing_is_taken_over_after_it(
    phone: Phone, campaign: Campaign, cast: Any, alice: Any
) -> None:
    phone.visit(phone.doors()[0])
    user = cast.user("bob")
    user.is_active = False
    user.save()
    assert results(phone.push()) == ["held"]
    running_campaigns({campaign.id})
    Campaign.objects.filter(pk=campaign.pk).update(state="closed", closed_at=phone.now())
    (row,) = held_of(alice, phone)
    assert take_over(by=alice, held_id=row.pk) is Result.APPLIED
    with pytest.raises(Conflict):
        take_over_alike(by=alice, held_id=row.pk)


def test_all_late_visits_of_a_phone_are_taken_over_at_once(
    phone: Phone, campaign: Campaign, cast: Any, alice: Any, client_of: Any
) -> None:
    hq = cast.actor("headquarters")
    for door in phone.doors():
        last = phone.visit(door)
    correction_of(phone, last)
    close_campaign(by=hq, campaign=campaign)
    jobs.report_closed()
    assert results(phone.push()) == ["held"] * 4
    first, *_others = held_of(alice, phone)
    with acting(alice):
        Target.objects.filter(household_id=first_home(phone)).update(state="gone")
    client, url = client_of("alice"), reverse("field:held", args=[held_of(alice, phone)[1].pk])
    assert "4 条" in client.get(url).content.decode()
    done = client.post(url, {"decision": "take_alike"}, follow=True).content.decode()
    assert "已采用 3 条" in done
    with acting(alice):
        assert HeldOperation.objects.get(state="open").pk == first.pk
        assert Visit.objects.count() == 3
    assert client.post(url, {"decision": "take_alike"}).status_code == 409
    with acting(alice):
        HeldOperation.objects.filter(pk=first.pk).update(why="account")
    with pytest.raises(Invalid):
        take_over_alike(by=alice, held_id=first.pk)


def test_those_that_can_t_be_taken_over_keep_back_none_behind_them(
    phone: Phone,
    campaign: Campaign,
    cast: Any,
    alice: Any,
    client_of: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held, "MOST_AT_ONCE", 1)
    for door in phone.doors():
        phone.visit(door)
    close_campaign(by=cast.actor("headquarters"), campaign=campaign)
    jobs.report_closed()
    assert set(results(phone.push())) == {"held"}
    with acting(alice):
        rows = list(HeldOperation.objects.order_by("created_at", "id"))
        Target.objects.filter(household_id=first_home(phone)).update(state="gone")
    client, url = client_of("alice"), reverse("field:held", args=[rows[0].pk])
    assert f"采用接下来的 1 条（共 {len(rows)} 条）" in client.get(url).content.decode()
    decided = {"decision": "take_alike"}
    for tried, onward in pairwise(rows):
        url = client.post(url, decided)["Location"]
        assert url == f"{reverse('field:held', args=[onward.pk])}?after={tried.pk}"
    # At the end it goes round: what could not be taken over is shown.
    assert client.post(url, decided)["Location"] == reverse("field:held", args=[rows[0].pk])
    with acting(alice):
        assert HeldOperation.objects.get(state="open").pk == rows[0].pk


def first_home(phone: Phone) -> str:
    return str(phone.sent[0].plain["patch"]["household_id"])


def test_of_an_ended_emergency_none_is_taken_and_what_waits_is_turned_down(
    emergency: Any, places: Any, bob: Any, alice: Any
) -> None:
    campaign = begin(SYSTEM, places, emergency=emergency)
    phone = phone_of(bob)
    phone.pull()
    (door,) = phone.doors()
    phone.visit(door, note="查无此人在家")
    later = phone.visit(door, "absent")
    close_campaign(by=SYSTEM, campaign=campaign)
    jobs.report_closed()
    waiting, phone.queue = phone.queue[1:], phone.queue[:1]
    assert results(phone.push()) == ["held"]
    (row,) = held_of(alice, phone)
    turned = phone.visit(door, note="x")
    Campaign.objects.filter(pk=campaign.pk).update(closed_at=phone.now())
    assert results(phone.push()) == ["held"]
    turn_down(by=alice, held_id=held_of(alice, phone)[1].pk, reason="查无此人说没人来过")
    with acting(SYSTEM):
        Emergency.objects.update(ended_on=timezone.localdate())
        keyring().destroy_emergency(emergency.id)
        dict(sunset.hooks.items())["field.held"].remove(SYSTEM, emergency.id)
    with acting(alice):
        rows = {row.op_id: row for row in HeldOperation.objects.all()}
    assert (rows[row.op_id].state, rows[row.op_id].body) == ("declined", None)
    assert rows[UUID(turned.op_id)].reason is None
    answers = {one["op_id"]: one for page in phone.pull() for one in page["answers"]}
    said = answers[str(row.op_id)]
    assert (said["result"], said["problems"][0]["code"]) == ("rejected", "emergency")
    phone.queue = waiting
    (told,) = phone.push()
    assert (told["result"], told["problems"][0]["code"]) == ("rejected", "emergency")
    assert told["op_id"] == later.op_id
    assert not Operation.objects.filter(result__in=["", "held"]).exists()


def test_at_the_desk_a_late_visit_is_refused_once_all_is_reported(
    campaign: Campaign, cast: Any, alice: Any
) -> None:
    hq = cast.actor("headquarters")
    with acting(alice):
        homes = list(Target.objects.values_list("household_id", flat=True)[:2])
    made = [NewVisit(uuid4(), campaign.id, home, "all_well") for home in homes]
    before = [NewVisit(**{**vars(one), "visited_at": campaign.started_at}) for one in made]
    close_campaign(by=hq, campaign=campaign)
    assert record_visits(by=alice, visits=before[:1])[0].result == "applied"
    jobs.report_closed()
    (answer,) = record_visits(by=alice, visits=before[1:])
    assert (answer.result, [one.code for one in answer.problems]) == ("rejected", ["late"])
    # What was recorded is a repeat as before.
    assert record_visits(by=alice, visits=before[:1])[0].result == "duplicate"


@pytest.mark.slow
def test_of_what_was_decided_before_that_was_the_rule_nothing_is_kept(fresh_database: str) -> None:
    """The migration on a database in use: the rows are of the area of no session."""
    places = make_places()
    row: dict[str, Any] = {"place_code": places.grid, "device_id": uuid4(), "why": "place"}
    decided = {"state": "declined", "decided_at": timezone.now(), "decided_by": "alice"}
    with acting(SYSTEM):
        for more in ({}, decided):
            HeldOperation.objects.create(op_id=uuid4(), body=b"sealed", **row, **more)
    forget = import_module("fangxian.field.migrations.0015_late_work").FORGET
    with connections["owner"].cursor() as cursor:
        cursor.execute(forget)
    with acting(SYSTEM):
        kept = HeldOperation.objects.filter(body__isnull=False)
        assert list(kept.values_list("state", flat=True)) == ["open"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM field_heldoperation")
        assert cursor.fetchone() == (0,), "the rows are hidden from who acts nowhere, as before"
