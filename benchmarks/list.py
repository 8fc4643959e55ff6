"""A grid's 50 households, and searches by name, phone and identity number, as the web's role.

With one grant at the grid, and at the county with eight grants one after another.
``make bench NAME=list ARGS="--residents 1000000 --data ~/bench"``: a folder is kept and used again.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from _database import database
from _report import percentile, report

PEER = (
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
    from django.db import connections

    from fangxian.common.actor import Actor
    from fangxian.common.bulk import Load
    from fangxian.register.bulk import MODELS, load_register

    with connections["maintenance"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person")
        present = cursor.fetchone()[0]
    if present != residents:
        if present:
            raise SystemExit(f"the folder holds {present} residents: remove it, or ask for them")
        ids, units = _county.make_places(residents)
        with Load(MODELS, using="owner") as load:
            load_register(load, _county.households(residents, ids, units))
        connections["owner"].close()
        with connections["maintenance"].cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
    draw = random.Random(7)
    units = _county.unit_codes(residents)
    county = Actor.system("bench", _county.COUNTY)
    grids = [Actor.system("bench", draw.choice(units)[:15]) for _round in range(rounds)]
    towns = sorted({unit[:9] for unit in units})
    eight = [Actor.system("bench", draw.choice(towns)) for _grant in range(8)]
    figures: dict[str, Any] = {"residents": residents}
    kinds: dict[str, Callable[[Actor, int], int]] = {
        "grid": lambda by, _number: grid_list(by),
        "name": lambda by, number: search(by, _county.name(number)),
        "initials": lambda by, number: search(by, _initials(_county.name(number))),
        "phone": lambda by, number: search(by, _county.phone(number)),
        "id": lambda by, number: search(by, _county.identity(number)),
    }
    found = dict.fromkeys(kinds, 0)
    for kind, ask in kinds.items():
        times = []
        for one in range(rounds):
            by = grids[one] if kind == "grid" else county
            number = draw.randrange(residents)
            began = time.perf_counter()
            found[kind] += ask(by, number)
            times.append((time.perf_counter() - began) * 1000)
        figures[f"{kind}_p95_ms"] = round(percentile(times, 0.95), 2)
        figures[f"{kind}_p50_ms"] = round(percentile(times, 0.5), 2)
    for kind in ("name", "phone", "id"):
        times = []
        for _one in range(rounds // 4):
            number = draw.randrange(residents)
            began = time.perf_counter()
            for by in eight:
                kinds[kind](by, number)
            times.append((time.perf_counter() - began) * 1000)
        figures[f"{kind}_eight_grants_p95_ms"] = round(percentile(times, 0.95), 2)
    for kind, hits in found.items():
        if hits < rounds:
            raise SystemExit(f"{kind}: {hits} hits in {rounds} questions")
    report("list", figures, note=PEER)


def _initials(name: str) -> str:
    from fangxian.people.names import initials

    return initials(name)


def grid_list(by: Any) -> int:
    """What the page of a place reads: 50 households with their residents, and the counts."""
    from fangxian.common.scoping import acting
    from fangxian.register import queries

    with acting(by):
        homes = list(queries.households_in(by.area)[:50])
        residents = list(queries.residents_of([home.pk for home in homes]))
        queries.counts(by.area)
    return min(len(homes), len(residents))


def search(by: Any, text: str) -> int:
    """What the search box reads; the reads are logged too."""
    from fangxian.common.scoping import acting
    from fangxian.people import queries

    with acting(by):
        return len(queries.search(text, 20))


if __name__ == "__main__":
    main()
