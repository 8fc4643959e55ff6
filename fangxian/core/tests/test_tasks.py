"""Tasks: opened once, seen by who has to do them, closed by facts, escalated level by level."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import Role
from fangxian.common.errors import Conflict, Forbidden, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core import actions, escalation, queries
from fangxian.core.models import Notification, Task, TaskState


def _open(by: Any, place: str, key: str = "a", **more: Any) -> Task:
    values: dict[str, Any] = {
        "kind": "field.gap",
        "title": "Visit the household",
        "due_at": timezone.now() + dt.timedelta(hours=1),
        "object_type": "register.household",
        "object_id": uuid4(),
        "assignee_role": "grid_officer",
    }
    return actions.open_task(by=by, place_code=place, dedupe_key=key, **(values | more))


def test_the_same_thing_is_one_open_task(alice: Any, places: Any) -> None:
    first = _open(alice, places.grid)
    again = _open(alice, places.grid, title="Another title")
    assert again.id == first.id
    actions.close_task(by=alice, kind="field.gap", dedupe_key="a", done_fact="field.visit:1")
    later = _open(alice, places.grid)
    assert later.id != first.id
    with acting(alice):
        assert Task.objects.count() == 2


def test_many_are_opened_at_once_and_known_ones_left(alice: Any, places: Any) -> None:
    new = [
        actions.NewTask(
            kind="field.gap",
            place_code=places.unit,
            title="Visit the household",
            due_at=timezone.now(),
            dedupe_key=str(n),
            assignee_role="grid_officer",
        )
        for n in range(50)
    ]
    assert actions.open_tasks(by=alice, tasks=new) == 50
    assert actions.open_tasks(by=alice, tasks=new) == 0
    assert (
        actions.close_tasks(by=alice, kind="field.gap", dedupe_keys=["1", "2"], done_fact="x") == 2
    )


def test_a_role_task_is_of_the_holder_at_or_above_the_place(
    alice: Any, bob: Any, places: Any
) -> None:
    here = _open(alice, places.unit, "here")
    _open(alice, places.other_grid, "other grid")
    _open(alice, places.unit, "higher", assignee_level=12)
    own = _open(alice, places.unit, "own", assignee_role="", assignee_user_id=bob.user_id)
    with acting(bob):
        assert set(queries.tasks_for(bob)) == {here, own}


def test_another_area_can_neither_open_nor_close(alice: Any, charlie: Any, places: Any) -> None:
    task = _open(alice, places.grid)
    with pytest.raises(OutOfScope):
        _open(charlie, places.grid, "x")
    with pytest.raises(OutOfScope):
        _open(charlie, places.outside, "a")
    with pytest.raises(OutOfScope):
        actions.finish_task(by=charlie, task_id=task.id)
    assert actions.close_task(by=charlie, task_id=task.id, done_fact="x") is None


def test_closing_by_hand_and_back(alice: Any, bob: Any, places: Any) -> None:
    task = _open(alice, places.grid)
    actions.finish_task(by=bob, task_id=task.id)
    with pytest.raises(Conflict):
        actions.finish_task(by=alice, task_id=task.id)
    assert actions.reopen_task(by=bob, task_id=task.id).state == TaskState.OPEN
    with pytest.raises(Forbidden):
        actions.cancel_task(by=bob, task_id=task.id, reason="wrong")
    actions.cancel_task(by=alice, task_id=task.id, reason="wrong")
    with pytest.raises(Forbidden):
        actions.reopen_task(by=bob, task_id=task.id)
    assert actions.reopen_task(by=alice, task_id=task.id).state == TaskState.OPEN


def test_reassigning_tells_the_new_holder(alice: Any, bob: Any, places: Any) -> None:
    task = _open(alice, places.grid)
    actions.reassign_task(by=alice, task_id=task.id, assignee_user_id=bob.user_id)
    with acting(bob):
        assert list(queries.tasks_for(bob)) == [task]
        assert Notification.objects.get().template == "core.task_assigned"


def test_a_late_task_goes_up_once_a_level(alice: Any, cast: Any, places: Any) -> None:
    due = timezone.now() - dt.timedelta(hours=30)
    task = _open(alice, places.unit, due_at=due)
    assert escalation.escalate_due() == 1
    assert escalation.escalate_due() == 0
    with acting(alice):
        task.refresh_from_db()
        assert (task.assignee_role, task.assignee_level, task.escalated) == ("grid_officer", 15, 1)
    now = timezone.now()
    for hours in (25, 50, 75, 100, 125, 150):
        escalation.escalate_due(now + dt.timedelta(hours=hours))
    with acting(alice):
        task.refresh_from_db()
        assert (task.assignee_role, task.assignee_level) == ("headquarters", 4)
        assert task.escalate_at is None
    with acting(alice):
        # Alice's role was asked once, for the level of her community.
        assert Notification.objects.count() == 1
    head = cast.actor("headquarters")
    with acting(head):
        # Nobody sits at town or prefecture level: the county's headquarters was told each time
        # a level that it answers for was reached.
        assert Notification.objects.count() == 2


def test_a_late_task_stays_with_whom_it_was_asked_of_first(
    alice: Any, bob: Any, cast: Any, places: Any
) -> None:
    due = timezone.now() - dt.timedelta(hours=30)
    task = _open(alice, places.grid, due_at=due)
    escalation.escalate_due()
    with acting(alice):
        task.refresh_from_db()
    assert (task.assignee_role, task.asked) == ("community_staff", ["grid_officer/15"])
    for by in (bob, alice):
        with acting(by):
            assert list(queries.tasks_for(by)) == [task]
            assert queries.is_for(by, task)
    escalation.escalate_due(timezone.now() + dt.timedelta(hours=40))
    with acting(alice):
        task.refresh_from_db()
        assert list(queries.tasks_for(alice)) == [task]
    assert len(task.asked) == task.escalated == 2
    actions.finish_task(by=bob, task_id=task.id)


def test_a_task_handed_over_is_no_longer_of_those_asked_before(
    alice: Any, bob: Any, places: Any
) -> None:
    task = _open(alice, places.grid, due_at=timezone.now() - dt.timedelta(hours=30))
    escalation.escalate_due()
    actions.reassign_task(by=alice, task_id=task.id, assignee_user_id=alice.user_id)
    with acting(bob):
        assert list(queries.tasks_for(bob)) == []
    actions.undo_reassign(by=alice, task_id=task.id, handed_to=(alice.user_id, ""))
    with acting(bob):
        assert list(queries.tasks_for(bob)) == [task]


def test_a_task_of_a_closed_account_goes_back_to_the_role(
    alice: Any, bob: Any, cast: Any, places: Any
) -> None:
    mine, other = (_open(alice, places.grid, key) for key in "ab")
    for task in (mine, other):
        actions.reassign_task(by=alice, task_id=task.id, assignee_user_id=bob.user_id)
    Notification.objects.all().delete()
    assert escalation.give_back() == 0
    hq = cast.actor("headquarters")
    actions.reassign_task(by=alice, task_id=other.id, assignee_user_id=hq.user_id)
    user = cast.user("bob")
    user.is_active = False
    user.save()
    assert escalation.give_back() == 1
    assert escalation.give_back() == 0
    with acting(alice):
        mine.refresh_from_db()
        other.refresh_from_db()
        assert (mine.assignee_user_id, mine.assignee_role) == (None, "grid_officer")
        assert other.assignee_user_id == hq.user_id
    helper = cast.actor("grid_officer")
    with acting(helper):
        assert mine in queries.tasks_for(helper)
        assert [one.template for one in Notification.objects.all()] == ["core.tasks_assigned"]


def test_a_task_that_closes_by_its_fact_is_not_cancelled(
    alice: Any, places: Any, client_of: Any
) -> None:
    task = _open(alice, places.grid, kind="organisations.vacancy", title_data={"role": "x"})
    with pytest.raises(Conflict):
        actions.cancel_task(by=alice, task_id=task.id, reason="wrong")
    address = reverse("core:task_cancel", args=[task.id])
    shown = client_of("alice").get(reverse("core:task", args=[task.id])).content.decode()
    assert address not in shown


def test_the_page_of_a_late_task_names_both_who_are_asked(
    alice: Any, bob: Any, places: Any, client_of: Any
) -> None:
    task = _open(alice, places.grid, due_at=timezone.now() - dt.timedelta(hours=30))
    escalation.escalate_due()
    shown = client_of("bob").get(reverse("core:task", args=[task.id])).content.decode()
    for code in ("grid_officer", "community_staff"):
        assert str(Role.objects.get(code=code)) in shown
    assert places[places.grid].name in shown
