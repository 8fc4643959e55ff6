"""Who comes near a limit is seen, and told of once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from fangxian.accounts.models import Grant
from fangxian.common.scoping import acting
from fangxian.core.models import OutboxMessage, Task, TaskState
from fangxian.mobilise import fatigue
from fangxian.mobilise.actions import NewPattern, put_on, take_off
from fangxian.mobilise.load import Load, Stretch, ahead, nearing
from fangxian.mobilise.models import Turn, Volunteer
from fangxian.mobilise.rules import Limits
from fangxian.mobilise.tests.conftest import EARLY, as_volunteer, enlisted, gate, shift
from fangxian.organisations.actions import create_organisation
from fangxian.organisations.models import OrganisationKind

LIMITS = Limits(
    shift_hours=12, rest_hours=8, week_hours=60, days_in_row=6, nights_in_row=3, warn_share=0.9
)
HERE = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2020, 2, 10, 12, tzinfo=HERE)


def on(day: int, hour: int = 8, hours: int = 8, *, night: bool = False) -> Stretch:
    begins = NOON.replace(hour=hour) + dt.timedelta(days=day)
    return Stretch(begins, begins + dt.timedelta(hours=hours), night)


@pytest.mark.parametrize(
    ("has", "codes"),
    [
        ([], []),
        ([on(day) for day in range(4)], []),
        ([on(day) for day in range(5)], ["days_in_row"]),
        # The run began before today; what was served counts with what is to come.
        ([on(day) for day in range(-4, 1)], ["days_in_row"]),
        # He rested today: nothing of the run is still to come.
        ([on(day) for day in range(-6, 0)], []),
        ([on(day, hours=12) for day in (-3, -2, 0, 1)], []),
        ([on(day, hours=11) for day in (-3, -2, 0, 1, 3)], ["week_hours"]),
        # The week that was full is over before the next shift.
        ([*(on(day, hours=11) for day in (-12, -11, -9, -8, -7)), on(1)], []),
        ([on(day, 22, night=True) for day in (0, 1)], ["nights_in_row"]),
        ([on(day, 22, night=True) for day in (-2, -1)] + [on(1)], []),
    ],
)
def test_what_is_still_to_come_nears_a_limit(has: list[Stretch], codes: list[str]) -> None:
    assert [one.code for one in nearing(ahead(has, NOON, LIMITS), LIMITS)] == codes


def test_too_few_days_of_rest_come_near() -> None:
    limits = replace(LIMITS, rest_days=3, rest_within=7)
    has = [on(day) for day in (-2, 0, 1)]
    (near,) = nearing(ahead(has, NOON, limits), limits)
    assert (near.code, near.amount, near.limit, near.within) == ("rest_days", 3, 4, 7)
    assert "7天" in fatigue.said(near)
    # What was rested from is over.
    assert nearing(ahead([on(day) for day in (-5, -4, -3, -2)], NOON, limits), limits) == []


def test_near_reached_and_passed() -> None:
    (near,) = nearing(Load(0, 5, 0), LIMITS)
    assert (near.reached, near.passed) == (False, False)
    (near,) = nearing(Load(60, 0, 0), LIMITS)
    assert (near.reached, near.passed) == (True, False)
    assert fatigue.mark(nearing(Load(0, 7, 0), LIMITS))["kind"] == "bad"  # type: ignore[index]
    assert nearing(Load(53.9, 0, 1), LIMITS) == []


@pytest.fixture
def tired(alice: Any, places: Any) -> Volunteer:
    """Somebody who is on five days in a row, of a unit whose clerk has an account."""
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 2), days=6)
    with acting(alice):
        kind = OrganisationKind.objects.get(code="department")
    unit = create_organisation(by=alice, name="示例局", kind=kind, seat=home)
    one = enlisted(alice, home, "示例累", organisation=unit)
    for at in range(5):
        put_on(by=alice, shift=shift(alice, post, at=at), volunteer=one)
    return one


def test_the_unit_is_told_once_until_the_load_falls(
    alice: Any, cast: Any, tired: Volunteer
) -> None:
    Grant.objects.filter(user=cast.user("bob")).update(organisation_id=tired.organisation_id)
    told = OutboxMessage.objects.filter(user_id=cast.user("bob").id, template=fatigue.TOLD)
    assert fatigue.follow_load(by=alice) == (1, 0)
    assert fatigue.follow_load(by=alice) == (0, 0)
    assert told.count() == 1
    with acting(alice):
        task = Task.objects.get(kind=fatigue.KIND)
        assert (task.object_id, task.assignee_role) == (tired.id, "community_staff")
        assert "示例累" not in str(task.title_data)
        turns = list(Turn.objects.filter(volunteer=tired).order_by("shift__starts_at"))
    take_off(by=alice, turn=turns[2])
    assert fatigue.follow_load(by=alice) == (0, 1)
    with acting(alice):
        task.refresh_from_db()
        assert (task.state, task.done_fact) == (TaskState.DONE, fatigue.RELIEVED)
        missing = turns[2].shift
    # It comes near anew: told anew.
    put_on(by=alice, shift=missing, volunteer=tired)
    assert fatigue.follow_load(by=alice) == (1, 0)
    assert told.count() == 2


def test_it_is_marked_wherever_one_plans(
    alice: Any, cast: Any, client_of: Any, tired: Volunteer
) -> None:
    as_volunteer(cast, "volunteer", tired)
    fatigue.follow_load(by=alice)
    with acting(alice):
        turns = Turn.objects.filter(volunteer=tired).select_related("shift__post")
        turn = turns.latest("shift__starts_at")
    staff = client_of("alice")
    fresh = shift(alice, turn.shift.post, at=5)
    for url in (
        reverse("mobilise:volunteers"),
        reverse("mobilise:volunteer", args=[tired.id]),
        reverse("mobilise:shift", args=[turn.shift_id]),
        reverse("mobilise:shift", args=[fresh.id]),
    ):
        assert "连续5天（上限6天）" in staff.get(url).content.decode(), url
    (line,) = staff.get(reverse("mobilise:load")).context["lines"]
    assert (line["bars"][1]["drawn"], line["mark"]["kind"]) == (83, "warn")
    mine = client_of("volunteer").get(reverse("mobilise:mine")).content.decode()
    assert "连续5天（上限6天）" in mine
    book = staff.post(reverse("mobilise:load_export", args=["csv"]))
    (line,) = [row for row in book.content.decode("utf-8-sig").split("\r\n") if "示例累" in row]
    assert line.split(",")[3:6] == ["40", "5", "0"]
