"""Phones at the pace of 500 in ten minutes: each fetches its grid, then sends a day's work.

Through HTTP on granian as ``fangxian serve`` runs it. A phone begins at its moment whether those
before it are done or not. Sealing is the phone's work and not timed. The reference, in the same run
and for the same grids: the same visits through the web's batches (``/api/field/visits``), neither
sealed nor answered by number. ``make bench NAME=sync ARGS="--devices 500"`` takes ten minutes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import _http
from _database import database
from _report import percentile, report

HERE = Path(__file__).resolve().parent
DEVICES_A_SECOND = 500 / 600
# Seven buildings of four units of twelve doors: 336.
BUILDINGS_A_GRID = 7
OPERATIONS = 200
MOST = 100
CHANGES = 20
SYNC = "/api/field/sync"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--devices", type=int, default=60)
    given = options.parse_args()
    with database():
        run(given.devices)


@dataclass
class Phone:
    """An enrolled phone of a grid's officer, and his session of the web."""

    device: str
    user: str
    cookie: str
    token: str
    session: str
    key: dict[str, str] = field(default_factory=dict)
    proof_key: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Figures:
    """What was measured, of all phones."""

    pulls: list[float] = field(default_factory=list)
    wire: list[int] = field(default_factory=list)
    unpacked: list[int] = field(default_factory=list)
    pushes: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)


def run(devices: int) -> None:
    import _county
    import _sweep

    _county.BUILDINGS_A_GRID = BUILDINGS_A_GRID
    doors = BUILDINGS_A_GRID * _county.UNITS_A_BUILDING * _county.DOORS_A_UNIT
    residents = int(devices * doors * _county.RESIDENTS_A_HOUSEHOLD)
    sweep = _sweep.make(residents, 0)
    phones = list(_phones(devices))
    figures = Figures()
    with _http.granian("fangxian.config.wsgi:application", HERE.parent) as (port, pid):
        _warm(port, phones[0])
        before, begun = _http.cpu_seconds(pid), time.perf_counter()
        with ThreadPoolExecutor(32) as pool:
            waiting = [
                pool.submit(_day, port, phone, figures, begun + number / DEVICES_A_SECOND)
                for number, phone in enumerate(phones)
            ]
            for one in waiting:
                one.result()
        cpu = _http.cpu_seconds(pid) - before
        for phone in phones[:10]:
            figures.plain.append(_plain(port, phone))
    _reconcile(sweep.campaign_id, devices * (OPERATIONS - CHANGES))
    push = round(percentile(figures.pushes, 0.95), 3)
    plain = round(percentile(figures.plain, 0.95), 3)
    report(
        "sync",
        {
            "first_pull_s": round(percentile(figures.pulls, 0.95), 3),
            "first_pull_kb": round(max(figures.wire) / 1000),
            "unpacked_kb": round(max(figures.unpacked) / 1000),
            "push200_s": push,
            "next_pull_s": round(percentile(figures.again, 0.95), 3),
            "cpu_s_a_device": round(cpu / devices, 3),
            "devices": devices,
            "doors": doors,
            "residents": residents,
        },
        reference={
            "name": "the same visits by the web's batches: not sealed, no merged households",
            "push200_s": plain,
        },
        ratio={"push200": round(plain / push, 3)},
    )


def _phones(devices: int) -> Iterator[Phone]:
    """An officer, a session and an enrolled phone for each grid."""
    import _sweep

    from fangxian.accounts.actions import enrol_device, make_device_code
    from fangxian.accounts.models import DeviceCode, User
    from fangxian.accounts.queries import actor_of, grants_of
    from fangxian.common.scoping import acting
    from fangxian.regions.models import Region

    grids = Region.objects.filter(level=15).order_by("code")[:devices]
    for number, grid in enumerate(grids):
        name = f"officer{number}"
        session = _sweep.sign_in(name, {grid.code: grid.id}, [grid.code], grid.code)
        user = User.objects.get(username=name)
        by = actor_of(grants_of(user)[0], source="benchmark", purpose="benchmark")
        with acting(by):
            made = make_device_code(by=by, strong=False)
            enrolled = enrol_device(
                by=by,
                code=DeviceCode.objects.get(pk=made.id),
                device=None,
                name=name,
                platform="benchmark",
                schema=1,
                valid_for=dt.timedelta(days=30),
            )
        assert enrolled is not None
        cookie = f"fangxian_device={enrolled.cookie}"
        device, token = str(enrolled.device.pk), enrolled.pull_token
        yield Phone(device, str(user.pk), cookie, token, session)


def _warm(port: int, phone: Phone) -> None:
    """Both processes answer once before anything is timed."""
    for _process in range(_http.WORKERS * 4):
        connection = _http.Connection(port)
        _pull(connection, phone)
        connection.close()


