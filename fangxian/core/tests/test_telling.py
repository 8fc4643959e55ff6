"""Who is told of what: alerts, ended jobs, late tasks; and what endpoints get."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts import alerts
from fangxian.accounts.models import SecurityAlert
from fangxian.common.errors import Forbidden
from fangxian.common.scoping import acting
from fangxian.core import actions, escalation, queries, runner
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.messages import Template, templates
from fangxian.core.models import (
    Endpoint,
    Job,
    JobState,
    Measure,
    Notification,
    OutboxDelivery,
)
from fangxian.core.tests.test_tasks import _open
from fangxian.regions.models import Region

pytestmark = pytest.mark.django_db


def _endpoint(channel: str = "wecom", *, active: bool = True) -> Endpoint:
    endpoint = Endpoint(name=f"{channel}{active}", channel=channel, url="https://x/", active=active)
    endpoint.save(force_insert=True)
    return endpoint


def _told(user: Any, cast: Any) -> list[str]:
    with acting(cast.actor(user)):
        return list(Notification.objects.values_list("template", flat=True))


def test_an_alert_tells_the_security_administrator_once(
    cast: Any, places: Any, settings: Any
) -> None:
    _endpoint()
    _endpoint("dingtalk", active=False)
    user = cast.user("bob")
    alerts.raise_alert("lockout", user.pk)
    alerts.raise_alert("lockout", user.pk)
    assert _told("security_administrator", cast) == ["core.security_alert"]
    assert _told("system_administrator", cast) == []
    assert OutboxDelivery.objects.get().channel == "wecom"
    # Nobody is told of himself.
    alerts.raise_alert("lockout", cast.user("security_administrator").pk)
    assert len(_told("security_administrator", cast)) == 1
    # Another county's.
    alerts.raise_alert("lockout", cast.user("charlie").pk)
    assert len(_told("security_administrator", cast)) == 1
    # Nobody's account, in an installation that has nobody above its counties.
    settings.FANGXIAN_AREA = places.county[:4]
    alerts.raise_alert("unknown_names", None)
    assert len(_told("security_administrator", cast)) == 2


def test_the_notice_leads_to_the_alerts(client_of: Any, cast: Any) -> None:
    alerts.raise_alert("lockout", cast.user("bob").pk)
    client = client_of("security_administrator")
    (row,) = client.get(reverse("core:notifications")).context["rows"]
    opened = client.post(reverse("core:notification", args=[row["it"].id]))
    assert client.get(opened["Location"]).status_code == 200
    assert opened["Location"] == reverse("accounts:alerts")


def test_many_refusals_raise_an_alert(
    client_of: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "REFUSALS", 4)
    client = client_of("bob")
    for _time in range(3):
        assert client.get(reverse("accounts:users")).status_code == 403
    assert not SecurityAlert.objects.exists()
    assert client.get(reverse("accounts:users")).status_code == 403
    assert SecurityAlert.objects.get().kind == "refused"
    assert _told("security_administrator", cast) == ["core.security_alert"]


def test_a_template_says_its_channels(
    alice: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _endpoint("webhook")
    monkeypatch.setitem(
        templates._entries, "test.duty", (100, Template("duty", None, ("in_app", "webhook")))
    )
    actions.notify(by=alice, user_id=bob.user_id, template="test.duty")
    assert OutboxDelivery.objects.count() == 1
    actions.notify(by=alice, user_id=bob.user_id, template="core.task_assigned")
    assert OutboxDelivery.objects.count() == 1


def test_late_tasks_are_told_in_few_queries(
    cast: Any, alice: Any, places: Any, django_assert_max_num_queries: Any
) -> None:
    _endpoint()
    due = timezone.now() - dt.timedelta(hours=30)
    for n in range(3):
        for place in (places.unit, places.other_grid, places.building):
            _open(alice, place, f"{place}{n}", due_at=due)
    with django_assert_max_num_queries(30):
        assert escalation.escalate_due() == 9
    # Bob holds the grid; the other grid has nobody, nor has anybody above it that role.
    assert _told("bob", cast) == ["core.task_escalated"]
    letter = OutboxDelivery.objects.get().message
    assert letter.template == "core.tasks_late"


def test_a_job_that_ended_tells_who_started_it(cast: Any, bob: Any, places: Any) -> None:
    with acting(bob):
        job = Job.objects.create(
            kind="no.such",
            place_code=places.grid,
            user_id=bob.user_id,
            grant_id=bob.grant_id,
            requester="bob",
        )
    runner.run(job.id)
    with acting(bob):
        job.refresh_from_db()
        assert job.state == JobState.FAILED
        assert job.error_code == "unknown_kind"
    assert _told("bob", cast) == ["core.job_ended"]


@pytest.mark.parametrize(("waited", "told"), [(2, []), (30, ["core.job_ended"])])
def test_a_job_that_was_done_at_once_tells_nobody(
    cast: Any, bob: Any, places: Any, monkeypatch: pytest.MonkeyPatch, waited: int, told: list[str]
) -> None:
    quick = JobKind("test.quick", "quick", "core.task", lambda _progress: None)
    monkeypatch.setitem(kinds._entries, "test.quick", (100, quick))
    with acting(bob):
        job = Job.objects.create(
            kind="test.quick",
            place_code=places.grid,
            user_id=bob.user_id,
            grant_id=bob.grant_id,
            requester="bob",
        )
        asked = timezone.now() - dt.timedelta(seconds=waited)
        Job.objects.filter(id=job.id).update(created_at=asked)
    runner.run(job.id)
    with acting(bob):
        assert Job.objects.get(id=job.id).state == JobState.DONE
    assert _told("bob", cast) == told


def test_jobs_of_others_are_listed_for_who_may_stop_them(
    client_of: Any, cast: Any, bob: Any, places: Any
) -> None:
    with acting(bob):
        Job.objects.create(
            kind="bobs.failed",
            place_code=places.grid,
            user_id=bob.user_id,
            requester="bob",
            state=JobState.FAILED,
            finished_at=timezone.now(),
        )
    every = {"who": "all", "state": "failed"}
    shown = client_of("system_administrator").get(reverse("core:jobs"), every)
    assert "bobs.failed" in shown.content.decode()
    assert "bobs.failed" not in client_of("alice").get(reverse("core:jobs"), every).content.decode()
    with pytest.raises(Forbidden):
        queries.jobs_in_area(cast.actor("alice"))
    # What the first page says, its link shows.
    groups = client_of("system_administrator").get("/").context["groups"]
    links = {item.url for items in groups.values() for item in items}
    assert any("state=failed" in link for link in links)
    for link in links:
        answer = client_of("system_administrator").get(link)
        assert answer.status_code == 200, link
        if "state=failed" in link:
            assert "bobs.failed" in answer.content.decode()


def test_a_measure_follows_its_place(cast: Any, places: Any) -> None:
    from fangxian.core.registered import _after_redraw

    head = cast.actor("headquarters")
    emergency = actions.create_emergency(
        by=head, name="x", disease="x", place_code=places.county, level=1
    )
    measure = actions.add_measure(
        by=head,
        emergency_id=emergency.id,
        title="x",
        body="x",
        content="x",
        place_code=places.grid,
        from_at=timezone.now(),
    )
    new = places.community + "099"
    Region.objects.filter(code=places.grid).update(code=new)
    with acting(head):
        _after_redraw(head, places.community)
    assert Measure.objects.get(id=measure.id).place_code == new


def test_who_is_refused_once_in_a_while_is_left_in_peace(cast: Any) -> None:
    user = uuid4()
    alerts.count_refusal(user, "test")
    alerts.count_refusal(cast.user("bob").pk, "test")
    assert not SecurityAlert.objects.exists()
