from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from fangxian.common.scoping import acting
from fangxian.people import actions


@pytest.fixture
def make(alice: Any, places: Any) -> Callable[..., Any]:
    """``make("张伟")`` is a person seen at Alice's first unit."""

    def run(name: str = "张伟", by: Any = alice, place: str = places.unit, **details: Any) -> Any:
        details = {"link_kind": "test", "source_id": uuid4()} | details
        return actions.create_person(by=by, place_code=place, name=name, **details)

    return run


@pytest.fixture
def seen(alice: Any) -> Callable[..., Any]:
    """``seen(function)`` runs it in Alice's scope."""

    def run(function: Callable[[], Any], by: Any = alice) -> Any:
        with acting(by):
            return function()

    return run