def _day(port: int, phone: Phone, figures: Figures, at: float) -> None:
    """One phone's day: the grid, the work of a day, and what is new then."""
    time.sleep(max(0.0, at - time.perf_counter()))
    connection = _http.Connection(port)
    begun = time.perf_counter()
    wire, unpacked, cursor, epoch = _pull(connection, phone)
    figures.pulls.append(time.perf_counter() - begun)
    figures.wire.append(wire)
    figures.unpacked.append(unpacked)
    batches = list(_batches(phone))
    begun = time.perf_counter()
    for batch in batches:
        body = {"device": phone.device, "epoch": epoch, "operations": batch}
        told = _ask(connection, phone, "push", body)
        results = {one["result"] for one in told["answers"]}
        assert results == {"applied"}, results
    figures.pushes.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    _pull(connection, phone, cursor, epoch)
    figures.again.append(time.perf_counter() - begun)
    connection.close()


def _ask(connection: _http.Connection, phone: Phone, what: str, body: dict[str, Any]) -> Any:
    status, answer = connection.ask(_request(phone, what, body))
    assert status == 200, answer[:300]
    return json.loads(_read(answer))


def _request(phone: Phone, what: str, body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {phone.token}", "Accept-Encoding": "gzip"}
    return _http.request("POST", f"{SYNC}/{what}", data, phone.cookie, headers=headers)


def _read(answer: bytes) -> bytes:
    return gzip.decompress(answer) if answer[:2] == b"\x1f\x8b" else answer


def _pull(
    connection: _http.Connection, phone: Phone, cursor: str | None = None, epoch: str = ""
) -> tuple[int, int, str | None, str]:
    """All pages from ``cursor``; bytes on the wire and unpacked, the new cursor and epoch."""
    wire = unpacked = 0
    more, phone.records = True, [] if cursor is None else phone.records
    while more:
        body = {"device": phone.device, "cursor": cursor, "epoch": epoch, "seq": 0}
        status, answer = connection.ask(_request(phone, "pull", body))
        assert status == 200, answer[:300]
        data = _read(answer)
        wire, unpacked = wire + len(answer), unpacked + len(data)
        page = json.loads(data)
        cursor, epoch, more = page["cursor"], page["epoch"], page["more"]
        phone.key, phone.proof_key = page["seal_key"], page["proof_key"]
        phone.records += page["records"]
    return wire, unpacked, cursor, epoch


def _batches(phone: Phone) -> Iterator[list[dict[str, str]]]:
    """A day's work, sealed: visits, and every tenth a household whose note changes."""
    from fangxian.common.ids import uuid7
    from fangxian.field.sync.sealing import decode, seal_operation

    doors = [one for one in phone.records if one["entity"] == "door"]
    homes = [one for one in phone.records if one["entity"] == "household"]
    random.Random(phone.device).shuffle(doors)
    envelopes = []
    for seq in range(OPERATIONS):
        op_id = uuid7()
        if seq % (OPERATIONS // CHANGES):
            door = doors[seq]["data"]
            change: dict[str, Any] = {
                "entity": "visit",
                "id": str(uuid7()),
                "base_version": None,
                "patch": {
                    "campaign_id": door["campaign_id"],
                    "household_id": door["household_id"],
                    "outcome": "all_well",
                },
            }
        else:
            home = homes[seq]
            change = {
                "entity": "household",
                "id": home["id"],
                "base_version": home["version"],
                "patch": {"note": "dog"},
            }
        plain = change | {
            "op_id": str(op_id),
            "device": phone.device,
            "seq": seq + 1,
            "schema": 1,
            "captured_at": dt.datetime.now(dt.UTC).isoformat(),
            "clock_offset": 0,
            "actor": phone.user,
            "salt": token_urlsafe(16),
        }
        key = UUID(phone.key["id"]), decode(phone.key["public"]), decode(phone.proof_key)
        envelopes.append(seal_operation(op_id, json.dumps(plain).encode(), *key))
    for at in range(0, OPERATIONS, MOST):
        yield envelopes[at : at + MOST]


def _plain(port: int, phone: Phone) -> float:
    """The reference: as many visits, in the web's batches."""
    import _sweep

    from fangxian.common.ids import uuid7

    doors = [one["data"] for one in phone.records if one["entity"] == "door"]
    requests = []
    for at in range(0, OPERATIONS, MOST):
        visits = [
            {
                "op_id": str(uuid7()),
                "campaign_id": door["campaign_id"],
                "household_id": door["household_id"],
                "outcome": "all_well",
            }
            for door in doors[at : at + MOST]
        ]
        body = json.dumps({"visits": visits}).encode()
        url = "/api/field/visits"
        requests.append(_http.request("POST", url, body, phone.session, _sweep.TOKEN))
    connection = _http.Connection(port)
    begun = time.perf_counter()
    for one in requests:
        status, answer = connection.ask(one)
        assert status == 200, answer[:300]
    took = time.perf_counter() - begun
    connection.close()
    return took


def _reconcile(campaign_id: Any, visits: int) -> None:
    """Every acknowledged visit is there, and the counters are what the doors say."""
    from django.conf import settings

    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.core import counters
    from fangxian.field.models import Visit

    with acting(Actor.system("benchmark", settings.FANGXIAN_AREA)) as by:
        if Visit.objects.filter(campaign_id=campaign_id).count() < visits:
            raise SystemExit("acknowledged visits are missing")
        if wrong := counters.corrections(by, by.area):
            raise SystemExit(f"the counters are off: {wrong[:3]}")


if __name__ == "__main__":
    main()
