"""The worker process: jobs, counters, messages, periodic tasks."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import cast
from uuid import uuid4

from django.db import close_old_connections, connections
from django.utils import timezone
from procrastinate.contrib.django import DjangoApp, app
from procrastinate.contrib.django.django_connector import DjangoConnector

from fangxian.core import counters, outbox, runner, sunset
from fangxian.core.models import Worker
from fangxian.core.progress import stopping

log = logging.getLogger(__name__)

SEEN_EVERY = 5.0
ALIVE_WITHIN = timedelta(seconds=30)
RESTART_AFTER = 2.0
GRACE_SECONDS = 20.0


def run(concurrency: int = 2, *, signals: bool = True) -> None:
    """Work until SIGINT or SIGTERM (or :func:`stop`), then stop gracefully.

    Running jobs go back to the queue at their next chunk and are resumed by the next worker. A
    database that restarts is waited for. ``signals`` is off when run in a thread.
    """
    stopping.clear()
    if signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
    threads = [
        _every(1.0, counters.fold, "counters"),
        _every(1.0, _send, "outbox"),
        _every(SEEN_EVERY, _Seen(), "heartbeat"),
    ]
    _guarded(runner.sweep)
    _guarded(sunset.finish_all)
    while not stopping.is_set():
        try:
            asyncio.run(_serve(concurrency))
        except Exception as error:
            log.warning("the queue is not reachable: %s; trying again", type(error).__name__)
        if not stopping.wait(RESTART_AFTER if not stopping.is_set() else 0):
            close_old_connections()
    for thread in threads:
        thread.join(GRACE_SECONDS)
    stopping.clear()


def stop() -> None:
    """Ask the running worker of this process to stop."""
    stopping.set()


async def _serve(concurrency: int) -> None:
    # A second app with the same tasks: the first one keeps Django's connection, so that a job
    # queued by a job belongs to that job's transaction.
    ours = cast(DjangoConnector, app.connector)
    queue = DjangoApp(connector=ours.get_worker_connector())
    queue.tasks = app.tasks
    queue.periodic_registry = app.periodic_registry
    async with queue.open_async():
        work = asyncio.create_task(
            queue.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=False,
                delete_jobs="always",
                fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=GRACE_SECONDS,
            )
        )
        while not stopping.is_set() and not work.done():
            await asyncio.wait({work}, timeout=0.2)
        work.cancel()
        try:
            await work
        except asyncio.CancelledError:
            return


def _every(seconds: float, do: Callable[[], object], name: str) -> threading.Thread:
    def loop() -> None:
        try:
            while not stopping.is_set():
                begun = time.monotonic()
                _guarded(do)
                stopping.wait(max(0.05, seconds - (time.monotonic() - begun)))
        finally:
            if isinstance(do, _Seen):
                _guarded(do.gone)
            connections.close_all()

    thread = threading.Thread(target=loop, name=f"worker {name}", daemon=True)
    thread.start()
    return thread


def _guarded(do: Callable[[], object]) -> None:
    try:
        close_old_connections()
        do()
    except Exception as error:
        # A database that restarts comes back; a fault shows in the log each time.
        log.warning("%s: %s", getattr(do, "__name__", do), type(error).__name__)
        connections["default"].close()


def _send() -> None:
    while outbox.deliver_due() == outbox.BATCH and not stopping.is_set():
        pass


class _Seen:
    """Says that this process is alive."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.name = f"{socket.gethostname()}:{os.getpid()}"[:80]

    def __call__(self) -> None:
        now = timezone.now()
        Worker.objects.update_or_create(id=self.id, defaults={"name": self.name, "seen_at": now})
        Worker.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()

    def gone(self) -> None:
        Worker.objects.filter(id=self.id).delete()


def alive() -> bool:
    """Whether any worker was seen lately."""
    return Worker.objects.filter(seen_at__gte=timezone.now() - ALIVE_WITHIN).exists()
