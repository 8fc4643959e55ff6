"""Whether who answers can sign in and see the place, and who is asked for what is missing."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.actions import (
    create_user,
    disable_user,
    enable_user,
    grant_role,
    revoke_grant,
)
from fangxian.accounts.models import Grant, User
from fangxian.common.scoping import acting
from fangxian.core.kinds import url_of
from fangxian.core.models import Notification, Task
from fangxian.core.queries import tasks_for
from fangxian.organisations import account_needs
from fangxian.organisations.account_needs import ACCOUNT, ROLE
from fangxian.organisations.actions import (
    appoint,
    end_responsibility,
    hand_over,
    substitute,
    withdraw_responsibility,
)
from fangxian.organisations.settling import settle
from fangxian.organisations.vacancies import gathered

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


@pytest.fixture
def system(cast):
    return cast.actor("system_administrator")


@pytest.fixture
def security(cast):
    return cast.actor("security_administrator")


@pytest.fixture
def account(system, places):
    """``account(person_id)`` is his, administered at the county, without a role."""

    def make(person_id):
        name = f"user-{person_id.hex[-8:]}"
        made = create_user(
            by=system, username=name, display_name="示例", region_code=places.county,
            person_id=person_id,
        )  # fmt: skip
        return made.user

    return make


@pytest.fixture
def stand_in(alice, places, person):
    """Somebody without an account stands in for the officer of the grid on four days."""
    officer, other = person(alice, "王一"), person(alice, "王二")
    held = appoint(by=alice, place=places[places.grid], role="grid_officer", holder=officer,
                   from_date=TODAY - 9 * DAY)  # fmt: skip
    return substitute(
        by=alice, responsibility=held, holder=other,
        from_date=TODAY + DAY, to_date=TODAY + 4 * DAY,
    )  # fmt: skip


def _asked(by, row):
    """What is asked for a row, as administrators are shown it: kind, and to which role."""
    with acting(by):
        tasks = {task.kind: task for task in account_needs.asked()}
        needs, count = account_needs.needs_at(
            by, row.place_code[:12], first=ACCOUNT, offset=0, limit=100
        )
        assert count == sum(task.title_data["count"] for task in tasks.values())
        return [
            (need.kind, tasks[need.kind].assignee_role) for need in needs if need.duty_id == row.id
        ]


def _words(by, row):
    with acting(by):
        found = account_needs.standings([row]).get(row.id)
        return (found.complete, found.words) if found else None


def test_an_account_then_its_role_are_asked_for_and_given_from_the_task(
    alice, system, security, places, stand_in, account, client_of
):
    assert _asked(alice, stand_in) == [(ACCOUNT, "system_administrator")]
    with acting(system):
        task = Task.objects.get(kind=ACCOUNT)
        assert task in tasks_for(system)
        assert (task.place_code, task.title_data) == (places.community, {"count": 2})
        assert "2 人" in str(task)
    board = reverse("organisations:asked_accounts")
    maker = client_of("system_administrator")
    assert board in maker.get(reverse("command:today")).content.decode()
    assert url_of(task) in maker.get(board).content.decode()
    shown = maker.get(url_of(task)).content.decode()
    assert "为网格员开通账号" in shown
    create = f"{reverse('accounts:create')}?task={task.id}&duty={stand_in.id}"
    assert create.replace("&", "&amp;") in shown
    assert "王二" in maker.get(create).content.decode()
    sent = {"username": "wanger", "display_name": "王二", "place": places.grid}
    assert maker.post(create, sent).status_code == 200
    user = User.objects.get(username="wanger")
    assert user.person_id == stand_in.person_id
    # Sent again it would be an account of nobody.
    assert maker.post(create, sent | {"username": "wanger2"}).status_code == 409
    assert not User.objects.filter(username="wanger2").exists()
    assert _asked(alice, stand_in) == [(ROLE, "security_administrator")]
    assert _words(alice, stand_in)[0] is False
    giver = client_of("security_administrator")
    (row,) = giver.get(board).context["rows"][1:]
    url = next(
        row["url"]
        for row in giver.get(row["url"]).context["rows"]
        if row["need"].duty_id == stand_in.id
    )
    assert parse_qs(urlsplit(url).query)["role"] == ["grid_officer"]
    form = giver.get(url).context["grant_form"]
    given = {name: form[name].value() for name in ("role", "place", "valid_from", "valid_to")}
    assert given["valid_to"] == (TODAY + 4 * DAY).isoformat()
    assert given["place"] == places.grid
    answer = giver.post(reverse("accounts:grant", args=[user.pk]), given | {"reason": "代班网格员"})
    assert answer.status_code == 302
    grant = Grant.objects.get(user=user)
    assert (grant.valid_from, grant.valid_to) == (TODAY + DAY, TODAY + 4 * DAY)
    assert _asked(alice, stand_in) == []
    assert _words(alice, stand_in)[0] is True
    with acting(alice):
        states = dict(
            Task.objects.filter(kind__in=account_needs.KINDS).values_list("kind", "state")
        )
        # The officer himself has no account yet.
        assert states == {ACCOUNT: "open", ROLE: "done"}


def test_pages_that_name_somebody_say_whether_he_sees_the_place(
    alice, security, places, person, account, client_of
):
    client = client_of("alice")
    officer = person(alice, "王小一")
    address = reverse("organisations:appoint", args=[places.grid]) + "?role=grid_officer"
    found = client.post(address, {"q": "王小一", "find": "1"}).content.decode()
    assert "没有账号" in found
    sent = {"q": "王小一", "holder": f"person:{officer.id}", "on": TODAY.isoformat()}
    named = client.post(address, sent, follow=True).content.decode()
    assert "没有账号" in named
    with acting(alice):
        row = officer.responsibilities.get()
    page = reverse("organisations:responsibility", args=[row.id])
    assert "没有账号" in client.get(page).content.decode()
    user = account(officer.id)
    assert "没有“网格员”角色" in client.get(page).content.decode()
    grant_role(
        by=security,
        user_id=user.pk,
        role="grid_officer",
        region_code=places.grid,
        reason="任网格员",
    )
    told = client.get(page).content.decode()
    assert "有账号，在这里的角色是“网格员”" in told
    assert "已请管理员" not in told


@pytest.mark.parametrize(
    ("role", "place", "days", "enough"),
    [
        ("grid_officer", "grid", None, True),
        ("community_staff", "community", None, True),
        ("headquarters", "county", 9, True),
        ("grid_officer", "grid", 1, False),
        ("grid_officer", "other_grid", None, False),
        ("supply", "county", None, False),
    ],
)
def test_any_role_with_its_rights_there_on_these_days_will_do(
    alice, security, places, stand_in, account, person, role, place, days, enough
):
    user = account(stand_in.person_id)
    grant_role(
        by=security, user_id=user.pk, role=role, region_code=getattr(places, place), reason="test",
        valid_to=TODAY + days * DAY if days else None,
    )  # fmt: skip
    assert _words(alice, stand_in)[0] is enough
    assert _asked(alice, stand_in) == ([] if enough else [(ROLE, "security_administrator")])


def test_roles_that_follow_one_another_cover_a_duty(alice, security, places, stand_in, account):
    user = account(stand_in.person_id)
    given = {"by": security, "user_id": user.pk, "region_code": places.grid, "reason": "test"}
    grant_role(role="grid_officer", valid_to=TODAY + 2 * DAY, **given)
    later = grant_role(role="grid_officer", valid_from=TODAY + 4 * DAY, **given)
    assert _asked(alice, stand_in) == [(ROLE, "security_administrator")]
    revoke_grant(by=security, grant_id=later.pk, reason="test")
    grant_role(role="community_staff", valid_from=TODAY + 3 * DAY, **given)
    assert (_asked(alice, stand_in), _words(alice, stand_in)[0]) == ([], True)


def test_a_disabled_account_is_asked_for_wherever_its_duty_lies(
    alice, hq, system, places, stand_in, account
):
    user = account(stand_in.person_id)
    # As who administers another area would leave it.
    User.objects.filter(pk=user.pk).update(is_active=False)
    settle(by=hq, area=places.county)
    assert _asked(alice, stand_in) == [(ACCOUNT, "system_administrator")]
    with acting(alice):
        task = Task.objects.get(kind=ACCOUNT, state="open")
        late = task.escalate_at - task.due_at
    # Nobody above can give what administrators alone give.
    assert late > 300 * DAY


def test_what_is_asked_for_follows_the_duty_and_the_account(
    alice, hq, system, security, places, person, stand_in, account
):
    held = stand_in.substitute_for
    user = account(held.person_id)
    grant = grant_role(
        by=security,
        user_id=user.pk,
        role="grid_officer",
        region_code=places.grid,
        reason="任网格员",
    )
    assert _asked(alice, held) == []
    revoke_grant(by=security, grant_id=grant.pk, reason="given up")
    assert _asked(alice, held) == [(ROLE, "security_administrator")]
    disable_user(by=system, user_id=user.pk, reason="on leave")
    assert _asked(alice, held) == [(ACCOUNT, "system_administrator")]
    enable_user(by=system, user_id=user.pk, reason="back again")
    assert _asked(alice, held) == [(ROLE, "security_administrator")]
    # Once a role has run out it is asked for again, by itself.
    Grant.objects.filter(pk=grant.pk).update(
        revoked_at=None, valid_from=TODAY - 9 * DAY, valid_to=TODAY + 9 * DAY
    )
    settle(by=hq, area=places.county)
    assert _asked(alice, held) == []
    Grant.objects.filter(pk=grant.pk).update(valid_to=TODAY + DAY)
    settle(by=hq, area=places.county)
    settle(by=hq, area=places.county)
    assert _asked(alice, held) == [(ROLE, "security_administrator")]
    withdraw_responsibility(by=alice, responsibility=stand_in)
    assert _asked(alice, stand_in) == []
    new = hand_over(by=alice, responsibility=held, to=person(alice, "王三"))
    assert (_asked(alice, held), len(_asked(alice, new))) == ([], 1)
    end_responsibility(by=alice, responsibility=new)
    assert len(_asked(alice, new)) == 1
    with acting(hq):
        type(new).objects.filter(id=new.id).update(from_date=TODAY - DAY, to_date=TODAY - DAY)
    settle(by=hq, area=places.county)
    assert _asked(alice, new) == []


def test_no_account_is_asked_for_where_the_duty_needs_none(alice, places, person):
    row = appoint(
        by=alice, place=places[places.building], role="building_head", holder=person(alice, "王一")
    )
    assert (_asked(alice, row), _words(alice, row)) == ([], None)


def test_nobody_gives_the_role_of_a_duty_to_himself(alice, cast, places, person, client_of):
    security = cast.user("security_administrator")
    officer = person(alice, "王一")
    User.objects.filter(pk=security.pk).update(person_id=officer.id)
    row = appoint(by=alice, place=places[places.grid], role="grid_officer", holder=officer)
    assert _asked(alice, row) == [(ROLE, "security_administrator")]
    client = client_of("security_administrator")
    own = reverse("accounts:user", args=[security.pk]) + "?role=grid_officer"
    assert "grant_form" not in client.get(own).content.decode()
    sent = {"role": "grid_officer", "place": places.grid, "reason": "for myself"}
    assert client.post(reverse("accounts:grant", args=[security.pk]), sent).status_code == 403
    assert len(_asked(alice, row)) == 1


def test_a_community_is_one_task_however_many_are_named(alice, hq, places, person, account):
    rows = []
    with acting(alice), gathered(alice):
        for place, name in ((places.grid, "王一"), (places.other_grid, "王二")):
            rows.append(
                appoint(by=alice, place=places[place], role="grid_officer",
                        holder=person(alice, name))
            )  # fmt: skip
    with acting(alice):
        (task,) = account_needs.asked()
    assert (task.place_code, task.title_data["count"]) == (places.community, 2)
    # As it was asked for once: each duty by itself.
    with acting(hq):
        Task.objects.filter(id=task.id).update(
            dedupe_key=str(rows[0].id), place_code=places.grid, title_data={"role": "grid_officer"}
        )
    assert settle(by=hq, area=places.county)
    with acting(hq):
        assert Task.objects.get(id=task.id).state == "done"
        (task,) = account_needs.asked()
    assert (task.place_code, task.title_data["count"]) == (places.community, 2)
    counts = []
    for codes in ([places.grid], [places.grid, places.other_grid, places.community]):
        with acting(alice):
            Task.objects.filter(id=task.id).update(title_data={"count": 9})
            with CaptureQueriesContext(connection) as met:
                assert account_needs.refresh(by=alice, places=codes) == 0
        counts.append(len(met))
    assert counts[0] == counts[1]
    for row, left in zip(rows, (1, 0), strict=True):
        account(row.person_id)
        with acting(hq):
            asked = {one.kind: one.title_data["count"] for one in account_needs.asked()}
        assert asked.get(ACCOUNT, 0) == left
        assert asked[ROLE] == 2 - left


def test_who_is_added_to_an_overdue_request_gets_the_days_of_grace_too(
    alice, hq, system, places, person, client_of
):
    def named(by, place, role, name):
        appoint(by=by, place=places[place], role=role, holder=person(by, name))
        with acting(hq):
            (task,) = account_needs.asked()
        return task

    first = named(alice, places.grid, "grid_officer", "王一")
    assert named(alice, places.other_grid, "grid_officer", "王二").due_at == first.due_at
    with acting(hq):
        Task.objects.filter(id=first.id).update(
            due_at=first.due_at - 60 * DAY, asked=["system_administrator/12"], escalated=1,
            assignee_role="headquarters", assignee_level=9,
        )  # fmt: skip
    settle(by=hq, area=places.county)
    with acting(hq):
        assert account_needs.asked().get().escalated == 1
    with acting(system):
        assert not Notification.objects.exists()
    task = named(hq, places.community, "community_secretary", "王三")
    assert task.id == first.id
    assert task.due_at >= first.due_at
    assert (task.title_data, task.assignee_role, task.assignee_level) == (
        {"count": 3}, "system_administrator", 12,
    )  # fmt: skip
    assert (task.asked, task.escalated, task.escalate_at > task.due_at) == ([], 0, True)
    with acting(system):
        assert Notification.objects.get().template == "core.tasks_anew"
    assert (
        "1 项逾期任务"
        in client_of("system_administrator").get(reverse("core:notifications")).content.decode()
    )
