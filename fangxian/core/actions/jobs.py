"""Starting and stopping jobs."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, OutOfScope
from fangxian.core.actions.files import require_scope
from fangxian.core.jobs import kinds
from fangxian.core.models import UNFINISHED, Job, JobState


@action
def start_job(*, by: Actor, kind: str, args: dict[str, str], place_code: str) -> Job:
    """Queue a job that will run with the actor's grant, in its area. ``args`` are ids only.

    It starts when this transaction commits. Raises KeyError (no such kind), Forbidden, OutOfScope.
    """
    wanted = kinds.get(kind)
    require_scope(by, place_code)
    by.require(wanted.right, place_code)
    job = Job(
        kind=kind,
        args=args,
        place_code=place_code,
        user_id=by.user_id,
        grant_id=by.grant_id,
        requester=by.name,
    )
    job.save(force_insert=True)
    enqueue(job.id)
    return job


def enqueue(job_id: UUID) -> None:
    """Put a job into the queue, in the running transaction."""
    from fangxian.core.tasks import run_job

    run_job.defer(job_id=str(job_id))


@action
def cancel_job(*, by: Actor, job_id: UUID) -> Job:
    """Ask a job to stop: at once if it waits, else after the part it is at.

    One's own, or any in the area with the right ``core.jobs``. Raises OutOfScope, Forbidden,
    Conflict (already ended).
    """
    job = Job.objects.select_for_update().filter(id=job_id).first()
    if job is None:
        raise OutOfScope(str(job_id))
    if job.user_id is None or job.user_id != by.user_id:
        by.require("core.jobs", job.place_code)
    if job.state not in UNFINISHED:
        raise Conflict(_("The job has already ended."))
    if job.state == JobState.QUEUED:
        job.state, job.finished_at = JobState.STOPPED, timezone.now()
    else:
        job.state = JobState.STOPPING
    job.save(update_fields=["state", "finished_at"])
    return job
