"""What ends while it is used: emergencies with their sweeps, sweeps while their doors are made."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid
from fangxian.common.history import history_of
from fangxian.common.scoping import acting
from fangxian.core import sunset
from fangxian.core.actions import create_emergency, end_emergency
from fangxian.core.models import Emergency, Task
from fangxian.field import invariants, jobs, queries
from fangxian.field.actions import (
    NewVisit,
    close_campaign,
    exempt,
    extend_campaign,
    plan_campaign,
    record_visits,
    start_campaign,
)
from fangxian.field.actions.campaigns import DATES
from fangxian.field.actions.reports import OVERDUE
from fangxian.field.models import Campaign, DailyReport, Exemption, Target, Visit
from fangxian.field.targets import sync_targets
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household
from tests.kit.cast import make_places

SYSTEM = Actor.system("test", "130902")


@pytest.fixture
def emergency(cast: Any, places: Any) -> Emergency:
    create_household(by=SYSTEM, place_code=places.unit, room="101")
    return create_emergency(
        by=SYSTEM,
        name="演练疫情",
        disease="不明原因",
        place_code=places.county,
        level=3,
        started_on=timezone.localdate(),
    )


def record(by: Any, campaign: Campaign, outcome: str, **more: Any) -> tuple[str, list[str]]:
    with acting(by):
        home = Target.objects.get(campaign=campaign).household_id
    visit = NewVisit(uuid4(), campaign.id, home, outcome, **more)
    (answer,) = record_visits(by=by, visits=[visit])
    return answer.result, [problem.code for problem in answer.problems]


def test_nothing_is_recorded_under_an_emergency_that_has_ended(
    emergency: Emergency, bob: Any, places: Any
) -> None:
    """Not even what would need no key; this process still takes the sweep for a running one."""
    campaign = begin(SYSTEM, places, emergency=emergency)
    assert record(bob, campaign, "absent") == ("applied", [])
    with acting(SYSTEM):
        Emergency.objects.update(ended_on=timezone.localdate())
    for outcome in ("all_well", "absent"):
        assert record(bob, campaign, outcome) == ("rejected", ["emergency"])
    with acting(bob):
        mistaken = Target.objects.get().visits_made.get()
    again = record(bob, campaign, "vacant", corrects=mistaken.op_id)
    assert again == ("rejected", ["emergency"])
    with acting(bob):
        assert Target.objects.get().state == "open"


def test_the_end_of_an_emergency_closes_its_sweeps(
    emergency: Emergency, bob: Any, places: Any
) -> None:
    campaign = begin(SYSTEM, places, emergency=emergency)
    other = begin(SYSTEM, places, name="平时摸排")
    planned = plan_campaign(
        by=SYSTEM,
        name="第二轮",
        area=campaign.area,
        form=campaign.form,
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate(),
        emergency=emergency,
    )
    jobs.begin_day()
    with acting(SYSTEM):
        assert [t.object_id for t in Task.objects.filter(kind=DATES, state="open")] == [planned.id]
    with acting(SYSTEM):
        Emergency.objects.update(ended_on=timezone.localdate())
        for finish in sunset.endings:
            finish(SYSTEM, emergency.id)
        states = dict(Campaign.objects.values_list("id", "state"))
        owed = Task.objects.filter(kind=OVERDUE, state="open")
        assert owed.filter(dedupe_key__startswith=str(campaign.id)).count() == 0
        assert owed.filter(dedupe_key__startswith=str(other.id)).count() == 4
        assert not Task.objects.filter(kind=DATES, state="open").exists()
    assert states == {campaign.id: "closed", other.id: "running", planned.id: "draft"}
    assert record(bob, campaign, "all_well") == ("rejected", ["emergency"])
    assert record(bob, other, "all_well") == ("applied", [])
    with pytest.raises(Conflict):
        start_campaign(by=SYSTEM, campaign=planned)


@pytest.mark.usefixtures("fresh_database")
def test_what_was_found_is_not_kept_beyond_the_emergency() -> None:
    """That somebody was there is, and what board and reports say."""
    places = make_places()
    emergency = create_emergency(
        by=SYSTEM, name="演练疫情", disease="不明原因", place_code=places.county, level=3
    )
    for room in ("101", "102", "201"):
        create_household(by=SYSTEM, place_code=places.unit, room=room)
    campaign = begin(SYSTEM, places, emergency=emergency)
    with acting(SYSTEM):
        doors = list(campaign.targets.order_by("household__room"))
    exempt(by=SYSTEM, target=doors[2], reason="isolated", until=timezone.localdate())
    found = (("all_well", {}), ("exceptions", {"fever": "yes"}))
    for door, (outcome, answers) in zip(doors, found, strict=False):
        visit = NewVisit(uuid4(), campaign.id, door.household_id, outcome, answers, note="示例")
        assert record_visits(by=SYSTEM, visits=[visit])[0].result == "applied"
    with acting(SYSTEM):
        before = queries.coverage(campaign, [places.county, places.grid])
    end_emergency(by=SYSTEM, emergency_id=emergency.id, confirmation=emergency.name)
    with pytest.raises(Invalid, match="emergency_id"):
        exempt(by=SYSTEM, target=doors[0], reason="away", until=timezone.localdate())
    assert sunset.finish_all() == 1
    with acting(SYSTEM):
        kept = Visit.objects.values_list("outcome", "exceptions", "revisit_on", "digest").distinct()
        assert [(*row[:3], bytes(row[3])) for row in kept] == [("", 0, None, b"")]
        assert list(Target.objects.values_list("outcome").distinct()) == [("",)]
        for model in (Exemption, history_of(Exemption)):
            assert list(model.objects.values_list("reason").distinct()) == [("",)]
        states = campaign.targets.order_by("household__room").values_list("state", "visits")
        assert list(states) == [("visited", 1), ("visited", 1), ("exempt", 0)]
        assert queries.coverage(campaign, [places.county, places.grid]) == before
        closing = DailyReport.objects.filter(closing=True, place_code=places.community).get()
        assert (closing.figures["visits"], closing.figures["exceptions"]) == (2, 1)
        lines = queries.visit_lines(queries.visits_of(doors[0].household_id), answers=True)
        assert [line.said for line in lines] == [str(queries.DESTROYED)]
    for check in (invariants.targets, invariants.exemptions, invariants.reports):
        assert list(check()) == []


def test_a_sweep_that_was_closed_gets_no_more_doors(campaign: Campaign, places: Any) -> None:
    """Though who makes them read it while it ran."""
    with acting(SYSTEM):
        Target.objects.filter(campaign=campaign).delete()
        before = Campaign.objects.select_related("area").get(id=campaign.id)
    close_campaign(by=SYSTEM, campaign=campaign)
    today = timezone.localdate()
    assert sync_targets(by=SYSTEM, campaign=before, area=places.county, today=today) == 0
    with acting(SYSTEM):
        assert not Target.objects.filter(campaign=campaign).exists()


def test_doors_that_are_made_after_an_extension_are_due_at_the_later_end(
    campaign: Campaign, places: Any
) -> None:
    with acting(SYSTEM):
        Target.objects.filter(campaign=campaign).delete()
        before = Campaign.objects.select_related("area").get(id=campaign.id)
    later = campaign.ends_on + dt.timedelta(days=4)
    extend_campaign(by=SYSTEM, campaign=campaign, ends_on=later)
    today = timezone.localdate()
    assert sync_targets(by=SYSTEM, campaign=before, area=places.county, today=today) == 4
    with acting(SYSTEM):
        assert set(campaign.targets.values_list("due_on", flat=True)) == {later}
