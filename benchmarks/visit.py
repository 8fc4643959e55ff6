"""One visit posted: signed in, validated, scoped, counted, once; and batches of twenty.

Through HTTP on granian as `fangxian serve` runs it, as the application role, officers with one
grant and with eight. The reference, in the same run and in turns with ours, is bare Django and
ninja with Django's own sessions: one row and one audit row, no scope. ``make bench NAME=visit``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _http
from _database import database
from _report import percentile, report

CLIENTS = 8
OFFICERS = 32
BATCH = 20
HERE = Path(__file__).resolve().parent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--residents", type=int, default=60_000)
    options.add_argument("--seconds", type=float, default=5.0, help="of each turn")
    options.add_argument("--turns", type=int, default=3)
    given = options.parse_args()
    with database():
        run(given.residents, given.seconds, given.turns)


def run(residents: int, seconds: float, turns: int) -> None:
    import _sweep

    one = _sweep.make(residents, OFFICERS)
    eight = _with_eight_grants(one)
    keys, bare_settings = _prepare_bare()
    stop = _folding()
    application = "fangxian.config.wsgi:application"
    with (
        _http.granian(application, HERE.parent) as (port, pid),
        _http.granian("_bare:application", HERE, BARE_DATABASE=bare_settings) as (bare, bare_pid),
    ):
        ours, theirs = _Tally(), _Tally()
        with_eight, batches = _Tally(), _Tally()
        for _warm in range(2):
            _http.drive(port, CLIENTS, 1.5, lambda n: _posts(one, n, 1))
            _http.drive(bare, CLIENTS, 1.5, lambda n: _bare_posts(keys, n))
        for _turn in range(turns):
            theirs.take(bare, bare_pid, seconds, lambda n: _bare_posts(keys, n))
            ours.take(port, pid, seconds, lambda n: _posts(one, n, 1))
            with_eight.take(port, pid, seconds / 2, lambda n: _posts(eight, n, 1))
            batches.take(port, pid, seconds / 2, lambda n: _posts(one, n, BATCH))
    stop()
    _reconcile(one.campaign_id, ours.done + with_eight.done)
    ratio = round(ours.per_second / theirs.per_second, 3)
    report(
        "visit",
        {
            "per_s": round(ours.per_second),
            "bare_ratio": ratio,
            "cpu_ms": ours.cpu_ms,
            "p95_ms": ours.p95_ms,
            "eight_grants_per_s": round(with_eight.per_second),
            "batch_per_s": round(batches.per_second * BATCH),
            "batch_cpu_ms": batches.cpu_ms,
            "residents": residents,
        },
        reference={
            "name": "Django and ninja with Django's sessions: one row and one audit row, no scope",
            "per_s": round(theirs.per_second),
            "cpu_ms": theirs.cpu_ms,
            "p95_ms": theirs.p95_ms,
        },
        ratio={
            "bare": ratio,
            "bare_cpu": round(theirs.cpu_ms / ours.cpu_ms, 3),
        },
    )


class _Tally:
    """Answers, seconds and CPU of one workload over several turns."""

    def __init__(self) -> None:
        self.done, self.seconds, self.cpu = 0, 0.0, 0.0
        self.took: list[float] = []

    def take(self, port: int, pid: int, seconds: float, make: Any) -> None:
        before = _http.cpu_seconds(pid)
        done, elapsed, took = _http.drive(port, CLIENTS, seconds, make)
        self.cpu += _http.cpu_seconds(pid) - before
        self.done += done
        self.seconds += elapsed
        self.took += took

    @property
    def per_second(self) -> float:
        return self.done / self.seconds

    @property
    def cpu_ms(self) -> float:
        return round(1000 * self.cpu / self.done, 2)

    @property
    def p95_ms(self) -> float:
        return round(1000 * percentile(self.took, 0.95), 1)


def _posts(sweep: Any, client: int, size: int) -> Iterator[bytes]:
    import _sweep

    officer = client
    while True:
        body = sweep.body(officer, size)
        cookies = sweep.cookies[officer]
        yield _http.request("POST", "/api/field/visits", body, cookies, _sweep.TOKEN)
        officer = (officer + CLIENTS) % len(sweep.cookies)


def _bare_posts(keys: list[str], client: int) -> Iterator[bytes]:
    user = client
    token = "b" * 32
    while True:
        body = json.dumps(
            {
                "op_id": str(uuid.uuid4()),
                "household_id": str(uuid.uuid4()),
                "outcome": "all_well",
                "note": "",
            }
        ).encode()
        cookies = f"sessionid={keys[user]}; csrftoken={token}"
        yield _http.request("POST", "/api/visits", body, cookies, token)
        user = (user + CLIENTS) % len(keys)


def _with_eight_grants(one: Any) -> Any:
    """Other officers of the same sweep, each with eight communities."""
    import _sweep

    from fangxian.regions.models import Region

    ids = dict(Region.objects.filter(code__in=one.areas).values_list("code", "id"))
    found = _sweep.Sweep(one.campaign_id, [], one.doors, one.areas)
    for number in range(OFFICERS):
        mine = {one.areas[(number + n) % len(one.areas)] for n in range(8)}
        first = one.areas[number % len(one.areas)]
        cookies = _sweep.sign_in(f"wide{number}", ids, sorted(mine), first)
        found.cookies.append(cookies)
    return found


def _prepare_bare() -> tuple[list[str], str]:
    """A database of its own for the reference; returns its sessions and settings."""
    from django.conf import settings

    settings.SERVER.create_database("bare")
    own = settings.DATABASES["owner"]
    kept = ("ENGINE", "USER", "PASSWORD", "HOST", "PORT")
    values = {key: own[key] for key in kept if key in own}
    values |= {"NAME": "bare", "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    text = json.dumps(values, default=str)
    environ = {"BARE_DATABASE": text, "BARE_USERS": str(OFFICERS)}
    done = subprocess.run(
        [sys.executable, str(HERE / "_bare.py")],
        env=dict(os.environ) | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout), text


def _folding() -> Any:
    """Fold the counters each second, as the worker does; returns what stops it."""
    from django.db import connections

    from fangxian.core import counters

    ended = threading.Event()

    def loop() -> None:
        while not ended.wait(1.0):
            counters.fold()
        connections.close_all()

    thread = threading.Thread(target=loop)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join()

    return stop


def _reconcile(campaign_id: Any, single: int) -> None:
    """Every acknowledged visit is there, and the counters are what the doors say."""
    from django.conf import settings

    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.core import counters
    from fangxian.field.models import Visit

    with acting(Actor.system("benchmark", settings.FANGXIAN_AREA)) as by:
        if Visit.objects.filter(campaign_id=campaign_id).count() < single:
            raise SystemExit("acknowledged visits are missing")
        if wrong := counters.corrections(by, by.area):
            raise SystemExit(f"the counters are off: {wrong[:3]}")


if __name__ == "__main__":
    main()
