from __future__ import annotations

import datetime as dt
import threading
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from fangxian.accounts import actions, alerts, looks, middleware, queries
from fangxian.accounts.models import AccessLog, SecurityAlert, User
from fangxian.accounts.policy import page
from fangxian.accounts.views import users
from fangxian.common.errors import Invalid
from fangxian.common.history import history_of
from fangxian.common.scoping import acting
from tests.kit.cast import make_cast, make_places

WHY = "calls the family"


def take(by, person=None):
    return actions.log_reveal(
        by=by, person_id=person or uuid4(), what="phone", purpose="visit", reason=WHY
    )


@pytest.mark.django_db
def test_a_reveal_is_logged_with_purpose_and_reason(alice):
    person = uuid4()
    take(alice, person)
    row = queries.who_looked(person).get()
    assert (row.purpose_code, row.purpose, row.revealed) == ("visit", WHY, "phone")
    assert (row.actor, row.area, row.role) == ("alice", alice.area, "community_staff")


@pytest.mark.django_db
@pytest.mark.parametrize(("purpose", "reason"), [("none", WHY), ("", WHY), ("visit", "abc")])
def test_purpose_and_reason_are_asked(alice, purpose, reason):
    with pytest.raises(Invalid):
        actions.log_reveal(
            by=alice, person_id=uuid4(), what="phone", purpose=purpose, reason=reason
        )
    assert not AccessLog.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("task", [None, UUID(int=7)])
@pytest.mark.parametrize(
    "reason", ["job 1", "page people:person", f"task {UUID(int=8)} look", "said he is ill"]
)
def test_a_reason_stays_what_was_typed(alice, cast, reason, task):
    by = alice if task is None else alice.for_purpose(looks.task_purpose(task, alice.purpose))
    row = actions.log_reveal(by=by, person_id=uuid4(), what="phone", purpose="visit", reason=reason)
    (look,) = looks.described([row])
    assert look.why.endswith(f": {reason}" if task is None else f" · {reason}")
    with acting(by):
        assert looks.task_of(row.purpose) == task
    administrator = cast.actor("system_administrator")
    account = actions.create_user(
        by=administrator, username="new", display_name="New", region_code=alice.area
    ).user
    by = administrator if task is None else administrator.for_purpose(looks.task_purpose(task, "x"))
    actions.disable_user(by=by, user_id=account.pk, reason=reason)
    changes = users._told(history_of(User).objects.filter(pgh_obj_id=account.pk))
    assert [change for change in changes if change.why.endswith(reason)]


@pytest.mark.django_db
def test_the_quota_is_of_the_hour_and_of_the_account(alice, bob, settings, monkeypatch):
    settings.FANGXIAN_REVEALS_PER_HOUR = 2
    take(alice)
    take(alice)
    assert actions.reveals_left(alice) == 0
    with pytest.raises(actions.RevealQuota):
        take(alice)
    assert actions.reveals_left(bob) == 2
    take(bob)
    later = timezone.now() + dt.timedelta(minutes=61)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert actions.reveals_left(alice) == 2


@pytest.mark.django_db
def test_above_the_quota_comes_429_and_an_alert(alice, client_of, settings, cast):
    settings.FANGXIAN_REVEALS_PER_HOUR = 1
    take(alice)
    person = uuid4()

    @page("people.reveal", methods=("POST",))
    def view(request):
        AccessLog.objects.create(actor="lost with the rest", purpose="", source="", persons=[])
        return HttpResponse(take(request.actor, person).revealed)

    request = RequestFactory().post("/")
    request.user, request.htmx = cast.user("alice"), False
    request.session = {"second_factor": True}
    request.resolver_match = None
    grant = cast.user("alice").grants.get()
    grant.role.rights = [*grant.role.rights, "people.reveal"]
    grant.role.save()
    for times in (1, 2):
        response = middleware.ActorMiddleware(lambda _r: HttpResponse()).process_view(
            request, view, (), {}
        )
        assert response.status_code == 429
        alert = SecurityAlert.objects.get()
        assert (alert.kind, alert.user_id, alert.times) == ("reveal_quota", alice.user_id, times)
        assert alert.area == alice.area
    assert not AccessLog.objects.filter(actor="lost with the rest").exists()
    assert not queries.who_looked(person).exists()
    shown = client_of("security_administrator").get("/accounts/alerts/").content.decode()
    assert "Alice" in shown


@pytest.mark.django_db
def test_an_alert_is_settled_with_a_note(cast, alice):
    alert = alerts.raise_alert("reveal_quota", alice.user_id)
    security = cast.actor("security_administrator")
    with pytest.raises(Invalid):
        actions.settle_alert(by=security, alert_id=alert.pk, note="")
    actions.settle_alert(by=security, alert_id=alert.pk, note="asked her: urgent calls")
    assert not queries.open_alerts(security.area).exists()
    # What comes after is a new alert.
    assert alerts.raise_alert("reveal_quota", alice.user_id).pk != alert.pk


@pytest.mark.django_db
def test_the_access_log_is_of_the_own_area(cast, client_of, alice, charlie):
    for by in (alice, charlie):
        take(by)
    audit = cast.actor("audit_administrator")
    assert {row.actor for row in queries.access_log(audit.area)} == {"alice"}
    today = timezone.localdate()
    assert queries.access_log("", since=today, until=today).count() == 2
    assert not queries.access_log("", until=today - dt.timedelta(days=1)).exists()
    assert queries.access_log("", username="charlie").get().actor == "charlie"


@pytest.mark.django_db
def test_the_access_log_is_paged(cast, client_of, alice):
    people = [uuid4() for _i in range(60)]
    for person in people:
        AccessLog.objects.create(
            user_id=alice.user_id,
            actor="alice",
            area=alice.area,
            purpose="x",
            source="",
            persons=[person],
        )
    client = client_of("audit_administrator")
    first = client.get("/accounts/access/")
    second = client.get("/accounts/access/", {"after": first.context["next_after"]})
    shown = [row.log.persons[0] for page in (first, second) for row in page.context["rows"]]
    assert shown == people[::-1]
    assert second.context["next_after"] == ""


def test_two_at_once_can_not_both_take_the_last_one(fresh_database, settings):
    settings.FANGXIAN_REVEALS_PER_HOUR = 5
    by = make_cast(make_places()).actor("alice")
    taken, refused = [], []
    start = threading.Barrier(8)

    def run():
        start.wait()
        try:
            for _i in range(3):
                with acting(by):
                    taken.append(take(by))
        except actions.RevealQuota:
            refused.append(1)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(taken) == 5
    assert refused
    assert AccessLog.objects.count() == 5
