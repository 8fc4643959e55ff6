"""One durable cluster for all drills of a process; each drill has a copy of the ground."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fangxian.config.cli.mark import LOADED, write_mark
from fangxian.config.postgres import ensure_server
from fangxian.config.tests.clusters import fill
from fangxian.config.tests.kit import PLAIN, remove
from tests.chaos.site import Ground, Site, running

TEMPLATE = "ground"


@pytest.fixture(scope="session")
def ground(template_database: str) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="fxd-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        ground = Ground(folder, ensure_server(folder, environ=PLAIN))
        fill(ground.server, folder, template_database, TEMPLATE)
        ground.run("tests.chaos.ground", database=TEMPLATE)
        # Its mode is the demonstration's, which serves no other database.
        write_mark(ground.server, TEMPLATE, LOADED)
        yield ground
    finally:
        remove(folder)


@pytest.fixture
def site(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Site]:
    name = f"drill_{abs(hash(request.node.name)) % 10**8}"
    with running(ground, name, TEMPLATE) as started:
        yield started
