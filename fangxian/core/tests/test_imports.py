"""Imports: what came in is accepted or rejected, once, and nothing is half written."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.common.sheets.marking import RowError
from fangxian.core import actions, imports, invariants, runner
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.jobs import kinds
from fangxian.core.models import Event, ImportRow, ImportRun, ImportState, Job, JobState
from fangxian.core.tests import drill
from fangxian.core.tests.importing import Here
from fangxian.core.tests.working import SYSTEM, job, until
from tests.kit.cast import make_cast, make_places


def begun(by: Actor, place: str, data: bytes, kind: str = "test") -> ImportRun:
    """A run of a file, inside ``acting``."""
    return imports.begin(
        by=by, kind=kind, place_code=place, name="a.csv", data=data, right="core.files"
    )


def _run(by: Actor, place: str, rows: Sequence[dict[str, Any]]) -> ImportRun:
    with acting(by):
        run = begun(by, place, uuid7().bytes)
        imports.stage(run, enumerate(rows, start=2))
        return imports.staged(run)


def _accept(_by: Actor, rows: list[StagedRow]) -> list[Outcome]:
    return [Outcome(row.number) for row in rows]


BEHAVIOURS = ("ok", "known", "reject", "raise", "break")


def _behave(_by: Actor, rows: list[StagedRow]) -> list[Outcome]:
    found = []
    for row in rows:
        what = row.values["do"]
        if what == "raise":
            raise Invalid(Problem("no", field="do"))
        if what == "break":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        problems = (Problem("no", field="do", mend="say ok"),) if what == "reject" else ()
        found.append(Outcome(row.number, problems, changed=what == "ok"))
    return found


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    doings=strategies.lists(strategies.sampled_from(BEHAVIOURS), max_size=12),
    size=strategies.integers(1, 5),
)
def test_rows_in_are_accepted_plus_rejected(alice: Any, doings: list[str], size: int) -> None:
    run = _run(alice, alice.area, [{"do": what} for what in doings])
    run = imports.commit_chunks(run, _behave, Here(alice), size=size)
    good = sum(what in ("ok", "known") for what in doings)
    assert (run.state, run.rows_in) == (ImportState.FINISHED, len(doings))
    assert (run.accepted, run.rejected) == (good, len(doings) - good)
    assert run.changed == doings.count("ok")
    with acting(alice):
        told = {number for number, _values, problems in imports.problems_of(run) if problems}
    assert told == {n for n, what in enumerate(doings, start=2) if what not in ("ok", "known")}


def test_the_database_refuses_a_run_that_does_not_add_up(alice: Any) -> None:
    run = _run(alice, alice.area, [{"do": "ok"}])
    with pytest.raises(IntegrityError), acting(alice), transaction.atomic():
        imports.finish(run)


def test_staging_twice_adds_nothing_and_is_sealed(alice: Any, charlie: Any) -> None:
    run = _run(alice, alice.area, [{"name": "SEEDED"}])
    with acting(alice):
        imports.stage(run, [(2, {"name": "other"})])
        assert imports.rows_of(run)[0].values == {"name": "SEEDED"}
        with connection.cursor() as cursor:
            cursor.execute("SELECT raw FROM core_importrow")
            assert b"SEEDED" not in bytes(cursor.fetchone()[0])
    with acting(charlie):
        assert not ImportRow.objects.exists()


def test_a_handler_that_forgets_a_row_is_a_fault(alice: Any) -> None:
    run = _run(alice, alice.area, [{}, {}])
    with pytest.raises(ValueError, match="exactly one outcome"):
        imports.commit_chunks(run, lambda _by, rows: _accept(_by, rows)[:1], Here(alice))


def test_a_file_sent_twice_before_its_columns_are_chosen_is_one_run(alice: Any, cast: Any) -> None:
    with acting(alice):
        run = begun(alice, alice.area, b"x")
        assert begun(alice, alice.area, b"x").id == run.id
        assert begun(alice, alice.area, b"y").id != run.id
        assert begun(alice, alice.area, b"x", "other").id != run.id
        imports.staged(run)
        assert begun(alice, alice.area, b"x").id != run.id


def test_two_rows_of_one_number_are_a_fault(alice: Any) -> None:
    with acting(alice):
        run = begun(alice, alice.area, b"x")
        with pytest.raises(ValueError, match="same number"):
            imports.stage(run, [(2, {}), (3, {}), (2, {})])


def test_errors_are_marked_where_the_number_says(alice: Any) -> None:
    with acting(alice):
        run = begun(alice, alice.area, b"x")
        imports.stage(run, [(imports.number_of(5, sheet=1), {"do": "reject"})])
        imports.staged(run)
    run = imports.commit_chunks(run, _behave, Here(alice))
    with acting(alice):
        # Staged when numbers named the blocks of the chosen sheet alone.
        assert imports.sheets_in_error(run) == {0}
        assert list(imports.row_errors(run, {0: {"do": 1}})) == [RowError(5, "no say ok", 1, 1, 0)]
        run.options = {"sheet": 0, "preview": {"sheet_names": {}}}
        assert imports.sheets_in_error(run) == {1}
        found = imports.row_errors(run, {0: {"do": 1}, 1: {"do": 2}})
        assert list(found) == [RowError(5, "no say ok", 2, 0, 1)]


@given(
    row=strategies.integers(1, 2**20),
    block=strategies.integers(0, 4),
    sheet=strategies.integers(0, 199),
)
def test_a_number_names_row_block_and_sheet(row: int, block: int, sheet: int) -> None:
    number = imports.number_of(row, block, sheet)
    assert imports.place_of(number) == (row, block, sheet)
    assert imports.number_of(row) == row
    assert imports.number_of(2**20, block, 199) < imports.number_of(1, block + 1)
    assert number < 2**31


@pytest.mark.parametrize("size", [1, 2, 500])
def test_rows_that_come_later_wait_for_the_others(alice: Any, size: int) -> None:
    """A chain: each row but one waits for the next; one waits for a row that never comes."""
    needs = [1, 2, 3, None, 9]
    done: set[int] = set()

    def handler(_by: Actor, rows: list[StagedRow]) -> list[Outcome]:
        found = []
        for row in rows:
            need = row.values.get("needs")
            if need is None or need in done:
                done.add(row.number - 2)
                found.append(Outcome(row.number))
            else:
                found.append(Outcome(row.number, (Problem("no", field="needs"),), later=True))
        return found

    run = _run(alice, alice.area, [{} if n is None else {"needs": n} for n in needs])
    run = imports.commit_chunks(run, handler, Here(alice), size=size)
    assert (run.accepted, run.rejected) == (4, 1)
    with acting(alice):
        assert [number for number, _values, _found in imports.problems_of(run)] == [6]


def test_a_chunk_is_halved_until_the_row_that_spoils_it_is_alone(alice: Any) -> None:
    calls: list[int] = []

    def handler(by: Actor, rows: list[StagedRow]) -> list[Outcome]:
        calls.append(len(rows))
        return _behave(by, rows)

    run = _run(alice, alice.area, [{"do": "ok" if n != 70 else "break"} for n in range(200)])
    run = imports.commit_chunks(run, handler, Here(alice))
    assert (run.accepted, run.rejected) == (199, 1)
    assert len(calls) <= 2 * 8 + 1


def test_a_run_whose_work_has_stopped_says_so_and_goes_on(alice: Any) -> None:
    run = _run(alice, alice.area, [{"do": "ok"}])
    with acting(alice):
        stopped = Job.objects.create(
            kind="test.import", state=JobState.FAILED, place_code=alice.area, requester="alice",
            finished_at=timezone.now(),
        )  # fmt: skip
        going = Job.objects.create(kind="test.import", place_code=alice.area, requester="alice")
        run.state, run.job_id = ImportState.RUNNING, stopped.id
        run.save()
        assert imports.stopped(run)
        assert imports.to_confirm(run.id).id == run.id
        run.job_id = going.id
        run.save()
        assert not imports.stopped(run)
        with pytest.raises(Conflict):
            imports.to_confirm(run.id)
        with pytest.raises(Conflict):
            imports.to_choose(run.id)


def test_what_rows_said_goes_with_their_file(alice: Any) -> None:
    run = _run(alice, alice.area, [{"do": "ok"}, {"do": "reject"}])
    run = imports.commit_chunks(run, _behave, Here(alice))
    with acting(alice):
        run.options = {"sheet": 0, "preview": {"problems": ["row 2: SEEDED"]}}
        run.save(update_fields=["options"])
        over = run.file.keep_until + dt.timedelta(days=1)
    assert actions.purge_files(by=SYSTEM, today=over) == 1
    with acting(alice):
        assert not ImportRow.objects.filter(raw__isnull=False).exists()
        assert ImportRow.objects.filter(run=run).count() == 2
        assert list(imports.problems_of(run)) == []
        run.refresh_from_db()
        assert run.options == {"sheet": 0}


def test_mappings_are_remembered_by_headers_nearest_first(alice: Any, cast: Any) -> None:
    head = cast.actor("headquarters")
    with acting(head):
        imports.remember_mapping(head, "test", "signature", {"a": "county"})
    with acting(alice):
        assert imports.recall_mapping(alice, "test", "signature") == {"a": "county"}
        imports.remember_mapping(alice, "test", "signature", {"a": "mine"})
        imports.remember_mapping(alice, "test", "signature", {"a": "mine again"})
        assert imports.recall_mapping(alice, "test", "signature") == {"a": "mine again"}
        assert imports.recall_mapping(alice, "test", "unknown") is None


def test_a_killed_worker_leaves_no_half_row_and_loses_none(fresh_database: str) -> None:
    """kill -9 the worker again and again in the middle of an import."""
    places = make_places()
    alice = make_cast(places).actor("alice")
    drill.register()
    try:
        with acting(alice):
            run = begun(alice, places.community, b"x")
            started = actions.start_job(
                by=alice,
                kind="test.import",
                args={"run": str(run.id)},
                place_code=places.community,
            )
        kills = _kill_until_done(started.id, fresh_database)
    finally:
        kinds._entries.pop("test.import")
    assert kills >= 3
    with acting(SYSTEM):
        run.refresh_from_db()
        written = Event.objects.filter(kind="test.row").count()
    assert (run.state, run.rows_in) == (ImportState.FINISHED, drill.ROWS)
    assert run.accepted == written == drill.ROWS - drill.ROWS // 10
    assert run.rejected == drill.ROWS // 10
    assert not list(invariants.imports_add_up())


def _kill_until_done(job_id: Any, database: str) -> int:
    env = dict(os.environ, FANGXIAN_DATABASE=database)
    command = [sys.executable, "-m", "fangxian.core.tests.drill"]
    acknowledged = kills = 0
    while job(job_id).state != JobState.DONE:
        process = subprocess.Popen(command, env=env)
        try:
            begun = acknowledged
            until(lambda at=begun: _accounted() > at or job(job_id).state == JobState.DONE, 60)
            if kills < 3:
                time.sleep(0.1)
            else:
                until(lambda: job(job_id).state == JobState.DONE, 60)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            kills += 1
        now = _accounted()
        assert now >= acknowledged
        acknowledged = now
        # The chunk at which it died was rolled back as a whole.
        assert not list(invariants.imports_add_up())
        time.sleep(1.1)
        sweep_at_once()
    return kills


def sweep_at_once() -> None:
    before, runner.STALE_SECONDS = runner.STALE_SECONDS, 1
    try:
        runner.sweep()
    finally:
        runner.STALE_SECONDS = before


def _accounted() -> int:
    with acting(SYSTEM):
        run = ImportRun.objects.get()
        return run.accepted + run.rejected


def test_a_database_fault_that_is_not_the_rows_is_not_blamed_on_them(alice: Any) -> None:
    from django.db import OperationalError

    def gone(_by: Actor, _rows: list[StagedRow]) -> list[Outcome]:
        raise OperationalError("server closed the connection")

    run = _run(alice, alice.area, [{}])
    with pytest.raises(DatabaseError):
        imports.commit_chunks(run, gone, Here(alice))
