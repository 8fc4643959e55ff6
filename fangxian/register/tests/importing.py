"""Running an import as the worker does, without a worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.core.jobs import kinds
from fangxian.core.models import ImportRun, Job
from fangxian.core.progress import Progress
from fangxian.register.importing import runs


class Quiet(Progress):
    """Progress without its second connection, which would not see the test's transaction."""

    def _write(self) -> None:
        pass


def run_job(by: Any, job: Job, **options: Any) -> None:
    token = uuid4()
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="running", run_token=token)
        job.refresh_from_db()
    kinds.get(job.kind).run(Quiet(job, by, token), **job.args, **options)
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="done", finished_at=timezone.now())


def previewed(
    by: Any, data: bytes, place: str, *, sizes: dict[str, int] | None = None, **options: Any
) -> ImportRun:
    run = runs.upload(by=by, place_code=place, name="台账.xlsx", data=data)
    mapping = options.pop("mapping", None) or proposed(by, run.id)
    job = runs.choose(by=by, run_id=run.id, mapping=mapping, **options)
    run_job(by, job, **sizes or {})
    with acting(by):
        return runs.run_of(run.id)


def proposed(by: Any, run_id: UUID) -> dict[str, str]:
    with acting(by):
        return runs.Source(by, runs.run_of(run_id)).mapping.remember()


def imported(
    by: Any, data: bytes, place: str, *, sizes: dict[str, int] | None = None, **options: Any
) -> ImportRun:
    """``sizes={"size": 3}``: chunks of three rows."""
    run = previewed(by, data, place, sizes=sizes, **options)
    job = runs.confirm(by=by, run_id=run.id)
    run_job(by, job, **sizes or {})
    with acting(by):
        return runs.run_of(run.id)
