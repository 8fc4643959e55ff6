"""A served site for the runs of phones: over HTTP, falling, restored by the guide's commands."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any

from tests.chaos.site import CHECKOUT, Site, kill
from tests.kit.phone import Phone

# How long after the phones began to send something falls.
SOON = 0.25
# What falls: the processes that answer requests, the server (started anew), the database.
KINDS = ("web", "server", "database")


@dataclass(frozen=True)
class Reply:
    status_code: int
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


class OverHttp:
    """What a phone's browser does: posts JSON, keeps the cookie. No answer is an OSError."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        ).open

    def post(self, path: str, data: str, *, content_type: str, headers: Mapping[str, str]) -> Reply:
        sent = {"Content-Type": content_type, **headers}
        request = urllib.request.Request(self.address + path, data.encode(), sent)
        try:
            with self._open(request, timeout=60) as answer:
                assert answer.headers["X-Fangxian"] == "sync"
                return Reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read())
        except HTTPException as error:
            raise ConnectionError(str(error)) from None


class Served:
    """A server for ``tests.kit.converge.World``: the product as an office runs it."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self.site = site
        self.chance = chance
        self.fallen: Counter[str] = Counter()
        self._due = chance.sample(KINDS, len(KINDS))
        self._kept = site.ground.folder / f"{site.database}.dump"
        self._office: subprocess.Popen[str] | None = None

    def phone(self) -> Phone:
        client: Any = OverHttp(self.site.address)
        return Phone(client)

    def call(self, name: str, *arguments: Any) -> Any:
        """Over the pipe of a process that acts on the site's database."""
        if self._office is None:
            self._office = subprocess.Popen(
                [sys.executable, "-m", "tests.kit.office"],
                env=dict(self.site.environ),
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._office.stdin is not None
        assert self._office.stdout is not None
        self._office.stdin.write(json.dumps([name, arguments]) + "\n")
        self._office.stdin.flush()
        line = self._office.stdout.readline()
        assert line, f"{name} {arguments} failed; what it said is above"
        return json.loads(line)

    def back_up(self) -> None:
        self._run("db", "backup", str(self._kept))

    def restore(self) -> None:
        """As the guide has it: the server is stopped, and is started again afterwards."""
        self.close()
        self.site.stop()
        self._run("db", "restore", str(self._kept), "--yes")
        self.site.start()

    def _run(self, *command: str) -> None:
        self.site.ground.run("fangxian.config.cli", *command, database=self.site.database)

    @contextmanager
    def falling(self) -> Iterator[None]:
        """Something of ``KINDS`` falls while requests are on their way: each once, then any."""
        kind = self._due.pop() if self._due else self.chance.choice(KINDS)
        if kind == "database":
            # Its connection ends, too.
            self.close()
        fall = threading.Thread(target=self._fall, args=(self.chance.uniform(0, SOON), kind))
        fall.start()
        yield
        fall.join()
        if kind == "server":
            self.site.start()
        elif kind == "database":
            self.site.ground.start_again()
        self.site.wait_until_it_answers(60)

    def _fall(self, after: float, kind: str) -> None:
        time.sleep(after)
        if kind == "server":
            self.site.stop()
        elif kind == "database":
            self.site.ground.kill_database()
        else:
            for process in self.site.web_processes():
                kill(process)
        self.fallen[kind] += 1

    def end_worker(self) -> None:
        """What phones hold changes by what they send alone from now on."""
        worker = self.site.worker
        if worker is not None and worker.poll() is None:
            worker.terminate()
            worker.wait(30)

    def close(self) -> None:
        """End the process at the pipe."""
        if self._office is not None:
            self._office.communicate(timeout=30)
            self._office = None
