"""One durable cluster for all drills of a process; each drill has a copy of the ground."""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from fangxian.config.cli.mark import LOADED, write_mark
from fangxian.config.postgres import ensure_server
from fangxian.config.tests.clusters import fill
from fangxian.config.tests.kit import PLAIN, remove
from tests.chaos.site import Ground, Site, running

TEMPLATE = "ground"


@pytest.fixture(scope="session")
def ground(template_database: str, testrun_uid: str) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="fxd-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        _lay(folder, template_database, testrun_uid)
        yield Ground(folder, ensure_server(folder, environ=PLAIN))
    finally:
        remove(folder)


def _lay(folder: Path, template: str, run: str) -> None:
    """Fill the folder, its server stopped: made by the first process of a run, then copied."""
    kept = settings.FANGXIAN_DATA / "test" / f"ground-{run}.tar"
    with kept.with_name("ground.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if kept.exists():
            # With the owners: a server of root's is another user's.
            _tar("-xpf", kept, folder)
            return
        for old in kept.parent.glob("ground-*"):
            old.unlink()
        ground = Ground(folder, ensure_server(folder, environ=PLAIN))
        fill(ground.server, folder, template, TEMPLATE)
        ground.run("tests.chaos.ground", database=TEMPLATE)
        # Its mode is the demonstration's, which serves no other database.
        write_mark(ground.server, TEMPLATE, LOADED)
        ground.server.stop()
        part = kept.with_suffix(".part")
        _tar("-cpf", part, folder, ".")
        part.rename(kept)


def _tar(way: str, file: Path, folder: Path, *names: str) -> None:
    subprocess.run(["tar", "-C", folder, way, file, *names], check=True)


@pytest.fixture
def site(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Site]:
    name = f"drill_{abs(hash(request.node.name)) % 10**8}"
    with running(ground, name, TEMPLATE) as started:
        yield started
