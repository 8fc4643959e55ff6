"""Work on an import that failed or was stopped: the page says so, and how to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.core import ledgers
from fangxian.core.models import ImportRun, Job
from fangxian.core.tests.importing import proposed, run_job, seen
from fangxian.people.models import Person
from fangxian.register.tests.importing import previewed
from fangxian.register.tests.ledgers import person, workbook

pytestmark = pytest.mark.django_db


def ended(by: Any, job: Job, state: str, code: str = "") -> None:
    with acting(by):
        Job.objects.filter(pk=job.pk).update(
            state=state, error_code=code, finished_at=timezone.now()
        )


@pytest.fixture
def page(client_of: Any) -> Callable[..., str]:
    def read(name: str, *args: Any) -> str:
        answer = client_of("headquarters").get(reverse(name, args=args))
        assert answer.status_code == 200
        return str(answer.content.decode())

    return read


def uploaded(by: Any, place: str) -> ImportRun:
    data = workbook([person(n) for n in range(4)])
    return ledgers.upload(by=by, kind="register", place_code=place, name="a.xlsx", data=data)


def test_a_check_that_failed_is_begun_again_from_the_columns(alice, places, client_of, page):
    run = uploaded(alice, places.grid)
    mapping = proposed(alice, run.pk)
    failed = ledgers.choose(by=alice, run_id=run.pk, mapping=mapping)
    ended(alice, failed, "failed", "worker_lost")
    client, at = client_of("alice"), reverse("register:import_run", args=[run.pk])
    text = client.get(at).content.decode()
    columns = reverse("register:import_columns", args=[run.pk])
    assert f'href="{columns}"' in text
    assert f'href="{reverse("register:import")}"' in text
    assert "执行过程中多次中断" in text
    assert "<progress" not in text
    for name, args in (("core:imports", []), ("core:import", [run.pk])):
        assert str(Job(state="failed").get_state_display()) in page(name, *args)
    assert client.post(at).status_code == 409
    run_job(alice, ledgers.choose(by=alice, run_id=run.pk, mapping=mapping))
    assert seen(alice, run.pk).state == "ready"


def test_an_import_that_was_stopped_goes_on_with_the_rows_that_wait(alice, places, client_of, page):
    run = previewed(alice, workbook([person(n) for n in range(4)]), places.grid)
    client, at = client_of("alice"), reverse("register:import_run", args=[run.pk])
    client.post(at)
    assert 'name="stop"' in client.get(at).content.decode()
    client.post(at, {"stop": "1"})
    run = seen(alice, run.pk)
    with acting(alice):
        assert Job.objects.get(pk=run.job_id).state == "stopped"
    text = client.get(at).content.decode()
    assert 'name="stop"' not in text
    assert "<form" in text
    assert str(Job(state="stopped").get_state_display()) in page("core:imports")
    assert at in page("core:import", run.pk)
    client.post(at)
    with acting(alice):
        job = Job.objects.get(pk=seen(alice, run.pk).job_id)
    run_job(alice, job)
    run = seen(alice, run.pk)
    assert (run.state, run.accepted, run.rejected) == ("finished", 4, 0)
    with acting(alice):
        assert Person.objects.count() == 4
    assert at not in page("core:import", run.pk)


def test_only_a_ledger_of_the_room_opens_on_its_pages(alice, places, client_of):
    run = uploaded(alice, places.grid)
    other = reverse("organisations:import_run", args=[run.pk])
    assert client_of("headquarters").get(other).status_code == 404
