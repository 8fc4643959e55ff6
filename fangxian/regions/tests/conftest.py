"""Fixtures of the tests of places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """What actions say is compared in the language of the source, whatever is translated."""
    with translation.override("en"):
        yield
