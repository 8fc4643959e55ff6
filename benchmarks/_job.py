"""A job as the worker runs it, but here and now."""

from __future__ import annotations

from typing import Any
from uuid import uuid4


def perform(by: Any, job: Any) -> Any:
    """Run a job that was asked for to its end, with its progress. Returns what it gave."""
    from fangxian.common.scoping import acting
    from fangxian.core.jobs import kinds
    from fangxian.core.models import Job
    from fangxian.core.progress import Progress

    token = uuid4()
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="running", run_token=token)
        job.refresh_from_db()
    progress = Progress(job, by, token)
    progress.begin()
    try:
        return kinds.get(job.kind).run(progress, **job.args)
    finally:
        progress.end()
