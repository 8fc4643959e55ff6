"""Running the import of a ledger as the worker does, without a worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core import ledgers
from fangxian.core.jobs import kinds
from fangxian.core.models import ImportRun, Job
from fangxian.core.progress import Progress


class Quiet(Progress):
    """Progress without its second connection, which would not see the test's transaction."""

    def _write(self) -> None:
        pass


class Here(Progress):
    """Stands where a job's progress would: chunks are plain transactions of the actor."""

    def __init__(self, by: Actor) -> None:
        self.by = by
        self.state: dict[str, Any] = {}

    @contextmanager
    def chunk(self) -> Iterator[Actor]:
        with acting(self.by) as by, transaction.atomic():
            yield by

    def step(self, done: int, total: int | None = None, note: str = "") -> None:
        pass


def run_job(by: Any, job: Job, **options: Any) -> Any:
    token = uuid4()
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="running", run_token=token)
        job.refresh_from_db()
    result = kinds.get(job.kind).run(Quiet(job, by, token), **job.args, **options)
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="done", finished_at=timezone.now())
    return result


def previewed(
    by: Any,
    data: bytes,
    place: str,
    *,
    kind: str,
    name: str = "台账.xlsx",
    sizes: dict[str, int] | None = None,
    emergency_id: UUID | None = None,
    **choices: Any,
) -> ImportRun:
    run = ledgers.upload(
        by=by, kind=kind, place_code=place, name=name, data=data, emergency_id=emergency_id
    )
    mapping = choices.pop("mapping", None) or proposed(by, run.id)
    job = ledgers.choose(by=by, run_id=run.id, mapping=mapping, **choices)
    run_job(by, job, **sizes or {})
    return seen(by, run.id)


def proposed(by: Any, run_id: UUID) -> dict[str, str]:
    with acting(by):
        return ledgers.Source(by, ledgers.run_of(run_id)).mapping.remember()


def imported(
    by: Any,
    data: bytes,
    place: str,
    *,
    kind: str,
    sizes: dict[str, int] | None = None,
    **choices: Any,
) -> ImportRun:
    """``sizes={"size": 3}``: chunks of three rows."""
    run = previewed(by, data, place, kind=kind, sizes=sizes, **choices)
    run_job(by, ledgers.confirm(by=by, run_id=run.id), **sizes or {})
    return seen(by, run.id)


def seen(by: Any, run_id: UUID) -> ImportRun:
    with acting(by):
        return ledgers.run_of(run_id)
