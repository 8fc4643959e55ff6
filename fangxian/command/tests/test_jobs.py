"""Drawings put in force by a job and by the clock."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from fangxian.command.jobs import put_due_in_force
from fangxian.common import registries
from fangxian.common.scoping import acting
from fangxian.core import runner
from fangxian.core.actions import start_job
from fangxian.core.models import Job
from fangxian.regions import actions, registered
from fangxian.regions.models import GridPlan
from tests.kit.cast import make_cast, make_places

DAY = dt.date(2024, 5, 1)


@pytest.fixture
def accepted(alice, places):
    plan = actions.draft_of_present_grids(by=alice, community_code=places.community)
    return actions.accept_grids(by=alice, plan_id=plan.id, version=1, effective=DAY)


def state_of(by, plan):
    with acting(by):
        return GridPlan.objects.get(id=plan.id).state


def test_the_clock_puts_due_drawings_in_force_once(alice, accepted):
    assert put_due_in_force() == 1
    assert state_of(alice, accepted) == "in_force"
    assert put_due_in_force() == 0


def test_a_drawing_of_a_later_day_waits(alice, places):
    plan = actions.draft_of_present_grids(by=alice, community_code=places.community)
    actions.accept_grids(by=alice, plan_id=plan.id, version=1, effective=dt.date(2999, 1, 1))
    assert put_due_in_force() == 0
    assert state_of(alice, plan) == "accepted"


def test_a_job_puts_drawings_in_force(fresh_database, django_db_blocker):
    with django_db_blocker.unblock():
        places = make_places()
        alice = make_cast(places).actor("alice")
        plan = actions.draft_of_present_grids(by=alice, community_code=places.community)
        actions.accept_grids(by=alice, plan_id=plan.id, version=1, effective=DAY)
        job = start_job(
            by=alice,
            kind="regions.redraw",
            args={"plans": str(plan.id)},
            place_code=places.community,
        )
        runner.run(job.id)
        with acting(alice):
            assert Job.objects.get(id=job.id).state == "done"
        assert state_of(alice, plan) == "in_force"


def test_the_check_asks_for_drawings_by_the_local_day(alice, places, monkeypatch):
    today = timezone.localdate()
    plan = actions.draft_of_present_grids(by=alice, community_code=places.community)
    actions.accept_grids(by=alice, plan_id=plan.id, version=1, effective=today)
    monkeypatch.setattr(registered, "connections", {"maintenance": connection})
    late = registries.invariants.get("regions.drawings").find
    with acting(alice):
        assert list(late()) == []
        # Just after midnight here; in UTC it is still the day before.
        monkeypatch.setattr(timezone, "localdate", lambda: today + dt.timedelta(days=1))
        assert [str(plan.id) in told for told in late()] == [True]
