"""A data folder that the server's own user can enter, with nothing left of it afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .kit import remove


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fxt-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    remove(path)
