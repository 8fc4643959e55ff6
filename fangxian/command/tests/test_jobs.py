"""Drawings put in force by the clock, and rows that follow them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from fangxian.command import jobs
from fangxian.command.jobs import TASK, follow_recoded, put_due_in_force
from fangxian.common import registries
from fangxian.common.scoping import acting
from fangxian.core.models import Task
from fangxian.regions import actions, registered
from fangxian.regions.models import GridPlan

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


@pytest.fixture
def stale(alice, accepted, places):
    """An accepted drawing whose community got another building since."""
    actions.create_building(by=alice, grid_code=places.grid, name="新楼", kind_id="residential")
    return accepted


def other_drawing(cast, places):
    """The drawing of a community whose code comes after."""
    by = cast.actor("headquarters")
    plan = actions.draft_of_present_grids(by=by, community_code=places.other_community)
    return by, actions.accept_grids(by=by, plan_id=plan.id, version=1, effective=DAY)


def tasks(by):
    with acting(by):
        found = Task.objects.filter(kind=TASK).order_by("created_at")
        return [(task.place_code, task.state, task.object_id) for task in found]


def test_a_stale_drawing_holds_up_no_other_and_its_community_is_asked(alice, cast, stale, places):
    by, other = other_drawing(cast, places)
    assert put_due_in_force() == 1
    assert state_of(by, other) == "in_force"
    assert state_of(by, stale) == "accepted"
    assert tasks(by) == [(places.community, "open", stale.id)]
    assert put_due_in_force() == 0
    assert tasks(by) == [(places.community, "open", stale.id)]


def test_the_task_leads_to_the_drawing_and_ends_when_it_is_withdrawn(
    alice, client_of, stale, places
):
    put_due_in_force()
    listed = client_of("alice").get(reverse("core:tasks")).content.decode()
    assert "2024年5月1日的网格方案不能生效" in listed
    with acting(alice):
        task = Task.objects.get(kind=TASK)
    shown = client_of("alice").get(reverse("core:task", args=[task.id])).content.decode()
    assert reverse("regions:plan", args=[stale.id]) in shown
    follow_recoded()
    assert tasks(alice) == [(places.community, "open", stale.id)]
    actions.withdraw_plan(by=alice, plan_id=stale.id)
    follow_recoded()
    assert tasks(alice) == [(places.community, "done", stale.id)]


def left_at(by, code, places):
    """A row that was written at a code that its place had a moment before."""
    with acting(by):
        return GridPlan.objects.create(
            place_code=code,
            community=places[places.community],
            state="withdrawn",
            parameters={},
            drawing=[],
        )


def place_of(by, row):
    with acting(by):
        return GridPlan.objects.get(id=row.id).place_code


def test_a_row_written_while_a_page_put_a_drawing_in_force_follows(alice, places):
    moved, old = places[places.building], places.building
    actions.move_place(by=alice, code=old, to=places.other_grid)
    row = left_at(alice, old, places)
    assert follow_recoded() > 0
    moved.refresh_from_db()
    assert place_of(alice, row) == moved.code != old
    assert follow_recoded() == 0


def test_the_daily_run_takes_along_what_lies_at_codes_of_long_ago(alice, places, monkeypatch):
    moved, old = places[places.building], places.building
    actions.move_place(by=alice, code=old, to=places.other_grid)
    row = left_at(alice, old, places)
    monkeypatch.setattr(jobs, "STRAGGLERS", dt.timedelta(0))
    assert follow_recoded() == 0
    put_due_in_force()
    moved.refresh_from_db()
    assert place_of(alice, row) == moved.code
