"""Three phones converge with the server whatever the network and the server do.

Against the model of ``tests/kit/phone_model.py``: in this process for twelve seeds, and over HTTP
while web processes and the database are killed, the server is started anew and restored from a
backup. The whole of it, seeds 1 to 20 over HTTP with ten thousand operations each:
``DRILL_SEEDS=20 DRILL_OPERATIONS=10000 make drills ARGS="-k over_http"``.
"""

from __future__ import annotations

import json
import os
import random
import time

import pytest

from tests.chaos.served import KINDS, Served
from tests.chaos.site import Site
from tests.kit.cast import Cast, Places
from tests.kit.converge import World, run
from tests.test_phones_converge import converge, ground_of_eight

__all__ = ["ground_of_eight"]

SEEDS = int(os.environ.get("DRILL_SEEDS", "1"))
OPERATIONS = int(os.environ.get("DRILL_OPERATIONS", "3000"))
FALLS = 5


@pytest.mark.slow(60)
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_over_http_while_the_server_falls_and_is_restored(site: Site, seed: int) -> None:
    begun = time.monotonic()
    server = Served(site, random.Random(-seed))
    world = World(server, random.Random(seed))
    try:
        run(world, OPERATIONS, falls=FALLS)
        site.check()
    finally:
        server.close()
    assert len(world.made) == OPERATIONS
    assert world.faults > world.requests / 5
    assert server.fallen.keys() == {*KINDS}
    assert server.fallen.total() == FALLS
    assert world.unanswered > 0, "no fall met a request on its way"
    assert {"applied", "merged", "conflict", "held", "rejected"} <= world.told
    told = {"seed": seed, "seconds": round(time.monotonic() - begun), "requests": world.requests}
    print(json.dumps({**told, "unanswered": world.unanswered, **world.results}))


@pytest.mark.slow(8)
@pytest.mark.parametrize("seed", range(1, 13))
def test_in_process(ground_of_eight: tuple[Places, Cast], fresh_database: str, seed: int) -> None:
    converge(fresh_database, seed, 200)
