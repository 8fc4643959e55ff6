"""A sweep of Alice's county: doors in units and in a building, some visited, one exempt."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.command import polling, situation
from fangxian.common.scoping import acting
from fangxian.field.actions import (
    NewVisit,
    exempt,
    plan_campaign,
    publish_form,
    record_visits,
    start_campaign,
)
from fangxian.field.models import Campaign, Target
from fangxian.organisations.actions import appoint
from fangxian.organisations.models import Responsibility
from fangxian.organisations.vacancies import refresh
from fangxian.people.actions import create_person
from fangxian.register.actions import create_household

FORM = {"questions": [{"name": "fever", "kind": "text", "label": "有无发热"}]}
PHONE = "15400000001"
# Two doors a unit in the first grid; one in another community; one in a building without a unit.
DOORS = (
    ("13090200100100100101", "101"),
    ("13090200100100100101", "102"),
    ("13090200100100100102", "101"),
    ("130902001001001001", "门面1"),
    ("13090200100100200201", "101"),
    ("13090200100200100101", "101"),
)


@pytest.fixture(autouse=True)
def _at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags end with their minute, counts that are kept after seconds: none ends within a test."""
    moment = timezone.now()
    monkeypatch.setattr(polling, "timezone", SimpleNamespace(now=lambda: moment))
    monkeypatch.setattr(polling, "STANDS_SECONDS", 600)
    monkeypatch.setattr(situation, "LATE_SECONDS", 600)


@pytest.fixture
def hq(cast: Any) -> Any:
    return cast.actor("headquarters")


@pytest.fixture
def sweep(hq: Any, places: Any) -> Campaign:
    """Running in Alice's county: six doors, one visited, one exempt."""
    doors = [create_household(by=hq, place_code=code, room=room) for code, room in DOORS]
    campaign = begin(hq, places[places.county], "第一轮摸排")
    visit = NewVisit(uuid4(), campaign.id, doors[0].id, "all_well", visited_at=timezone.now())
    record_visits(by=hq, visits=[visit])
    with acting(hq):
        away = Target.objects.get(campaign=campaign, household=doors[4])
        exempt(by=hq, target=away, reason="away", until=timezone.localdate() + dt.timedelta(days=3))
        refresh(by=hq, area=places.county)
    return campaign


def begin(hq: Any, area: Any, name: str) -> Campaign:
    today = timezone.localdate()
    form = publish_form(by=hq, code=f"sweep-{uuid4().hex[:8]}", name="入户摸排", schema=FORM)
    planned = plan_campaign(
        by=hq,
        name=name,
        area=area,
        form=form,
        starts_on=today - dt.timedelta(days=2),
        ends_on=today + dt.timedelta(days=5),
    )
    return start_campaign(by=hq, campaign=planned)


@pytest.fixture
def officer(alice: Any, places: Any) -> Responsibility:
    """The grid officer of Alice's first grid, with a work phone."""
    person = create_person(
        by=alice, name="王一", place_code=places.community, link_kind="met", source_id=uuid4()
    )
    return appoint(
        by=alice, place=places[places.grid], role="grid_officer", holder=person, contact=PHONE
    )
