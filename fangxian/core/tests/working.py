"""A real worker for tests, in a thread of this process, and job kinds for it to run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asgiref.sync import SyncToAsync
from django.db import connections

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core import worker
from fangxian.core.models import Job

SYSTEM = Actor.system("test", "")


@contextmanager
def working(concurrency: int = 2) -> Iterator[None]:
    """The worker runs while the block does."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            worker.run(concurrency, signals=False)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(40)
        # The queue works in a thread of asgiref that outlives the worker; its connection would
        # end with this test's database, and the next worker would begin with a broken one.
        SyncToAsync.single_thread_executor.submit(connections.close_all).result(10)
    assert not thread.is_alive()
    assert not failures


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait for ``condition`` to become true and return its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it never became true")


def job(job_id: Any) -> Job:
    """The job as it stands now."""
    with acting(SYSTEM):
        return Job.objects.get(id=job_id)
