"""A data folder that the server's own user can enter, with nothing left of it afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fangxian.config.postgres import Server, ensure_server

from .clusters import fill
from .kit import PLAIN, remove


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fxt-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    remove(path)


@pytest.fixture
def migrated(folder: Path, template_database: str) -> Server:
    """A server in ``folder`` whose database has all migrations, with its keys."""
    server = ensure_server(folder, environ=PLAIN)
    fill(server, folder, template_database)
    return server
