"""A grid's 50 households, and searches by name, phone and identity number, as the web's role.

With one grant at the grid, and at the county with eight grants one after another. The reference is
the same questions by plain SQL past row-level security, asked in turn with ours about others.
``make bench NAME=list ARGS="--residents 1000000 --data ~/bench"``: a folder is kept and used again.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import _plain
from _database import database
from _report import percentile, report

AGREED = 10  # questions that both answer alike before anything is measured
OTHERS = (
    "not installed: CARE (git clone https://github.com/ohcnetwork/care && make up), which reports "
    "p50 371 ms for a first page and 132 ms for a name at 20,000 patients; DHIS2 (docker compose "
    "of github.com/dhis2/dhis2-core), whose own gate is p95 162-174 ms"
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--residents", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=300)
    options.add_argument("--data", default="", help="a folder to keep the database in")
    given = options.parse_args()
    with database(given.data):
        run(given.residents, given.rounds)


def run(residents: int, rounds: int) -> None:
    import _county

    from fangxian.common.actor import Actor

    _county.fill(residents)
    draw = random.Random(7)
    units = _county.unit_codes(residents)
    county = Actor.system("bench", _county.COUNTY)
    towns = sorted({unit[:9] for unit in units})
    eight = [Actor.system("bench", draw.choice(towns)) for _grant in range(8)]
    figures: dict[str, Any] = {"residents": residents}
    reference: dict[str, Any] = {"name": _plain.NAME}
    questions: dict[str, Callable[[], str]] = {
        "grid": lambda: draw.choice(units)[:15],
        "name": lambda: _county.name(draw.randrange(residents)),
        "initials": lambda: _initials(_county.name(draw.randrange(residents))),
        "phone": lambda: _county.phone(draw.randrange(residents)),
        "id": lambda: _county.identity(draw.randrange(residents)),
    }
    for kind, question in questions.items():
        ask, plain = (grid_list, _plain.grid_list)
        if kind != "grid":
            ask, plain = partial(search, county), _plain.search
        for same in [question() for _one in range(AGREED)]:
            if sorted(ask(same)) != sorted(plain(same)):
                raise SystemExit(f"{kind}: the reference finds something else")
        ours: list[float] = []
        theirs: list[float] = []
        for _one in range(rounds):
            # Each is asked about others: what one has read isn't warm for the other.
            ours.append(timed(ask, question()))
            theirs.append(timed(plain, question()))
        for share in (95, 50):
            figures[f"{kind}_p{share}_ms"] = round(percentile(ours, share / 100), 2)
            reference[f"{kind}_p{share}_ms"] = round(percentile(theirs, share / 100), 2)
    for kind in ("name", "phone", "id"):
        times = []
        for _one in range(rounds // 4):
            text = questions[kind]()
            began = time.perf_counter()
            for by in eight:
                search(by, text)
            times.append((time.perf_counter() - began) * 1000)
        figures[f"{kind}_eight_grants_p95_ms"] = round(percentile(times, 0.95), 2)
    ratio = {
        kind: round(reference[f"{kind}_p95_ms"] / figures[f"{kind}_p95_ms"], 2)
        for kind in questions
    }
    report("list", figures, reference=reference, ratio=ratio, note=OTHERS)


def timed(ask: Callable[[str], list[Any]], question: str) -> float:
    """Milliseconds until the answer, which isn't empty."""
    began = time.perf_counter()
    answer = ask(question)
    took = (time.perf_counter() - began) * 1000
    if not answer:
        raise SystemExit("a question was left without an answer")
    return took


def _initials(name: str) -> str:
    from fangxian.people.names import initials

    return initials(name)


def grid_list(grid: str) -> list[Any]:
    """What the page of a place reads: 50 households with their residents, and the counts; ids."""
    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.register import queries

    with acting(Actor.system("bench", grid)) as by:
        homes = list(queries.households_in(by.area)[:50])
        residents = list(queries.residents_of([home.pk for home in homes]))
        queries.counts(by.area)
    return [row.pk for row in (*homes, *residents)]


def search(by: Any, text: str) -> list[Any]:
    """What the search box reads, as ids; the reads are logged too."""
    from fangxian.common.scoping import acting
    from fangxian.people import queries

    with acting(by):
        return [person.pk for person in queries.search(text, 20)]


if __name__ == "__main__":
    main()
