"""Three phones converge with the server whatever the network does, and after a restored backup."""

from __future__ import annotations

import os

import pytest

from tests.kit.cast import Cast, Places
from tests.test_phones_converge import ground, run

__all__ = ["ground"]

# Of each seed: twenty seeds make ten thousand. DRILL_OPERATIONS=10000 takes some minutes a seed.
OPERATIONS = int(os.environ.get("DRILL_OPERATIONS", "500"))


@pytest.mark.slow(30)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(1, 21))
def test_three_phones_converge(
    ground: tuple[Places, Cast],
    fresh_database: str,
    seed: int,
) -> None:
    world = run(ground, fresh_database, seed, OPERATIONS)
    assert len(world.made) == OPERATIONS
    assert world.faults > world.requests / 5
