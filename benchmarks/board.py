"""The coverage board at any level while visits are written at 2,000 and more a second.

Writers record batches through the product's own action, each in a grid officer's scope, as the
application role; the counters are folded each second; a reader asks for places of every level with
one grant, then with eight. At the end the counters are reconciled with the doors exactly.
``p95_ms`` is the answer itself, the counts of a place; ``board_p95_ms`` the whole board (its rows,
who answers, who closes); ``page_p95_ms`` its page through HTTP, signed in, ``poll_p95_ms`` what an
open page asks each second while nothing changes. The reference is the same question answered by
GROUP BY over the doors, for each of the first three. ``make bench NAME=board``.
"""

from __future__ import annotations

import argparse
import html
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import _http
from _database import database
from _report import percentile, report

HERE = Path(__file__).resolve().parent
WRITERS = 2
BATCH = 100
WRITES_A_SECOND = 2_400
GRANTS = 8


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--residents", type=int, default=100_000)
    options.add_argument("--seconds", type=float, default=15.0)
    options.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.write:
        _write(json.loads(sys.stdin.read()))
        return
    with database():
        run(given.residents, given.seconds)


def run(residents: int, seconds: float) -> None:
    import _sweep

    from fangxian.command import coverage as boards
    from fangxian.core import counters
    from fangxian.field.models import Campaign
    from fangxian.regions.queries import at, below

    sweep = _sweep.make(residents, GRANTS)
    if len(sweep.areas) < WRITERS:
        raise SystemExit("each writer needs a community of its own: ask for more residents")
    campaign = Campaign.objects.select_related("area", "form").get(id=sweep.campaign_id)
    county = campaign.area.code
    places = [at(county)]
    for level in (9, 12, 15, 18):
        found = list(below(county, level).order_by("code"))
        places += found[:: max(1, len(found) // 20)]
    ended = threading.Event()
    folding = threading.Thread(target=_fold, args=(ended,))
    folding.start()
    writers = [_start(sweep, seconds + 6, n) for n in range(WRITERS)]
    for writer in writers:
        # Its first batch is written: from here on it counts.
        assert writer.stdout is not None
        writer.stdout.readline()
    begun = time.perf_counter()
    took: dict[str, list[float]] = {"one": [], "eight": [], "board": []}
    grants = sweep.areas[:GRANTS]
    while (elapsed := time.perf_counter() - begun) < seconds:
        for place in places:
            if elapsed < seconds / 3:
                _read(campaign, [county], [place.code], took["one"])
            elif elapsed < 2 * seconds / 3:
                # Several grants run one after another, each in its own range.
                _read(campaign, grants, [], took["eight"])
            else:
                moment = time.perf_counter()
                _in(county, lambda place=place: boards.board(campaign, place))
                took["board"].append(time.perf_counter() - moment)
            time.sleep(0.002)
            elapsed = time.perf_counter() - begun
    pages = _pages(sweep, places, min(5.0, seconds / 2))
    written = sum(int((writer.communicate()[0] or "0").strip() or 0) for writer in writers)
    ended.set()
    folding.join()
    counters.fold()
    polls = _polls(sweep, places, min(5.0, seconds / 2))
    reference = _group_by(campaign, county)
    ours = {"group_by": took["one"], "group_by_board": took["board"], "group_by_page": pages}
    reconciled = _reconciled()
    report(
        "board",
        {
            "p95_ms": _p95(took["one"]),
            "eight_grants_p95_ms": _p95(took["eight"]),
            "board_p95_ms": _p95(took["board"]),
            "page_p95_ms": _p95(pages),
            "poll_p95_ms": _p95(polls),
            "writes_per_s": round(written / (seconds + 6)),
            "reconciled": reconciled,
            "residents": residents,
        },
        reference={"name": "GROUP BY over the doors", "p95_ms": reference},
        ratio={name: round(reference / max(_p95(one), 0.001), 1) for name, one in ours.items()},
    )
    if not reconciled:
        raise SystemExit("the counters are not what the doors say")


def _in(area: str, do: Any) -> Any:
    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting

    with acting(Actor.system("benchmark", area)):
        return do()


def _read(campaign: Any, areas: list[str], codes: list[str], took: list[float]) -> None:
    """One answer: the transactions, their scopes and the counts."""
    from fangxian.field.queries import coverage

    begun = time.perf_counter()
    for area in areas:
        _in(area, lambda area=area: coverage(campaign, codes or [area]))
    took.append(time.perf_counter() - begun)


def _p95(values: list[float]) -> float:
    return round(1000 * percentile(values, 0.95), 2)


def _fold(ended: threading.Event) -> None:
    from django.db import connections

    from fangxian.core import counters

    while not ended.wait(1.0):
        counters.fold()
    connections.close_all()


def _start(sweep: Any, seconds: float, number: int) -> subprocess.Popen[str]:
    share = [
        (area, [str(door) for door in doors])
        for at, (area, doors) in enumerate(zip(sweep.areas, sweep.doors, strict=False))
        if at % WRITERS == number
    ]
    wanted = {"campaign": str(sweep.campaign_id), "seconds": seconds, "share": share}
    writer = subprocess.Popen(
        [sys.executable, __file__, "--write"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE,
    )
    assert writer.stdin is not None
    writer.stdin.write(json.dumps(wanted))
    writer.stdin.close()
    writer.stdin = None
    return writer


def _write(wanted: dict[str, Any]) -> None:
    """Record batches of visits for so many seconds; prints how many."""
    from uuid import UUID

    sys.path.insert(0, str(HERE.parent))
    import django

    django.setup()
    from fangxian.common.actor import Actor
    from fangxian.common.ids import uuid7
    from fangxian.field.actions import NewVisit, record_visits

    campaign = UUID(wanted["campaign"])
    rounds = [(area, [UUID(door) for door in doors]) for area, doors in wanted["share"] if doors]
    done, at, until = 0, 0, 0.0
    while not until or time.perf_counter() < until:
        area, doors = rounds[at % len(rounds)]
        first = (at // len(rounds) * BATCH) % len(doors)
        visits = [
            NewVisit(uuid7(), campaign, door, "all_well" if n % 10 else "absent")
            for n, door in enumerate(doors[first : first + BATCH])
        ]
        record_visits(by=Actor.system("writer", area), visits=visits)
        done += len(visits)
        at += 1
        if not until:
            print("ready", flush=True)
            begun = time.perf_counter()
            until = begun + wanted["seconds"]
        # Evenly, not as fast as the machine can: both cores are shared with the readers.
        ahead = at * BATCH * WRITERS / WRITES_A_SECOND - (time.perf_counter() - begun)
        time.sleep(max(0.0, ahead))
    print(done)


def _pages(sweep: Any, places: list[Any], seconds: float) -> list[float]:
    """The board's pages through HTTP, as an officer with several grants sees his own area."""
    paths = _paths(sweep, places)
    with _http.granian("fangxian.config.wsgi:application", HERE.parent) as (port, _pid):

        def make(_client: int) -> Any:
            while True:
                for path in paths:
                    yield _http.request("GET", path, cookies=sweep.cookies[0])

        _http.drive(port, 1, 1.0, make)
        return _http.drive(port, 1, seconds, make)[2]


def _paths(sweep: Any, places: list[Any]) -> list[str]:
    mine = sweep.areas[0]
    codes = [place.code for place in places if place.code.startswith(mine)] or [mine]
    return [f"/board/{sweep.campaign_id}/{code}/" for code in codes]


def _polls(sweep: Any, places: list[Any], seconds: float) -> list[float]:
    """The polls of open boards on which nothing changes: 304, but at the turn of five minutes."""
    took: list[float] = []
    with _http.granian("fangxian.config.wsgi:application", HERE.parent) as (port, _pid):
        connection = _http.Connection(port)
        polls = []
        for path in _paths(sweep, places):
            page = connection.ask(_http.request("GET", path, cookies=sweep.cookies[0]))[1].decode()
            tag = page.split('data-etag="')[1].split('"')[0]
            held = {"HX-Request": "true", "If-None-Match": html.unescape(tag)}
            polls.append(_http.request("GET", path, cookies=sweep.cookies[0], headers=held))
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for poll in polls:
                begun = time.perf_counter()
                status, _body = connection.ask(poll)
                took.append(time.perf_counter() - begun)
                if status not in (200, 304):
                    raise SystemExit(f"a poll was answered {status}")
        connection.close()
    return took


def _group_by(campaign: Any, county: str) -> float:
    """p95 of counting the county's doors by state."""
    from fangxian.field import targets

    took = []
    for _n in range(5):
        begun = time.perf_counter()
        _in(county, lambda: targets.counted(campaign, county))
        took.append(time.perf_counter() - begun)
    return _p95(took)


def _reconciled() -> bool:
    from django.conf import settings

    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.core import counters

    with acting(Actor.system("benchmark", settings.FANGXIAN_AREA)) as by:
        return counters.corrections(by, by.area) == []


if __name__ == "__main__":
    main()
