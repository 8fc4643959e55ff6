from __future__ import annotations

from typing import Any

import pytest

from fangxian.core import shapes


@pytest.mark.parametrize("value", ["17:00Z", "17:00+08:00", "25:00", "", None, 17])
def test_a_time_is_one_of_the_day_here(value: Any) -> None:
    assert len(list(shapes.time(value, "due"))) == 1
    assert list(shapes.time("17:00", "due")) == []


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf"), 11, True, "5"])
def test_a_number_lies_between_its_bounds(value: Any) -> None:
    shape = shapes.number(0, 10)
    assert len(list(shape(value, "most"))) == 1
    assert list(shape(5, "most")) == []
