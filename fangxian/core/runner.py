"""Running one job: claim it, act as its requester, record how it ended."""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from fangxian.accounts.queries import resolve
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, TooMany
from fangxian.common.scoping import acting
from fangxian.core.actions.jobs import enqueue
from fangxian.core.actions.notify import notify
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.models import File, Job, JobState
from fangxian.core.progress import STALE_SECONDS, JobLost, JobStopped, Progress, WorkerStopping

log = logging.getLogger(__name__)

SYSTEM = "system:"


def system_actor(name: str) -> Actor:
    """The named system job in this installation's area."""
    return Actor.system(name, settings.FANGXIAN_AREA)


def run(job_id: UUID) -> None:
    """Run a queued job to its end. A job that is not queued (any more) is left alone."""
    claimed = _claim(job_id)
    if claimed is None:
        return
    job, token = claimed
    by = _requester(job)
    kind = kinds.get(job.kind) if job.kind in kinds else None
    if by is None or kind is None:
        _end(job, token, JobState.FAILED, "requester_gone" if by is None else "unknown_kind")
        return
    progress = Progress(job, by, token)
    progress.begin()
    state, code = JobState.DONE, ""
    try:
        by.require(kind.right, job.place_code)
        result = kind.run(progress, **job.args)
        if isinstance(result, File):
            progress.result_file = result
    except JobStopped:
        state = JobState.STOPPED
    except WorkerStopping:
        state = JobState.QUEUED
    except JobLost:
        log.warning("job %s was taken over by another attempt", job.id)
        progress.end()
        return
    except (OperationalError, InterfaceError) as error:
        # The database went away: the sweeper queues the job again when its heartbeat is stale.
        log.warning("job %s: %s; it will be tried again", job.id, type(error).__name__)
        progress.end()
        connection.close()
        return
    except Exception as error:
        state, code = JobState.FAILED, error_code(error)
        _log_failure(job, error)
    progress.end()
    _end(job, token, state, code, progress)


def error_code(error: Exception) -> str:
    """A short code of what went wrong, without any of the data it went wrong with."""
    if isinstance(error, Invalid):
        return error.problems[0].code if error.problems else "invalid"
    named = {
        Forbidden: "forbidden",
        OutOfScope: "out_of_scope",
        Conflict: "conflict",
        TooMany: "too_many",
    }
    return named.get(type(error), "internal")


def _log_failure(job: Job, error: Exception) -> None:
    # Not the message: it may quote a row. Where it happened is enough to find it.
    at = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "job %s (%s) failed: %s at %s:%s",
        job.id,
        job.kind,
        type(error).__name__,
        at.filename,
        at.lineno,
    )


def _claim(job_id: UUID) -> tuple[Job, UUID] | None:
    with acting(system_actor("core.worker")):
        job = Job.objects.select_for_update().filter(id=job_id, state=JobState.QUEUED).first()
        if job is None:
            return None
        now = timezone.now()
        job.state = JobState.RUNNING
        job.run_token = uuid4()
        job.attempts += 1
        job.heartbeat_at = now
        job.started_at = job.started_at or now
        job.save(update_fields=["state", "run_token", "attempts", "heartbeat_at", "started_at"])
        return job, job.run_token


def _requester(job: Job) -> Actor | None:
    if job.user_id is None:
        name = job.requester.removeprefix(SYSTEM)
        return Actor.system(name, settings.FANGXIAN_AREA).for_purpose(f"job {job.id}")
    if job.grant_id is None:
        return None
    try:
        return resolve(
            job.user_id, job.grant_id, source=f"job {job.kind}"[:80], purpose=f"job {job.id}"
        )
    except Forbidden:
        return None


def _end(job: Job, token: UUID, state: str, code: str, progress: Progress | None = None) -> None:
    """Record the end, unless another attempt has the job. A job sent back is queued again."""
    with acting(system_actor("core.worker")) as by:
        row = Job.objects.select_for_update().filter(id=job.id, run_token=token).first()
        if row is None:
            return
        if state == JobState.QUEUED and row.state == JobState.STOPPING:
            state = JobState.STOPPED
        row.state = state
        row.error_code = code
        row.finished_at = None if state == JobState.QUEUED else timezone.now()
        row.run_token = None
        if progress is not None and state == JobState.DONE:
            row.result_file = progress.result_file
            row.result_url = progress.result_url
        if state == JobState.QUEUED:
            # Going down with the worker is not the job's fault.
            row.attempts -= 1
            row.heartbeat_at = timezone.now()
        row.save()
        if state == JobState.QUEUED:
            enqueue(row.id)
        else:
            _tell_end(by, row)


# Who waits no longer than this is still on the job's page, which shows that it has ended.
QUICK = timedelta(seconds=20)


def _tell_end(by: Actor, job: Job) -> None:
    """Tell who started a job that it failed, or has ended after he may have left its page."""
    quick = job.finished_at is not None and job.finished_at - job.created_at < QUICK
    if job.user_id is not None and (job.state == JobState.FAILED or not quick):
        notify(
            by=by,
            user_id=job.user_id,
            template="core.job_ended",
            context={"job": str(job.id), "state": job.state},
        )


def sweep() -> int:
    """Queue again what a dead worker left behind; give up after the kind's attempts.

    Returns the number of jobs moved. Runs every minute and when a worker starts.
    """
    moved = 0
    limit = timezone.now() - timedelta(seconds=STALE_SECONDS)
    with acting(system_actor("core.sweep")) as by:
        stale = Job.objects.select_for_update(skip_locked=True).filter(
            state__in=[JobState.RUNNING, JobState.STOPPING], heartbeat_at__lt=limit
        )
        for job in stale:
            kind = kinds.get(job.kind) if job.kind in kinds else None
            job.run_token = None
            if job.state == JobState.STOPPING:
                job.state, job.finished_at = JobState.STOPPED, timezone.now()
            elif job.attempts >= _max_attempts(kind):
                job.state, job.finished_at = JobState.FAILED, timezone.now()
                job.error_code = "worker_lost"
            else:
                job.state = JobState.QUEUED
                job.heartbeat_at = timezone.now()
                enqueue(job.id)
            job.save()
            if job.finished_at is not None:
                _tell_end(by, job)
            moved += 1
        moved += _requeue_forgotten(limit)
    _forget_dead_queue_entries()
    return moved


def _max_attempts(kind: JobKind | None) -> int:
    return kind.max_attempts if kind else 0


def _requeue_forgotten(limit: datetime) -> int:
    """Queue again the jobs that wait although nothing in the queue stands for them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id FROM core_job j WHERE j.state = 'queued'"
            " AND coalesce(j.heartbeat_at, j.created_at) < %s AND NOT EXISTS ("
            "  SELECT 1 FROM procrastinate_jobs q WHERE q.task_name = 'core.run_job'"
            "  AND q.status = 'todo' AND q.args ->> 'job_id' = j.id::text)",
            [limit],
        )
        forgotten = [row[0] for row in cursor.fetchall()]
    for job_id in forgotten:
        enqueue(job_id)
    return len(forgotten)


def _forget_dead_queue_entries() -> None:
    """Remove the queue's entries that a vanished worker holds: our own rows have taken over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT procrastinate_finish_job_v1(j.id, 'failed', true) FROM procrastinate_jobs j"
            " LEFT JOIN procrastinate_workers w ON w.id = j.worker_id WHERE j.status = 'doing'"
            " AND (w.id IS NULL OR w.last_heartbeat < now() - %s * interval '1 second')",
            [STALE_SECONDS],
        )
