"""The whole product in a folder of its own: PostgreSQL, granian under its watchdog, a worker.

Everything is started by the commands that an office uses, and ended here by its process id.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from fangxian.config.postgres import Server, ensure_server, process
from fangxian.config.tests.kit import PLAIN
from tests.chaos.visitor import Refused, Visitor

T = TypeVar("T")
CHECKOUT = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], T], seconds: float, what: str) -> T:
    """Wait for ``condition`` to become true; what it returned."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"after {seconds:.0f} s still not so: {what}")


@dataclass
class Ground:
    """A cluster of its own, as durable as in production, with databases to copy."""

    folder: Path
    server: Server

    @property
    def environ(self) -> dict[str, str]:
        return {
            **PLAIN,
            # As production in all but the second factor and the open accounts.
            "FANGXIAN_MODE": "demo",
            "FANGXIAN_AREA": "",
            "FANGXIAN_DATA": str(self.folder),
            "FANGXIAN_LOG": "WARNING",
            "DJANGO_SETTINGS_MODULE": "fangxian.config.settings",
            "PYTHONPATH": str(CHECKOUT),
        }

    def run(self, *command: str, database: str, seconds: float = 120) -> str:
        """Run a module of the checkout to its end; its output. Fails with what it said."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            env={**self.environ, "FANGXIAN_DATABASE": database},
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def postmaster(self) -> int:
        assert self.server.cluster is not None
        found = process.running(self.server.cluster.path)
        assert found is not None
        return int(found.pid)

    def kill_database(self) -> None:
        """All its processes at once, those too that are just committing."""
        first = self.postmaster()
        for pid in (first, *children(first)):
            with suppress(ProcessLookupError):
                kill(pid)

    def start_again(self) -> None:
        """Start the database as an office does after a crash: ``fangxian db start``."""
        self.run("fangxian.config.cli", "db", "start", database=self.server.database)
        self.server = ensure_server(self.folder, environ=PLAIN)


@dataclass
class Site:
    """A running site over one database of the ground."""

    ground: Ground
    database: str
    port: int
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    log: list[Path] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> Mapping[str, str]:
        return {**self.ground.environ, "FANGXIAN_DATABASE": self.database}

    def start(self) -> None:
        """Web server and worker; waits until pages are answered."""
        self.web = self._begin(
            "fangxian.config.cli", "serve", "--port", str(self.port), "--no-worker"
        )
        self.start_worker()
        self.wait_until_it_answers(60)

    def start_worker(self) -> None:
        self.worker = self._begin("tests.chaos.quick_worker")

    def _begin(self, *command: str) -> subprocess.Popen[bytes]:
        path = self.ground.folder / f"{self.database}-{command[0].rpartition('.')[2]}.log"
        self.log.append(path)
        with path.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                env=dict(self.environ),
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def wait_until_it_answers(self, seconds: float) -> float:
        """Wait for the sign-in page, which needs the database. Returns how long it took."""
        begun = time.monotonic()

        def answers() -> bool:
            try:
                return Visitor(self.address).get("/sign-in/").status == 200
            except (Refused, OSError):
                return False

        until(answers, seconds, f"the site answers\n{self.said()}")
        return time.monotonic() - begun

    def said(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace")[-2000:] for path in set(self.log))

    def web_processes(self) -> list[int]:
        """The processes that answer requests: granian's workers."""
        assert self.web is not None
        return [pid for master in children(self.web.pid) for pid in children(master)]

    def masters(self) -> list[int]:
        """Granian itself, which the watchdog keeps up."""
        assert self.web is not None
        return children(self.web.pid)

    def visitor(self, name: str) -> Visitor:
        """Somebody of the cast, signed in.

        Tries again while nobody answers: after two falls within a second granian ends itself, its
        last process answering until then, and the watchdog starts it anew.
        """

        def signed_in() -> Visitor | None:
            visitor = Visitor(self.address)
            try:
                visitor.sign_in(name, "correct horse battery")
            except Refused:
                return None
            return visitor

        visitor = until(signed_in, 60, f"{name} signs in\n{self.said()}")
        assert visitor is not None
        return visitor

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database past all policies."""
        with psycopg.connect(self.ground.server.dsn("maintenance", self.database)) as connection:
            return connection.execute(query, values).fetchall()

    def check(self) -> None:
        """``fangxian check``: every invariant holds."""
        self.ground.run("fangxian.config.cli", "check", database=self.database)

    def stop(self) -> None:
        for running in (self.web, self.worker):
            if running is not None and running.poll() is None:
                running.send_signal(signal.SIGTERM)
        for running in (self.web, self.worker):
            if running is None:
                continue
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def children(pid: int) -> list[int]:
    """Process ids of a process's children."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = (line.split() for line in listed.stdout.splitlines())
    return [int(own) for own, parent in pairs if int(parent) == pid]


def kill(pid: int) -> None:
    """End a process as a power cut does."""
    os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(ground: Ground, database: str, template: str) -> Iterator[Site]:
    """A site over a copy of ``template``, ended with its database at the end."""
    ground.server.drop_database(database)
    ground.server.create_database(database, template=template)
    # A copied sequence hands out what the template had reserved, without a word in the log of
    # changes: after a fall it would hand that out again. Past a checkpoint it reserves anew.
    with psycopg.connect(ground.server.dsn("superuser"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    site = Site(ground, database, free_port())
    try:
        site.start()
        yield site
    finally:
        site.stop()
        ground.server.drop_database(database)
