"""A data folder that the server's own user can enter, with nothing left of it afterwards."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fangxian.config.postgres import Server, ensure_server

from .clusters import fill
from .kit import PLAIN, remove


@contextmanager
def _folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fxt-", dir="/tmp"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        remove(path)


def _started(made: Path, folder: Path) -> Server:
    """A server over a copy: the files stay those of the server's own user."""
    subprocess.run(["cp", "-a", f"{made}/.", folder], check=True)
    return ensure_server(folder, environ=PLAIN)


@pytest.fixture
def folder() -> Iterator[Path]:
    with _folder() as path:
        yield path


@pytest.fixture(scope="session")
def _made() -> Iterator[Path]:
    """A stopped cluster to copy: most of the making is the same each time."""
    with _folder() as path:
        ensure_server(path, environ=PLAIN).stop()
        yield path


@pytest.fixture(scope="session")
def _made_migrated(_made: Path, template_database: str) -> Iterator[Path]:
    with _folder() as path:
        server = _started(_made, path)
        fill(server, path, template_database)
        server.stop()
        yield path


@pytest.fixture
def server(folder: Path, _made: Path) -> Server:
    """A server in ``folder`` with its first, empty database."""
    return _started(_made, folder)


@pytest.fixture
def migrated(folder: Path, _made_migrated: Path) -> Server:
    """A server in ``folder`` whose database has all migrations, with its keys."""
    return _started(_made_migrated, folder)
