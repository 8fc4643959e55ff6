"""Jobs run by the real worker: in the requester's scope, resumable, stoppable."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.core import actions, runner, worker
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.models import Event, Job, JobState, Worker
from fangxian.core.progress import JobLost, Progress
from fangxian.core.tests.working import SYSTEM, job, until, working
from tests.kit.cast import Cast, Places, make_cast, make_places

CHUNKS = 20


@pytest.fixture
def crew(fresh_database: str) -> tuple[Places, Cast]:
    places = make_places()
    return places, make_cast(places)


@pytest.fixture
def kind() -> Any:
    """Register job kinds for one test."""
    names = []

    def add(run: Any, right: str = "core.task", attempts: int = 3) -> str:
        name = f"test.{len(names)}"
        kinds.register(name, JobKind(name, "A test", right, run, attempts))
        names.append(name)
        return name

    yield add
    for name in names:
        kinds._entries.pop(name)


def _count_events(progress: Progress, **_ids: str) -> None:
    """Write one event a chunk; what a chunk did is known to the next attempt by ``state``."""
    while progress.state.get("at", 0) < CHUNKS:
        with progress.chunk() as by:
            at = progress.state.get("at", 0)
            actions.emit(
                by=by, kind="test.chunk", place_code=by.area, op_id=uuid7(), data={"at": at}
            )
            progress.state["at"] = at + 1
        progress.step(at + 1, CHUNKS)
        time.sleep(0.05)


def _chunks() -> list[int]:
    with acting(SYSTEM):
        found = Event.objects.filter(kind="test.chunk")
        return sorted(event.data["at"] for event in found)


def test_a_job_runs_in_its_requesters_scope(crew: Any, kind: Any) -> None:
    places, cast = crew
    seen: dict[str, Any] = {}

    def look(progress: Progress, **ids: str) -> None:
        with progress.chunk() as by:
            seen.update(area=by.area, ids=ids, name=by.name, source=by.source)
            seen["jobs"] = Job.objects.count()
        progress.step(1, 1, note="looked")

    bob, charlie = cast.actor("bob"), cast.actor("charlie")
    name = kind(look)
    actions.start_job(by=charlie, kind=name, args={}, place_code=places.outside)
    other = actions.start_job(by=bob, kind=name, args={"a": "1"}, place_code=places.grid)
    with working(1):
        until(lambda: job(other.id).state == JobState.DONE)
    assert seen["area"] == places.grid
    assert seen["name"] == "bob"
    assert seen["jobs"] == 1
    done = job(other.id)
    assert (done.done, done.total, done.note) == (1, 1, "looked")


def test_rights_and_scope_are_asked_at_the_start(crew: Any, kind: Any) -> None:
    places, cast = crew
    name = kind(_count_events, right="core.jobs")
    with pytest.raises(Forbidden):
        actions.start_job(by=cast.actor("bob"), kind=name, args={}, place_code=places.grid)
    with pytest.raises(OutOfScope):
        actions.start_job(by=cast.actor("bob"), kind=name, args={}, place_code=places.outside)


def test_a_disabled_account_or_an_ended_grant_runs_nothing(crew: Any, kind: Any) -> None:
    places, cast = crew
    name = kind(_count_events)
    bob, alice = cast.actor("bob"), cast.actor("alice")
    first = actions.start_job(by=bob, kind=name, args={}, place_code=places.grid)
    second = actions.start_job(by=alice, kind=name, args={}, place_code=places.grid)
    cast.user("bob").is_active = False
    cast.user("bob").save()
    Grant.objects.filter(id=alice.grant_id).update(
        valid_to=timezone.localdate() - dt.timedelta(days=1)
    )
    runner.run(first.id)
    runner.run(second.id)
    for one in (first, second):
        assert (job(one.id).state, job(one.id).error_code) == (JobState.FAILED, "requester_gone")
    assert not _chunks()


def test_progress_is_seen_before_the_work_commits(crew: Any, kind: Any) -> None:
    places, cast = crew
    go_on = threading.Event()

    def wait(progress: Progress) -> None:
        with progress.chunk():
            progress.step(3, 10)
            go_on.wait(20)

    started = actions.start_job(
        by=cast.actor("bob"), kind=kind(wait), args={}, place_code=places.grid
    )
    with working(1):
        try:
            until(lambda: job(started.id).done == 3)
            assert job(started.id).state == JobState.RUNNING
        finally:
            go_on.set()
        until(lambda: job(started.id).state == JobState.DONE)


def test_a_job_stops_between_two_chunks(crew: Any, kind: Any) -> None:
    places, cast = crew

    def endless(progress: Progress) -> None:
        while True:
            with progress.chunk():
                progress.state["n"] = progress.state.get("n", 0) + 1
            progress.step(progress.state["n"])
            time.sleep(0.02)

    bob = cast.actor("bob")
    started = actions.start_job(by=bob, kind=kind(endless), args={}, place_code=places.grid)
    with working(1):
        until(lambda: job(started.id).done > 0)
        actions.cancel_job(by=bob, job_id=started.id)
        until(lambda: job(started.id).state == JobState.STOPPED)
    with pytest.raises(Conflict):
        actions.cancel_job(by=bob, job_id=started.id)


def test_only_the_owner_or_who_keeps_the_jobs_may_stop_one(crew: Any, kind: Any) -> None:
    places, cast = crew
    name = kind(_count_events)
    started = actions.start_job(by=cast.actor("bob"), kind=name, args={}, place_code=places.grid)
    with pytest.raises(Forbidden):
        actions.cancel_job(by=cast.actor("alice"), job_id=started.id)
    stopped = actions.cancel_job(by=cast.actor("headquarters"), job_id=started.id)
    assert stopped.state == JobState.STOPPED
    runner.run(started.id)
    assert not _chunks()


def test_a_worker_that_goes_down_hands_the_job_on(crew: Any, kind: Any) -> None:
    places, cast = crew
    started = actions.start_job(
        by=cast.actor("bob"), kind=kind(_count_events), args={}, place_code=places.grid
    )
    with working(1):
        until(lambda: len(_chunks()) >= 2)
    assert job(started.id).state == JobState.QUEUED
    assert len(_chunks()) < CHUNKS
    with working(1):
        until(lambda: job(started.id).state == JobState.DONE)
    assert _chunks() == list(range(CHUNKS))
    assert job(started.id).attempts == 1


def test_a_fault_fails_the_job_without_telling_what_it_read(
    crew: Any, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    places, cast = crew

    def broken(progress: Progress) -> None:
        with progress.chunk() as by:
            actions.emit(by=by, kind="test.chunk", place_code=by.area, op_id=uuid7(), data={})
            raise ValueError("SEEDED 张三")

    def refused(progress: Progress) -> None:
        raise Invalid(Problem("SEEDED", code="bad_header"))

    bob = cast.actor("bob")
    one = actions.start_job(by=bob, kind=kind(broken), args={}, place_code=places.grid)
    two = actions.start_job(by=bob, kind=kind(refused), args={}, place_code=places.grid)
    runner.run(one.id)
    runner.run(two.id)
    assert job(one.id).error_code == "internal"
    assert job(two.id).error_code == "bad_header"
    assert "SEEDED" not in caplog.text
    assert not _chunks()


def _stale(started: Job, **more: Any) -> None:
    long_ago = timezone.now() - dt.timedelta(minutes=10)
    values = {"state": JobState.RUNNING, "heartbeat_at": long_ago, "run_token": uuid4()} | more
    with acting(SYSTEM):
        Job.objects.filter(id=started.id).update(**values)


def test_the_sweeper_queues_what_a_dead_worker_left(crew: Any, kind: Any) -> None:
    places, cast = crew
    started = actions.start_job(
        by=cast.actor("bob"), kind=kind(_count_events), args={}, place_code=places.grid
    )
    _stale(started, attempts=1)
    assert runner.sweep() == 1
    assert job(started.id).state == JobState.QUEUED
    _stale(started, attempts=3)
    runner.sweep()
    assert (job(started.id).state, job(started.id).error_code) == (JobState.FAILED, "worker_lost")


def test_an_attempt_given_up_for_dead_can_write_no_more(crew: Any, kind: Any) -> None:
    places, cast = crew
    lost: list[bool] = []

    def revived(progress: Progress) -> None:
        _stale(started, attempts=1)
        runner.sweep()
        try:
            with progress.chunk() as by:
                actions.emit(by=by, kind="test.chunk", place_code=by.area, op_id=uuid7(), data={})
        except JobLost:
            lost.append(True)
            raise

    started = actions.start_job(
        by=cast.actor("bob"), kind=kind(revived), args={}, place_code=places.grid
    )
    runner.run(started.id)
    assert lost == [True]
    assert not _chunks()
    assert job(started.id).state == JobState.QUEUED


def test_the_worker_says_that_it_is_there(fresh_database: str) -> None:
    assert not worker.alive()
    with working(1):
        until(worker.alive)
    assert not Worker.objects.exists()


def test_the_worker_command_ends_when_asked(fresh_database: str) -> None:
    env = dict(os.environ, FANGXIAN_DATABASE=fresh_database)
    process = subprocess.Popen([sys.executable, "-m", "django", "run_worker"], env=env)
    try:
        until(worker.alive, 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(10)
    assert not Worker.objects.exists()
