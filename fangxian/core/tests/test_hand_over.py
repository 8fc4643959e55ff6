"""Tasks go only to who will see them; what closes itself or is another's isn't done by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import Grant, User
from fangxian.common.errors import Conflict, Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.core import actions, queries
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.models import Notification, Task, TaskState
from fangxian.core.tests.test_tasks import _open
from tests.kit.cast import START


def _offered(client: Any, task: Task) -> set[str]:
    form = client.get(reverse("core:task", args=[task.id])).context["reassign"]
    return {value for value, _label in form.fields["assignee_user"].choices if value}


def test_offered_is_who_answers_for_the_place(
    client_of: Any, cast: Any, alice: Any, bob: Any, places: Any
) -> None:
    task = _open(alice, places.unit)
    elsewhere = _open(alice, places.other_grid, "other")
    client = client_of("alice")
    head = cast.user("headquarters").pk
    assert {str(bob.user_id), str(alice.user_id), str(head)} <= _offered(client, task)
    # Bob's grid holds no task of the other one: handed to him it would be nowhere to be seen.
    assert str(bob.user_id) not in _offered(client, elsewhere)
    with pytest.raises(Invalid):
        actions.reassign_task(by=alice, task_id=elsewhere.id, assignee_user_id=bob.user_id)
    # A resident of the county has a role there, but none that does tasks.
    assert str(cast.user("resident").pk) not in _offered(client, task)


def test_a_role_taken_back_is_offered_no_more_and_an_old_one_harms_nothing(
    client_of: Any, cast: Any, alice: Any, bob: Any, places: Any
) -> None:
    task = _open(alice, places.unit)
    user = cast.user("bob")
    past = dt.date(2020, 2, 1)
    Grant.objects.create(
        user=user, role_id="supply", region=places["130902"], valid_from=START, valid_to=past
    )
    assert str(user.pk) in _offered(client_of("alice"), task)
    Grant.objects.filter(user=user).update(revoked_at=timezone.now())
    assert str(user.pk) not in _offered(client_of("alice"), task)
    with pytest.raises(Invalid):
        actions.reassign_task(by=alice, task_id=task.id, assignee_user_id=user.pk)


def test_a_role_that_nobody_holds_is_refused(alice: Any, places: Any) -> None:
    task = _open(alice, places.unit)
    with pytest.raises(Invalid):
        # Its holder works in the county; the town above the community has none, nor who is above.
        actions.reassign_task(
            by=alice, task_id=task.id, assignee_role="headquarters", assignee_level=2
        )
    actions.reassign_task(
        by=alice, task_id=task.id, assignee_role="headquarters", assignee_level=12
    )


def test_the_list_of_accounts_is_bounded(
    client_of: Any, alice: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.core import forms

    monkeypatch.setattr(forms, "TAKERS", 5)
    many = [User(username=f"many{n}", display_name=f"Many {n}") for n in range(20)]
    User.objects.bulk_create(many)
    Grant.objects.bulk_create(
        Grant(user=user, role_id="supply", region=places["130902"], valid_from=START)
        for user in many
    )
    task = _open(alice, places.unit)
    offered = _offered(client_of("alice"), task)
    assert len(offered) <= 5
    # The nearest come first.
    assert str(alice.user_id) in offered


def test_who_is_not_asked_does_not_close_it(cast: Any, alice: Any, places: Any) -> None:
    task = _open(alice, places.unit)
    supply = cast.actor("supply")
    with pytest.raises(Forbidden):
        actions.finish_task(by=supply, task_id=task.id)
    # Who may hand it over may close it.
    actions.finish_task(by=alice, task_id=task.id)
    with pytest.raises(Forbidden):
        actions.reopen_task(by=supply, task_id=task.id)


def test_what_closes_itself_is_not_done_by_hand(
    client_of: Any, alice: Any, bob: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = _open(alice, places.unit)
    listed = client_of("bob").get(reverse("core:tasks"))
    assert reverse("core:tasks_done") in listed.content.decode()
    monkeypatch.setitem(task_kinds._entries, task.kind, (100, TaskKind("itself", by_hand=False)))
    with pytest.raises(Conflict):
        actions.finish_task(by=bob, task_id=task.id)
    listed = client_of("bob").get(reverse("core:tasks")).content.decode()
    assert reverse("core:tasks_done") not in listed
    assert "data-bulk-item" not in listed
    # Who may hand over ticks for that, without a Done.
    listed = client_of("alice").get(reverse("core:tasks"), {"who": "all"})
    assert not listed.context["may_finish"]
    assert reverse("core:tasks_hand_over") in listed.content.decode()


def test_ticked_tasks_are_handed_over_and_back(
    client_of: Any, alice: Any, bob: Any, places: Any
) -> None:
    tasks = [_open(alice, places.unit, "a"), _open(alice, places.building, "b")]
    far = _open(alice, places.other_grid, "far")
    client = client_of("alice")
    address = reverse("core:tasks_hand_over")
    ids = [str(task.id) for task in tasks]
    asked = client.post(address, {"ids": [*ids, "nonsense"]})
    offered = [value for value, _ in asked.context["form"].fields["assignee_user"].choices]
    assert str(bob.user_id) in offered
    # Of tasks in two grids, only who answers for both.
    both = client.post(address, {"ids": [*ids, str(far.id)]})
    offered = [value for value, _ in both.context["form"].fields["assignee_user"].choices]
    assert str(bob.user_id) not in offered
    chosen = {"assignee_user": bob.user_id, "assignee_level": 18}
    assert client.post(address, {"ids": ids, "assignee_level": 18}).status_code == 422
    done = client.post(address, {"ids": ids, **chosen}, follow=True)
    assert done.context["may_undo"]
    with acting(bob):
        assert set(queries.tasks_for(bob)) == set(tasks)
        assert Task.objects.filter(assignee_user_id=bob.user_id).count() == 2
        assert Notification.objects.get().template == "core.tasks_assigned"
    client.post(reverse("core:tasks_hand_over_undo"))
    with acting(alice):
        for task in tasks:
            task.refresh_from_db()
            assert (task.assignee_user_id, task.assignee_role) == (None, "grid_officer")
    # Once.
    client.post(reverse("core:tasks_hand_over_undo"))
    assert client_of("bob").post(address, {"ids": ids}).status_code == 403


def test_closed_tasks_are_found(client_of: Any, alice: Any, bob: Any, places: Any) -> None:
    task = _open(alice, places.unit, title="swept the stairs")
    client = client_of("bob")
    assert (
        "swept the stairs"
        not in client.get(reverse("core:tasks"), {"state": "closed"}).content.decode()
    )
    actions.finish_task(by=bob, task_id=task.id)
    shown = client.get(reverse("core:tasks"), {"state": "closed", "after": "x"})
    assert "swept the stairs" in shown.content.decode()
    assert "swept the stairs" not in client.get(reverse("core:tasks")).content.decode()


def test_opening_again_what_is_open_is_a_conflict(alice: Any, bob: Any, places: Any) -> None:
    first = _open(alice, places.unit)
    actions.finish_task(by=bob, task_id=first.id)
    second = _open(alice, places.unit)
    # The database decides, also between two who look at the same moment.
    with pytest.raises(Conflict):
        actions.reopen_task(by=bob, task_id=first.id)
    with pytest.raises(Conflict):
        actions.reopen_task(by=bob, task_id=second.id)
    with acting(alice):
        assert Task.objects.get(id=first.id).state == TaskState.DONE
