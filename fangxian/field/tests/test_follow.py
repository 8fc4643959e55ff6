"""Tasks that follow the coverage; the register followed at once; targets made by a job."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.kinds import url_of
from fangxian.core.models import Task
from fangxian.field import follow, jobs
from fangxian.field.actions import NewVisit, close_campaign, record_visits
from fangxian.field.models import Campaign
from fangxian.field.queries import coverage, doors
from fangxian.register.actions import change_household, close_household, create_household

SYSTEM = Actor.system("test", "130902")


def visit(by: Any, campaign: Campaign, household: UUID, outcome: str, **more: Any) -> None:
    record_visits(by=by, visits=[NewVisit(uuid4(), campaign.id, household, outcome, **more)])


def open_tasks(by: Any, kind: str) -> list[Task]:
    with acting(by):
        return list(Task.objects.filter(kind=kind, state="open").order_by("place_code"))


def test_each_grid_with_gaps_has_one_task_that_closes_itself(
    campaign: Campaign, bob: Any, places: Any
) -> None:
    assert follow.follow_gaps(by=SYSTEM).opened == 2
    assert follow.follow_gaps(by=SYSTEM) == follow.Changes()
    (task,) = open_tasks(bob, follow.GAPS)
    assert (task.place_code, task.assignee_role, task.assignee_level) == (
        places.grid,
        "grid_officer",
        15,
    )
    assert timezone.localdate(task.due_at) == campaign.ends_on
    assert places.grid in url_of(task)
    with acting(bob):
        homes = [door.household_id for door in doors(campaign, places.grid)]
    for home in homes:
        visit(bob, campaign, home, "all_well")
    assert follow.follow_gaps(by=SYSTEM).closed == 1
    assert open_tasks(bob, follow.GAPS) == []
    # A new household is a gap at once, and the grid has a task again.
    create_household(by=SYSTEM, place_code=places.unit, room="999")
    assert follow.follow_gaps(by=SYSTEM).opened == 1


def test_a_household_visited_in_vain_is_to_be_visited_again_that_day(
    campaign: Campaign, bob: Any, places: Any
) -> None:
    with acting(bob):
        home = doors(campaign, places.grid)[0].household_id
    today = timezone.localdate()
    visit(bob, campaign, home, "absent")
    assert follow.follow_revisits(by=SYSTEM).opened == 1
    (task,) = open_tasks(bob, follow.REVISIT)
    assert timezone.localdate(task.due_at) == today + dt.timedelta(days=1)
    before = task.escalate_at
    visit(bob, campaign, home, "refused", revisit_on=today + dt.timedelta(days=3))
    assert follow.follow_revisits(by=SYSTEM) == follow.Changes()
    (task,) = open_tasks(bob, follow.REVISIT)
    assert timezone.localdate(task.due_at) == today + dt.timedelta(days=3)
    assert task.escalate_at is not None
    assert before is not None
    assert task.escalate_at - before == dt.timedelta(days=2)
    with acting(bob):
        assert url_of(task).partition("?")[0].endswith(f"/{campaign.id}/doors/{home}/")
    visit(bob, campaign, home, "all_well")
    assert follow.follow_revisits(by=SYSTEM).closed == 1


def test_closing_the_sweep_closes_its_tasks(campaign: Campaign, places: Any, bob: Any) -> None:
    follow.follow_gaps(by=SYSTEM)
    close_campaign(by=SYSTEM, campaign=campaign)
    assert follow.follow_gaps(by=SYSTEM).closed == 2


def test_many_tasks_are_opened_in_batches_and_closed_at_once(
    campaign: Campaign, bob: Any, places: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(follow, "MOST_AT_ONCE", 1)
    with acting(bob):
        homes = [door.household_id for door in doors(campaign, places.grid)]
    for home in homes:
        visit(bob, campaign, home, "absent")
    assert follow.follow_revisits(by=SYSTEM) == follow.Changes(3, 0)
    assert follow.follow_revisits(by=SYSTEM) == follow.Changes(0, 0)
    assert follow.follow_gaps(by=SYSTEM) == follow.Changes(2, 0)
    close_campaign(by=SYSTEM, campaign=campaign)
    assert follow.follow_revisits(by=SYSTEM) == follow.Changes(0, 3)
    assert open_tasks(bob, follow.REVISIT) == []


def test_a_household_that_leaves_the_group_before_anybody_came_is_no_gap(
    campaign: Campaign, places: Any, bob: Any
) -> None:
    from fangxian.field.tests.conftest import begin
    from fangxian.register.actions import move_in, move_out

    with acting(bob):
        first, second, _third = (door.household_id for door in doors(campaign, places.grid))
    today = timezone.localdate()
    lives = [
        move_in(by=bob, household_id=home, on=today, name="查无此人", sex="1", kind="tenant")
        for home in (first, second)
    ]
    tenants = begin(SYSTEM, places, group="tenants", name="租住户摸排")

    def gap() -> int:
        with acting(SYSTEM):
            return coverage(tenants, [places.grid])[places.grid].gap

    assert gap() == 2
    visit(bob, tenants, first, "absent")
    for one in lives:
        move_out(by=bob, residency_id=one.id, on=today)
    # Nobody was met at the first, which stays to be visited; nobody came to the second.
    assert gap() == 1
    move_in(by=bob, household_id=second, on=today, name="查无此人", sex="1", kind="tenant")
    assert gap() == 2


def test_the_register_is_followed_at_once(campaign: Campaign, places: Any, bob: Any) -> None:
    def gap(code: str) -> int:
        with acting(SYSTEM):
            return coverage(campaign, [code])[code].gap

    made = create_household(by=bob, place_code=places.unit, room="301")
    assert gap(places.grid) == 4
    other = places.unit[:15].replace("001001001", "001001002") + "00101"
    change_household(by=SYSTEM, household_id=made.id, place_code=other)
    assert (gap(places.grid), gap(other[:15])) == (3, 2)
    close_household(by=SYSTEM, household_id=made.id)
    assert gap(other[:15]) == 1
    change_household(by=SYSTEM, household_id=made.id, state="lived_in")
    assert gap(other[:15]) == 2


def test_a_large_sweep_is_made_community_by_community_and_resumed(
    campaign: Campaign, places: Any
) -> None:
    from contextlib import contextmanager, suppress

    from fangxian.field.models import Target

    class Broken(Exception):
        pass

    class Steps:
        """What a job is handed, without a worker; it dies after the first community."""

        def __init__(self, *, dies: bool, state: dict[str, Any]) -> None:
            self.by, self.place_code, self.state = SYSTEM, "130902", state
            self.dies = dies
            self.seen: list[Any] = []

        @contextmanager
        def chunk(self) -> Any:
            if self.dies and self.seen:
                raise Broken
            with acting(self.by) as by:
                yield by

        def step(self, done: int, total: int, note: str = "") -> None:
            self.seen.append((done, total))

    with acting(SYSTEM):
        Target.objects.filter(campaign=campaign).delete()
    first: Any = Steps(dies=True, state={})
    with suppress(Broken):
        jobs.make_targets(first, campaign=str(campaign.id))
    with acting(SYSTEM):
        assert Target.objects.count() == 4
    second = Steps(dies=False, state=first.state)
    jobs.make_targets(second, campaign=str(campaign.id))
    assert (first.seen, second.seen) == ([(1, 2)], [(2, 2)])
    with acting(SYSTEM):
        assert Target.objects.count() == 4


def test_periodic_work_of_the_installation(campaign: Campaign) -> None:
    assert jobs.sync_all() == 0
    assert jobs.follow_coverage().opened == 2
