from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fangxian.common.scoping import acting
from fangxian.register import actions


@pytest.fixture
def home(places: Any, alice: Any) -> Any:
    """A household in Alice's first unit."""
    return actions.create_household(by=alice, place_code=places.unit, room="101")


@pytest.fixture
def seen(alice: Any) -> Callable[..., Any]:
    """``seen(function)`` runs it in Alice's scope."""

    def run(function: Callable[[], Any], by: Any = alice) -> Any:
        with acting(by):
            return function()

    return run
