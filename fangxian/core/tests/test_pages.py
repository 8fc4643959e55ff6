"""Core's pages through HTTP: what is shown, what can be done, who may."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Forbidden, Problem
from fangxian.common.keyring import keyring
from fangxian.common.scoping import acting
from fangxian.core import actions, imports, rules, sunset
from fangxian.core.escalation import escalate_due
from fangxian.core.imports import Outcome
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.models import (
    DeliveryState,
    Emergency,
    Endpoint,
    Event,
    ImportState,
    Job,
    JobState,
    OutboxDelivery,
    Task,
    TaskState,
)
from fangxian.core.tests.importing import Here
from fangxian.core.tests.test_imports import begun
from fangxian.regions import queries


@pytest.fixture
def task(alice: Any, places: Any) -> Task:
    return actions.open_task(
        by=alice,
        kind="test.visit",
        place_code=places.unit,
        title="Visit household %(number)s",
        title_data={"number": 7},
        due_at=timezone.now() - dt.timedelta(hours=1),
        assignee_role="grid_officer",
        dedupe_key="7",
        note="SEEDED note",
    )


def _text(client: Any, name: str, *args: Any, **query: Any) -> str:
    response = client.get(reverse(f"core:{name}", args=args), query)
    assert response.status_code == 200, response.content[:500]
    return str(response.content.decode())


def test_the_work_list_shows_mine_and_filters(client_of: Any, task: Task) -> None:
    assert "Visit household 7" in _text(client_of("bob"), "tasks")
    assert "Visit household 7" not in _text(client_of("headquarters"), "tasks")
    everybody = {"who": "all", "late": "on", "kind": "test.visit"}
    assert "Visit household 7" in _text(client_of("headquarters"), "tasks", **everybody)
    assert "Visit household 7" not in _text(client_of("charlie"), "tasks", who="all")
    _text(client_of("bob"), "tasks", after="nonsense", kind="x", who="y")


def test_long_lists_go_on_where_they_stopped(client_of: Any, alice: Any, places: Any) -> None:
    due = timezone.now()
    new = [
        actions.NewTask(
            kind="test",
            place_code=places.grid,
            title=f"number {n:03}",
            due_at=due,
            dedupe_key=str(n),
            assignee_role="grid_officer",
        )
        for n in range(60)
    ]
    actions.open_tasks(by=alice, tasks=new)
    bob = client_of("bob")
    first = bob.get(reverse("core:tasks"))
    second = bob.get(reverse("core:tasks"), {"after": first.context["next_after"]})
    seen = [row["task"].id for page in (first, second) for row in page.context["rows"]]
    assert len(seen) == len(set(seen)) == 60


def test_a_task_is_done_and_opened_again(client_of: Any, alice: Any, task: Task) -> None:
    bob = client_of("bob")
    assert "SEEDED note" in _text(bob, "task", task.id)
    assert bob.post(reverse("core:task_done", args=[task.id])).status_code == 302
    assert bob.post(reverse("core:task_done", args=[task.id])).status_code == 409
    assert "bob" in _text(bob, "task", task.id)
    assert bob.post(reverse("core:task_reopen", args=[task.id])).status_code == 302
    with acting(alice):
        task.refresh_from_db()
    assert task.state == TaskState.OPEN


def test_the_states_of_a_task_are_told_in_words(client_of: Any, alice: Any, task: Task) -> None:
    escalate_due(task.due_at + dt.timedelta(days=30))
    page = _text(client_of("alice"), "task", task.id)
    assert "系统" in page
    for code in ("system:", "grid_officer<", "community_staff<", "Open"):
        assert code not in page
    building = queries.names([task.place_code[:18]])[task.place_code[:18]]
    rows = client_of("alice").get(reverse("core:tasks"), {"who": "all"}).context["rows"]
    assert rows[0]["place"].startswith(f"{building} ")


def test_what_a_fact_closed_is_not_opened_again_by_hand(
    client_of: Any, alice: Any, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        task_kinds._entries, task.kind, (100, TaskKind("closes itself", by_hand=False))
    )
    actions.close_task(by=alice, task_id=task.id, done_fact="test:1")
    address = reverse("core:task_reopen", args=[task.id])
    assert client_of("bob").post(address).status_code == 409
    # By name, not by user name.
    assert "· Alice</dd>" in _text(client_of("bob"), "task", task.id)


def test_ticked_tasks_are_done_together(client_of: Any, alice: Any, task: Task) -> None:
    ids = [str(task.id), str(uuid4()), "nonsense"]
    response = client_of("bob").post(reverse("core:tasks_done"), {"ids": ids}, follow=True)
    told = [str(message) for message in response.context["messages"]]
    assert len(told) == 2
    with acting(alice):
        task.refresh_from_db()
    assert task.state == TaskState.DONE


def test_a_task_is_handed_over(client_of: Any, cast: Any, bob: Any, task: Task) -> None:
    alice = client_of("alice")
    address = reverse("core:task_reassign", args=[task.id])
    assert alice.post(address, {"assignee_level": 15}).status_code == 422
    assert alice.post(address, {"assignee_user": cast.user("charlie").id}).status_code == 422
    handed = alice.post(address, {"assignee_user": bob.user_id, "assignee_level": 15})
    assert handed.status_code == 302
    client = client_of("bob")
    page = client.get(reverse("core:notifications"))
    assert page.context["unread"] == 1
    told = page.context["rows"][0]
    opened = client.post(reverse("core:notification", args=[told["it"].id]))
    assert opened.url == reverse("core:task", args=[task.id])
    assert client.get(reverse("core:notifications")).context["unread"] == 0


@pytest.mark.parametrize("name", ["task", "task_done", "task_reopen"])
def test_a_task_elsewhere_does_not_exist(client_of: Any, task: Task, name: str) -> None:
    method = "get" if name == "task" else "post"
    response = getattr(client_of("charlie"), method)(reverse(f"core:{name}", args=[task.id]))
    assert response.status_code == 404


def test_cancelling_needs_right_and_reason(client_of: Any, alice: Any, task: Task) -> None:
    address = reverse("core:task_cancel", args=[task.id])
    assert client_of("bob").post(address, {"reason": "x"}).status_code == 403
    assert client_of("alice").post(address, {"reason": ""}).status_code == 422
    assert client_of("alice").post(address, {"reason": "moved away"}).status_code == 302


def test_notifications_of_others_are_not_seen(client_of: Any, alice: Any, bob: Any) -> None:
    message = actions.notify(by=alice, user_id=bob.user_id, template="Come %(when)s", context={})
    assert "Come …" in _text(client_of("bob"), "notifications")
    alices = client_of("alice")
    assert "Come" not in _text(alices, "notifications")
    address = reverse("core:notification", args=[message.id])
    assert alices.post(address).status_code == 404
    bobs = client_of("bob")
    assert bobs.post(reverse("core:notifications_read")).status_code == 302
    assert bobs.get(reverse("core:notifications")).context["unread"] == 0


def test_a_file_is_downloaded_as_an_attachment(client_of: Any, alice: Any, places: Any) -> None:
    file = actions.store_file(
        by=alice,
        data=b"<script>",
        name="台账\n.html",
        media_type="text/html",
        place_code=places.community,
    )
    address = reverse("core:file", args=[file.id])
    response = client_of("alice").get(address)
    assert response.content == b"<script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    with acting(alice):
        assert Event.objects.filter(kind="core.file_read").count() == 1
    assert client_of("charlie").get(address).status_code == 404
    assert client_of("laboratory").get(address).status_code == 403
    assert client_of("headquarters").get(address).status_code == 200


def test_a_job_is_shown_and_stopped_by_its_owner(client_of: Any, bob: Any, places: Any) -> None:
    with acting(bob):
        job = Job.objects.create(
            kind="test",
            place_code=places.grid,
            user_id=bob.user_id,
            requester="bob",
            total=10,
            done=4,
        )
    client = client_of("bob")
    assert "test" in _text(client, "jobs")
    shown = _text(client, "job", job.id)
    assert "hx-get" in shown
    assert "<dt>完成时间</dt>" in shown
    assert client_of("alice").get(reverse("core:job", args=[job.id])).status_code == 404
    assert client_of("headquarters").get(reverse("core:job", args=[job.id])).status_code == 200
    assert client.post(reverse("core:job_cancel", args=[job.id])).status_code == 302
    assert "hx-get" not in _text(client, "job_progress", job.id)
    with acting(bob):
        job.refresh_from_db()
    assert job.state == JobState.STOPPED


def test_the_import_centre_shows_counts_and_reasons(client_of: Any, alice: Any) -> None:
    with acting(alice):
        run = begun(alice, alice.area, b"x")
        imports.stage(run, [(2, {}), (3, {})])
        imports.staged(run)
    shown = _text(client_of("alice"), "import", run.id)
    assert "待写入" in shown
    assert "排队中" not in shown
    wrong = Problem("is not a number", field="phone", mend="write digits")
    imports.commit_chunks(
        run,
        lambda _by, _rows: [Outcome(2), Outcome(3, (wrong,))],
        Here(alice),
    )
    client = client_of("alice")
    assert ">Alice</td>" in _text(client, "imports")
    page = _text(client, "import", run.id)
    assert "is not a number" in page
    assert "<dd>Alice · " in page
    assert "write digits" in page
    assert client_of("charlie").get(reverse("core:import", args=[run.id])).status_code == 404
    assert client_of("bob").get(reverse("core:imports")).status_code == 403
    with acting(alice):
        run.refresh_from_db()
    assert run.state == ImportState.FINISHED


@pytest.mark.django_db(databases=["default", "maintenance"])
def test_an_emergency_from_its_beginning_to_its_end(
    client_of: Any, places: Any, django_capture_on_commit_callbacks: Any
) -> None:
    head = client_of("headquarters")
    given = {
        "name": "甲县疫情",
        "disease": "新型传染病",
        "place_code": places.county,
        "level": 2,
        "started_on": "2020-01-23",
    }
    begin = reverse("core:emergency_begin")
    assert head.post(begin, given | {"place_code": "13x"}).status_code == 422
    assert head.post(begin, given | {"place_code": "130999"}).status_code == 403
    assert head.post(begin, given).status_code == 302
    emergency = Emergency.objects.get()
    assert "甲县疫情" in _text(client_of("bob"), "emergencies")
    measure = {
        "title": "停课",
        "body": "指挥部",
        "content": "全部学校",
        "place_code": places.town,
        "from_at": "2020-01-24T08:00",
        "to_at": "2020-01-23T08:00",
    }
    address = reverse("core:measure_add", args=[emergency.id])
    assert head.post(address, measure).status_code == 422
    assert head.post(address, measure | {"to_at": ""}).status_code == 302
    assert "停课" in _text(client_of("bob"), "emergency", emergency.id)
    lift = reverse("core:measure_lift", args=[emergency.measures.get().id])
    assert client_of("bob").post(lift).status_code == 403
    assert head.post(lift).status_code == 302
    level = reverse("core:emergency_level", args=[emergency.id])
    assert head.post(level, {"level": 1}).status_code == 302
    assert head.post(level, {"level": 9}).status_code == 422
    end = reverse("core:emergency_end", args=[emergency.id])
    assert head.post(end, {"confirm": "no"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert head.post(end, {"confirm": "甲县疫情"}).status_code == 302
    emergency.refresh_from_db()
    assert emergency.key_destroyed_at
    assert not keyring()._path(f"emergency-{emergency.id}").exists()
    assert "销毁证明几分钟内" in _text(head, "emergency", emergency.id)
    assert sunset.finish_all() == 1
    emergency.refresh_from_db()
    assert "销毁证明几分钟内" not in _text(head, "emergency", emergency.id)
    certificate = reverse("core:file", args=[emergency.certificate_id])
    assert head.get(certificate).json()["emergency"] == str(emergency.id)


def test_rules_are_read_by_all_and_changed_by_adding(
    client_of: Any, settings: Any, places: Any
) -> None:
    settings.FANGXIAN_AREA = places.county
    listed = _text(client_of("bob"), "rules")
    assert reverse("core:rule", args=["task.escalation"]) in listed
    assert {">task.escalation<", ">任务逐级升级<"} & set(re.findall(">[^<]+<", listed)) == {
        ">任务逐级升级<"
    }
    before = rules.rule("task.escalation")
    assert "ladder" in _text(client_of("bob"), "rule", "task.escalation", version=1)
    head = client_of("headquarters")
    address = reverse("core:rule", args=["task.escalation"])
    given = {"source": "通知第1号", "valid_from": "2021-01-01", "rule": '{"ladder": [], "hours":'}
    assert head.post(address, given).status_code == 422
    for wrong in ("[]", "{}", '{"ladder": {}, "hours": {"default": NaN}}', "[" * 100_000):
        assert head.post(address, given | {"rule": wrong}).status_code == 422
    good = given | {"rule": '{"ladder": [], "hours": {"default": 1}}'}
    assert client_of("bob").post(address, good).status_code == 403
    assert head.post(address, good).status_code == 302
    after = rules.rule("task.escalation")
    assert after.version == before.version + 1
    assert rules.rule("task.escalation", dt.date(2020, 6, 1)) == before
    assert rules.rule_version("task.escalation", before.version) == before
    assert head.get(reverse("core:rule", args=["nothing"])).status_code == 404


@pytest.mark.parametrize(
    ("area", "said"), [("", "请由服务器管理员设定 FANGXIAN_AREA"), ("1309", "所设区域的指挥部")]
)
def test_a_rule_says_who_can_add_a_version(
    client_of: Any, settings: Any, places: Any, area: str, said: str
) -> None:
    settings.FANGXIAN_AREA = area
    assert said in _text(client_of("headquarters"), "rule", "task.escalation")
    assert "FANGXIAN_AREA" not in _text(client_of("bob"), "rule", "task.escalation")


def test_buttons_of_tasks_say_what_they_do(client_of: Any, task: Task) -> None:
    shown = _text(client_of("bob"), "task", task.id)
    assert re.search(r"<button[^>]*>(?:(?!</button>).)*办结</button>", shown)
    assert not re.search(r"<button[^>]*>(?:(?!</button>).)*已完成</button>", shown)
    listed = client_of("alice").get(reverse("core:tasks"), {"who": "all"}).content.decode()
    assert re.search(r"<button[^>]*>(?:(?!</button>).)*转交</button>", listed)


def test_dead_letters_are_listed_without_their_content(
    client_of: Any, alice: Any, settings: Any, places: Any
) -> None:
    settings.FANGXIAN_AREA = places.county
    actions.notify(
        by=alice,
        template="Come %(who)s",
        context={"who": "SEEDED"},
        channels=["sms"],
        targets={"sms": ["13800000000"]},
    )
    letter = OutboxDelivery.objects.get()
    OutboxDelivery.objects.update(state=DeliveryState.DEAD, error_code="http_400")
    administrator = client_of("system_administrator")
    page = _text(administrator, "outbox")
    assert "http_400" in page
    assert "SEEDED" not in page
    assert "13800000000" not in page
    assert client_of("alice").get(reverse("core:outbox")).status_code == 403
    retry = reverse("core:delivery_retry", args=[letter.id])
    assert administrator.post(retry).status_code == 302
    assert administrator.post(retry).status_code == 404
    letter.refresh_from_db()
    assert letter.state == DeliveryState.WAITING


def test_who_works_for_a_part_of_the_installation_changes_nothing_of_its_outbox(
    client_of: Any, alice: Any, cast: Any
) -> None:
    actions.notify(by=alice, template="Come", channels=["sms"], targets={"sms": ["13800000000"]})
    OutboxDelivery.objects.update(state=DeliveryState.DEAD, error_code="http_400")
    letter = OutboxDelivery.objects.get()
    endpoint = Endpoint.objects.create(name="duty", channel="wecom", url="https://1.1.1.1/x")
    administrator, by = client_of("system_administrator"), cast.actor("system_administrator")
    retry = reverse("core:delivery_retry", args=[letter.id])
    switch = reverse("core:endpoint_switch", args=[endpoint.id])
    given = {"name": "mine", "channel": "webhook", "url": "https://1.1.1.1/x", "secret": "s"}
    address = reverse("core:outbox")
    assert administrator.post(address, given).status_code == 403
    assert administrator.post(retry).status_code == 403
    assert administrator.post(switch, {"active": "0"}).status_code == 403
    for change in (
        lambda: actions.add_endpoint(by=by, **given),
        lambda: actions.switch_endpoint(by=by, endpoint_id=endpoint.id, active=False),
        lambda: actions.retry_delivery(by=by, delivery_id=letter.id),
    ):
        with pytest.raises(Forbidden):
            change()
    page = _text(administrator, "outbox")
    assert "duty" in page
    assert retry not in page
    assert switch not in page
    assert f'action="{address}"' not in page
    assert 'name="secret"' not in page


def test_endpoints_of_our_own_network_are_refused(
    client_of: Any, settings: Any, places: Any
) -> None:
    settings.FANGXIAN_AREA = places.county
    administrator = client_of("system_administrator")
    address = reverse("core:outbox")
    given = {"name": "duty", "channel": "webhook", "secret": "s"}
    for url in (
        "http://127.0.0.1:9/",
        "http://[::1]/",
        "http://169.254.169.254/",
        "http://10.1.2.3/",
    ):
        assert administrator.post(address, given | {"url": url}).status_code == 422
    assert administrator.post(address, given | {"url": "https://192.0.2.0/"}).status_code == 422
    assert administrator.post(address, given | {"url": "https://1.1.1.1/x"}).status_code == 302
    assert "duty" in _text(administrator, "outbox")


def test_health_is_public_and_says_little(client: Any, db: None) -> None:
    response = client.get("/core/health")
    assert response.status_code == 200
    assert response.json() == {"database": True, "worker": False, "outbox": True}


def test_the_work_list_is_opened_without_reading_every_task(
    client_of: Any, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of("alice")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(reverse("core:tasks"), {"who": "all"})
    of_tasks = [row["sql"] for row in asked if "core_task" in row["sql"]]
    assert not [sql for sql in of_tasks if "DISTINCT" in sql]
    assert [sql for sql in of_tasks if "COUNT" in sql and "LIMIT" in sql]
    kinds = [code for code, _label in answer.context["form"].fields["kind"].choices]
    assert {"", "field.report_overdue"} <= set(kinds)
    monkeypatch.setattr("fangxian.core.views.tasks.MOST_COUNTED", 0)
    assert "多于0条" in client.get(reverse("core:tasks"), {"who": "all"}).content.decode()
