"""What a running job reports, and the transactions it works in."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, connections

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.models import File, Job, JobState

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
STALE_SECONDS = 45
WRITE_EVERY = 0.3

stopping = threading.Event()


class JobStopped(Exception):
    """The job was asked to stop; raised between two parts of its work."""


class WorkerStopping(Exception):
    """The worker is going down: the job goes back to the queue and is resumed."""


class JobLost(Exception):
    """Another attempt has taken this job over; what this one did since is rolled back."""


class Progress:
    """Handed to a job kind's function.

    ``by`` is the requester; ``args`` of the job come as keywords. Work in :meth:`chunk` blocks:
    each is one transaction in the requester's scope, in which ``state`` is saved too, so that a
    later attempt resumes after the last chunk that was committed.
    """

    def __init__(self, job: Job, by: Actor, token: UUID) -> None:
        self.job_id = job.id
        self.place_code = job.place_code
        self.by = by
        self.state: dict[str, Any] = dict(job.state_data)
        self.result_url = ""
        self.result_file: File | None = None
        self._token = token
        self._done, self._total, self._note = job.done, job.total, job.note
        self._seen_state: str = JobState.RUNNING
        self._written = 0.0
        self._side = _Side()
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._keep_alive, daemon=True, name=f"job {job.id}")

    def step(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far the work is. Written on a connection of its own, about three times a second.

        ``note`` is shown to the requester: no personal data.
        """
        self._done = done
        self._total = self._total if total is None else total
        self._note = (note or self._note)[:200]
        if time.monotonic() - self._written >= WRITE_EVERY:
            self._write()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the job to stop (asks the database about twice a second)."""
        if time.monotonic() - self._written >= WRITE_EVERY:
            self._write()
        return self._seen_state != JobState.RUNNING

    def check(self) -> None:
        """Raise JobStopped, WorkerStopping or JobLost when the work must not go on."""
        if stopping.is_set():
            raise WorkerStopping
        if self.cancelled:
            raise JobLost if self._seen_state == "" else JobStopped

    @contextmanager
    def chunk(self) -> Iterator[Actor]:
        """One part of the work: a transaction in the requester's scope that saves ``state`` too."""
        self.check()
        with acting(self.by) as by:
            yield by
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE core_job SET state_data = %s, heartbeat_at = now()"
                    " WHERE id = %s AND run_token = %s AND state IN ('running', 'stopping')",
                    [orjson.dumps(self.state).decode(), self.job_id, self._token],
                )
                if cursor.rowcount != 1:
                    raise JobLost

    def begin(self) -> None:
        self._beat.start()

    def end(self) -> None:
        """Stop the heartbeat and write the last figures."""
        self._ended.set()
        self._beat.join()
        try:
            self._write()
        finally:
            self._side.close()

    def _keep_alive(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            self._write()

    def _write(self) -> None:
        values = [self._done, self._total, self._note, self.job_id, self._token]
        state = self._side.execute(
            "UPDATE core_job SET done = %s, total = %s, note = %s, heartbeat_at = now()"
            " WHERE id = %s AND run_token = %s AND state IN ('running', 'stopping')"
            " RETURNING state",
            values,
        )
        if state is not None:
            self._seen_state = state
        self._written = time.monotonic()


class _Side:
    """A second connection, so that the page sees progress before the work commits."""

    def __init__(self) -> None:
        self._connection = connections["default"].copy()
        self._connection.inc_thread_sharing()
        self._lock = threading.Lock()

    def execute(self, sql: str, values: list[Any]) -> str | None:
        """Run one UPDATE … RETURNING text; "" if it met no row, None if it could not run."""
        lo, hi = codes.bounds(settings.FANGXIAN_AREA)
        with self._lock:
            try:
                self._connection.ensure_connection()
                self._connection.set_autocommit(False)
                with self._connection.cursor() as cursor:
                    # The work's own transaction may hold the row for a moment; don't wait for it.
                    cursor.execute(
                        "SELECT set_config('fangxian.lo', %s, true),"
                        " set_config('fangxian.hi', %s, true),"
                        " set_config('lock_timeout', '1s', true)",
                        [lo, hi],
                    )
                    cursor.execute(sql, values)
                    row = cursor.fetchone()
                self._connection.commit()
            except Exception as error:
                # Progress is a courtesy; the fence in chunk() is what guards the work.
                log.warning("progress not written: %s", type(error).__name__)
                self._connection.close()
                return None
            return str(row[0]) if row else ""

    def close(self) -> None:
        with self._lock:
            self._connection.close()
